"""Merges of several collections: of given members, and of members that come and go."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, ClassVar

from krt.collection import Collection
from krt.derived import Derived
from krt.errors import ClosedError, OutputTypeError, RankError
from krt.key_order import in_order
from krt.keyed_node import KeyedNode
from krt.type_variables import K, V, W

Combine = Callable[[Sequence[V]], W | None]
"""Makes one value of those that several collections have under one key, in the order of the collections."""


class MergeBase(Derived[K, V]):
    """All entries of several collections; of equal keys, the first's, or what a function makes of all."""

    def __init__(self, parents: Sequence[Collection[Any, Any]], name: str, combine: Combine[Any, V] | None) -> None:
        super().__init__(parents, name)
        self._combine = combine
        self._cautious = False  # whether a member waits for some keys
        self._late: dict[K, None] = {}  # keys to be decided when more is known of the members

    def _members(self) -> Sequence[Collection[K, Any]]:
        return self._parents

    def _values_of(self, key: K) -> Iterator[Any]:
        for member in self._members():
            value = member._values.get(key)
            if value is not None:
                yield value

    def _doubts(self, key: Any) -> bool:
        return key not in self._values and any(member._doubts(key) for member in self._members())

    def _is_undecided(self, key: K) -> bool:
        """Whether a member that counts may have a value that is not known yet."""
        for member in self._members():
            if member._doubtful and member._doubts(key):
                return True
            if self._combine is None and key in member._values:
                return False
        return False

    def _flush(self) -> None:
        if self._learned:
            self._cautious = any(member._doubtful for member in self._members())
            self._dirty.update(dict.fromkeys(self._late, self))
        super()._flush()

    def _recompute(self, dirty: Iterable[Any]) -> None:
        for key in dirty:
            if self._late:
                self._late.pop(key, None)
            if self._cautious and self._is_undecided(key):
                self._late[key] = None
                continue
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


class Merge(MergeBase[K, V]):
    """`Graph.merge`: the members are given."""

    kind: ClassVar[str] = "merge"

    def __init__(self, parents: Sequence[Collection[K, Any]], name: str, combine: Combine[Any, V] | None) -> None:
        super().__init__(parents, name, combine)
        self._start()


class Flatten(MergeBase[K, V]):
    """`Graph.flatten`: the members are the values of a collection, in the order of their keys there.

    It knows who has which key, so that a change costs the members that have it, not all that there are.
    """

    kind: ClassVar[str] = "flatten"

    def __init__(
        self, container: Collection[Any, Collection[K, Any]], name: str, combine: Combine[Any, V] | None
    ) -> None:
        super().__init__((container,), name, combine)
        self._container = container
        self._changed_members: dict[Any, None] = {}
        self._attached: dict[Any, Collection[K, Any]] = {}  # by name, which is the key in the container
        self._names: dict[KeyedNode[K, Any], dict[Any, None]] = {}  # the names of a member: one, as a rule
        self._holders: dict[K, dict[Any, None]] = {}  # key -> names of the members that have it
        self._start()

    def _members(self) -> Sequence[Collection[K, Any]]:
        return [self._attached[name] for name in in_order(self._attached)]

    def _values_of(self, key: K) -> Iterator[Any]:
        names = self._holders.get(key, {})
        for name in in_order(names) if len(names) > 1 else names:
            yield self._attached[name]._values[key]

    def _awaited(self) -> Iterable[KeyedNode[Any, Any]]:
        return (*self._parents, *self._attached.values())

    def _input_changed(self, parent: KeyedNode[Any, Any], keys: Iterable[Any]) -> None:
        if parent is self._container:
            self._changed_members.update(dict.fromkeys(keys))
            self.graph._enqueue(self)
            return
        for key in keys:
            for name in self._names[parent]:
                self._note(key, name, held=key in parent._values)
        self._wake_all(keys, parent)

    def _is_doubtful(self) -> bool:
        members = self._attached.values()
        return self._container._doubtful or any(member._doubtful or not member.synced for member in members)

    def _doubts(self, key: Any) -> bool:
        container = self._container
        return super()._doubts(key) or ((container._doubtful or not container.synced) and key not in self._values)

    def _input_closed(self, parent: KeyedNode[Any, Any]) -> None:
        if parent is self._container:
            self.close()

    def _detach(self) -> None:
        super()._detach()
        for member in self._names:
            member._children.pop(self, None)

    def _flush(self) -> None:
        if self._changed_members:
            names, self._changed_members = self._changed_members, {}
            self._learned |= self._doubtful  # a member that leaves may be the one that did not know all
            for name in names:
                self._exchange(name, self._container._values.get(name))
        super()._flush()

    def _exchange(self, name: Any, member: Collection[K, Any] | None) -> None:
        """Puts one member in the place of another. Keys that both have are compared, not dropped in between."""
        self._failures.pop(name, None)
        if name in self._attached:
            self._take_out(name)
        if member is not None:
            try:
                self._admit(name, member)
            except Exception as error:  # noqa: BLE001 - law 8: what cannot be a member costs its own entries only
                self._fail(name, error)
            else:
                self._put_in(name, member)

    def _put_in(self, name: Any, member: Collection[K, Any]) -> None:
        self._attached[name] = member
        self._learned |= member._doubtful or not member.synced
        self._names.setdefault(member, {})[name] = None
        member._children[self] = None
        for key in member._values:
            self._note(key, name, held=True)
        self._dirty.update(dict.fromkeys(member._values, self._container))

    def _take_out(self, name: Any) -> None:
        member = self._attached.pop(name)
        names = self._names[member]
        del names[name]
        if not names:
            del self._names[member]
            member._children.pop(self, None)
        for key in member._values:
            self._note(key, name, held=False)
        self._dirty.update(dict.fromkeys(member._values, self._container))

    def _note(self, key: K, name: Any, *, held: bool) -> None:
        """Enters or strikes a member among those that have a key."""
        if held:
            self._holders.setdefault(key, {})[name] = None
        elif key in self._holders:
            self._holders[key].pop(name, None)
            if not self._holders[key]:
                del self._holders[key]

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
