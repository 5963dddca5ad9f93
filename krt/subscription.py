"""Subscribers: who is called after a transaction, and what becomes of the writes that they make."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from krt.delta import Commit
from krt.errors import LivelockError, SubscriberError

if TYPE_CHECKING:
    from krt.collection import Collection
    from krt.graph import Graph
    from krt.source import Source

MOST_ROUNDS = 100
"""How many times in a row subscribers may answer each other's writes by writes of their own."""


class Subscription:
    """The right to be called; ends with `close`."""

    def __init__(
        self, graph: Graph, on_commit: Callable[[Commit], None], collections: tuple[Collection[Any, Any], ...]
    ) -> None:
        self._graph = graph
        self._on_commit = on_commit
        self._collections = collections
        self._due = False
        self.order = graph._next_order()
        """Subscriptions are called in the order in which they were made."""

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the collections that it is about."""
        return tuple(collection.name for collection in self._collections)

    @property
    def synced(self) -> bool:
        """Whether it has been called with all that its collections held when the last of them became complete."""
        return not self._due and all(collection.synced for collection in self._collections)

    def close(self) -> None:
        """No more calls. Closing twice is allowed, and so is closing within a call."""
        for collection in self._collections:
            collection._subscriptions.pop(self, None)
        self._graph._every_commit.pop(self, None)

    def _drop(self, closed: Collection[Any, Any]) -> None:
        """Goes on without a collection that was closed."""
        closed._subscriptions.pop(self, None)
        self._collections = tuple(collection for collection in self._collections if collection is not closed)

    def _is_open(self) -> bool:
        return self in self._graph._every_commit or any(self in c._subscriptions for c in self._collections)


@dataclass(slots=True)
class _Held:
    """What a subscriber wrote in one transaction of its own, which will be the next of the graph."""

    writer: Subscription
    round: int
    writes: list[tuple[Source[Any, Any], Callable[..., None], tuple[Any, ...]]] = field(default_factory=list)


class Delivery:
    """Calls subscribers one after the other, while the graph stands still at their commit.

    What they write is held, and becomes the next transactions, in the order of writing.
    """

    def __init__(self, graph: Graph) -> None:
        self._graph = graph
        self.caller: Subscription | None = None
        """Who is being called."""
        self._round = 0
        self._open: list[_Held] = []  # transactions that the caller has open, each within the one before
        self._held: deque[_Held] = deque()

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
                    self._report(subscription, commit, error)
                except BaseException as error:  # noqa: BLE001 - the graph raises it once everybody has been called
                    self._graph._interruption = error
                finally:
                    self.caller, self._open = outer, outer_open
            subscription._due = False

    def _report(self, subscription: Subscription, commit: Commit, error: Exception) -> None:
        names = ", ".join(map(repr, subscription.names)) or "every commit"
        report = SubscriberError(f"a subscriber of {names} raised at epoch {commit.epoch}: {error!r}")
        report.__cause__ = error
        self._graph._errors.append(report)

    def hold(self, source: Source[Any, Any], write: Callable[..., None], arguments: tuple[Any, ...]) -> None:
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
        self._open.append(_Held(self.caller, self._round + 1))

    def end(self, *, keep: bool) -> None:
        """The caller ends a transaction: its writes are kept, or forgotten."""
        held = self._open.pop()
        if not keep or not held.writes:
            return
        if self._open:
            self._open[-1].writes += held.writes
        else:
            self._held.append(held)

    def drain(self) -> None:
        """Runs what subscribers wrote, each transaction with its own calls, until nobody writes any more."""
        if not self._held:
            return
        last: list[_Held] = []
        while self._held:
            held = self._held.popleft()
            self._round = held.round
            last = [*last[-20:], held]
            if held.round > MOST_ROUNDS:
                self._held.clear()
                self._graph._errors.append(_livelock(last))
                break
            try:
                with self._graph._transaction.following():
                    for source, write, arguments in held.writes:
                        if not source.closed:
                            write(*arguments)
            except Exception as error:  # noqa: BLE001 - such as a value whose equality raises
                self._report(held.writer, Commit(self._graph.epoch, {}), error)
        self._round = 0


def _livelock(last: Iterable[_Held]) -> LivelockError:
    subscribers = dict.fromkeys(name for held in last for name in held.writer.names or ("every commit",))
    sources = dict.fromkeys(source.name for held in last for source, _, _ in held.writes)
    return LivelockError(
        f"subscribers of {', '.join(map(repr, subscribers))} kept writing to {', '.join(map(repr, sources))} for "
        f"{MOST_ROUNDS} transactions: a subscriber must come to rest; write only what differs from what is there"
    )
