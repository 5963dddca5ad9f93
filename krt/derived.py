"""Derived collections: recompute what a change touched, nothing else."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

from krt.collection import Collection
from krt.context import Context, Read
from krt.delta import Failure
from krt.errors import DuplicateKeyError, KeepPrevious, Parked

if TYPE_CHECKING:
    from krt.index import Index

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")
W = TypeVar("W")
J = TypeVar("J", bound=Hashable)
I = TypeVar("I", bound=Hashable)  # noqa: E741 - an index's values

_KEPT: Any = object()  # result of a run that leaves the last output as it is


class Derived(Collection[K, V]):
    """What the derived kinds share: dirty input keys, and when to be synced."""

    def __init__(self, parents: Sequence[Collection[Any, Any]], name: str) -> None:
        super().__init__(parents[0].graph, name)
        self._parents = parents
        self._dirty: dict[Any, None] = {}
        self._parked: dict[Any, Collection[Any, Any]] = {}

    def _start(self) -> None:
        """Computes what can be computed of the parents' present contents. Last act of a constructor."""
        for parent in self._parents:
            parent._children.append(self)
            self._dirty.update(dict.fromkeys(parent._values))
        self.graph._adopt(self)

    @property
    def pending(self) -> frozenset[str]:
        """Names of the sources and collections that this one waits for before it can be synced."""
        if self.synced:
            return frozenset()
        awaited = {*self._parents, *self._parked.values()}
        return frozenset().union(*(collection.pending for collection in awaited))

    def _wake(self, key: Any) -> None:
        self._dirty[key] = None
        self.graph._enqueue(self)

    def _wake_all(self, keys: Iterable[Any]) -> None:
        self._dirty.update(dict.fromkeys(keys))
        self.graph._enqueue(self)

    def _flush(self) -> None:
        if self._dirty:
            dirty, self._dirty = self._dirty, {}
            self._recompute(dirty)
        if not self.synced and not self._parked and all(parent.synced for parent in self._parents):
            self._become_synced()
        super()._flush()

    def _recompute(self, dirty: Iterable[Any]) -> None:
        raise NotImplementedError


class Transformed(Derived[K, V]):
    """A collection made by a user's transform, run once for each dirty key of its parent."""

    def __init__(self, parent: Collection[Any, Any], fn: Callable[[Context, Any], Any], name: str) -> None:
        super().__init__((parent,), name)
        self._fn = fn
        self._context = Context(self)
        self._reads: dict[Any, list[Read]] = {}
        self._failures: dict[Any, Failure] = {}
        self._start()

    @property
    def failures(self) -> Mapping[Any, Failure]:
        """Input keys whose transform failed, with the reason; their last good output is still here."""
        return self._failures

    def _run(self, key: Any, value: Any) -> Any:
        """What the transform makes of one input: its result, None if the input is gone, or _KEPT."""
        if key in self._parked:
            self._parked.pop(key)._sync_readers.pop((self, key), None)
        if self._failures:
            self._failures.pop(key, None)
        if value is None:
            self._remember(key, [])
            return None
        context = self._context
        graph = self.graph
        graph._running = self
        try:
            result = self._fn(context, value)
        except Parked as parked:
            result = _KEPT
            self._parked[key] = awaited = parked.awaited  # type: ignore[assignment]
            awaited._sync_readers[(self, key)] = None  # type: ignore[attr-defined]
        except KeepPrevious:
            result = _KEPT
        except Exception as error:  # noqa: BLE001 - law 8: what a transform raises costs its own key only
            result = _KEPT
            self._fail(key, error)
        finally:
            graph._running = None
        reads = context._reads
        if reads:
            context._reads = []
            self._remember(key, reads)
        elif key in self._reads:
            self._remember(key, reads)
        return result

    def _remember(self, key: Any, reads: list[Read]) -> None:
        """Enters this run in the lists of readers, instead of the last run of the same key."""
        old = self._reads.get(key)
        if old == reads or (old is None and not reads):
            return
        reader = (self, key)
        for readers, at in old or ():
            entered = at._whole_readers if readers is None else readers.get(at, {})
            entered.pop(reader, None)
            if readers is not None and not entered:
                readers.pop(at, None)
        for readers, at in reads:
            if readers is None:
                at._whole_readers[reader] = None
            else:
                readers.setdefault(at, {})[reader] = None
        if reads:
            self._reads[key] = reads
        else:
            del self._reads[key]

    def _fail(self, key: Any, error: Exception) -> None:
        self._failures[key] = Failure(error, self.graph.epoch)
        self.graph._failed(self, key, error)


