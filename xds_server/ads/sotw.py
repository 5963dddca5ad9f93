"""The state-of-the-world protocol of one stream, as a machine without I/O. Every transition lives here.

Per type, with *reconsider* for "send if what is owed differs from what was sent last, well received or not":

| state        | first request     | nonce of the last response, | the same, with       | empty or other     | a table     |
|              |                   | no error_detail             | error_detail         | nonce              | changed     |
|--------------|-------------------|-----------------------------|----------------------|--------------------|-------------|
| unsubscribed | idle, reconsider  | -                           | -                    | -                  | -           |
| idle         | -                 | names, reconsider           | the same             | names, reconsider  | reconsider  |
| in flight    | -                 | Acked; idle, names,         | Nacked; idle, names, | names; remember    | remember    |
|              |                   | reconsider                  | reconsider           |                    |             |

- At most one response per type is in flight; types do not wait for each other (R140).
- Whatever its nonce or verdict, a request's names are the client's newest wish, and are taken (R24, R28).
- A request with the nonce of another response is `Stale`. Versions in requests decide nothing (R20-R26).
- Nothing is kept for later but names: an answer is made from the tables as they are when it is asked for (R150).
- Only a complete view ever reaches a stream, so an empty answer means that there is nothing (R161).
"""

from collections.abc import Mapping

from xds_server.ads.messages import (
    FOLLOWS,
    FULL_STATE,
    Acked,
    Changes,
    Event,
    Nacked,
    ProtocolError,
    Request,
    Response,
    Stale,
    Subscribed,
    TypeStatus,
    Unserved,
)
from xds_server.ads.selection import Answer, FullState, Named
from xds_server.ads.subscription import Subscription
from xds_server.snapshot.resource import PUSH_ORDER, TypeUrl
from xds_server.snapshot.table import Table, View


class SotwStream:
    """One stream, served from the tables of *view*, which others alter in place and then `offer`."""

    __slots__ = ("_events", "_nonces", "_types", "_view")

    def __init__(self, view: View) -> None:
        self._view = view
        self._types: dict[TypeUrl, _Type] = {}
        self._events: list[Event] = []
        self._nonces = 0

    def receive(self, request: Request) -> None:
        """Takes a request. Raises ProtocolError, if the stream cannot go on."""
        type_url = request.type_url
        if not type_url:
            raise ProtocolError("request has no type_url: an aggregated stream needs one in every request")
        table = self._view.get(type_url)
        if table is None:
            self._events.append(Unserved(type_url))
            return
        state = self._types.get(type_url)
        if state is None:  # Whatever nonce or error it bears, it is about another stream (R20).
            state = self._types[type_url] = _Type(type_url)
            state.subscribe(request.names, table)
            self._events.append(state.subscribed_event())
            return
        if request.nonce:
            self._judge(state, request)
        if state.subscribe(request.names, table):
            self._events.append(state.subscribed_event())

    def offer(self, changes: Changes) -> bool:
        """Notes what changed in the tables, at the cost of what changed; returns whether there may be something to send."""
        marked = False
        for type_url, names in changes.items():
            state = self._types.get(type_url)
            if state is not None:
                state.selection.changed(names)
                marked = marked or state.ready
        return marked

    def next_response(self) -> Response | None:
        """The next response to send, in the order in which resources name each other; None if there is none now."""
        for type_url in PUSH_ORDER:
            state = self._types.get(type_url)
            if state is None or not state.ready:
                continue
            answer = state.selection.answer(self._view[type_url])
            if answer is not None:
                self._follow(type_url, answer)
                self._nonces += 1
                return state.send(answer, str(self._nonces))
        return None

    def events(self) -> list[Event]:
        """What happened since the last call."""
        events, self._events = self._events, []
        return events

    @property
    def complete(self) -> bool:
        """Whether the client has accepted a whole configuration.

        That is: of each type, something was ACKed, and nothing is in flight or due. Of the named types only if the view
        has any: a proxy without routes never asks for one.
        """
        return all(self._settled(type_url, table) for type_url, table in self._view.items())

    def status(self) -> Mapping[TypeUrl, TypeStatus]:
        """Where each type stands that the client asked for."""
        return {type_url: state.status() for type_url, state in self._types.items()}

    def _judge(self, state: "_Type", request: Request) -> None:
        if request.nonce != state.nonce:
            self._events.append(Stale(request.type_url, request.nonce))
        elif state.in_flight:
            self._events.append(state.settle(request.rejection))

    def _follow(self, type_url: TypeUrl, answer: Answer) -> None:
        follower = self._types.get(FOLLOWS.get(type_url, TypeUrl("")))
        if follower is not None:
            follower.selection.again(answer.changed)

    def _settled(self, type_url: TypeUrl, table: Table) -> bool:
        state = self._types.get(type_url)
        if state is None or not state.acked_version:
            return type_url not in FULL_STATE and not len(table)
        return not state.in_flight and not state.selection.due


class _Type:
    """One type on one stream: its subscription, what it is owed, and the response in flight."""

    __slots__ = (
        "acked_version",
        "in_flight",
        "nonce",
        "rejection",
        "selection",
        "sent_version",
        "subscription",
        "type_url",
    )

    def __init__(self, type_url: TypeUrl) -> None:
        full = type_url in FULL_STATE
        self.type_url = type_url
        self.subscription = Subscription(legacy=full)
        self.selection = FullState(self.subscription) if full else Named(self.subscription)
        self.nonce = ""
        self.in_flight = False
        self.sent_version = ""
        self.acked_version = ""
        self.rejection: str | None = None

    @property
    def ready(self) -> bool:
        return self.selection.due and not self.in_flight

    def subscribe(self, names: tuple[str, ...], table: Table) -> bool:
        change = self.subscription.replace(names)
        if change:
            self.selection.subscribed(change, table)
        return bool(change)

    def send(self, answer: Answer, nonce: str) -> Response:
        self.nonce, self.in_flight, self.sent_version = nonce, True, answer.version
        return Response(self.type_url, answer.version, nonce, answer.resources)

    def settle(self, rejection: str | None) -> Event:
        self.in_flight, self.rejection = False, rejection
        if rejection is not None:
            return Nacked(self.type_url, self.nonce, self.sent_version, rejection)
        self.acked_version = self.sent_version
        return Acked(self.type_url, self.nonce, self.sent_version)

    def subscribed_event(self) -> Event:
        return Subscribed(self.type_url, len(self.subscription.names), self.subscription.wildcard)

    def status(self) -> TypeStatus:
        return TypeStatus(
            len(self.subscription.names),
            self.subscription.wildcard,
            self.sent_version,
            self.acked_version,
            self.rejection,
            self.in_flight,
            self.selection.due,
        )
