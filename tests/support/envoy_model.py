"""A model of Envoy's side of aggregated xDS in both variants: subscriptions, warming, and what traffic would meet.

Written from the protocol's description and from what Envoy was measured to do, not from our server.
"""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from random import Random
from typing import Protocol

from tests.support.xds_wire import END, Answer, Call, addresses, decode, delta_request, request, route_targets
from xds_server.model.resource import CLUSTER, ENDPOINT, LISTENER, ROUTE

_KINDS = (CLUSTER, ENDPOINT, LISTENER, ROUTE)


class Network(Protocol):
    """Finds a replica to talk to."""

    def dial(self, envoy: "Envoy") -> Call | None:
        """A call to some replica; None if nobody is there."""


@dataclass
class Session:
    """What holds for one stream only."""

    call: Call
    nonces: dict[str, str] = field(default_factory=dict)
    said_node: bool = False
    asked: set[str] = field(default_factory=set)
    subscribed: dict[str, set[str]] = field(default_factory=dict)
    """By type, of a client that speaks of changes."""


class Envoy:
    """One proxy. Its configuration outlives its streams, and is lost with the process (`restart`)."""

    def __init__(
        self,
        name: str,
        role: str,
        network: Network,
        random: Random,
        on_change: Callable[["Envoy"], None],
        *,
        delta: bool,
    ) -> None:
        self.name = name
        self.delta = delta
        """Whether it speaks of changes, and not of the whole state."""
        self.role = role
        self.rejecting: set[str] = set()
        """Types of which the next response will be rejected."""
        self.tainted = False
        """Whether it has rejected something, so that it may lack what later responses build on."""
        self.session: Session | None = None
        self._network = network
        self._random = random
        self._on_change = on_change
        self.restart()

    def restart(self) -> None:
        """Forgets everything."""
        self.versions: dict[str, str] = {}
        self.held: dict[str, dict[str, tuple[str, bytes]]] = {kind: {} for kind in _KINDS}
        """By type and name: version and body, if it speaks of changes."""
        self.clusters: dict[str, bytes] = {}
        self.warming: dict[str, bytes] = {}
        self.endpoints: dict[str, frozenset[tuple[str, int]]] = {}
        self.listeners: dict[str, bytes] = {}
        self.warming_listeners: dict[str, bytes] = {}
        self.routes: dict[str, Mapping[str, tuple[str, ...]]] = {}
        self.route_bodies: dict[str, bytes] = {}
        self.live = False
        """Whether it has everything that it was told of, for the first time."""
        self.disconnect()

    def disconnect(self) -> None:
        """Drops the stream, if there is one, and does not wait for its end."""
        if self.session is not None:
            session, self.session = self.session, None
            session.call.down.put(END)
            session.call.up.put(END)

    @property
    def warm(self) -> bool:
        return bool(self.held[CLUSTER] if self.delta else self.versions)

    def works(self, port: str, path: str) -> bool:
        """Whether a request would be answered by a backend, always."""
        targets = self.routes.get(port, {}).get(path, ()) if port in self.listeners else ()
        return bool(targets) and all(target in self.clusters and self.endpoints.get(target) for target in targets)

    @property
    def working(self) -> frozenset[tuple[str, str]]:
        """(port, path) of requests that are answered by a backend, always."""
        return frozenset(
            (port, path) for port, paths in self.routes.items() for path in paths if self.works(port, path)
        )

    async def run(self) -> None:
        """Dials, talks, and dials again, for ever."""
        while True:
            call = self._network.dial(self)
            if call is not None:
                await self._talk(Session(call))
            await asyncio.sleep(self._random.uniform(0.05, 1.0))

    async def _talk(self, session: Session) -> None:
        self.session = session
        self._ask(session, CLUSTER)
        if self.clusters or self.warming:
            self._ask(session, ENDPOINT)
        if LISTENER in self.versions:
            self._ask(session, LISTENER)
        if self.listeners or self.warming_listeners:
            self._ask(session, ROUTE)
        while (data := await session.call.down.get()) is not END:
            if self.session is not session:
                return
            self._take(session, decode(data, delta=self.delta))
        session.call.up.put(END)
        if self.session is session:
            self.session = None

    def _take(self, session: Session, answer: Answer) -> None:
        kind = answer.type_url
        session.nonces[kind] = answer.nonce
        if kind in self.rejecting:
            self.rejecting.discard(kind)
            self.tainted = True
            self._ask(session, kind, error="the model does not like it")
            return
        self.versions[kind] = answer.version
        told = self._merged(answer) if self.delta else answer.resources
        follow = {CLUSTER: self._take_clusters, ENDPOINT: self._take_endpoints,
                  LISTENER: self._take_listeners, ROUTE: self._take_routes}[kind](told)  # fmt: skip
        # Envoy pauses the types that a response names while it takes it: their requests go out before its ACK.
        for one in follow:
            self._ask(session, one)
        self._ask(session, kind, answers=True)
        self._settle(session)
        self._on_change(self)

    def _merged(self, answer: Answer) -> dict[str, bytes]:
        """What an answer of changes makes of what was there: all of it, for the types of which all is always told."""
        held = self.held[answer.type_url]
        for name in answer.removed:
            held.pop(name, None)
        for name, body in answer.resources.items():
            held[name] = answer.versions[name], body
        if answer.type_url in (CLUSTER, LISTENER):
            return {name: body for name, (_, body) in held.items()}
        return answer.resources

    def _ask(self, session: Session, kind: str, error: str | None = None, *, answers: bool = False) -> None:
        """Sends a request; *answers*: whether it is the verdict on the last response of that type."""
        node = None if session.said_node else (self.name, self.role)
        session.said_node = True
        session.asked.add(kind)
        names: tuple[str, ...] = ()
        if kind == ENDPOINT:
            names = tuple(sorted(self.clusters.keys() | self.warming.keys()))
        elif kind == ROUTE:
            names = tuple(sorted(self.listeners.keys() | self.warming_listeners.keys()))
        if self.delta:
            self._ask_changes(session, kind, node, set(names), error, answers=answers or error is not None)
            return
        session.call.up.put(
            request(
                kind,
                node=node,
                names=names,
                version=self.versions.get(kind, ""),
                nonce=session.nonces.get(kind, ""),
                error=error,
            )
        )

    def _ask_changes(
        self,
        session: Session,
        kind: str,
        node: tuple[str, str] | None,
        names: set[str],
        error: str | None,
        *,
        answers: bool,
    ) -> None:
        known, held = session.subscribed.get(kind), self.held[kind]
        if kind in (ENDPOINT, ROUTE):
            for name in held.keys() - names:
                del held[name]
        initial = {name: version for name, (version, _) in sorted(held.items())} if known is None else {}
        had = known or set()
        if known is not None and not answers and names == had:
            return
        session.subscribed[kind] = names
        session.call.up.put(
            delta_request(
                kind,
                node=node,
                subscribe=sorted(names - had),
                unsubscribe=sorted(had - names),
                initial=initial,
                nonce=session.nonces[kind] if answers else "",
                error=error,
            )
        )

    def _take_clusters(self, told: dict[str, bytes]) -> list[str]:
        before = self.clusters.keys() | self.warming.keys()
        for name in before - told.keys():
            self.clusters.pop(name, None)
            self.warming.pop(name, None)
            self.endpoints.pop(name, None)
        for name, body in told.items():
            if name not in self.warming and self.clusters.get(name) == body:
                continue
            if self.warming.get(name) != body:
                self.warming[name] = body
        return [ENDPOINT] if before != told.keys() else []

    def _take_endpoints(self, told: dict[str, bytes]) -> list[str]:
        for name, body in told.items():
            if name in self.warming:
                self.clusters[name] = self.warming.pop(name)
            if name in self.clusters:
                self.endpoints[name] = addresses(body)
        return []

    def _take_listeners(self, told: dict[str, bytes]) -> list[str]:
        before = self.listeners.keys() | self.warming_listeners.keys()
        for name in before - told.keys():
            self.listeners.pop(name, None)
            self.warming_listeners.pop(name, None)
            self.routes.pop(name, None)
        for name, body in told.items():
            if self.listeners.get(name) != body:
                if name in self.routes:
                    self.listeners[name] = body
                else:
                    self.warming_listeners[name] = body
        return [ROUTE] if before != told.keys() else []

    def _take_routes(self, told: dict[str, bytes]) -> list[str]:
        for name, body in told.items():
            self.route_bodies[name] = body
            self.routes[name] = route_targets(body)
            if name in self.warming_listeners:
                self.listeners[name] = self.warming_listeners.pop(name)
        return []

    def _settle(self, session: Session) -> None:
        """Asks for listeners once the first clusters are warm, and is live once the first listeners are."""
        if LISTENER not in session.asked and CLUSTER in self.versions and not self.warming:
            self._ask(session, LISTENER)
        if LISTENER in self.versions and not self.warming_listeners:
            self.live = True
