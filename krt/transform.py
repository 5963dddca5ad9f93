"""Collections that run a user's transform for each dirty key of their parent."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from inspect import iscoroutinefunction
from types import CoroutineType
from typing import Any, ClassVar

from krt.collection import Collection, Context
from krt.derived import DerivedCollection
from krt.errors import KeepPrevious, OutputTypeError
from krt.keyed_node import KeyedNode
from krt.reads import Read, add_reader, remove_reader
from krt.recorder import Outcome
from krt.type_variables import K, V

KEEP_OUTPUT: Any = type("KEEP_OUTPUT", (), {"__repr__": lambda _: "KEEP_OUTPUT"})()
"""The result of a run that keeps the last output."""


class TransformCollection(DerivedCollection[K, V]):
    """Runs a transform once for each dirty key of its parent, and tracks what it reads."""

    def __init__(self, parent: Collection[Any, Any], fn: Callable[[Context, Any], Any], name: str) -> None:
        _refuse_async(fn, name)
        super().__init__((parent,), name)
        self._transform = fn
        self._context = Context(self)
        self._reads: dict[Any, list[Read]] = {}  # input key -> what its last run read
        self._parked: dict[Any, KeyedNode[Any, Any]] = {}  # input key -> the node that its run waits for
        self._kept: dict[Any, str] = {}  # input key -> the reason of its KeepPrevious
        self._start()

    def _awaited_nodes(self) -> Iterable[KeyedNode[Any, Any]]:
        return (*self._parents, *self._parked.values())

    def _may_become_synced(self) -> bool:
        return not self._parked and self._parents[0].synced

    def _finds_unknown_keys(self) -> bool:
        return bool(self._parked) or self._parents[0]._has_unknown_keys

    def _detach(self) -> None:
        super()._detach()
        for key, reads in self._reads.items():
            remove_reader((self, key), reads)
        for key, awaited in self._parked.items():
            awaited._parked_readers.pop((self, key), None)
        self._reads.clear()

    def _run(self, key: Any, value: Any) -> Any:
        """Runs the transform for one input. Returns its result, None if the input was deleted, or KEEP_OUTPUT."""
        if self._parked or self._failures or self._kept:
            self._forget_outcome(key)
        if value is None:
            self._replace_reads(key, [])
            return None
        context = self._context
        context.key = key
        result = KEEP_OUTPUT
        try:
            result = self._checked_output(self._transform(context, value))
        except KeepPrevious as keep:
            result = self._keep(key, keep)
        except Exception as error:  # noqa: BLE001 - law 8: an error affects only its own key
            if context._waits_for is None:
                self._note_failure(key, error)
        except BaseException as error:  # noqa: BLE001 - the settle goes on; FailureReports.report raises it
            if context._waits_for is None:
                self._note_failure(key, error)
                self.graph._failure_reports.interruption = error
        if context._waits_for is not None:  # even if the transform caught ParkRun
            result = self._park(key, context._waits_for, context._waits_at)
            context._waits_for = context._waits_at = None
        reads = context._reads
        if reads:
            context._reads = []
            self._replace_reads(key, reads)
        elif key in self._reads:
            self._replace_reads(key, reads)
        return result

    def _outcome_of(self, key: Any) -> Outcome:
        return "parked" if key in self._parked else "kept" if key in self._kept else super()._outcome_of(key)

    def _forget_outcome(self, key: Any) -> None:
        if key in self._parked:
            self._parked.pop(key)._parked_readers.pop((self, key), None)
            self._knowledge_changed = True
        self._failures.pop(key, None)
        self._kept.pop(key, None)

    def _checked_output(self, result: Any) -> Any:
        """The output that a result means. Raises: OutputTypeError."""
        if type(result) is CoroutineType:
            result.close()
            raise OutputTypeError(
                f"transform of {self.name!r} returned a coroutine: a transform is synchronous; await outside the graph"
            )
        return result

    def _keep(self, key: Any, keep: KeepPrevious) -> Any:
        self._kept[key] = keep.reason
        self.counters.kept += 1
        if keep.default is None or self._has_output(key):
            return KEEP_OUTPUT
        try:
            return self._checked_output(keep.default)
        except OutputTypeError as error:
            self._note_failure(key, error)
            return KEEP_OUTPUT

    def _has_output(self, key: Any) -> bool:
        return key in self._values

    def _park(self, key: Any, awaited: KeyedNode[Any, Any], at: Any) -> Any:
        self._parked[key] = awaited
        awaited._parked_readers[(self, key)] = at
        self._knowledge_changed = True
        self.counters.parked += 1
        return KEEP_OUTPUT

    def _replace_reads(self, key: Any, reads: list[Read]) -> None:
        """Replaces the reads of the last run of a key by those of this run."""
        old = self._reads.get(key)
        if old == reads or (old is None and not reads):
            return
        reader = (self, key)
        if old is not None:
            remove_reader(reader, old)
        add_reader(reader, reads)
        if reads:
            self._reads[key] = reads
        else:
            del self._reads[key]


class Map(TransformCollection[K, V]):
    """The result of `Collection.map`."""

    kind: ClassVar[str] = "map"

    def _is_unknown(self, key: Any) -> bool:
        if not (self._has_unknown_keys and self.synced):
            return super()._is_unknown(key)
        return key not in self._values and (key in self._parked or self._parents[0]._is_unknown(key))

    def _recompute(self, dirty: Iterable[Any]) -> None:
        inputs = self._parents[0]._values
        for key in dirty:
            result = self._run(key, inputs.get(key))
            if result is not KEEP_OUTPUT:
                try:
                    self._set_value(key, result)
                except Exception as error:  # noqa: BLE001 - the values' own equality
                    self._note_failure(key, error)


class Singleton(Map[str, V]):
    """The result of `Graph.singleton`: a collection of at most one value, under the key ""."""

    kind: ClassVar[str] = "singleton"

    def __init__(self, unit: Collection[str, Any], fn: Callable[[Context], V | None], name: str) -> None:
        _refuse_async(fn, name)
        super().__init__(unit, lambda ctx, _: fn(ctx), name)

    @property
    def value(self) -> V | None:
        """The value, or None."""
        return self.get("")

    def _detach(self) -> None:
        super()._detach()
        for unit in self._parents:
            unit.close()


def _refuse_async(fn: Callable[..., Any], name: str) -> None:
    if iscoroutinefunction(fn):
        raise OutputTypeError(f"transform of {name!r} is async: a transform is synchronous; await outside the graph")
