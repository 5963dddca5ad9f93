"""A control plane without sockets, tasks and files: manifests in, resources out, each step when a test takes it.

The parts are the real ones: the checks of objects, the pipeline, the gate, the publisher, the protocol machine.
"""

from collections.abc import Collection, Iterable, Mapping
from typing import Any

from xds_server.model.resource import CLUSTER, ENDPOINT, LISTENER, ROUTE, SERVICE_NAMES, Resource, TypeUrl
from xds_server.model.source_state import Problem
from xds_server.providers.files.parse import Parser
from xds_server.providers.kinds import KINDS
from xds_server.server.settings_parser import read_settings
from xds_server.server.wiring import ControlPlane
from xds_server.xds.cache.table import RoleTables
from xds_server.xds.protocol.delta import DeltaStream
from xds_server.xds.protocol.messages import ChangedNames, DeltaRequest, Node, Request
from xds_server.xds.protocol.sotw import SotwStream
from xds_server.xds.transport.admission import Hold
from xds_server.xds.transport.observer import ClientUse

_NAMES_COME_FROM = {ENDPOINT: CLUSTER, ROUTE: LISTENER}
_FOLLOWERS = {names_from: type_url for type_url, names_from in _NAMES_COME_FROM.items()}


class OfflineControlPlane:
    """Knows nothing before the first `given`. *settings*: those of the server that are not the default, as in its file."""

    def __init__(self, **settings: Any) -> None:
        self.core = ControlPlane(
            read_settings({"source": "files:given", "marker_port": 0, "readiness.initial_push_seconds": 0, **settings}),
            started=0.0,
            clock=lambda: 0.0,
        )
        self.clients: list[Client] = []
        self.problems: list[Problem] = []
        """What the checks of single objects found in the last manifests."""
        self.core.start()
        self.core.server_started(_Server(self), lambda _seconds, _call: None)

    def given(self, manifests: str, *, unlisted: Collection[str] = ()) -> None:
        """From now on there are exactly these objects; one that is broken stays as it was. *unlisted*: plural kinds of which nothing is known yet."""
        parsed = Parser(KINDS).parse("in.yaml", manifests.encode())
        self.problems = list(parsed.problems)
        for plural, source in self.core.pipeline.sources.items():
            if plural not in unlisted:
                found = {key: value for (kind, key), value in parsed.objects.items() if kind == plural}
                held = {key: source.get(key) for key, value in found.items() if value is None}
                source.replace({key: value for key, value in {**found, **held}.items() if value is not None})
                self.core.tracker.record_list(plural, epoch=self.core.graph.epoch, objects=len(source))
        self.core.evaluate()

    @property
    def ready(self) -> bool:
        """Whether `/readyz` would answer 200."""
        return self.core.gate.report.ready

    def tables(self, role: str) -> RoleTables | None:
        """What is published for a role; None if there is no such role."""
        return self.core.cache.role_tables(role)

    def connect(self, role: str, *, delta: bool = False) -> "Client | Hold":
        """A stream of a proxy of that role, or why it is held."""
        admitted = self.core.admission_policy.admit(Node("proxy-1", role=role))
        if isinstance(admitted, Hold):
            return admitted
        client = Client(role, DeltaStream(admitted, "1") if delta else SotwStream(admitted, "1"), delta=delta)
        self.clients.append(client)
        return client

    def client(self, role: str = "shop/edge", *, delta: bool = False) -> "Client":
        """The same, of a proxy that is admitted."""
        client = self.connect(role, delta=delta)
        assert isinstance(client, Client), client.reason
        return client


