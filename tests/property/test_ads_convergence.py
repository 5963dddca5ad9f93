"""Model clients against the machines of both variants, under every interleaving that Hypothesis can think of.

Two clients are served from the same tables. Each has contents that it rejects, one with all that came beside them, another
without; it may say which, or say the wrong thing. After any history each has what is published, what it had before in
place of what it rejects itself, and nothing else.
"""

from collections import Counter, deque
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from tests.property.ads_model import FULL, Client, DeltaClient, SotwClient, names_of, stream
from tests.property.bounds import examples
from xds_server.model.resource import CLUSTER, ENDPOINT, PUSH_ORDER, Resource, TypeUrl, resource
from xds_server.xds.cache.table import Table
from xds_server.xds.protocol.messages import AcceptanceChanged, Acked, Nacked

NAMES = ("a", "b", "c", "d")
TYPES = st.sampled_from(PUSH_ORDER)
LISTS = st.lists(st.sampled_from((*NAMES, "*", "")), max_size=4, unique=True).map(tuple)
CHANGES = st.dictionaries(st.sampled_from(NAMES), st.sampled_from((None, b"1", b"2", b"3", b"bad", b"odd")), min_size=1)
BLAMES = st.sampled_from(("culprits", "nobody", "everybody"))


class Peer:
    """A client and its stream; messages wait on both ways, in order."""

    def __init__(
        self, kind: type[Client], tables: dict[TypeUrl, Table], node: str, dislikes: tuple[bytes, ...]
    ) -> None:
        self.kind, self.tables, self.node, self.dislikes = kind, tables, node, dislikes
        self.partly, self.blames = True, "culprits"
        self.clients = {type_url: kind(type_url) for type_url in PUSH_ORDER}
        self.accepted_again: dict[TypeUrl, set[str]] = {type_url: set() for type_url in PUSH_ORDER}
        self.fits: dict[int, str] = {}  # Digests of what it cannot have, with the names.
        self.connect()

    def connect(self) -> None:
        self.stream = stream(self.kind, self.tables, self.node)
        self.up: deque[Any] = deque()
        self.down: deque[Any] = deque()
        self.open: dict[TypeUrl, str] = {}
        # What was sent last on this stream, and the names of which the same may be sent again: they were asked for, or
        # they vanished, or their cluster went out, or they were rejected.
        self.sent: dict[TypeUrl, dict[str, int]] = {type_url: {} for type_url in PUSH_ORDER}
        self.again: dict[TypeUrl, set[str]] = {type_url: set() for type_url in PUSH_ORDER}
        self.now = 0.0

    def bad(self, item: Resource) -> bool:
        return item.body.endswith(self.dislikes)

    def receive(self) -> None:
        request = self.up.popleft()
        self.again[request.type_url] |= {*NAMES, ""} if "*" in request.names or not request.names else {*request.names}
        sent = self.sent[request.type_url].keys()
        self.stream.receive_request(request)
        for event in self.stream.events_received():
            if isinstance(event, Acked | Nacked):
                assert self.open.pop(event.type_url) == event.nonce
            if isinstance(event, Nacked):
                assert {*event.suspects} <= {*sent, *self.gone}, "what was not sent is blamed"
                self.again[event.type_url] |= {*NAMES}
            if isinstance(event, AcceptanceChanged):
                self.accepted_again[event.type_url] |= event.names

    def send(self) -> bool:
        response = self.stream.next_response()
        if response is None:
            return False
        type_url = response.type_url
        assert type_url not in self.open, "two responses in flight"
        self.gone = getattr(response, "removed", ())
        names = [*names_of(response), *self.gone]
        assert len(set(names)) == len(names), "one name twice"
        self._check_news(type_url, {item.name: item.digest for item in response.resources})
        self.open[type_url] = response.nonce
        self.down.append(response)
        return True

    def _check_news(self, type_url: TypeUrl, content: dict[str, int]) -> None:
        before, again = self.sent[type_url], self.again[type_url]
        whole = self.kind is SotwClient and type_url in FULL
        if whole:
            assert content != before or again, "the same set again"
            again.clear()
        else:
            stale = [name for name, digest in before.items() if content.get(name) == digest and name not in again]
            assert not stale, "the same resource again"
        self.sent[type_url] = content if whole else before | content
        if type_url == CLUSTER:
            self.again[ENDPOINT] |= content.keys()

    def answer(self, names: tuple[str, ...] | None) -> None:
        response = self.down.popleft()
        client = self.clients[response.type_url]
        bad = [item.name for item in response.resources if self.bad(item)]
        client.take(response, bad, partly=self.partly)
        rejection = None
        if bad:
            blamed = {"culprits": bad, "nobody": [], "everybody": NAMES}[self.blames]
            rejection = f"no good: {', '.join(blamed)}"
        self.up.append(client.again(rejection) if names is None else client.ask(names, rejection))

    def step(self) -> bool:
        """One step of one message; whether there was one."""
        if self.up:
            self.receive()
        elif self.down:
            self.answer(None)
        elif not self.send() and not self._lapsed():
            return False
        return True

    def _lapsed(self) -> bool:
        if not self.stream.blocked:
            return False
        self.stream.stop_waiting()
        return True

    def check(self) -> None:
        for type_url, client in self.clients.items():
            if client.asked:
                self._check(type_url, client)

    def _check(self, type_url: TypeUrl, client: Client) -> None:
        table = self.tables[type_url]
        wanted = {item.name: item for item in table if client.wants(item.name)}
        if self.kind is SotwClient and type_url in FULL and client.warm and any(map(self.bad, wanted.values())):
            return  # It has rejected all that it was sent, and to leave something out might take that away from it.
        told = self.kind is DeltaClient or type_url in FULL  # In the other way removals are not told.
        seen = {n: d for n, d in client.seen.items() if told or n in table}
        assert seen.keys() <= wanted.keys(), f"{type_url}: a ghost"
        for name, item in wanted.items():
            if not self.bad(item):
                assert seen.get(name) == item.digest, f"{type_url}: {name} is not up to date"


