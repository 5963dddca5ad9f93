"""One process of the control plane: a replica as it runs, with tasks and calls of the simulation instead of *app*'s."""

import asyncio
from collections.abc import Callable, Mapping
from pathlib import Path
from random import Random

import msgspec

from krt import Reflector
from tests.simulation.api import ApiServer, Client
from tests.simulation.history import Setting
from tests.support.xds_wire import END, AbortedError, Call
from xds_server.model.admission import GateMode, HoldKind
from xds_server.observability.client import ControlPlaneError
from xds_server.observability.observers import ObserverList
from xds_server.providers.config import ProvidersConfig
from xds_server.providers.kubernetes.provider import KubernetesProvider
from xds_server.readiness.config import ReadinessConfig
from xds_server.readiness.parity import Parity, digests_of
from xds_server.readiness.protections.last_good import LastGood
from xds_server.server import app
from xds_server.server.settings import KubernetesSourceSetting, Settings
from xds_server.server.wiring import ControlPlane
from xds_server.xds.protocol.messages import ChangedNames
from xds_server.xds.transport.config import AdmissionConfig, TransportConfig
from xds_server.xds.transport.debounce import Debounce
from xds_server.xds.transport.observer import StreamObserver, StreamStatus
from xds_server.xds.transport.registry import StreamRegistry
from xds_server.xds.transport.server import REST_SECONDS
from xds_server.xds.transport.variant import DELTA, SOTW

BEAT_SECONDS = 2.0
ROLE_HOLD_SECONDS = 1.0
_MARKER_PORT = 19003


def settings(setting: Setting, directory: Path) -> Settings:
    """The server's settings in a run; *directory* is where it may keep something."""
    return Settings(
        source=KubernetesSourceSetting(),
        gate=GateMode(setting.mode),
        marker_port=_MARKER_PORT if setting.marked else 0,
        last_good_dir=directory if setting.last_good_seconds else None,
        parity_peer="http://peer" if setting.parity_seconds else "",
        providers=ProvidersConfig(streamed_lists=setting.streamed),
        xds=TransportConfig(
            admission=AdmissionConfig(hold_seconds=setting.hold_seconds, role_hold_seconds=ROLE_HOLD_SECONDS)
        ),
        readiness=ReadinessConfig(
            initial_push_seconds=setting.initial_push_seconds,
            shrink_hold_seconds=setting.shrink_seconds,
            shrink_share=0.4,
            shrink_at_least=3,
            retention_seconds=setting.retention_seconds,
            last_good_grace_seconds=setting.last_good_seconds,
            parity_seconds=setting.parity_seconds,
        ),
    )


class Open(StreamObserver):
    """Which streams are open, and which of them are held."""

    def __init__(self) -> None:
        self.streams: set[int] = set()
        self.held_now: set[int] = set()

    def stream_opened(self, stream) -> None:  # type: ignore[no-untyped-def]
        self.streams.add(stream.id)

    def stream_closed(self, stream, why) -> None:  # type: ignore[no-untyped-def]
        self.streams.discard(stream.id)

    def stream_hold_started(self, stream, kind) -> None:  # type: ignore[no-untyped-def]
        self.held_now.add(stream.id)

    def stream_hold_ended(self, stream, kind, seconds, outcome) -> None:  # type: ignore[no-untyped-def]
        self.held_now.discard(stream.id)


