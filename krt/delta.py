"""Values that leave the graph: what one transaction changed, net."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Generic, NamedTuple

from krt.type_variables import K, V


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
