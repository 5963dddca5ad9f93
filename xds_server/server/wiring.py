"""The composition root: makes all parts of one control plane and connects them, without an event loop."""

import logging
import os
import socket
import time
from collections.abc import Callable, Iterable, Mapping
from http import HTTPStatus
from typing import Protocol

from prometheus_client import CollectorRegistry

from krt import Graph, KrtError
from probes import (
    ConnectionLimits,
    ConnectionTable,
    CrossOriginProtection,
    Endpoints,
    Gate,
    Heartbeat,
    Verdict,
)
from probes.metrics import metrics_page, register_connections, register_gate
from xds_server.envoy import clusters
from xds_server.model.source_state import Phase, Problem, SourceState
from xds_server.observability import attribution, pages
from xds_server.observability.client import request_json
from xds_server.observability.input_problems import report_problems
from xds_server.observability.logs import event
from xds_server.observability.metric_definitions import PREFIX
from xds_server.observability.metrics import Metrics
from xds_server.observability.observers import ObserverList
from xds_server.observability.startup_progress import SoftDeadline
from xds_server.observability.state_metrics import StateReaders
from xds_server.observability.stream_events import StreamEvents
from xds_server.observability.stream_log import StreamLog
from xds_server.observability.timeline import Timeline
from xds_server.observability.transition_log import TransitionLog
from xds_server.providers import Source
from xds_server.providers.kinds import REFERENCED
from xds_server.providers.sync_tracker import SyncTracker
from xds_server.readiness import layers, protections_factory
from xds_server.readiness.admission import ReadinessAdmission
from xds_server.readiness.holds import Holds, Streams
from xds_server.readiness.initial_push import InitialPush, Later
from xds_server.readiness.parity import Outcome, Parity, ParityMetrics, digests_of
from xds_server.readiness.protections.hold_report import HoldReport
from xds_server.readiness.protections.last_good import LastGood, LastGoodMetrics
from xds_server.readiness.protections.retention import SourceFreshness
from xds_server.readiness.publisher import Publisher
from xds_server.readiness.ready_marker import ReadyMarker
from xds_server.server import process, provider_factory, status_factory
from xds_server.server.open_files import OpenFiles, shares
from xds_server.server.settings import FilesSourceSetting, Settings
from xds_server.server.status_factory import StatusReporter
from xds_server.translate.pipeline import build_pipeline
from xds_server.xds.cache.resource_cache import ChangedNames, ResourceCache
from xds_server.xds.transport.observer import ClientUse, StreamStatus

_log = logging.getLogger("xds_server")

_MAX_BEAT_AGE_SECONDS = 20.0


class StreamServer(Streams, Protocol):
    """The server of the streams."""

    def publish(self, changes: Mapping[str | None, ChangedNames]) -> None:
        """Sends the changed resources to the streams of each role; under None to all."""
        ...

    def statuses(self) -> Iterable[StreamStatus]:
        """Every open stream, one by one."""
        ...

    def client_use(self) -> ClientUse:
        """What clients have taken of what there is."""
        ...


