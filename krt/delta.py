"""Net changes of one transaction, as subscribers get them."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Generic, NamedTuple

from krt.type_variables import K, V


class Change(NamedTuple, Generic[V]):
    """The net change of one key. *old* is None if the key is new, *new* is None if it was deleted."""

    old: V | None
    new: V | None


@dataclass(frozen=True, slots=True)
class Delta(Generic[K, V]):
    """The net changes of one collection in one transaction. An old value never equals its new value."""

    collection: str
    changes: Mapping[K, Change[V]]

    def __iter__(self) -> Iterator[tuple[K, Change[V]]]:
        return iter(self.changes.items())

    def __len__(self) -> int:
        return len(self.changes)


@dataclass(frozen=True, slots=True)
class Commit:
    """The result of one transaction, for one subscriber."""

    epoch: int
    deltas: Mapping[str, Delta[Any, Any]]
    """By name of the collection: its net changes. Collections that did not change are missing."""
    synced: tuple[str, ...] = ()
    """Names of all collections of the graph that became synced in this transaction."""
