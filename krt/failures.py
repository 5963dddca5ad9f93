"""Failures of transforms, index functions and subscribers: their description and their report."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from krt.errors import KrtError, TransformError

OnFailure = Literal["contain", "raise"] | Callable[[KrtError], None]
"""How a graph reports failures; see `Graph`."""

_HERE = __file__.removesuffix("failures.py")


@dataclass(frozen=True, slots=True)
class Failure:
    """Why the output of an input key is not up to date."""

    error: BaseException
    """Without its traceback, which would keep everything on the stack alive as long as the failure lasts."""
    epoch: int
    """Epoch of the last transaction before the one in which it failed."""
    trace: tuple[str, ...] = ()
    """Frames of the traceback as "file:line in function", the innermost last, without those of this package."""


def describe_failure(error: BaseException, epoch: int) -> Failure:
    """The Failure of an error, with the trace of where it was raised."""
    trace = []
    step = error.__traceback__
    while step is not None:
        code = step.tb_frame.f_code
        if not code.co_filename.startswith(_HERE):
            trace.append(f"{code.co_filename}:{step.tb_lineno} in {code.co_name}")
        step = step.tb_next
    return Failure(error, epoch, tuple(trace))


class FailureReports:
    """Collects failures while the graph settles, and reports them afterwards."""

    def __init__(self, on_failure: OnFailure) -> None:
        self.on_failure = on_failure
        self.errors: list[KrtError] = []
        self.interruption: BaseException | None = None
        """A KeyboardInterrupt, SystemExit or the like: `report` raises it, whatever `on_failure` is."""

    def add(self, what: str, key: Any, error: BaseException) -> None:
        """Adds the failure of a user's function for a key. *what* names the function, for the message."""
        if self.on_failure == "contain":
            _drop_tracebacks(error)
            return
        report = TransformError(f"{what} failed for {key!r}: {error!r}")
        report.__cause__ = error
        self.errors.append(report)

    def report(self) -> None:
        """Raises or hands on the failures, as `on_failure` says. Call it when all subscribers were called."""
        if not self.errors and self.interruption is None:
            return
        errors, self.errors = self.errors, []
        interruption, self.interruption = self.interruption, None
        if interruption is not None:
            raise interruption
        if callable(self.on_failure):
            for error in errors:
                self.on_failure(error)
                _drop_tracebacks(error)
        elif errors:
            for other in errors[1:]:
                errors[0].add_note(f"and: {other}")
            raise errors[0]


def _drop_tracebacks(error: BaseException | None) -> None:
    """Removes the tracebacks of an error and of its causes, which would keep the stack alive."""
    while error is not None:
        error.__traceback__ = None
        error = error.__cause__ or error.__context__
