"""Derived collections: recompute what a change touched, nothing else."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

from krt.collection import Collection
from krt.errors import ClosedError, RankError
from krt.failures import Failure, failure
from krt.keyed_node import KeyedNode
from krt.reads import Cause
from krt.recorder import Outcome
from krt.type_variables import K, V


class Derived(Collection[K, V]):
    """What the derived kinds share: dirty input keys, and when to be synced."""

    def __init__(self, parents: Sequence[Collection[Any, Any]], name: str) -> None:
        super().__init__(parents[0].graph, name)
        for parent in parents:
            self._check_parent(parent)
        self._parents = tuple(parents)
        self._dirty: dict[Any, Cause] = {}
        self._failures: dict[Any, Failure] = {}

    def _start(self) -> None:
        """Computes what can be computed of the parents' present contents. Last act of a constructor."""
        for parent in self._parents:
            parent._children[self] = None
            self._input_changed(parent, parent._values)
        self.graph._adopt(self)

    def _check_parent(self, parent: Collection[Any, Any]) -> None:
        if parent.rank < self.rank and parent.graph is self.graph:
            return
        self.graph._forget(self)
        if parent.closed:
            raise ClosedError(f"{self.name!r} cannot be derived from {parent.name!r}, which is closed")
        raise RankError(
            f"{self.name!r} cannot be derived from {parent.name!r}, which comes after it or belongs to another graph: "
            f"create {parent.name!r} first, in the same graph"
        )

    @property
    def inputs(self) -> tuple[str, ...]:
        """Names of the collections that this one is derived from, key by key."""
        return tuple(parent.name for parent in self._parents)

    @property
    def pending(self) -> frozenset[str]:
        """Names of the sources and collections that this one waits for: to be synced, or since then for some keys."""
        if self.synced and not self._doubtful:
            return frozenset()
        return frozenset().union(*(collection.pending for collection in self._awaited()))

    @property
    def failures(self) -> Mapping[Any, Failure]:
        """Input keys whose transform failed, with the reason; their last good output is still here."""
        return MappingProxyType(self._failures)

    # -- for this package --------------------------------------------------------------------------

    def _awaited(self) -> Iterable[KeyedNode[Any, Any]]:
        """All that has to be synced before this can be."""
        return self._parents

    def _is_complete(self) -> bool:
        """Whether it can be synced now."""
        return all(collection.synced for collection in self._awaited())

    def _is_doubtful(self) -> bool:
        """Whether something may be missing, now that it has synced."""
        return any(parent._doubtful for parent in self._parents)

    def _doubts(self, key: Any) -> bool:
        return (self._doubtful or not self.synced) and key not in self._values

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
        if not self.synced and self._is_complete():
            self._become_synced()
        if self._learned:
            self._doubtful = self.synced and self._is_doubtful()
        super()._flush()

    def _recompute(self, dirty: Iterable[Any]) -> None:
        """Brings the outputs of these input keys up to date. Never raises."""
        raise NotImplementedError

    def _outcome(self, key: Any) -> Outcome:
        """What came of the last run of a key, before the transaction ends."""
        return "failed" if key in self.failures else "changed" if key in self._before else "cut off"

    def _fail(self, key: Any, error: BaseException) -> None:
        self.counters.failed += 1
        self._failures[key] = failure(error, self.graph.epoch)
        self.graph._failures.add(f"transform of {self.name!r}", key, error)
