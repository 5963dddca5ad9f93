"""What one transaction did: what was written, what ran and why, and what came of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, Protocol

from krt.delta import Delta
from krt.reads import Cause

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


class RunNode(Protocol):
    """What a recorder has to know of a collection that ran."""

    name: str

    def _outcome(self, key: Any) -> Outcome:
        """What came of the last run of a key, before the transaction ends."""


class ChangedNode(Protocol):
    """What a recorder has to know of a collection that changed."""

    name: str

    def _delta(self) -> Delta[Any, Any]:
        """Its net changes in this transaction."""


class Recorder:
    """Told by the graph what happens; one per graph."""

    def __init__(self) -> None:
        self.records: list[Record] = []
        self._runs: list[Run] = []

    def ran(self, node: RunNode, dirty: Mapping[Any, Cause]) -> None:
        """A collection has computed these keys."""
        self._runs += [Run(node.name, key, cause.label, node._outcome(key)) for key, cause in dirty.items()]

    def committed(self, epoch: int, changed: Iterable[ChangedNode], synced: tuple[str, ...]) -> None:
        """A transaction has settled."""
        runs, self._runs = tuple(self._runs), []
        self.records.append(Record(epoch, {node.name: node._delta() for node in changed}, runs, synced))
