"""How fast streams are let in once they may be: a token bucket, and a queue that knows whom to let in first.

All proxies come at once, when everything is known or another replica has left. Each is owed a whole configuration, and
who is not urgent can wait: one that has a configuration serves on with it, one that has nothing may have nothing to lose.
"""

import asyncio
import contextlib
from collections import deque
from collections.abc import Callable


class Pace:
    """Lets in *per_second* streams, and *burst* at once if there was quiet; of those who wait the preferred come first."""

    def __init__(self, per_second: float, burst: int, *, clock: Callable[[], float]) -> None:
        self._per_second = per_second
        self._burst = burst
        self._clock = clock
        self._tokens = float(burst)
        self._filled_at = clock()
        self._preferred: deque[asyncio.Future[None]] = deque()
        self._others: deque[asyncio.Future[None]] = deque()
        self._timer: asyncio.TimerHandle | None = None

    @property
    def waiting(self) -> int:
        """How many wait."""
        return len(self._preferred) + len(self._others)

    def free(self) -> bool:
        """Takes a token, if there is one and nobody waits for it; returns whether it did."""
        self._fill()
        if self.waiting or self._tokens < 1:
            return False
        self._tokens -= 1
        return True

    async def turn(self, *, preferred: bool) -> None:
        """Returns with a token, when it is one's turn."""
        mine = asyncio.get_running_loop().create_future()
        queue = self._preferred if preferred else self._others
        queue.append(mine)
        self._arm()
        try:
            await mine
        except asyncio.CancelledError:
            with contextlib.suppress(ValueError):
                queue.remove(mine)
            if mine.done() and not mine.cancelled():  # The token that came in this very moment is for the next.
                self._tokens += 1
                self._due()
            raise

    def _fill(self) -> None:
        now = self._clock()
        self._tokens = min(self._burst, self._tokens + (now - self._filled_at) * self._per_second)
        self._filled_at = now

    def _arm(self) -> None:
        if self._timer is None and self.waiting:
            self._fill()
            wait = max(0.0, (1 - self._tokens) / self._per_second)
            self._timer = asyncio.get_running_loop().call_later(wait, self._due)

    def _due(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self._fill()
        while self.waiting and self._tokens >= 1 - 1e-9:  # what is a whole one, but for rounding
            first = (self._preferred or self._others).popleft()
            if not first.done():
                self._tokens -= 1
                first.set_result(None)
        self._arm()
