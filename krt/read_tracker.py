"""The read tracker: notes what a run reads, and ends the run if that is unknown."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NoReturn

from krt.errors import ClosedError, ContextExpiredError, ParkRun, RankError
from krt.keyed_node import KeyedNode
from krt.reads import ALL, Projection, Read, Readable


class ReadTracker:
    """The reads of the current run of a collection."""

    __slots__ = ("_node", "_reads", "_waits_at", "_waits_for", "key")

    def __init__(self, node: KeyedNode[Any, Any]) -> None:
        self._node = node
        self._reads: list[Read] = []
        self._waits_for: KeyedNode[Any, Any] | None = None  # set when the run read something unknown
        self._waits_at: Any = None
        self.key: Any = None
        """The input key of this run."""

    def _read_projection(self, of: Readable, at: Any, read: Callable[[], Any]) -> Any:
        # If the projection raises, the whole value counts as read, so that a change of it runs the transform again.
        self._reads.append((of, at, None))
        projection = Projection(read)
        self._reads[-1] = (of, at, projection)
        return projection.value

    def _require_known(self, of: KeyedNode[Any, Any], at: Any = ALL) -> None:
        if of.graph._running is not self._node or of.rank >= self._node.rank:
            self._raise_misuse(of)
        if not of.synced or (of._has_unknown_keys and not of._is_known(at)):
            self._waits_for, self._waits_at = of, at
            raise ParkRun

    def _raise_misuse(self, of: KeyedNode[Any, Any]) -> NoReturn:
        reader = self._node
        if of.graph is not reader.graph:
            raise RankError(
                f"transform of {reader.name!r} read {of.name!r} of another graph: a transform may read its own "
                f"graph only; subscribe to {of.name!r} and write what it needs to a source"
            )
        if of.graph._running is not reader:
            raise ContextExpiredError(
                f"a context of {reader.name!r} was used outside its run to read {of.name!r}: "
                f"a context is valid for one run; read within the transform"
            )
        if of.closed:
            raise ClosedError(
                f"transform of {reader.name!r} read {of.name!r}, which is closed: "
                f"remove the read, or read an open collection"
            )
        raise RankError(
            f"transform of {reader.name!r} read {of.name!r}: a transform may read only collections created "
            f"before its own; create {of.name!r} before {reader.name!r}"
        )
