"""The engine: the part of a graph that collections call. It knows collections only as nodes, by a small protocol."""

from __future__ import annotations

from collections.abc import Callable

from krt.delivery import Delivery
from krt.delta import Change, Commit, Delta
from krt.errors import ClosedError, WriteError
from krt.failures import FailureReports, OnFailure
from krt.scheduler import Node, Scheduler
from krt.subscription import Subscription
from krt.transaction import Transaction


class Engine(Scheduler):
    """A scheduler with transactions, subscribers and failure reports. `Graph` adds the creation of collections."""

    def __init__(self, on_failure: OnFailure, clock: Callable[[], float] | None) -> None:
        super().__init__(clock)
        self._failure_reports = FailureReports(on_failure)
        self._delivery = Delivery(self._failure_reports)
        self._transaction = Transaction(self, self._delivery, self._failure_reports)

    def _settle_new_node(self, node: Node) -> None:
        """Brings a new node up to date. This is not a transaction: the epoch stays, and no subscriber is called."""
        self._enqueue(node)
        errors = len(self._failure_reports.errors)
        changed = self._settle()
        if self._recorder is not None:
            self._recorder.committed(self.epoch, changed, tuple(synced.name for synced in self._newly_synced))
        for changed_node in changed:
            changed_node._end_transaction()
        self._newly_synced.clear()
        if self._failure_reports.on_failure == "raise" and len(self._failure_reports.errors) > errors:
            node.close()
        if self._delivery.caller is None:
            self._failure_reports.report()

    def _forbid_in_transaction(self, what: str) -> None:
        if self._running is not None:
            raise WriteError(f"{what} in a transform of {self._running.name!r}: a transform may only read")
        if self._transaction.depth:
            raise WriteError(f"{what} in a transaction: do it before or after")

    def _subscribe(
        self, on_commit: Callable[[Commit], None], nodes: tuple[Node, ...], *, replay: bool, every_commit: bool = False
    ) -> Subscription:
        self._forbid_running()
        for node in nodes:
            if node.closed:
                raise ClosedError(f"collection {node.name!r} is closed: it has no changes to subscribe to")
        subscription = self._delivery.subscribe(on_commit, nodes, every_commit=every_commit)
        if replay:
            self._replay(subscription, nodes)
        return subscription

    def _replay(self, subscription: Subscription, nodes: tuple[Node, ...]) -> None:
        """Calls a new subscription with the contents as of the last transaction."""
        deltas = {
            node.name: Delta(node.name, {key: Change(None, value) for key, value in contents.items()})
            for node in nodes
            if (contents := node._committed_values())
        }
        if not deltas and subscription not in self._delivery.every_commit:
            return
        errors = len(self._failure_reports.errors)
        self._delivery.call_subscribers([(subscription, Commit(self.epoch, deltas))])
        if len(self._failure_reports.errors) > errors:
            subscription.close()
        if self._delivery.caller is None and not self._transaction.depth:
            self._transaction.run_held_transactions()
            self._failure_reports.report()
