"""What one transaction did: what was written, what ran and why, and what came of it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from krt.delta import Delta

if TYPE_CHECKING:
    from krt.collection import Collection
    from krt.derived import Derived
    from krt.graph import Graph
    from krt.index import Index

Outcome = Literal["changed", "cut off", "parked", "failed", "kept"]


@dataclass(frozen=True, slots=True)
class Run:
    """One key of one collection, computed anew."""

    collection: str
    key: Any
    cause: str
    """The collection or index whose change, or becoming synced, was the last to ask for it."""
    outcome: Outcome
    """Whether the output changed, came out equal, or stayed because the run was parked, failed or kept it."""

    def __str__(self) -> str:
        return f"{self.collection}[{self.key!r}] because of {self.cause}: {self.outcome}"


@dataclass(frozen=True, slots=True)
class Record:
    """One transaction."""

    epoch: int
    changes: Mapping[str, Delta[Any, Any]]
    """Net changes of every collection that changed, sources too, in the order of rank."""
    runs: tuple[Run, ...]
    synced: tuple[str, ...]

    def __str__(self) -> str:
        changes = [f"  {name}: {len(delta)} changed" for name, delta in self.changes.items()]
        runs = [f"  {run}" for run in self.runs]
        synced = [f"  {name} is synced" for name in self.synced]
        return "\n".join([f"epoch {self.epoch}", *changes, *runs, *synced])


class Recorder:
    """Told by the graph what happens; one per graph."""

    def __init__(self) -> None:
        self.records: list[Record] = []
        self._runs: list[Run] = []

    def ran(self, node: Derived[Any, Any], dirty: Mapping[Any, Collection[Any, Any] | Index[Any, Any, Any]]) -> None:
        """A collection has computed these keys."""
        self._runs += [Run(node.name, key, cause.label, node._outcome(key)) for key, cause in dirty.items()]

    def committed(self, epoch: int, changed: Iterable[Collection[Any, Any]], synced: tuple[str, ...]) -> None:
        """A transaction has settled."""
        runs, self._runs = tuple(self._runs), []
        self.records.append(Record(epoch, {node.name: node._delta() for node in changed}, runs, synced))


@contextmanager
def record(graph: Graph) -> Iterator[list[Record]]:
    """A list that gets a Record of each transaction of the graph within the block; not for production use."""
    recorder, outer = Recorder(), graph._recorder
    graph._recorder = recorder
    try:
        yield recorder.records
    finally:
        graph._recorder = outer
