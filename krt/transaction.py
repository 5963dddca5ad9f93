"""Transactions: writes that take effect together, or are undone together."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from types import TracebackType
from typing import Any, Protocol

from krt.delivery import Delivery
from krt.delta import Commit, Delta
from krt.errors import ClosedError
from krt.failures import FailureReports
from krt.scheduler import Node, Scheduler
from krt.subscription import Subscription


class WritableNode(Node, Protocol):
    """What a transaction needs of a source."""

    def _undo_transaction(self) -> None:
        """Undoes all writes of the transaction."""

    def _restore(self, key: Any, saved: Any) -> None:
        """Undoes the writes of a nested transaction to a key. *saved*: the entry of the savepoint."""


class Transaction(AbstractContextManager[None]):
    """The transactions of a graph: one object, which `Graph.transaction` returns, and which each `with` block enters."""

    def __init__(self, scheduler: Scheduler, delivery: Delivery, failure_reports: FailureReports) -> None:
        self._scheduler = scheduler
        self._delivery = delivery
        self._failure_reports = failure_reports
        self.depth = 0
        """The number of open blocks."""
        self.written: dict[WritableNode, None] = {}
        """Sources that were written since the outermost block was opened."""
        self.savepoints: list[dict[tuple[WritableNode, Any], Any]] = []
        """For each nested block: (source, key) -> the entry before the block wrote it."""
        self._errors_before = 0

    def __enter__(self) -> None:
        self._scheduler._forbid_running()
        if self._delivery.caller is not None:
            self._delivery.begin_transaction()
            return
        if self.depth:
            self.savepoints.append({})
        else:
            self._errors_before = len(self._failure_reports.errors)
        self.depth += 1

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._delivery.caller is not None:
            self._delivery.end_transaction(keep=kind is None)
            return
        self.depth -= 1
        if self.depth:
            self._end_nested(failed=kind is not None)
        elif kind is not None:
            self._abort(self._errors_before)
            self.run_held_transactions()
        else:
            self._commit()
            self.run_held_transactions()
            self._failure_reports.report()

    def write(self, source: WritableNode, write: Callable[..., None], *arguments: Any) -> None:
        """Runs *write*: in the open transaction, or in one of its own. A write of a subscriber is held until later."""
        self._scheduler._forbid_running()
        if source.closed:
            raise ClosedError(f"source {source.name!r} is closed: it cannot be written any more")
        if self._delivery.caller is not None:
            self._delivery.hold_write(source, write, arguments)
        elif self.depth:
            write(*arguments)
        else:
            with self:
                write(*arguments)

    def run_held_transactions(self) -> None:
        """Runs the held transactions, each with its own settle and calls, until no subscriber writes any more."""
        if not self._delivery.held_transactions:
            return
        for held in self._delivery.take_held_transactions():
            try:
                with self._follow_up():
                    for source, write, arguments in held.writes:
                        if not source.closed:
                            write(*arguments)
            except Exception as error:  # noqa: BLE001 - a value whose equality raises, for example
                self._delivery.report_failure(held.writer, self._scheduler.epoch, error)

    @contextmanager
    def _follow_up(self) -> Iterator[None]:
        """A transaction in response to another. The other one runs what is held meanwhile and reports the failures."""
        errors = len(self._failure_reports.errors)
        self.depth += 1
        try:
            yield
        except BaseException:
            self.depth -= 1
            self._abort(errors)
            raise
        self.depth -= 1
        self._commit()

    def _commit(self) -> None:
        """Settles, and calls the subscribers with their deltas."""
        scheduler = self._scheduler
        for source in self.written:
            scheduler._enqueue(source)
        self.written.clear()
        changed = scheduler._settle()
        if not changed and not scheduler._newly_synced:
            return
        scheduler.epoch += 1
        synced: tuple[str, ...] = ()
        if scheduler._newly_synced:
            synced = tuple([node.name for node in scheduler._newly_synced])
            scheduler._newly_synced = []
        if scheduler._recorder is not None:
            scheduler._recorder.committed(scheduler.epoch, changed, synced)
        calls: dict[Subscription, dict[str, Delta[Any, Any]]] = {}
        for subscription in self._delivery.every_commit:
            calls[subscription] = {}
        for node in changed:
            if node._subscriptions:
                delta = node._make_delta()
                for subscription in node._subscriptions:
                    calls.setdefault(subscription, {})[node.name] = delta
            node._end_transaction()
        if calls:
            ordered = sorted(calls, key=_order_of) if len(calls) > 1 else calls
            self._delivery.call_subscribers(
                [(subscription, Commit(scheduler.epoch, calls[subscription], synced)) for subscription in ordered]
            )

    def _end_nested(self, *, failed: bool) -> None:
        savepoint = self.savepoints.pop()
        if failed:
            for (source, key), saved in savepoint.items():
                source._restore(key, saved)
        elif self.savepoints:
            for entry, saved in savepoint.items():
                self.savepoints[-1].setdefault(entry, saved)

    def _abort(self, errors: int) -> None:
        """Undoes all writes, and drops the failures that were added since there were *errors* of them."""
        for source in self.written:
            source._undo_transaction()
        self.written.clear()
        del self._failure_reports.errors[errors:]


def _order_of(subscription: Subscription) -> int:
    return subscription.order
