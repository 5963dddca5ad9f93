"""What every scenario of the matrix has: backends, a control plane, Envoys, a load, and the oracle over all of it."""

import json
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from types import TracebackType
from typing import Self

from tests.support.control_plane import ControlPlane, bootstrap, late_lists
from tests.support.envoy import Envoy
from tests.support.load import Load
from tests.support.processes import free_port, wait_for
from tests.support.stack import GATEWAY, Stack
from tests.support.web import ask

_LOST = ("cluster_manager.cluster_removed", "listener_manager.listener_removed")
_ALTERED = "listener_manager.listener_modified"
_NO_ROUTE, _NO_CLUSTER = r"^http\..*\.(no_route)$", r"^http\..*\.(no_cluster)$"
_CALM_SECONDS = 0.5
LATE_SECONDS = 2.5  # more than the longest back-off of an Envoy with our bootstrap
"""By how much something comes late, where one has to wait for it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of one scenario. Times in seconds."""

    requests: int
    failures: int
    """Of the load, after the proxies were there; and of what was asked beside it."""
    clusters_removed: int
    listeners_removed: int
    listeners_modified: int
    unrouted: int
    """Requests without a route or without a cluster, by Envoy's own count."""
    held_seconds: float
    """The sum of all holds of streams and changes."""
    released_by: str
    """How they ended, with their number."""
    seconds: float
    note: str = ""

    @property
    def unharmed(self) -> bool:
        """The oracle: nothing failed, nothing was removed, nothing was altered."""
        return not (
            self.failures + self.clusters_removed + self.listeners_removed + self.listeners_modified + self.unrouted
        )


class Bench(Stack):
    """A Stack that keeps count. *services* more Services, without routes, make the configuration larger."""

    def __init__(self, *, gate: str = "bounded", services: int = 0, host: str = "127.0.0.1") -> None:
        self._directory = tempfile.TemporaryDirectory(prefix="xds-blip-")
        super().__init__(Path(self._directory.name), host=host)
        self.gate = gate
        self.failures = 0
        """What was asked beside the load, and was not answered as it should."""
        self.note = ""
        self.envoys: list[Envoy] = []
        self._planes: list[ControlPlane] = []
        self._holds: dict[ControlPlane, dict[str, float]] = {}
        self._before: dict[Envoy, list[int]] = {}
        self._after: dict[Envoy, list[int]] = {}
        self._allowed = [0, 0, 0]
        self._load: Load | None = None
        self._loads = ExitStack()
        self._begin = time.monotonic()
        if services:
            self.write("many", *(service(f"many{n}") for n in range(services)))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._loads.close()
        super().__exit__(kind, error, at)
        self._directory.cleanup()

    # -- parts ---------------------------------------------------------------------------------------

    def write(self, name: str, *documents: str) -> Path:
        """A file of manifests, replaced at once."""
        path = self.manifests / f"{name}.yaml"
        draft = path.with_suffix(".draft")
        draft.write_text("---\n".join(documents))
        return draft.replace(path)

    def start(self, *options: str, late: tuple[str, ...] = (), seconds: float = 0.0, source: str = "") -> ControlPlane:
        """Starts the control plane; *late* kinds are listed so many *seconds* late."""
        delays = ",".join(f"{kind}={seconds:g}" for kind in late)
        injected = [late_lists(delays)] if delays else []
        plane = self.control_plane(f"--gate={self.gate}", *injected, *options, source=source)
        self._planes.append(plane)
        return plane

    def keep(self, plane: ControlPlane) -> None:
        """Counts a control plane that somebody else has started, and ends it with the block."""
        self._planes.append(self._children.enter_context(plane))

    def proxy(self, gateway: str = GATEWAY, adapt: Callable[[str], str] = str) -> Envoy:
        """Starts one more Envoy; all of them share the port, and the load. *adapt* may alter its bootstrap."""
        admin_port = self.admin_port if not self.envoys else free_port()
        text = adapt(bootstrap(gateway, self.grpc_port, admin_port))
        name = f"envoy-{len(self.envoys)}"
        envoy = self._children.enter_context(Envoy(text, admin_port, self.directory, name))
        self.envoys.append(envoy)
        return envoy

    def up(self, *options: str, source: str = "") -> ControlPlane:
        """A control plane that is ready, and an Envoy that is live: where most scenarios begin."""
        plane = self.start(*options, source=source)
        plane.wait_ready()
        self.wait_live(self.proxy(), plane)
        return plane

    def load(self, keep_alive: float = 150, new: float = 30) -> Load:
        """Starts the load. What Envoy counts from here on is what counts."""
        for envoy in self.envoys:
            self._before[envoy] = _counts(envoy)
        self._load = self._loads.enter_context(Load(self.gateway_port, keep_alive=keep_alive, new=new))
        self.calm()
        return self._load

    def calm(self, seconds: float = _CALM_SECONDS) -> None:
        """Lets the load run on for a while: its own clock, not something that is waited for."""
        end = time.monotonic() + seconds
        wait_for("the load", lambda: time.monotonic() > end, seconds + 5)

    def unload(self) -> None:
        """Ends the load: what comes next is meant to fail requests."""
        if self._load is None or self._after:
            return
        self.calm()
        self._loads.close()
        self._after = {envoy: _counts(envoy) for envoy in self._before}

    # -- what happens --------------------------------------------------------------------------------

    def kill(self, plane: ControlPlane) -> None:
        """Ends a control plane without a goodbye; what it held is remembered."""
        self._remember(plane)
        plane.kill()

    def wait_served(self, plane: ControlPlane, proxies: int = 1, seconds: float = 40) -> float:
        """Waits until so many proxies have a complete configuration from it; returns how many seconds it took."""
        return wait_for(
            "a complete configuration",
            lambda: plane.ready and plane.metric("xds_first_config_seconds_count") >= proxies,
            seconds,
            plane,
            *self.envoys,
        )

    def wait_metric(
        self, plane: ControlPlane, name: str, at_least: float = 1, seconds: float = 20, **labels: str
    ) -> float:
        """Waits until a metric says at least that much; returns how many seconds it took."""
        return wait_for(
            f"{name} {labels}", lambda: plane.metric(name, **labels) >= at_least, seconds, plane, *self.envoys
        )

    def answered(self, status: int, path: str, number: int = 5) -> None:
        """Asks the proxies, and counts as failures what is not answered with *status*."""
        self.failures += sum(ask(f"{self.url}{path}")[0] != status for _ in range(number))

    def expect(self, what: str, *, holds: bool) -> None:
        """Counts as a failure, and notes, what should be so and is not."""
        if not holds:
            self.failures += 1
            self.note = f"not so: {what}"

    def allow(self, *, clusters: int = 0, listeners: int = 0, modified: int = 0) -> None:
        """What the scenario itself takes away, and so is no harm."""
        self._allowed = [clusters, listeners, modified]

    def outcome(self) -> Outcome:
        """Ends the load, and evaluates the oracle."""
        self.unload()
        for plane in self._planes:
            if plane.running:
                self._remember(plane)
        lost = [0, 0, 0, 0]
        for envoy, before in self._before.items():
            lost = [sum_ + now - was for sum_, now, was in zip(lost, self._after[envoy], before, strict=True)]
        removed, listeners, modified = (max(0, n - of) for n, of in zip(lost, self._allowed, strict=False))
        ends: dict[str, float] = {}
        for held in self._holds.values():
            for key, value in held.items():
                ends[key] = ends.get(key, 0) + value
        seconds = ends.pop("seconds", 0.0)
        return Outcome(
            requests=self._load.requests if self._load is not None else 0,
            failures=self.failures + (self._load.failures if self._load is not None else 0),
            clusters_removed=removed,
            listeners_removed=listeners,
            listeners_modified=modified,
            unrouted=lost[3],
            held_seconds=seconds,
            released_by=", ".join(f"{by} {n:.0f}" for by, n in sorted(ends.items()) if n),
            seconds=time.monotonic() - self._begin,
            note=self.note,
        )

    def _remember(self, plane: ControlPlane) -> None:
        held = {
            by: plane.metric("hold_released_total", outcome=by)
            for by in ("admitted", "recovered", "timeout", "operator", "confirmed")
        }
        self._holds[plane] = held | {"seconds": plane.metric("hold_duration_seconds_sum")}


