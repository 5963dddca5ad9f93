"""Collections: keyed, immutable values that read like a Mapping; and sources, which are written from outside."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from krt.delta import Change, Delta, Failure
from krt.errors import DuplicateNameError, UntrackedReadError, WriteError
from krt.index import Index

if TYPE_CHECKING:
    from krt.context import Context
    from krt.derived import Derived
    from krt.graph import Graph, Subscription

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")
W = TypeVar("W")
J = TypeVar("J", bound=Hashable)
I = TypeVar("I", bound=Hashable)  # noqa: E741 - an index's values

Reader = tuple["Derived[Any, Any]", Any]
"""A derived collection and the input key whose transform read something."""


class Collection(Mapping[K, V]):
    """A keyed set of immutable values that the graph keeps up to date.

    Reads like a Mapping, outside transforms. A value is never None: None means that there is none.
    Iteration is in the order in which keys were first added; sort what must not depend on history.
    """

    def __init__(self, graph: Graph, name: str) -> None:
        self.graph = graph
        self.name = name
        self.synced = False
        """Whether the contents are complete. Once true, it stays true."""
        self.rank = graph._register(self)
        """Order of creation; a transform may read lower ranks only, so there are no cycles."""
        self._values: dict[K, V] = {}
        self._before: dict[K, V | None] = {}  # values at the start of this transaction, of the keys written in it
        self._indexes: dict[str, Index[Any, K, V]] = {}
        self._children: list[Derived[Any, Any]] = []  # recomputed per key of this collection
        self._key_readers: dict[K, dict[Reader, None]] = {}
        self._whole_readers: dict[Reader, None] = {}
        self._sync_readers: dict[Reader, None] = {}  # parked until this collection has synced

    # -- reading -----------------------------------------------------------------------------------

    def __getitem__(self, key: K) -> V:
        self._forbid_untracked()
        return self._values[key]

    def __iter__(self) -> Iterator[K]:
        self._forbid_untracked()
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def __contains__(self, key: object) -> bool:
        self._forbid_untracked()
        return key in self._values

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.name!r}, {len(self._values)} keys{'' if self.synced else ', not synced'}>"

    __hash__ = object.__hash__
    __eq__ = object.__eq__

    @property
    def pending(self) -> frozenset[str]:
        """Names of the sources and collections that this one waits for before it can be synced."""
        return frozenset() if self.synced else frozenset({self.name})

    @property
    def failures(self) -> Mapping[Any, Failure]:
        """Input keys whose transform failed, with the reason; their last good output is still here."""
        return {}

    # -- deriving ----------------------------------------------------------------------------------

    def map(self, fn: Callable[[Context, V], W | None], *, name: str) -> Collection[K, W]:
        """A collection with the same keys and, for each, what *fn* returns; None leaves the key out.

        *fn* must be a pure function of the value and of what it reads through its context.
        """
        from krt.derived import Map

        return Map(self, fn, name)

    def flat_map(self, fn: Callable[[Context, V], Mapping[J, W]], *, name: str) -> Collection[J, W]:
        """A collection of all entries that *fn* returns, for all values.

        Two inputs that return one key are a conflict: the first keeps it until it lets go, and the
        other shows in `failures` as a DuplicateKeyError that names both.
        """
        from krt.derived import FlatMap

        return FlatMap(self, fn, name)

    def index(self, by: Callable[[V], Iterable[I]], *, name: str) -> Index[I, K, V]:
        """A secondary index: the values for which *by* yields a given index value."""
        if name in self._indexes:
            raise DuplicateNameError(f"collection {self.name!r} has an index {name!r} already: choose another name")
        index = self._indexes[name] = Index(self, by, name)
        return index

    def subscribe(self, on_delta: Callable[[Delta[K, V]], None], *, replay: bool = True) -> Subscription:
        """Calls *on_delta* after each transaction that changed this collection, with the net change.

        With *replay* it is first called, at once, with all that is there now, if anything is.
        """
        return self.graph.subscribe(
            lambda commit: on_delta(commit.deltas[self.name]) if self.name in commit.deltas else None,
            self,
            replay=replay,
        )

    # -- for this package --------------------------------------------------------------------------

    def _forbid_untracked(self) -> None:
        running = self.graph._running
        if running is not None:
            raise UntrackedReadError(
                f"transform of {running.name!r} read {self.name!r} directly: "
                f"read it through the context, or its changes would go unnoticed"
            )

    def _put(self, key: K, new: V | None) -> None:
        """Sets, or with None removes, a value; an equal one changes nothing (cutoff)."""
        old = self._values.get(key)
        if old is new or old == new:
            return
        if new is None:
            del self._values[key]
        else:
            self._values[key] = new
        for index in self._indexes.values():
            index._update(key, old, new)
        self._before.setdefault(key, old)

    def _net(self) -> dict[K, Change[V]]:
        """The net changes since the start of the transaction."""
        values = self._values
        changes = {key: Change(old, values.get(key)) for key, old in self._before.items()}
        return {key: change for key, change in changes.items() if change.old != change.new}

    def _flush(self) -> None:
        """Brings this collection up to date and wakes what depends on it. Called once per settle, in rank order."""
        if self._before:
            for child in self._children:
                child._wake_all(self._before)
            if self._key_readers:
                for key in self._before:
                    _wake(self._key_readers.get(key))
            if self._whole_readers:
                _wake(self._whole_readers)
        for index in self._indexes.values():
            index._flush()

    def _become_synced(self) -> None:
        self.synced = True
        self.graph._newly_synced.append(self)
        readers, self._sync_readers = self._sync_readers, {}
        _wake(readers)
        for child in self._children:
            self.graph._enqueue(child)


def _wake(readers: Iterable[Reader] | None) -> None:
    for node, key in tuple(readers or ()):
        node._wake(key)


class Source(Collection[K, V], Generic[K, V]):
    """A collection that is written from outside, in transactions.

    A write outside a transaction is a transaction of its own. A source is synced once somebody who
    knows said so (`mark_synced`, `replace`, a `Reflector`), and until then transforms that read it wait.
    """

    def __init__(self, graph: Graph, name: str) -> None:
        super().__init__(graph, name)
        self._sync_at_commit = False

    def set(self, key: K, value: V) -> None:
        """Adds or replaces one value. An equal value changes nothing."""
        self._check(key, value)
        with self.graph.transaction():
            self.graph._touch(self)
            self._put(key, value)

    def delete(self, key: K) -> None:
        """Removes a key, if it is there."""
        with self.graph.transaction():
            self.graph._touch(self)
            self._put(key, None)

    def replace(self, values: Mapping[K, V]) -> None:
        """Makes *values* the whole contents, as one atomic change, and marks the source synced."""
        with self.graph.transaction():
            self.graph._touch(self)
            for key in [key for key in self._values if key not in values]:
                self._put(key, None)
            for key, value in values.items():
                self._check(key, value)
                self._put(key, value)
            self._sync_at_commit = True

    def mark_synced(self) -> None:
        """States that the contents are complete, as of the end of this transaction."""
        with self.graph.transaction():
            self.graph._touch(self)
            self._sync_at_commit = True

    def _check(self, key: K, value: V) -> None:
        if value is None:
            raise WriteError(f"source {self.name!r}: the value of {key!r} is None, which means absence: use delete()")

    def _flush(self) -> None:
        if self._sync_at_commit and not self.synced:
            self._become_synced()
        self._sync_at_commit = False
        super()._flush()

    def _undo(self) -> None:
        for key, old in list(self._before.items()):
            self._put(key, old)
        self._before.clear()
        for index in self._indexes.values():
            index._touched.clear()
        self._sync_at_commit = False
