"""Make before break: a model of an Envoy never names a cluster that it has not, whatever changes and however late it answers."""

from collections import deque
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from tests.property.ads_model import Client, DeltaClient, SotwClient, stream
from xds_server.snapshot.resource import CLUSTER, ENDPOINT, LISTENER, PUSH_ORDER, ROUTE, Resource, TypeUrl, resource
from xds_server.snapshot.table import Table

CLUSTERS = ("a", "b", "c")
TARGETS = st.lists(st.sampled_from(CLUSTERS), min_size=1, unique=True)


class Rollouts(RuleBasedStateMachine):
    """Configurations whose references are closed follow each other; the client takes them one response at a time."""

    client: type[Client] = SotwClient

    def __init__(self) -> None:
        super().__init__()
        self.tables = {type_url: Table() for type_url in PUSH_ORDER}
        self.clients = {type_url: self.client(type_url) for type_url in PUSH_ORDER}
        self.contents: dict[int, Resource] = {}
        self.warming: set[str] = set()
        self.served: set[str] = (
            set()
        )  # Clusters that are, or have been and still exist: while one warms anew, the old serves.
        self.stream = stream(self.client, self.tables)
        self.up: deque[Any] = deque()
        self.down: deque[Any] = deque()
        self.held: deque[Any] = deque()  # ACKs of clusters wait until these are warm, as Envoy's do.

    @initialize(one=TARGETS, two=TARGETS)
    def begin(self, one: list[str], two: list[str]) -> None:
        """There is a configuration, and the client has it."""
        for name in ("l", "m"):
            self.tables[LISTENER].put(self._content(name, b"listener"))
        self.rollout({"l": one, "m": two}, touched=[])
        self._ask_for_all()
        self.settle()

    def _ask_for_all(self) -> None:
        clusters = self.clients[CLUSTER].seen
        for type_url, names in ((CLUSTER, ()), (ENDPOINT, ("*", *clusters)), (LISTENER, ()), (ROUTE, ("l", "m"))):
            self.up.append(self.clients[type_url].ask(names))

    @rule()
    def client_comes_back(self) -> None:
        """The stream breaks, with what is under way on it; the client keeps what it has, and opens another one."""
        for under_way in (self.up, self.down, self.held):
            under_way.clear()
        self.stream = stream(self.client, self.tables)
        self.clients = {type_url: client.reconnected() for type_url, client in self.clients.items()}
        self._ask_for_all()

    @rule(routed=st.fixed_dictionaries({"l": TARGETS, "m": TARGETS}), touched=st.lists(st.sampled_from(CLUSTERS)))
    def rollout(self, routed: dict[str, list[str]], touched: list[str]) -> None:
        """Routes go elsewhere, clusters come, change and go: all in one step."""
        for table in self.tables.values():
            table.begin()
        named = {name for names in routed.values() for name in names}
        changes: dict[TypeUrl, list[str]] = {CLUSTER: [], ENDPOINT: [], ROUTE: []}
        for name in CLUSTERS:
            for type_url in (CLUSTER, ENDPOINT):
                table = self.tables[type_url]
                if name in named and (name not in table or name in touched):
                    table.put(self._content(name, b"%d" % len(self.contents)))
                elif name in named or name not in table:
                    continue
                else:
                    table.discard(name)
                changes[type_url].append(name)
        for name, clusters in routed.items():
            self.tables[ROUTE].put(self._content(name, ",".join(clusters).encode()))
            changes[ROUTE].append(name)
        self.stream.offer(changes)

    @precondition(lambda self: self.up)
    @rule()
    def server_receives(self) -> None:
        """A request arrives."""
        self.stream.receive(self.up.popleft())

    @rule()
    def server_sends(self) -> None:
        """The server sends what it has, if it has."""
        self._send()

    def _send(self) -> bool:
        response = self.stream.next_response()
        if response is not None:
            self.down.append(response)
        return response is not None

    @precondition(lambda self: self.down)
    @rule()
    def client_takes(self) -> None:
        """The client takes a response."""
        response = self.down.popleft()
        type_url = response.type_url
        client = self.clients[type_url]
        before = dict(client.seen)
        client.take(response)
        if type_url == CLUSTER:
            self.warming |= {name for name, digest in client.seen.items() if before.get(name) != digest}
            self.warming &= client.seen.keys()
        if type_url == ENDPOINT:
            self.warming -= {item.name for item in response.resources}
            self.warming.difference_update(getattr(response, "removed", ()))  # R91: warm, with no hosts
        (self.held if type_url == CLUSTER else self.up).append(client.again())
        clusters = self.clients[CLUSTER].seen.keys()
        self.served = (self.served | (clusters - self.warming)) & clusters
        if not self.warming:
            self.up.extend(self.held)
            self.held.clear()

    @rule()
    def settle(self) -> None:
        """With no more changes the client has what is published, and nothing waits for ever."""
        while self.up or self.down or self._send():
            if self.up:
                self.server_receives()
            else:
                self.client_takes()
        assert not self.warming, "a cluster never gets warm"
        for type_url, client in self.clients.items():
            told = self.client is DeltaClient or type_url != ENDPOINT
            seen = {n: d for n, d in client.seen.items() if told or n in self.tables[type_url]}
            assert seen == {item.name: item.digest for item in self.tables[type_url]}

    @invariant()
    def every_reference_holds(self) -> None:
        """What the routes at the client name is there, and warm."""
        for name, digest in self.clients[ROUTE].seen.items():
            for cluster in self.contents[digest].body.decode().partition(":")[2].split(","):
                assert cluster in self.served, f"route {name} names {cluster}, which is not there or was never warm"

    def teardown(self) -> None:
        """Every run settles."""
        self.settle()

    def _content(self, name: str, content: bytes) -> Resource:
        item = resource(name, name.encode() + b":" + content)
        self.contents[item.digest] = item
        return item


class DeltaRollouts(Rollouts):
    """The same in the incremental variant."""

    client = DeltaClient


TestSotw = Rollouts.TestCase
TestSotw.settings = settings(max_examples=200, stateful_step_count=40, deadline=None)
TestDelta = DeltaRollouts.TestCase
TestDelta.settings = settings(max_examples=200, stateful_step_count=40, deadline=None)
