"""Derived collections: recompute what a change touched, nothing else."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from inspect import iscoroutinefunction
from types import CoroutineType, MappingProxyType
from typing import TYPE_CHECKING, Any, ClassVar

from krt.collection import Collection
from krt.context import Context
from krt.delta import Failure, failure
from krt.errors import ClosedError, KeepPrevious, OutputTypeError, RankError
from krt.reads import Read, enter, leave
from krt.type_variables import K, V

if TYPE_CHECKING:
    from krt.index import Index
    from krt.recorder import Outcome

KEPT: Any = type("KEPT", (), {"__repr__": lambda _: "KEPT"})()
"""Result of a run that leaves the last output as it is."""


class Derived(Collection[K, V]):
    """What the derived kinds share: dirty input keys, and when to be synced."""

    def __init__(self, parents: Sequence[Collection[Any, Any]], name: str) -> None:
        super().__init__(parents[0].graph, name)
        for parent in parents:
            self._check_parent(parent)
        self._parents = tuple(parents)
        self._dirty: dict[Any, Collection[Any, Any] | Index[Any, Any, Any]] = {}
        self._failures: dict[Any, Failure] = {}

    def _start(self) -> None:
        """Computes what can be computed of the parents' present contents. Last act of a constructor."""
        for parent in self._parents:
            parent._children[self] = None
            self._input_changed(parent, parent._values)
        self.graph._adopt(self)

    def _check_parent(self, parent: Collection[Any, Any]) -> None:
        if parent.rank < self.rank and parent.graph is self.graph:
            return
        self.graph._forget(self)
        if parent.closed:
            raise ClosedError(f"{self.name!r} cannot be derived from {parent.name!r}, which is closed")
        raise RankError(
            f"{self.name!r} cannot be derived from {parent.name!r}, which comes after it or belongs to another graph: "
            f"create {parent.name!r} first, in the same graph"
        )

    @property
    def inputs(self) -> tuple[str, ...]:
        """Names of the collections that this one is derived from, key by key."""
        return tuple(parent.name for parent in self._parents)

    @property
    def pending(self) -> frozenset[str]:
        """Names of the sources and collections that this one waits for: to be synced, or since then for some keys."""
        if self.synced and not self._doubtful:
            return frozenset()
        return frozenset().union(*(collection.pending for collection in self._awaited()))

    @property
    def failures(self) -> Mapping[Any, Failure]:
        """Input keys whose transform failed, with the reason; their last good output is still here."""
        return MappingProxyType(self._failures)

    # -- for this package --------------------------------------------------------------------------

    def _awaited(self) -> Iterable[Collection[Any, Any]]:
        """All that has to be synced before this can be."""
        return self._parents

    def _is_complete(self) -> bool:
        """Whether it can be synced now."""
        return all(collection.synced for collection in self._awaited())

    def _is_doubtful(self) -> bool:
        """Whether something may be missing, now that it has synced."""
        return any(parent._doubtful for parent in self._parents)

    def _doubts(self, key: Any) -> bool:
        return (self._doubtful or not self.synced) and key not in self._values

    def _input_changed(self, _parent: Collection[Any, Any], keys: Iterable[Any]) -> None:
        self._wake_all(keys, _parent)

    def _input_closed(self, _parent: Collection[Any, Any]) -> None:
        self.close()

    def _wake(self, key: Any, cause: Collection[Any, Any] | Index[Any, Any, Any]) -> None:
        self._dirty[key] = cause
        self.graph._enqueue(self)

    def _wake_all(self, keys: Iterable[Any], cause: Collection[Any, Any] | Index[Any, Any, Any]) -> None:
        if self._dirty:
            self._dirty.update(dict.fromkeys(keys, cause))
        else:
            self._dirty = dict.fromkeys(keys, cause)
        self.graph._enqueue(self)

    def _detach(self) -> None:
        for parent in self._parents:
            parent._children.pop(self, None)

    def _flush(self) -> None:
        if self._dirty:
            dirty, self._dirty = self._dirty, {}
            self.counters.runs += len(dirty)
            self._recompute(dirty)
            if self.graph._recorder is not None:
                self.graph._recorder.ran(self, dirty)
        if not self.synced and self._is_complete():
            self._become_synced()
        if self._learned:
            self._doubtful = self.synced and self._is_doubtful()
        super()._flush()

    def _recompute(self, dirty: Iterable[Any]) -> None:
        """Brings the outputs of these input keys up to date. Never raises."""
        raise NotImplementedError

    def _outcome(self, key: Any) -> Outcome:
        """What came of the last run of a key, before the transaction ends."""
        return "failed" if key in self.failures else "changed" if key in self._before else "cut off"

    def _fail(self, key: Any, error: BaseException) -> None:
        self.counters.failed += 1
        self._failures[key] = failure(error, self.graph.epoch)
        self.graph._failed(f"transform of {self.name!r}", key, error)


