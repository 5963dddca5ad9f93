"""The state machine of one stream: the part that both variants of the protocol share.

Per type, where *reconsider* means "send if what is due differs from what was sent last, accepted or not":

| state        | first request     | nonce of the last response, | the same, with       | empty or other     | a table     |
|              |                   | no error_detail             | error_detail         | nonce              | changed     |
|--------------|-------------------|-----------------------------|----------------------|--------------------|-------------|
| unsubscribed | idle, reconsider  | -                           | -                    | -                  | -           |
| idle         | -                 | names, reconsider           | the same             | names, reconsider  | reconsider  |
| in flight    | -                 | Acked; idle, names,         | Nacked; idle, names, | names; remember    | remember    |
|              |                   | reconsider                  | reconsider           |                    |             |

- At most one response per type is in flight (R140, R147). For the order across types see `make_before_break`.
- The names of a request are always taken, whatever its nonce, ACK or NACK: they are the client's newest (R24, R28, R71).
- A request with the nonce of another response is a `StaleRequest`. Versions in requests decide nothing (R20-R26).
- Only names are remembered: a response is built from the tables as they are when the caller asks for it (R150).
- A stream is served from complete tables only, so an empty response means that there is nothing (R161).
"""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from typing import Generic, TypeVar

from xds_server.model.resource import TypeUrl, push_rank
from xds_server.xds.cache.table import RoleTables, Table
from xds_server.xds.protocol.completeness import SiblingStreams, has_asked_for_all, is_complete
from xds_server.xds.protocol.heartbeat import Heartbeat, heartbeat_update
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
from xds_server.xds.protocol.type_state import S, TypeState, TypeStates

Q = TypeVar("Q", bound=Request | DeltaRequest)
R = TypeVar("R")


