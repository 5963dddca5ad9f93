"""The informer of one kind: the loop that carries requests and answers between ListWatch and the API server."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from typing import Any, Protocol

from xds_server.providers.kubernetes.errors import ApiError, is_outage
from xds_server.providers.kubernetes.listwatch import SILENCE_SECONDS, ListWatch, Request
from xds_server.providers.kubernetes.outage_recovery import OutageRecovery
from xds_server.providers.kubernetes.priority_semaphore import PrioritySemaphore

_log = logging.getLogger(__name__)

# A version that has expired is refused by the first thing that a watch says, and that comes at once.
_SETTLE_SECONDS = 0.5
STOOD_SECONDS = 10.0
"""A watch that has stood for so long ends the back-off."""
# After a fault of ours while a failure was noted: no state says how long to wait.
_FAULT_SECONDS = 30.0


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
    """Keeps one kind equal to what the API server has.

    *list_delay* withholds each list for so many seconds. *turns*, *recovery* and *heard* are shared by all kinds:
    who may list, who waits for the end of an outage, and who wants to know that the server has said something.
    """

    def __init__(
        self,
        listwatch: ListWatch,
        client: Client,
        *,
        turns: PrioritySemaphore | None = None,
        recovery: OutageRecovery | None = None,
        heard: Callable[[], None] = lambda: None,
        list_delay: float = 0.0,
    ) -> None:
        self._listwatch = listwatch
        self._client = client
        self._turns = turns or PrioritySemaphore(1)
        self._recovery = recovery or OutageRecovery(lambda ceiling: ceiling)
        self._heard = heard
        self._list_delay = list_delay
        self._asked = False
        self._silent = False
        self._outage = False
        self._watch_timeout: asyncio.Timeout | None = None
        self._spoke_at = 0.0

    def relist(self) -> None:
        """Has the kind listed anew: the watch ends now, and a list that is under way is followed by another."""
        self._asked = True
        self._end_watch()

    # -- KeepaliveListener -------------------------------------------------------------------------

    @property
    def following(self) -> bool:
        """Whether a watch is open, or was asked for."""
        return self._watch_timeout is not None

    def server_silent(self, error: ApiError) -> None:
        """The server does not answer: of an open watch it is not known whether it lives."""
        if self.following:
            self._silent = True
            self._listwatch.server_silent(error)

    def server_back(self) -> None:
        """It answers again: a watch that says nothing yet is begun again, from where it was."""
        if self._silent and self.following:
            self._end_watch()

    # ----------------------------------------------------------------------------------------------

    async def run(self) -> None:
        """Lists, then watches, until cancelled. Whatever the server answers, the next try follows."""
        while True:
            delay = await self._tried()
            await self._recovery.wait(delay, outage=self._outage)

    async def _tried(self) -> float:
        """One turn; the seconds to wait before the next."""
        try:
            return await self._turn()
        except ApiError as error:
            failure = error
        except asyncio.CancelledError:
            task = asyncio.current_task()
            if task is None or task.cancelling():
                raise
            failure = ApiError("the HTTP client cancelled the request", relist=True)
        except Exception as error:  # noqa: BLE001 - a fault of ours must cost one list, not the source
            _log.exception("informer: a bug in this program; listing again")
            failure = ApiError(f"a bug in this program, {error!r}; see the log", relist=True)
        try:
            delay = self._listwatch.failed(failure)
        except Exception:  # noqa: BLE001 - the same, while it was noted
            _log.exception("informer: a bug in this program; trying again")
            delay = _FAULT_SECONDS
        self._outage = is_outage(failure)
        return delay

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
            self._silent = False
            self._watch_timeout = until = asyncio.timeout(None)
            try:
                async with until:
                    return await self._watch(turn)
            except TimeoutError:
                if not until.expired():
                    raise
                return self._timed_out()
            finally:
                self._watch_timeout = None

    def _end_watch(self) -> None:
        if self._watch_timeout is not None and not self._watch_timeout.expired():
            self._watch_timeout.reschedule(asyncio.get_running_loop().time())

    def _timed_out(self) -> float:
        """The watch has no more time: a list was asked for, or nothing was heard of it."""
        if self._asked:
            return self._expire()
        if self._silent:
            return self._listwatch.renew()
        raise ApiError("no event and no bookmark for too long; listing again", silent=True, relist=True)

    def _expire(self) -> float:
        self._asked = False
        return self._listwatch.expire()

    async def _list(self) -> None:
        body = await self._get(self._listwatch.begin_list())
        while (following := self._listwatch.following(body)) is not None:
            # While the server gathers the next page, this one is decoded.
            async with _running(self._get(following)) as next_page:
                self._listwatch.page(body)
                self._answered()
                body = await next_page
        self._listwatch.page(body)
        self._answered()
        if self._list_delay:
            await asyncio.sleep(self._list_delay)
        self._listwatch.listed(body)

    async def _get(self, request: Request) -> bytes:
        return await self._client.get(request.path, request.params)

    async def _watch(self, turn: AsyncExitStack) -> float:
        loop = asyncio.get_running_loop()
        request = self._listwatch.begin_watch()
        self._spoke_at = loop.time()
        self._silence = loop.call_later(SILENCE_SECONDS, self._look)
        timers: list[asyncio.TimerHandle] = []
        try:
            async with self._client.stream(request.path, request.params, silence_seconds=SILENCE_SECONDS) as chunks:
                self._listwatch.watching()
                if not (listing := self._listwatch.listing):
                    timers = self._timers(loop)
                async for chunk in chunks:
                    if not self._listwatch.chunk(chunk):
                        continue
                    self._spoke_at = loop.time()
                    self._answered()
                    if listing and not self._listwatch.listing:
                        listing = False
                        timers = self._timers(loop)
                        await turn.aclose()
        finally:
            for timer in (self._silence, *timers):
                timer.cancel()
        return self._listwatch.ended()

    def _timers(self, loop: asyncio.AbstractEventLoop) -> list[asyncio.TimerHandle]:
        """What becomes of a watch that does not fail at once, and of one that stands for a while."""
        return [
            loop.call_later(_SETTLE_SECONDS, self._settled),
            loop.call_later(STOOD_SECONDS, self._listwatch.stood),
        ]

    def _look(self) -> None:
        """Ends a watch that has told nothing for too long: bytes alone tell nothing."""
        loop = asyncio.get_running_loop()
        due = self._spoke_at + SILENCE_SECONDS
        if loop.time() >= due:
            self._end_watch()
        else:
            self._silence = loop.call_at(due, self._look)

    def _settled(self) -> None:
        self._listwatch.settled()
        self._answered()

    def _answered(self) -> None:
        """The server said something good. Who often had that come to nothing is no witness that an outage is over."""
        self._silent = False
        self._heard()
        if self._outage and not self._listwatch.unstable:
            self._outage = False
            self._recovery.over()


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
