"""The composition root: the only module that knows everyone, and where the event loop lives."""

import asyncio
import contextlib
import importlib
import logging
import os
import socket
import time
from collections.abc import Mapping
from typing import TYPE_CHECKING

from prometheus_client import CollectorRegistry

from krt import Graph, KrtError
from probes import (
    Degraded,
    Endpoints,
    Failed,
    Heartbeat,
    Passed,
    Report,
    ServeError,
    Transition,
    Verdict,
    Waiting,
    serve,
)
from probes.metrics import ReadinessMetrics, exposition
from xds_server import __version__, inputs, pages, pipeline, process, readiness, startup, writing
from xds_server.ads.messages import Changes
from xds_server.doorkeeper import Doorkeeper
from xds_server.holds import Holds
from xds_server.lastgood import LastGood, LastGoodMetrics
from xds_server.logs import StreamLog, Timeline, configure_logging, event, every
from xds_server.metrics import PREFIX, Live, Metrics
from xds_server.model.source_state import Problem, SourceState
from xds_server.parity import Parity, ParityMetrics, contents
from xds_server.process import StartError
from xds_server.publisher import Publisher
from xds_server.settings import Settings
from xds_server.snapshot.store import Names, Store
from xds_server.sources.state import SourceBoard
from xds_server.transport.admission import Admission, GateMode

if TYPE_CHECKING:
    from xds_server.transport.server import AdsServer

_log = logging.getLogger("xds_server")

_BEAT_SECONDS = 0.25
_MAX_BEAT_AGE_SECONDS = 20.0
_PAGE_SECONDS = 5.0
_SAVE_SECONDS = 2.0


def main(settings: Settings) -> None:
    """Runs the server until SIGTERM or SIGINT. Raises: StartError."""
    configure_logging(settings.log_format)
    with contextlib.suppress(KeyboardInterrupt), process.quiet_collector():
        try:
            asyncio.run(App(settings).run())
        except* StartError as errors:
            raise errors.exceptions[0] from None


