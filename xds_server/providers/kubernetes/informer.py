"""The informer of one kind: sends the requests of a ListWatch to the API server, and hands it the answers."""

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

# A watch from an expired version fails with its first event, which comes at once.
_SETTLE_SECONDS = 0.5
STOOD_SECONDS = 10.0
"""A watch that stays open for this long resets the back-off."""
# The wait after a bug of this program in the handling of a failure.
_FAULT_SECONDS = 30.0


class Client(Protocol):
    """What an informer needs from an API client. Both methods raise ApiError."""

    async def get(self, path: str, params: Mapping[str, str]) -> bytes:
        """The body of the answer."""
        ...

    def stream(
        self, path: str, params: Mapping[str, str], *, silence_seconds: float
    ) -> AbstractAsyncContextManager[AsyncIterator[bytes]]:
        """The body in chunks as they arrive. An ApiError with `silent` set if no bytes arrive for *silence_seconds*."""
        ...


class Informer:
    """Keeps the objects of one kind equal to those of the API server.

    *list_delay*: fault injection, seconds by which each list is delayed. All kinds share the other three:
    *turns* bounds the concurrent lists, *recovery* ends the waits of an outage early, and *heard* is called
    whenever the server has sent something.
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
        """Lists the kind again: the watch ends now, and a list that is in progress is followed by another."""
        self._asked = True
        self._end_watch()

    # -- KeepaliveListener -------------------------------------------------------------------------

    @property
    def following(self) -> bool:
        """Whether a watch is open, or has been requested."""
        return self._watch_timeout is not None

    def server_silent(self, error: ApiError) -> None:
        """The server does not answer, so an open watch may be dead."""
        if self.following:
            self._silent = True
            self._listwatch.server_silent(error)

    def server_back(self) -> None:
        """The server answers again: resumes a watch that is still silent, at the same version."""
        if self._silent and self.following:
            self._end_watch()

    # ----------------------------------------------------------------------------------------------

    async def run(self) -> None:
        """Lists, then watches, until cancelled. Every failure is followed by another try."""
        while True:
            delay = await self._tried()
            await self._recovery.wait(delay, outage=self._outage)

    async def _tried(self) -> float:
        """One list and watch, or one watch. Returns the seconds to wait before the next."""
        try:
            return await self._turn()
        except ApiError as error:
            failure = error
        except asyncio.CancelledError:
            task = asyncio.current_task()
            if task is None or task.cancelling():
                raise
            failure = ApiError("the HTTP client cancelled the request", relist=True)
        except Exception as error:  # noqa: BLE001 - a bug must cost one list, not the provider
            _log.exception("informer: a bug in this program; listing again")
            failure = ApiError(f"a bug in this program, {error!r}; see the log", relist=True)
        try:
            delay = self._listwatch.failed(failure)
        except Exception:  # noqa: BLE001 - the same, in the handling of the failure
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
        """The watch was ended by us: for a new list, to resume it, or because it was silent for too long."""
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
            # Decodes this page while the server prepares the next one.
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
                self._listwatch.watch_opened()
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
        return self._listwatch.watch_ended()

    def _timers(self, loop: asyncio.AbstractEventLoop) -> list[asyncio.TimerHandle]:
        """Timers that report a watch that did not fail at once, and one that has stayed open for a while."""
        return [
            loop.call_later(_SETTLE_SECONDS, self._settled),
            loop.call_later(STOOD_SECONDS, self._listwatch.watch_lasted),
        ]

    def _look(self) -> None:
        """Ends a watch without a complete event or bookmark for too long, even if bytes arrive."""
        loop = asyncio.get_running_loop()
        due = self._spoke_at + SILENCE_SECONDS
        if loop.time() >= due:
            self._end_watch()
        else:
            self._silence = loop.call_at(due, self._look)

    def _settled(self) -> None:
        self._listwatch.watch_settled()
        self._answered()

    def _answered(self) -> None:
        """The server sent something valid. That ends an outage for all kinds, unless this kind's watches are unstable."""
        self._silent = False
        self._heard()
        if self._outage and not self._listwatch.unstable:
            self._outage = False
            self._recovery.over()


@asynccontextmanager
async def _running(coroutine: Coroutine[Any, Any, bytes]) -> AsyncIterator[asyncio.Task[bytes]]:
    """A task that has taken its first step, so its request has been sent. Leaving the context ends the task."""
    task = asyncio.create_task(coroutine)
    await asyncio.sleep(0)  # one iteration of the event loop is that step
    try:
        yield task
    finally:
        task.cancel()
        await asyncio.wait([task])
        if not task.cancelled():
            task.exception()  # retrieves it, so that asyncio does not log it as never retrieved
