"""The API server's client, made of kopf's: the one module that knows kopf's inner names.

Used of kopf 1.45: `ConnectionInfo` and `OperatorSettings`, which are public, and `APIContext`, `api.request` and the `errors`, which are not. What is relied upon is
pinned by tests/unit/xds_server/providers/kubernetes/test_kopf_contract.py.
"""

import asyncio
import contextlib
import logging
import os
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlencode

import aiohttp
import kopf
from kopf._cogs.clients import api, auth, errors

from xds_server import __version__
from xds_server.providers.kubernetes import kubeconfig
from xds_server.providers.kubernetes.credentials import LoginError
from xds_server.providers.kubernetes.errors import NOT_FOUND, ApiError
from xds_server.providers.kubernetes.service_account import service_account

Login = Callable[[], Awaitable[kopf.ConnectionInfo]]
"""Finds credentials, anew each time. Raises LoginError."""

_CONNECT_SECONDS: Final = 5.0
# Between two pieces of an answer: a page that stalls must not hold up a list for ever.
_STALL_SECONDS: Final = 30.0
_SERVICE_ACCOUNT: Final = Path("/var/run/secrets/kubernetes.io/serviceaccount")
# Kubernetes marks each answer with it; a 404 without it came from something in between.
_MARK: Final = "Audit-Id"
# Everybody may ask for it, and nothing is looked up for it.
_SMALL: Final = "/version"
_UNAUTHORIZED: Final = 401
_JSON: Final = "application/json"
_AGENT: Final = f"xds-server/{__version__}"
# kopf logs each failed request as an error; ours are states, shown with what to do.
_SILENT: Final = logging.Logger("kopf", logging.CRITICAL + 1)  # noqa: LOG001 - in nobody's tree, so nobody turns it up
_UNREACHABLE: Final = (aiohttp.ClientError, OSError, TimeoutError, errors.APISessionClosed)
# More than a page of the largest objects that occur; what is longer would take the memory of all else.
_LONGEST_BODY: Final = 256 * 2**20
_WHOLE_SECONDS: Final = 300.0
# While nobody answers, so often at most is it looked whether the address is another one by now.
_LOOK_AGAIN_SECONDS: Final = 5.0


def login(kubeconfig_path: str | None = None, context: str | None = None) -> Login:
    """How to find credentials: as told, else by KUBECONFIG, else the Pod's, else ~/.kube/config."""
    told = bool(kubeconfig_path or context or os.environ.get("KUBECONFIG"))

    async def find() -> kopf.ConnectionInfo:
        if not told and (found := service_account(_SERVICE_ACCOUNT, os.environ)) is not None:
            return found
        return await kubeconfig.connection(kubeconfig.paths(kubeconfig_path, os.environ), context)

    return find


class KopfClient:
    """A client of one API server. Logs in when necessary. It does not retry failed requests: the caller does."""

    def __init__(self, find_credentials: Login) -> None:
        self._login = find_credentials
        self._lock = asyncio.Lock()
        self._settings = kopf.OperatorSettings()
        self._info: kopf.ConnectionInfo | None = None
        self._context: auth.APIContext | None = None
        self._retired: list[auth.APIContext] = []
        self._looked_again = -_LOOK_AGAIN_SECONDS

    async def close(self) -> None:
        """Ends all requests."""
        contexts = [*self._retired, *([] if self._context is None else [self._context])]
        self._retired, self._context, self._info = [], None, None
        for context in contexts:
            await _close(context)

    async def get(self, path: str, params: Mapping[str, str], *, accept: str = _JSON) -> bytes:
        """The body of the answer. Raises: ApiError."""
        response = await self._request(path, params, _STALL_SECONDS, accept=accept)
        with _cut(response):
            return await _body(response, _WHOLE_SECONDS)

    async def send(self, method: str, path: str, body: object, *, content_type: str = _JSON, seconds: float) -> bytes:
        """Sends one write, which takes at most *seconds*. Returns the body of the answer. Raises: ApiError."""
        try:
            async with asyncio.timeout(seconds):
                response = await self._request(path, {}, seconds, method=method, body=body, content_type=content_type)
                with _cut(response):
                    return await _body(response, seconds)
        except TimeoutError as error:
            raise ApiError(f"no answer within {seconds:g} s") from error

    async def ping(self, seconds: float) -> None:
        """Returns when the server has answered, even with a refusal. Raises: ApiError, if there is no answer."""
        context = await self._logged_in()
        try:
            response = await self._ask(context, _SMALL, {}, seconds)
        except ApiError as error:
            if error.code is None:
                raise
            return
        with _cut(response):
            await _body(response, seconds)

    @contextlib.asynccontextmanager
    async def stream(
        self, path: str, params: Mapping[str, str], *, silence_seconds: float, accept: str = _JSON
    ) -> AsyncIterator[AsyncIterator[bytes]]:
        """The body in chunks as they arrive. Raises: ApiError, with `silent` set if no bytes arrive for *silence_seconds*."""
        response = await self._request(path, params, silence_seconds, accept=accept)
        with _cut(response):
            yield _chunks(response)

    async def _request(
        self, path: str, params: Mapping[str, str], silence_seconds: float, **more: Any
    ) -> aiohttp.ClientResponse:
        """A successful answer. After a 401 it logs in again, and raises only if the new credentials are refused too."""
        context = await self._logged_in()
        try:
            return await self._ask(context, path, params, silence_seconds, **more)
        except ApiError as error:
            # The address may have changed as well as the token, so a new login looks up both.
            if not self._worth_a_login(error) or not await self._log_in_again(context):
                raise
        return await self._ask(await self._logged_in(), path, params, silence_seconds, **more)

    async def _ask(
        self,
        context: auth.APIContext,
        path: str,
        params: Mapping[str, str],
        silence_seconds: float,
        *,
        method: str = "get",
        body: object = None,
        content_type: str = "",
        accept: str = _JSON,
    ) -> aiohttp.ClientResponse:
        try:
            response: aiohttp.ClientResponse = await api.request(
                method.lower(),
                f"{path}?{urlencode(params)}",
                settings=self._settings,
                payload=body,
                headers=_headers(accept, content_type),
                timeout=aiohttp.ClientTimeout(total=None, sock_connect=_CONNECT_SECONDS, sock_read=silence_seconds),
                backoffs=(),
                context=context,
                logger=_SILENT,
            )
        except errors.APIError as error:
            raise _refused(error) from error
        except _UNREACHABLE as error:
            raise ApiError(f"cannot reach {context.server}: {_said(error)}") from error
        except Exception as error:
            # aiohttp and kopf expect an API server, but something else may have answered.
            raise ApiError(f"what {context.server} answers cannot be read: {error!r}") from error
        return response

    async def _logged_in(self) -> auth.APIContext:
        async with self._lock:
            if self._context is None:
                self._info = await self._found()
                self._context = _context(self._info)
            return self._context

    def _worth_a_login(self, error: ApiError) -> bool:
        if error.code is not None:
            return error.code == _UNAUTHORIZED
        now = asyncio.get_running_loop().time()
        due = now - self._looked_again >= _LOOK_AGAIN_SECONDS
        if due:
            self._looked_again = now
        return due

    async def _log_in_again(self, refused: auth.APIContext) -> bool:
        """Logs in again. Returns whether the credentials differ from the refused ones."""
        async with self._lock:
            if self._context is not refused:
                return True
            info = await self._found()
            if info == self._info:
                return False
            context = _context(info)
            self._info, self._context = info, context
            self._retired.append(refused)
            await self._dismiss()
        return True

    async def _dismiss(self) -> None:
        """Closes replaced contexts that have no open responses: a watch may outlive the token that it began with."""
        for context in list(self._retired):
            context.flush_closed_responses()
            if not context.responses:
                self._retired.remove(context)
                await _close(context)

    async def _found(self) -> kopf.ConnectionInfo:
        try:
            return await self._login()
        except LoginError as error:
            raise ApiError(f"no credentials: {error}") from error


