"""Transactions: what is written together, takes effect together, and is undone together."""

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
    """What a transaction has to know of a source."""

    def _undo(self) -> None:
        """Undoes what the whole transaction did."""

    def _restore(self, key: Any, was: Any) -> None:
        """Undoes what a nested transaction did to a key."""


class Transaction(AbstractContextManager[None]):
    """What `Graph.transaction` returns: one object, entered for each block, within each other or in turn."""

    def __init__(self, scheduler: Scheduler, delivery: Delivery, failures: FailureReports) -> None:
        self._scheduler = scheduler
        self._delivery = delivery
        self._failures = failures
        self.depth = 0
        """How many blocks are open."""
        self.written: dict[WritableNode, None] = {}
        """Sources that were written since the outermost one was opened."""
        self.savepoints: list[dict[tuple[WritableNode, Any], Any]] = []
        """For each nested block, what was under the keys that it wrote."""
        self._errors_before = 0

    def __enter__(self) -> None:
        self._scheduler._forbid_running()
        if self._delivery.caller is not None:
            self._delivery.begin()
            return
        if self.depth:
            self.savepoints.append({})
        else:
            self._errors_before = len(self._failures.errors)
        self.depth += 1

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._delivery.caller is not None:
            self._delivery.end(keep=kind is None)
            return
        self.depth -= 1
        if self.depth:
            self._end_nested(failed=kind is not None)
        elif kind is not None:
            self._abort(self._errors_before)
            self.run_held()
        else:
            self._commit()
            self.run_held()
            self._failures.report()

    def write(self, source: WritableNode, write: Callable[..., None], *arguments: Any) -> None:
        """Does one write: in the open transaction or in one of its own, or, for a subscriber, in the next."""
        self._scheduler._forbid_running()
        if source.closed:
            raise ClosedError(f"source {source.name!r} is closed: it cannot be written any more")
        if self._delivery.caller is not None:
            self._delivery.hold(source, write, arguments)
        elif self.depth:
            write(*arguments)
        else:
            with self:
                write(*arguments)

    def run_held(self) -> None:
        """Runs what subscribers wrote, each transaction with its own calls, until nobody writes any more."""
        if not self._delivery.held:
            return
        for held in self._delivery.take_held():
            try:
                with self._following():
                    for source, write, arguments in held.writes:
                        if not source.closed:
                            write(*arguments)
            except Exception as error:  # noqa: BLE001 - such as a value whose equality raises
                self._delivery.report(held.writer, self._scheduler.epoch, error)

    @contextmanager
    def _following(self) -> Iterator[None]:
        """A transaction that follows from another: what its subscribers write, and failures, are left to that one."""
        errors = len(self._failures.errors)
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
        """Settles, and calls each subscriber that a change concerns."""
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
                delta = node._delta()
                for subscription in node._subscriptions:
                    calls.setdefault(subscription, {})[node.name] = delta
            node._end_transaction()
        if calls:
            ordered = sorted(calls, key=_order_of) if len(calls) > 1 else calls
            self._delivery.call([(one, Commit(scheduler.epoch, calls[one], synced)) for one in ordered])

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
        del self._failures.errors[errors:]


def _order_of(subscription: Subscription) -> int:
    return subscription.order
