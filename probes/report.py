"""Reports: the state of all layers at one moment, as immutable values."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import assert_never

from probes.layer import Degraded, Failed, Passed, Verdict, Waiting

_MAX_NAMES = 4
"""How many checks of each status `summarize_checks` names."""


class Status(StrEnum):
    """The state of a check or a layer."""

    PASSED = "passed"
    DEGRADED = "degraded"
    """Counts as passed."""
    WAITING = "waiting"
    FAILED = "failed"
    BLOCKED = "blocked"
    """Not evaluated, because an earlier layer has not passed."""

    @property
    def ok(self) -> bool:
        """Whether this status counts as passed."""
        return self in _OK


_OK = frozenset({Status.PASSED, Status.DEGRADED})
_BEST_TO_WORST = (Status.PASSED, Status.DEGRADED, Status.WAITING, Status.FAILED, Status.BLOCKED)


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckReport:
    """The state of one check. Times are seconds on the gate's clock."""

    name: str
    status: Status
    reason: str = ""
    """The reason or detail of the verdict, in one line."""
    since: float
    """When the check entered this status. A new reason alone does not change it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LayerReport:
    """The state of one layer and its checks. Times are seconds on the gate's clock."""

    name: str
    status: Status
    reason: str = ""
    """Why the layer has not passed, in one line; "" if it has."""
    since: float
    """When the layer entered this status."""
    passed_at: float | None = None
    """When the layer passed for the first time."""
    took_seconds: float | None = None
    """Time from the first pass of the previous layer (for the first layer: from the gate's start) to `passed_at`."""
    checks: tuple[CheckReport, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """The state of all layers, in order. Times are seconds on the gate's clock."""

    ready: bool
    at: float
    """When the gate was evaluated."""
    since: float
    """When `ready` took its present value."""
    layers: tuple[LayerReport, ...]

    @property
    def reason(self) -> str:
        """The first layer that has not passed, and why, in one line; "" if ready."""
        return not_ready_reason(self.layers)


def not_ready_reason(layers: Iterable[LayerReport]) -> str:
    """The first of *layers* that has not passed, and why, in one line; "" if all have passed."""
    return next((f"{layer.name}: {layer.reason or layer.status}" for layer in layers if not layer.status.ok), "")


def read_verdict(verdict: Verdict) -> tuple[Status, str]:
    """The status that *verdict* gives its check, and the reason in one line."""
    match verdict:
        case Passed(reason):
            status = Status.PASSED
        case Degraded(reason):
            status = Status.DEGRADED
        case Waiting(reason):
            status = Status.WAITING
        case Failed(reason):
            status = Status.FAILED
        case _:
            assert_never(verdict)
    return status, " ".join(reason.split())


def worst_status(checks: Iterable[CheckReport]) -> Status:
    """The status of a layer with these checks; WAITING if there are none."""
    return max((check.status for check in checks), key=_BEST_TO_WORST.index, default=Status.WAITING)


def summarize_checks(checks: Iterable[CheckReport]) -> str:
    """The checks that have not passed, with reasons, in one line; "" if all have passed.

    Names at most four checks of each status and counts the others.
    """
    checks = tuple(checks)
    if not checks:
        return "has no checks yet"
    parts = []
    for status, label in ((Status.FAILED, "failed:"), (Status.WAITING, "waiting for"), (Status.BLOCKED, "blocked:")):
        names = [
            f"{check.name} ({check.reason})" if check.reason else check.name
            for check in checks
            if check.status is status
        ]
        if len(names) > _MAX_NAMES:
            names[_MAX_NAMES:] = [f"and {len(names) - _MAX_NAMES} more"]
        if names:
            parts.append(f"{label} {', '.join(names)}")
    return "; ".join(parts)


def exclude_checks(layers: Iterable[LayerReport], excluded: Collection[str]) -> list[LayerReport]:
    """*layers* without the layers and checks named in *excluded* (as `layer` or `layer/check`).

    The remaining checks decide the status of their layer. A blocked layer stays blocked, because its checks were not
    evaluated. A layer of which no check remains is left out.
    """
    remaining = []
    for layer in layers:
        if layer.name in excluded:
            continue
        checks = tuple(check for check in layer.checks if f"{layer.name}/{check.name}" not in excluded)
        if len(checks) == len(layer.checks):
            remaining.append(layer)
        elif layer.status is Status.BLOCKED:
            remaining.append(replace(layer, checks=checks))
        elif checks:
            status = worst_status(checks)
            reason = "" if status.ok else summarize_checks(checks)
            remaining.append(replace(layer, checks=checks, status=status, reason=reason))
    return remaining


def check_as_layer(layer: LayerReport, check: CheckReport) -> LayerReport:
    """One check of *layer* as a layer by itself, named `layer/check`."""
    reason = layer.reason if check.status is Status.BLOCKED else check.reason
    return LayerReport(name=f"{layer.name}/{check.name}", status=check.status, reason=reason, since=check.since)
