"""The server's metrics: events are counted as they happen, and state is read at a scrape (`state_metrics`)."""

import platform
import time
from collections import Counter as Tally
from collections.abc import Callable, Iterator, Mapping
from typing import Protocol, get_args

from prometheus_client import CollectorRegistry, disable_created_metrics
from prometheus_client.gc_collector import GCCollector
from prometheus_client.metrics_core import Metric
from prometheus_client.platform_collector import PlatformCollector
from prometheus_client.process_collector import ProcessCollector
from prometheus_client.registry import Collector

from xds_server import __version__
from xds_server.model.admission import (
    CHANGE_HOLDS,
    STREAM_HOLDS,
    ChangeKind,
    ChangeOutcome,
    HoldKind,
    HoldOutcome,
    LimitKind,
)
from xds_server.model.resource import SERVICE_NAMES, TypeUrl
from xds_server.model.source_state import SourceState
from xds_server.observability import metric_definitions as definitions
from xds_server.observability.state_metrics import StateGauges, StateReaders, type_label
from xds_server.observability.traffic_metrics import TrafficCounters
from xds_server.xds.transport.observer import IgnoredReason, StreamObserver, WaitKind


class Stream(Protocol):
    """What the metrics read of a stream."""

    @property
    def warm(self) -> bool:
        """Whether the client already had a configuration when it connected."""


