"""Flat maps: several outputs per input, and one owner for each output key."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, ClassVar

from krt.collection import Collection, Context, OnConflict
from krt.errors import DuplicateKeyError, OutputTypeError
from krt.failures import Failure, describe_failure
from krt.key_order import sort_keys
from krt.key_types import IMMUTABLE_TYPES, check_key
from krt.recorder import Outcome
from krt.transform import KEEP_OUTPUT, TransformCollection
from krt.type_variables import K, V


class FlatMap(TransformCollection[K, V]):
    """The result of `Collection.flat_map`.

    An input claims the output keys that its transform returned. Of several inputs that claim a key, the first in the
    order of keys owns it, whichever claimed it first.
    """

    kind: ClassVar[str] = "flat_map"

    def __init__(
        self,
        parent: Collection[Any, Any],
        fn: Callable[[Context, Any], Mapping[K, V]],
        name: str,
        on_conflict: OnConflict[V],
    ) -> None:
        self._on_conflict = on_conflict
        self._outputs: dict[Any, dict[K, V]] = {}  # input key -> the entries that it claims
        self._owners: dict[K, Any] = {}  # output key -> the input that owns it
        self._contested: dict[K, dict[Any, None]] = {}  # output key -> the inputs that claim it, if several do
        self._rejected: dict[Any, dict[K, Failure]] = {}  # input key -> output key -> why its claim failed
        self._recorded_outputs: dict[
            Any, tuple[K, ...]
        ] = {}  # only with a recorder: input key -> its old and new output keys
        super().__init__(parent, fn, name)

    @property
    def failures(self) -> Mapping[Any, Failure]:
        """Input key -> why its transform failed, or why another input owns one of its output keys."""
        rejected = {key: next(iter(reasons.values())) for key, reasons in self._rejected.items()}
        return {**rejected, **self._failures}

    def _checked_output(self, result: Any) -> Any:
        if type(result) is not dict and not isinstance(result, Mapping):
            super()._checked_output(result)
            raise OutputTypeError(
                f"transform of {self.name!r} returned a {type(result).__name__}: it must return a mapping"
            )
        output = {key: value for key, value in result.items() if value is not None}
        for key in output:
            if type(key) not in IMMUTABLE_TYPES:
                check_key(self.name, key)
        return output

    def _has_output(self, key: Any) -> bool:
        return key in self._outputs

    def _outcome_of(self, key: Any) -> Outcome:
        outcome = super()._outcome_of(key)
        touched = self._recorded_outputs.pop(key, ())
        return "changed" if outcome == "cut off" and any(name in self._old_values for name in touched) else outcome

    def _recompute(self, dirty: Iterable[Any]) -> None:
        inputs = self._parents[0]._values
        touched: dict[K, None] = {}
        for key in dirty:
            result = self._run(key, inputs.get(key))
            if result is KEEP_OUTPUT:
                continue
            old = self._outputs.pop(key, {})
            new = result or {}
            for name in old:
                touched[name] = None
                if name not in new:
                    self._remove_claim(key, name)
            for name in new:
                touched[name] = None
                if name not in old:
                    self._add_claim(key, name)
            if new:
                self._outputs[key] = new
            if self.graph._recorder is not None:
                self._recorded_outputs[key] = (*old, *new)
        contested = self._contested or self._rejected
        for name in touched:
            owner = self._owners.get(name)
            if contested or owner is None:
                self._resolve(name)
            else:
                self._set_output(owner, name)

    def _add_claim(self, key: Any, name: K) -> None:
        owner = self._owners.setdefault(name, key)
        if owner != key:
            self._contested.setdefault(name, {owner: None})[key] = None

    def _remove_claim(self, key: Any, name: K) -> None:
        if self._rejected:
            self._clear_rejection(key, name)
        claimants = self._contested.get(name)
        if claimants is None:
            del self._owners[name]
            return
        del claimants[key]
        if len(claimants) == 1:
            (self._owners[name],) = claimants
            del self._contested[name]

    def _resolve(self, name: K) -> None:
        """Sets the owner and the value of an output key. Call it when all claims of this settle are known."""
        if name not in self._owners:
            self._set_value(name, None)
            return
        claims = sort_keys(self._contested[name]) if name in self._contested else [self._owners[name]]
        self._owners[name] = owner = claims[0]
        for key in claims:
            self._clear_rejection(key, name)
        self._set_output(owner, name, claims)
        if self._on_conflict == "fail":
            for key in claims[1:]:
                message = (
                    f"{self.name!r}: inputs {owner!r} and {key!r} both return the key {name!r}, and "
                    f"{owner!r} sorts first: return distinct keys, or pass on_conflict"
                )
                self._reject(key, name, DuplicateKeyError(message))

    def _set_output(self, owner: Any, name: K, claims: Sequence[Any] = ()) -> None:
        """Sets the value of an output key: the owner's, or the result of `on_conflict` for all claims."""
        try:
            if len(claims) > 1 and not isinstance(self._on_conflict, str):
                self._set_value(name, self._on_conflict([self._outputs[key][name] for key in claims]))
            else:
                self._set_value(name, self._outputs[owner][name])
        except Exception as error:  # noqa: BLE001 - the user's function, or the values' own equality
            self._reject(owner, name, error)

    def _reject(self, key: Any, name: K, error: Exception) -> None:
        self.counters.failed += 1
        self._rejected.setdefault(key, {})[name] = describe_failure(error, self.graph.epoch)
        self.graph._failure_reports.add(f"transform of {self.name!r}", key, error)

    def _clear_rejection(self, key: Any, name: K) -> None:
        reasons = self._rejected.get(key)
        if reasons is not None:
            reasons.pop(name, None)
            if not reasons:
                del self._rejected[key]