class AdsStream(ABC, Generic[Q, R, S]):
    """One stream, served from *tables*, which others change in place.

    The package's docstring tells which call has to follow which.

    node: the id of the client, which is shown with what it rejects; supports_ttl: whether the client takes heartbeats;
    siblings: the other streams of the client, if it has one for each type.
    """

    __slots__ = (
        "_events", "_make_before_break", "_node", "_ordered_states", "_siblings", "_states", "_supports_ttl", "_tables",
        "heartbeat_unscheduled",
    )  # fmt: skip

    def __init__(
        self, tables: RoleTables, node: str = "", *, supports_ttl: bool = False, siblings: SiblingStreams | None = None
    ) -> None:
        self._tables = tables
        self._siblings = siblings
        self._node = node
        self._supports_ttl = supports_ttl
        self._states: dict[TypeUrl, TypeState[S]] = {}
        self._ordered_states: list[TypeState[S]] = []  # In push order.
        self._make_before_break = MakeBeforeBreak(self._states, tables)
        self._events: list[Event] = []
        self.heartbeat_unscheduled = False
        """Whether `advance_time` has to be called before the caller waits: a resource that expires was sent since the last
        call."""

    def receive_request(self, request: Q) -> None:
        """Takes a request: its names, and its answer to the last response of the type.

        After this call, take `events_received`, and call `next_response` if `ready`. Raises ProtocolError if the stream cannot
        go on; then end it.
        """
        type_url = request.type_url
        if not type_url:
            raise ProtocolError("request has no type_url: an aggregated stream needs one in every request")
        table = self._tables.get(type_url)
        if table is None:
            self._events.append(UnservedType(type_url))
            return
        state = self._states.get(type_url)
        first = state is None
        if state is None:  # A nonce or error in its first request is about another stream (R20).
            state = self._states[type_url] = self._new_type_state(type_url)
            self._ordered_states = sorted(self._states.values(), key=lambda one: push_rank(one.type_url))
        elif request.nonce:
            self._receive_answer(state, request, table)
        if self._update_subscription(state, request, table) or first:
            self._events.append(state.subscribed_event())
            self._make_before_break.subscription_changed(type_url)
        self._send_last_if_possible()

    def tables_changed(self, changes: ChangedNames) -> bool:
        """Records which names changed in the tables, at a cost in the number of names.

        Call it after each publication and before the next one. If it returns true, call `next_response`: there may be
        something to send.
        """
        ready = False
        for type_url in sorted(changes, key=push_rank) if len(changes) > 1 else changes:
            names, table = changes.get(type_url), self._tables.get(type_url)
            if not names or table is None:
                continue
            state = self._states.get(type_url)
            if state is not None:
                state.outbox.table_changed(names, table)
            self._make_before_break.table_changed(type_url, names, table)
            ready = ready or (state is not None and state.ready)
        return ready

    def advance_time(self, now: float) -> float | None:
        """Makes heartbeats (R103, R104) and new tries of rejected contents due whose time has come.

        *now*: seconds on any clock. Call it once before each run of `next_response`, and again at the returned time. None: the
        next call is needed only after a response was sent, or a request received.
        """
        self.heartbeat_unscheduled = False
        next_at = None
        for state in self._ordered_states:
            quarantine, heartbeat = state.outbox.quarantine, state.heartbeat
            times = [None if quarantine is None else quarantine.start_retries(now)]
            if heartbeat is not None and state.last_sent:
                times.append(heartbeat.advance_time(now, self._tables[state.type_url].expiring))
            for at in times:
                if at is not None:
                    next_at = at if next_at is None else min(next_at, at)
        return next_at

    def next_response(self) -> R | None:
        """Builds the next response, in push order; None if there is none to send now.

        Send the response before the next call, and call until None. A response counts as sent from now on: if it cannot be
        sent, end the stream.
        """
        self._make_before_break.start_response()
        if not self.ready:
            return None
        self._make_before_break.release_removals()
        response = self._first_ready_response()
        if (
            response is None and self._make_before_break.release_removals()
        ):  # A type turned out to have nothing to send.
            response = self._first_ready_response()
        if response is None and self._send_last_if_possible():
            response = self._first_ready_response()
        return response

    def events_received(self) -> list[Event]:
        """Returns what happened since the last call, in order. Handle all of it before the next request."""
        events, self._events = self._events, []
        return events

    @property
    def ready(self) -> bool:
        """Whether `next_response` may return a response, or `advance_time` has to be called."""
        if self._make_before_break.defers_removals:
            return True
        for state in self._ordered_states:  # Asked after every request: any() takes three times as long.
            quarantine = state.outbox.quarantine
            if state.ready or (quarantine is not None and quarantine.retry_unscheduled):
                return True
        return False

    @property
    def blocked(self) -> bool:
        """Whether the last `next_response` left something out that waits for another type.

        If that lasts too long, call `stop_waiting`.
        """
        return self._make_before_break.blocked

    def stop_waiting(self) -> None:
        """Ends all waits of one type for another, since they took too long (R125). Call `next_response` after this."""
        self._make_before_break.stop_waiting()

    def unanswered_types(self) -> list[TypeUrl]:
        """Types for which something is due, and whose last response has not been answered.

        If that lasts too long, call `forget_answer` for the type.
        """
        return [state.type_url for state in self._ordered_states if state.in_flight and state.outbox.due]

    def forget_answer(self, type_url: TypeUrl) -> None:
        """Stops waiting for the answer to the last response of a type (R146). Call `next_response` after this."""
        self._states[type_url].forget_answer()

    @property
    def complete(self) -> bool:
        """Whether the client has accepted a whole configuration.

        That is: of each type it has accepted a response, nothing is in flight or due, and it lacks nothing that it rejected.
        Types that are subscribed to by name count only if they have resources: a proxy without routes never asks for one.
        """
        return is_complete(self._tables, [self._states])

    @property
    def type_states(self) -> TypeStates:
        """The types that the client subscribed to."""
        return self._states

    def sibling_advanced(self) -> bool:
        """Tells the stream that another stream of the same client made progress, or ended.

        If it returns true, call `next_response`: there is something to send now.
        """
        return self._send_last_if_possible()

    def status(self) -> Mapping[TypeUrl, TypeStatus]:
        """The state of each type that the client subscribed to, for pages."""
        return {type_url: state.status() for type_url, state in self._states.items()}

    def resource_statuses(self) -> Iterator[ResourceStatus]:
        """The state of each subscribed resource at the client, type by type."""
        for state in self._ordered_states:
            yield from state.resource_statuses(self._tables[state.type_url])

    @abstractmethod
    def _new_type_state(self, type_url: TypeUrl) -> TypeState[S]:
        """The state of a type at its first request."""

    @abstractmethod
    def _update_subscription(self, state: TypeState[S], request: Q, table: Table) -> bool:
        """Takes the names of a request; returns whether they changed the subscription."""

    @abstractmethod
    def _build_response(self, state: TypeState[S], update: Update, table: Table) -> R:
        """Builds the response for an update, and sets `sent_version`."""

    def _heartbeat(self, type_url: TypeUrl) -> Heartbeat | None:
        return Heartbeat() if self._supports_ttl and type_url not in NO_HEARTBEAT else None

    def _first_ready_response(self) -> R | None:
        for state in self._ordered_states:
            if not state.ready or self._make_before_break.must_wait(state):
                continue
            type_url = state.type_url
            table = self._tables[type_url]
            update = state.outbox.next_update(table)
            if update is None:
                state.skip_response()
                update = self._heartbeat_update(state, table)
            if update is not None:
                self._resend_followers(type_url, update)
                state.record_response(update, table)
                if table.expiring and state.heartbeat is not None and not state.heartbeat.scheduled:
                    self.heartbeat_unscheduled = True
                return self._build_response(state, update, table)
        return None

    def _heartbeat_update(self, state: TypeState[S], table: Table) -> Update | None:
        """The heartbeat that is due, if any. A client that has accepted nothing gets none."""
        heartbeat = state.heartbeat
        if heartbeat is None or not heartbeat.due:
            return None
        heartbeat.due = False
        has_any = state.acked_version or state.outbox.reports_missing
        return heartbeat_update(state.outbox, table) if has_any else None

    def _send_last_if_possible(self) -> bool:
        """Makes the resources due that have to be sent last, if the client has accepted all others; returns whether it did."""
        changed = False
        for state in self._ordered_states:
            table = self._tables[state.type_url]
            if table.placeholders and not state.outbox.sends_last and self._has_all_others():
                state.outbox.send_last(table)
                changed = True
        return changed

    def _has_all_others(self) -> bool:
        """Whether the client has subscribed to, and accepted, all resources but those that have to be sent last."""
        if not all(state.settled for state in self._ordered_states):
            return False
        siblings = self._siblings
        tables, others = (self._tables, ()) if siblings is None else (siblings.tables, siblings.others())
        streams = [self._states, *others]
        return is_complete(tables, streams) and has_asked_for_all(tables, streams)

    def _receive_answer(self, state: TypeState[S], request: Q, table: Table) -> None:
        if request.nonce != state.nonce:
            self._events.append(StaleRequest(request.type_url, request.nonce))
            return
        revision = table.acceptance.revision
        if state.awaits_answer and request.rejection is None:
            self._events.append(state.receive_ack(table))
        elif state.awaits_answer and request.rejection is not None:
            self._events.append(state.receive_nack(table, request.rejection))
        if table.acceptance.revision != revision:
            self._events.append(AcceptanceChanged(request.type_url, table.acceptance.take_reaccepted()))

    def _resend_followers(self, type_url: TypeUrl, update: Update) -> None:
        leader, follower = self._states[type_url], self._states.get(RESEND_AFTER.get(type_url, TypeUrl("")))
        if follower is not None and follower.last_sent:  # Before its first response all names are due anyway.
            table = self._tables[type_url]
            follower.outbox.resend([name for name in update.changed if leader.outbox.has_resource(name, table)])
