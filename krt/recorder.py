"""Records of transactions: what changed, what ran, why, and with which outcome."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, Protocol

from krt.delta import Delta
from krt.reads import Cause

Outcome = Literal["changed", "cut off", "parked", "failed", "kept"]


@dataclass(frozen=True, slots=True)
class Run:
    """One run: a collection computed one key again."""

    collection: str
    key: Any
    cause: str
    """The collection or index that woke the key last, by a change or by becoming synced."""
    outcome: Outcome
    """The output changed or was equal ("cut off"); or it stayed, because the run was parked, failed or kept it."""

    def __str__(self) -> str:
        return f"{self.collection}[{self.key!r}] because of {self.cause}: {self.outcome}"


@dataclass(frozen=True, slots=True)
class Record:
    """What one transaction did."""

    epoch: int
    changes: Mapping[str, Delta[Any, Any]]
    """Net changes by name of the collection, of sources too, in the order of rank."""
    runs: tuple[Run, ...]
    synced: tuple[str, ...]

    def __str__(self) -> str:
        changes = [f"  {name}: {len(delta)} changed" for name, delta in self.changes.items()]
        runs = [f"  {run}" for run in self.runs]
        synced = [f"  {name} is synced" for name in self.synced]
        return "\n".join([f"epoch {self.epoch}", *changes, *runs, *synced])


class RunNode(Protocol):
    """What the recorder needs of a collection that ran."""

    name: str

    def _outcome_of(self, key: Any) -> Outcome:
        """The outcome of the last run of a key. Valid until the transaction ends."""


class ChangedNode(Protocol):
    """What the recorder needs of a collection that changed."""

    name: str

    def _make_delta(self) -> Delta[Any, Any]:
        """Its net changes in this transaction."""


class Recorder:
    """Collects records while the graph settles. A graph has at most one."""

    def __init__(self) -> None:
        self.records: list[Record] = []
        self._runs: list[Run] = []

    def ran(self, node: RunNode, dirty: Mapping[Any, Cause]) -> None:
        """A collection computed these keys. *dirty*: key -> what woke it."""
        self._runs += [Run(node.name, key, cause.label, node._outcome_of(key)) for key, cause in dirty.items()]

    def committed(self, epoch: int, changed: Iterable[ChangedNode], synced: tuple[str, ...]) -> None:
        """A transaction settled."""
        runs, self._runs = tuple(self._runs), []
        self.records.append(Record(epoch, {node.name: node._make_delta() for node in changed}, runs, synced))