def _headers(accept: str, content_type: str) -> dict[str, str]:
    headers = {"User-Agent": _AGENT, "Accept": accept}
    return {**headers, "Content-Type": content_type} if content_type else headers


def _context(info: kopf.ConnectionInfo) -> auth.APIContext:
    try:
        return auth.APIContext(info)
    except (OSError, ValueError) as error:  # ssl.SSLError is an OSError; ValueError: not base64, not PEM
        raise ApiError(f"the certificates for {info.server} cannot be used, {error}: fix the kubeconfig") from error


async def _close(context: auth.APIContext) -> None:
    await context.close()
    await asyncio.sleep(0)  # one iteration of the event loop, in which the transports close their sockets


@contextlib.contextmanager
def _cut(response: aiohttp.ClientResponse) -> Iterator[None]:
    """Aborts the connection when the context ends, unless the answer is complete and the connection was released.

    A TLS shutdown would wait for the server's close_notify, and the server may be frozen.
    """
    try:
        yield
    finally:
        connection = response.connection
        if connection is not None and connection.transport is not None:
            connection.transport.abort()
        response.close()


async def _body(response: aiohttp.ClientResponse, seconds: float) -> bytes:
    """The whole body. Raises: ApiError, also if it exceeds the limit of size or of *seconds*."""
    pieces: list[bytes] = []
    size = 0
    try:
        async with asyncio.timeout(seconds):
            async for piece in response.content.iter_any():
                pieces.append(piece)
                size += len(piece)
                if size > _LONGEST_BODY:
                    break
    except Exception as error:
        raise ApiError(f"the answer broke off: {_said(error)}") from error
    if size > _LONGEST_BODY:
        raise ApiError(f"the answer is longer than {_LONGEST_BODY >> 20} MiB")
    return b"".join(pieces)


async def _chunks(response: aiohttp.ClientResponse) -> AsyncIterator[bytes]:
    try:
        async for chunk in response.content.iter_any():
            yield chunk
    except TimeoutError as error:
        raise ApiError("no event and no bookmark for too long; listing again", silent=True, relist=True) from error
    except Exception as error:
        raise ApiError(f"the watch broke off: {_said(error)}") from error


def _refused(error: errors.APIError) -> ApiError:
    message = error.message or " ".join(str(arg) for arg in error.args[:1] if arg) or f"status {error.status}"
    if error.status == NOT_FOUND and _MARK not in error.headers:
        return ApiError(f"something that is not an API server answered 404, {message!r}")
    return ApiError(message, code=error.status, retry_after=_retry_after(error))


def _retry_after(error: errors.APIError) -> float | None:
    """The seconds of Retry-After. None for a date, which API servers do not send."""
    value = error.headers.get("Retry-After", "")
    return float(value) if value.isdecimal() else None


def _said(error: BaseException) -> str:
    if isinstance(error, aiohttp.ClientPayloadError):
        return "the connection ended before it was complete"
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return str(error) or type(error).__name__
