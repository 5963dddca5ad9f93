"""What both variants of the protocol have in common: one stream, as a machine without I/O.

Per type, with *reconsider* for "send if what is owed differs from what was sent last, well received or not":

| state        | first request     | nonce of the last response, | the same, with       | empty or other     | a table     |
|              |                   | no error_detail             | error_detail         | nonce              | changed     |
|--------------|-------------------|-----------------------------|----------------------|--------------------|-------------|
| unsubscribed | idle, reconsider  | -                           | -                    | -                  | -           |
| idle         | -                 | names, reconsider           | the same             | names, reconsider  | reconsider  |
| in flight    | -                 | Acked; idle, names,         | Nacked; idle, names, | names; remember    | remember    |
|              |                   | reconsider                  | reconsider           |                    |             |

- At most one response per type is in flight (R140, R147). Across types: see `rollout`.
- Whatever its nonce or verdict, a request's names are the client's newest wish, and are taken (R24, R28, R71).
- A request with the nonce of another response is a `StaleRequest`. Versions in requests decide nothing (R20-R26).
- Nothing is kept for later but names: an answer is made from the tables as they are when it is asked for (R150).
- Only a complete view ever reaches a stream, so an empty answer means that there is nothing (R161).
"""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from typing import Final, Generic, TypeVar

from xds_server.model.resource import TypeUrl, push_rank
from xds_server.xds.cache.table import RoleTables, Table
from xds_server.xds.protocol.completeness import SiblingStreams, TypeStates, has_asked_for_all, is_complete
from xds_server.xds.protocol.make_before_break import MakeBeforeBreak
from xds_server.xds.protocol.messages import (
    NO_HEARTBEAT,
    RESEND_AFTER,
    AcceptanceChanged,
    ChangedNames,
    DeltaRequest,
    Event,
    ProtocolError,
    Request,
    ResourceStatus,
    StaleRequest,
    TypeStatus,
    UnservedType,
)
from xds_server.xds.protocol.outbox import Update
from xds_server.xds.protocol.type_state import S, TypeState

HEARTBEAT_SHARE: Final = 1 / 3
"""After what part of the shortest time to live a client hears again of what it has: two may be lost, or late."""

Q = TypeVar("Q", bound=Request | DeltaRequest)
R = TypeVar("R")


