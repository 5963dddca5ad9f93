"""Model clients against the machines of both variants, under every interleaving that Hypothesis can think of."""

from collections import Counter, deque
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from tests.property.ads_model import FULL, Client, DeltaClient, SotwClient, names_of, stream
from xds_server.ads.messages import Acked, Nacked
from xds_server.snapshot.resource import CLUSTER, ENDPOINT, PUSH_ORDER, TypeUrl, resource
from xds_server.snapshot.table import Table

NAMES = ("a", "b", "c", "d")
TYPES = st.sampled_from(PUSH_ORDER)
LISTS = st.lists(st.sampled_from((*NAMES, "*", "")), max_size=4, unique=True).map(tuple)
CHANGES = st.dictionaries(st.sampled_from(NAMES), st.sampled_from((None, b"1", b"2")), min_size=1)


class Conversation(RuleBasedStateMachine):
    """Messages wait on both ways for as long as Hypothesis likes, in order."""

    client: type[Client] = SotwClient

    def __init__(self) -> None:
        super().__init__()
        self.tables = {type_url: Table() for type_url in PUSH_ORDER}
        self.clients = {type_url: self.client(type_url) for type_url in PUSH_ORDER}
        self._connect()

    def _connect(self) -> None:
        self.stream = stream(self.client, self.tables)
        self.up: deque[Any] = deque()
        self.down: deque[Any] = deque()
        self.open: dict[TypeUrl, str] = {}
        # What was sent last on this stream, and the names of which the same may be sent again: they were asked for, or
        # they vanished, or their cluster went out.
        self.sent: dict[TypeUrl, dict[str, int]] = {type_url: {} for type_url in PUSH_ORDER}
        self.again: dict[TypeUrl, set[str]] = {type_url: set() for type_url in PUSH_ORDER}
        self.rejected: set[tuple[TypeUrl, str]] = set()

    @rule(type_url=TYPES, changes=CHANGES)
    def change(self, type_url: TypeUrl, changes: dict[str, bytes | None]) -> None:
        """Some resources of a type change at once."""
        table = self.tables[type_url]
        table.begin()
        for name, body in changes.items():
            if body is None:
                table.discard(name)
                self.again[type_url].add(name)
            else:
                table.put(resource(name, name.encode() + body))
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
        self.again[request.type_url] |= {*NAMES, ""} if "*" in request.names or not request.names else {*request.names}
        self.stream.receive(request)
        for event in self.stream.events():
            if isinstance(event, Acked | Nacked):
                assert self.open.pop(event.type_url) == event.nonce
            if isinstance(event, Nacked):
                self.rejected |= {(event.type_url, name) for name in event.suspects}

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
        names = [*names_of(response), *getattr(response, "removed", ())]
        assert len(set(names)) == len(names), "one name twice"
        self._check_news(type_url, {item.name: item.digest for item in response.resources})
        self.open[type_url] = response.nonce
        self.down.append(response)
        return True

    def _check_news(self, type_url: TypeUrl, content: dict[str, int]) -> None:
        before, again = self.sent[type_url], self.again[type_url]
        whole = self.client is SotwClient and type_url in FULL
        if whole:
            assert content != before or again, "the same set again"
            again.clear()
        else:
            stale = [name for name, digest in before.items() if content.get(name) == digest and name not in again]
            assert not stale, "the same resource again"
        self.sent[type_url] = content if whole else before | content
        if type_url == CLUSTER:
            self.again[ENDPOINT] |= content.keys()

    @precondition(lambda self: self.down)
    @rule(rejection=st.sampled_from((None, "no good")), names=st.none() | LISTS)
    def client_answers(self, rejection: str | None, names: tuple[str, ...] | None) -> None:
        """The client takes a response, well or badly, and perhaps asks for other names with it."""
        response = self.down.popleft()
        client = self.clients[response.type_url]
        client.take(response)
        self.up.append(client.again(rejection) if names is None else client.ask(names, rejection))

    @rule()
    def time_passes(self) -> None:
        """Waits for other types are given up."""
        self.stream.lapse()

    @rule(accept=st.booleans())
    def everything_arrives(self, accept: bool) -> None:
        """With no more changes the talk ends soon, and the client has seen the tables as they are."""
        answers: Counter[TypeUrl] = Counter()
        rejection = None if accept else "no good"
        while self.up or self.down or self._send() or self._lapsed():
            if self.up:
                self.server_receives()
            elif self.down:
                answers[self.down[0].type_url] += 1
                self.client_answers(rejection=rejection, names=None)
        assert max(answers.values(), default=0) <= 4, "a loop"
        for type_url, client in self.clients.items():
            if client.asked:
                self._check_seen(type_url, client)

    def _lapsed(self) -> bool:
        if not self.stream.blocked:
            return False
        self.stream.lapse()
        return True

    def _check_seen(self, type_url: TypeUrl, client: Client) -> None:
        told = self.client is DeltaClient or type_url in FULL  # In the other way removals are not told.
        seen = {n: d for n, d in client.seen.items() if told or n in self.tables[type_url]}
        wanted = {item.name: item.digest for item in self.tables[type_url] if client.wants(item.name)}
        for name in wanted:
            if (type_url, name) in self.rejected:  # What it rejected may have been taken back.
                seen.pop(name, None)
        wanted = {name: digest for name, digest in wanted.items() if (type_url, name) not in self.rejected}
        assert seen == wanted, f"{type_url}: the client is not up to date"

    @invariant()
    def status_knows_what_is_in_flight(self) -> None:
        """What the stream says of itself agrees with what it did."""
        flying = {type_url for type_url, status in self.stream.status().items() if status.in_flight}
        assert flying == self.open.keys()

    def teardown(self) -> None:
        """Every run ends up to date."""
        self.everything_arrives(accept=True)


class DeltaConversation(Conversation):
    """The incremental variant, in which a client can come back with what it had."""

    client = DeltaClient

    @rule()
    def reconnect(self) -> None:
        """The stream breaks, messages are lost, and the client opens another and asks for the same."""
        before: list[Any] = [client for client in self.clients.values() if client.asked]
        self.clients |= {client.type_url: client.reconnected() for client in before}
        self._connect()
        for client in before:
            names = (*client.names, *(["*"] if client.wildcard else []))
            self.up.append(self.clients[client.type_url].ask(names))


TestSotw = Conversation.TestCase
TestSotw.settings = settings(max_examples=150, stateful_step_count=40, deadline=None)
TestDelta = DeltaConversation.TestCase
TestDelta.settings = settings(max_examples=150, stateful_step_count=40, deadline=None)