class App:
    """One run of the server: all parts, made and joined."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        started = process.started()
        self._timeline = Timeline(started)
        self._soft_deadline = startup.SoftDeadline(settings.soft_deadline_seconds, started)
        self._graph = Graph(on_failure=_derivation_failed)
        self._pipeline = pipeline.build(self._graph, settings.gateway_class)
        self._store = Store()
        self.registry = CollectorRegistry()
        self._metrics = Metrics(self.registry)
        self._parity_metrics = ParityMetrics(self.registry)
        self._kinds = inputs.kinds_of(settings)
        self._board = SourceBoard(self._kinds, on_change=self._source_changed, on_problem=_problem_found)
        self._server: AdsServer | None = None
        self._holds = Holds(settings, self._pipeline, self._metrics, lambda: self._server)
        self._turned_event = asyncio.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._draining_since: float | None = None
        derived = [one for name, one in self._graph.collections.items() if name not in self._pipeline.sources]
        self._instance = f"{socket.gethostname()}/{os.getpid()}/{time.time_ns()}"
        self._parity: Parity | None = None
        if settings.parity_peer:
            self._parity = Parity(settings.parity_peer, settings.parity_seconds, self._store, instance=self._instance)
        self._gate = readiness.gate(
            base=self._base,
            sources=lambda: self._board.states,
            derived=derived,
            store=self._store,
            serving=self._serving,
            clock=time.monotonic,
            held=self._holds.why,
            parity=self._parity_verdict if self._parity else None,
            started=started,
        )
        self._gate.on_transition(self._turned)
        self._gate.on_change(self._checks_changed)
        self._keeper = writing.keeper(settings, self._graph, self._pipeline)
        last_good_metrics = LastGoodMetrics(self.registry)
        self._last_good: LastGood | None = None
        if settings.last_good_dir is not None and settings.gate != "off":
            self._last_good = LastGood(
                settings.last_good_dir, settings.last_good_grace_seconds, self._store, last_good_metrics,
                sources=self._board.states.values, started=started,
            )  # fmt: skip
        self._doorkeeper = Doorkeeper(
            self._gate,
            self._store,
            open_at_once=settings.gate == "off",
            last_good=lambda role: None if self._last_good is None else self._last_good.view(role),
        )
        self._heartbeat = Heartbeat(time.monotonic, _MAX_BEAT_AGE_SECONDS)
        self._publisher = Publisher(
            self._graph, self._pipeline, self._store, self._published,
            suspicion=self._holds.suspicion, marker_port=settings.marker_port,
        )  # fmt: skip
        self._metrics.watch(
            Live(
                sources=self._board.states.values,
                problems=lambda: self._board.problems,
                derived=lambda: {one.name: one.synced for one in derived},
                resources=self._store.counts,
                graph_epoch=lambda: self._graph.epoch,
                published_epoch=lambda: self._store.epoch,
                sync_epoch=lambda: readiness.sync_epoch(self._board.states.values()),
                suspect=lambda: bool(self._holds.why()),
            )
        )
        ReadinessMetrics(self._gate, PREFIX, self.registry)
        self._endpoints = Endpoints(
            self._gate, liveness={"event_loop": self._heartbeat.verdict}, started="base", title="xds-server"
        )
        self._endpoints.page("/metrics", exposition(self.registry), about="metrics, for Prometheus")
        pages.add(
            self._endpoints,
            sources=self._board.states.values,
            problems=lambda: self._board.problems,
            routes=self._pipeline.attached_routes,
            store=self._store,
            graph=self._graph,
            streams=lambda: () if self._server is None else self._server.streams(),
            on_loop=lambda content: process.called_on(self._loop, content, _PAGE_SECONDS),
            holds=self._holds.page,
            release=lambda kind: self._holds.release(kind, self._publisher.override),
            timeline=self._timeline,
            digests=self._digests,
            parity=lambda: {} if self._parity is None else self._parity.page(),
        )

    async def run(self) -> None:
        """Runs until SIGTERM or SIGINT. The probes answer first, and nothing is served before all is known."""
        settings = self.settings
        if settings.gate == "off":
            event(_log, logging.WARNING, "gate.off", effect="unknown is served as empty: for experiments only")
            for source in self._pipeline.sources.values():
                source.mark_synced()  # what an ungated control plane believes at its start
        self._loop = asyncio.get_running_loop()
        leaving = process.leaving()
        _log.addHandler(self._timeline)
        if self._last_good is not None:
            self._last_good.load()
        try:
            http = serve(self._endpoints, settings.http_address.host, settings.http_address.port)
        except ServeError as error:
            raise StartError(error.strerror or str(error)) from None
        with http:
            event(_log, logging.INFO, "http.listening", address=http.address)
            try:
                await inputs.check_login(self.settings)
                await self._together(leaving)
            finally:
                _log.removeHandler(self._timeline)

    async def _together(self, leaving: "asyncio.Queue[str]") -> None:
        """Runs all tasks until it is time to leave. One that fails ends the server: half of it would lie."""
        async with asyncio.TaskGroup() as tasks:
            background = [
                tasks.create_task(
                    inputs.source(self.settings, self._kinds, self._pipeline, self._graph, self._board).run()
                ),
                tasks.create_task(self._beat()),
                tasks.create_task(self._keeper.run()),
            ]
            if self._parity is not None:
                background.append(tasks.create_task(self._compare(self._parity, leaving)))
            try:
                if self.settings.shadow:
                    await leaving.get()
                else:
                    await self._serve(tasks, background, leaving)
            finally:
                for task in background:
                    task.cancel()

    async def _serve(
        self, tasks: asyncio.TaskGroup, background: list[asyncio.Task[None]], leaving: "asyncio.Queue[str]"
    ) -> None:
        server = await self._started()
        background.append(tasks.create_task(self._tell_health(server)))
        if self._last_good is not None:
            background.append(tasks.create_task(self._save(self._last_good, server)))
        spread = 0.0
        try:
            spread = self.settings.drain_spread_seconds if await self._stay(leaving) else 0.0
        finally:
            await self._end(server, spread, leaving)

    async def _end(self, server: "AdsServer", spread: float, leaving: "asyncio.Queue[str]") -> None:
        """Ends the streams over *spread* seconds, so that the proxies do not all come to the others at once."""
        ending = asyncio.create_task(server.stop(grace=1, spread=spread))
        hurry = asyncio.create_task(leaving.get())
        try:
            await asyncio.wait((ending, hurry), return_when=asyncio.FIRST_COMPLETED)
            if not ending.done():
                await server.stop(grace=0)
            await ending
        finally:
            hurry.cancel()

    async def _save(self, last_good: LastGood, server: "AdsServer") -> None:
        while True:
            await asyncio.sleep(_SAVE_SECONDS)
            if self._draining_since is None:
                await last_good.save(server.streams())

    async def _compare(self, parity: Parity, leaving: "asyncio.Queue[str]") -> None:
        """Compares with the peer. A shadow has then done what it is for: it leaves. Raises: StartError, if it differs."""
        outcome = await parity.run()
        self._parity_metrics.compared(parity)
        level = logging.INFO if outcome == "equal" else logging.WARNING
        event(_log, level, "parity", outcome=outcome, seconds=parity.took_seconds, why=parity.why)
        self._evaluate()
        if self.settings.shadow:
            if outcome != "equal":
                raise StartError(f"shadow: {parity.why}")
            leaving.put_nowait("compared")

    async def _started(self) -> "AdsServer":
        """The gRPC server, listening."""
        # grpc takes some 60 ms to import: in a thread, while the first lists are on their way.
        transport = await asyncio.to_thread(importlib.import_module, "xds_server.transport.server")
        settings = self.settings
        server: AdsServer = transport.AdsServer(
            str(settings.grpc_address),
            doorkeeper=self._doorkeeper,
            observer=every(self._metrics, StreamLog()),
            admission=Admission(
                mode=GateMode(settings.gate),
                hold_seconds=settings.gate_hold_seconds,
                role_hold_seconds=settings.role_hold_seconds,
            ),
            identifier=f"{socket.gethostname()} xds-server/{__version__}",
        )
        try:
            await server.start()
        except transport.PortInUse as error:
            raise StartError(f"{error}: free it, or choose another grpc_address") from None
        event(_log, logging.INFO, "grpc.listening", address=str(settings.grpc_address))
        self._server = server
        self._evaluate()
        return server

    async def _stay(self, leaving: "asyncio.Queue[str]") -> bool:
        """Serves until a signal to leave, and on for the endpoints that still name us; false if a second one hurries."""
        settings = self.settings
        name = await leaving.get()
        event(_log, logging.INFO, "draining", signal=name, seconds=settings.drain_seconds)
        self._draining_since = time.monotonic()
        self._evaluate()
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(leaving.get(), settings.drain_seconds)
            return False
        return True

    async def _beat(self) -> None:
        """Shows that the event loop goes round, how late it is, and what has changed by time alone."""
        while True:
            due = time.monotonic() + _BEAT_SECONDS
            await asyncio.sleep(_BEAT_SECONDS)
            self._metrics.loop_lagged(time.monotonic() - due)
            self._heartbeat.beat()
            self._publisher.tick()
            self._evaluate()
            self._speak()

    async def _tell_health(self, server: "AdsServer") -> None:
        """Keeps gRPC health at what the gate says."""
        while True:
            self._turned_event.clear()
            await server.set_health(serving=self._gate.report.ready)
            await self._turned_event.wait()

    # -- what happens ------------------------------------------------------------------------------

    def _source_changed(self, old: SourceState, new: SourceState) -> None:
        self._metrics.source_changed(old, new)
        if new.lists > old.lists:
            self._publisher.listed(new.kind, self._graph.epoch, new.started)
        if old.phase is not new.phase:
            level = logging.INFO if new.phase in ("listing", "synced") else logging.WARNING
            event(
                _log, level, f"source.{new.phase}", kind=new.kind, objects=new.objects,
                seconds=new.sync_seconds, code=new.code, message=new.message or None,
            )  # fmt: skip
        if old.phase is not new.phase or not self._gate.report.ready:
            self._evaluate()

    def _published(self, for_all: Names, by_role: Mapping[str, Names]) -> None:
        if self._server is not None:
            changes: dict[str | None, Changes] = {None: for_all}
            changes.update(by_role)
            self._server.publish(changes)
        if by_role:
            self._doorkeeper.notify()

    def _evaluate(self) -> None:
        closed = self._gate.passed_at("snapshots") is None
        offered = self._last_good is not None and self._last_good.turned()
        self._gate.evaluate()
        if offered:
            self._doorkeeper.notify()
        if closed and self._gate.passed_at("snapshots") is not None:
            self._keeper.known()
            self._doorkeeper.notify()
            if self._parity is not None:
                self._parity.begin()

    def _turned(self, transition: Transition) -> None:
        self._turned_event.set()
        if not transition.ready_to:
            event(_log, logging.WARNING, "not_ready", layer=transition.layer, reason=transition.reason)
            self._keeper.say("Warning", "NotReady", f"{transition.layer}: {transition.reason}", ends="Ready")
            return
        phases = {name: round(seconds, 3) for name, seconds in self._gate.phases().items()}
        objects = sum(state.objects for state in self._board.states.values())
        said = startup.summary(self._gate.phases(), self._board.states.values())
        self._keeper.say("Normal", "Ready", said, ends="NotReady")
        event(_log, logging.INFO, "ready", summary=said, seconds=sum(phases.values()), objects=objects, **phases)
        process.settle_collector()

    def _checks_changed(self, before: Report, after: Report) -> None:
        known = {(layer.name, check.name): check.status for layer in before.layers for check in layer.checks}
        for layer in after.layers:
            for check in layer.checks:
                was = known.get((layer.name, check.name))
                if was is not check.status:
                    name = f"{layer.name}/{check.name}"
                    self._timeline.add("check", check=name, was=was, status=check.status, reason=check.reason)

    def _speak(self) -> None:
        """Says what is awaited, if it has taken long."""
        if self._gate.passed_at("serving") is not None or not self._soft_deadline.passed(time.monotonic()):
            return
        self._metrics.deadline_passed()
        progress = self._soft_deadline.progress(self._board.states.values())
        event(_log, logging.WARNING, "still_not_ready", waits_for=self._gate.why_not(), progress=progress)

    # -- what is so --------------------------------------------------------------------------------

    def _base(self) -> Mapping[str, Verdict]:
        listening: Verdict = Waiting("the gRPC port is not bound yet") if self._server is None else Passed()
        if self.settings.shadow:
            listening = Passed("a shadow serves nobody")
        checks = {"settings": Passed(), "http": Passed(str(self.settings.http_address)), "grpc": listening}
        offered = "" if self._last_good is None else self._last_good.why()
        return checks | ({"last_good": Degraded(offered)} if offered else {})

    def _serving(self) -> Mapping[str, Verdict]:
        draining: Verdict = Passed()
        if self._draining_since is not None:
            draining = Failed(f"draining for {time.monotonic() - self._draining_since:.0f} s: this replica is leaving")
        listening = self._base()["grpc"]
        return {"grpc": listening, "staying": draining}

    def _parity_verdict(self) -> Verdict:
        return Passed() if self._parity is None else self._parity.verdict()

    def _digests(self, *, resources: bool) -> Mapping[str, object]:
        roles = contents(self._store, resources=resources)
        return {"instance": self._instance, "epoch": self._store.epoch, "roles": roles}


def _problem_found(problem: Problem) -> None:
    event(_log, logging.WARNING, "input.problem", problem=str(problem))


def _derivation_failed(error: KrtError) -> None:
    """A transform raised: its key keeps its last output, and readiness shows it. A mistake of ours, so an ERROR."""
    event(_log, logging.ERROR, "derivation.failed", error=str(error), cause=repr(error.__cause__))