class Metrics(StreamObserver):
    """All instruments of the server, with one method for each event that is counted.

    It is an observer of the transport. Thread-safe.
    """

    def __init__(self, registry: CollectorRegistry, *, clock: Callable[[], float] = time.monotonic) -> None:
        # Without this, each counter and histogram exports a second series with its creation time. Applies to the process.
        disable_created_metrics()  # type: ignore[no-untyped-call]
        self.registry = registry
        self._clock = clock
        self._streams: dict[int, Stream] = {}
        self._held: dict[int, str] = {}
        self.held_changes: Callable[[], Mapping[str, int]] = lambda: dict.fromkeys(CHANGE_HOLDS, 0)
        """Held changes, retained resources and held files, by kind of hold."""
        for add_collector in (ProcessCollector, PlatformCollector, GCCollector):
            add_collector(registry=registry)
        definitions.gauge(definitions.BUILD_INFO, registry).labels(__version__, platform.python_version()).set(1)
        self._sync_seconds = definitions.histogram(definitions.SOURCE_SYNC_SECONDS, registry)
        self._source_errors = definitions.counter(definitions.SOURCE_ERRORS, registry)
        self._watch_restarts = definitions.counter(definitions.WATCH_RESTARTS, registry)
        self._refused = definitions.counter(definitions.STREAMS_REFUSED, registry)
        self._first_config = definitions.histogram(definitions.FIRST_CONFIG_SECONDS, registry)
        self._nacks = definitions.counter(definitions.NACKS, registry)
        self._ignored = definitions.counter(definitions.REQUESTS_IGNORED, registry)
        self._wait_timeouts = definitions.counter(definitions.WAIT_TIMEOUTS, registry)
        self._hold_seconds = definitions.histogram(definitions.HOLD_SECONDS, registry)
        self._hold_released = definitions.counter(definitions.HOLDS_RELEASED, registry)
        self._lines_suppressed = definitions.counter(definitions.LOG_LINES_SUPPRESSED, registry)
        self._soft_deadlines = definitions.counter(definitions.SOFT_DEADLINES, registry)
        self._lag = definitions.histogram(definitions.EVENT_LOOP_LAG, registry)
        self._traffic = TrafficCounters()
        registry.register(self._traffic)
        registry.register(_StreamGauges(self._streams, self._held, self))
        self._create_series()

    def export_state(self, readers: StateReaders) -> None:
        """Exports from now on the state that *readers* give."""
        self.held_changes = readers.held
        self.registry.register(StateGauges(readers, self._clock))

    # -- sources -----------------------------------------------------------------------------------

    def source_changed(self, old: SourceState, new: SourceState) -> None:
        """The state of a source changed: it completed a list, or an attempt failed."""
        if new.failures > old.failures:
            code = "none" if new.code is None else str(new.code)
            self._source_errors.labels(new.kind, code).inc(new.failures - old.failures)
        if new.restarts > old.restarts:
            self._watch_restarts.labels(new.kind, new.ended).inc(new.restarts - old.restarts)
        if new.lists > old.lists and new.sync_seconds is not None:
            kind = "relist" if old.lists else "initial"
            self._sync_seconds.labels(new.kind, kind).observe(new.sync_seconds)

    # -- streams (the transport's observer) --------------------------------------------------------

    def stream_opened(self, stream: Stream) -> None:
        """A client opened a stream."""
        self._streams[id(stream)] = stream

    def stream_closed(self, stream: Stream, why: str) -> None:  # noqa: ARG002  for the log
        """A stream ended."""
        self._streams.pop(id(stream), None)
        self._held.pop(id(stream), None)

    def stream_hold_started(self, stream: Stream, kind: HoldKind) -> None:
        """The gate holds a stream from now on."""
        self._held[id(stream)] = kind

    def stream_hold_ended(self, stream: Stream, kind: HoldKind, seconds: float, outcome: HoldOutcome) -> None:
        """The hold of a stream ended."""
        self._held.pop(id(stream), None)
        self._hold_seconds.labels(kind).observe(seconds)
        self._hold_released.labels(outcome, kind).inc()

    def stream_refused(self, kind: str) -> None:
        """A stream ended before it was admitted."""
        self._refused.labels(kind).inc()

    def response_sent(self, stream: Stream, type_url: TypeUrl, count: int, size: int) -> None:  # noqa: ARG002  no label is a stream
        """A response with *count* resources was sent. Units: *size* in bytes."""
        self._traffic.sent(type_url, count, size)

    def response_acked(self, stream: Stream, type_url: TypeUrl, seconds: float) -> None:  # noqa: ARG002  no label is a stream
        """A response was ACKed, *seconds* after it was sent."""
        self._traffic.acked(type_url, seconds)

    def response_nacked(self, stream: Stream, type_url: TypeUrl, version: str, message: str) -> None:  # noqa: ARG002  for the log
        """A response was rejected."""
        self._nacks.labels(type_label(type_url)).inc()

    def request_ignored(self, stream: Stream, type_url: TypeUrl, why: str) -> None:  # noqa: ARG002  a client chooses its type URLs
        """A request was ignored."""
        self._ignored.labels(why).inc()

    def wait_timed_out(self, stream: Stream, what: str) -> None:  # noqa: ARG002  no label is a stream
        """A wait of a stream timed out."""
        self._wait_timeouts.labels(what).inc()

    def first_configuration_acked(self, stream: Stream, seconds: float, *, warm: bool) -> None:  # noqa: ARG002  no label is a stream
        """A client ACKed its first complete configuration, *seconds* after its stream was opened."""
        self._first_config.labels(_warmth(warm=warm)).observe(seconds)

    # -- changes -----------------------------------------------------------------------------------

    def hold_ended(self, reason: ChangeKind, seconds: float, outcome: ChangeOutcome) -> None:
        """The hold of a change, a resource or a file ended."""
        self._hold_seconds.labels(reason).observe(seconds)
        self._hold_released.labels(outcome, reason).inc()

    # -- the process -------------------------------------------------------------------------------

    def deadline_passed(self) -> None:
        """The soft deadline for becoming ready passed."""
        self._soft_deadlines.inc()

    def line_suppressed(self) -> None:
        """A log line about a stream was not written."""
        self._lines_suppressed.inc()

    def loop_lagged(self, seconds: float) -> None:
        """The event loop ran a timer *seconds* late."""
        self._lag.observe(max(0.0, seconds))

    def _create_series(self) -> None:
        """Creates the series whose labels are known, at 0: increase() does not see the first value of a new series."""
        for name in SERVICE_NAMES.values():
            self._nacks.labels(name)
        for warm in (True, False):
            self._first_config.labels(_warmth(warm=warm))
        for reason in get_args(IgnoredReason):
            self._ignored.labels(reason)
        for reason in get_args(WaitKind):
            self._wait_timeouts.labels(reason)
        for reason in (*get_args(LimitKind), "invalid", *STREAM_HOLDS):
            self._refused.labels(reason)
        for kinds, outcomes in ((STREAM_HOLDS, get_args(HoldOutcome)), (CHANGE_HOLDS, get_args(ChangeOutcome))):
            for kind in kinds:
                self._hold_seconds.labels(kind)
                for outcome in outcomes:
                    self._hold_released.labels(outcome, kind)


class _StreamGauges(Collector):
    """How many streams are open, and what is held."""

    def __init__(self, streams: Mapping[int, Stream], held: Mapping[int, str], metrics: Metrics) -> None:
        self._streams = streams
        self._held = held
        self._metrics = metrics

    def collect(self) -> Iterator[Metric]:
        streams = Tally(_warmth(warm=stream.warm) for stream in list(self._streams.values()))
        yield definitions.gauge_family(definitions.STREAMS, {name: streams[name] for name in ("warm", "cold")})
        held_streams = Tally(list(self._held.values()))
        held: dict[str, int] = {**dict.fromkeys(STREAM_HOLDS, 0), **held_streams, **self._metrics.held_changes()}
        yield definitions.gauge_family(definitions.HOLDS_ACTIVE, held)


def _warmth(*, warm: bool) -> str:
    return "warm" if warm else "cold"
