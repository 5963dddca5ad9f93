"""Keyed nodes: how a collection takes part in a settle, whatever kind it is of."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Generic, Protocol
from weakref import ref

from krt.buckets import Buckets
from krt.counters import Counters
from krt.delta import Change, Delta
from krt.engine import Engine
from krt.errors import UntrackedReadError
from krt.key_order import in_order, same
from krt.overlay import Overlay
from krt.reads import ALL, Reader, Readers, wake, wake_all
from krt.scheduler import Node
from krt.subscription import Subscription
from krt.type_variables import K, V_co


class Child(Node, Protocol):
    """What a node has to know of a node that is derived from it."""

    _learned: bool

    def _input_changed(self, parent: KeyedNode[Any, Any], keys: Iterable[Any]) -> None:
        """Asks for what is derived from these keys of *parent*."""

    def _input_closed(self, parent: KeyedNode[Any, Any]) -> None:
        """Goes on without *parent*, or closes."""


class KeyedNode(Generic[K, V_co]):
    """Values by key, who reads them, and what is not known of them."""

    def __init__(self, graph: Engine, name: str) -> None:
        self.graph = graph
        self.name = name
        self.synced = False
        """Whether the contents were complete once. Once true, it stays true; `pending` says if some keys wait since."""
        self.closed = False
        self.counters = Counters()
        self.rank = graph._add(self)
        """Order of creation; a transform may read lower ranks only, so there are no cycles."""
        self._values: dict[K, V_co] = {}
        self._sorted: tuple[V_co, ...] | None = None  # all values in the order of their keys, until the next change
        self._before: dict[K, V_co | None] = {}  # values at the start of this transaction, of the keys it has changed
        self._queued = False
        self._indexes: Mapping[str, Buckets[Any, K, V_co]] = {}
        self._children: dict[Child, None] = {}  # those derived from this, key by key or group by group
        self._readers: Readers = {}
        self._waiting: dict[Reader, Any] = {}  # parked until it is known what is here: at a key, or ALL
        self._doubtful = False  # whether it has synced, and since then waits for some keys
        self._learned = True  # whether something has become known or unknown since the last flush
        self._subscriptions: dict[Subscription, None] = {}
        self._overlays: list[ref[Overlay[K, V_co]]] = []  # of views, each wants to know what changes

    @property
    def label(self) -> str:
        """What explanations call it."""
        return self.name

    @property
    def pending(self) -> frozenset[str]:
        """Names of the sources and collections that this one waits for: to be synced, or since then for some keys."""
        return frozenset() if self.synced else frozenset({self.name})

    def close(self) -> None:
        """Takes it out of the graph. Closing twice is allowed."""
        raise NotImplementedError

    def _detach(self) -> None:
        """Lets go of whatever is upstream."""

    def _forbid_untracked(self) -> None:
        running = self.graph._running
        if running is not None:
            raise UntrackedReadError(
                f"transform of {running.name!r} read {self.name!r} directly: "
                f"read it through the context, or its changes would go unnoticed"
            )

    def _all(self) -> tuple[V_co, ...]:
        if self._sorted is None:
            values = self._values
            self._sorted = tuple(values[key] for key in in_order(values))
        return self._sorted

    def _committed(self) -> dict[K, V_co]:
        """The contents as of the last transaction, without what an open one has written."""
        if not self._before:
            return dict(self._values)
        current = {**self._values, **self._before}
        return {key: value for key, value in current.items() if value is not None}

    def _put(self, key: K, new: Any) -> None:
        """Sets, or with None removes, a value; an equal one changes nothing (cutoff). What cannot be compared is a change."""
        old = self._values.get(key)
        try:
            if old is new or (old is not None and new is not None and old == new):
                self.counters.cut_off += 1
                return
        except Exception as error:  # noqa: BLE001 - the values' own equality
            self.graph._failures.add(f"equality of the values of {self.name!r}", key, error)
        start = self._before.setdefault(key, old)
        if start is not old and same(start, new):
            del self._before[key]  # back to where it was: no change at all
        if new is None:
            del self._values[key]
        else:
            self._values[key] = new
        self._sorted = None
        if self._indexes:
            for index in self._indexes.values():
                index._file(key, old, new, start)

    def _delta(self) -> Delta[K, V_co]:
        values = self._values
        return Delta(self.name, {key: Change(old, values.get(key)) for key, old in self._before.items()})

    def _flush(self) -> None:
        """Brings this collection up to date and wakes what depends on it. Called once per settle, in rank order."""
        changed = self._before
        if changed:
            for child in self._children:
                child._input_changed(self, changed)
            readers = self._readers
            if readers:
                for key in changed:
                    wake(readers.get(key), self)
                wake(readers.get(ALL), self)
        for index in self._indexes.values():
            index._flush(changed)
        if self._learned or self._waiting:
            self._tell_what_is_known()

    def _tell_what_is_known(self) -> None:
        """Wakes who waits for what is known now, and who has read what is not known any more."""
        learned, self._learned = self._learned, False
        if not self.synced:
            return
        for reader, at in tuple(self._waiting.items()):
            if self._knows(at):
                del self._waiting[reader]
                reader[0]._wake(reader[1], self)
        if learned:
            for child in self._children:
                child._learned = True
                self.graph._enqueue(child)
            if self._doubtful:
                for at, readers in self._readers.items():
                    if not self._knows(at):
                        wake_all(readers, self)
                for index in self._indexes.values():
                    for readers in index._readers.values():
                        wake_all(readers, index)

    def _knows(self, at: Any) -> bool:
        """Whether all is known that is under a key now, or with ALL, in the collection. Only asked once it has synced."""
        return not self._doubtful or (at is not ALL and not self._doubts(at))

    def _doubts(self, key: Any) -> bool:
        """Whether there may be something under a key that is not known yet."""
        return not self.synced and key not in self._values

    def _end_transaction(self) -> None:
        """Ends the transaction for this collection."""
        self.counters.changes += len(self._before)
        if self._overlays:
            self._overlays = [
                held for held in self._overlays if (overlay := held()) is not None and overlay.keep(self._before)
            ]
        self._before = {}

    def _become_synced(self) -> None:
        self.synced = self._learned = True
        self.graph._newly_synced.append(self)
