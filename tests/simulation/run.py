"""One run: the events of a history happen to the parts, and after every step the rules are checked.

The rules:
- unknown is never served as empty: every response holds at least what the replica was told by the API server;
- nothing is sent before everything is known, and nothing that never was so;
- ready means that all is listed, and that what is published contains it; ready stays;
- the gate opens when all is known, and every wait at it ends by its clock;
- a proxy that could answer a request goes on answering it, as long as its replica knows that it can be answered;
- a proxy is live with everything that its routes name;
- equal versions are equal contents, whichever replica says so;
- after all is mended, every proxy has what the cluster has, and nothing is left of streams that ended.
"""

import asyncio
from collections.abc import Iterable, Sequence
from random import Random
from typing import Any

from tests.simulation import clock
from tests.simulation.api import ApiServer
from tests.simulation.envoy import Envoy
from tests.simulation.history import ENVOYS, REPLICAS, SECONDS, Event, Setting
from tests.simulation.replica import BEAT_SECONDS, Replica
from tests.simulation.wire import Answer, Call, addresses, route_targets
from tests.simulation.world import NAMESPACE, PORTS, Facts, Obj, World, facts
from xds_server.envoy.marker import MARKER
from xds_server.readiness import sync_epoch
from xds_server.snapshot.resource import CLUSTER, ENDPOINT, LISTENER, ROUTE, SHORT, TypeUrl

CALM_SECONDS = 45.0
"""In which everything has to come right: the longest wait between two tries to list is 30 s."""
_SLACK_SECONDS = 1.0
_TYPES = {short: type_url for type_url, short in SHORT.items()}


class ViolationError(AssertionError):
    """A rule was broken."""


