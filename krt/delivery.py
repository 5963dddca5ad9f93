"""Delivery: calls subscribers after a transaction, and keeps what they write for the next ones."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, Protocol

from krt.delta import Commit
from krt.errors import LivelockError, SubscriberError
from krt.failures import FailureReports
from krt.subscription import Subscribable, Subscription

MOST_ROUNDS = 100
"""How many transactions in a row subscribers may write in response to each other."""


class Writable(Protocol):
    """What delivery needs of a source."""

    name: str
    closed: bool


class HeldTransaction:
    """The writes of a subscriber: they become a transaction of their own after all subscribers were called."""

    __slots__ = ("round", "writer", "writes")

    def __init__(self, writer: Subscription, round_: int) -> None:
        self.writer = writer
        self.round = round_
        self.writes: list[tuple[Writable, Callable[..., None], tuple[Any, ...]]] = []


class Delivery:
    """Calls subscribers one after the other. The graph does not change meanwhile.

    The writes of subscribers are held. They become the next transactions, in the order of writing.
    """

    def __init__(self, failure_reports: FailureReports) -> None:
        self._failure_reports = failure_reports
        self.caller: Subscription | None = None
        """The subscription that is being called."""
        self.every_commit: dict[Subscription, None] = {}
        """Subscriptions that are called after every transaction."""
        self._last_order = 0
        self._round = 0
        self._open: list[HeldTransaction] = []  # open transactions of the caller, the innermost last
        self.held_transactions: deque[HeldTransaction] = deque()
        """Transactions of subscribers that have not run yet."""

    def subscribe(
        self, on_commit: Callable[[Commit], None], collections: tuple[Subscribable, ...], *, every_commit: bool
    ) -> Subscription:
        """Adds a subscription. It is called after those that exist already."""
        self._last_order += 1
        subscription = Subscription(on_commit, collections, self.every_commit, self._last_order)
        for collection in collections:
            collection._subscriptions[subscription] = None
        if every_commit:
            self.every_commit[subscription] = None
        return subscription

    def call_subscribers(self, calls: Sequence[tuple[Subscription, Commit]]) -> None:
        """Calls each subscription that is still open. One that raises is reported, and the others are called."""
        for subscription, _ in calls:
            subscription._call_due = True
        outer, outer_open = self.caller, self._open
        for subscription, commit in calls:
            if subscription._is_open():
                self.caller, self._open = subscription, []
                try:
                    subscription._on_commit(commit)
                except Exception as error:  # noqa: BLE001 - the other subscribers are called all the same
                    self.report_failure(subscription, commit.epoch, error)
                except BaseException as error:  # noqa: BLE001 - FailureReports.report raises it
                    self._failure_reports.interruption = error
                finally:
                    self.caller, self._open = outer, outer_open
            subscription._call_due = False

    def report_failure(self, subscription: Subscription, epoch: int, error: Exception) -> None:
        """Adds the failure of a subscriber."""
        names = ", ".join(map(repr, subscription.names)) or "every commit"
        report = SubscriberError(f"a subscriber of {names} raised at epoch {epoch}: {error!r}")
        report.__cause__ = error
        self._failure_reports.errors.append(report)

    def hold_write(self, source: Writable, write: Callable[..., None], arguments: tuple[Any, ...]) -> None:
        """Holds a write of the caller: in its open transaction, or else as a transaction of its own."""
        if self._open:
            self._open[-1].writes.append((source, write, arguments))
        else:
            self.begin_transaction()
            self._open[-1].writes.append((source, write, arguments))
            self.end_transaction(keep=True)

    def begin_transaction(self) -> None:
        """The caller opens a transaction; the call that ends it must follow."""
        assert self.caller is not None
        self._open.append(HeldTransaction(self.caller, self._round + 1))

    def end_transaction(self, *, keep: bool) -> None:
        """The caller ends its innermost transaction. *keep*: hold its writes; otherwise drop them."""
        held = self._open.pop()
        if not keep or not held.writes:
            return
        if self._open:
            self._open[-1].writes += held.writes
        else:
            self.held_transactions.append(held)

    def take_held_transactions(self) -> Iterator[HeldTransaction]:
        """Yields the held transactions in order, including those that are added meanwhile.

        After MOST_ROUNDS it drops the rest and adds a LivelockError to the reports.
        """
        last: list[HeldTransaction] = []
        while self.held_transactions:
            held = self.held_transactions.popleft()
            self._round = held.round
            last = [*last[-20:], held]
            if held.round > MOST_ROUNDS:
                self.held_transactions.clear()
                self._failure_reports.errors.append(_livelock(last))
                break
            yield held
        self._round = 0


def _livelock(last: Iterable[HeldTransaction]) -> LivelockError:
    subscribers = dict.fromkeys(name for held in last for name in held.writer.names or ("every commit",))
    sources = dict.fromkeys(source.name for held in last for source, _, _ in held.writes)
    return LivelockError(
        f"subscribers of {', '.join(map(repr, subscribers))} kept writing to {', '.join(map(repr, sources))} for "
        f"{MOST_ROUNDS} transactions: a subscriber must stop writing at some point; "
        f"write only values that differ from the current ones"
    )
