"""What wakes the writer of a stream."""

import asyncio
import copy

from xds_server.transport.admission import Clock
from xds_server.transport.debounce import Debounce


class Bell:
    """Rings at once, or for changes when their burst is over."""

    __slots__ = ("_clock", "_debounce", "_rung", "_timer")

    def __init__(self, debounce: Debounce, clock: Clock) -> None:
        self._debounce = copy.copy(debounce)  # Each stream has bursts of its own.
        self._clock = clock
        self._rung = asyncio.Event()
        self._timer: asyncio.TimerHandle | None = None

    @property
    def waits(self) -> bool:
        """Whether it will ring of itself, for changes of which no more may be sent yet."""
        return self._timer is not None

    async def rung(self) -> None:
        """Returns when it rings, or has rung since `hush`."""
        await self._rung.wait()

    def ring(self) -> None:
        """Rings now."""
        self._rung.set()

    def hush(self) -> None:
        """Forgets that it rang."""
        self._rung.clear()

    def changed(self) -> None:
        """Rings for a change: now, or when its burst is over."""
        self._debounce.note(self._clock())
        if self._timer is None:
            self._check()

    def sent(self, now: float) -> None:
        """Notes that all that changed so far is on its way."""
        self._debounce.taken(now)
        self.stop()

    def stop(self) -> None:
        """Does not ring of itself any more."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _check(self) -> None:
        left = self._debounce.due_at - self._clock()
        if left > 0:
            self._timer = asyncio.get_running_loop().call_later(left, self._check)
        else:
            self._timer = None
            self._rung.set()
