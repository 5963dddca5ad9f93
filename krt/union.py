"""Collections of collections: a fixed merge, a merge of members that come and go, and the groups of an index."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from krt.collection import Collection
from krt.derived import Derived
from krt.errors import ClosedError, OutputTypeError, RankError
from krt.order import in_order
from krt.variables import A, K, V, W

if TYPE_CHECKING:
    from krt.index import Index

Combine = Callable[[Sequence[V]], W | None]
"""Makes one value of those that several collections have under one key, in the order of the collections."""


class Union(Derived[K, V]):
    """All entries of several collections; of equal keys, the first's, or what a function makes of all."""

    def __init__(self, parents: Sequence[Collection[Any, Any]], name: str, combine: Combine[Any, V] | None) -> None:
        super().__init__(parents, name)
        self._combine = combine

    def _members(self) -> Sequence[Collection[K, Any]]:
        return self._parents

    def _values_of(self, key: K) -> Iterator[Any]:
        for member in self._members():
            value = member._values.get(key)
            if value is not None:
                yield value

    def _recompute(self, dirty: Iterable[Any]) -> None:
        for key in dirty:
            if self._failures:
                self._failures.pop(key, None)
            try:
                if self._combine is None:
                    self._put(key, next(self._values_of(key), None))
                else:
                    values = tuple(self._values_of(key))
                    self._put(key, self._combine(values) if values else None)
            except Exception as error:  # noqa: BLE001 - law 8; the user's function, or the values' own equality
                self._fail(key, error)


class Merge(Union[K, V]):
    """`Graph.merge`: the members are given."""

    kind: ClassVar[str] = "merge"

    def __init__(self, parents: Sequence[Collection[K, Any]], name: str, combine: Combine[Any, V] | None) -> None:
        super().__init__(parents, name, combine)
        self._start()


class Flatten(Union[K, V]):
    """`Graph.flatten`: the members are the values of a collection, in the order of their keys there."""

    kind: ClassVar[str] = "flatten"

    def __init__(
        self, container: Collection[Any, Collection[K, Any]], name: str, combine: Combine[Any, V] | None
    ) -> None:
        super().__init__((container,), name, combine)
        self._container = container
        self._attached: dict[Any, Collection[K, Any]] = {}
        self._changed_members: dict[Any, None] = {}
        self._start()

    def _members(self) -> Sequence[Collection[K, Any]]:
        return tuple(self._attached.values())

    def _awaited(self) -> Iterable[Collection[Any, Any]]:
        return (*self._parents, *self._attached.values())

    def _input_changed(self, parent: Collection[Any, Any], keys: Iterable[Any]) -> None:
        if parent is self._container:
            self._changed_members.update(dict.fromkeys(keys))
            self.graph._enqueue(self)
        else:
            self._wake_all(keys, parent)

    def _input_closed(self, parent: Collection[Any, Any]) -> None:
        if parent is self._container:
            self.close()

    def _detach(self) -> None:
        super()._detach()
        for member in self._attached.values():
            member._children.pop(self, None)

    def _flush(self) -> None:
        if self._changed_members:
            names, self._changed_members = self._changed_members, {}
            for name in names:
                self._exchange(name, self._container._values.get(name))
            self._attached = {name: self._attached[name] for name in in_order(self._attached)}
        super()._flush()

    def _exchange(self, name: Any, member: Collection[K, Any] | None) -> None:
        """Puts one member in the place of another. Keys that both have are compared, not dropped in between."""
        self._failures.pop(name, None)
        old = self._attached.pop(name, None)
        if old is not None:
            self._dirty.update(dict.fromkeys(old._values, self._container))
            if old not in self._attached.values():
                old._children.pop(self, None)
        if member is None:
            return
        try:
            self._admit(name, member)
        except Exception as error:  # noqa: BLE001 - law 8: a member that cannot be one costs its own entries only
            self._fail(name, error)
            return
        self._attached[name] = member
        member._children[self] = None
        self._dirty.update(dict.fromkeys(member._values, self._container))

    def _admit(self, name: Any, member: Any) -> None:
        if not isinstance(member, Collection):
            raise OutputTypeError(
                f"member {name!r} of {self.name!r} is a {type(member).__name__}: it must be a collection"
            )
        if member.closed:
            raise ClosedError(f"member {name!r} of {self.name!r} is closed: take it out of {self._container.name!r}")
        if member.graph is not self.graph or member.rank >= self.rank:
            raise RankError(
                f"member {name!r} of {self.name!r} comes after it: create members within `graph.before({self.name})`"
            )


class Group(Derived[A, tuple[V, ...]]):
    """`Index.group`: an index as a collection."""

    kind: ClassVar[str] = "group"

    def __init__(self, index: Index[A, Any, V], name: str) -> None:
        super().__init__((index.collection,), name)
        self._index = index
        index._groups[self] = None
        self._wake_all(index._buckets, index)
        self._start()

    def _input_changed(self, _parent: Collection[Any, Any], _keys: Iterable[Any]) -> None:
        """Nothing: the index says which groups a change touches."""

    def _detach(self) -> None:
        super()._detach()
        self._index._groups.pop(self, None)

    def _recompute(self, dirty: Iterable[Any]) -> None:
        for at in dirty:
            self._failures.pop(at, None)
            try:
                self._put(at, self._index._read(at) or None)
            except Exception as error:  # noqa: BLE001 - the values' own equality
                self._fail(at, error)
