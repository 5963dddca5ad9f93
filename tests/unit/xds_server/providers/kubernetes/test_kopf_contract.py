"""What xds_server.providers.kubernetes.kopf_client relies on in kopf, name by name and behaviour by behaviour.

If one of these fails after an upgrade of kopf: keep the range in pyproject.toml at the last version
that passes, read what became of the name, mend kopf_client.py (nothing else knows), and say here
what holds now. They pass with kopf 1.45.2.
"""

import inspect
import logging
import socket
from collections.abc import AsyncIterator, Awaitable, Callable

import kopf
import pytest
from aiohttp import web
from kopf._cogs.clients import api, auth, errors

Handler = Callable[[web.BaseRequest], Awaitable[web.StreamResponse]]
Serve = Callable[[Handler], Awaitable[str]]
SILENT = logging.Logger("silent", logging.CRITICAL + 1)  # noqa: LOG001 - in nobody's tree


@pytest.fixture
async def serve() -> AsyncIterator[Serve]:
    """Starts HTTP servers on loopback; this is what kopf does on the wire, so it takes a wire."""
    runners: list[web.ServerRunner] = []

    async def start(handler: Handler) -> str:
        runner = web.ServerRunner(web.Server(handler))
        runners.append(runner)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        return site.name

    yield start
    for runner in runners:
        await runner.cleanup()


async def request(context: auth.APIContext, path: str = "/x") -> object:
    return await api.request(
        "get",
        path,
        settings=kopf.OperatorSettings(),
        headers={"User-Agent": "ours"},
        backoffs=(),
        context=context,
        logger=SILENT,
    )


def test_request_takes_what_we_give() -> None:
    """Every argument that we name is one of `api.request`."""
    given = {"method", "url", "settings", "headers", "timeout", "backoffs", "context", "logger"}

    assert given <= set(inspect.signature(api.request).parameters)


def test_connection_info_is_a_value_with_our_fields() -> None:
    """Equal credentials are equal: that is how we know that a new login brought nothing new."""
    fields = {
        "server": "https://a",
        "ca_data": "x",
        "insecure": False,
        "proxy_url": None,
        "certificate_data": "c",
        "private_key_data": "k",
        "token": "t",
        "username": "u",
        "password": "p",
        "default_namespace": "n",
    }

    assert kopf.ConnectionInfo(**fields) == kopf.ConnectionInfo(**fields)  # type: ignore[arg-type]
    assert kopf.ConnectionInfo(server="https://a", token="t") != kopf.ConnectionInfo(server="https://a", token="u")
    for path in ("ca_path", "certificate_path", "private_key_path"):
        assert getattr(kopf.ConnectionInfo(server="https://a", **{path: "/p"}), path) == "/p"  # type: ignore[arg-type]


def test_a_context_knows_its_open_responses() -> None:
    """So that one that was replaced is closed when the last of them is."""
    context_names = vars(auth.APIContext)

    assert {"flush_closed_responses", "add_response", "close"} <= set(context_names)


async def test_a_context_asks_its_server_with_its_token(serve: Serve) -> None:
    """The path is relative to the server, our headers go along, and the response comes unread."""
    seen: list[tuple[str, str, str]] = []

    async def handler(request: web.BaseRequest) -> web.StreamResponse:
        seen.append((request.path_qs, request.headers["Authorization"], request.headers["User-Agent"]))
        return web.Response(body=b"raw bytes")

    context = auth.APIContext(kopf.ConnectionInfo(server=await serve(handler), token="secret"))
    try:
        response = await api.request(
            "get",
            "/api/v1/x?limit=1",
            settings=kopf.OperatorSettings(),
            headers={"User-Agent": "ours"},
            backoffs=(),
            context=context,
            logger=SILENT,
        )
        async with response:
            assert await response.read() == b"raw bytes"
    finally:
        await context.close()

    assert seen == [("/api/v1/x?limit=1", "Bearer secret", "ours")]


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (401, errors.APIUnauthorizedError),
        (403, errors.APIForbiddenError),
        (404, errors.APINotFoundError),
        (410, errors.APIClientError),
        (429, errors.APITooManyRequestsError),
        (503, errors.APIServerError),
    ],
)
async def test_an_error_status_is_raised_after_one_request(
    serve: Serve, status: int, error: type[errors.APIError]
) -> None:
    """With a context of ours and without back-offs nothing is retried, not even after 401, 403 or 429."""
    count = 0

    async def handler(_: web.BaseRequest) -> web.StreamResponse:
        nonlocal count
        count += 1
        body = {"kind": "Status", "code": status, "message": "the reason"}
        return web.json_response(body, status=status, headers={"Retry-After": "7", "Audit-Id": "x"})

    context = auth.APIContext(kopf.ConnectionInfo(server=await serve(handler)))
    try:
        with pytest.raises(error) as raised:
            await request(context)
    finally:
        await context.close()

    failure = raised.value
    assert isinstance(failure, errors.APIError)
    assert (count, failure.status, failure.message) == (1, status, "the reason")
    assert (failure.headers["Retry-After"], failure.headers["Audit-Id"]) == ("7", "x")


async def test_an_answer_in_plain_text_is_an_argument_of_the_error(serve: Serve) -> None:
    """An API server says `404 page not found` of a group that it does not know."""

    async def handler(_: web.BaseRequest) -> web.StreamResponse:
        return web.Response(status=404, text="404 page not found\n")

    context = auth.APIContext(kopf.ConnectionInfo(server=await serve(handler)))
    try:
        with pytest.raises(errors.APINotFoundError) as raised:
            await request(context)
    finally:
        await context.close()

    assert (raised.value.message, raised.value.args) == (None, ("404 page not found",))


async def test_no_connection_is_the_system_s_error() -> None:
    """aiohttp's errors come through as they are."""
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))  # bound, and not listening
        context = auth.APIContext(kopf.ConnectionInfo(server=f"http://127.0.0.1:{held.getsockname()[1]}"))
        try:
            with pytest.raises(OSError, match=r"refused|Connect call failed"):
                await request(context)
        finally:
            await context.close()


async def test_a_closed_context_says_so(serve: Serve) -> None:
    """Another task may have logged in anew while this one was about to ask."""

    async def handler(_: web.BaseRequest) -> web.StreamResponse:
        return web.Response()

    context = auth.APIContext(kopf.ConnectionInfo(server=await serve(handler)))
    await context.close()

    with pytest.raises(errors.APISessionClosed):
        await request(context)


@pytest.mark.parametrize("fields", [{"ca_data": "AAAA"}, {"ca_data": "A"}, {"ca_path": "/nowhere"}])
async def test_bad_certificates_are_refused_at_once(fields: dict[str, str]) -> None:
    """The context reads them when it is made, so there is one place to catch it."""
    info = kopf.ConnectionInfo(server="https://a", **fields)  # type: ignore[arg-type]

    with pytest.raises((OSError, ValueError)):
        auth.APIContext(info)
