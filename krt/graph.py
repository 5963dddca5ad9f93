"""The graph: creates collections of all kinds, and takes transactions and subscribers."""

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
    """Owns collections and keeps them consistent. Synchronous, without I/O, for use by one thread.

    *on_failure* says how failures are reported, when the graph has settled and all subscribers were called. With
    "contain", failures of transforms are only in `failures`, and the transaction raises a failure of a subscriber as
    a SubscriberError. With "raise", which is for tests, it raises both kinds. A function is called with each failure,
    and the transaction raises none.

    *clock* returns seconds. With a clock, each collection counts the time that it takes.
    """

    def __init__(self, *, on_failure: OnFailure = "contain", clock: Callable[[], float] | None = None) -> None:
        super().__init__(on_failure, clock)

    # -- building ----------------------------------------------------------------------------------

    def source(self, name: str, initial: Mapping[K, V] | None = None) -> Source[K, V]:
        """Creates a source. With *initial*, even an empty mapping, it is synced from the start."""
        source: Source[K, V] = Source(self, name)
        if initial is not None:
            try:
                source._set_initial(initial)
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
        """Creates a collection of all entries of *collections*. The first of them that has a key provides its value.

        With *combine*, that function gets all values of a key, at least one, in the order of the collections, and
        returns one value; None leaves the key out.
        """
        if not collections:
            raise TypeError(f"merge {name!r} has no collections: pass at least one")
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
        """Creates a merge of collections that come and go: the values of *members*, in the order of their keys.

        Otherwise it is like `merge`. Replacing a member is one change; entries that both members have stay in
        between. Create later members within `before`. The collection becomes synced when *members* and the members
        in it at that time are synced. A later member that is not synced does not change that.
        """
        return Flatten(members, name, combine)

    def singleton(self, fn: Callable[[Context], V | None], *, name: str) -> Singleton[V]:
        """Creates a collection of at most one value, which *fn* makes of what it reads. Its key is ""."""
        unit = self.source(f"{name}.unit", {"": True})
        try:
            return Singleton(unit, fn, name)
        except BaseException:
            unit.close()
            raise

    @contextmanager
    def before(self, collection: Collection[Any, Any]) -> Iterator[None]:
        """Collections that are created within this block rank just before *collection*, so that it may read them."""
        if collection.closed or collection.rank % GAP:
            raise RankError(
                f"{collection.name!r} is closed, or was itself created in a `graph.before` block: "
                f"create the new collections in that same block"
            )
        outer, self._created_before = self._created_before, collection
        try:
            yield
        finally:
            self._created_before = outer

    # -- writing -----------------------------------------------------------------------------------

    def transaction(self) -> AbstractContextManager[None]:
        """Makes the writes in this block one atomic change. If the block raises, it undoes them.

        Transactions nest: the outermost one settles, and an inner one that raises undoes only its own writes. The
        writes of a subscriber become the next transaction, when all subscribers were called. Never await within
        a transaction.
        """
        return self._transaction

    def subscribe(
        self, on_commit: Callable[[Commit], None], *collections: Collection[Any, Any], replay: bool = True
    ) -> Subscription:
        """Calls *on_commit* once after each transaction, with the net changes of *collections*.

        It is called for every transaction that changed anything in the graph, even if none of *collections*
        changed, so that the subscriber knows the epoch. With *replay*, it is first called at once with the present
        contents.
        """
        return self._subscribe(on_commit, collections, replay=replay, every_commit=True)

    # -- reading -----------------------------------------------------------------------------------

    def view(self, *collections: Collection[Any, Any]) -> View:
        """The present contents of *collections*, by default of all. They do not change while the view is held.

        A view is free to take. While it is held, the graph keeps the old value of each key that changes.
        """
        self._forbid_in_transaction("a view was taken")
        return View(self.epoch, collections or tuple(self.collections.values()))

    # -- for this package --------------------------------------------------------------------------

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
