"""Delivery: the calls of subscribers after a transaction, and the writes that subscribers make."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from krt.delta import Commit
from krt.errors import LivelockError, SubscriberError
from krt.failures import FailureReports
from krt.subscription import Subscribable, Subscription

MOST_ROUNDS = 100
"""How many times in a row subscribers may answer each other's writes by writes of their own."""


class Writable(Protocol):
    """What delivery has to know of a source."""

    name: str
    closed: bool


@dataclass(slots=True)
class HeldTransaction:
    """What a subscriber wrote in one transaction of its own, which will be the next of the graph."""

    writer: Subscription
    round: int
    writes: list[tuple[Writable, Callable[..., None], tuple[Any, ...]]] = field(default_factory=list)


class Delivery:
    """Calls subscribers one after the other, while the graph stands still at their commit.

    What they write is held, and becomes the next transactions, in the order of writing.
    """

    def __init__(self, failures: FailureReports) -> None:
        self._failures = failures
        self.caller: Subscription | None = None
        """Who is being called."""
        self.every_commit: dict[Subscription, None] = {}
        """Those that are called after every transaction."""
        self._orders = 0
        self._round = 0
        self._open: list[HeldTransaction] = []  # transactions that the caller has open, each within the one before
        self.held: deque[HeldTransaction] = deque()
        """What subscribers wrote, and what has not been run yet."""

    def subscribe(
        self, on_commit: Callable[[Commit], None], collections: tuple[Subscribable, ...], *, every_commit: bool
    ) -> Subscription:
        """A new subscription, which is called after those that exist."""
        self._orders += 1
        subscription = Subscription(on_commit, collections, self.every_commit, self._orders)
        for collection in collections:
            collection._subscriptions[subscription] = None
        if every_commit:
            self.every_commit[subscription] = None
        return subscription

    def call(self, calls: Sequence[tuple[Subscription, Commit]]) -> None:
        """Calls each subscription that is open still. What one raises is reported, and the others are called."""
        for subscription, _ in calls:
            subscription._due = True
        outer, outer_open = self.caller, self._open
        for subscription, commit in calls:
            if subscription._is_open():
                self.caller, self._open = subscription, []
                try:
                    subscription._on_commit(commit)
                except Exception as error:  # noqa: BLE001 - a subscriber harms neither the graph nor the others
                    self.report(subscription, commit.epoch, error)
                except BaseException as error:  # noqa: BLE001 - the graph raises it once everybody has been called
                    self._failures.interruption = error
                finally:
                    self.caller, self._open = outer, outer_open
            subscription._due = False

    def report(self, subscription: Subscription, epoch: int, error: Exception) -> None:
        """Notes that a subscriber failed."""
        names = ", ".join(map(repr, subscription.names)) or "every commit"
        report = SubscriberError(f"a subscriber of {names} raised at epoch {epoch}: {error!r}")
        report.__cause__ = error
        self._failures.errors.append(report)

    def hold(self, source: Writable, write: Callable[..., None], arguments: tuple[Any, ...]) -> None:
        """Keeps a write of the caller for the next transaction."""
        if self._open:
            self._open[-1].writes.append((source, write, arguments))
        else:
            self.begin()
            self._open[-1].writes.append((source, write, arguments))
            self.end(keep=True)

    def begin(self) -> None:
        """The caller opens a transaction, maybe within one."""
        assert self.caller is not None
        self._open.append(HeldTransaction(self.caller, self._round + 1))

    def end(self, *, keep: bool) -> None:
        """The caller ends a transaction: its writes are kept, or forgotten."""
        held = self._open.pop()
        if not keep or not held.writes:
            return
        if self._open:
            self._open[-1].writes += held.writes
        else:
            self.held.append(held)

    def take_held(self) -> Iterator[HeldTransaction]:
        """What subscribers wrote, to be run one after the other, until nobody writes any more."""
        last: list[HeldTransaction] = []
        while self.held:
            held = self.held.popleft()
            self._round = held.round
            last = [*last[-20:], held]
            if held.round > MOST_ROUNDS:
                self.held.clear()
                self._failures.errors.append(_livelock(last))
                break
            yield held
        self._round = 0


def _livelock(last: Iterable[HeldTransaction]) -> LivelockError:
    subscribers = dict.fromkeys(name for held in last for name in held.writer.names or ("every commit",))
    sources = dict.fromkeys(source.name for held in last for source, _, _ in held.writes)
    return LivelockError(
        f"subscribers of {', '.join(map(repr, subscribers))} kept writing to {', '.join(map(repr, sources))} for "
        f"{MOST_ROUNDS} transactions: a subscriber must come to rest; write only what differs from what is there"
    )
