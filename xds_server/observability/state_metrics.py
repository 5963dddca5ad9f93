"""What is so now, as families of gauges that are read when they are scraped: sources, contents, epochs, what clients have."""

import time
from collections import Counter as Tally
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import product
from typing import Final, TypeVar

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from xds_server.model.admission import CHANGE_HOLDS
from xds_server.model.resource import SERVICE_NAMES, TypeUrl
from xds_server.model.source_state import Phase, Problem, SourceState

PREFIX: Final = "xds_server_"

_REFERENCES = ("resolved", "missing", "pending")

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class StateReaders:
    """Where to read what is so. Called in the thread that scrapes; see `_steady`."""

    sources: Callable[[], Iterable[SourceState]]
    problems: Callable[[], Iterable[Problem]]
    derived: Callable[[], Mapping[str, bool]]
    """Whether each derived collection is synced."""
    resources: Callable[[], Mapping[TypeUrl, int]]
    """Published resources by type."""
    graph_epoch: Callable[[], int]
    published_epoch: Callable[[], int | None]
    """None, and then no series, as long as nothing is published."""
    sync_epoch: Callable[[], int | None]
    """Epoch at which the last required source was listed; None while one is not."""
    over_budget: Callable[[], int] = lambda: 0
    """How many routes are left out at a port for their size."""
    rejected: Callable[[], Mapping[tuple[TypeUrl, str], int]] = dict
    """Resources that streams are refused, or suspect, by type and by which of the two."""
    held: Callable[[], Mapping[str, int]] = lambda: dict.fromkeys(CHANGE_HOLDS, 0)
    """How many changes are held because they would take away too much, and how many resources are carried over."""
    references: Callable[[], Mapping[str, int]] = dict
    """References to Secrets and ConfigMaps, by what they lead to."""
    leading: Callable[[], bool] = lambda: False
    """Whether this replica writes statuses."""
    written: Callable[[], int] = lambda: 0
    """Statuses that it has written."""
    clients: Callable[[], Mapping[str, int]] = lambda: dict.fromkeys(("streams", "silent", "auxiliary", "bytes"), 0)
    """What clients have taken of what there is."""


class StateGauges(Collector):
    """What is so now, as families of gauges."""

    def __init__(self, live: StateReaders, clock: Callable[[], float]) -> None:
        self._live = live
        self._clock = clock

    def collect(self) -> Iterator[Metric]:
        """All families, as of now."""
        live = self._live
        yield from _source_gauges(_steady(lambda: list(live.sources())), self._clock())
        problems = Tally(_bounded(problem.source) for problem in _steady(lambda: list(live.problems())))
        yield gauge(
            "input_problems",
            "Problems with the input: each costs its object, or the part of it that is said.",
            "source",
            problems,
        )
        yield GaugeMetricFamily(
            f"{PREFIX}routes_over_budget",
            "Routes that are left out at a port, since it would be too large with them (route_budget): counted by port.",
            value=live.over_budget(),
        )
        yield gauge(
            "derived_synced",
            "Whether a derived collection is complete.",
            "collection",
            _steady(lambda: dict(live.derived())),
        )
        resources = {short(type_url): count for type_url, count in _steady(lambda: dict(live.resources())).items()}
        yield gauge("snapshot_resources", "Resources that are published.", "type", resources)
        yield _rejected(_steady(live.rejected))
        yield _epoch("graph_epoch", "Committed transactions of the graph.", live.graph_epoch())
        yield _epoch("published_epoch", "Epoch of the graph that is published.", live.published_epoch())
        yield _epoch("sync_epoch", "Epoch at which the last required source was listed.", live.sync_epoch())
        yield gauge(
            "references",
            "References to Secrets and ConfigMaps whose content is known, absent, or awaited.",
            "state",
            dict.fromkeys(_REFERENCES, 0) | dict(_steady(live.references)),
        )
        yield GaugeMetricFamily(
            f"{PREFIX}status_leader", "1 for the replica that writes statuses, by its lease.", value=int(live.leading())
        )
        yield CounterMetricFamily(
            f"{PREFIX}status_writes", "Statuses that this replica has written.", value=live.written()
        )
        yield gauge(
            "client_use",
            "What clients have taken: streams with and without a request, calls beside discovery, bytes that are kept for them.",
            "kind",
            _steady(live.clients),
        )


def _source_gauges(states: Iterable[SourceState], now: float) -> Iterator[Metric]:
    synced = GaugeMetricFamily(
        f"{PREFIX}source_synced",
        "Whether a source was listed completely, or is known to be empty.",
        labels=["source", "required"],
    )
    phase = GaugeMetricFamily(
        f"{PREFIX}source_state", "1 for the state in which a source is, 0 for the others.", labels=["source", "state"]
    )
    objects = GaugeMetricFamily(
        f"{PREFIX}source_objects", "Objects held, or seen so far while listing.", labels=["source"]
    )
    heard = GaugeMetricFamily(
        f"{PREFIX}source_last_event_timestamp_seconds",
        "When something was heard of a source last: a list, an event or a bookmark. Unix time.",
        labels=["source"],
    )
    since_1970 = time.time() - now
    for state in states:
        if state.heard is not None:
            heard.add_metric([state.kind], since_1970 + state.heard)
        synced.add_metric([state.kind, str(state.required).lower()], state.known)
        objects.add_metric([state.kind], state.objects)
        for each in Phase:
            phase.add_metric([state.kind, each], state.phase is each)
    yield from (synced, phase, objects, heard)


def _rejected(counts: Mapping[tuple[TypeUrl, str], int]) -> Metric:
    family = GaugeMetricFamily(
        f"{PREFIX}xds_resources_rejected",
        "Resources that clients rejected, counted by stream: suspected ones are tried again now, refused ones later.",
        labels=["type", "state"],
    )
    known = dict.fromkeys(product(SERVICE_NAMES, ("refused", "suspected")), 0) | dict(counts)
    for (type_url, state), count in known.items():
        if type_url in SERVICE_NAMES:
            family.add_metric([SERVICE_NAMES[type_url], state], count)
    return family


def gauge(name: str, help_text: str, label: str, values: Mapping[str, float]) -> Metric:
    """A family of gauges with one label, by its value."""
    family = GaugeMetricFamily(PREFIX + name, help_text, labels=[label])
    for key, value in values.items():
        family.add_metric([key], value)
    return family


def _epoch(name: str, help_text: str, epoch: int | None) -> Metric:
    # No series rather than a 0: what is not known is not nothing.
    return GaugeMetricFamily(PREFIX + name, help_text, value=epoch)


def _steady(read: Callable[[], T]) -> T:
    """What *read* gives. If its owner changes meanwhile what it walks over, Python says so, and it is read again."""
    for _ in range(10):
        try:
            return read()
        except RuntimeError:
            continue
    return read()


def short(type_url: TypeUrl) -> str:
    """The discovery service of a type, as a label: `other` for what a client chose."""
    return SERVICE_NAMES.get(type_url, "other")


def _bounded(source: str) -> str:
    """The kind that a problem was met in; `files` for any file, of which there may be very many."""
    return source if source.isalpha() else "files"
