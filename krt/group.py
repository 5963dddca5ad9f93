"""Groups: an index as a collection."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, ClassVar

from krt.collection import Index
from krt.derived import DerivedCollection
from krt.keyed_node import KeyedNode
from krt.type_variables import A, V


class Group(DerivedCollection[A, tuple[V, ...]]):
    """The result of `Index.group`."""

    kind: ClassVar[str] = "group"

    def __init__(self, index: Index[A, Any, V], name: str) -> None:
        super().__init__((index.collection,), name)
        self._index = index
        self._undecided: dict[A, None] = {}  # groups that wait until all keys are known
        index._groups[self] = None
        self._wake_all(index._buckets, index)
        self._start()

    def _input_changed(self, _parent: KeyedNode[Any, Any], _keys: Iterable[Any]) -> None:
        """Does nothing: the index wakes the groups that a change touches."""

    def _detach(self) -> None:
        super()._detach()
        self._index._groups.pop(self, None)

    def _is_unknown(self, key: Any) -> bool:  # noqa: ARG002 - a parked key may belong to any group
        return self._has_unknown_keys or not self.synced

    def _flush(self) -> None:
        if self._undecided and not self._parents[0]._has_unknown_keys:
            self._dirty.update(dict.fromkeys(self._undecided, self._index))
            self._undecided.clear()
        super()._flush()

    def _recompute(self, dirty: Iterable[Any]) -> None:
        if self._parents[0]._has_unknown_keys:
            self._undecided.update(dict.fromkeys(dirty))
            return
        for at in dirty:
            self._failures.pop(at, None)
            try:
                self._set_value(at, self._index._values_at(at) or None)
            except Exception as error:  # noqa: BLE001 - the values' own equality
                self._note_failure(at, error)
