"""The settle: brings every collection up to date, once, in the order of rank."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Mapping
from typing import Any, Protocol

from krt.counters import Counters
from krt.delta import Delta
from krt.errors import WriteError
from krt.recorder import Recorder
from krt.subscription import Subscribable

GAP = 1 << 32
"""Between the ranks of two collections: room for those that are created later, `Graph.before` the second."""


class Node(Subscribable, Protocol):
    """What the core has to know of a collection."""

    rank: int
    closed: bool
    counters: Counters
    _queued: bool
    _before: dict[Any, Any]

    def _flush(self) -> None:
        """Brings it up to date, and wakes what depends on it."""

    def _delta(self) -> Delta[Any, Any]:
        """Its net changes in this transaction."""

    def _end_transaction(self) -> None:
        """Makes its changes final."""

    def _committed(self) -> Mapping[Any, Any]:
        """Its contents as of the last transaction."""

    def close(self) -> None:
        """Takes it out of the graph."""


class Scheduler:
    """Gives ranks, and flushes what is queued in their order."""

    def __init__(self, clock: Callable[[], float] | None) -> None:
        self.epoch = 0
        """Counts the transactions that changed something."""
        self._clock = clock
        self._recorder: Recorder | None = None
        self._running: Node | None = None  # whose flush is under way
        self._newly_synced: list[Node] = []
        self._by_rank: dict[int, Node] = {}
        self._queue: list[int] = []  # ranks, a heap
        self._last_rank = 0
        self._last_within_gap: dict[int, int] = {}  # rank of a collection -> last rank given in the gap before it
        self._gap_of: Node | None = None

    def _add(self, node: Node) -> int:
        """Gives a new node its rank."""
        if self._gap_of is None:
            self._last_rank = rank = self._last_rank + GAP
        else:
            end = self._gap_of.rank
            rank = self._last_within_gap[end] = self._last_within_gap.get(end, end - GAP) + 1
        self._by_rank[rank] = node
        return rank

    def _enqueue(self, node: Node) -> None:
        if not node._queued:
            node._queued = True
            heapq.heappush(self._queue, node.rank)

    def _settle(self) -> list[Node]:
        """Flushes all that is queued and all that this wakes, each once, in the order of rank. Returns what changed."""
        changed: list[Node] = []
        while self._queue:
            node = self._by_rank[heapq.heappop(self._queue)]
            node._queued = False
            self._running = node
            if self._clock is None:
                node._flush()
            else:
                start = self._clock()
                node._flush()
                node.counters.seconds += self._clock() - start
            if node._before:
                changed.append(node)
        self._running = None
        return changed

    def _forbid_running(self) -> None:
        if self._running is not None:
            raise WriteError(f"transform of {self._running.name!r} wrote to the graph: a transform may only read")
