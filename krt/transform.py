"""Collections made by a user's transform, run once for each dirty key of the parent."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from inspect import iscoroutinefunction
from types import CoroutineType
from typing import Any, ClassVar

from krt.collection import Collection, Context
from krt.derived import Derived
from krt.errors import KeepPrevious, OutputTypeError
from krt.keyed_node import KeyedNode
from krt.reads import Read, enter, leave
from krt.recorder import Outcome
from krt.type_variables import K, V

KEPT: Any = type("KEPT", (), {"__repr__": lambda _: "KEPT"})()
"""Result of a run that leaves the last output as it is."""


class Transformed(Derived[K, V]):
    """A collection made by a user's transform, run once for each dirty key of its parent."""

    def __init__(self, parent: Collection[Any, Any], fn: Callable[[Context, Any], Any], name: str) -> None:
        _refuse_async(fn, name)
        super().__init__((parent,), name)
        self._fn = fn
        self._context = Context(self)
        self._reads: dict[Any, list[Read]] = {}
        self._parked: dict[Any, KeyedNode[Any, Any]] = {}
        self._kept: dict[Any, str] = {}  # input keys whose last run raised KeepPrevious, with the reason
        self._start()

    def _awaited(self) -> Iterable[KeyedNode[Any, Any]]:
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
                self.graph._failures.interruption = error
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

    def _park(self, key: Any, awaited: KeyedNode[Any, Any], at: Any) -> Any:
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
