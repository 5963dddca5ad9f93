"""Keyed nodes: what collections of all kinds have in common, and how they take part in a settle."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Generic, Protocol
from weakref import ref

from krt.buckets import Buckets
from krt.counters import Counters
from krt.delta import Change, Delta
from krt.engine import Engine
from krt.errors import UntrackedReadError
from krt.key_order import sort_keys, values_equal
from krt.overlay import Overlay
from krt.reads import ALL, Reader, Readers, wake_all_readers, wake_readers
from krt.scheduler import Node
from krt.subscription import Subscription
from krt.type_variables import K, V_co


class Child(Node, Protocol):
    """What a node needs of a node that is derived from it."""

    _knowledge_changed: bool

    def _input_changed(self, parent: KeyedNode[Any, Any], keys: Iterable[Any]) -> None:
        """Marks as dirty what depends on these keys of *parent*."""

    def _input_closed(self, parent: KeyedNode[Any, Any]) -> None:
        """Drops *parent*, which was closed, or closes as well."""


class KeyedNode(Generic[K, V_co]):
    """Values by key, their readers, and which of them are unknown.

    A key is unknown while it has no value and may still get one: before the node has synced, or while a run that
    decides about the key is parked. A run that reads an unknown key is parked, too.
    """

    def __init__(self, graph: Engine, name: str) -> None:
        self.graph = graph
        self.name = name
        self.synced = False
        """Whether the contents have been complete. Once true, it stays true, even if some keys wait later (`pending`)."""
        self.closed = False
        self.counters = Counters()
        self.rank = graph._assign_rank(self)
        """The order of creation. A transform may read only collections of lower rank, so there are no cycles."""
        self._values: dict[K, V_co] = {}
        self._sorted_cache: tuple[V_co, ...] | None = None  # all values in the order of their keys
        self._old_values: dict[K, V_co | None] = {}  # changed keys -> values at the start of this transaction
        self._queued = False
        self._indexes: Mapping[str, Buckets[Any, K, V_co]] = {}
        self._children: dict[Child, None] = {}  # the collections that are derived from this one
        self._readers: Readers = {}
        self._parked_readers: dict[Reader, Any] = {}  # parked runs -> the key, or ALL, that they wait for
        self._has_unknown_keys = False  # only after it has synced
        self._knowledge_changed = True  # since the last flush
        self._subscriptions: dict[Subscription, None] = {}
        self._overlays: list[ref[Overlay[K, V_co]]] = []  # of the views that are held

    @property
    def label(self) -> str:
        """Its name in explanations."""
        return self.name

    @property
    def pending(self) -> frozenset[str]:
        """Names of the sources and collections that this one waits for: for their sync, or for some of their keys."""
        return frozenset() if self.synced else frozenset({self.name})

    def close(self) -> None:
        """Removes it from the graph."""
        raise NotImplementedError

    def _detach(self) -> None:
        """Removes it from the children and the readers of other nodes."""

    def _refuse_untracked_read(self) -> None:
        running = self.graph._running
        if running is not None:
            raise UntrackedReadError(
                f"transform of {running.name!r} read {self.name!r} directly: "
                f"read it through the context, so that its changes run the transform again"
            )

    def _sorted_values(self) -> tuple[V_co, ...]:
        if self._sorted_cache is None:
            values = self._values
            self._sorted_cache = tuple(values[key] for key in sort_keys(values))
        return self._sorted_cache

    def _committed_values(self) -> dict[K, V_co]:
        """The contents as of the last transaction, without the writes of an open one."""
        if not self._old_values:
            return dict(self._values)
        current = {**self._values, **self._old_values}
        return {key: value for key, value in current.items() if value is not None}

    def _set_value(self, key: K, new: Any) -> None:
        """Sets a value, or with None deletes it. An equal value changes nothing (cutoff).

        A value whose comparison raises counts as a change, and the error is reported.
        """
        old = self._values.get(key)
        try:
            if old is new or (old is not None and new is not None and old == new):
                self.counters.cut_off += 1
                return
        except Exception as error:  # noqa: BLE001 - the values' own equality
            self.graph._failure_reports.add(f"equality of the values of {self.name!r}", key, error)
        start = self._old_values.setdefault(key, old)
        if start is not old and values_equal(start, new):
            del self._old_values[key]  # back to the value at the start: no change
        if new is None:
            del self._values[key]
        else:
            self._values[key] = new
        self._sorted_cache = None
        if self._indexes:
            for index in self._indexes.values():
                index._file_value(key, old, new, start)

    def _make_delta(self) -> Delta[K, V_co]:
        values = self._values
        return Delta(self.name, {key: Change(old, values.get(key)) for key, old in self._old_values.items()})

    def _flush(self) -> None:
        """Wakes what depends on the changes. Kinds that compute something do so first. A settle calls this once."""
        changed = self._old_values
        if changed:
            for child in self._children:
                child._input_changed(self, changed)
            readers = self._readers
            if readers:
                for key in changed:
                    wake_readers(readers.get(key), self)
                wake_readers(readers.get(ALL), self)
        for index in self._indexes.values():
            index._flush(changed)
        if self._knowledge_changed or self._parked_readers:
            self._wake_by_knowledge()

    def _wake_by_knowledge(self) -> None:
        """Wakes parked runs whose key is known now, and runs that read a key that is unknown now."""
        changed, self._knowledge_changed = self._knowledge_changed, False
        if not self.synced:
            return
        for reader, at in tuple(self._parked_readers.items()):
            if self._is_known(at):
                del self._parked_readers[reader]
                reader[0]._wake(reader[1], self)
        if changed:
            for child in self._children:
                child._knowledge_changed = True
                self.graph._enqueue(child)
            if self._has_unknown_keys:
                for at, readers in self._readers.items():
                    if not self._is_known(at):
                        wake_all_readers(readers, self)
                for index in self._indexes.values():
                    for readers in index._readers.values():
                        wake_all_readers(readers, index)

    def _is_known(self, at: Any) -> bool:
        """Whether a key, or with ALL every key, is known. Call it only after the node has synced."""
        return not self._has_unknown_keys or (at is not ALL and not self._is_unknown(at))

    def _is_unknown(self, key: Any) -> bool:
        """Whether a key has no value and may still get one."""
        return not self.synced and key not in self._values

    def _end_transaction(self) -> None:
        """Makes the changes final: counts them, and gives the old values to the views."""
        self.counters.changes += len(self._old_values)
        if self._overlays:
            self._overlays = [
                reference
                for reference in self._overlays
                if (overlay := reference()) is not None and overlay.keep(self._old_values)
            ]
        self._old_values = {}

    def _become_synced(self) -> None:
        self.synced = self._knowledge_changed = True
        self.graph._newly_synced.append(self)