class Port:
    """What an `AdsServer` is, without gRPC."""

    def __init__(self, control_plane: ControlPlane) -> None:
        self.calls: dict[asyncio.Task[None], Call] = {}
        self.open = Open()
        self._streams = StreamRegistry(
            admission_policy=control_plane.admission_policy,
            observer=ObserverList(control_plane.observer, self.open),
            admission=app.admission_config(control_plane.settings),
            identifier="simulated",
            clock=asyncio.get_running_loop().time,
            limits=control_plane.settings.xds.limits,
            debounce=Debounce(rest_seconds=REST_SECONDS),
            acceptance_changed=control_plane.cache.acceptance_changed,
        )

    def publish(self, changes: Mapping[str | None, ChangedNames]) -> None:
        self._streams.publish(changes)

    def streams(self) -> list[StreamStatus]:
        return list(self._streams.statuses())

    def release(self, kind: HoldKind) -> int:
        return self._streams.release(kind)

    def dial(self, call: Call) -> None:
        """A call comes in."""
        self.calls[asyncio.get_running_loop().create_task(self._serve(call))] = call

    def close(self) -> None:
        """Every call breaks."""
        for task in self.calls:
            task.cancel()

    @property
    def idle(self) -> bool:
        """Whether nothing is left of any stream."""
        return not (self.calls or self.open.streams or self.open.held_now or self.streams())

    async def _serve(self, call: Call) -> None:
        try:
            await self._streams.serve(call, DELTA if call.delta else SOTW)
        except AbortedError:
            pass
        finally:
            call.ended_at = asyncio.get_running_loop().time()
            call.down.put(END)
            del self.calls[asyncio.current_task()]  # type: ignore[arg-type]


class Process:
    """Runs from its making until `kill`."""

    def __init__(
        self,
        name: str,
        server: ApiServer,
        random: Random,
        *,
        setting: Setting,
        directory: Path,
        peer: Callable[[], "Process | None"],
        on_step: Callable[[], None],
    ) -> None:
        loop = asyncio.get_running_loop()
        self.name = name
        self.client = Client(server, random)
        self.all_known_at: float | None = None
        """When the last kind was listed for the first time."""
        self.wrong: list[str] = []
        """What it said that was not so."""
        self._on_step = on_step
        self._peer = peer
        self.control_plane = control_plane = ControlPlane(
            settings(setting, directory), clock=loop.time, started=loop.time(), request_peer=self._ask_peer
        )
        self.endpoints = control_plane.endpoints(lambda content: content())
        self._watch_board()
        control_plane.start()
        self.port = Port(control_plane)
        control_plane.server_started(self.port, loop.call_later)
        tasks = [self._beat()]
        if control_plane.last_good is not None:
            tasks.append(self._save(control_plane.last_good))
        if control_plane.parity is not None:
            tasks.append(self._compare(control_plane.parity))
        source = KubernetesProvider(
            client=self.client,
            kinds=control_plane.kinds,
            reflectors={name: Reflector(source) for name, source in control_plane.pipeline.sources.items()},
            graph=control_plane.graph,
            tracker=control_plane.tracker,
            streamed=control_plane.settings.providers.streamed_lists,
            lists_at_once=2,
            clock=loop.time,
            jitter=random.random,
        )
        control_plane.connect_provider(source)
        self._tasks = [loop.create_task(one) for one in (*tasks, source.run())]

    def kill(self) -> None:
        """Ends the process at once."""
        for task in self._tasks:
            task.cancel()
        self.port.close()

    def _watch_board(self) -> None:
        """Notes which lists were taken in, and when everything is known, before the replica hears of it."""
        tracker = self.control_plane.tracker
        told = tracker._on_change

        def changed(old, new):  # type: ignore[no-untyped-def]
            if new.lists > old.lists:
                self.client.listed(new.kind)
            if self.all_known_at is None and all(state.known for state in tracker.states.values()):
                self.all_known_at = asyncio.get_running_loop().time()
            told(old, new)

        tracker._on_change = changed

    async def _beat(self) -> None:
        while True:
            await asyncio.sleep(BEAT_SECONDS)
            self.control_plane.tick()
            self._on_step()

    async def _save(self, last_good: LastGood) -> None:
        while True:
            await asyncio.sleep(BEAT_SECONDS)
            await last_good.save(self.port.streams())

    async def _compare(self, parity: Parity) -> None:
        outcome, peer = await parity.run(), self._peer()
        if outcome == "equal" and (
            peer is None
            or digests_of(self.control_plane.cache, resources=True)
            != digests_of(peer.control_plane.cache, resources=True)
        ):
            self.wrong.append("says that it agrees with a peer, and does not")
        self.control_plane.parity_ended(outcome)

    def _ask_peer(self, _: str, path: str) -> object:
        peer = self._peer()
        if peer is None:
            raise ControlPlaneError("nobody is there")
        path, _, query = path.partition("?")
        return msgspec.json.decode(peer.endpoints.respond("GET", path, query).body)
