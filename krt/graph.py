"""The graph: transactions, and the settle that brings every collection up to date, once, in rank order."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from typing import TYPE_CHECKING, Any, Literal, overload

from krt.collection import Collection
from krt.context import Context
from krt.delta import Change, Commit, Delta, let_go_of_stack
from krt.derived import Derived, Singleton
from krt.errors import ClosedError, DuplicateNameError, KrtError, RankError, TransformError, WriteError
from krt.merge import Combine, Flatten, Merge
from krt.source import Source
from krt.subscription import Delivery, Subscription
from krt.transaction import Transaction
from krt.type_variables import K, V, W
from krt.view import View

if TYPE_CHECKING:
    from krt.recorder import Recorder

OnFailure = Literal["contain", "raise"] | Callable[[KrtError], None]

_GAP = 1 << 32
"""Between the ranks of two collections: room for those that are created later, `before` the second."""


class Graph:
    """Owns collections and keeps them consistent. Synchronous, without I/O; owned by one thread.

    *on_failure* says what else is done about failures, once the graph has settled and everybody has been called:
    with "contain", those of transforms only show in `failures`, and a subscriber's is raised from the transaction
    as a SubscriberError; with "raise", for tests, both are raised; a function is called with each.

    *clock* gives seconds; with it, each collection counts how long it takes.
    """

    def __init__(self, *, on_failure: OnFailure = "contain", clock: Callable[[], float] | None = None) -> None:
        self.epoch = 0
        """Counts the transactions that changed something."""
        self.collections: dict[str, Collection[Any, Any]] = {}
        self._on_failure = on_failure
        self._clock = clock
        self._by_rank: dict[int, Collection[Any, Any]] = {}
        self._last_rank = 0
        self._last_within_gap: dict[int, int] = {}  # rank of a collection -> last rank given in the gap before it
        self._gap_of: Collection[Any, Any] | None = None
        self._running: Collection[Any, Any] | None = None  # whose flush is under way
        self._transaction = Transaction(self)
        self._queue: list[int] = []  # ranks, a heap
        self._newly_synced: list[Collection[Any, Any]] = []
        self._every_commit: dict[Subscription, None] = {}
        self._orders = 0
        self._delivery = Delivery(self)
        self._errors: list[KrtError] = []
        self._interruption: BaseException | None = None
        self._recorder: Recorder | None = None

    # -- building ----------------------------------------------------------------------------------

    def source(self, name: str, initial: Mapping[K, V] | None = None) -> Source[K, V]:
        """A new source. With *initial*, even an empty mapping, it is complete from the start."""
        source: Source[K, V] = Source(self, name)
        if initial is not None:
            try:
                source._fill(initial)
            except BaseException:
                source.close()
                raise
        return source

    @overload
    def merge(self, *collections: Collection[K, V], name: str) -> Collection[K, V]: ...
    @overload
    def merge(self, *collections: Collection[K, V], name: str, combine: Combine[V, W]) -> Collection[K, W]: ...
    def merge(
        self, *collections: Collection[K, Any], name: str, combine: Combine[Any, Any] | None = None
    ) -> Collection[K, Any]:
        """All entries of several collections; of equal keys, the one of the collection that is named first.

        With *combine*, all values of a key make one: it gets them in the order of the collections, at least
        one, and None as its result leaves the key out.
        """
        if not collections:
            raise TypeError(f"merge {name!r} is of no collections: name at least one")
        return Merge(collections, name, combine)

    @overload
    def flatten(self, members: Collection[Any, Collection[K, V]], *, name: str) -> Collection[K, V]: ...
    @overload
    def flatten(
        self, members: Collection[Any, Collection[K, V]], *, name: str, combine: Combine[V, W]
    ) -> Collection[K, W]: ...
    def flatten(
        self, members: Collection[Any, Collection[K, Any]], *, name: str, combine: Combine[Any, Any] | None = None
    ) -> Collection[K, Any]:
        """All entries of collections that come and go: the values of *members*, in the order of their keys.

        As `merge` otherwise. To exchange a member is one change, and what both have does not go in between.
        Members that are created later must be created within `before`. It is synced once *members* and those
        then in it are; a member that is not yet synced later on does not take that back.
        """
        return Flatten(members, name, combine)

    def singleton(self, fn: Callable[[Context], V | None], *, name: str) -> Singleton[V]:
        """A collection of at most one value, under the key "", made from what *fn* reads."""
        unit = self.source(f"{name}.unit", {"": True})
        try:
            return Singleton(unit, fn, name)
        except BaseException:
            unit.close()
            raise

    @contextmanager
    def before(self, collection: Collection[Any, Any]) -> Iterator[None]:
        """Collections created within rank just before *collection*, so that it may read them."""
        if collection.closed or collection.rank % _GAP:
            raise RankError(
                f"{collection.name!r} is closed or was itself created before another: "
                f"create what comes before it in the same `graph.before` block"
            )
        outer, self._gap_of = self._gap_of, collection
        try:
            yield
        finally:
            self._gap_of = outer

    # -- writing -----------------------------------------------------------------------------------

    def transaction(self) -> AbstractContextManager[None]:
        """Makes the writes within one atomic change: one settle at the end, or no trace if the body raises.

        Transactions nest: the outermost one settles, and an inner one that raises undoes its own writes. What a
        subscriber writes becomes the next transaction, after everybody has been called. Never await within one.
        """
        return self._transaction

    def subscribe(
        self, on_commit: Callable[[Commit], None], *collections: Collection[Any, Any], replay: bool = True
    ) -> Subscription:
        """Calls *on_commit* after each transaction, once, with the net changes of all *collections*.

        It is called for every transaction that changed anything in the graph, so that the epoch is
        known, even when none of *collections* changed. With *replay* it is called at once with all
        that is there now.
        """
        return self._subscribe(on_commit, collections, replay=replay, every_commit=True)

    # -- reading -----------------------------------------------------------------------------------

    def view(self, *collections: Collection[Any, Any]) -> View:
        """The collections (without arguments, all of them) as they are now, for as long as it is held.

        Costs nothing to make; while it is held, what changes costs its old value.
        """
        self._forbid_in_transaction("a view was taken")
        return View(self.epoch, collections or tuple(self.collections.values()))

    # -- for this package: collections ---------------------------------------------------------------

    def _register(self, collection: Collection[Any, Any]) -> int:
        if collection.name in self.collections:
            raise DuplicateNameError(f"the graph has a collection {collection.name!r} already: choose another name")
        self._forbid_in_transaction(f"collection {collection.name!r} was created")
        if self._gap_of is None:
            self._last_rank = rank = self._last_rank + _GAP
        else:
            end = self._gap_of.rank
            rank = self._last_within_gap[end] = self._last_within_gap.get(end, end - _GAP) + 1
        self.collections[collection.name] = collection
        self._by_rank[rank] = collection
        return rank

    def _forget(self, collection: Collection[Any, Any]) -> None:
        self.collections.pop(collection.name, None)
        self._by_rank.pop(collection.rank, None)

    def _adopt(self, node: Derived[Any, Any]) -> None:
        """Brings a new collection up to date. No transaction: the epoch stays, and nobody is called."""
        self._enqueue(node)
        errors = len(self._errors)
        changed = self._settle()
        if self._recorder is not None:
            self._recorder.committed(self.epoch, changed, tuple(one.name for one in self._newly_synced))
        for collection in changed:
            collection._end_transaction()
        self._newly_synced.clear()
        if self._on_failure == "raise" and len(self._errors) > errors:
            node.close()
        if self._delivery.caller is None:
            self._report()

    def _forbid_in_transaction(self, what: str) -> None:
        if self._running is not None:
            raise WriteError(f"{what} in a transform of {self._running.name!r}: a transform may only read")
        if self._transaction.depth:
            raise WriteError(f"{what} in a transaction: do it before or after")

    def _forbid_running(self) -> None:
        if self._running is not None:
            raise WriteError(f"transform of {self._running.name!r} wrote to the graph: a transform may only read")

    # -- for this package: transactions --------------------------------------------------------------

    def _commit(self) -> None:
        changed = self._settle()
        if not changed and not self._newly_synced:
            return
        self.epoch += 1
        synced: tuple[str, ...] = ()
        if self._newly_synced:
            synced = tuple([collection.name for collection in self._newly_synced])
            self._newly_synced = []
        if self._recorder is not None:
            self._recorder.committed(self.epoch, changed, synced)
        calls: dict[Subscription, dict[str, Delta[Any, Any]]] = {}
        for subscription in self._every_commit:
            calls[subscription] = {}
        for node in changed:
            if node._subscriptions:
                delta = node._delta()
                for subscription in node._subscriptions:
                    calls.setdefault(subscription, {})[node.name] = delta
            node._end_transaction()
        if calls:
            in_order = sorted(calls, key=_order_of) if len(calls) > 1 else calls
            self._delivery.call([(one, Commit(self.epoch, calls[one], synced)) for one in in_order])

    def _settle(self) -> list[Collection[Any, Any]]:
        """Flushes all that was written and all that this wakes, each once, in the order of rank. Returns what changed."""
        for source in self._transaction.written:
            self._enqueue(source)
        self._transaction.written.clear()
        changed: list[Collection[Any, Any]] = []
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

    def _enqueue(self, node: Collection[Any, Any]) -> None:
        if not node._queued:
            node._queued = True
            heapq.heappush(self._queue, node.rank)

    # -- for this package: subscribers and failures --------------------------------------------------

    def _subscribe(
        self,
        on_commit: Callable[[Commit], None],
        collections: tuple[Collection[Any, Any], ...],
        *,
        replay: bool,
        every_commit: bool = False,
    ) -> Subscription:
        self._forbid_running()
        for collection in collections:
            if collection.closed:
                raise ClosedError(f"collection {collection.name!r} is closed: it has no changes to subscribe to")
        subscription = Subscription(self, on_commit, collections)
        for collection in collections:
            collection._subscriptions[subscription] = None
        if every_commit:
            self._every_commit[subscription] = None
        if replay:
            self._replay(subscription, collections)
        return subscription

    def _replay(self, subscription: Subscription, collections: tuple[Collection[Any, Any], ...]) -> None:
        """Calls a new subscription with all that is there, as of the last transaction."""
        deltas = {
            collection.name: Delta(collection.name, {key: Change(None, value) for key, value in contents.items()})
            for collection in collections
            if (contents := collection._committed())
        }
        if not deltas and subscription not in self._every_commit:
            return
        errors = len(self._errors)
        self._delivery.call([(subscription, Commit(self.epoch, deltas))])
        if len(self._errors) > errors:
            subscription.close()
        if self._delivery.caller is None and not self._transaction.depth:
            self._delivery.drain()
            self._report()

    def _next_order(self) -> int:
        self._orders += 1
        return self._orders

    def _failed(self, what: str, key: Any, error: BaseException) -> None:
        if self._on_failure == "contain":
            let_go_of_stack(error)
            return
        report = TransformError(f"{what} failed for {key!r}: {error!r}")
        report.__cause__ = error
        self._errors.append(report)

    def _report(self) -> None:
        """Does about failures what `on_failure` says, now that the graph has settled and everybody was called."""
        if not self._errors and self._interruption is None:
            return
        errors, self._errors = self._errors, []
        interruption, self._interruption = self._interruption, None
        if interruption is not None:
            raise interruption
        if callable(self._on_failure):
            for error in errors:
                self._on_failure(error)
                let_go_of_stack(error)
        elif errors:
            for other in errors[1:]:
                errors[0].add_note(f"and: {other}")
            raise errors[0]


def _order_of(subscription: Subscription) -> int:
    return subscription.order
