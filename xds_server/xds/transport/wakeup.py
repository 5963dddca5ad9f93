"""What wakes the writer of a stream."""

import asyncio
import copy

from probes import Clock
from xds_server.xds.transport.debounce import Debounce


class Wakeup:
    """Rings at once, or for changes when their burst is over. One may wait for it."""

    __slots__ = ("_awake", "_clock", "_debounce", "_timer", "_waiter")

    def __init__(self, debounce: Debounce, clock: Clock) -> None:
        self._debounce = copy.copy(debounce)  # Each stream has bursts of its own.
        self._clock = clock
        self._awake = False
        self._waiter: asyncio.Future[None] | None = None
        self._timer: asyncio.TimerHandle | None = None

    @property
    def delayed(self) -> bool:
        """Whether it will ring of itself, for changes of which no more may be sent yet."""
        return self._timer is not None

    async def wait(self) -> None:
        """Returns when it rings, or has rung since `clear`."""
        if self._awake:
            return
        self._waiter = asyncio.get_running_loop().create_future()
        try:
            await self._waiter
        finally:
            self._waiter = None

    def wake(self) -> None:
        """Rings now."""
        self._awake = True
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    def clear(self) -> None:
        """Forgets that it rang."""
        self._awake = False

    def notify_change(self) -> None:
        """Rings for a change: now, or when its burst is over."""
        now = self._clock()
        due_at = self._debounce.record_change(now)
        if self._timer is None:
            self._wake_in(due_at - now)

    def notify_sent(self, now: float) -> None:
        """Notes that all that changed so far is on its way."""
        self._debounce.record_action(now)
        self.stop()

    def stop(self) -> None:
        """Does not ring of itself any more."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _wake_in(self, seconds: float) -> None:
        self._timer = asyncio.get_running_loop().call_later(seconds, self._check_due) if seconds > 0 else None
        if self._timer is None:
            self.wake()

    def _check_due(self) -> None:
        self._wake_in(self._debounce.due_at - self._clock())
