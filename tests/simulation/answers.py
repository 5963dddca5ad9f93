"""The rules that every response is checked against, at the moment at which it is made."""

from collections.abc import Callable, Iterable
from typing import Any

from tests.simulation.process import Process
from tests.simulation.world import NAMESPACE, PORTS, Facts, State, facts
from tests.support.envoy_model import Envoy
from tests.support.xds_wire import Answer, Call, addresses, route_targets
from xds_server.envoy.ready_listener import MARKER
from xds_server.model.resource import CLUSTER, ENDPOINT, LISTENER, SERVICE_NAMES, TypeUrl


class Answers:
    """Checks responses; knows what ever was, and what was rejected. *violated* is told of each broken rule."""

    def __init__(self, violated: Callable[[str], None], *, marked: bool) -> None:
        self.rejected: set[str] = set()
        """Types of which something was rejected."""
        self.last_good = 0
        """Responses of what was good before."""
        self._violated = violated
        self._marked = marked
        self._contents: dict[tuple[str, ...], object] = {}
        self._ever_clusters: set[str] = set()
        self._ever_hosts: dict[str, set[str]] = {}

    def remember(self, state: State) -> None:
        """The cluster is like this."""
        for name, (_, ports) in state["services"].items():
            self._ever_clusters |= {f"{NAMESPACE}/{name}:{port}" for port in ports}
        for _, service, hosts in state["endpointslices"].values():
            self._ever_hosts.setdefault(f"{NAMESPACE}/{service}", set()).update(hosts)

    def check(self, process: Process, envoy: Envoy, call: Call, answer: Answer) -> None:
        """A response, at the moment at which it is made, against what its replica knows then."""
        what = f"{process.name} sends {SERVICE_NAMES[TypeUrl(answer.type_url)]} to {envoy.name} ({'warm' if envoy.warm else 'cold'})"
        self._check_versions(what, answer, delta=call.delta)
        if call.delta:
            answer = _whole(call, answer)
        if not process.client.complete:
            self._check_early(what, process, call, answer)
            return
        known = facts(process.client.state)
        # Nobody is told that a role is gone, and while a change is held, what is served is what was known before it.
        holds = process.control_plane.holds
        strict = holds.shrink_hold is None or holds.shrink_hold.held_change is None
        if strict and call.answers == 1 and envoy.role not in known.listeners:
            self._violated(f"{what}, of role {envoy.role}, which is not there")
        if answer.type_url in self.rejected:
            return  # What somebody rejected, and nobody accepted, may be kept from the others.
        if answer.type_url == CLUSTER:
            self._check_set(what, answer.resources.keys(), known.clusters, self._ever_clusters)
        elif answer.type_url == ENDPOINT:
            self._check_endpoints(what, answer, known)
        elif strict and envoy.role in known.listeners:
            routes = process.control_plane.pipeline.route_configurations.name
            kept = () if holds.retention is None else holds.retention.retained
            carried = {f"{key[0]}/{key[1]}" for name, key in kept if name == routes}
            self._check_own(what, answer, known, envoy.role, carried)
        elif strict and answer.type_url == LISTENER:
            had = envoy.listeners.keys() & process.client.last_listeners.get(envoy.role, frozenset())
            if lost := had - answer.resources.keys():
                self._violated(f"{what} without {sorted(lost)}, since the role is gone")

    def _check_versions(self, what: str, answer: Answer, *, delta: bool) -> None:
        """Equal versions are equal contents: of the whole, or of each resource."""
        said: dict[tuple[str, ...], object] = {(answer.type_url, answer.version): frozenset(answer.resources.items())}
        if delta:
            said = {(answer.type_url, name, it): answer.resources[name] for name, it in answer.versions.items()}
        for version, contents in said.items():
            if self._contents.setdefault(version, contents) != contents:
                self._violated(f"{what}: version {version} is not what it was before")

    def _check_early(self, what: str, process: Process, call: Call, answer: Answer) -> None:
        """Before everything is known there is only what was good before, for who has nothing."""
        last_good = process.control_plane.last_good
        call.last_good = call.last_good or (call.cold and last_good is not None and last_good.offered)
        if not call.last_good:
            unknown = [kind for kind, objects in process.client.view.items() if objects is None]
            self._violated(f"{what} before {', '.join(unknown)} was listed")
            return
        self.last_good += 1
        if answer.type_url == CLUSTER:
            self._check_set(what, answer.resources.keys(), frozenset(), self._ever_clusters)
        elif answer.type_url == ENDPOINT:
            self._check_endpoints(what, answer, Facts(frozenset(), {}, {}, {}))

    def _check_endpoints(self, what: str, answer: Answer, known: Facts) -> None:
        for name, body in answer.resources.items():
            service, _, port = name.partition(":")
            ever = {(host, PORTS[int(port)][1]) for host in self._ever_hosts.get(service, ())}
            self._check_set(f"{what} of {name}", addresses(body), known.endpoints.get(name, frozenset()), ever)

    def _check_own(self, what: str, answer: Answer, known: Facts, role: str, carried: set[str]) -> None:
        if answer.type_url == LISTENER:
            marker = {MARKER} if self._marked else set()
            self._check_set(what, answer.resources.keys(), known.listeners[role] | marker, None)
            return
        for name, body in answer.resources.items():
            if name in carried:
                continue
            told = route_targets(body)
            for path, targets in known.routes.get(name, {}).items():
                if told.get(path) != targets:
                    self._violated(f"{what}: {name}{path} leads to {told.get(path)}, and should to {targets}")

    def _check_set(self, what: str, told: Iterable[Any], known: frozenset[Any], ever: set[Any] | None) -> None:
        names = set(told)
        if missing := known - names:
            self._violated(f"{what} without {sorted(missing)}, which is known")
        if ever is not None and (invented := names - ever):
            self._violated(f"{what} with {sorted(invented)}, which never was")


def _whole(call: Call, answer: Answer) -> Answer:
    """What an answer of changes makes of what the client has, for the types of which all is always told."""
    held = call.held.setdefault(answer.type_url, {})
    for name in answer.removed:
        held.pop(name, None)
    held.update(answer.resources)
    if answer.type_url not in (CLUSTER, LISTENER):
        return answer
    return Answer(answer.type_url, answer.version, answer.nonce, dict(held))
