"""How fast streams are let in: a token bucket, and a queue that knows whose turn it is.

All proxies come at once, when everything is known or another replica has left. Each is owed a whole configuration, and
who is not urgent can wait: one that has a configuration serves on with it, one that has nothing may have nothing to lose.
But nobody waits for ever: every fourth turn is that of those who are not preferred. Within both, addresses take turns, so
that one that opens many streams keeps nobody else waiting; and at an address, who came first, also by an earlier try.

New streams are let through the turnstile by the same rules.
"""

import asyncio
import heapq
from collections import OrderedDict
from collections.abc import Callable, Hashable
from itertools import count
from typing import Final

_IN_A_ROW: Final = 3
"""So many of those who are preferred are let in before one of the others."""
_REMEMBERED: Final = 10_000
_REMEMBER_SECONDS: Final = 60.0
"""Who comes again within that time has the place of before."""

_Future = asyncio.Future[None]


class _Line:
    """Those who wait, by address; addresses take turns."""

    def __init__(self) -> None:
        self._addresses: OrderedDict[str, list[tuple[float, int, _Future]]] = OrderedDict()
        self._numbers = count()
        self.waiting = 0

    def add(self, address: str, since: float, one: _Future) -> None:
        heapq.heappush(self._addresses.setdefault(address, []), (since, next(self._numbers), one))
        self.waiting += 1

    def left(self) -> None:
        """One that waited went away."""
        self.waiting -= 1
        if not self.waiting:
            self._addresses.clear()

    def next(self) -> _Future | None:
        """The next whose turn it is; None if there is nobody, or all are about to go away."""
        while self._addresses:
            address, ones = next(iter(self._addresses.items()))
            while ones:
                one = heapq.heappop(ones)[2]
                if not one.done():
                    self._addresses.move_to_end(address)
                    self.waiting -= 1
                    return one
            del self._addresses[address]
        return None


class AdmissionQueue:
    """Lets in *per_second* streams, and *burst* at once if there was quiet."""

    def __init__(self, per_second: float, burst: int, *, clock: Callable[[], float]) -> None:
        self._per_second = per_second
        self._burst = burst
        self._clock = clock
        self._tokens = float(burst)
        self._filled_at = clock()
        self._preferred = _Line()
        self._others = _Line()
        self._in_a_row = 0
        self._came: OrderedDict[Hashable, float] = OrderedDict()  # When who was not let in came first.
        self._timer: asyncio.TimerHandle | None = None

    @property
    def waiting(self) -> int:
        """How many wait."""
        return self._preferred.waiting + self._others.waiting

    def try_admit(self) -> bool:
        """Takes a token, if there is one and nobody waits for it; returns whether it did."""
        self._fill()
        if self.waiting or self._tokens < 1:
            return False
        self._tokens -= 1
        return True

    async def wait_turn(self, *, preferred: bool, address: str = "", name: Hashable = None) -> None:
        """Returns with a token, when it is one's turn.

        *address*: from where it comes; *name*: by which it is known there when it tries again, None if it is not.
        """
        mine: _Future = asyncio.get_running_loop().create_future()
        line = self._preferred if preferred else self._others
        line.add(address, self._first_came(address, name), mine)
        self._arm()
        try:
            await mine
        except asyncio.CancelledError:
            if mine.done() and not mine.cancelled():  # The token that came in this very moment is for the next.
                self._tokens += 1
                self._due()
            else:
                line.left()
            raise
        self._came.pop((address, name), None)

    def _first_came(self, address: str, name: Hashable) -> float:
        now = self._clock()
        if name is None:
            return now
        since = self._came.get((address, name), now)
        if now - since > _REMEMBER_SECONDS:
            since = now
        self._came[address, name] = since
        if len(self._came) > _REMEMBERED:
            self._came.popitem(last=False)
        return since

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
        while self._tokens >= 1 - 1e-9 and (one := self._next()) is not None:  # a whole one, but for rounding
            self._tokens -= 1
            one.set_result(None)
        self._arm()

    def _next(self) -> _Future | None:
        """Whose turn it is: of two kinds that wait, the preferred ones have three turns of four."""
        if self._in_a_row < _IN_A_ROW and (one := self._preferred.next()) is not None:
            self._in_a_row += bool(self._others.waiting)
            return one
        self._in_a_row = 0
        return self._others.next() or self._preferred.next()
