"""Derived collections: the input keys that are dirty, and when the collection becomes synced."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

from krt.collection import Collection
from krt.errors import ClosedError, RankError
from krt.failures import Failure, describe_failure
from krt.keyed_node import KeyedNode
from krt.reads import Cause
from krt.recorder import Outcome
from krt.type_variables import K, V


class DerivedCollection(Collection[K, V]):
    """The base of all derived kinds. A change marks input keys as dirty, and a settle computes only these."""

    def __init__(self, parents: Sequence[Collection[Any, Any]], name: str) -> None:
        super().__init__(parents[0].graph, name)
        for parent in parents:
            self._check_parent(parent)
        self._parents = tuple(parents)
        self._dirty: dict[Any, Cause] = {}  # input key -> what woke it last
        self._failures: dict[Any, Failure] = {}

    def _start(self) -> None:
        """Connects it to its parents and computes its contents. The last call of a constructor."""
        for parent in self._parents:
            parent._children[self] = None
            self._input_changed(parent, parent._values)
        self.graph._settle_new_node(self)

    def _check_parent(self, parent: Collection[Any, Any]) -> None:
        if parent.rank < self.rank and parent.graph is self.graph:
            return
        self.graph._forget(self)
        if parent.closed:
            raise ClosedError(
                f"{self.name!r} cannot be derived from {parent.name!r}, which is closed: use an open collection"
            )
        raise RankError(
            f"{self.name!r} cannot be derived from {parent.name!r}, which comes after it or belongs to another graph: "
            f"create {parent.name!r} first, in the same graph"
        )

    @property
    def inputs(self) -> tuple[str, ...]:
        """Names of the collections that this one is derived from."""
        return tuple(parent.name for parent in self._parents)

    @property
    def pending(self) -> frozenset[str]:
        """Names of the sources and collections that this one waits for: for their sync, or for some of their keys."""
        if self.synced and not self._has_unknown_keys:
            return frozenset()
        return frozenset().union(*(collection.pending for collection in self._awaited_nodes()))

    @property
    def failures(self) -> Mapping[Any, Failure]:
        """Input key -> why its transform failed. The collection still has its last good output."""
        return MappingProxyType(self._failures)

    # -- for this package --------------------------------------------------------------------------

    def _awaited_nodes(self) -> Iterable[KeyedNode[Any, Any]]:
        """The nodes that must be synced before this one can be."""
        return self._parents

    def _may_become_synced(self) -> bool:
        """Whether it can become synced now."""
        return all(collection.synced for collection in self._awaited_nodes())

    def _finds_unknown_keys(self) -> bool:
        """Whether some keys are unknown. Call it only after the node has synced."""
        return any(parent._has_unknown_keys for parent in self._parents)

    def _is_unknown(self, key: Any) -> bool:
        return (self._has_unknown_keys or not self.synced) and key not in self._values

    def _input_changed(self, _parent: KeyedNode[Any, Any], keys: Iterable[Any]) -> None:
        self._wake_all(keys, _parent)

    def _input_closed(self, _parent: KeyedNode[Any, Any]) -> None:
        self.close()

    def _wake(self, key: Any, cause: Cause) -> None:
        self._dirty[key] = cause
        self.graph._enqueue(self)

    def _wake_all(self, keys: Iterable[Any], cause: Cause) -> None:
        if self._dirty:
            self._dirty.update(dict.fromkeys(keys, cause))
        else:
            self._dirty = dict.fromkeys(keys, cause)
        self.graph._enqueue(self)

    def _detach(self) -> None:
        for parent in self._parents:
            parent._children.pop(self, None)

    def _flush(self) -> None:
        if self._dirty:
            dirty, self._dirty = self._dirty, {}
            self.counters.runs += len(dirty)
            self._recompute(dirty)
            if self.graph._recorder is not None:
                self.graph._recorder.ran(self, dirty)
        if not self.synced and self._may_become_synced():
            self._become_synced()
        if self._knowledge_changed:
            self._has_unknown_keys = self.synced and self._finds_unknown_keys()
        super()._flush()

    def _recompute(self, dirty: Iterable[Any]) -> None:
        """Computes the outputs of these input keys again. Never raises."""
        raise NotImplementedError

    def _outcome_of(self, key: Any) -> Outcome:
        """The outcome of the last run of a key. Valid until the transaction ends."""
        return "failed" if key in self.failures else "changed" if key in self._old_values else "cut off"

    def _note_failure(self, key: Any, error: BaseException) -> None:
        self.counters.failed += 1
        self._failures[key] = describe_failure(error, self.graph.epoch)
        self.graph._failure_reports.add(f"transform of {self.name!r}", key, error)
