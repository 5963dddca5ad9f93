"""One process of the control plane: the real parts, joined as `xds_server.replica` joins them, without sockets."""

import asyncio
from collections.abc import Callable, Mapping
from pathlib import Path
from random import Random

import msgspec
from prometheus_client import CollectorRegistry

from krt import Graph, Reflector
from probes import Passed, Verdict
from tests.simulation.api import ApiServer, Client
from tests.simulation.history import Setting
from tests.simulation.wire import END, AbortedError, Call
from xds_server import pipeline, readiness
from xds_server.ads.messages import Changes
from xds_server.asking import AskError
from xds_server.doorkeeper import Doorkeeper
from xds_server.envoy import clusters
from xds_server.lastgood import LastGood, LastGoodMetrics
from xds_server.losses import Losses, shrink_guard, sources_of
from xds_server.model.source_state import Phase, SourceState
from xds_server.parity import Parity, contents
from xds_server.publisher import Publisher
from xds_server.snapshot.carry import CarryOver, Touch
from xds_server.snapshot.shrink import Limits
from xds_server.snapshot.store import Names, Store
from xds_server.sources.kinds import kinds
from xds_server.sources.kube.informer import Informer
from xds_server.sources.kube.listwatch import ListWatch, Scope
from xds_server.sources.kube.turnstile import Turnstile
from xds_server.sources.state import SourceBoard
from xds_server.suspicion import Suspicion
from xds_server.transport.admission import Admission, GateMode
from xds_server.transport.observer import Observer
from xds_server.transport.streams import Streams
from xds_server.transport.variant import DELTA, SOTW
from xds_server.verdicts import Verdicts

BEAT_SECONDS = 2.0
MARKER_PORT = 19003


class Quiet(Observer):
    """An observer that counts what is held, and passes verdicts on."""

    def __init__(self) -> None:
        self.holding_now: set[int] = set()
        self.open: set[int] = set()
        self.verdicts: Observer | None = None

    def stream_opened(self, stream) -> None:  # type: ignore[no-untyped-def]
        self.open.add(stream.id)

    def stream_closed(self, stream, why) -> None:  # type: ignore[no-untyped-def]
        self.open.discard(stream.id)

    def holding(self, stream, kind) -> None:  # type: ignore[no-untyped-def]
        self.holding_now.add(stream.id)

    def held(self, stream, kind, seconds, outcome) -> None:  # type: ignore[no-untyped-def]
        self.holding_now.discard(stream.id)

    def nacked(self, stream, type_url, version, message) -> None:  # type: ignore[no-untyped-def]
        if self.verdicts is not None:
            self.verdicts.nacked(stream, type_url, version, message)

    def acked(self, stream, type_url, seconds) -> None:  # type: ignore[no-untyped-def]
        if self.verdicts is not None:
            self.verdicts.acked(stream, type_url, seconds)


