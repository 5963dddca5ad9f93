"""Admits streams at a limited rate: a token bucket, and a fair queue of the streams that wait for a token.

After a start, or when another replica has left, all proxies come at once, and each is owed a whole configuration. A proxy
that has a configuration can wait: it goes on serving. So the queue has preferred streams and others. Nobody starves: every
fourth turn is for the others. Within each group, client addresses take turns, so that an address that opens many streams
delays no other address. At one address, the stream goes first whose proxy came first, also by an earlier try.

The same class limits how fast new streams open (`stream_opener`).
"""

import asyncio
import heapq
from collections import OrderedDict
from collections.abc import Hashable
from itertools import count
from typing import Final

from probes import Clock

_PREFERRED_IN_A_ROW: Final = 3
"""After so many preferred streams, one of the others is admitted."""
_MAX_REMEMBERED: Final = 10_000
_REMEMBER_SECONDS: Final = 60.0
"""A proxy that tries again within this time keeps its earlier place."""

_Future = asyncio.Future[None]


class _FairQueue:
    """The waiting streams of one group, by address; addresses take turns."""

    def __init__(self) -> None:
        self._addresses: OrderedDict[str, list[tuple[float, int, _Future]]] = OrderedDict()
        self._numbers = count()
        self.waiting = 0

    def add(self, address: str, since: float, stream: _Future) -> None:
        heapq.heappush(self._addresses.setdefault(address, []), (since, next(self._numbers), stream))
        self.waiting += 1

    def count_cancelled(self) -> None:
        """A stream that waits was cancelled. It is dropped when its turn comes."""
        self.waiting -= 1
        if not self.waiting:
            self._addresses.clear()

    def pop(self) -> _Future | None:
        """Removes the stream whose turn it is; None if no stream waits."""
        while self._addresses:
            address, streams = next(iter(self._addresses.items()))
            while streams:
                stream = heapq.heappop(streams)[2]
                if not stream.done():
                    self._addresses.move_to_end(address)
                    self.waiting -= 1
                    return stream
            del self._addresses[address]
        return None


class AdmissionQueue:
    """Admits *per_second* streams, and up to *burst* at once after a quiet time."""

    def __init__(self, per_second: float, burst: int, *, clock: Clock) -> None:
        self._per_second = per_second
        self._burst = burst
        self._clock = clock
        self._tokens = float(burst)
        self._filled_at = clock()
        self._preferred = _FairQueue()
        self._others = _FairQueue()
        self._in_a_row = 0
        self._came_at: OrderedDict[Hashable, float] = (
            OrderedDict()
        )  # The first try of each proxy that was not admitted.
        self._timer: asyncio.TimerHandle | None = None

    @property
    def waiting(self) -> int:
        """How many streams wait."""
        return self._preferred.waiting + self._others.waiting

    def try_admit(self) -> bool:
        """Takes a token if there is one and no stream waits for it; returns whether it did."""
        self._fill()
        if self.waiting or self._tokens < 1:
            return False
        self._tokens -= 1
        return True

    async def wait_turn(self, *, preferred: bool, address: str = "", name: Hashable = None) -> None:
        """Returns with a token when it is the caller's turn.

        *address*: where the client comes from. *name*: what identifies it there when it tries again; None if nothing does.
        """
        stream: _Future = asyncio.get_running_loop().create_future()
        queue = self._preferred if preferred else self._others
        queue.add(address, self._first_came_at(address, name), stream)
        self._set_timer()
        try:
            await stream
        except asyncio.CancelledError:
            if stream.done() and not stream.cancelled():  # It got a token in this very moment: pass it on.
                self._tokens += 1
                self._admit_due()
            else:
                queue.count_cancelled()
            raise
        self._came_at.pop((address, name), None)

    def _first_came_at(self, address: str, name: Hashable) -> float:
        now = self._clock()
        if name is None:
            return now
        since = self._came_at.get((address, name), now)
        if now - since > _REMEMBER_SECONDS:
            since = now
        self._came_at[address, name] = since
        if len(self._came_at) > _MAX_REMEMBERED:
            self._came_at.popitem(last=False)
        return since

    def _fill(self) -> None:
        now = self._clock()
        self._tokens = min(self._burst, self._tokens + (now - self._filled_at) * self._per_second)
        self._filled_at = now

    def _set_timer(self) -> None:
        if self._timer is None and self.waiting:
            self._fill()
            wait = max(0.0, (1 - self._tokens) / self._per_second)
            self._timer = asyncio.get_running_loop().call_later(wait, self._admit_due)

    def _admit_due(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self._fill()
        while self._tokens >= 1 - 1e-9 and (stream := self._next()) is not None:  # A whole token, but for rounding.
            self._tokens -= 1
            stream.set_result(None)
        self._set_timer()

    def _next(self) -> _Future | None:
        """The stream whose turn it is. If both groups wait, preferred streams have three turns of four."""
        if self._in_a_row < _PREFERRED_IN_A_ROW and (stream := self._preferred.pop()) is not None:
            self._in_a_row += bool(self._others.waiting)
            return stream
        self._in_a_row = 0
        return self._others.pop() or self._preferred.pop()
