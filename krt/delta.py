"""Values that leave the graph: what one transaction changed, net, and what failed."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Generic, NamedTuple

from krt.type_variables import K, V

_HERE = __file__.removesuffix("delta.py")


class Change(NamedTuple, Generic[V]):
    """The net change of one key; None on a side means that the key was, or is, not there."""

    old: V | None
    new: V | None


@dataclass(frozen=True, slots=True)
class Delta(Generic[K, V]):
    """The net changes of one collection in one transaction; old and new are never equal."""

    collection: str
    changes: Mapping[K, Change[V]]

    def __iter__(self) -> Iterator[tuple[K, Change[V]]]:
        return iter(self.changes.items())

    def __len__(self) -> int:
        return len(self.changes)


@dataclass(frozen=True, slots=True)
class Commit:
    """What one transaction did to the collections that a subscriber asked for."""

    epoch: int
    deltas: Mapping[str, Delta[Any, Any]]
    """Net changes by name of the collection; those without a change are not there."""
    synced: tuple[str, ...] = ()
    """Names of all collections of the graph that became complete in this transaction."""


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


def let_go_of_stack(error: BaseException | None) -> None:
    """Drops the tracebacks of an error, and of those that led to it."""
    while error is not None:
        error.__traceback__ = None
        error = error.__cause__ or error.__context__