class Conversation(RuleBasedStateMachine):
    """Messages wait on both ways for as long as Hypothesis likes, in order."""

    client: type[Client] = SotwClient

    def __init__(self) -> None:
        super().__init__()
        self.tables = {type_url: Table() for type_url in PUSH_ORDER}
        self.one = Peer(self.client, self.tables, "one", (b"bad", b"odd"))
        self.other = Peer(self.client, self.tables, "other", (b"bad",))
        self.peers = (self.one, self.other)

    @initialize(partly=st.booleans(), blames=BLAMES)
    def begin(self, partly: bool, blames: str) -> None:
        """A client is of one kind or the other."""
        self.one.partly, self.one.blames = partly, blames

    @rule(type_url=TYPES, changes=CHANGES)
    def change(self, type_url: TypeUrl, changes: dict[str, bytes | None]) -> None:
        """Some resources of a type change at once."""
        table = self.tables[type_url]
        table.begin()
        for name, body in changes.items():
            if body is None:
                table.remove(name)
            else:
                table.put(resource(name, name.encode() + body))
        for peer in self.peers:
            peer.again[type_url] |= changes.keys()
            peer.stream.tables_changed({type_url: changes})

    @rule(type_url=TYPES, names=LISTS)
    def resubscribe(self, type_url: TypeUrl, names: tuple[str, ...]) -> None:
        """The client changes its mind, between responses."""
        self.one.up.append(self.one.clients[type_url].ask(names))

    @rule(type_url=TYPES)
    def another_asks(self, type_url: TypeUrl) -> None:
        """The other client asks for all, if it has not yet."""
        if not self.other.clients[type_url].asked:
            self.other.up.append(self.other.clients[type_url].ask(("*",)))

    @precondition(lambda self: self.one.up)
    @rule()
    def server_receives(self) -> None:
        """A request arrives."""
        self.one.receive()

    @rule()
    def server_sends(self) -> None:
        """The server sends what it has, if it has."""
        self.one.send()

    @precondition(lambda self: self.one.down)
    @rule(names=st.none() | LISTS)
    def client_answers(self, names: tuple[str, ...] | None) -> None:
        """The client takes a response, well or badly, and perhaps asks for other names with it."""
        self.one.answer(names)

    @rule()
    def another_steps(self) -> None:
        """The other client gets on."""
        self.other.step()

    @rule()
    def time_passes(self) -> None:
        """Waits for other types are given up."""
        self.one.stream.stop_waiting()

    @rule()
    def everything_arrives(self) -> None:
        """With no more changes the talk ends soon."""
        for peer in self.peers:
            steps: Counter[TypeUrl] = Counter()
            while True:
                if not peer.up and peer.down:
                    steps[peer.down[0].type_url] += 1
                    assert max(steps.values()) <= 12, "a loop"
                if not peer.step():
                    break

    @rule()
    def everything_comes_back(self) -> None:
        """After some time, in which what was rejected is tried again, each client has what it can have."""
        for _ in range(3):
            for peer in self.peers:
                for again in peer.again.values():
                    again |= {*NAMES}
                peer.now += 10_000
                peer.stream.advance_time(peer.now)
            self._spread()
            for peer in self.peers:
                peer.now += 10_000
                peer.stream.advance_time(peer.now)
            self._spread()
        for peer in self.peers:
            peer.check()

    def _spread(self) -> None:
        self.everything_arrives()
        for type_url, table in self.tables.items():
            table.begin()
            names = {name for peer in self.peers for name in peer.accepted_again[type_url]}
            for peer in self.peers:
                peer.accepted_again[type_url].clear()
                peer.again[type_url] |= names
                peer.stream.tables_changed({type_url: names})
        self.everything_arrives()

    @invariant()
    def status_knows_what_is_in_flight(self) -> None:
        """What the stream says of itself agrees with what it did."""
        for peer in self.peers:
            flying = {type_url for type_url, status in peer.stream.status().items() if status.in_flight}
            assert flying == peer.open.keys()

    @rule()
    def reconnect(self) -> None:
        """The stream breaks, messages are lost, and the client opens another and asks for the same."""
        before: list[Any] = [client for client in self.one.clients.values() if client.asked]
        self.one.clients |= {client.type_url: client.reconnected() for client in before}
        self.one.connect()
        for client in before:
            names = tuple(client.names)
            if self.client is DeltaClient and client.wildcard:
                names = (*names, "*")
            self.one.up.append(self.one.clients[client.type_url].ask(names))

    def teardown(self) -> None:
        """Every run ends up to date."""
        self.everything_comes_back()


class DeltaConversation(Conversation):
    """The incremental variant."""

    client = DeltaClient


TestSotw = Conversation.TestCase
TestSotw.settings = settings(max_examples=examples(150), stateful_step_count=40, deadline=None)
TestDelta = DeltaConversation.TestCase
TestDelta.settings = settings(max_examples=examples(150), stateful_step_count=40, deadline=None)
