"""Wakes the writer of a stream, as `asyncio.Event` would, but for a burst of changes only once."""

import asyncio
import copy

from probes import Clock
from xds_server.xds.transport.debounce import Debounce


class Wakeup:
    """An event that is set at once by `wake`, and after a debounce by `notify_change`. One task may wait for it."""

    __slots__ = ("_clock", "_debounce", "_set", "_timer", "_waiter")

    def __init__(self, debounce: Debounce, clock: Clock) -> None:
        """*debounce* is copied: each stream has bursts of its own."""
        self._debounce = copy.copy(debounce)
        self._clock = clock
        self._set = False
        self._waiter: asyncio.Future[None] | None = None
        self._timer: asyncio.TimerHandle | None = None

    @property
    def delayed(self) -> bool:
        """Whether changes are being debounced: nothing may be sent until the timer wakes the writer."""
        return self._timer is not None

    async def wait(self) -> None:
        """Returns once it is set; at once if it has been set since `clear`."""
        if self._set:
            return
        self._waiter = asyncio.get_running_loop().create_future()
        try:
            await self._waiter
        finally:
            self._waiter = None

    def wake(self) -> None:
        """Sets it now."""
        self._set = True
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    def clear(self) -> None:
        """Unsets it."""
        self._set = False

    def notify_change(self) -> None:
        """Sets it for a change: now, or when the debounce is over."""
        now = self._clock()
        due_at = self._debounce.record_change(now)
        if self._timer is None:
            self._wake_in(due_at - now)

    def notify_sent(self, now: float) -> None:
        """All changes so far are in a response that is on its way."""
        self._debounce.record_action(now)
        self.stop()

    def stop(self) -> None:
        """Cancels the timer."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _wake_in(self, seconds: float) -> None:
        self._timer = asyncio.get_running_loop().call_later(seconds, self._check_due) if seconds > 0 else None
        if self._timer is None:
            self.wake()

    def _check_due(self) -> None:
        """The timer fired; further changes may have moved the time since."""
        self._wake_in(self._debounce.due_at - self._clock())
