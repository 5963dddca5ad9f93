"""Verdicts and layers: what a check says, and in which order layers of checks are asked."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeAlias


@dataclass(frozen=True, slots=True)
class Passed:
    """All is well."""

    detail: str = ""
    """A fact worth showing, as in `10003 objects`."""


@dataclass(frozen=True, slots=True)
class Degraded:
    """Good enough to go on, and somebody should look. Counts as passed."""

    reason: str


@dataclass(frozen=True, slots=True)
class Waiting:
    """Not yet; no action is needed."""

    reason: str
    """What is awaited, and how far it has got, as in `listing, 12000 so far`."""


@dataclass(frozen=True, slots=True)
class Failed:
    """Will not pass until somebody acts."""

    reason: str
    """What is wrong, and the next step."""


Verdict: TypeAlias = Passed | Degraded | Waiting | Failed


@dataclass(frozen=True, slots=True)
class Layer:
    """One layer of readiness: checks that must all pass before the next layer is asked.

    A layer without a check has not passed: a list of what to wait for that is still empty proves nothing.
    """

    name: str
    checks: Callable[[], Mapping[str, Verdict]]
    """The verdict of each check by name, now. Cheap; called in the thread that evaluates the gate."""
    latch: bool = True
    """Whether a layer that has passed stays passed. What fails in it later is shown as degraded."""
    names: tuple[str, ...] = ()
    """The checks' names as far as they are known beforehand, to be listed while earlier layers block this one."""
