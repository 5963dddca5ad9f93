"""Sources: collections that are written from outside."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from krt.collection import AbstractGraph, Collection
from krt.errors import WriteError
from krt.key_types import IMMUTABLE_TYPES, check_key
from krt.type_variables import K, V

SavedEntry = tuple[V | None, tuple[tuple[Any, ...], ...]]
"""A value, and for each index the places at which it was filed."""


class Source(Collection[K, V]):
    """A collection that is written from outside, in transactions.

    A write outside a transaction is a transaction of its own. A source becomes synced by `mark_synced`, by
    `replace` or by a `Reflector`. Until then, transforms that read it wait.
    """

    kind: ClassVar[str] = "source"

    def __init__(self, graph: AbstractGraph, name: str) -> None:
        super().__init__(graph, name)
        self._sync_at_commit = False

    def set(self, key: K, value: V) -> None:
        """Sets the value of a key. An equal value changes nothing."""
        self._check(key, value)
        self.graph._transaction.write(self, self._assign, key, value)

    def delete(self, key: K) -> None:
        """Deletes a key, if it exists."""
        self.graph._transaction.write(self, self._assign, key, None)

    def replace(self, values: Mapping[K, V]) -> None:
        """Replaces the whole contents by *values*, as one atomic change, and marks the source as synced."""
        values = dict(values)
        self._check_all(values)
        self.graph._transaction.write(self, self._replace, values)

    def mark_synced(self) -> None:
        """Marks the source as synced: its contents are complete at the end of this transaction."""
        self.graph._transaction.write(self, self._mark_synced)

    def _check(self, key: K, value: V) -> None:
        if value is None:
            raise WriteError(f"source {self.name!r}: the value of {key!r} is None, which means absent: use delete()")
        check_key(self.name, key)

    def _check_all(self, values: Mapping[K, V]) -> None:
        for key, value in values.items():
            if value is None or type(key) not in IMMUTABLE_TYPES:
                self._check(key, value)

    # -- for this package --------------------------------------------------------------------------

    def _set_initial(self, values: Mapping[K, V]) -> None:
        """Sets the first contents of a new source. This is not a transaction: nothing depends on the source yet."""
        self._check_all(values)
        self._values.update(values)
        self.synced = True
        self._knowledge_changed = False

    def _assign(self, key: K, value: V | None) -> None:
        self.graph._transaction.written[self] = None
        if self.graph._transaction.savepoints:
            self.graph._transaction.savepoints[-1].setdefault((self, key), self._saved_entry(key))
        self._set_value(key, value)

    def _replace(self, values: Mapping[K, V]) -> None:
        self._mark_synced()
        assign = self._assign if self.graph._transaction.savepoints else self._set_value
        for key in [key for key in self._values if key not in values]:
            assign(key, None)
        for key, value in values.items():
            assign(key, value)

    def _mark_synced(self) -> None:
        self.graph._transaction.written[self] = None
        if self.graph._transaction.savepoints:
            self.graph._transaction.savepoints[-1].setdefault((self, _SYNC_MARK), self._sync_at_commit)
        self._sync_at_commit = True

    def _flush(self) -> None:
        if self._sync_at_commit and not self.synced:
            self._become_synced()
        self._sync_at_commit = False
        super()._flush()

    def _saved_entry(self, key: K) -> SavedEntry[V]:
        places = tuple(index._places_of.get(key, ()) for index in self._indexes.values())
        return self._values.get(key), places

    def _restore(self, key: K, saved: Any) -> None:
        """Undoes the writes of a nested transaction to a key, or to the mark that the source is synced."""
        if key is _SYNC_MARK:
            self._sync_at_commit = saved
            return
        value, places_by_index = saved
        self._set_value(key, value)
        for index, places in zip(self._indexes.values(), places_by_index, strict=False):
            index._restore_value(key, value, places)

    def _undo_transaction(self) -> None:
        """Undoes all writes of the transaction."""
        old_places = [(index, index._old_places) for index in self._indexes.values()]
        for key, old in list(self._old_values.items()):
            self._set_value(key, old)
        for index, by_key in old_places:
            for key, places in by_key.items():
                index._restore_value(key, self._values.get(key), places)
            index._old_places = {}
        self._old_values = {}
        self._sync_at_commit = False


_SYNC_MARK: Any = object()  # in place of a key in a savepoint: the saved value of _sync_at_commit
