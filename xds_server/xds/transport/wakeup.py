"""What wakes the writer of a stream."""

import asyncio
import copy

from xds_server.xds.transport.admission import Clock
from xds_server.xds.transport.debounce import Debounce


class Bell:
    """Rings at once, or for changes when their burst is over. One may wait for it."""

    __slots__ = ("_clock", "_debounce", "_rung", "_timer", "_waiter")

    def __init__(self, debounce: Debounce, clock: Clock) -> None:
        self._debounce = copy.copy(debounce)  # Each stream has bursts of its own.
        self._clock = clock
        self._rung = False
        self._waiter: asyncio.Future[None] | None = None
        self._timer: asyncio.TimerHandle | None = None

    @property
    def waits(self) -> bool:
        """Whether it will ring of itself, for changes of which no more may be sent yet."""
        return self._timer is not None

    async def rung(self) -> None:
        """Returns when it rings, or has rung since `hush`."""
        if self._rung:
            return
        self._waiter = asyncio.get_running_loop().create_future()
        try:
            await self._waiter
        finally:
            self._waiter = None

    def ring(self) -> None:
        """Rings now."""
        self._rung = True
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    def hush(self) -> None:
        """Forgets that it rang."""
        self._rung = False

    def changed(self) -> None:
        """Rings for a change: now, or when its burst is over."""
        now = self._clock()
        due_at = self._debounce.note(now)
        if self._timer is None:
            self._wait(due_at - now)

    def sent(self, now: float) -> None:
        """Notes that all that changed so far is on its way."""
        self._debounce.taken(now)
        self.stop()

    def stop(self) -> None:
        """Does not ring of itself any more."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _wait(self, seconds: float) -> None:
        self._timer = asyncio.get_running_loop().call_later(seconds, self._look) if seconds > 0 else None
        if self._timer is None:
            self.ring()

    def _look(self) -> None:
        self._wait(self._debounce.due_at - self._clock())
