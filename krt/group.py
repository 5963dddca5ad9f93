"""The groups of an index, as a collection."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, ClassVar

from krt.collection import Index
from krt.derived import Derived
from krt.keyed_node import KeyedNode
from krt.type_variables import A, V


class Group(Derived[A, tuple[V, ...]]):
    """`Index.group`: an index as a collection."""

    kind: ClassVar[str] = "group"

    def __init__(self, index: Index[A, Any, V], name: str) -> None:
        super().__init__((index.collection,), name)
        self._index = index
        self._late: dict[A, None] = {}  # groups that have changed, and of which not all is known
        index._groups[self] = None
        self._wake_all(index._buckets, index)
        self._start()

    def _input_changed(self, _parent: KeyedNode[Any, Any], _keys: Iterable[Any]) -> None:
        """Nothing: the index says which groups a change touches."""

    def _detach(self) -> None:
        super()._detach()
        self._index._groups.pop(self, None)

    def _doubts(self, key: Any) -> bool:  # noqa: ARG002 - a parked key may be in any group
        return self._doubtful or not self.synced

    def _flush(self) -> None:
        if self._late and not self._parents[0]._doubtful:
            self._dirty.update(dict.fromkeys(self._late, self._index))
            self._late.clear()
        super()._flush()

    def _recompute(self, dirty: Iterable[Any]) -> None:
        if self._parents[0]._doubtful:
            self._late.update(dict.fromkeys(dirty))
            return
        for at in dirty:
            self._failures.pop(at, None)
            try:
                self._put(at, self._index._read(at) or None)
            except Exception as error:  # noqa: BLE001 - the values' own equality
                self._fail(at, error)
