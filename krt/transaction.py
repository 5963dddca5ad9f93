"""Transactions: what is written together, takes effect together, and is undone together."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from types import TracebackType
from typing import TYPE_CHECKING, Any

from krt.errors import ClosedError

if TYPE_CHECKING:
    from krt.graph import Graph
    from krt.source import Source


class Transaction(AbstractContextManager[None]):
    """What `Graph.transaction` returns: one object, entered for each block, within each other or in turn."""

    def __init__(self, graph: Graph) -> None:
        self._graph = graph
        self.depth = 0
        """How many blocks are open."""
        self.written: dict[Source[Any, Any], None] = {}
        """Sources that were written since the outermost one was opened."""
        self.savepoints: list[dict[tuple[Source[Any, Any], Any], Any]] = []
        """For each nested block, what was under the keys that it wrote."""
        self._errors_before = 0

    def __enter__(self) -> None:
        self._graph._forbid_running()
        if self._graph._delivery.caller is not None:
            self._graph._delivery.begin()
            return
        if self.depth:
            self.savepoints.append({})
        else:
            self._errors_before = len(self._graph._errors)
        self.depth += 1

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        delivery = self._graph._delivery
        if delivery.caller is not None:
            delivery.end(keep=kind is None)
            return
        self.depth -= 1
        if self.depth:
            self._end_nested(failed=kind is not None)
        elif kind is not None:
            self._abort(self._errors_before)
            delivery.drain()
        else:
            self._graph._commit()
            delivery.drain()
            self._graph._report()

    def write(self, source: Source[Any, Any], write: Callable[..., None], *arguments: Any) -> None:
        """Does one write: in the open transaction or in one of its own, or, for a subscriber, in the next."""
        self._graph._forbid_running()
        if source.closed:
            raise ClosedError(f"source {source.name!r} is closed: it cannot be written any more")
        if self._graph._delivery.caller is not None:
            self._graph._delivery.hold(source, write, arguments)
        elif self.depth:
            write(*arguments)
        else:
            with self:
                write(*arguments)

    @contextmanager
    def following(self) -> Iterator[None]:
        """A transaction that follows from another: what its subscribers write, and failures, are left to that one."""
        errors = len(self._graph._errors)
        self.depth += 1
        try:
            yield
        except BaseException:
            self.depth -= 1
            self._abort(errors)
            raise
        self.depth -= 1
        self._graph._commit()

    def _end_nested(self, *, failed: bool) -> None:
        savepoint = self.savepoints.pop()
        if failed:
            for (source, key), was in savepoint.items():
                source._restore(key, was)
        elif self.savepoints:
            for at, was in savepoint.items():
                self.savepoints[-1].setdefault(at, was)

    def _abort(self, errors: int) -> None:
        """Undoes all that was written, and forgets the failures that were noted since there were so many *errors*."""
        for source in self.written:
            source._undo()
        self.written.clear()
        del self._graph._errors[errors:]
