"""`Collection.flat_map`: many outputs per input, each output key owned by one input."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, ClassVar

from krt.collection import Collection, Context, OnConflict
from krt.errors import DuplicateKeyError, OutputTypeError
from krt.failures import Failure, failure
from krt.key_order import in_order
from krt.key_types import FIT_TYPES, check_key
from krt.recorder import Outcome
from krt.transform import KEPT, Transformed
from krt.type_variables import K, V


class FlatMap(Transformed[K, V]):
    """The entries that the transform returns. Who owns a key follows from who claims it, never from who came first."""

    kind: ClassVar[str] = "flat_map"

    def __init__(
        self,
        parent: Collection[Any, Any],
        fn: Callable[[Context, Any], Mapping[K, V]],
        name: str,
        on_conflict: OnConflict[V],
    ) -> None:
        self._on_conflict = on_conflict
        self._outputs: dict[Any, dict[K, V]] = {}  # by input key: all it claims
        self._owners: dict[K, Any] = {}  # output key -> the input that has it
        self._rivals: dict[K, dict[Any, None]] = {}  # output key -> all inputs that claim it, where these are several
        self._unmet: dict[Any, dict[K, Failure]] = {}  # input key -> output key -> why its claim is not met
        self._touches: dict[Any, tuple[K, ...]] = {}  # while recording: input key -> outputs it had or has
        super().__init__(parent, fn, name)

    @property
    def failures(self) -> Mapping[Any, Failure]:
        """Input keys whose transform failed, or whose outputs another input has, with the reason."""
        unmet = {key: next(iter(reasons.values())) for key, reasons in self._unmet.items()}
        return {**unmet, **self._failures}

    def _shape(self, result: Any) -> Any:
        if type(result) is not dict and not isinstance(result, Mapping):
            super()._shape(result)
            raise OutputTypeError(
                f"transform of {self.name!r} returned a {type(result).__name__}: it must return a mapping"
            )
        shaped = {key: value for key, value in result.items() if value is not None}
        for key in shaped:
            if type(key) not in FIT_TYPES:
                check_key(self.name, key)
        return shaped

    def _has_output(self, key: Any) -> bool:
        return key in self._outputs

    def _outcome(self, key: Any) -> Outcome:
        outcome = super()._outcome(key)
        touched = self._touches.pop(key, ())
        return "changed" if outcome == "cut off" and any(name in self._before for name in touched) else outcome

    def _recompute(self, dirty: Iterable[Any]) -> None:
        inputs = self._parents[0]._values
        touched: dict[K, None] = {}
        for key in dirty:
            result = self._run(key, inputs.get(key))
            if result is KEPT:
                continue
            before = self._outputs.pop(key, {})
            after = result or {}
            for name in before:
                touched[name] = None
                if name not in after:
                    self._withdraw(key, name)
            for name in after:
                touched[name] = None
                if name not in before:
                    self._claim(key, name)
            if after:
                self._outputs[key] = after
            if self.graph._recorder is not None:
                self._touches[key] = (*before, *after)
        contested = self._rivals or self._unmet
        for name in touched:
            owner = self._owners.get(name)
            if contested or owner is None:
                self._decide(name)
            else:
                self._yield(owner, name)

    def _claim(self, key: Any, name: K) -> None:
        owner = self._owners.setdefault(name, key)
        if owner != key:
            self._rivals.setdefault(name, {owner: None})[key] = None

    def _withdraw(self, key: Any, name: K) -> None:
        if self._unmet:
            self._meet(key, name)
        rivals = self._rivals.get(name)
        if rivals is None:
            del self._owners[name]
            return
        del rivals[key]
        if len(rivals) == 1:
            (self._owners[name],) = rivals
            del self._rivals[name]

    def _decide(self, name: K) -> None:
        """Gives an output key the value that its claims make, now that all of them are known."""
        if name not in self._owners:
            self._put(name, None)
            return
        claims = in_order(self._rivals[name]) if name in self._rivals else [self._owners[name]]
        self._owners[name] = owner = claims[0]
        for key in claims:
            self._meet(key, name)
        self._yield(owner, name, claims)
        if self._on_conflict == "fail":
            for key in claims[1:]:
                message = f"{self.name!r}: inputs {owner!r} and {key!r} both make {name!r}: {owner!r} has it"
                self._deny(key, name, DuplicateKeyError(message))

    def _yield(self, owner: Any, name: K, claims: Sequence[Any] = ()) -> None:
        """Puts the value under an output key: the owner's, or what the user's function makes of all claims."""
        try:
            if len(claims) > 1 and not isinstance(self._on_conflict, str):
                self._put(name, self._on_conflict([self._outputs[key][name] for key in claims]))
            else:
                self._put(name, self._outputs[owner][name])
        except Exception as error:  # noqa: BLE001 - the user's function, or the values' own equality
            self._deny(owner, name, error)

    def _deny(self, key: Any, name: K, error: Exception) -> None:
        self.counters.failed += 1
        self._unmet.setdefault(key, {})[name] = failure(error, self.graph.epoch)
        self.graph._failures.add(f"transform of {self.name!r}", key, error)

    def _meet(self, key: Any, name: K) -> None:
        reasons = self._unmet.get(key)
        if reasons is not None:
            reasons.pop(name, None)
            if not reasons:
                del self._unmet[key]
