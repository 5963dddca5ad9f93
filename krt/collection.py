"""Collections, indexes and the context of a transform: the interface of everything that a transform reads.

They share a module because their signatures name each other. Their mechanics are in `keyed_node`, `buckets` and
`read_tracker`. Each kind of derived collection has a module of its own; a collection asks its graph to create one.
"""

from __future__ import annotations

import sys
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any, ClassVar, Literal, overload

from krt.buckets import Buckets
from krt.delta import Delta
from krt.engine import Engine
from krt.errors import ClosedError, DuplicateNameError
from krt.failures import Failure, OnFailure
from krt.keyed_node import KeyedNode
from krt.read_tracker import ReadTracker
from krt.reads import ALL
from krt.subscription import Subscription
from krt.type_variables import A, J, K, V, V_co, W

OnConflict = Literal["fail", "first"] | Callable[[Sequence[V]], V | None]
"""What happens when several inputs return the same output key; see `Collection.flat_map`."""


class Collection(KeyedNode[K, V_co], Mapping[K, V_co]):
    """A keyed set of immutable values that the graph keeps up to date.

    Outside transforms it reads like a Mapping. Values are never None: None means absent.
    Iteration is in the order in which keys were added; sort where the result must not depend on history.
    """

    kind: ClassVar[str] = "collection"
    graph: AbstractGraph
    """The `Graph` that owns it."""
    _indexes: dict[str, Index[Any, K, V_co]]

    def __init__(self, graph: AbstractGraph, name: str) -> None:
        graph._check_new(name)
        super().__init__(graph, name)
        graph.collections[name] = self

    # -- reading -----------------------------------------------------------------------------------

    def __getitem__(self, key: K) -> V_co:
        self._refuse_untracked_read()
        return self._values[key]

    def __iter__(self) -> Iterator[K]:
        self._refuse_untracked_read()
        return iter(self._values)

    def __len__(self) -> int:
        self._refuse_untracked_read()
        return len(self._values)

    def __contains__(self, key: object) -> bool:
        self._refuse_untracked_read()
        return key in self._values

    def __repr__(self) -> str:
        state = "closed" if self.closed else "synced" if self.synced else "not synced"
        return f"<{self.kind} {self.name!r}, {len(self._values)} keys, {state}>"

    __hash__ = object.__hash__
    __eq__ = object.__eq__

    @property
    def failures(self) -> Mapping[Any, Failure]:
        """Input key -> why its transform failed. The collection still has its last good output."""
        return {}

    # -- deriving ----------------------------------------------------------------------------------

    def map(self, fn: Callable[[Context, V_co], W | None], *, name: str) -> Collection[K, W]:
        """A collection with the same keys, each with the value that *fn* returns; None leaves the key out.

        *fn* must be a pure function of the value and of what it reads through its context.
        """
        return self.graph._map(self, fn, name)

    def flat_map(
        self, fn: Callable[[Context, V_co], Mapping[J, W]], *, name: str, on_conflict: OnConflict[W] = "fail"
    ) -> Collection[J, W]:
        """A collection of all entries that *fn* returns, for all values. Entries with the value None are left out.

        If several inputs return the same output key, the input whose own key sorts first provides the value,
        whichever came first; so equal sources give equal outputs on every replica. With *on_conflict* "fail",
        `failures` has a DuplicateKeyError for each of the other inputs; with "first", the others are ignored.
        A function gets the values of all of these inputs, in the order of their keys, and returns one value or None.
        """
        return self.graph._flat_map(self, fn, name, on_conflict)

    def index(self, by: Callable[[V_co], Iterable[A]], *, name: str) -> Index[A, K, V_co]:
        """A secondary index: for each index value, the values for which *by* yields it.

        A second call with the same name and the same function returns the same index.
        """
        if self.closed:
            raise ClosedError(f"{self.name!r} is closed: index an open collection")
        index = self._indexes.get(name)
        if index is None:
            index = self._indexes[name] = Index(self, by, name)
        elif index._index_function is not by:
            raise DuplicateNameError(f"collection {self.name!r} has an index {name!r} already: choose another name")
        return index

    def subscribe(self, on_delta: Callable[[Delta[K, V_co]], None], *, replay: bool = True) -> Subscription:
        """Calls *on_delta* with the net changes after each transaction that changed this collection.

        With *replay*, it is first called at once with the present contents, unless there are none.
        """
        return self.graph._subscribe(lambda commit: on_delta(commit.deltas[self.name]), (self,), replay=replay)

    def close(self) -> None:
        """Removes this collection, and those derived from it, from the graph. Closing twice is allowed.

        It stays readable as it is, and its name is free again. Its subscribers are not called any more. A
        transform of another collection that read it keeps its output, and fails with a ClosedError when it
        reads it again.
        """
        if self.closed:
            return
        self.graph._forbid_in_transaction(f"collection {self.name!r} was closed")
        for child in tuple(self._children):
            child._input_closed(self)
        self._detach()
        for subscription in tuple(self._subscriptions):
            subscription._remove_collection(self)
        self.graph._forget(self)
        self.closed = True
        self.rank = sys.maxsize  # one comparison then refuses later and closed collections
        self._readers.clear()
        self._children.clear()