class Transformed(Derived[K, V]):
    """A collection made by a user's transform, run once for each dirty key of its parent."""

    def __init__(self, parent: Collection[Any, Any], fn: Callable[[Context, Any], Any], name: str) -> None:
        _refuse_async(fn, name)
        super().__init__((parent,), name)
        self._fn = fn
        self._context = Context(self)
        self._reads: dict[Any, list[Read]] = {}
        self._parked: dict[Any, Collection[Any, Any]] = {}
        self._kept: dict[Any, str] = {}  # input keys whose last run raised KeepPrevious, with the reason
        self._start()

    def _awaited(self) -> Iterable[Collection[Any, Any]]:
        return (*self._parents, *self._parked.values())

    def _is_complete(self) -> bool:
        return not self._parked and self._parents[0].synced

    def _is_doubtful(self) -> bool:
        return bool(self._parked) or self._parents[0]._doubtful

    def _detach(self) -> None:
        super()._detach()
        for key, reads in self._reads.items():
            leave((self, key), reads)
        for key, awaited in self._parked.items():
            awaited._waiting.pop((self, key), None)
        self._reads.clear()

    def _run(self, key: Any, value: Any) -> Any:
        """What the transform makes of one input: its result, None if the input is gone, or KEPT."""
        if self._parked or self._failures or self._kept:
            self._forget_last_run(key)
        if value is None:
            self._remember(key, [])
            return None
        context = self._context
        context.key = key
        result = KEPT
        try:
            result = self._shape(self._fn(context, value))
        except KeepPrevious as keep:
            result = self._keep(key, keep)
        except Exception as error:  # noqa: BLE001 - law 8: what a transform raises costs its own key only
            if context._awaited is None:
                self._fail(key, error)
        except BaseException as error:  # noqa: BLE001 - the settle goes on; the graph raises it in the end
            if context._awaited is None:
                self._fail(key, error)
                self.graph._interruption = error
        if context._awaited is not None:  # whatever the transform made of being parked
            result = self._park(key, context._awaited, context._awaited_at)
            context._awaited = context._awaited_at = None
        reads = context._reads
        if reads:
            context._reads = []
            self._remember(key, reads)
        elif key in self._reads:
            self._remember(key, reads)
        return result

    def _outcome(self, key: Any) -> Outcome:
        return "parked" if key in self._parked else "kept" if key in self._kept else super()._outcome(key)

    def _forget_last_run(self, key: Any) -> None:
        if key in self._parked:
            self._parked.pop(key)._waiting.pop((self, key), None)
            self._learned = True
        self._failures.pop(key, None)
        self._kept.pop(key, None)

    def _shape(self, result: Any) -> Any:
        """The result of a run, if it is of the right kind. Raises: OutputTypeError."""
        if type(result) is CoroutineType:
            result.close()
            raise OutputTypeError(f"transform of {self.name!r} returned a coroutine: a transform is synchronous")
        return result

    def _keep(self, key: Any, keep: KeepPrevious) -> Any:
        self._kept[key] = keep.reason
        self.counters.kept += 1
        if keep.default is None or self._has_output(key):
            return KEPT
        try:
            return self._shape(keep.default)
        except OutputTypeError as error:
            self._fail(key, error)
            return KEPT

    def _has_output(self, key: Any) -> bool:
        return key in self._values

    def _park(self, key: Any, awaited: Collection[Any, Any], at: Any) -> Any:
        self._parked[key] = awaited
        awaited._waiting[(self, key)] = at
        self._learned = True
        self.counters.parked += 1
        return KEPT

    def _remember(self, key: Any, reads: list[Read]) -> None:
        """Enters this run in the lists of readers, instead of the last run of the same key."""
        old = self._reads.get(key)
        if old == reads or (old is None and not reads):
            return
        reader = (self, key)
        if old is not None:
            leave(reader, old)
        enter(reader, reads)
        if reads:
            self._reads[key] = reads
        else:
            del self._reads[key]


class Map(Transformed[K, V]):
    """`Collection.map`: the parent's keys, each with what the transform returns."""

    kind: ClassVar[str] = "map"

    def _doubts(self, key: Any) -> bool:
        if not (self._doubtful and self.synced):
            return super()._doubts(key)
        return key not in self._values and (key in self._parked or self._parents[0]._doubts(key))

    def _recompute(self, dirty: Iterable[Any]) -> None:
        inputs = self._parents[0]._values
        for key in dirty:
            result = self._run(key, inputs.get(key))
            if result is not KEPT:
                try:
                    self._put(key, result)
                except Exception as error:  # noqa: BLE001 - the values' own equality
                    self._fail(key, error)


class Singleton(Map[str, V]):
    """`Graph.singleton`: at most one value, under the key ""."""

    kind: ClassVar[str] = "singleton"

    def __init__(self, unit: Collection[str, Any], fn: Callable[[Context], V | None], name: str) -> None:
        _refuse_async(fn, name)
        super().__init__(unit, lambda ctx, _: fn(ctx), name)

    @property
    def value(self) -> V | None:
        """The value, or None if there is none."""
        return self.get("")

    def _detach(self) -> None:
        super()._detach()
        for unit in self._parents:
            unit.close()


def _refuse_async(fn: Callable[..., Any], name: str) -> None:
    if iscoroutinefunction(fn):
        raise OutputTypeError(f"transform of {name!r} is async: a transform is synchronous; await outside the graph")