def service(name: str, port: int = 80) -> str:
    """A Service without endpoints."""
    return f"""apiVersion: v1
kind: Service
metadata: {{name: {name}, namespace: demo}}
spec: {{ports: [{{name: http, port: {port}}}]}}
"""


def endpoints(name: str, port: int, host: str = "127.0.0.1") -> str:
    """An EndpointSlice of a Service, with one endpoint."""
    return f"""apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: {{name: {name}-1, namespace: demo, labels: {{kubernetes.io/service-name: {name}}}}}
addressType: IPv4
ports: [{{name: http, port: {port}, protocol: TCP}}]
endpoints: [{{addresses: [{host}], conditions: {{ready: true}}}}]
"""


def route(name: str, path: str, backend: str) -> str:
    """An HTTPRoute from a path to a Service."""
    return f"""apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {{name: {name}, namespace: demo}}
spec:
  parentRefs: [{{name: edge}}]
  rules:
    - matches: [{{path: {{type: PathPrefix, value: {path}}}}}]
      backendRefs: [{{name: {backend}, port: 80}}]
"""


def moved(bench: Bench) -> str:
    """The demo's routes as they are when they lead to the Service `moved` alone."""
    text = (bench.manifests / "routes.yaml").read_text()
    for name in ("blue", "green"):
        text = text.replace(f"name: {name}, port: 80", "name: moved, port: 80")
    return text


def resources(plane: ControlPlane) -> str:
    """Versions of everything that is published, as text to compare."""
    return json.dumps(json.loads(ask(f"{plane.url}/debug/resources")[1])["roles"], sort_keys=True)


@dataclass(frozen=True, slots=True)
class Scenario:
    """One way to blip."""

    number: int
    """As in B1 to B30."""
    run: Callable[[str], Outcome]
    """With that mode of the gate; named after its origin."""
    bites: bool = False
    """Whether it does harm with the gate off."""
    slow: bool = False
    """Whether it takes longer than a test may."""
    kube: bool = False
    """Whether it needs a real API server, and an address that is not loopback."""

    @property
    def name(self) -> str:
        """After its origin."""
        return self.run.__name__


def timed_out(error: Exception) -> Outcome:
    """The outcome of a scenario in which what had to happen did not."""
    return replace(_NOTHING, failures=1, note=str(error).partition("\n")[0])


_NOTHING = Outcome(
    requests=0, failures=0, clusters_removed=0, listeners_removed=0, listeners_modified=0, unrouted=0,
    held_seconds=0, released_by="", seconds=0,
)  # fmt: skip


def _counts(envoy: Envoy) -> list[int]:
    """Clusters and listeners removed, listeners modified, requests without a route or a cluster."""
    unrouted = sum(
        int(value)
        for name in (_NO_ROUTE, _NO_CLUSTER)
        for value in envoy.stats(name).values()
        if isinstance(value, int)
    )
    return [*(envoy.stat(name) for name in (*_LOST, _ALTERED)), unrouted]