class Client:
    """A proxy on a stream of its own. It asks for endpoints by its clusters and for routes by its listeners, as Envoy does."""

    def __init__(self, role: str, stream: Any, *, delta: bool) -> None:
        self.role = role
        self.has: dict[TypeUrl, dict[str, Resource]] = {}
        """What it accepted, by type and name."""
        self.rejecting: set[TypeUrl] = set()
        """Types of which it rejects the next response."""
        self._stream = stream
        self._delta = delta
        self._log: list[str] = []
        self._asked: dict[TypeUrl, tuple[str, ...]] = {}
        self._versions: dict[TypeUrl, str] = {}

    def request(self, type_url: TypeUrl) -> list[str]:
        """Asks for a type, accepts what is sent, and returns the names of all resources that it has of the type."""
        if type_url not in self._asked:
            self._ask(type_url, nonce="")
        self.receive()
        return sorted(self.has.get(type_url, ()))

    def request_all(self) -> None:
        """Asks for all four types, in Envoy's order, and accepts what is sent."""
        for type_url in (CLUSTER, ENDPOINT, LISTENER, ROUTE):
            self.request(type_url)

    def received(self) -> list[str]:
        """Responses since the last call, in order, as in `CDS a b`; `-a` is removed, `!` marks one that was rejected."""
        self.receive()
        log, self._log = self._log, []
        return log

    def receive(self) -> None:
        """Takes all responses that there are, and answers each."""
        while (response := self._stream.next_response()) is not None:
            self._take(response)

    def tell(self, changes: ChangedNames) -> None:
        """The server published changes: its stream is told."""
        self._stream.tables_changed(changes)

    def _take(self, response: Any) -> None:
        type_url = response.type_url
        removed = list(response.removed) if self._delta else []
        names = [item.name for item in response.resources]
        rejected = type_url in self.rejecting
        self.rejecting.discard(type_url)
        words = [SERVICE_NAMES[type_url], *sorted(names), *(f"-{name}" for name in sorted(removed))]
        self._log.append("!" * rejected + " ".join(words))
        if rejected:
            self._ask(type_url, nonce=response.nonce, error="not this one")
            return
        whole = not self._delta and type_url in _FOLLOWERS
        had = {} if whole else self.has.get(type_url, {})
        self.has[type_url] = {
            **{name: item for name, item in had.items() if name not in removed},
            **{item.name: item for item in response.resources},
        }
        self._versions[type_url] = getattr(response, "version", "")
        follower = _FOLLOWERS.get(type_url)
        if follower in self._asked and set(self._asked[follower]) != set(self._names(follower)):
            self._ask(follower, nonce="")
        self._ask(type_url, nonce=response.nonce)

    def _names(self, type_url: TypeUrl) -> tuple[str, ...]:
        """What it subscribes to; () for all."""
        names_from = _NAMES_COME_FROM.get(type_url)
        return () if names_from is None else tuple(sorted(self.has.get(names_from, ())))

    def _ask(self, type_url: TypeUrl, *, nonce: str, error: str | None = None) -> None:
        names, had = self._names(type_url), self._asked.get(type_url, ())
        self._asked[type_url] = names
        for name in set(had) - set(names):
            self.has.get(type_url, {}).pop(name, None)
        if self._delta:
            added, gone = (tuple(sorted(set(a) - set(b))) for a, b in ((names, had), (had, names)))
            self._stream.receive_request(DeltaRequest(type_url, added, gone, {}, nonce, error))
        else:
            self._stream.receive_request(Request(type_url, self._versions.get(type_url, ""), names, nonce, error))


class _Server:
    """What the control plane takes for its transport: it tells the streams of the clients."""

    def __init__(self, control_plane: OfflineControlPlane) -> None:
        self._control_plane = control_plane

    def publish(self, changes: Mapping[str | None, ChangedNames]) -> None:
        for client in self._control_plane.clients:
            told = {key: value for role in (None, client.role) for key, value in changes.get(role, {}).items()}
            if told:
                client.tell(told)

    def streams(self) -> Iterable[Any]:
        return ()

    statuses = streams

    def release(self, kind: object) -> int:
        return 0

    def client_use(self) -> ClientUse:
        return ClientUse()
