"""The state of a gate and of an HTTP server as Prometheus metrics. Needs prometheus_client; `probes` does not import it."""

import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import NamedTuple, TypeAlias

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.exposition import choose_encoder
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector, CollectorRegistry

from probes.connection_table import ConnectionTable
from probes.gate import Gate, Transition
from probes.http import HttpRequest, HttpResponse, Page
from probes.report import CheckReport, Status

_STATE_NAMES = {True: "ready", False: "not_ready"}

_Sample: TypeAlias = tuple[Sequence[str], float]
"""The values of the labels, and the value."""


class _Family(NamedTuple):
    """A metric: its name without the prefix, and how to read its samples."""

    kind: type[GaugeMetricFamily] | type[CounterMetricFamily]
    name: str
    help_text: str
    labels: tuple[str, ...]
    read: Callable[[], Iterable[_Sample]]


class _Families(Collector):
    """Metrics that are read when they are scraped."""

    def __init__(self, prefix: str, families: Sequence[_Family]) -> None:
        self._prefix = prefix
        self._families = families

    def collect(self) -> Iterator[Metric]:
        for family in self._families:
            metric = family.kind(self._prefix + family.name, family.help_text, labels=family.labels)
            for labels, value in family.read():
                metric.add_metric(labels, value)
            yield metric


class _Transitions:
    """Counts the transitions of a gate, and remembers the time of the last one."""

    def __init__(self, gate: Gate, wall_clock: Callable[[], float]) -> None:
        self._gate = gate
        self._wall_clock = wall_clock
        self.last_at = wall_clock()
        """In seconds since 1970."""
        # Each series begins at 0: `increase()` in PromQL does not see the first increase of a series that did not exist.
        self.counts: Counter[tuple[str, str, str]] = Counter()
        for layer in gate.layers:
            self.counts[_labels_of(layer.name, ready=True)] = 0
            if not layer.latch:
                self.counts[_labels_of(layer.name, ready=False)] = 0
        gate.on_transition(self._count_transition)

    def _count_transition(self, transition: Transition) -> None:
        self.counts[_labels_of(transition.layer, ready=transition.ready)] += 1
        self.last_at = self._wall_clock() - (self._gate.clock() - transition.at)


def register_gate(
    gate: Gate, prefix: str, registry: CollectorRegistry, *, wall_clock: Callable[[], float] = time.time
) -> None:
    """Adds the metrics of *gate* to *registry*: the last report, and the transitions counted from now on.

    *prefix* begins all names, as in `my_server_`. The label `reason` is the layer that decided, so that it has few values; the
    full reasons are for logs and pages. Units: *wall_clock* returns seconds since 1970.
    """
    transitions = _Transitions(gate, wall_clock)

    def read_checks(value_of: Callable[[CheckReport], float]) -> Iterator[_Sample]:
        for layer in gate.report.layers:
            for check in layer.checks:
                yield (layer.name, check.name), value_of(check)

    families = (
        _Family(
            GaugeMetricFamily, "ready", "Whether all layers of readiness have passed.", (),
            lambda: [((), gate.report.ready)],
        ),
        _Family(
            GaugeMetricFamily, "readiness_check_status", "Whether a check of readiness passes.", ("layer", "check"),
            lambda: read_checks(lambda check: check.status.ok),
        ),
        _Family(
            GaugeMetricFamily, "readiness_check_degraded", "Whether a check of readiness passes but is degraded.",
            ("layer", "check"), lambda: read_checks(lambda check: check.status is Status.DEGRADED),
        ),
        _Family(
            CounterMetricFamily, "readiness_transitions",
            "How often the process became ready or stopped being ready, by the layer that decided.", ("from", "to", "reason"),
            lambda: transitions.counts.copy().items(),
        ),
        _Family(
            GaugeMetricFamily, "readiness_last_transition_timestamp_seconds",
            "When the process last became ready or stopped being ready; before that, when it started.", (),
            lambda: [((), transitions.last_at)],
        ),
        _Family(
            GaugeMetricFamily, "startup_phase_duration_seconds", "How long each layer took to pass for the first time.",
            ("phase",), lambda: [((layer,), seconds) for layer, seconds in gate.startup_seconds().items()],
        ),
    )  # fmt: skip
    registry.register(_Families(prefix, families))


def register_connections(table: ConnectionTable, prefix: str, registry: CollectorRegistry) -> None:
    """Adds the metrics of a server's connections to *registry*. *prefix* begins all names, as in `my_server_`."""
    families = (
        _Family(
            GaugeMetricFamily, "http_connections", "Open connections of the HTTP port, by state.", ("state",),
            lambda: [((state,), count) for state, count in table.count_states().items()],
        ),
        _Family(
            CounterMetricFamily, "http_connections_ended",
            "Connections of the HTTP port that the server ended: past a deadline, evicted for a newer one, or refused.",
            ("reason",), lambda: [((end,), count) for end, count in table.end_counts.copy().items()],
        ),
        _Family(
            CounterMetricFamily, "http_pages_refused",
            "Requests for pages that were refused because too many pages were being made.", (),
            lambda: [((), table.pages_refused)],
        ),
        _Family(
            CounterMetricFamily, "http_accept_errors",
            "How often accepting a connection of the HTTP port failed, mostly for lack of file descriptors.", (),
            lambda: [((), table.accept_errors)],
        ),
    )  # fmt: skip
    registry.register(_Families(prefix, families))


def metrics_page(registry: CollectorRegistry) -> Page:
    """A page that shows the metrics of *registry*, as OpenMetrics or as Prometheus text, whichever the scraper accepts."""

    def page(request: HttpRequest) -> HttpResponse:
        encode, content_type = choose_encoder(request.accept)
        return HttpResponse(content_type=content_type, body=encode(registry))

    return page


def _labels_of(layer: str, *, ready: bool) -> tuple[str, str, str]:
    return _STATE_NAMES[not ready], _STATE_NAMES[ready], layer
