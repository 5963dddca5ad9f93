"""The informer of one kind: the loop that carries requests and answers between ListWatch and the API server."""

import asyncio
import logging
from collections.abc import AsyncIterator, Coroutine, Mapping
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from typing import Any, Protocol

from xds_server.sources.kube.errors import ApiError
from xds_server.sources.kube.listwatch import SILENCE_SECONDS, ListWatch, Request
from xds_server.sources.kube.semaphore import PrioritySemaphore

_log = logging.getLogger(__name__)

# A version that has expired is refused by the first thing that a watch says, and that comes at once.
_SETTLE_SECONDS = 0.5


class Client(Protocol):
    """What an informer needs of an API server's client. Both raise ApiError."""

    async def get(self, path: str, params: Mapping[str, str]) -> bytes:
        """The body of the answer."""
        ...

    def stream(
        self, path: str, params: Mapping[str, str], *, silence_seconds: float
    ) -> AbstractAsyncContextManager[AsyncIterator[bytes]]:
        """The body in chunks as they come, to its end; a silent ApiError if nothing comes for so long."""
        ...


class Informer:
    """Keeps one kind equal to what the API server has. *list_delay* withholds each list for so many seconds."""

    def __init__(
        self, listwatch: ListWatch, client: Client, *, turns: PrioritySemaphore | None = None, list_delay: float = 0.0
    ) -> None:
        self._listwatch = listwatch
        self._client = client
        self._turns = turns or PrioritySemaphore(1)
        self._list_delay = list_delay
        self._asked = False
        self._watch_timeout: asyncio.Timeout | None = None

    def relist(self) -> None:
        """Has the kind listed anew: the watch ends now, and a list that is under way is followed by another."""
        self._asked = True
        if self._watch_timeout is not None and not self._watch_timeout.expired():
            self._watch_timeout.reschedule(asyncio.get_running_loop().time())

    async def run(self) -> None:
        """Lists, then watches, until cancelled."""
        while True:
            try:
                delay = await self._turn()
            except ApiError as error:
                delay = self._listwatch.failed(error)
            except Exception as error:  # noqa: BLE001 - a fault of ours must cost one list, not the source
                _log.exception("sources.informer: a fault of this program; listing again")
                delay = self._listwatch.failed(
                    ApiError(f"a fault of this program, {error!r}; see the log", relist=True)
                )
            await asyncio.sleep(delay)

    async def _turn(self) -> float:
        async with AsyncExitStack() as turn:
            if self._listwatch.listing:
                self._asked = False
                await turn.enter_async_context(self._turns.turn(self._listwatch.urgency))
            if self._listwatch.verb == "list":
                await self._list()
                await turn.aclose()
            if not self._listwatch.listing and self._asked:
                return self._expire()
            self._watch_timeout = timeout = asyncio.timeout(None)
            try:
                async with timeout:
                    return await self._watch(turn)
            except TimeoutError:
                if not timeout.expired():
                    raise
                return self._expire()
            finally:
                self._watch_timeout = None

    def _expire(self) -> float:
        self._asked = False
        return self._listwatch.expire()

    async def _list(self) -> None:
        body = await self._get(self._listwatch.begin_list())
        while (following := self._listwatch.following(body)) is not None:
            # While the server gathers the next page, this one is decoded.
            async with _running(self._get(following)) as next_page:
                self._listwatch.page(body)
                body = await next_page
        self._listwatch.page(body)
        if self._list_delay:
            await asyncio.sleep(self._list_delay)
        self._listwatch.listed(body)

    async def _get(self, request: Request) -> bytes:
        return await self._client.get(request.path, request.params)

    async def _watch(self, turn: AsyncExitStack) -> float:
        request = self._listwatch.begin_watch()
        async with self._client.stream(request.path, request.params, silence_seconds=SILENCE_SECONDS) as chunks:
            self._listwatch.watching()
            settling = asyncio.get_running_loop().call_later(_SETTLE_SECONDS, self._listwatch.settled)
            try:
                async for chunk in chunks:
                    self._listwatch.chunk(chunk)
                    if not self._listwatch.listing:
                        await turn.aclose()
            finally:
                settling.cancel()
        return self._listwatch.ended()


@asynccontextmanager
async def _running(coroutine: Coroutine[Any, Any, bytes]) -> AsyncIterator[asyncio.Task[bytes]]:
    """A task that has taken its first step: a request has gone out. It ends with the context."""
    task = asyncio.create_task(coroutine)
    await asyncio.sleep(0)  # one turn of the loop is that step
    try:
        yield task
    finally:
        task.cancel()
        await asyncio.wait([task])
        if not task.cancelled():
            task.exception()  # looked at, if nobody did: no complaint when the task is collected
