"""The server's metrics: what happens is counted when it happens, and what is so is read when it is scraped.

Labels take few values: types, kinds, reasons; never the identity of a proxy.
"""

import platform
import time
from collections import Counter as Tally
from collections.abc import Callable, Iterator, Mapping
from typing import Protocol, get_args

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, disable_created_metrics
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
from xds_server.observability.state_metrics import PREFIX, StateGauges, StateReaders, gauge, short
from xds_server.observability.traffic_metrics import TrafficCounters

_SYNC_BUCKETS = (0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600)
_FIRST_CONFIG_BUCKETS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60)
_LAG_BUCKETS = (0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5)
_HOLD_BUCKETS = (0.1, 0.25, 0.5, 1, 2, 3, 5, 10, 30, 60, 300)

_IGNORED = ("stale_nonce", "unserved_type")


class Stream(Protocol):
    """What is read of a stream."""

    @property
    def warm(self) -> bool:
        """Whether the client came with a configuration that it had already."""


class Metrics:
    """All instruments of the server, with one method for each thing that happens.

    It is an observer of the transport. May be called from any thread.
    """

    def __init__(self, registry: CollectorRegistry, *, clock: Callable[[], float] = time.monotonic) -> None:
        # Otherwise each counter and histogram has a second series with the time of its making. For the whole process.
        disable_created_metrics()  # type: ignore[no-untyped-call]
        self.registry = registry
        self._clock = clock
        self._streams: dict[int, Stream] = {}
        self._held: dict[int, str] = {}
        for add in (ProcessCollector, PlatformCollector, GCCollector):
            add(registry=registry)
        registry.register(_Streams(self._streams, self._held, self))
        self.held_changes: Callable[[], Mapping[str, int]] = lambda: dict.fromkeys(CHANGE_HOLDS, 0)
        """How many changes and resources are held, by kind of hold."""

        def counter(name: str, help_text: str, *labels: str) -> Counter:
            return Counter(PREFIX + name, help_text, labels, registry=registry)

        def histogram(name: str, help_text: str, buckets: tuple[float, ...], *labels: str) -> Histogram:
            return Histogram(PREFIX + name, help_text, labels, registry=registry, buckets=buckets)

        build = Gauge(
            f"{PREFIX}build_info", "Always 1; the labels say what is running.", ["version", "python"], registry=registry
        )
        build.labels(__version__, platform.python_version()).set(1)
        self._sync_seconds = histogram(
            "source_sync_duration_seconds",
            "How long a complete list of a source took, from its first request.",
            _SYNC_BUCKETS,
            "source",
            "kind",
        )
        self._source_errors = counter(
            "source_errors_total", "Failed tries to list or to watch, by HTTP status.", "source", "code"
        )
        self._watch_restarts = counter(
            "source_watch_restarts_total",
            "Watches that ended, by how: eof, expired, silence, asked, error.",
            "source",
            "reason",
        )
        self._refused = counter("xds_streams_refused_total", "Streams ended before they were admitted.", "reason")
        self._first_config = histogram(
            "xds_first_config_seconds",
            "From the opening of a stream until its first complete configuration was acknowledged.",
            _FIRST_CONFIG_BUCKETS,
            "warmth",
        )
        self._traffic = TrafficCounters(PREFIX)
        registry.register(self._traffic)
        self._nacks = counter("xds_nacks_total", "Responses that a proxy rejected.", "type")
        self._ignored = counter(
            "xds_requests_ignored_total",
            "Requests about a response that is not the last, or a type not served.",
            "reason",
        )
        self._gave_up = counter(
            "xds_wait_timeouts_total",
            "Waits of a stream that took too long: for the acceptance of another type, or for an answer.",
            "reason",
        )
        self._hold_seconds = histogram(
            "hold_duration_seconds", "How long streams, changes, resources or files were held.", _HOLD_BUCKETS, "reason"
        )
        self._hold_released = counter(
            "hold_released_total",
            "Ends of holds: served, confirmed, out of time, by an operator, or the client left.",
            "outcome",
            "reason",
        )
        self._lines_left_out = counter(
            "log_lines_suppressed_total", "Log lines about streams that were left out, as there were too many."
        )
        self._deadlines = counter("soft_deadlines_exceeded_total", "How often a start took longer than it should.")
        self._lag = histogram(
            "event_loop_lag_seconds", "How much later than asked the event loop ran a timer.", _LAG_BUCKETS
        )
        self._begin_at_zero()

    def watch(self, live: StateReaders) -> None:
        """Shows from now on what is so according to *live*."""
        self.held_changes = live.held
        self.registry.register(StateGauges(live, self._clock))

    # -- sources -----------------------------------------------------------------------------------

    def source_changed(self, old: SourceState, new: SourceState) -> None:
        """A source's state changed: a list was completed, or a try failed."""
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

    def holding(self, stream: Stream, kind: HoldKind) -> None:
        """A stream is held from now on."""
        self._held[id(stream)] = kind

    def held(self, stream: Stream, kind: HoldKind, seconds: float, outcome: HoldOutcome) -> None:
        """A stream's wait ended."""
        self._held.pop(id(stream), None)
        self._hold_seconds.labels(kind).observe(seconds)
        self._hold_released.labels(outcome, kind).inc()

    def refused(self, kind: str) -> None:
        """A stream was ended unadmitted."""
        self._refused.labels(kind).inc()

    def sent(self, stream: Stream, type_url: TypeUrl, count: int, size: int) -> None:  # noqa: ARG002  no label is a stream
        """A response with *count* resources was sent. Units: *size* in bytes."""
        self._traffic.sent(type_url, count, size)

    def acked(self, stream: Stream, type_url: TypeUrl, seconds: float) -> None:  # noqa: ARG002  no label is a stream
        """A response was accepted, *seconds* after it was sent."""
        self._traffic.acked(type_url, seconds)

    def nacked(self, stream: Stream, type_url: TypeUrl, version: str, message: str) -> None:  # noqa: ARG002  for the log
        """A response was rejected."""
        self._nacks.labels(short(type_url)).inc()

    def ignored(self, stream: Stream, type_url: TypeUrl, why: str) -> None:  # noqa: ARG002  a client chooses its type URLs
        """A request was passed over: `stale` or `unserved`."""
        self._ignored.labels(why).inc()

    def gave_up(self, stream: Stream, what: str) -> None:  # noqa: ARG002  no label is a stream
        """A stream waits no longer: for another type (`rollout`), or for an `answer`."""
        self._gave_up.labels(what).inc()

    def first_complete(self, stream: Stream, seconds: float, *, warm: bool) -> None:  # noqa: ARG002  no label is a stream
        """A client acknowledged its first complete configuration, *seconds* after its stream was opened."""
        self._first_config.labels(_warmth(warm=warm)).observe(seconds)

    # -- changes -----------------------------------------------------------------------------------

    def hold_ended(self, reason: ChangeKind, seconds: float, by: ChangeOutcome) -> None:
        """The hold of a change, or of a resource, ended."""
        self._hold_seconds.labels(reason).observe(seconds)
        self._hold_released.labels(by, reason).inc()

    # -- the process -------------------------------------------------------------------------------

    def deadline_passed(self) -> None:
        """It is not ready yet, and should be."""
        self._deadlines.inc()

    def line_left_out(self) -> None:
        """A log line about a stream was left out."""
        self._lines_left_out.inc()

    def loop_lagged(self, seconds: float) -> None:
        """The event loop ran a timer so much later than it was asked to."""
        self._lag.observe(max(0.0, seconds))

    def _begin_at_zero(self) -> None:
        """Makes the series that are sure to come: increase() does not see the first of a series that was not there."""
        for name in SERVICE_NAMES.values():
            self._nacks.labels(name)
        for warm in (True, False):
            self._first_config.labels(_warmth(warm=warm))
        for why in _IGNORED:
            self._ignored.labels(why)
        for what in ("make_before_break", "ack"):
            self._gave_up.labels(what)
        for reason in (*get_args(LimitKind), "invalid", *STREAM_HOLDS):
            self._refused.labels(reason)
        for reason in STREAM_HOLDS:
            self._hold_seconds.labels(reason)
            for end in get_args(HoldOutcome):
                self._hold_released.labels(end, reason)
        for reason in CHANGE_HOLDS:
            self._hold_seconds.labels(reason)
            for end in get_args(ChangeOutcome):
                self._hold_released.labels(end, reason)


class _Streams(Collector):
    """How many streams are open, and how many are held."""

    def __init__(self, streams: Mapping[int, Stream], held: Mapping[int, str], metrics: Metrics) -> None:
        self._streams = streams
        self._held = held
        self._metrics = metrics

    def collect(self) -> Iterator[Metric]:
        warmths = Tally(_warmth(warm=stream.warm) for stream in list(self._streams.values()))
        yield gauge("xds_streams", "Open streams.", "warmth", {name: warmths[name] for name in ("warm", "cold")})
        streams = Tally(list(self._held.values()))
        reasons: dict[str, int] = {**dict.fromkeys(STREAM_HOLDS, 0), **streams, **self._metrics.held_changes()}
        yield gauge(
            "hold_active",
            "Streams, changes, resources or files held now.",
            "reason",
            reasons,
        )


def _warmth(*, warm: bool) -> str:
    return "warm" if warm else "cold"
