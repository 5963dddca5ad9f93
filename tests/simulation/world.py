"""The truth: what the cluster has at every version, and what a proxy must be told of it.

Written from the Gateway API and not from our pipeline, so that the two can be compared.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from xds_server.providers import kinds

NAMESPACE = "n"
PORTS = {80: ("http", 8080), 81: ("alt", 8081)}
"""Of a Service: number -> (name, number at the endpoints)."""

Obj = tuple[Any, ...]
"""An object as hashable data; the first element says whether it can be used.

gateways: (good, (port, ...)); services: (good, (port, ...)); endpointslices: (good, service, (address, ...));
httproutes: (good, gateway, (backend, ...)) with a backend as (service, port).
"""

KINDS = tuple(kind.plural for kind in kinds.KINDS)
"""Of a kind that no history has objects of, there are none."""
Objects = Mapping[str, Obj]
"""Of one kind, by name."""
State = Mapping[str, Objects]
"""By kind."""


def json_of(kind: str, name: str, obj: Obj, version: int) -> dict[str, Any]:
    """The object as an API server would write it; one that cannot be used has a spec of the wrong shape."""
    meta: dict[str, Any] = {"name": name, "namespace": NAMESPACE, "resourceVersion": str(version)}
    good = obj[0]
    if kind == "gateways":
        listeners = [{"name": f"p{port}", "port": port, "protocol": "HTTP"} for port in obj[1]]
        return {"metadata": meta, "spec": {"gatewayClassName": "xds-server", "listeners": listeners if good else "bad"}}
    if kind == "services":
        ports = [{"name": PORTS[port][0], "port": port} for port in obj[1]]
        return {"metadata": meta, "spec": {"ports": ports if good else "bad"}}
    if kind == "endpointslices":
        meta["labels"] = {"kubernetes.io/service-name": obj[1]}
        endpoints = [{"addresses": [address], "conditions": {"ready": True}} for address in obj[2]]
        ports = [{"name": label, "port": number} for label, number in PORTS.values()]
        return {
            "metadata": meta, "addressType": "IPv4", "ports": ports, "endpoints": endpoints if good else "bad"
        }  # fmt: skip
    backends = [{"name": service, "port": port} for service, port in obj[2]]
    rule = {"matches": [{"path": {"type": "PathPrefix", "value": f"/{name}"}}], "backendRefs": backends}
    return {"metadata": meta, "spec": {"parentRefs": [{"name": obj[1]}], "rules": [rule] if good else "bad"}}


@dataclass(frozen=True)
class Facts:
    """What a proxy is to be told: the contents of the four tables."""

    clusters: frozenset[str]
    endpoints: Mapping[str, frozenset[tuple[str, int]]]
    """By cluster."""
    listeners: Mapping[str, frozenset[str]]
    """By gateway."""
    routes: Mapping[str, Mapping[str, tuple[str, ...]]]
    """By port's name, by path: clusters, or `500`."""

    def works(self, port: str, path: str) -> bool:
        """Whether a request gets an answer from a backend, always."""
        targets = self.routes.get(port, {}).get(path, ())
        return bool(targets) and all(self.endpoints.get(cluster) for cluster in targets)

    @property
    def working(self) -> frozenset[tuple[str, str]]:
        """(port, path) of all requests that get an answer from a backend, always."""
        return frozenset(
            (port, path) for port, paths in self.routes.items() for path in paths if self.works(port, path)
        )


def facts(state: State) -> Facts:
    """What is so in a state."""
    return _facts(tuple(tuple(sorted(state[kind].items())) for kind in KINDS))


@lru_cache(maxsize=20_000)
def _facts(frozen: tuple[tuple[tuple[str, Obj], ...], ...]) -> Facts:
    state = {kind: dict(items) for kind, items in zip(KINDS, frozen, strict=True)}
    services = {name: obj[1] for name, obj in state["services"].items()}
    endpoints: dict[str, set[tuple[str, int]]] = {
        f"{NAMESPACE}/{name}:{port}": set() for name, ports in services.items() for port in ports
    }
    for _, service, addresses in state["endpointslices"].values():
        for port in services.get(service, ()):
            endpoints[f"{NAMESPACE}/{service}:{port}"] |= {(address, PORTS[port][1]) for address in addresses}
    listeners = {
        f"{NAMESPACE}/{name}": frozenset(f"{NAMESPACE}/{name}/{port}" for port in obj[1])
        for name, obj in state["gateways"].items()
    }
    routes: dict[str, dict[str, tuple[str, ...]]] = {port: {} for ports in listeners.values() for port in ports}
    for name, (_, gateway, backends) in state["httproutes"].items():
        for port in listeners.get(f"{NAMESPACE}/{gateway}", ()):
            routes[port][f"/{name}"] = _targets(backends, endpoints)
    return Facts(
        frozenset(endpoints), {name: frozenset(some) for name, some in endpoints.items()}, listeners, routes
    )  # fmt: skip


def _targets(backends: tuple[tuple[str, int], ...], clusters: Mapping[str, object]) -> tuple[str, ...]:
    """Clusters of a route in order; what is not there is told by the name that leads nowhere, and alone by `500`."""
    named = [f"{NAMESPACE}/{service}:{port}" for service, port in dict.fromkeys(backends)]
    if not any(name in clusters for name in named):
        return ("500",)
    if len(named) == 1:
        return (named[0],)
    return tuple(name if name in clusters else f"not-found|{name}" for name in named)


@dataclass
class World:
    """All versions of the cluster; a change makes a new one."""

    states: list[State] = field(default_factory=lambda: [{kind: {} for kind in KINDS}])
    log: list[tuple[str, str, str]] = field(default_factory=lambda: [("", "", "")])
    """(kind, event, name) that led to each version."""

    @property
    def version(self) -> int:
        return len(self.states) - 1

    def put(self, kind: str, name: str, obj: Obj) -> None:
        old = self.states[-1][kind]
        if old.get(name) != obj:
            self._grow(kind, {**old, name: obj}, "MODIFIED" if name in old else "ADDED", name)

    def delete(self, kind: str, name: str) -> None:
        old = self.states[-1][kind]
        if name in old:
            self._grow(kind, {key: value for key, value in old.items() if key != name}, "DELETED", name)

    def _grow(self, kind: str, objects: Objects, event: str, name: str) -> None:
        self.states.append({**self.states[-1], kind: objects})
        self.log.append((kind, event, name))

    def object_at(self, version: int, kind: str, name: str) -> Obj:
        """An object as of a version; a deleted one as it was last."""
        return self.states[version][kind].get(name) or self.states[version - 1][kind][name]


def folded(before: Objects | None, now: Objects) -> Objects:
    """What is known after a list: of an object that cannot be used, what was known before."""
    kept = before or {}
    return {name: obj if obj[0] else kept[name] for name, obj in now.items() if obj[0] or name in kept}