class Index(Buckets[A, K, V]):
    """The values of a collection by index value. A function yields any number of index values for each value.

    Transforms read it through their context. Values are in the order of their keys, so that a result does not
    depend on history. An update costs what the change touches.
    """

    def __init__(self, collection: Collection[K, V], by: Callable[[V], Iterable[A]], name: str) -> None:
        super().__init__(collection.graph, collection.name, collection._values, by, name)
        self.collection = collection

    def __repr__(self) -> str:
        return f"<Index {self.name!r} of {self.collection.name!r}, {len(self._buckets)} index values>"

    def lookup(self, at: A) -> tuple[V, ...]:
        """The values at an index value, in the order of their keys. Only outside transforms."""
        self.collection._refuse_untracked_read()
        return self._values_at(at)

    def group(self, *, name: str) -> Collection[A, tuple[V, ...]]:
        """A collection that has, for each index value, the tuple of its values in the order of their keys."""
        return self.collection.graph._group(self, name)

    @property
    def failures(self) -> Mapping[K, Failure]:
        """Key -> why the index function failed for its value. The places of the last good value stay."""
        return MappingProxyType(self._failures)


class Context(ReadTracker):
    """What a transform reads through. It is valid for one run.

    A read of something unknown does not return: the run ends, its input key is parked, and the transform runs
    again when that is known. So unknown is never read as absent. Unknown is a collection that has not synced; and
    of a synced one, a key that is parked and has no value yet, and the result of a read of several values to which
    a parked key may add one.

    Several values are in the order of their keys. With *select*, a read returns the result of that function for
    each value, and a change that leaves the results equal does not run the transform again.
    """

    __slots__ = ()

    @overload
    def get(self, of: Collection[K, V], key: K) -> V | None: ...
    @overload
    def get(self, of: Collection[K, V], key: K, *, select: Callable[[V], W]) -> W | None: ...
    def get(self, of: Collection[K, V], key: K, *, select: Callable[[V], Any] | None = None) -> Any:
        """The value of a key, or None. A change of that key runs the transform again."""
        self._require_known(of, key)
        value = of._values.get(key)
        if select is None:
            self._reads.append((of, key, None))
            return value
        return self._read_projection(of, key, lambda: None if (now := of._values.get(key)) is None else select(now))

    @overload
    def lookup(self, index: Index[A, K, V], at: A) -> tuple[V, ...]: ...
    @overload
    def lookup(self, index: Index[A, K, V], at: A, *, select: Callable[[V], W]) -> tuple[W, ...]: ...
    def lookup(self, index: Index[A, K, V], at: A, *, select: Callable[[V], Any] | None = None) -> tuple[Any, ...]:
        """The values at an index value. Only a change of these values runs the transform again."""
        self._require_known(index.collection)
        values = index._values_at(at)
        if select is None:
            self._reads.append((index, at, None))
            return values
        selected: tuple[Any, ...] = self._read_projection(index, at, lambda: tuple(map(select, index._values_at(at))))
        return selected

    def lookup_all(self, index: Index[A, K, V], places: Iterable[A]) -> tuple[V, ...]:
        """The values at every one of these index values, such as the objects that have all of some labels.

        If *places* is empty, all values. The cost is the number of values at the index value that has the fewest,
        and only changes there run the transform again.
        """
        self._require_known(index.collection)
        places = dict.fromkeys(places)
        if not places:
            return self.fetch(index.collection)
        smallest, values = index._values_at_every(places)
        self._reads.append((index, smallest, None))
        return values

    def lookup_within(self, index: Index[A, K, V], places: Iterable[A]) -> tuple[V, ...]:
        """The values that are filed at some of these index values and no others, such as selectors that match labels.

        A value that is filed nowhere, such as an empty selector, is not among them. The cost is the number of
        values at *places*.
        """
        self._require_known(index.collection)
        places = tuple(places)
        values = index._values_within(places)
        self._reads.extend((index, at, None) for at in places)
        return values

    @overload
    def fetch(self, of: Collection[K, V]) -> tuple[V, ...]: ...
    @overload
    def fetch(self, of: Collection[K, V], *, select: Callable[[V], W]) -> tuple[W, ...]: ...
    def fetch(self, of: Collection[K, V], *, select: Callable[[V], Any] | None = None) -> tuple[Any, ...]:
        """All values of a collection. Every change of it runs the transform again."""
        self._require_known(of)
        if select is None:
            self._reads.append((of, ALL, None))
            return of._sorted_values()
        selected: tuple[Any, ...] = self._read_projection(of, ALL, lambda: tuple(map(select, of._sorted_values())))
        return selected


class AbstractGraph(Engine, ABC):
    """The graph as collections know it: an engine that also keeps their names and creates derived collections."""

    def __init__(self, on_failure: OnFailure, clock: Callable[[], float] | None) -> None:
        super().__init__(on_failure, clock)
        self.collections: dict[str, Collection[Any, Any]] = {}

    def _check_new(self, name: str) -> None:
        """Raises if the name is taken, or if a collection may not be created now."""
        if name in self.collections:
            raise DuplicateNameError(f"the graph has a collection {name!r} already: choose another name")
        self._forbid_in_transaction(f"collection {name!r} was created")

    def _forget(self, collection: Collection[Any, Any]) -> None:
        self.collections.pop(collection.name, None)
        self._by_rank.pop(collection.rank, None)

    @abstractmethod
    def _map(self, parent: Collection[K, V], fn: Callable[[Context, V], W | None], name: str) -> Collection[K, W]:
        """Creates the collection that `Collection.map` returns."""

    @abstractmethod
    def _flat_map(
        self,
        parent: Collection[Any, V],
        fn: Callable[[Context, V], Mapping[J, W]],
        name: str,
        on_conflict: OnConflict[W],
    ) -> Collection[J, W]:
        """Creates the collection that `Collection.flat_map` returns."""

    @abstractmethod
    def _group(self, index: Index[A, Any, V], name: str) -> Collection[A, tuple[V, ...]]:
        """Creates the collection that `Index.group` returns."""
