"""Collections: keyed, immutable values that read like a Mapping, and from which more can be derived."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from krt.counters import Counters
from krt.delta import Change, Delta, Failure
from krt.errors import ClosedError, DuplicateNameError, UntrackedReadError
from krt.index import Index
from krt.key_order import in_order, same
from krt.reads import ALL, Reader, Readers, wake, wake_all
from krt.type_variables import A, J, K, V, V_co, W

if TYPE_CHECKING:
    from weakref import ref

    from krt.context import Context
    from krt.derived import Derived
    from krt.graph import Graph
    from krt.subscription import Subscription
    from krt.view import Overlay

OnConflict = Literal["fail", "first"] | Callable[[Sequence[V]], V | None]
"""What to do about an output key that several inputs make; see `Collection.flat_map`."""


class Collection(Mapping[K, V_co]):
    """A keyed set of immutable values that the graph keeps up to date.

    Reads like a Mapping, outside transforms. A value is never None: None means that there is none.
    Iteration is in the order in which keys were first added; sort what must not depend on history.
    """

    kind: ClassVar[str] = "collection"

    def __init__(self, graph: Graph, name: str) -> None:
        self.graph = graph
        self.name = name
        self.synced = False
        """Whether the contents were complete once. Once true, it stays true; `pending` says if some keys wait since."""
        self.closed = False
        self.counters = Counters()
        self.rank = graph._register(self)
        """Order of creation; a transform may read lower ranks only, so there are no cycles."""
        self._values: dict[K, V_co] = {}
        self._sorted: tuple[V_co, ...] | None = None  # all values in the order of their keys, until the next change
        self._before: dict[K, V_co | None] = {}  # values at the start of this transaction, of the keys it has changed
        self._queued = False
        self._indexes: dict[str, Index[Any, K, V_co]] = {}
        self._children: dict[Derived[Any, Any], None] = {}  # those derived from this, key by key or group by group
        self._readers: Readers = {}
        self._waiting: dict[Reader, Any] = {}  # parked until it is known what is here: at a key, or ALL
        self._doubtful = False  # whether it has synced, and since then waits for some keys
        self._learned = True  # whether something has become known or unknown since the last flush
        self._subscriptions: dict[Subscription, None] = {}
        self._overlays: list[ref[Overlay[K, V_co]]] = []  # of views, each wants to know what changes

    # -- reading -----------------------------------------------------------------------------------

    def __getitem__(self, key: K) -> V_co:
        self._forbid_untracked()
        return self._values[key]

    def __iter__(self) -> Iterator[K]:
        self._forbid_untracked()
        return iter(self._values)

    def __len__(self) -> int:
        self._forbid_untracked()
        return len(self._values)

    def __contains__(self, key: object) -> bool:
        self._forbid_untracked()
        return key in self._values

    def __repr__(self) -> str:
        state = "closed" if self.closed else "synced" if self.synced else "not synced"
        return f"<{self.kind} {self.name!r}, {len(self._values)} keys, {state}>"

    __hash__ = object.__hash__
    __eq__ = object.__eq__

    @property
    def pending(self) -> frozenset[str]:
        """Names of the sources and collections that this one waits for: to be synced, or since then for some keys."""
        return frozenset() if self.synced else frozenset({self.name})

    @property
    def failures(self) -> Mapping[Any, Failure]:
        """Input keys whose transform failed, with the reason; their last good output is still here."""
        return {}

    @property
    def label(self) -> str:
        """What explanations call it."""
        return self.name

    # -- deriving ----------------------------------------------------------------------------------

    def map(self, fn: Callable[[Context, V_co], W | None], *, name: str) -> Collection[K, W]:
        """A collection with the same keys and, for each, what *fn* returns; None leaves the key out.

        *fn* must be a pure function of the value and of what it reads through its context.
        """
        from krt.derived import Map

        return Map(self, fn, name)

    def flat_map(
        self, fn: Callable[[Context, V_co], Mapping[J, W]], *, name: str, on_conflict: OnConflict[W] = "fail"
    ) -> Collection[J, W]:
        """A collection of all entries that *fn* returns, for all values; an entry of None is left out.

        If several inputs make one key, the input whose own key sorts first has it, whatever came first; so
        equal sources give equal outputs on every replica. With "fail", the others show in `failures` as a
        DuplicateKeyError that names both, as to this key; with "first", they give way in silence. A function
        gets the values of all, in the order of the inputs' keys, and makes one of them, or None.
        """
        from krt.flat_map import FlatMap

        return FlatMap(self, fn, name, on_conflict)

    def index(self, by: Callable[[V_co], Iterable[A]], *, name: str) -> Index[A, K, V_co]:
        """A secondary index: the values for which *by* yields a given index value.

        Asked again for the same name and the very same function, it is the same index.
        """
        if self.closed:
            raise ClosedError(f"{self.name!r} is closed: it cannot be indexed")
        index = self._indexes.get(name)
        if index is None:
            index = self._indexes[name] = Index(self, by, name)
        elif index._by is not by:
            raise DuplicateNameError(f"collection {self.name!r} has an index {name!r} already: choose another name")
        return index

    def subscribe(self, on_delta: Callable[[Delta[K, V_co]], None], *, replay: bool = True) -> Subscription:
        """Calls *on_delta* after each transaction that changed this collection, with the net change.

        With *replay* it is first called, at once, with all that is there now, if anything is.
        """
        return self.graph._subscribe(lambda commit: on_delta(commit.deltas[self.name]), (self,), replay=replay)

    def close(self) -> None:
        """Takes this collection, and those derived from it, out of the graph. Closing twice is allowed.

        It stays readable as it is, its name is free again, nothing upstream remembers it, and nobody is
        called any more. Transforms of others that read it keep their outputs; to read it again is a ClosedError.
        """
        if self.closed:
            return
        self.graph._forbid_in_transaction(f"collection {self.name!r} was closed")
        for child in tuple(self._children):
            child._input_closed(self)
        self._detach()
        for subscription in tuple(self._subscriptions):
            subscription._drop(self)
        self.graph._forget(self)
        self.closed = True
        self.rank = sys.maxsize  # so that one comparison refuses both later and closed collections
        self._readers.clear()
        self._children.clear()

    # -- for this package --------------------------------------------------------------------------

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
            self.graph._failed(f"equality of the values of {self.name!r}", key, error)
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