class AdsStream(ABC, Generic[Q, R, S]):
    """One stream, served from the tables of *view*, which others alter in place and then `offer`.

    node: how the client calls itself, for whom its verdicts are shown to; takes_ttl: whether it knows resources that expire;
    around: what the client has other streams for, if it has one for each type.
    """

    __slots__ = ("_around", "_events", "_exchanges", "_in_order", "_node", "_rollout", "_takes_ttl", "_view")

    def __init__(
        self, view: RoleTables, node: str = "", *, takes_ttl: bool = False, around: SiblingStreams | None = None
    ) -> None:
        self._view = view
        self._around = around
        self._node = node
        self._takes_ttl = takes_ttl
        self._exchanges: dict[TypeUrl, TypeState[S]] = {}
        self._in_order: list[TypeState[S]] = []
        self._rollout = MakeBeforeBreak(self._exchanges, view)
        self._events: list[Event] = []

    def receive(self, request: Q) -> None:
        """Takes a request. Raises ProtocolError, if the stream cannot go on."""
        type_url = request.type_url
        if not type_url:
            raise ProtocolError("request has no type_url: an aggregated stream needs one in every request")
        table = self._view.get(type_url)
        if table is None:
            self._events.append(UnservedType(type_url))
            return
        exchange = self._exchanges.get(type_url)
        first = exchange is None
        if exchange is None:  # Whatever nonce or error it bears, it is about another stream (R20).
            exchange = self._exchanges[type_url] = self._exchange(type_url)
            self._in_order = sorted(self._exchanges.values(), key=lambda one: push_rank(one.type_url))
        elif request.nonce:
            self._judge(exchange, request, table)
        if self._subscribe(exchange, request, table) or first:
            self._events.append(exchange.subscribed_event())
            self._rollout.subscribed(type_url)
        self._open()

    def offer(self, changes: ChangedNames) -> bool:
        """Notes what changed in the tables, at the cost of what changed; returns whether there may be something to send."""
        marked = False
        for type_url in sorted(changes, key=push_rank) if len(changes) > 1 else changes:
            names, table = changes.get(type_url), self._view.get(type_url)
            if not names or table is None:
                continue
            exchange = self._exchanges.get(type_url)
            if exchange is not None:
                exchange.selection.changed(names, table)
            self._rollout.changed(type_url, names, table)
            marked = marked or (exchange is not None and exchange.ready)
        return marked

    def beat(self, now: float) -> float | None:
        """Sees to it that what would expire at the client is heard of again, a third of its time to live after the last
        time (R103, R104), and that what it rejected is tried again, when its time has come; returns when to ask next,
        None for not before something is sent or rejected. *now*: seconds on any clock.
        """  # noqa: D205  One sentence.
        next_at = self._retried(now)
        for exchange in self._in_order if self._takes_ttl else ():
            mortal = self._view[exchange.type_url].mortal
            if not mortal or not exchange.number or exchange.type_url in NO_HEARTBEAT:
                exchange.beaten_at = None
                continue
            period = min(mortal.values()) * HEARTBEAT_SHARE
            if exchange.beaten_at is None:
                exchange.beaten_at = now
            elif now >= exchange.beaten_at + period:
                exchange.beaten_at, exchange.beats = now, True
            at = exchange.beaten_at + period
            next_at = at if next_at is None else min(next_at, at)
        return next_at

    def next_response(self) -> R | None:
        """The next response to send, in the order in which resources name each other; None if there is none now."""
        self._rollout.begin()
        if not self.ready:
            return None
        self._rollout.settle()
        response = self._first_ready()
        if response is None and self._rollout.settle():  # What turned out to be nothing is waited for no longer.
            response = self._first_ready()
        if response is None and self._open():
            response = self._first_ready()
        return response

    def events(self) -> list[Event]:
        """What happened since the last call."""
        events, self._events = self._events, []
        return events

    @property
    def ready(self) -> bool:
        """Whether there may be something to send, or `beat` is to be asked."""
        if self._rollout.keeping:
            return True
        for exchange in self._in_order:  # Asked after every request: any() takes three times as long.
            quarantine = exchange.selection.quarantine
            if exchange.ready or (quarantine is not None and quarantine.unarmed):
                return True
        return False

    @property
    def blocked(self) -> bool:
        """Whether the last `next_response` left something out that waits for another type."""
        return self._rollout.blocked

    def lapse(self) -> None:
        """Sends what waits for another type without that: its time is up (R125)."""
        self._rollout.lapse()

    def unanswered(self) -> list[TypeUrl]:
        """Types of which something is due, and the last response has not been answered."""
        return [one.type_url for one in self._in_order if one.in_flight and one.selection.due]

    def abandon(self, type_url: TypeUrl) -> None:
        """Does not wait any longer for the answer to the last response of that type (R146)."""
        self._exchanges[type_url].abandon()

    @property
    def complete(self) -> bool:
        """Whether the client has accepted a whole configuration.

        That is: of each type, something was ACKed, nothing is in flight or due, and nothing that it rejected is missing. Of the named types only if the view
        has any: a proxy without routes never asks for one.
        """
        return is_complete(self._view, [self._exchanges])

    @property
    def exchanges(self) -> TypeStates:
        """What is told on it, by type."""
        return self._exchanges

    def look(self) -> bool:
        """Whether there is something to send now, as another stream of the same proxy has got on."""
        return self._open()

    def status(self) -> Mapping[TypeUrl, TypeStatus]:
        """Where each type stands that the client asked for."""
        return {type_url: exchange.status() for type_url, exchange in self._exchanges.items()}

    def resources(self) -> Iterator[ResourceStatus]:
        """Where the client stands with each resource that it asked for, type by type."""
        for exchange in self._in_order:
            yield from exchange.resources(self._view[exchange.type_url])

    @abstractmethod
    def _exchange(self, type_url: TypeUrl) -> TypeState[S]:
        """What a type begins with."""

    @abstractmethod
    def _subscribe(self, exchange: TypeState[S], request: Q, table: Table) -> bool:
        """Takes the names of a request; returns whether they alter anything."""

    @abstractmethod
    def _response(self, exchange: TypeState[S], answer: Update, table: Table) -> R:
        """The message for an answer; sets the version sent."""

    def _first_ready(self) -> R | None:
        for exchange in self._in_order:
            if not exchange.ready or self._rollout.waits(exchange):
                continue
            type_url = exchange.type_url
            table = self._view[type_url]
            answer = exchange.selection.take(table)
            if answer is None:
                exchange.pass_over()
                answer = self._beaten(exchange, table)
            if answer is not None:
                self._follow(type_url, answer)
                exchange.send(answer, table)
                return self._response(exchange, answer, table)
        return None

    def _retried(self, now: float) -> float | None:
        next_at = None
        for exchange in self._in_order:
            quarantine = exchange.selection.quarantine
            at = quarantine.tick(now) if quarantine is not None else None
            if at is not None:
                next_at = at if next_at is None else min(next_at, at)
        return next_at

    def _open(self) -> bool:
        """Sends what comes last, if the client has accepted all the rest; returns whether it does from now on."""
        opened = False
        for exchange in self._in_order:
            table = self._view[exchange.type_url]
            if table.sealed and not exchange.selection.opened and self._has_the_rest():
                exchange.selection.open(table)
                opened = True
        return opened

    def _has_the_rest(self) -> bool:
        """Whether the client has accepted all that there is, but for what comes last; and has asked for all that."""
        if not all(exchange.idle for exchange in self._in_order):
            return False
        around = self._around
        view, others = (self._view, ()) if around is None else (around.view, around.others())
        streams = [self._exchanges, *others]
        return is_complete(view, streams) and has_asked_for_all(view, streams)

    def _beaten(self, exchange: TypeState[S], table: Table) -> Update | None:
        """What an exchange has to tell of again, if anything; nothing to who has accepted nothing."""
        beats, exchange.beats = exchange.beats, False
        accepted = exchange.acked_version or exchange.selection.silent
        return exchange.selection.beat(table) if beats and accepted else None

    def _judge(self, exchange: TypeState[S], request: Q, table: Table) -> None:
        if request.nonce != exchange.nonce:
            self._events.append(StaleRequest(request.type_url, request.nonce))
            return
        revision = table.trial.revision
        if exchange.unanswered and request.rejection is None:
            self._events.append(exchange.accept(table))
        elif exchange.unanswered and request.rejection is not None:
            self._events.append(exchange.reject(table, request.rejection))
        if table.trial.revision != revision:
            self._events.append(AcceptanceChanged(request.type_url, table.trial.cleared()))

    def _follow(self, type_url: TypeUrl, answer: Update) -> None:
        leader, follower = self._exchanges[type_url], self._exchanges.get(RESEND_AFTER.get(type_url, TypeUrl("")))
        if follower is not None and follower.number:  # To who was sent nothing yet, all that is wanted is due.
            table = self._view[type_url]
            follower.selection.again([name for name in answer.changed if leader.selection.serves(name, table)])
