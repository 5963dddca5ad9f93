"""Every metric that this room exports: name, meaning, labels and buckets.

`metrics` counts what happens, `state_metrics` reads what is so at a scrape, `traffic_metrics` counts responses. Labels have
few values (types, kinds, reasons), and never the identity of a proxy. `readiness` and `probes` define their own.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final, NamedTuple

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily

PREFIX: Final = "xds_server_"


class Definition(NamedTuple):
    """A metric."""

    name: str
    """Without `PREFIX`."""
    help_text: str
    labels: tuple[str, ...] = ()
    buckets: tuple[float, ...] = ()
    """Upper bounds, in seconds, of a histogram."""


# -- counted as it happens ---------------------------------------------------------------------------

BUILD_INFO: Final = Definition("build_info", "Always 1; the labels say what is running.", ("version", "python"))
SOURCE_SYNC_SECONDS: Final = Definition(
    "source_sync_duration_seconds",
    "Time from the first request of a list of a source until the list was complete.",
    ("source", "kind"),
    (0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600),
)
SOURCE_ERRORS: Final = Definition(
    "source_errors_total", "Failed attempts to list or watch a source, by HTTP status.", ("source", "code")
)
WATCH_RESTARTS: Final = Definition(
    "source_watch_restarts_total",
    "Watches that ended, by reason: eof, expired, idle_timeout, relist, error.",
    ("source", "reason"),
)
STREAMS_REFUSED: Final = Definition(
    "xds_streams_refused_total", "Streams that ended before they were admitted.", ("reason",)
)
FIRST_CONFIG_SECONDS: Final = Definition(
    "xds_first_config_seconds",
    "Time from the opening of a stream until the proxy ACKed its first complete configuration.",
    ("warmth",),
    (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60),
)
NACKS: Final = Definition("xds_nacks_total", "Responses that a proxy rejected.", ("type",))
REQUESTS_IGNORED: Final = Definition(
    "xds_requests_ignored_total",
    "Requests that were ignored: they answer an older response, or ask for a type that is not served.",
    ("reason",),
)
WAIT_TIMEOUTS: Final = Definition(
    "xds_wait_timeouts_total",
    "Waits of a stream that timed out: for another type (make_before_break), or for an answer to a response (ack).",
    ("reason",),
)
HOLD_SECONDS: Final = Definition(
    "hold_duration_seconds",
    "How long streams, changes, resources and files were held.",
    ("reason",),
    (0.1, 0.25, 0.5, 1, 2, 3, 5, 10, 30, 60, 300),
)
HOLDS_RELEASED: Final = Definition("hold_released_total", "Holds that ended, by outcome.", ("outcome", "reason"))
LOG_LINES_SUPPRESSED: Final = Definition(
    "log_lines_suppressed_total", "Log lines about streams that were not written because there were too many."
)
SOFT_DEADLINES: Final = Definition(
    "soft_deadlines_exceeded_total", "Times that the soft deadline for becoming ready passed."
)
EVENT_LOOP_LAG: Final = Definition(
    "event_loop_lag_seconds",
    "How late the event loop ran a timer.",
    (),
    (0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5),
)

# -- responses and ACKs ------------------------------------------------------------------------------

RESPONSES: Final = Definition("xds_responses_total", "Responses sent.", ("type",))
RESPONSE_BYTES: Final = Definition("xds_response_bytes_total", "Bytes of responses sent.", ("type",))
RESOURCES_SENT: Final = Definition("xds_resources_sent_total", "Resources in the responses sent.", ("type",))
ACKS: Final = Definition("xds_acks_total", "Responses that a proxy ACKed.", ("type",))
ACK_SECONDS: Final = Definition(
    "xds_ack_duration_seconds",
    "Time from sending a response to its ACK.",
    ("type",),
    (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0, 15.0, 60.0),
)

# -- read at a scrape --------------------------------------------------------------------------------

STREAMS: Final = Definition("xds_streams", "Open streams.", ("warmth",))
HOLDS_ACTIVE: Final = Definition("hold_active", "Streams, changes, resources and files that are held.", ("reason",))
SOURCE_SYNCED: Final = Definition(
    "source_synced", "1 if a source was listed completely, or is known to be empty.", ("source", "required")
)
SOURCE_STATE: Final = Definition(
    "source_state", "1 for the current state of a source, 0 for the other states.", ("source", "state")
)
SOURCE_OBJECTS: Final = Definition(
    "source_objects", "Objects of a source; during a list, those received so far.", ("source",)
)
SOURCE_LAST_EVENT: Final = Definition(
    "source_last_event_timestamp_seconds",
    "Unix time of the last list, event or bookmark of a source.",
    ("source",),
)
INPUT_PROBLEMS: Final = Definition(
    "input_problems", "Problems with the input. Each affects its object only, or a part of it.", ("source",)
)
ROUTES_OVER_BUDGET: Final = Definition(
    "routes_over_budget", "Routes that a port does not serve because it would exceed route_budget, summed over ports."
)
DERIVED_SYNCED: Final = Definition("derived_synced", "1 if a derived collection is complete.", ("collection",))
SNAPSHOT_RESOURCES: Final = Definition("snapshot_resources", "Published resources.", ("type",))
RESOURCES_REJECTED: Final = Definition(
    "xds_resources_rejected",
    "Resources that clients rejected, summed over streams. The server sends suspected ones again soon, refused ones later.",
    ("type", "state"),
)
GRAPH_EPOCH: Final = Definition("graph_epoch", "Committed transactions of the graph.")
PUBLISHED_EPOCH: Final = Definition("published_epoch", "Epoch of the graph that is published.")
SYNC_EPOCH: Final = Definition("sync_epoch", "Epoch at which the last required source completed its first list.")
REFERENCES: Final = Definition(
    "references", "References to Secrets and ConfigMaps: resolved, missing or pending.", ("state",)
)
STATUS_LEADER: Final = Definition("status_leader", "1 if this replica holds the lease and writes statuses.")
STATUS_WRITES: Final = Definition("status_writes_total", "Statuses that this replica wrote.")
CLIENT_USE: Final = Definition(
    "client_use",
    "What clients use: streams with a request, streams without one (silent), auxiliary calls, and bytes kept for them.",
    ("kind",),
)


def counter(definition: Definition, registry: CollectorRegistry) -> Counter:
    """A counter to increment."""
    return Counter(PREFIX + definition.name, definition.help_text, definition.labels, registry=registry)


def histogram(definition: Definition, registry: CollectorRegistry) -> Histogram:
    """A histogram to observe values with."""
    return Histogram(
        PREFIX + definition.name, definition.help_text, definition.labels, registry=registry, buckets=definition.buckets
    )


def gauge(definition: Definition, registry: CollectorRegistry) -> Gauge:
    """A gauge to set."""
    return Gauge(PREFIX + definition.name, definition.help_text, definition.labels, registry=registry)


def gauge_family(definition: Definition, values: Mapping[str, float]) -> GaugeMetricFamily:
    """A gauge with one label, as it is at a scrape: values by label value."""
    return gauge_samples(definition, (((label,), value) for label, value in values.items()))


def gauge_samples(definition: Definition, samples: Iterable[tuple[Sequence[str], float]]) -> GaugeMetricFamily:
    """A gauge with labels, as it is at a scrape: (label values, value) pairs."""
    family = GaugeMetricFamily(PREFIX + definition.name, definition.help_text, labels=definition.labels)
    for labels, value in samples:
        family.add_metric(labels, value)
    return family


def gauge_value(definition: Definition, value: float | None) -> GaugeMetricFamily:
    """A gauge without labels, as it is at a scrape. None, for unknown, gives no series: unknown is not 0."""
    return GaugeMetricFamily(PREFIX + definition.name, definition.help_text, value=value)


def counter_family(definition: Definition, values: Mapping[str, float]) -> CounterMetricFamily:
    """A counter with one label, as it is at a scrape: values by label value."""
    family = CounterMetricFamily(PREFIX + definition.name, definition.help_text, labels=definition.labels)
    for label, value in values.items():
        family.add_metric((label,), value)
    return family


def counter_value(definition: Definition, value: float) -> CounterMetricFamily:
    """A counter without labels, as it is at a scrape."""
    return CounterMetricFamily(PREFIX + definition.name, definition.help_text, value=value)
