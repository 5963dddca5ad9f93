"""The graph: transactions, and the settle that brings every collection up to date, once, in rank order."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Hashable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Literal, TypeVar

from krt.collection import Collection, Source
from krt.context import Context
from krt.delta import Change, Delta
from krt.derived import Derived, Merge
from krt.errors import DuplicateNameError, TransformError, WriteError

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


@dataclass(frozen=True, slots=True)
class Commit:
    """What one transaction did to the collections that a subscriber asked for."""

    epoch: int
    deltas: Mapping[str, Delta[Any, Any]]
    """Net changes by name of the collection; those without a change are not there."""


class Subscription:
    """The right to be called; ends with `close`."""

    def __init__(
        self, graph: Graph, on_commit: Callable[[Commit], None], collections: tuple[Collection[Any, Any], ...]
    ) -> None:
        self._graph = graph
        self._on_commit = on_commit
        self._collections = collections

    def close(self) -> None:
        """No more calls. Closing twice is allowed."""
        self._graph._subscriptions.pop(self, None)


class Graph:
    """Owns collections and keeps them consistent. Synchronous, without I/O; owned by one thread.

    `on_failure="raise"` makes a transaction raise TransformError, after it has committed, if a
    transform failed: for tests.
    """

    def __init__(self, *, on_failure: Literal["contain", "raise"] = "contain") -> None:
        self.epoch = 0
        """Counts the transactions that changed something."""
        self.collections: dict[str, Collection[Any, Any]] = {}
        self._on_failure = on_failure
        self._running: Derived[Any, Any] | None = None
        self._depth = 0
        self._notifying = False
        self._queue: list[int] = []  # ranks, a heap
        self._queued: set[int] = set()
        self._by_rank: list[Collection[Any, Any]] = []
        self._written: dict[Source[Any, Any], None] = {}
        self._flushed: list[Collection[Any, Any]] = []
        self._newly_synced: list[Collection[Any, Any]] = []
        self._new_failures: list[tuple[Derived[Any, Any], Any, Exception]] = []
        self._subscriptions: dict[Subscription, None] = {}

    # -- building ----------------------------------------------------------------------------------

    def source(self, name: str, initial: Mapping[K, V] | None = None) -> Source[K, V]:
        """A new source. With *initial*, even an empty mapping, it is complete from the start."""
        source: Source[K, V] = Source(self, name)
        if initial is not None:
            source.replace(initial)
        return source

    def merge(self, *collections: Collection[K, V], name: str) -> Collection[K, V]:
        """All entries of several collections; of equal keys, the one of the collection that is named first."""
        return Merge(collections, name)

    def singleton(self, fn: Callable[[Context], V | None], *, name: str) -> Collection[str, V]:
        """A collection of at most one value, under the key "", made from what *fn* reads."""
        unit = self.source(f"{name}.unit", {"": True})
        return unit.map(lambda ctx, _: fn(ctx), name=name)

    # -- writing -----------------------------------------------------------------------------------

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Makes the writes within one atomic change: one settle at the end, or no trace if the body raises.

        Transactions nest; the outermost one settles.
        """
        if self._running is not None:
            raise WriteError(f"transform of {self._running.name!r} wrote to the graph: a transform may only read")
        if self._notifying:
            raise WriteError("a subscriber wrote to the graph: write after the callback, in a transaction of its own")
        self._depth += 1
        try:
            yield
        except BaseException:
            if self._depth == 1:
                self._abort()
            raise
        else:
            if self._depth == 1:
                self._settle()
        finally:
            self._depth -= 1

    def subscribe(
        self, on_commit: Callable[[Commit], None], *collections: Collection[Any, Any], replay: bool = True
    ) -> Subscription:
        """Calls *on_commit* after each transaction, once, with the net changes of all *collections*.

        It is called for every transaction that changed anything in the graph, so that the epoch is
        known, even when none of *collections* changed. With *replay* it is called at once with all
        that is there now.
        """
        subscription = Subscription(self, on_commit, collections)
        if replay:
            everything = {c.name: {key: Change(None, value) for key, value in c._values.items()} for c in collections}
            on_commit(Commit(self.epoch, {name: Delta(name, all_) for name, all_ in everything.items() if all_}))
        self._subscriptions[subscription] = None
        return subscription

    # -- for this package --------------------------------------------------------------------------

    def _register(self, collection: Collection[Any, Any]) -> int:
        if collection.name in self.collections:
            raise DuplicateNameError(f"the graph has a collection {collection.name!r} already: choose another name")
        if self._depth or self._running is not None:
            raise WriteError(f"collection {collection.name!r} was created in a transaction: create it before")
        self.collections[collection.name] = collection
        self._by_rank.append(collection)
        return len(self._by_rank) - 1

    def _adopt(self, node: Derived[Any, Any]) -> None:
        """Settles a new collection with what its parents hold."""
        with self.transaction():
            self._enqueue(node)

    def _touch(self, source: Source[Any, Any]) -> None:
        self._written[source] = None

    def _enqueue(self, node: Collection[Any, Any]) -> None:
        if node.rank not in self._queued:
            self._queued.add(node.rank)
            heapq.heappush(self._queue, node.rank)

    def _failed(self, node: Derived[Any, Any], key: Any, error: Exception) -> None:
        self._new_failures.append((node, key, error))

    def _abort(self) -> None:
        for source in self._written:
            source._undo()
        self._written.clear()

    def _settle(self) -> None:
        for source in self._written:
            self._enqueue(source)
        self._written.clear()
        while self._queue:
            rank = heapq.heappop(self._queue)
            self._queued.discard(rank)
            node = self._by_rank[rank]
            node._flush()
            self._flushed.append(node)
        flushed, self._flushed = self._flushed, []
        synced, self._newly_synced = self._newly_synced, []
        if synced or any(node._before for node in flushed):
            self.epoch += 1
            self._notify(flushed)
        failures, self._new_failures = self._new_failures, []
        if failures and self._on_failure == "raise":
            node, key, error = failures[0]
            raise TransformError(f"transform of {node.name!r} failed for {key!r}: {error!r}") from error

    def _notify(self, flushed: list[Collection[Any, Any]]) -> None:
        wanted = {c for s in self._subscriptions for c in s._collections}
        deltas = {node: Delta(node.name, net) for node in flushed if node in wanted and (net := node._net())}
        for node in flushed:
            node._before = {}
        self._notifying = True
        try:
            for subscription in tuple(self._subscriptions):
                if subscription in self._subscriptions:
                    mine = {c.name: deltas[c] for c in subscription._collections if c in deltas}
                    subscription._on_commit(Commit(self.epoch, mine))
        finally:
            self._notifying = False
