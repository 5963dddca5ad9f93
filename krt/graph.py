"""The graph: it makes collections of every kind, and takes transactions and subscribers."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from typing import Any, overload

from krt.collection import AbstractGraph, Collection, Context, Index, OnConflict
from krt.delta import Commit
from krt.errors import RankError
from krt.failures import OnFailure
from krt.flat_map import FlatMap
from krt.group import Group
from krt.merge import Combine, Flatten, Merge
from krt.scheduler import GAP
from krt.source import Source
from krt.subscription import Subscription
from krt.transform import Map, Singleton
from krt.type_variables import A, J, K, V, W
from krt.view import View


class Graph(AbstractGraph):
    """Owns collections and keeps them consistent. Synchronous, without I/O; owned by one thread.

    *on_failure* says what else is done about failures, once the graph has settled and everybody has been called:
    with "contain", those of transforms only show in `failures`, and a subscriber's is raised from the transaction
    as a SubscriberError; with "raise", for tests, both are raised; a function is called with each.

    *clock* gives seconds; with it, each collection counts how long it takes.
    """

    def __init__(self, *, on_failure: OnFailure = "contain", clock: Callable[[], float] | None = None) -> None:
        super().__init__(on_failure, clock)

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
        if collection.closed or collection.rank % GAP:
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

    # -- for this package: the kinds that a collection or an index derives ------------------------------

    def _map(self, parent: Collection[K, V], fn: Callable[[Context, V], W | None], name: str) -> Collection[K, W]:
        return Map(parent, fn, name)

    def _flat_map(
        self,
        parent: Collection[Any, V],
        fn: Callable[[Context, V], Mapping[J, W]],
        name: str,
        on_conflict: OnConflict[W],
    ) -> Collection[J, W]:
        return FlatMap(parent, fn, name, on_conflict)

    def _group(self, index: Index[A, Any, V], name: str) -> Collection[A, tuple[V, ...]]:
        return Group(index, name)
