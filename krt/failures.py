"""Failures of what users hand in: how one is described, and how all of a transaction are reported."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from krt.errors import KrtError, TransformError

OnFailure = Literal["contain", "raise"] | Callable[[KrtError], None]
"""What else is done about failures; see `Graph`."""

_HERE = __file__.removesuffix("failures.py")


@dataclass(frozen=True, slots=True)
class Failure:
    """Why the output of one input key is not what its transform would make of it now."""

    error: BaseException
    """Without its traceback, which would hold on to all that was on the stack for as long as the failure lasts."""
    epoch: int
    """Epoch of the last transaction before the one in which it failed."""
    trace: tuple[str, ...] = ()
    """Where it was raised: "file:line in function", the innermost last, without the frames of this package."""


def failure(error: BaseException, epoch: int) -> Failure:
    """A Failure that says where the error comes from."""
    trace = []
    step = error.__traceback__
    while step is not None:
        code = step.tb_frame.f_code
        if not code.co_filename.startswith(_HERE):
            trace.append(f"{code.co_filename}:{step.tb_lineno} in {code.co_name}")
        step = step.tb_next
    return Failure(error, epoch, tuple(trace))


class FailureReports:
    """Failures since the last report, and what is done about them once the graph has settled."""

    def __init__(self, on_failure: OnFailure) -> None:
        self.on_failure = on_failure
        self.errors: list[KrtError] = []
        self.interruption: BaseException | None = None
        """What is raised whatever `on_failure` says: KeyboardInterrupt, SystemExit and their kind."""

    def add(self, what: str, key: Any, error: BaseException) -> None:
        """Notes that a function of the user failed for a key."""
        if self.on_failure == "contain":
            _drop_tracebacks(error)
            return
        report = TransformError(f"{what} failed for {key!r}: {error!r}")
        report.__cause__ = error
        self.errors.append(report)

    def report(self) -> None:
        """Does what `on_failure` says, now that the graph has settled and all subscribers were called."""
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
    """Drops the tracebacks of an error, and of those that led to it: they would keep the stack in memory."""
    while error is not None:
        error.__traceback__ = None
        error = error.__cause__ or error.__context__
