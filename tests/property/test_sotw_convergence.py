"""A model client against the state-of-the-world machine, under every interleaving that Hypothesis can think of."""

from collections import Counter, deque

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from xds_server.ads.messages import Acked, Nacked, Request, Response
from xds_server.ads.sotw import SotwStream
from xds_server.snapshot.resource import CLUSTER, ENDPOINT, LISTENER, PUSH_ORDER, TypeUrl, resource
from xds_server.snapshot.table import Table

NAMES = ("a", "b", "c", "d")
TYPES = st.sampled_from(PUSH_ORDER)
LISTS = st.lists(st.sampled_from((*NAMES, "*", "")), max_size=4).map(tuple)
FULL = (CLUSTER, LISTENER)


class Client:
    """What a client knows of one type; written from the specification, not from the server."""

    def __init__(self, type_url: TypeUrl) -> None:
        self.type_url = type_url
        self.asked = self.named = False
        self.names: tuple[str, ...] = ()
        self.nonce = ""
        self.seen: dict[str, int] = {}

    def wants(self, name: str) -> bool:
        everything = "*" in self.names or (self.type_url in FULL and not self.named)
        return everything or name in self.names

    def ask(self, names: tuple[str, ...], rejection: str | None = None) -> Request:
        self.asked, self.named, self.names = True, self.named or bool(names), names
        self.seen = {name: digest for name, digest in self.seen.items() if self.wants(name)}
        return Request(self.type_url, "", names, self.nonce, rejection)

    def take(self, response: Response) -> None:
        """Looks at what is wanted; whether it will be accepted does not matter here."""
        self.nonce = response.nonce
        if self.type_url in FULL:
            self.seen = {}
        self.seen.update((item.name, item.digest) for item in response.resources if self.wants(item.name))


class Conversation(RuleBasedStateMachine):
    """Messages wait on both ways for as long as Hypothesis likes, in order."""

    def __init__(self) -> None:
        super().__init__()
        self.tables = {type_url: Table() for type_url in PUSH_ORDER}
        self.stream = SotwStream(self.tables)
        self.clients = {type_url: Client(type_url) for type_url in PUSH_ORDER}
        self.up: deque[Request] = deque()
        self.down: deque[Response] = deque()
        self.open: dict[TypeUrl, str] = {}
        self.sent: dict[TypeUrl, dict[str, int]] = {}
        # Names of which the same content may be sent again: they were asked for anew, or vanished, or their cluster went out.
        self.again: dict[TypeUrl, set[str]] = {type_url: set() for type_url in PUSH_ORDER}
        self.received: dict[TypeUrl, Client] = {type_url: Client(type_url) for type_url in PUSH_ORDER}

    @rule(
        type_url=TYPES, changes=st.dictionaries(st.sampled_from(NAMES), st.sampled_from((None, b"1", b"2")), min_size=1)
    )
    def change(self, type_url: TypeUrl, changes: dict[str, bytes | None]) -> None:
        """Some resources of a type change at once."""
        for name, body in changes.items():
            if body is None:
                self.tables[type_url].discard(name)
                self.again[type_url] |= {name} - set(NAMES if type_url in FULL else ())
            else:
                self.tables[type_url].put(resource(name, name.encode() + body))
        self.stream.offer({type_url: changes})

    @rule(type_url=TYPES, names=LISTS)
    def resubscribe(self, type_url: TypeUrl, names: tuple[str, ...]) -> None:
        """The client changes its mind, between responses."""
        self.up.append(self.clients[type_url].ask(names))

    @precondition(lambda self: self.up)
    @rule()
    def server_receives(self) -> None:
        """A request arrives."""
        request = self.up.popleft()
        model = self.received[request.type_url]
        before = {*model.names, *("*" if model.asked and model.wants("?") else ())}
        model.ask(request.names)
        gained = {*model.names, *("*" if model.wants("?") else ())} - before
        self.again[request.type_url] |= {name for name in NAMES if name in gained or "*" in gained}
        self.stream.receive(request)
        for event in self.stream.events():
            if isinstance(event, Acked | Nacked):
                assert self.open.pop(event.type_url) == event.nonce

    @rule()
    def server_sends(self) -> None:
        """The server sends what it has, if it has."""
        self._send()

    def _send(self) -> bool:
        response = self.stream.next_response()
        if response is None:
            return False
        type_url = response.type_url
        assert type_url not in self.open, "two responses in flight"
        names = [item.name for item in response.resources]
        assert len(set(names)) == len(names), "one name twice"
        content = {item.name: item.digest for item in response.resources}
        before, again = self.sent.get(type_url), self.again[type_url]
        if type_url in FULL:
            assert content != before or again, "the same set again"
            again.clear()
        else:
            assert content, "an empty answer says nothing"
            stale = [
                name for name, digest in (before or {}).items() if content.get(name) == digest and name not in again
            ]
            assert not stale, "the same resource again"
            again -= content.keys()
        self.sent[type_url] = content if type_url in FULL else (before or {}) | content
        if type_url == CLUSTER:
            self.again[ENDPOINT] |= content.keys()
        self.open[type_url] = response.nonce
        self.down.append(response)
        return True

    @precondition(lambda self: self.down)
    @rule(rejection=st.sampled_from((None, "no good")), names=st.none() | LISTS)
    def client_answers(self, rejection: str | None, names: tuple[str, ...] | None) -> None:
        """The client takes a response, well or badly, and perhaps asks for other names with it."""
        response = self.down.popleft()
        client = self.clients[response.type_url]
        client.take(response)
        self.up.append(client.ask(client.names if names is None else names, rejection))

    @rule(accept=st.booleans())
    def everything_arrives(self, accept: bool) -> None:
        """With no more changes the talk ends soon, and the client has seen the tables as they are."""
        answers: Counter[TypeUrl] = Counter()
        rejection = None if accept else "no good"
        while self.up or self.down or self._send():
            if self.up:
                self.server_receives()
            elif self.down:
                answers[self.down[0].type_url] += 1
                self.client_answers(rejection=rejection, names=None)
        assert max(answers.values(), default=0) <= 3, "a loop"
        for type_url, client in self.clients.items():
            if client.asked:
                # A named type has no removals: what is gone stays seen until the client drops its name.
                seen = (
                    client.seen
                    if type_url in FULL
                    else {n: d for n, d in client.seen.items() if n in self.tables[type_url]}
                )
                wanted = {item.name: item.digest for item in self.tables[type_url] if client.wants(item.name)}
                assert seen == wanted, f"{type_url}: the client is not up to date"

    @invariant()
    def status_knows_what_is_in_flight(self) -> None:
        """What the stream says of itself agrees with what it did."""
        flying = {type_url for type_url, status in self.stream.status().items() if status.in_flight}
        assert flying == self.open.keys()

    def teardown(self) -> None:
        """Every run ends up to date."""
        self.everything_arrives(accept=True)


TestConversation = Conversation.TestCase
TestConversation.settings = settings(max_examples=150, stateful_step_count=40, deadline=None)