class Simulation:
    """The parts, and what may happen to them."""

    def __init__(self, setting: Setting, events: Sequence[Event]) -> None:
        self.setting = setting
        self.events = events
        self.violations: list[str] = []
        self.disorder: list[str] = []
        """What a proxy lost, or lacked, because things that belong together came in the wrong order."""
        self.sent = 0
        """Responses."""
        self.holds = 0
        """Calls that had to wait."""
        self.world = World()
        self._random = Random(f"run {setting.seed}")
        self._contents: dict[tuple[str, str], object] = {}
        self._working: dict[str, dict[tuple[str, str], float]] = {name: {} for name, _ in ENVOYS}
        self._was_ready: set[Replica] = set()
        self._ever_clusters: set[str] = set()
        self._ever_hosts: dict[str, set[str]] = {}
        self._live: set[str] = set()
        self._rejected: set[str] = set()
        """Types of which something was rejected."""
        self._calls: dict[Call, tuple[Replica, Envoy]] = {}

    async def run(self) -> None:
        """Runs the history, mends everything, and lets it come right."""
        self.server = ApiServer(self.world, self._random)
        self.replicas: dict[str, Replica] = {}
        self.envoys = {name: Envoy(name, role, self, self._random, self._proxy_changed) for name, role in ENVOYS}
        loop = asyncio.get_running_loop()
        tasks = [loop.create_task(envoy.run()) for envoy in self.envoys.values()]
        started = False
        for event in self.events:
            if event.at > 0 and not started:
                started = self._start_all()
            if event.at > loop.time():
                await asyncio.sleep(event.at - loop.time())
            if self.violations:
                return
            getattr(self, event.what)(*event.args)
        self._start_all()
        await asyncio.sleep(max(0.0, SECONDS - loop.time()))
        await self._come_right(tasks)

    # -- what may happen: the methods that events name ----------------------------------------------

    def put(self, kind: str, name: str, obj: Obj) -> None:
        self.world.put(kind, name, obj)
        self._remember()

    def delete(self, kind: str, name: str) -> None:
        self.world.delete(kind, name)
        self._remember()

    def unreachable(self, seconds: float) -> None:
        self.server.weather.unreachable = self.server.now() + seconds
        self.server.changed()

    def mute(self, seconds: float) -> None:
        self.server.weather.mute = self.server.now() + seconds

    def refuse(self, kind: str, code: int, seconds: float) -> None:
        self.server.weather.refused[kind] = code, self.server.now() + seconds
        self.server.break_watches()

    def slow(self, kind: str, each: float, seconds: float) -> None:
        self.server.weather.slow[kind] = each, self.server.now() + seconds

    def expire_tokens(self, seconds: float) -> None:
        self.server.weather.expiring = self.server.now() + seconds

    def break_watches(self) -> None:
        self.server.break_watches()

    def compact(self) -> None:
        self.server.oldest = self.world.version
        self.server.break_watches()

    def kill(self, name: str) -> None:
        replica = self.replicas.pop(name, None)
        if replica is not None:
            replica.kill()

    def start(self, name: str) -> None:
        if name not in self.replicas and name in REPLICAS[: self.setting.replicas]:
            self.replicas[name] = Replica(
                name, self.server, self._random, setting=self.setting, on_step=self._check_replicas
            )

    def disconnect(self, name: str) -> None:
        self.envoys[name].disconnect()

    def restart(self, name: str) -> None:
        self.envoys[name].restart()
        self.envoys[name].tainted = False
        self._working[name] = {}
        self._live.discard(name)

    def dawdle(self, name: str, slow: bool) -> None:
        session = self.envoys[name].session
        if session is not None:
            session.call.slow = slow

    def reject(self, name: str, kind: str) -> None:
        self._rejected.add(_TYPES[kind])
        self.envoys[name].rejecting.add(_TYPES[kind])

    # -- the network ---------------------------------------------------------------------------------

    def dial(self, envoy: Envoy) -> Call | None:
        if not self.replicas:
            return None
        replica = self.replicas[self._random.choice(sorted(self.replicas))]
        call = Call(lambda: self._random.random() * self.setting.network_seconds, self._check_answer)
        self._calls[call] = replica, envoy
        replica.dial(call)
        return call

    # -- the rules -----------------------------------------------------------------------------------

    def violated(self, what: str) -> None:
        self.violations.append(f"at {self.server.now():.3f} s: {what}")

    def _disordered(self, what: str) -> None:
        self.disorder.append(f"at {self.server.now():.3f} s: {what}")

    def _check_answer(self, call: Call, answer: Answer) -> None:
        """A response is checked at the moment at which it is made, against what its replica knows then."""
        self.sent += 1
        replica, envoy = self._calls[call]
        what = f"{replica.name} sends {SHORT[TypeUrl(answer.type_url)]} to {envoy.name} ({'warm' if envoy.warm else 'cold'})"
        if not replica.client.complete:
            unknown = [kind for kind, objects in replica.client.view.items() if objects is None]
            self.violated(f"{what} before {', '.join(unknown)} was listed")
            return
        known = facts(replica.client.state)
        # Nobody is told that a role is gone, and while a change is held, what is served is what was known before it.
        strict = replica.suspicion.suspect is None
        if strict and call.answers == 1 and envoy.role not in known.listeners:
            self.violated(f"{what}, of role {envoy.role}, which is not there")
        if answer.type_url in self._rejected:
            return  # What somebody rejected, and nobody accepted, may be kept from the others.
        if answer.type_url == CLUSTER:
            self._check_set(what, answer.resources.keys(), known.clusters, self._ever_clusters)
        elif answer.type_url == ENDPOINT:
            self._check_endpoints(what, answer, known)
        elif strict and envoy.role in known.listeners:
            routes = replica.pipeline.route_configurations.name
            carried = {f"{key[0]}/{key[1]}" for name, key in replica.carry.carried if name == routes}
            self._check_own(what, answer, known, envoy.role, carried)
        elif strict and answer.type_url == LISTENER and (lost := envoy.listeners.keys() - answer.resources.keys()):
            self.violated(f"{what} without {sorted(lost)}, since the role is gone")
        contents = frozenset(answer.resources.items())
        if self._contents.setdefault((answer.type_url, answer.version), contents) != contents:
            self.violated(f"{what}: version {answer.version} is not what it was before")

    def _check_endpoints(self, what: str, answer: Answer, known: Facts) -> None:
        for name, body in answer.resources.items():
            service, _, port = name.partition(":")
            ever = {(host, PORTS[int(port)][1]) for host in self._ever_hosts.get(service, ())}
            self._check_set(f"{what} of {name}", addresses(body), known.endpoints.get(name, frozenset()), ever)

    def _check_own(self, what: str, answer: Answer, known: Facts, role: str, carried: set[str]) -> None:
        if answer.type_url == LISTENER:
            marker = {MARKER} if self.setting.marked else set()
            self._check_set(what, answer.resources.keys(), known.listeners[role] | marker, None)
            return
        for name, body in answer.resources.items():
            if name in carried:
                continue
            told = route_targets(body)
            for path, targets in known.routes.get(name, {}).items():
                if told.get(path) != targets:
                    self.violated(f"{what}: {name}{path} leads to {told.get(path)}, and should to {targets}")

    def _check_set(self, what: str, told: Iterable[Any], known: frozenset[Any], ever: set[Any] | None) -> None:
        names = set(told)
        if missing := known - names:
            self.violated(f"{what} without {sorted(missing)}, which is known")
        if ever is not None and (invented := names - ever):
            self.violated(f"{what} with {sorted(invented)}, which never was")

    def _proxy_changed(self, envoy: Envoy) -> None:
        had, has, now = self._working[envoy.name], envoy.working, self.server.now()
        for key in had.keys() - has:
            gained = had.pop(key)
            if envoy.session is not None and not envoy.tainted:
                self._check_loss(envoy, envoy.session.call, key, gained)
        for key in has:
            had.setdefault(key, now)
        if envoy.live and not envoy.tainted and envoy.name not in self._live:
            self._live.add(envoy.name)
            self._check_references(envoy)

    def _check_loss(self, envoy: Envoy, call: Call, key: tuple[str, str], gained: float) -> None:
        """A request is answered no longer: so the replica must have known, on this stream, that it cannot be."""
        replica, _ = self._calls[call]
        since = replica.client.working_since.get(key)
        if since is not None and since <= max(call.opened_at, gained - _SLACK_SECONDS):
            what = f"{envoy.name} answers {''.join(key)} no longer"
            self._disordered(f"{what}, and {replica.name} knows since {since:.3f} s that it can be answered")

    def _check_references(self, envoy: Envoy) -> None:
        for port, paths in envoy.routes.items():
            for path, targets in paths.items():
                for target in targets:
                    if target != "500" and not target.startswith("not-found|") and target not in envoy.clusters:
                        self._disordered(f"{envoy.name} is live, and {port}{path} leads to {target}, which it has not")

    def _check_replicas(self) -> None:
        now = self.server.now()
        for replica in self.replicas.values():
            ready = replica.gate.report.ready
            if ready:
                self._was_ready.add(replica)
                needed = sync_epoch(replica.board.states.values())
                if needed is None or replica.store.epoch is None or replica.store.epoch < needed:
                    self.violated(f"{replica.name} is ready at epoch {replica.store.epoch}, and {needed} is needed")
                if not replica.client.complete:
                    self.violated(f"{replica.name} is ready, and not everything is listed")
            elif replica in self._was_ready:
                self.violated(f"{replica.name} is ready no longer: {replica.gate.why_not()}")
            elif replica.all_known_at is not None and now > replica.all_known_at + 2 * BEAT_SECONDS:
                self.violated(f"{replica.name} knows all, and is not ready: {replica.gate.why_not()}")
            suspect = replica.suspicion.suspect
            if suspect is not None and now > suspect.since + self.setting.shrink_seconds + 2 * BEAT_SECONDS:
                self.violated(f"{replica.name} holds a change since {suspect.since:.1f} s")
            for key, one in replica.carry.carried.items():
                if now > one.since + self.setting.carry_seconds + 2 * BEAT_SECONDS:
                    self.violated(f"{replica.name} carries {key} over since {one.since:.1f} s")
            for call in replica.calls.values():
                self._check_wait(replica, call, now)

    def _check_wait(self, replica: Replica, call: Call, now: float) -> None:
        if call.answers:
            return
        self.holds += 1
        known = replica.all_known_at
        waited = now - call.opened_at
        bound = {"park": float("inf"), "refuse": 0.0}.get(
            replica.mode, replica.hold_seconds
        ) + replica.role_hold_seconds
        if waited > bound + self.setting.network_seconds + _SLACK_SECONDS:
            self.violated(f"{replica.name} holds a stream for {waited:.1f} s, and may for {bound}")
        here = self._calls[call][1].role in facts(replica.client.state).listeners
        since = max(call.opened_at, known or 0.0)
        if known is not None and here and now > since + self.setting.network_seconds + _SLACK_SECONDS:
            self.violated(f"{replica.name} knows all since {known:.1f} s, and holds a stream of a role that it has")

    # -- the end -------------------------------------------------------------------------------------

    async def _come_right(self, tasks: list[asyncio.Task[None]]) -> None:
        weather = self.server.weather
        weather.unreachable = weather.mute = weather.expiring = 0.0
        weather.refused.clear()
        weather.slow.clear()
        for kind, objects in self.world.states[-1].items():
            for name, obj in objects.items():
                self.world.put(kind, name, (True, *obj[1:]))
        self.put("gateways", "g0", (True, (8080,)))
        self.put("gateways", "g1", (True, (8080,)))
        for envoy in self.envoys.values():
            envoy.rejecting.clear()
        if self._rejected:
            self._rejected.clear()
            for name in REPLICAS:
                self.kill(name)  # a new process has not heard of what was rejected
            self._start_all()
        await self._calm(CALM_SECONDS)
        self.put("services", "s0", (True, (80,)))
        self.put("endpointslices", "last", (True, "s0", ("10.9.9.9",)))
        await self._calm(5.0 + 8 * self.setting.network_seconds)
        for task in tasks:
            task.cancel()
        for envoy in self.envoys.values():
            envoy.disconnect()
        await asyncio.sleep(2 + self.setting.network_seconds)
        for replica in self.replicas.values():
            if replica.calls or replica.observer.open or replica.observer.holding_now or replica.streams.status():
                self.violated(f"{replica.name} keeps something of streams that ended")
            replica.kill()

    async def _calm(self, seconds: float) -> None:
        await asyncio.sleep(seconds)
        truth = facts(self.world.states[-1])
        for replica in self.replicas.values():
            if not replica.gate.report.ready:
                self.violated(f"{replica.name} is still not ready: {replica.gate.why_not()}")
        for envoy in self.envoys.values():
            self._check_converged(envoy, truth)

    def _check_converged(self, envoy: Envoy, truth: Facts) -> None:
        ports = truth.listeners[envoy.role]
        pairs = {
            "clusters": (envoy.clusters.keys(), truth.clusters),
            "endpoints": (envoy.endpoints, truth.endpoints),
            "listeners": (envoy.listeners.keys(), ports | ({MARKER} if self.setting.marked else set())),
            "routes": (
                {port: envoy.routes.get(port) for port in ports},
                {port: truth.routes[port] for port in ports},
            ),
        }
        for what, (has, should) in pairs.items():
            if has != should:
                self.violated(f"{envoy.name} starves: its {what} are {has}, and should be {should}")
        for replica in self.replicas.values() if self.setting.marked else ():
            view = replica.store.view(envoy.role)
            marker = None if view is None else view[ROUTE].get(MARKER)
            if marker is None or marker.body != envoy.route_bodies.get(MARKER):
                self.violated(
                    f"{envoy.name} says by its marker that it has another version than {replica.name} published"
                )
        if envoy.warming or envoy.warming_listeners:
            self.violated(f"{envoy.name} is warming for ever: {[*envoy.warming, *envoy.warming_listeners]}")

    # -- bookkeeping ---------------------------------------------------------------------------------

    def _start_all(self) -> bool:
        for name in REPLICAS:
            self.start(name)
        return True

    def _remember(self) -> None:
        for name, (_, ports) in self.world.states[-1]["services"].items():
            self._ever_clusters |= {f"{NAMESPACE}/{name}:{port}" for port in ports}
        for _, service, hosts in self.world.states[-1]["endpointslices"].values():
            self._ever_hosts.setdefault(f"{NAMESPACE}/{service}", set()).update(hosts)
        self.server.changed()


def simulate(setting: Setting, events: Sequence[Event]) -> Simulation:
    """Runs it; `violations` say what was wrong, if anything."""
    simulation = Simulation(setting, events)
    try:
        faults = clock.run(simulation.run())
    except Exception as error:  # noqa: BLE001 - whatever breaks is found by this seed
        faults = [f"the run itself raised {error!r}"]
    simulation.violations += faults
    return simulation


def shrunk(setting: Setting, events: Sequence[Event]) -> list[Event]:
    """A part of a history that breaks a rule as well, and of which no single event can be left out."""
    left = list(events)
    size = len(left) // 2
    while size:
        at = 0
        while at < len(left):
            fewer = left[:at] + left[at + size :]
            if simulate(setting, fewer).violations:
                left = fewer
            else:
                at += size
        size //= 2
    return left


def report(setting: Setting, events: Sequence[Event]) -> str:
    """What a failing run broke, and the shortest part of its history that breaks a rule, too."""
    left = shrunk(setting, events)
    lines = [f"seed {setting.seed}: {setting}", *map(str, left), *simulate(setting, left).violations[:3]]
    return "\n".join(lines) + f"\nagain: python -m tests.simulation --first {setting.seed} --count 1\n"