class Replica:
    """Runs from its making until `kill`."""

    def __init__(
        self,
        name: str,
        server: ApiServer,
        random: Random,
        *,
        setting: Setting,
        directory: Path,
        peer: Callable[[], "Replica | None"],
        on_step: Callable[[], None],
    ) -> None:
        loop = asyncio.get_running_loop()
        mode, hold_seconds = setting.mode, setting.hold_seconds
        self.name = name
        self.client = Client(server, random)
        self.graph = Graph()
        self.pipeline = pipeline.build(self.graph, "xds-server")
        self.store = Store(remake_cluster=clusters.departed)
        self.observer = Quiet()
        self.mode = mode
        self.hold_seconds = hold_seconds
        self.role_hold_seconds = 0.0 if mode == "refuse" else 1.0
        self.calls: dict[asyncio.Task[None], Call] = {}
        self.all_known_at: float | None = None
        """When the last kind was listed for the first time."""
        self._on_step = on_step
        self.board = SourceBoard(kinds(), clock=loop.time, on_change=self._source_changed)
        self.instance = f"{name} {loop.time()}"
        self._peer = peer
        self.wrong: list[str] = []
        """What it said that was not so."""
        self.parity: Parity | None = None
        if setting.parity_seconds:
            self.parity = Parity(
                "http://peer", setting.parity_seconds, self.store, instance=self.instance, clock=loop.time,
                asked=self._ask_peer,
            )  # fmt: skip
        self.last_good: LastGood | None = None
        if setting.last_good_seconds and mode != "off":
            self.last_good = LastGood(
                directory, setting.last_good_seconds, self.store, LastGoodMetrics(CollectorRegistry()),
                sources=self.board.states.values, started=loop.time(), clock=loop.time,
            )  # fmt: skip
            self.last_good.load()
        derived = [one for one in self.graph.collections.values() if one.name not in self.pipeline.sources]
        self.gate = readiness.gate(
            base=lambda: {"grpc": Passed()},
            sources=lambda: self.board.states,
            derived=derived,
            store=self.store,
            serving=self._serving,
            parity=None if self.parity is None else self.parity.verdict,
            clock=loop.time,
            started=loop.time(),
        )
        self.doorkeeper = Doorkeeper(
            self.gate,
            self.store,
            open_at_once=mode == "off",
            last_good=lambda role: None if self.last_good is None else self.last_good.view(role),
        )
        self.streams = Streams(
            doorkeeper=self.doorkeeper,
            observer=self.observer,
            admission=Admission(
                mode=GateMode(mode), hold_seconds=hold_seconds, role_hold_seconds=self.role_hold_seconds
            ),
            identifier=name,
            clock=loop.time,
        )
        self.suspicion = Suspicion(
            shrink_guard(self.pipeline, Limits(share=0.4, at_least=3)),
            setting.shrink_seconds,
            sources_of=lambda lost: sources_of(self.pipeline, lost),
            clock=loop.time,
            ask=self._relist,
        )
        self.touch = Touch(loop.time)
        self.carry = CarryOver(setting.carry_seconds, self.touch, Losses(self.pipeline), clock=loop.time)
        self.publisher = Publisher(
            self.graph,
            self.pipeline,
            self.store,
            self._published,
            suspicion=self.suspicion if setting.shrink_seconds else None,
            carry=self.carry if setting.carry_seconds else None,
            marker_port=MARKER_PORT if setting.marked else 0,
        )
        self.observer.verdicts = Verdicts(self.store, self.publisher.judged)  # type: ignore[abstract]
        if mode == "off":
            for source in self.pipeline.sources.values():
                source.mark_synced()
        self._tasks = [loop.create_task(self._beat()), loop.create_task(self._save())]
        if self.parity is not None:
            self._tasks.append(loop.create_task(self._compare(self.parity)))
        turnstile = Turnstile(2)
        self.informers: dict[str, Informer] = {}
        for kind in kinds():
            listwatch = ListWatch(
                kind,
                reflector=Reflector(self.pipeline.sources[kind.plural]),
                graph=self.graph,
                board=self.board,
                jitter=lambda ceiling: random.random() * ceiling,
                clock=loop.time,
                scope=Scope(streamed=setting.streamed),
            )
            informer = self.informers[kind.plural] = Informer(listwatch, self.client, turnstile=turnstile)
            self._tasks.append(loop.create_task(informer.run()))

    def kill(self) -> None:
        """Ends the process at once: every call breaks."""
        for task in (*self._tasks, *self.calls):
            task.cancel()

    def dial(self, call: Call) -> None:
        """A call comes in."""
        task = asyncio.get_running_loop().create_task(self._serve(call))
        self.calls[task] = call

    async def _serve(self, call: Call) -> None:
        try:
            await self.streams.serve(call, DELTA if call.delta else SOTW)
        except AbortedError:
            pass
        finally:
            call.ended_at = asyncio.get_running_loop().time()
            call.down.put(END)
            del self.calls[asyncio.current_task()]  # type: ignore[arg-type]

    async def _beat(self) -> None:
        while True:
            await asyncio.sleep(BEAT_SECONDS)
            self.publisher.tick()
            self._evaluate()
            self._on_step()

    async def _save(self) -> None:
        while self.last_good is not None:
            await asyncio.sleep(BEAT_SECONDS)
            await self.last_good.save(self.streams.status())

    async def _compare(self, parity: Parity) -> None:
        outcome, peer = await parity.run(), self._peer()
        if outcome == "equal" and (
            peer is None or contents(self.store, resources=True) != contents(peer.store, resources=True)
        ):
            self.wrong.append("says that it agrees with a peer, and does not")
        self._evaluate()

    def _ask_peer(self, _: str, path: str) -> object:
        peer = self._peer()
        if peer is None:
            raise AskError("nobody is there")
        roles = contents(peer.store, resources="resources" in path)
        answer = {"instance": peer.instance, "epoch": peer.store.epoch, "roles": roles}
        return msgspec.json.decode(msgspec.json.encode(answer))

    def _relist(self, asked: frozenset[str]) -> None:
        for kind in sorted(asked):
            self.informers[kind].relist()

    def _source_changed(self, old: SourceState, new: SourceState) -> None:
        if new.lists > old.lists:
            self.publisher.listed(new.kind, new.started)
        self.touch.note(new.kind, lost=new.phase is Phase.STALE)
        if self.all_known_at is None and all(state.known for state in self.board.states.values()):
            self.all_known_at = asyncio.get_running_loop().time()
        self._evaluate()

    def _published(self, for_all: Names, by_role: Mapping[str, Names]) -> None:
        changes: dict[str | None, Changes] = {None: for_all}
        changes.update(by_role)
        self.streams.publish(changes)
        if by_role:
            self.doorkeeper.notify()

    def _evaluate(self) -> None:
        closed = self.gate.passed_at("snapshots") is None
        offered = self.last_good is not None and self.last_good.turned()
        self.gate.evaluate()
        if offered:
            self.doorkeeper.notify()
        if closed and self.gate.passed_at("snapshots") is not None:
            self.doorkeeper.notify()
            if self.parity is not None:
                self.parity.begin()

    def _serving(self) -> Mapping[str, Verdict]:
        return {"grpc": Passed()}
