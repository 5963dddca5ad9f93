"""Reports: the state of all layers at one moment, as immutable values."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import assert_never

from probes.layer import Degraded, Failed, Passed, Verdict, Waiting

_NAMED_IN_SUMMARY = 4


class Status(StrEnum):
    """Where a check or a layer stands."""

    PASSED = "passed"
    DEGRADED = "degraded"
    """Counts as passed."""
    WAITING = "waiting"
    FAILED = "failed"
    BLOCKED = "blocked"
    """Not asked: an earlier layer has not passed."""

    @property
    def good(self) -> bool:
        """Whether this counts as passed."""
        return self in _GOOD


_GOOD = frozenset({Status.PASSED, Status.DEGRADED})
_FROM_BEST = (Status.PASSED, Status.DEGRADED, Status.WAITING, Status.FAILED, Status.BLOCKED)


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckReport:
    """One check. Times are seconds on the gate's clock."""

    name: str
    status: Status
    reason: str = ""
    """One line; the detail of a check that passed."""
    since: float
    """When this status began; the reason may have changed meanwhile."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LayerReport:
    """One layer with its checks. Times are seconds on the gate's clock."""

    name: str
    status: Status
    reason: str = ""
    """Why it has not passed, in one line; "" if it has."""
    since: float
    """When this status began."""
    passed_at: float | None = None
    """When it passed for the first time."""
    took_seconds: float | None = None
    """From the layer before having passed (or the gate's beginning) to this one's having passed, the first time."""
    checks: tuple[CheckReport, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """All layers in their order, at one moment."""

    ready: bool
    at: float
    """When the gate was evaluated."""
    since: float
    """When `ready` became what it is."""
    layers: tuple[LayerReport, ...]

    def why_not(self) -> str:
        """The first layer that has not passed, and what it awaits, in one line; "" if ready."""
        return why_not(self.layers)


def seen(verdict: Verdict) -> tuple[Status, str]:
    """The status of a check with this verdict, and its reason in one line."""
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


def why_not(layers: Iterable[LayerReport]) -> str:
    """The first of *layers* that has not passed, and why, in one line; "" if all have."""
    return next((f"{layer.name}: {layer.reason or layer.status}" for layer in layers if not layer.status.good), "")


def worst(checks: Iterable[CheckReport]) -> Status:
    """The status of a layer with these checks; waiting, if there are none."""
    return max((check.status for check in checks), key=_FROM_BEST.index, default=Status.WAITING)


def summary(checks: Iterable[CheckReport]) -> str:
    """What has failed and what is awaited, by name with reasons, in one line; "" if all have passed.

    At most four of each are named; of the others, the number is given.
    """
    checks = tuple(checks)
    if not checks:
        return "has no checks yet"
    parts = []
    for status, lead in ((Status.FAILED, "failed:"), (Status.WAITING, "waiting for"), (Status.BLOCKED, "blocked:")):
        found = [
            f"{check.name} ({check.reason})" if check.reason else check.name
            for check in checks
            if check.status is status
        ]
        if len(found) > _NAMED_IN_SUMMARY:
            found[_NAMED_IN_SUMMARY:] = [f"and {len(found) - _NAMED_IN_SUMMARY} more"]
        if found:
            parts.append(f"{lead} {', '.join(found)}")
    return "; ".join(parts)