class Map(Transformed[K, V]):
    """`Collection.map`: the parent's keys, each with what the transform returns."""

    def _recompute(self, dirty: Iterable[Any]) -> None:
        inputs = self._parents[0]._values
        for key in dirty:
            result = self._run(key, inputs.get(key))
            if result is not _KEPT:
                self._put(key, result)


class FlatMap(Transformed[K, V]):
    """`Collection.flat_map`: the entries that the transform returns, each owned by the input that it came from."""

    def __init__(self, parent: Collection[Any, Any], fn: Callable[[Context, Any], Mapping[K, V]], name: str) -> None:
        self._outputs: dict[Any, Mapping[K, V]] = {}  # by input key
        self._owners: dict[K, Any] = {}  # output key -> input key
        self._denied: dict[K, dict[Any, None]] = {}  # output key -> input keys that claim it in vain
        super().__init__(parent, fn, name)

    def _recompute(self, dirty: Iterable[Any]) -> None:
        inputs = self._parents[0]._values
        results = {key: self._run(key, inputs.get(key)) for key in dirty}
        changed = {key: result or {} for key, result in results.items() if result is not _KEPT}
        # Let go first, claim then: an output key that moves from one input to another is no conflict.
        freed: dict[K, None] = {}
        for key, outputs in changed.items():
            for name in self._outputs.pop(key, ()):
                if name not in outputs or self._owners.get(name) != key:
                    self._let_go(key, name, freed)
            if outputs:
                self._outputs[key] = outputs
        for key, outputs in changed.items():
            for name, value in outputs.items():
                self._claim(key, name, value)
        for name in freed:
            if name not in self._owners:
                self._inherit(name)

    def _let_go(self, key: Any, name: K, freed: dict[K, None]) -> None:
        if self._owners.get(name) == key:
            del self._owners[name]
            freed[name] = None
        elif name in self._denied:
            self._denied[name].pop(key, None)
            if not self._denied[name]:
                del self._denied[name]

    def _claim(self, key: Any, name: K, value: V) -> None:
        owner = self._owners.setdefault(name, key)
        if owner == key:
            self._put(name, value)
            return
        self._denied.setdefault(name, {})[key] = None
        message = f"{self.name!r}: inputs {owner!r} and {key!r} both make {name!r}: {owner!r} keeps it"
        self._fail(key, DuplicateKeyError(message))

    def _inherit(self, name: K) -> None:
        """Gives a key that its owner let go to the next that claims it, or drops it."""
        for key in tuple(self._denied.pop(name, ())):
            if name in self._outputs.get(key, {}):
                self._failures.pop(key, None)
                self._claim(key, name, self._outputs[key][name])
        if name not in self._owners:
            self._put(name, None)


class Merge(Derived[K, V]):
    """`Graph.merge`: all entries of several collections; of equal keys, the first collection's."""

    def __init__(self, parents: Sequence[Collection[K, V]], name: str) -> None:
        super().__init__(parents, name)
        self._start()

    def _recompute(self, dirty: Iterable[Any]) -> None:
        for key in dirty:
            values = (parent._values.get(key) for parent in self._parents)
            self._put(key, next((value for value in values if value is not None), None))


class Group(Derived[I, tuple[V, ...]]):
    """`Index.group`: an index as a collection."""

    def __init__(self, index: Index[I, Any, V], name: str) -> None:
        super().__init__((index.collection,), name)
        self._index = index
        index._groups.append(self)
        self._dirty = dict.fromkeys(index._buckets)
        self.graph._adopt(self)

    def _recompute(self, dirty: Iterable[Any]) -> None:
        buckets = self._index._buckets
        for at in dirty:
            bucket = buckets.get(at)
            self._put(at, tuple(bucket.values()) if bucket else None)
