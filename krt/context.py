"""The context of a transform: reads that are remembered, so that a change of what was read runs it again."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, NoReturn, overload

from krt.errors import ClosedError, ContextExpiredError, Parked, RankError
from krt.reads import ALL, Projection, Read
from krt.type_variables import A, K, V, W

if TYPE_CHECKING:
    from krt.collection import Collection
    from krt.derived import Derived
    from krt.index import Index


class Context:
    """Given to a transform for the time of one run.

    A read of what is not known does not return: the run ends, its input key is parked, and it is run again when
    that is known. Not known is a collection that has not synced; and of one that has, a key without a value that is
    parked itself, and several values, of which a parked key may make one more. Unknown is never read as absent.

    Several values come in the order of their keys. With *select*, a read gives what that function makes
    of each value, and a change that leaves this equal wakes nobody.
    """

    __slots__ = ("_awaited", "_awaited_at", "_node", "_reads", "key")

    def __init__(self, node: Derived[Any, Any]) -> None:
        self._node = node
        self._reads: list[Read] = []
        self._awaited: Collection[Any, Any] | None = None
        self._awaited_at: Any = None
        self.key: Any = None
        """The input key of this run."""

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

    def _project(self, of: Collection[Any, Any] | Index[Any, Any, Any], at: Any, read: Callable[[], Any]) -> Any:
        # Should the projection fail, a change of what it failed on must run the transform again.
        self._reads.append((of, at, None))
        projection = Projection(read)
        self._reads[-1] = (of, at, projection)
        return projection.was

    def _admit(self, of: Collection[Any, Any], at: Any = ALL) -> None:
        if of.graph._running is not self._node or of.rank >= self._node.rank:
            self._refuse(of)
        if not of.synced or (of._doubtful and not of._knows(at)):
            self._awaited, self._awaited_at = of, at
            raise Parked

    def _refuse(self, of: Collection[Any, Any]) -> NoReturn:
        reader = self._node
        if of.graph is not reader.graph:
            raise RankError(
                f"transform of {reader.name!r} read {of.name!r} of another graph: a transform may read its own "
                f"graph only; subscribe to {of.name!r} and write what it needs to a source"
            )
        if of.graph._running is not reader:
            raise ContextExpiredError(
                f"a context of {reader.name!r} was used outside its run to read {of.name!r}: "
                f"a context is good for one run; read what is needed within the transform"
            )
        if of.closed:
            raise ClosedError(
                f"transform of {reader.name!r} read {of.name!r}, which is closed: do not read it any more"
            )
        raise RankError(
            f"transform of {reader.name!r} read {of.name!r}: a transform may read only collections created "
            f"before its own; create {of.name!r} before {reader.name!r}"
        )
