"""Verdicts (what a check answers) and layers (which checks must pass before which)."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeAlias


@dataclass(frozen=True, slots=True)
class Passed:
    """The check passes."""

    detail: str = ""
    """A fact worth showing, such as `10003 objects`."""


@dataclass(frozen=True, slots=True)
class Degraded:
    """The check passes, but somebody should look at the reason."""

    reason: str


@dataclass(frozen=True, slots=True)
class Waiting:
    """The check does not pass yet, and will without anybody's help."""

    reason: str
    """What it waits for and how far that has got, such as `listing, 12000 so far`."""


@dataclass(frozen=True, slots=True)
class Failed:
    """The check does not pass until somebody acts."""

    reason: str
    """What is wrong, and the next step."""


Verdict: TypeAlias = Passed | Degraded | Waiting | Failed
"""The answer of a check."""


@dataclass(frozen=True, slots=True)
class Layer:
    """Checks that must all pass before the next layer is evaluated.

    A layer without checks has not passed: an empty list of what to wait for may only be incomplete.
    """

    name: str
    """Lower-case letters, digits, `-` and `_`, beginning with a letter: it becomes part of a path and a metric label."""
    checks: Callable[[], Mapping[str, Verdict]]
    """Returns the verdict of each check by its name. Must be fast and not block: `Gate.evaluate` calls it."""
    latch: bool = True
    """If true, a layer that has passed once stays passed; checks that fail in it later are shown as degraded."""
    check_names: tuple[str, ...] = ()
    """Names of checks that are known in advance. Reports list them while an earlier layer blocks this one."""
