"""What transforms have read, and which runs a change wakes: the edges of the graph, kept per key."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Protocol

ALL: Any = type("ALL", (), {"__repr__": lambda _: "ALL"})()
"""In place of a key: the whole collection."""


class Cause(Protocol):
    """A collection or an index: its change makes others run."""

    @property
    def label(self) -> str:
        """What explanations call it."""


class Readable(Cause, Protocol):
    """A collection or an index, as what a transform reads."""

    _readers: Readers


class Wakeable(Protocol):
    """A derived collection, as what a change makes run."""

    def _wake(self, key: Any, cause: Cause) -> None:
        """Asks for a new run of one input key."""

    def _wake_all(self, keys: Iterable[Any], cause: Cause) -> None:
        """Asks for a new run of several input keys."""


Reader = tuple[Wakeable, Any]
"""A derived collection and the input key whose transform read something."""

Readers = dict[Any, dict[Reader, "Projection | None"]]
"""By key of a collection, or by index value: who read it, and if only a projection of it, which."""

Read = tuple[Readable, Any, "Projection | None"]
"""What was read, at which key or index value (or ALL), and if only a projection of it, which."""


class Projection:
    """A read of less than whole values. A change that leaves what was read as it was wakes nobody."""

    __slots__ = ("_also", "_read", "was")

    def __init__(self, read: Callable[[], Any]) -> None:
        self._read = read
        self._also: Projection | None = None
        self.was = read()

    def changed(self) -> bool:
        """Whether reading anew gives something else. If that fails, the transform shall meet the failure itself."""
        try:
            if self._read() != self.was:
                return True
        except Exception:  # noqa: BLE001 - it is user code, run here only to save a run
            return True
        return self._also is not None and self._also.changed()

    def and_also(self, other: Projection) -> Projection:
        """Two projections of one thing, read in one run."""
        self._also = other
        return self


def enter(reader: Reader, reads: Iterable[Read]) -> None:
    """Enters a run among the readers of all that it read."""
    for of, at, projection in reads:
        readers = of._readers.setdefault(at, {})
        if projection is None or reader not in readers:
            readers[reader] = projection
        elif (before := readers[reader]) is not None:
            readers[reader] = projection.and_also(before)


def leave(reader: Reader, reads: Iterable[Read]) -> None:
    """Takes a run out from among the readers again, without a trace."""
    for of, at, _ in reads:
        readers = of._readers.get(at)
        if readers is not None:
            readers.pop(reader, None)
            if not readers:
                del of._readers[at]


def wake(readers: dict[Reader, Projection | None] | None, cause: Cause) -> None:
    """Marks for a new run whoever read what has changed."""
    if readers:
        for (node, key), projection in readers.items():
            if projection is None or projection.changed():
                node._wake(key, cause)


def wake_all(readers: Iterable[Reader], cause: Cause) -> None:
    """Marks readers for a new run, whatever they have read of it."""
    for node, key in readers:
        node._wake(key, cause)
