"""Collections, their indexes, and the context of a transform: what one derives from, looks up and reads.

They are in one module because their methods name each other. How they are kept up to date is in `keyed_node`,
`buckets` and `read_tracker`; the kinds of collections are in modules of their own, and the graph makes them.
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
"""What to do about an output key that several inputs make; see `Collection.flat_map`."""


class Collection(KeyedNode[K, V_co], Mapping[K, V_co]):
    """A keyed set of immutable values that the graph keeps up to date.

    Reads like a Mapping, outside transforms. A value is never None: None means that there is none.
    Iteration is in the order in which keys were first added; sort what must not depend on history.
    """

    kind: ClassVar[str] = "collection"
    graph: AbstractGraph
    """The `Graph` that it belongs to."""
    _indexes: dict[str, Index[Any, K, V_co]]

    def __init__(self, graph: AbstractGraph, name: str) -> None:
        graph._check_new(name)
        super().__init__(graph, name)
        graph.collections[name] = self

    # -- reading -----------------------------------------------------------------------------------

    def __getitem__(self, key: K) -> V_co:
        self._forbid_untracked()
        return self._values[key]

    def __iter__(self) -> Iterator[K]:
        self._forbid_untracked()
        return iter(self._values)

    def __len__(self) -> int:
        self._forbid_untracked()
        return len(self._values)

    def __contains__(self, key: object) -> bool:
        self._forbid_untracked()
        return key in self._values

    def __repr__(self) -> str:
        state = "closed" if self.closed else "synced" if self.synced else "not synced"
        return f"<{self.kind} {self.name!r}, {len(self._values)} keys, {state}>"

    __hash__ = object.__hash__
    __eq__ = object.__eq__

    @property
    def failures(self) -> Mapping[Any, Failure]:
        """Input keys whose transform failed, with the reason; their last good output is still here."""
        return {}

    # -- deriving ----------------------------------------------------------------------------------

    def map(self, fn: Callable[[Context, V_co], W | None], *, name: str) -> Collection[K, W]:
        """A collection with the same keys and, for each, what *fn* returns; None leaves the key out.

        *fn* must be a pure function of the value and of what it reads through its context.
        """
        return self.graph._map(self, fn, name)

    def flat_map(
        self, fn: Callable[[Context, V_co], Mapping[J, W]], *, name: str, on_conflict: OnConflict[W] = "fail"
    ) -> Collection[J, W]:
        """A collection of all entries that *fn* returns, for all values; an entry of None is left out.

        If several inputs make one key, the input whose own key sorts first has it, whatever came first; so
        equal sources give equal outputs on every replica. With "fail", the others show in `failures` as a
        DuplicateKeyError that names both, as to this key; with "first", they give way in silence. A function
        gets the values of all, in the order of the inputs' keys, and makes one of them, or None.
        """
        return self.graph._flat_map(self, fn, name, on_conflict)

    def index(self, by: Callable[[V_co], Iterable[A]], *, name: str) -> Index[A, K, V_co]:
        """A secondary index: the values for which *by* yields a given index value.

        Asked again for the same name and the very same function, it is the same index.
        """
        if self.closed:
            raise ClosedError(f"{self.name!r} is closed: it cannot be indexed")
        index = self._indexes.get(name)
        if index is None:
            index = self._indexes[name] = Index(self, by, name)
        elif index._by is not by:
            raise DuplicateNameError(f"collection {self.name!r} has an index {name!r} already: choose another name")
        return index

    def subscribe(self, on_delta: Callable[[Delta[K, V_co]], None], *, replay: bool = True) -> Subscription:
        """Calls *on_delta* after each transaction that changed this collection, with the net change.

        With *replay* it is first called, at once, with all that is there now, if anything is.
        """
        return self.graph._subscribe(lambda commit: on_delta(commit.deltas[self.name]), (self,), replay=replay)

    def close(self) -> None:
        """Takes this collection, and those derived from it, out of the graph. Closing twice is allowed.

        It stays readable as it is, its name is free again, nothing upstream remembers it, and nobody is
        called any more. Transforms of others that read it keep their outputs; to read it again is a ClosedError.
        """
        if self.closed:
            return
        self.graph._forbid_in_transaction(f"collection {self.name!r} was closed")
        for child in tuple(self._children):
            child._input_closed(self)
        self._detach()
        for subscription in tuple(self._subscriptions):
            subscription._drop(self)
        self.graph._forget(self)
        self.closed = True
        self.rank = sys.maxsize  # so that one comparison refuses both later and closed collections
        self._readers.clear()
        self._children.clear()


class Index(Buckets[A, K, V]):
    """The values of a collection by what a function yields for each: any number of index values per value.

    Kept up to date at the cost of the change. Inside transforms it is read through the context. Several
    values come in the order of their keys, so that what is made of them does not depend on history.
    """

    def __init__(self, collection: Collection[K, V], by: Callable[[V], Iterable[A]], name: str) -> None:
        super().__init__(collection.graph, collection.name, collection._values, by, name)
        self.collection = collection

    def __repr__(self) -> str:
        return f"<Index {self.name!r} of {self.collection.name!r}, {len(self._buckets)} index values>"

    def lookup(self, at: A) -> tuple[V, ...]:
        """The values at an index value, in the order of their keys. Outside transforms only."""
        self.collection._forbid_untracked()
        return self._read(at)

    def group(self, *, name: str) -> Collection[A, tuple[V, ...]]:
        """The index as a collection: for each index value, the tuple of its values, in the order of their keys."""
        return self.collection.graph._group(self, name)

    @property
    def failures(self) -> Mapping[K, Failure]:
        """Keys of values that the index function failed for; each is filed where its last good value was, if anywhere."""
        return MappingProxyType(self._failures)


class Context(ReadTracker):
    """Given to a transform for the time of one run.

    A read of what is not known does not return: the run ends, its input key is parked, and it is run again when
    that is known. Not known is a collection that has not synced; and of one that has, a key without a value that is
    parked itself, and several values, of which a parked key may make one more. Unknown is never read as absent.

    Several values come in the order of their keys. With *select*, a read gives what that function makes
    of each value, and a change that leaves this equal wakes nobody.
    """

    __slots__ = ()

    @overload
    def get(self, of: Collection[K, V], key: K) -> V | None: ...
    @overload
    def get(self, of: Collection[K, V], key: K, *, select: Callable[[V], W]) -> W | None: ...
    def get(self, of: Collection[K, V], key: K, *, select: Callable[[V], Any] | None = None) -> Any:
        """The value under a key, or None. Wakes on changes of that key."""
        self._admit(of, key)
        value = of._values.get(key)
        if select is None:
            self._reads.append((of, key, None))
            return value
        return self._project(of, key, lambda: None if (now := of._values.get(key)) is None else select(now))

    @overload
    def lookup(self, index: Index[A, K, V], at: A) -> tuple[V, ...]: ...
    @overload
    def lookup(self, index: Index[A, K, V], at: A, *, select: Callable[[V], W]) -> tuple[W, ...]: ...
    def lookup(self, index: Index[A, K, V], at: A, *, select: Callable[[V], Any] | None = None) -> tuple[Any, ...]:
        """The values at an index value. Wakes on changes of those values only."""
        self._admit(index.collection)
        values = index._read(at)
        if select is None:
            self._reads.append((index, at, None))
            return values
        selected: tuple[Any, ...] = self._project(index, at, lambda: tuple(map(select, index._read(at))))
        return selected

    def lookup_all(self, index: Index[A, K, V], places: Iterable[A]) -> tuple[V, ...]:
        """The values filed at every one of *places*: such as objects that have all of some labels.

        Without places, all values. Costs the fewest values at one of the places, and wakes on changes of those.
        """
        self._admit(index.collection)
        places = dict.fromkeys(places)
        if not places:
            return self.fetch(index.collection)
        smallest, values = index._all(places)
        self._reads.append((index, smallest, None))
        return values

    def lookup_within(self, index: Index[A, K, V], places: Iterable[A]) -> tuple[V, ...]:
        """The values filed at some of *places* and nowhere else: such as selectors that some labels satisfy.

        What is filed nowhere, as an empty selector is, is not among them. Costs the values at these places.
        """
        self._admit(index.collection)
        places = tuple(places)
        values = index._within(places)
        self._reads.extend((index, at, None) for at in places)
        return values

    @overload
    def fetch(self, of: Collection[K, V]) -> tuple[V, ...]: ...
    @overload
    def fetch(self, of: Collection[K, V], *, select: Callable[[V], W]) -> tuple[W, ...]: ...
    def fetch(self, of: Collection[K, V], *, select: Callable[[V], Any] | None = None) -> tuple[Any, ...]:
        """All values of a collection. Wakes on every change of it."""
        self._admit(of)
        if select is None:
            self._reads.append((of, ALL, None))
            return of._all()
        selected: tuple[Any, ...] = self._project(of, ALL, lambda: tuple(map(select, of._all())))
        return selected


class AbstractGraph(Engine, ABC):
    """The graph as its collections know it: the engine, their names, and a way to each kind that is derived."""

    def __init__(self, on_failure: OnFailure, clock: Callable[[], float] | None) -> None:
        super().__init__(on_failure, clock)
        self.collections: dict[str, Collection[Any, Any]] = {}

    def _check_new(self, name: str) -> None:
        """Refuses a collection whose name is taken, or that is created where that is not allowed."""
        if name in self.collections:
            raise DuplicateNameError(f"the graph has a collection {name!r} already: choose another name")
        self._forbid_in_transaction(f"collection {name!r} was created")

    def _forget(self, collection: Collection[Any, Any]) -> None:
        self.collections.pop(collection.name, None)
        self._by_rank.pop(collection.rank, None)

    @abstractmethod
    def _map(self, parent: Collection[K, V], fn: Callable[[Context, V], W | None], name: str) -> Collection[K, W]:
        """`Collection.map`."""

    @abstractmethod
    def _flat_map(
        self,
        parent: Collection[Any, V],
        fn: Callable[[Context, V], Mapping[J, W]],
        name: str,
        on_conflict: OnConflict[W],
    ) -> Collection[J, W]:
        """`Collection.flat_map`."""

    @abstractmethod
    def _group(self, index: Index[A, Any, V], name: str) -> Collection[A, tuple[V, ...]]:
        """`Index.group`."""