class ControlPlane:
    """All parts of the server but its sockets and tasks. `app.Server` provides those, and calls `tick` several times a second."""

    def __init__(
        self,
        settings: Settings,
        *,
        clock: Callable[[], float] = time.monotonic,
        started: float | None = None,
        request_peer: Callable[[str, str], object] = request_json,
        open_files: OpenFiles | None = None,
        status: StatusReporter | None = None,
    ) -> None:
        """*started*: when the process began, on the clock; by default as the system says. *request_peer*: the `request` of `Parity`.

        *open_files*: of the process; None if nobody is to look. *status*: by default the one that the settings ask for.
        """
        self.settings = settings
        self._clock = clock
        started = process.start_time() if started is None else started
        self.server: StreamServer | None = None
        """None until the gRPC port is bound."""
        self.provider: Source | None = None
        """None until it is connected."""
        self._draining_since: float | None = None
        self._instance = f"{socket.gethostname()}/{os.getpid()}/{time.time_ns()}"
        self.timeline = Timeline(clock() - started)
        self.registry = CollectorRegistry()
        self._open_files = open_files
        self.connections = self._http_connections()
        """Of the HTTP port."""
        self.metrics = Metrics(self.registry, clock=clock)
        self.heartbeat = Heartbeat(clock, _MAX_BEAT_AGE_SECONDS)
        self.cache = ResourceCache(reconstruct_cluster=clusters.departed)
        self.graph = Graph(on_failure=_derivation_failed)
        translate, source = settings.translate, settings.source
        self.pipeline = build_pipeline(
            self.graph, settings.gateway_class, edge=translate.edge, families=translate.ip_families,
            route_budget=translate.route_budget, shared=not isinstance(source, FilesSourceSetting),
            referenced_kinds=[kind.plural for kind in REFERENCED] if settings.providers.read_references else (),
            with_statuses=settings.write_status,
        )  # fmt: skip
        self.status = status or status_factory.status_reporter(settings, self.graph, self.pipeline)
        self.kinds = provider_factory.kinds_of(settings)
        self.tracker = SyncTracker(self.kinds, clock=clock, on_change=self._source_changed, on_problem=_problem_found)
        report_problems(self.graph, self.pipeline, self.tracker, gateway_class=settings.gateway_class)
        self._freshness = SourceFreshness(clock)
        protections = protections_factory.protections(
            settings.readiness, self.pipeline, HoldReport(self.metrics, self.status.record_event, clock=clock),
            self._freshness, self._relist, clock=clock,
        )  # fmt: skip
        marker = ReadyMarker(self.cache, settings.marker_port, settings.translate.ip_families)
        self.publisher = Publisher(self.graph, self.pipeline, self.cache, protections=protections, marker=marker)
        self.holds = Holds(
            protections, self.publisher, server=lambda: self.server, provider=lambda: self.provider, clock=clock
        )
        self.parity, self._parity_metrics = self._peer(request_peer), ParityMetrics(self.registry)
        self.last_good = self._last_good(started)
        self._initial_push = InitialPush(
            0.0 if settings.gate == "off" or settings.shadow else settings.readiness.initial_push_seconds,
            streams=self.streams, clock=clock, on_change=self.evaluate,
        )  # fmt: skip
        self.gate = self._gate(started)
        self._transition_log = self._new_transition_log(started)
        self.admission_policy = ReadinessAdmission(
            self.gate, self.cache, open_at_once=settings.gate == "off",
            last_good=lambda role: None if self.last_good is None else self.last_good.view(role),
        )  # fmt: skip
        self._stream_log = StreamLog(clock=clock, on_suppressed=self.metrics.line_suppressed)
        stream_events = StreamEvents(self.status.record_event, clock=clock)
        self.observer = ObserverList(self.metrics, self._initial_push, self._stream_log, stream_events)
        """Observes the streams."""
        self._measure()

    def start(self) -> None:
        """Loads the last good configuration. Without a gate, every source counts as complete from now on. To be called once, first."""
        if self.settings.gate == "off":
            event(_log, logging.WARNING, "gate.off", effect="unknown is served as empty: for experiments only")
            for source in self.pipeline.sources.values():
                source.mark_synced()
        if self.last_good is not None:
            self.last_good.load()

    def server_started(self, server: StreamServer, later: Later) -> None:
        """The gRPC port is bound, by *server*. *later* calls back on the event loop."""
        self.server = server
        self.cache.on_publication(server.publish)
        self._initial_push.port_opened(later)
        self.evaluate()

    def connect_provider(self, provider: Source) -> None:
        """Objects come from *provider*. Its files may be held, and it is asked to list kinds anew."""
        self.provider = provider

    def drain(self) -> None:
        """The server is leaving: it is not ready from now on, and goes on serving its streams."""
        self._draining_since = self._clock()
        self.status.leave()
        self.evaluate()

    @property
    def draining(self) -> bool:
        """Whether this replica is leaving."""
        return self._draining_since is not None

    def tick(self) -> None:
        """Does what is due by time alone."""
        self.heartbeat.beat()
        if self._open_files is not None:
            self._open_files.look(self.connections.accept_errors)
        self.publisher.tick()
        self._stream_log.tick()
        self.evaluate()
        self._transition_log.tick()

    def evaluate(self) -> None:
        """Evaluates the gate, and wakes the streams that wait for what has changed."""
        closed = self.gate.passed_at("snapshots") is None
        offered = self.last_good is not None and self.last_good.update_offer()
        self.gate.evaluate()
        if offered:
            self.admission_policy.notify()
        if closed and self.gate.passed_at("snapshots") is not None:
            self.status.known()
            self.admission_policy.notify()
            if self.parity is not None:
                self.parity.begin()

    def parity_ended(self, outcome: Outcome) -> None:
        """The comparison with the peer has ended, with *outcome*."""
        assert self.parity is not None
        self._parity_metrics.compared(self.parity)
        level = logging.INFO if outcome == "equal" else logging.WARNING
        event(_log, level, "parity", outcome=outcome, seconds=self.parity.took_seconds, reason=self.parity.why)
        self.evaluate()

    def endpoints(self, on_loop: Callable[[Callable[[], bytes]], bytes]) -> Endpoints:
        """The probes and pages. *on_loop* calls a function on the thread of the event loop, where all of this may be read."""
        names = (socket.gethostname(), self.settings.http_address.host, *self.settings.http_hosts)
        endpoints = Endpoints(
            self.gate, liveness={"event_loop": self.heartbeat.verdict}, startup_layer="base", title="xds-server",
            cross_origin=CrossOriginProtection(names, setting="http_hosts"),
        )  # fmt: skip
        endpoints.add_page("/metrics", metrics_page(self.registry), description="metrics, for Prometheus")
        pages.add_pages(
            endpoints,
            pages.PageReaders(
                run_on_loop=on_loop,
                sources=self.tracker.states.values,
                problems=lambda: (
                    *self.tracker.problems,
                    *attribution.problems(self.cache, self.pipeline.attached_routes),
                ),
                routes=self.pipeline.attached_routes,
                cache=self.cache,
                graph=self.graph,
                streams=lambda: () if self.server is None else self.server.statuses(),
                clients=lambda: {"limits": self.settings.xds.limits, "use": self._clients()},
                holds=self.holds.page,
                release=self.holds.release,
                timeline=self.timeline,
                digests=self._digests,
                parity=lambda: {} if self.parity is None else self.parity.page(),
                connections=self.connections.describe,
            ),
        )
        return endpoints

    def streams(self) -> Iterable[StreamStatus]:
        """Every open stream."""
        return () if self.server is None else self.server.streams()

    def _clients(self) -> ClientUse:
        return ClientUse() if self.server is None else self.server.client_use()

    def _client_use(self) -> Mapping[str, int]:
        use = self._clients()
        return {"streams": use.streams, "silent": use.silent, "auxiliary": use.auxiliary_calls, "bytes": use.bytes}

    # -- the parts that depend on the settings -----------------------------------------------------

    def _gate(self, started: float) -> Gate:
        return layers.gate(
            base=self._base,
            sources=lambda: self.tracker.states,
            derived=self.pipeline.derived,
            cache=self.cache,
            serving=self._serving,
            clock=self._clock,
            held=self.holds.why,
            parity=None if self.parity is None else self.parity.verdict,
            problems=lambda: self.tracker.problem_count,
            started=started,
        )

    def _peer(self, request_peer: Callable[[str, str], object]) -> Parity | None:
        if not self.settings.parity_peer:
            return None
        return Parity(
            self.settings.parity_peer, self.settings.readiness.parity_seconds, self.cache,
            instance=self._instance, clock=self._clock, request=request_peer,
        )  # fmt: skip

    def _last_good(self, started: float) -> LastGood | None:
        metrics = LastGoodMetrics(self.registry)
        if self.settings.last_good_dir is None or self.settings.gate == "off":
            return None
        return LastGood(
            self.settings.last_good_dir, self.settings.readiness.last_good_grace_seconds, self.cache, metrics,
            sources=self.tracker.states.values, started=started, clock=self._clock,
        )  # fmt: skip

    def _http_connections(self) -> ConnectionTable:
        limits = self.settings.xds.limits
        most, per_peer = limits.http_connections, limits.http_connections_per_peer
        if self._open_files is not None:
            most = shares(self._open_files.limit, most).http
        return ConnectionTable(ConnectionLimits(connections=most, connections_per_peer=per_peer), clock=time.monotonic)

    def _measure(self) -> None:
        self.metrics.export_state(
            StateReaders(
                sources=self.tracker.states.values,
                problems=lambda: self.tracker.problems,
                derived=lambda: {one.name: one.synced for one in self.pipeline.derived},
                resources=self.cache.count_resources,
                rejected=self.cache.count_rejected,
                graph_epoch=lambda: self.graph.epoch,
                published_epoch=lambda: self.cache.epoch,
                sync_epoch=lambda: layers.sync_epoch(self.tracker.states.values()),
                held=self.holds.active,
                over_budget=lambda: len(self.pipeline.over_budget),
                references=lambda: {} if self.pipeline.references is None else self.pipeline.references.counts(),
                leading=lambda: self.status.leading,
                written=lambda: self.status.written,
                clients=self._client_use,
            )
        )
        register_gate(self.gate, PREFIX, self.registry)
        register_connections(self.connections, PREFIX, self.registry)

    def _new_transition_log(self, started: float) -> TransitionLog:
        deadline = SoftDeadline(self.settings.readiness.soft_deadline_seconds, started)
        return TransitionLog(
            self.gate, sources=self.tracker.states.values, timeline=self.timeline, record_event=self.status.record_event,
            deadline=deadline, on_deadline=self.metrics.deadline_passed, clock=self._clock,
        )  # fmt: skip

    # -- what happens ------------------------------------------------------------------------------

    def _source_changed(self, old: SourceState, new: SourceState) -> None:
        self.metrics.source_changed(old, new)
        if new.listed_from is not None and new.listed_from != old.listed_from:
            self.publisher.kind_listed(new.kind, new.listed_from)
        if new.code == HTTPStatus.NOT_FOUND and old.code != new.code:
            self.publisher.kind_gone(new.kind)
        if old.phase is not new.phase:
            self._freshness.record(new.kind, stale=new.phase is Phase.STALE)
            self._transition_log.source_changed(old, new)
        if old.phase is not new.phase or not self.gate.report.ready:
            self.evaluate()

    def _relist(self, kinds: frozenset[str]) -> None:
        if self.provider is not None:
            self.provider.relist(kinds)

    # -- what is so --------------------------------------------------------------------------------

    def _base(self) -> Mapping[str, Verdict]:
        return layers.base_checks(
            listening=self.server is not None,
            shadow=self.settings.shadow,
            http_address=str(self.settings.http_address),
            open_files=None if self._open_files is None else self._open_files.verdict(),
            last_good=None if self.last_good is None else self.last_good.verdict(),
        )

    def _serving(self) -> Mapping[str, Verdict]:
        return layers.serving_checks(
            listening=self.server is not None,
            shadow=self.settings.shadow,
            initial_push=self._initial_push.verdict(),
            draining_seconds=None if self._draining_since is None else self._clock() - self._draining_since,
        )

    def _digests(self, *, resources: bool) -> Mapping[str, object]:
        roles = digests_of(self.cache, resources=resources)
        return {"instance": self._instance, "epoch": self.cache.epoch, "roles": roles}


def _problem_found(problem: Problem) -> None:
    event(_log, logging.WARNING, "input.problem", problem=str(problem))


def _derivation_failed(error: KrtError) -> None:
    """A transform raised: its key keeps its last output, and readiness shows it. A mistake of ours, so an ERROR."""
    event(_log, logging.ERROR, "derivation.failed", error=str(error), cause=repr(error.__cause__))
