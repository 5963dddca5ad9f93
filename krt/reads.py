"""Tracked reads: what each run has read, so that a change wakes these runs. They are edges of the graph, per key."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Protocol

ALL: Any = type("ALL", (), {"__repr__": lambda _: "ALL"})()
"""Stands for all keys of a collection, in place of a key."""


class Cause(Protocol):
    """A collection or an index, as the reason of a run."""

    @property
    def label(self) -> str:
        """Its name in explanations."""


class Readable(Cause, Protocol):
    """A collection or an index, as the subject of reads."""

    _readers: Readers


class Wakeable(Protocol):
    """A derived collection, as what a change wakes."""

    def _wake(self, key: Any, cause: Cause) -> None:
        """Marks an input key as dirty: it runs again in this settle."""

    def _wake_all(self, keys: Iterable[Any], cause: Cause) -> None:
        """Marks several input keys as dirty."""


Reader = tuple[Wakeable, Any]
"""A derived collection, and the input key whose run read something."""

Readers = dict[Any, dict[Reader, "Projection | None"]]
"""Key or index value -> its readers, each with the projection that it read, or None for whole values."""

Read = tuple[Readable, Any, "Projection | None"]
"""One read: the collection or index, the key or index value (or ALL), and the projection, or None for whole values."""


class Projection:
    """A read of a part of a value (`select=`). A change that leaves that part equal wakes no run."""

    __slots__ = ("_next", "_read", "value")

    def __init__(self, read: Callable[[], Any]) -> None:
        self._read = read
        self._next: Projection | None = None
        self.value = read()

    def changed(self) -> bool:
        """Whether the projection gives another value now. True if it raises: then the run will raise, too."""
        try:
            if self._read() != self.value:
                return True
        except Exception:  # noqa: BLE001 - the user's function, which the run will call again
            return True
        return self._next is not None and self._next.changed()

    def add(self, other: Projection) -> Projection:
        """Adds another projection that the same run read of the same key. Returns this one."""
        self._next = other
        return self


def add_reader(reader: Reader, reads: Iterable[Read]) -> None:
    """Adds a run to the readers of everything that it read."""
    for of, at, projection in reads:
        readers = of._readers.setdefault(at, {})
        if projection is None or reader not in readers:
            readers[reader] = projection
        elif (before := readers[reader]) is not None:
            readers[reader] = projection.add(before)


def remove_reader(reader: Reader, reads: Iterable[Read]) -> None:
    """Removes a run from the readers of everything that it read."""
    for of, at, _ in reads:
        readers = of._readers.get(at)
        if readers is not None:
            readers.pop(reader, None)
            if not readers:
                del of._readers[at]


def wake_readers(readers: dict[Reader, Projection | None] | None, cause: Cause) -> None:
    """Wakes the readers of something that changed. *readers*: of one key or index value."""
    if readers:
        for (node, key), projection in readers.items():
            if projection is None or projection.changed():
                node._wake(key, cause)


def wake_all_readers(readers: Iterable[Reader], cause: Cause) -> None:
    """Wakes readers, whatever they have read."""
    for node, key in readers:
        node._wake(key, cause)
