"""Make before break: a model of an Envoy never names a cluster that it has not, whatever changes and however late it answers.

The client does what Envoy does: it asks for load assignments by its clusters and for routes by its listeners, answers to
clusters when they are warm, and gives names back when it drops what bore them. It reconnects, to the same server and to one
that was restarted. What it must never see, and what it has in the end, is said here by itself.
"""

from collections import deque
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from tests.property.ads_model import Client, DeltaClient, SotwClient, stream
from tests.property.bounds import examples
from xds_server.model.resource import CLUSTER, ENDPOINT, LISTENER, PUSH_ORDER, ROUTE, Resource, TypeUrl, resource
from xds_server.xds.cache.table import Table

CLUSTERS = ("a", "b", "c")
LISTENERS = ("l", "m")
TARGETS = st.lists(st.sampled_from(CLUSTERS), min_size=1, unique=True)
ROUTED = st.dictionaries(st.sampled_from(LISTENERS), TARGETS)
TOUCHED = st.lists(st.sampled_from((*CLUSTERS, *LISTENERS)), unique=True)
NAMED_BY = {ENDPOINT: CLUSTER, ROUTE: LISTENER}
"""Types that the client asks for by the names of what it has of another."""


class Rollouts(RuleBasedStateMachine):
    """Configurations whose references are closed follow each other; the client takes them one response at a time."""

    client: type[Client] = SotwClient

    def __init__(self) -> None:
        super().__init__()
        self.tables = {type_url: Table() for type_url in PUSH_ORDER}
        self.clients = {type_url: self.client(type_url) for type_url in PUSH_ORDER}
        self.contents: dict[int, Resource] = {}
        self.warming: set[str] = set()
        self.served: set[str] = set()
        """Clusters that are warm, or were and still exist: while one warms anew, the old serves."""
        self.hosts: set[str] = set()
        """Clusters whose load assignment is there."""
        self.excused = False
        """Whether something may be waited for too long: a new server cannot know what a cluster waits for that is gone."""
        self.stream = stream(self.client, self.tables)
        self.up: deque[Any] = deque()
        self.down: deque[Any] = deque()
        self.held: deque[Any] = deque()  # ACKs of clusters wait until these are warm, as Envoy's do.

    @initialize(routed=ROUTED)
    def begin(self, routed: dict[str, list[str]]) -> None:
        """There is a configuration, and the client has it."""
        self.rollout(routed, touched=[])
        self._ask_for_all()
        self.settle()

    def _ask_for_all(self) -> None:
        for type_url in PUSH_ORDER:
            if type_url not in NAMED_BY:
                self.up.append(self.clients[type_url].ask(()))
            elif names := self._names(type_url):
                self.up.append(self.clients[type_url].ask(names))

    def _names(self, type_url: TypeUrl) -> tuple[str, ...]:
        return tuple(self.clients[NAMED_BY[type_url]].seen)

    @rule(restarted=st.booleans())
    def client_comes_back(self, restarted: bool) -> None:
        """The stream breaks, with what is under way on it; the client keeps what it has, and opens another one."""
        for under_way in (self.up, self.down, self.held):
            under_way.clear()
        self.excused = (restarted or self.excused) and bool(self.warming)
        if restarted:  # The new server knows what there is, and nothing of what there was.
            # But by the name of a cluster it can tell what that was.
            had = {name: self.contents[digest] for name, digest in self.clients[CLUSTER].seen.items()}
            self.tables = {
                type_url: Table(table, reconstruct=had.get if type_url == CLUSTER else None)
                for type_url, table in self.tables.items()
            }
        self.stream = stream(self.client, self.tables)
        self.clients = {type_url: client.reconnected() for type_url, client in self.clients.items()}
        self._ask_for_all()

    @rule(routed=ROUTED, touched=TOUCHED)
    def rollout(self, routed: dict[str, list[str]], touched: list[str]) -> None:
        """Listeners and clusters come, change and go, and routes lead elsewhere: all in one step."""
        for table in self.tables.values():
            table.begin()
        named = {name for names in routed.values() for name in names}
        changes: dict[TypeUrl, list[str]] = {type_url: [] for type_url in PUSH_ORDER}
        for type_url, names, wanted in (
            *((type_url, CLUSTERS, named) for type_url in (CLUSTER, ENDPOINT)),
            (LISTENER, LISTENERS, routed.keys()),
        ):
            for name in names:
                if name in wanted and (name not in self.tables[type_url] or name in touched):
                    self.tables[type_url].put(self._content(name, b"%d" % len(self.contents)))
                elif name not in wanted and name in self.tables[type_url]:
                    self.tables[type_url].remove(name)
                else:
                    continue
                changes[type_url].append(name)
        for name in LISTENERS:
            if name in routed:
                self.tables[ROUTE].put(self._content(name, ",".join(routed[name]).encode()))
            else:
                self.tables[ROUTE].remove(name)
            changes[ROUTE].append(name)
        self.stream.tables_changed(changes)

    @precondition(lambda self: self.up)
    @rule()
    def server_receives(self) -> None:
        """A request arrives."""
        self.stream.receive_request(self.up.popleft())

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
            self.hosts |= {item.name for item in response.resources}
            self.hosts -= {*getattr(response, "removed", ())}
        (self.held if type_url == CLUSTER else self.up).append(client.again())
        clusters = self.clients[CLUSTER].seen.keys()
        self.served = (self.served | (clusters - self.warming)) & clusters
        self.hosts &= clusters
        for follower, leader in NAMED_BY.items():
            if type_url == leader and before.keys() != client.seen.keys():
                self.up.append(self.clients[follower].ask(self._names(follower)))
        if not self.warming:
            self.up.extend(self.held)
            self.held.clear()

    @rule()
    def settle(self) -> None:
        """With no more changes the client has what is published, and nothing waits for ever."""
        while self.up or self.down or self._send() or (self.excused and self.warming):
            if self.up:
                self.server_receives()
            elif self.down:
                self.client_takes()
            else:
                self._give_up()
        self.excused = False
        assert not self.warming, "a cluster never gets warm"
        for type_url, client in self.clients.items():
            if type_url not in NAMED_BY or client.asked:
                assert client.seen == {item.name: item.digest for item in self.tables[type_url]}, type_url

    def _give_up(self) -> None:
        """What a stream does when something was waited for too long."""
        self.stream.stop_waiting()
        for type_url in self.stream.unanswered_types():
            self.stream.forget_answer(type_url)
        assert self._send(), "a cluster never gets warm, and is not taken away"
        self.excused = False

    @invariant()
    def every_reference_holds(self) -> None:
        """What the routes of the client's listeners name is there, is warm, and has its endpoints."""
        for name, digest in self.clients[ROUTE].seen.items():
            if name in self.clients[LISTENER].seen:
                for cluster in self.contents[digest].body.decode().partition(":")[2].split(","):
                    assert cluster in self.served, f"route {name} names {cluster}, which is not there or was never warm"
                    assert cluster in self.hosts, f"route {name} names {cluster}, whose endpoints were taken away"

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
TestSotw.settings = settings(
    max_examples=examples(200), stateful_step_count=40, deadline=None, report_multiple_bugs=False
)
TestDelta = DeltaRollouts.TestCase
TestDelta.settings = settings(
    max_examples=examples(200), stateful_step_count=40, deadline=None, report_multiple_bugs=False
)
