"""The scheduler: gives nodes their ranks, and brings them up to date in a settle, each once, in the order of rank."""

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
"""The distance between two ranks. Collections that are created `Graph.before` another get ranks in between."""


class Node(Subscribable, Protocol):
    """What the core of krt needs of a collection."""

    rank: int
    closed: bool
    counters: Counters
    _queued: bool
    _old_values: dict[Any, Any]

    def _flush(self) -> None:
        """Brings it up to date and wakes what depends on it. A settle calls this once."""

    def _make_delta(self) -> Delta[Any, Any]:
        """Its net changes in this transaction."""

    def _end_transaction(self) -> None:
        """Makes the changes of this transaction final."""

    def _committed_values(self) -> Mapping[Any, Any]:
        """Its contents as of the last transaction."""

    def close(self) -> None:
        """Removes it from the graph."""


class Scheduler:
    """Keeps the nodes by rank, and a queue of those that are to be flushed."""

    def __init__(self, clock: Callable[[], float] | None) -> None:
        self.epoch = 0
        """Counts the transactions that changed something."""
        self._clock = clock
        self._recorder: Recorder | None = None
        self._running: Node | None = None  # the node that is being flushed
        self._newly_synced: list[Node] = []
        self._by_rank: dict[int, Node] = {}
        self._queue: list[int] = []  # a heap of ranks
        self._last_rank = 0
        self._last_within_gap: dict[int, int] = {}  # rank of a node -> last rank that was given just before it
        self._created_before: Node | None = None

    def _assign_rank(self, node: Node) -> int:
        """Adds a node. Returns its rank: the highest, or within `Graph.before`, one just before that collection."""
        if self._created_before is None:
            self._last_rank = rank = self._last_rank + GAP
        else:
            end = self._created_before.rank
            rank = self._last_within_gap[end] = self._last_within_gap.get(end, end - GAP) + 1
        self._by_rank[rank] = node
        return rank

    def _enqueue(self, node: Node) -> None:
        if not node._queued:
            node._queued = True
            heapq.heappush(self._queue, node.rank)

    def _settle(self) -> list[Node]:
        """Flushes the queue, and the nodes that this wakes, in the order of rank. Returns the nodes that changed.

        A node wakes only nodes of higher rank, so each is flushed once.
        """
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
            if node._old_values:
                changed.append(node)
        self._running = None
        return changed

    def _forbid_running(self) -> None:
        if self._running is not None:
            raise WriteError(f"transform of {self._running.name!r} wrote to the graph: a transform may only read")
