"""The gate's state as Prometheus metrics. Needs prometheus_client, and is not imported by `probes` itself."""

import time
from collections import Counter
from collections.abc import Callable, Iterator

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.exposition import choose_encoder
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector, CollectorRegistry

from probes.connection_table import Connections
from probes.gate import Gate, Transition
from probes.http import HttpRequest, HttpResponse, Page
from probes.report import Status

_READY, _NOT_READY = "ready", "not_ready"


class ReadinessMetrics(Collector):
    """What a gate's last report says, read when it is scraped, and the transitions counted since this was made.

    The label `reason` is the name of the layer that decided, so it takes few values; the words are for logs and pages.
    """

    def __init__(
        self, gate: Gate, prefix: str, registry: CollectorRegistry, *, wall_clock: Callable[[], float] = time.time
    ) -> None:
        """*prefix* begins all names, as in `xds_server_`. Units: *wall_clock* is in seconds since 1970."""
        self._gate = gate
        self._prefix = prefix
        self._wall_clock = wall_clock
        self._last = wall_clock()
        # Present from the start, at 0: the first increase of a series that was not there before is invisible to increase().
        self._transitions: Counter[tuple[str, str, str]] = Counter()
        for layer in gate.layers:
            self._transitions[_NOT_READY, _READY, layer.name] = 0
            if not layer.latch:
                self._transitions[_READY, _NOT_READY, layer.name] = 0
        gate.on_transition(self._count)
        registry.register(self)

    def collect(self) -> Iterator[Metric]:
        """All families, as of now."""
        report = self._gate.report
        yield GaugeMetricFamily(
            f"{self._prefix}ready", "Whether all layers of readiness have passed.", value=report.ready
        )
        status = GaugeMetricFamily(
            f"{self._prefix}readiness_check_status", "Whether a check of readiness passes.", labels=["layer", "check"]
        )
        degraded = GaugeMetricFamily(
            f"{self._prefix}readiness_check_degraded",
            "1 for a check that passes, while something behind it does not work.",
            labels=["layer", "check"],
        )
        for layer in report.layers:
            for check in layer.checks:
                status.add_metric([layer.name, check.name], check.status.ok)
                degraded.add_metric([layer.name, check.name], check.status is Status.DEGRADED)
        yield from (status, degraded)
        transitions = CounterMetricFamily(
            f"{self._prefix}readiness_transitions",
            "Times that the whole became ready or ceased to be, by the layer that decided.",
            labels=["from", "to", "reason"],
        )
        for labels, count in self._transitions.copy().items():
            transitions.add_metric(labels, count)
        yield transitions
        yield GaugeMetricFamily(
            f"{self._prefix}readiness_last_transition_timestamp_seconds",
            "When readiness last changed, or else when the process began to keep count.",
            value=self._last,
        )
        phases = GaugeMetricFamily(
            f"{self._prefix}startup_phase_duration_seconds",
            "How long each layer took to pass for the first time.",
            labels=["phase"],
        )
        for name, seconds in self._gate.startup_seconds().items():
            phases.add_metric([name], seconds)
        yield phases

    def _count(self, transition: Transition) -> None:
        self._transitions[_name(ready=not transition.ready), _name(ready=transition.ready), transition.layer] += 1
        self._last = self._wall_clock() - (self._gate.clock() - transition.at)


class ConnectionMetrics(Collector):
    """What the table of an HTTP server's connections says, read when it is scraped."""

    def __init__(self, connections: Connections, prefix: str, registry: CollectorRegistry) -> None:
        """*prefix* begins all names, as in `xds_server_`."""
        self._connections = connections
        self._prefix = prefix
        registry.register(self)

    def collect(self) -> Iterator[Metric]:
        """All families, as of now."""
        table = self._connections
        now_open = GaugeMetricFamily(
            f"{self._prefix}http_connections",
            "Open connections of the HTTP port, by what they are at.",
            labels=["state"],
        )
        for state, count in table.states().items():
            now_open.add_metric([state], count)
        yield now_open
        ended = CounterMetricFamily(
            f"{self._prefix}http_connections_ended",
            "Connections of the HTTP port that we ended: too slow, displaced by a newer one, or refused.",
            labels=["reason"],
        )
        for reason, count in table.ended.copy().items():
            ended.add_metric([reason], count)
        yield ended
        yield CounterMetricFamily(
            f"{self._prefix}http_pages_refused",
            "Pages that were not made, since enough were.",
            value=table.pages_refused,
        )
        yield CounterMetricFamily(
            f"{self._prefix}http_accept_errors",
            "Times that a connection of the HTTP port could not be taken, mostly for want of file descriptors.",
            value=table.accept_errors,
        )


def exposition(registry: CollectorRegistry) -> Page:
    """A page that shows the metrics of *registry*, in OpenMetrics or Prometheus's text, as the scraper accepts."""

    def page(request: HttpRequest) -> HttpResponse:
        encode, content_type = choose_encoder(request.accept)
        return HttpResponse(content_type=content_type, body=encode(registry))

    return page


def _name(*, ready: bool) -> str:
    return _READY if ready else _NOT_READY
