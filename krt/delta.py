"""Values that leave the graph: what one transaction changed, net."""

from collections.abc import Hashable, Iterator, Mapping
from dataclasses import dataclass
from typing import Generic, NamedTuple, TypeVar

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


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
class Failure:
    """Why the output of one input key is not what its transform would make of it now."""

    error: Exception
    epoch: int
    """Epoch of the last transaction before the one in which it failed."""
