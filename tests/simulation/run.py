"""One run: the events of a history happen to the parts, and after every step the rules are checked.

The rules:
- unknown is never served as empty: every response holds at least what the replica was told by the API server;
- nothing is sent before everything is known, and nothing that never was so;
- ready means that all is listed, and that what is published contains it; ready stays;
- the gate opens when all is known, and every wait at it ends by its clock;
- a proxy that could answer a request goes on answering it, as long as its replica knows that it can be answered;
- nor does it stop because the replica knows half of what happened: where a kind is out of touch, by which it would know that
  the request can be answered, and both where the request went and where it is to go answer in truth, as they did all the
  time, it is answered as long as resources are retained;
- a proxy is live with everything that its routes name;
- what was good before is given to proxies that have nothing, and to nobody else; afterwards they are told the truth;
- a replica that says that it agrees with another does; one that does not agree is ready when its time is up;
- equal versions are equal contents, whichever replica says so;
- after all is mended, every proxy has what the cluster has, and nothing is left of streams that ended.
"""

import asyncio
import tempfile
from collections.abc import Sequence
from pathlib import Path
from random import Random

from tests.simulation.answers import Answers
from tests.simulation.api import ApiServer
from tests.simulation.history import ENVOYS, REPLICAS, SECONDS, Event, Setting
from tests.simulation.process import BEAT_SECONDS, ROLE_HOLD_SECONDS, Process
from tests.simulation.world import Facts, Obj, World, facts
from tests.support import clock
from tests.support.envoy_model import Envoy
from tests.support.xds_wire import Answer, Call
from xds_server.envoy.ready_listener import MARKER
from xds_server.model.resource import ROUTE, SERVICE_NAMES
from xds_server.model.source_state import Phase
from xds_server.readiness.layers import sync_epoch
from xds_server.readiness.protections.retention import CATCH_UP_SECONDS

CALM_SECONDS = 45.0
"""In which everything has to come right: the longest wait between two tries to list is 30 s."""
_SLACK_SECONDS = 1.0
_MEMORY = "/dev/shm" if Path("/dev/shm").is_dir() else None
"""Where files cost no writes to a disk."""
_TYPES = {short: type_url for type_url, short in SERVICE_NAMES.items()}


