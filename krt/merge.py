"""Merges: all entries of several collections, which are given or come and go."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, ClassVar

from krt.collection import Collection
from krt.derived import DerivedCollection
from krt.errors import ClosedError, OutputTypeError, RankError
from krt.key_order import sort_keys
from krt.keyed_node import KeyedNode
from krt.type_variables import K, V, W

Combine = Callable[[Sequence[V]], W | None]
"""Makes one value of all values of a key, which are in the order of the collections."""


class MergeBase(DerivedCollection[K, V]):
    """All entries of the members. The first member that has a key provides its value, or *combine* makes one of all."""

    def __init__(self, parents: Sequence[Collection[Any, Any]], name: str, combine: Combine[Any, V] | None) -> None:
        super().__init__(parents, name)
        self._combine = combine
        self._members_have_unknown_keys = False
        self._undecided: dict[K, None] = {}  # keys that wait until more is known of the members

    def _members(self) -> Sequence[Collection[K, Any]]:
        return self._parents

    def _member_values(self, key: K) -> Iterator[Any]:
        for member in self._members():
            value = member._values.get(key)
            if value is not None:
                yield value

    def _is_unknown(self, key: Any) -> bool:
        return key not in self._values and any(member._is_unknown(key) for member in self._members())

    def _is_undecided(self, key: K) -> bool:
        """Whether the value of a key depends on a member in which the key is unknown."""
        for member in self._members():
            if member._has_unknown_keys and member._is_unknown(key):
                return True
            if self._combine is None and key in member._values:
                return False
        return False

    def _flush(self) -> None:
        if self._knowledge_changed:
            self._members_have_unknown_keys = any(member._has_unknown_keys for member in self._members())
            self._dirty.update(dict.fromkeys(self._undecided, self))
        super()._flush()

    def _recompute(self, dirty: Iterable[Any]) -> None:
        for key in dirty:
            if self._undecided:
                self._undecided.pop(key, None)
            if self._members_have_unknown_keys and self._is_undecided(key):
                self._undecided[key] = None
                continue
            if self._failures:
                self._failures.pop(key, None)
            try:
                if self._combine is None:
                    self._set_value(key, next(self._member_values(key), None))
                else:
                    values = tuple(self._member_values(key))
                    self._set_value(key, self._combine(values) if values else None)
            except Exception as error:  # noqa: BLE001 - law 8: the user's function, or the values' own equality
                self._note_failure(key, error)


class Merge(MergeBase[K, V]):
    """The result of `Graph.merge`."""

    kind: ClassVar[str] = "merge"

    def __init__(self, parents: Sequence[Collection[K, Any]], name: str, combine: Combine[Any, V] | None) -> None:
        super().__init__(parents, name, combine)
        self._start()


class Flatten(MergeBase[K, V]):
    """The result of `Graph.flatten`. The members are the values of a collection, in the order of their keys there.

    It knows which members have a key, so that a change of the key costs only these.
    """

    kind: ClassVar[str] = "flatten"

    def __init__(
        self, container: Collection[Any, Collection[K, Any]], name: str, combine: Combine[Any, V] | None
    ) -> None:
        super().__init__((container,), name, combine)
        self._container = container
        self._changed_members: dict[Any, None] = {}
        self._attached: dict[Any, Collection[K, Any]] = {}  # name of a member, its key in the container -> the member
        self._names_of: dict[KeyedNode[K, Any], dict[Any, None]] = {}  # member -> its names, usually one
        self._holders: dict[K, dict[Any, None]] = {}  # key -> names of the members that have it
        self._start()

    def _members(self) -> Sequence[Collection[K, Any]]:
        return [self._attached[name] for name in sort_keys(self._attached)]

    def _member_values(self, key: K) -> Iterator[Any]:
        names = self._holders.get(key, {})
        for name in sort_keys(names) if len(names) > 1 else names:
            yield self._attached[name]._values[key]

    def _awaited_nodes(self) -> Iterable[KeyedNode[Any, Any]]:
        return (*self._parents, *self._attached.values())

    def _input_changed(self, parent: KeyedNode[Any, Any], keys: Iterable[Any]) -> None:
        if parent is self._container:
            self._changed_members.update(dict.fromkeys(keys))
            self.graph._enqueue(self)
            return
        for key in keys:
            for name in self._names_of[parent]:
                self._note_holder(key, name, held=key in parent._values)
        self._wake_all(keys, parent)

    def _finds_unknown_keys(self) -> bool:
        members = self._attached.values()
        return self._container._has_unknown_keys or any(
            member._has_unknown_keys or not member.synced for member in members
        )

    def _is_unknown(self, key: Any) -> bool:
        container = self._container
        return super()._is_unknown(key) or (
            (container._has_unknown_keys or not container.synced) and key not in self._values
        )

    def _input_closed(self, parent: KeyedNode[Any, Any]) -> None:
        if parent is self._container:
            self.close()

    def _detach(self) -> None:
        super()._detach()
        for member in self._names_of:
            member._children.pop(self, None)

    def _flush(self) -> None:
        if self._changed_members:
            names, self._changed_members = self._changed_members, {}
            self._knowledge_changed |= self._has_unknown_keys  # a member that leaves may be the one with unknown keys
            for name in names:
                self._replace_member(name, self._container._values.get(name))
        super()._flush()

    def _replace_member(self, name: Any, member: Collection[K, Any] | None) -> None:
        """Replaces a member, or with None removes it. Keys that both members have stay in between."""
        self._failures.pop(name, None)
        if name in self._attached:
            self._detach_member(name)
        if member is not None:
            try:
                self._check_member(name, member)
            except Exception as error:  # noqa: BLE001 - law 8: an unfit member affects only its own entries
                self._note_failure(name, error)
            else:
                self._attach(name, member)

    def _attach(self, name: Any, member: Collection[K, Any]) -> None:
        self._attached[name] = member
        self._knowledge_changed |= member._has_unknown_keys or not member.synced
        self._names_of.setdefault(member, {})[name] = None
        member._children[self] = None
        for key in member._values:
            self._note_holder(key, name, held=True)
        self._dirty.update(dict.fromkeys(member._values, self._container))

    def _detach_member(self, name: Any) -> None:
        member = self._attached.pop(name)
        names = self._names_of[member]
        del names[name]
        if not names:
            del self._names_of[member]
            member._children.pop(self, None)
        for key in member._values:
            self._note_holder(key, name, held=False)
        self._dirty.update(dict.fromkeys(member._values, self._container))

    def _note_holder(self, key: K, name: Any, *, held: bool) -> None:
        """Notes whether a member has a key."""
        if held:
            self._holders.setdefault(key, {})[name] = None
        elif key in self._holders:
            self._holders[key].pop(name, None)
            if not self._holders[key]:
                del self._holders[key]

    def _check_member(self, name: Any, member: Any) -> None:
        if not isinstance(member, Collection):
            raise OutputTypeError(
                f"member {name!r} of {self.name!r} is a {type(member).__name__}: it must be a collection"
            )
        if member.closed:
            raise ClosedError(f"member {name!r} of {self.name!r} is closed: delete it from {self._container.name!r}")
        if member.graph is not self.graph or member.rank >= self.rank:
            raise RankError(
                f"member {name!r} of {self.name!r} was created after it, or belongs to another graph: "
                f"create members within `graph.before({self.name})`"
            )
