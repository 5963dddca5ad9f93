"""Sources: the collections that are written from outside."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from krt.collection import AbstractGraph, Collection
from krt.errors import WriteError
from krt.key_types import FIT_TYPES, check_key
from krt.type_variables import K, V

Was = tuple[V | None, tuple[tuple[Any, ...], ...]]
"""A value at some earlier time, and where each index had filed it."""


class Source(Collection[K, V]):
    """A collection that is written from outside, in transactions.

    A write outside a transaction is a transaction of its own. A source is synced once somebody who
    knows said so (`mark_synced`, `replace`, a `Reflector`), and until then transforms that read it wait.
    """

    kind: ClassVar[str] = "source"

    def __init__(self, graph: AbstractGraph, name: str) -> None:
        super().__init__(graph, name)
        self._sync_at_commit = False

    def set(self, key: K, value: V) -> None:
        """Adds or replaces one value. An equal value changes nothing."""
        self._check(key, value)
        self.graph._transaction.write(self, self._assign, key, value)

    def delete(self, key: K) -> None:
        """Removes a key, if it is there."""
        self.graph._transaction.write(self, self._assign, key, None)

    def replace(self, values: Mapping[K, V]) -> None:
        """Makes *values* the whole contents, as one atomic change, and marks the source synced."""
        values = dict(values)
        self._check_all(values)
        self.graph._transaction.write(self, self._replace, values)

    def mark_synced(self) -> None:
        """States that the contents are complete, as of the end of this transaction."""
        self.graph._transaction.write(self, self._mark_synced)

    def _check(self, key: K, value: V) -> None:
        if value is None:
            raise WriteError(f"source {self.name!r}: the value of {key!r} is None, which means absence: use delete()")
        check_key(self.name, key)

    def _check_all(self, values: Mapping[K, V]) -> None:
        for key, value in values.items():
            if value is None or type(key) not in FIT_TYPES:
                self._check(key, value)

    # -- for this package --------------------------------------------------------------------------

    def _fill(self, values: Mapping[K, V]) -> None:
        """Gives a new source its first contents. That is no transaction: nobody can have known it otherwise."""
        self._check_all(values)
        self._values.update(values)
        self.synced = True
        self._learned = False  # nobody can have known otherwise

    def _assign(self, key: K, value: V | None) -> None:
        self.graph._transaction.written[self] = None
        if self.graph._transaction.savepoints:
            self.graph._transaction.savepoints[-1].setdefault((self, key), self._was(key))
        self._put(key, value)

    def _replace(self, values: Mapping[K, V]) -> None:
        self._mark_synced()
        assign = self._assign if self.graph._transaction.savepoints else self._put
        for key in [key for key in self._values if key not in values]:
            assign(key, None)
        for key, value in values.items():
            assign(key, value)

    def _mark_synced(self) -> None:
        self.graph._transaction.written[self] = None
        if self.graph._transaction.savepoints:
            self.graph._transaction.savepoints[-1].setdefault((self, _SYNC), self._sync_at_commit)
        self._sync_at_commit = True

    def _flush(self) -> None:
        if self._sync_at_commit and not self.synced:
            self._become_synced()
        self._sync_at_commit = False
        super()._flush()

    def _was(self, key: K) -> Was[V]:
        filed = tuple(index._filed.get(key, ()) for index in self._indexes.values())
        return self._values.get(key), filed

    def _restore(self, key: K, was: Any) -> None:
        """Undoes what a nested transaction did to a key, or to the mark of being synced."""
        if key is _SYNC:
            self._sync_at_commit = was
            return
        value, filed = was
        self._put(key, value)
        for index, places in zip(self._indexes.values(), filed, strict=False):
            index._restore(key, value, places)

    def _undo(self) -> None:
        """Undoes what the whole transaction did."""
        moved = [(index, index._moved) for index in self._indexes.values()]
        for key, old in list(self._before.items()):
            self._put(key, old)
        for index, places in moved:
            for key, filed in places.items():
                index._restore(key, self._values.get(key), filed)
            index._moved = {}
        self._before = {}
        self._sync_at_commit = False


_SYNC: Any = object()  # in place of a key, in a savepoint: whether the source is to be synced