class Simulation:
    """The parts, and what may happen to them."""

    def __init__(self, setting: Setting, events: Sequence[Event], directory: Path) -> None:
        self._directory = directory
        self.setting = setting
        self.events = events
        self.violations: list[str] = []
        self.disorder: list[str] = []
        """What a proxy lost, or lacked, because things that belong together came in the wrong order."""
        self.sent = 0
        """Responses."""
        self.messages: list[str] = []
        """All that proxies and replicas sent each other: the time, who it was, and the bytes."""
        self.holds = 0
        """Calls that had to wait."""
        self.world = World()
        self._random = Random(f"run {setting.seed}")
        self._working: dict[str, dict[tuple[str, str], float]] = {name: {} for name, _ in ENVOYS}
        self._led: dict[str, dict[tuple[str, str], tuple[str, ...]]] = {name: {} for name, _ in ENVOYS}
        """By proxy and request: the clusters to which its routes led before they changed last."""
        self._answered_since: dict[tuple[str, str], float] = {}
        """Requests that a backend answers in truth, and since when without a break."""
        self._was_ready: set[Process] = set()
        self._live: set[str] = set()
        self.answers = Answers(self.violated, marked=setting.marked)
        self._calls: dict[Call, tuple[Process, Envoy]] = {}
        self._ready_seconds = setting.parity_seconds + setting.initial_push_seconds + 2 * BEAT_SECONDS
        """The longest from when a replica knows all until it is ready."""

    async def run(self) -> None:
        """Runs the history, mends everything, and lets it come right."""
        self.server = ApiServer(self.world, self._random)
        self.processes: dict[str, Process] = {}
        self.envoys = {
            name: Envoy(name, role, self, self._random, self._proxy_changed, delta=name in self.setting.delta)
            for name, role in ENVOYS
        }
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
        process = self.processes.pop(name, None)
        if process is not None:
            process.kill()

    def start(self, name: str) -> None:
        if name not in self.processes and name in REPLICAS[: self.setting.replicas]:
            self.processes[name] = Process(
                name,
                self.server,
                self._random,
                setting=self.setting,
                directory=self._directory / name,
                peer=lambda: next((one for it, one in self.processes.items() if it != name), None),
                on_step=self._check_processes,
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
        self.answers.rejected.add(_TYPES[kind])
        self.envoys[name].rejecting.add(_TYPES[kind])

    # -- the network ---------------------------------------------------------------------------------

    def dial(self, envoy: Envoy) -> Call | None:
        if not self.processes:
            return None
        process = self.processes[self._random.choice(sorted(self.processes))]
        call = Call(
            lambda: self._random.random() * self.setting.network_seconds,
            self._check_answer,
            lambda data: self.messages.append(f"{self.server.now():.6f} {process.name} {envoy.name} {data!r}"),
            delta=envoy.delta,
            cold=not envoy.warm,
        )
        call.held = {kind: {name: body for name, (_, body) in held.items()} for kind, held in envoy.held.items()}
        self._calls[call] = process, envoy
        process.port.dial(call)
        return call

    # -- the rules -----------------------------------------------------------------------------------

    def violated(self, what: str) -> None:
        self.violations.append(f"at {self.server.now():.3f} s: {what}")

    def _disordered(self, what: str) -> None:
        self.disorder.append(f"at {self.server.now():.3f} s: {what}")

    def _check_answer(self, call: Call, answer: Answer) -> None:
        self.sent += 1
        self.answers.check(*self._calls[call], call, answer)

    def _proxy_changed(self, envoy: Envoy) -> None:
        had, has, now = self._working[envoy.name], envoy.working, self.server.now()
        for key in had.keys() - has:
            gained = had.pop(key)
            if envoy.session is not None and not envoy.tainted:
                self._check_loss(envoy, envoy.session.call, key, gained)
                self._check_halves(envoy, envoy.session.call, key)
        for key in has:
            had.setdefault(key, now)
        self._led[envoy.name] = {(port, path): to for port, paths in envoy.routes.items() for path, to in paths.items()}
        if envoy.live and not envoy.tainted and envoy.name not in self._live:
            self._live.add(envoy.name)
            self._check_references(envoy)

    def _check_loss(self, envoy: Envoy, call: Call, key: tuple[str, str], gained: float) -> None:
        """A request is answered no longer: so the replica must have known, on this stream, that it cannot be."""
        process, _ = self._calls[call]
        since = process.client.working_since.get(key)
        if since is not None and since <= max(call.opened_at, gained - _SLACK_SECONDS):
            what = f"{envoy.name} answers {''.join(key)} no longer"
            self._disordered(f"{what}, and {process.name} knows since {since:.3f} s that it can be answered")

    def _check_halves(self, envoy: Envoy, call: Call, key: tuple[str, str]) -> None:
        """A request is answered no longer, as far as the replica knows: so it must have known all that bears on it."""
        process, _ = self._calls[call]
        since, known = process.client.broken.get(key, (0.0, {}))
        now, last, states = self.server.now(), self.world.states[-1], process.control_plane.tracker.states
        if since < call.opened_at + _SLACK_SECONDS:
            return
        stale = {kind: one.since for kind, one in states.items() if one.phase is Phase.STALE}
        recent = {kind for kind, one in states.items() if one.since > since - CATCH_UP_SECONDS}
        truth, led = facts(last), self._led[envoy.name].get(key, ())
        answers = all(truth.endpoints.get(name) for name in led) and key in self._answered_since
        if (
            stale
            and answers
            and now < since + self.setting.retention_seconds
            and self._answered_since[key] < min(stale.values()) <= since  # Before, what was known was so.
            # Else it was broken by kinds that are in touch: what happened at once comes by one watch after the other.
            and facts({**known, **{kind: last[kind] for kind in recent | stale.keys()}}).works(*key)
        ):
            what = f"{envoy.name} answers {''.join(key)} no longer, though it could, as could what it has moved to"
            self.violated(f"{what}, and {process.name} is out of touch with {', '.join(stale)}")

    def _check_references(self, envoy: Envoy) -> None:
        for port, paths in envoy.routes.items():
            for path, targets in paths.items():
                for target in targets:
                    if target != "500" and not target.startswith("not-found|") and target not in envoy.clusters:
                        self._disordered(f"{envoy.name} is live, and {port}{path} leads to {target}, which it has not")

    def _check_processes(self) -> None:
        for process in self.processes.values():
            self._check_readiness(process)
            self._check_holds(process)
            for what in process.wrong:
                self.violated(f"{process.name} {what}")
            for collection in process.control_plane.graph.collections.values():
                if collection.failures:
                    self.violated(f"{process.name} failed to derive {collection.name}: {collection.failures}")
            for call in process.port.calls.values():
                self._check_wait(process, call)

    def _check_readiness(self, process: Process) -> None:
        control_plane, known = process.control_plane, process.all_known_at
        if control_plane.gate.report.ready:
            self._was_ready.add(process)
            needed, epoch = sync_epoch(control_plane.tracker.states.values()), control_plane.cache.epoch
            if needed is None or epoch is None or epoch < needed:
                self.violated(f"{process.name} is ready at epoch {epoch}, and {needed} is needed")
            if not process.client.complete:
                self.violated(f"{process.name} is ready, and not everything is listed")
        elif process in self._was_ready:
            self.violated(f"{process.name} is ready no longer: {control_plane.gate.report.reason}")
        elif known is not None and self.server.now() > known + self._ready_seconds:
            self.violated(f"{process.name} knows all, and is not ready: {control_plane.gate.report.reason}")

    def _check_holds(self, process: Process) -> None:
        now, holds = self.server.now(), process.control_plane.holds
        suspect = None if holds.shrink_hold is None else holds.shrink_hold.held_change
        if suspect is not None and now > suspect.since + self.setting.shrink_seconds + 2 * BEAT_SECONDS:
            self.violated(f"{process.name} holds a change since {suspect.since:.1f} s")
        for key, one in () if holds.retention is None else holds.retention.retained.items():
            if now > one.since + self.setting.retention_seconds + 2 * BEAT_SECONDS:
                self.violated(f"{process.name} retains {key} since {one.since:.1f} s")

    def _check_wait(self, process: Process, call: Call) -> None:
        if call.answers:
            return
        self.holds += 1
        now, known = self.server.now(), process.all_known_at
        waited = now - call.opened_at
        bound = {"park": float("inf"), "refuse": 0.0}.get(
            self.setting.mode, self.setting.hold_seconds + ROLE_HOLD_SECONDS
        )
        if waited > bound + self.setting.network_seconds + _SLACK_SECONDS:
            self.violated(f"{process.name} holds a stream for {waited:.1f} s, and may for {bound}")
        here = self._calls[call][1].role in facts(process.client.state).listeners
        since = max(call.opened_at, known or 0.0)
        if known is not None and here and now > since + self.setting.network_seconds + _SLACK_SECONDS:
            self.violated(f"{process.name} knows all since {known:.1f} s, and holds a stream of a role that it has")

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
        if self.answers.rejected:
            self.answers.rejected.clear()
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
        for process in self.processes.values():
            if not process.port.idle:
                self.violated(f"{process.name} keeps something of streams that ended")
            process.kill()

    async def _calm(self, seconds: float) -> None:
        await asyncio.sleep(seconds)
        truth = facts(self.world.states[-1])
        for process in self.processes.values():
            if not process.control_plane.gate.report.ready:
                self.violated(f"{process.name} is still not ready: {process.control_plane.gate.report.reason}")
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
        for process in self.processes.values() if self.setting.marked else ():
            view = process.control_plane.cache.role_tables(envoy.role)
            marker = None if view is None else view[ROUTE].get(MARKER)
            if marker is None or marker.body != envoy.route_bodies.get(MARKER):
                self.violated(
                    f"{envoy.name} says by its marker that it has another version than {process.name} published"
                )
        if envoy.warming or envoy.warming_listeners:
            self.violated(f"{envoy.name} is warming for ever: {[*envoy.warming, *envoy.warming_listeners]}")

    # -- bookkeeping ---------------------------------------------------------------------------------

    def _start_all(self) -> bool:
        for name in REPLICAS:
            self.start(name)
        return True

    def _remember(self) -> None:
        self.answers.remember(self.world.states[-1])
        usable = {
            kind: {name: obj for name, obj in some.items() if obj[0]} for kind, some in self.world.states[-1].items()
        }
        working = facts(usable).working
        self._answered_since = {key: self._answered_since.get(key, self.server.now()) for key in working}
        self.server.changed()


def simulate(setting: Setting, events: Sequence[Event]) -> Simulation:
    """Runs it; `violations` say what was wrong, if anything."""
    with tempfile.TemporaryDirectory(dir=_MEMORY) as directory:
        simulation = Simulation(setting, events, Path(directory))
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
