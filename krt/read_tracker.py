"""Tracked reads: what a run has read, and whether it may."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NoReturn

from krt.errors import ClosedError, ContextExpiredError, Parked, RankError
from krt.keyed_node import KeyedNode
from krt.reads import ALL, Projection, Read, Readable


class ReadTracker:
    """The reads of one run, and what it has to wait for."""

    __slots__ = ("_awaited", "_awaited_at", "_node", "_reads", "key")

    def __init__(self, node: KeyedNode[Any, Any]) -> None:
        self._node = node
        self._reads: list[Read] = []
        self._awaited: KeyedNode[Any, Any] | None = None
        self._awaited_at: Any = None
        self.key: Any = None
        """The input key of this run."""

    def _project(self, of: Readable, at: Any, read: Callable[[], Any]) -> Any:
        # Should the projection fail, a change of what it failed on must run the transform again.
        self._reads.append((of, at, None))
        projection = Projection(read)
        self._reads[-1] = (of, at, projection)
        return projection.was

    def _admit(self, of: KeyedNode[Any, Any], at: Any = ALL) -> None:
        if of.graph._running is not self._node or of.rank >= self._node.rank:
            self._refuse(of)
        if not of.synced or (of._doubtful and not of._knows(at)):
            self._awaited, self._awaited_at = of, at
            raise Parked

    def _refuse(self, of: KeyedNode[Any, Any]) -> NoReturn:
        reader = self._node
        if of.graph is not reader.graph:
            raise RankError(
                f"transform of {reader.name!r} read {of.name!r} of another graph: a transform may read its own "
                f"graph only; subscribe to {of.name!r} and write what it needs to a source"
            )
        if of.graph._running is not reader:
            raise ContextExpiredError(
                f"a context of {reader.name!r} was used outside its run to read {of.name!r}: "
                f"a context is good for one run; read what is needed within the transform"
            )
        if of.closed:
            raise ClosedError(
                f"transform of {reader.name!r} read {of.name!r}, which is closed: do not read it any more"
            )
        raise RankError(
            f"transform of {reader.name!r} read {of.name!r}: a transform may read only collections created "
            f"before its own; create {of.name!r} before {reader.name!r}"
        )
