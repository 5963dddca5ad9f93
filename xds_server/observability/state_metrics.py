"""Gauges that are read at a scrape: sources, problems, collections, epochs, rejections, and what clients use."""

import time
from collections import Counter as Tally
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import product
from typing import Final, TypeVar

from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from xds_server.model.admission import CHANGE_HOLDS
from xds_server.model.resource import SERVICE_NAMES, TypeUrl
from xds_server.model.source_state import Phase, Problem, SourceState
from xds_server.observability import metric_definitions as definitions

_REFERENCE_STATES: Final = ("resolved", "missing", "pending")
_REJECTION_STATES: Final = ("refused", "suspected")
_CLIENT_USES: Final = ("streams", "silent", "auxiliary", "bytes")

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class StateReaders:
    """Where to read the state of the server. Called in the thread that scrapes; see `_read_unchanged`."""

    sources: Callable[[], Iterable[SourceState]]
    problems: Callable[[], Iterable[Problem]]
    derived: Callable[[], Mapping[str, bool]]
    """Whether each derived collection is synced, by name."""
    resources: Callable[[], Mapping[TypeUrl, int]]
    """Published resources by type."""
    graph_epoch: Callable[[], int]
    published_epoch: Callable[[], int | None]
    """None as long as nothing is published."""
    sync_epoch: Callable[[], int | None]
    """The epoch at which the last required source completed its first list; None until then."""
    over_budget: Callable[[], int] = lambda: 0
    """Routes that a port does not serve because it would exceed its budget."""
    rejected: Callable[[], Mapping[tuple[TypeUrl, str], int]] = dict
    """Resources that streams rejected, by type and by state: `refused` or `suspected`."""
    held: Callable[[], Mapping[str, int]] = lambda: dict.fromkeys(CHANGE_HOLDS, 0)
    """Held changes, retained resources and held files, by kind of hold."""
    references: Callable[[], Mapping[str, int]] = dict
    """References to Secrets and ConfigMaps, by state."""
    leading: Callable[[], bool] = lambda: False
    """Whether this replica writes statuses."""
    written: Callable[[], int] = lambda: 0
    """Statuses that this replica wrote."""
    clients: Callable[[], Mapping[str, int]] = lambda: dict.fromkeys(_CLIENT_USES, 0)
    """What clients use, by kind."""


class StateGauges(Collector):
    """The gauges, with the values of the moment of the scrape."""

    def __init__(self, readers: StateReaders, clock: Callable[[], float]) -> None:
        self._readers = readers
        self._clock = clock

    def collect(self) -> Iterator[Metric]:
        """All metric families."""
        readers = self._readers
        yield from _source_gauges(_read_unchanged(lambda: list(readers.sources())), self._clock())
        problems = _read_unchanged(lambda: list(readers.problems()))
        yield definitions.gauge_family(
            definitions.INPUT_PROBLEMS, Tally(_source_label(problem.source) for problem in problems)
        )
        yield definitions.gauge_value(definitions.ROUTES_OVER_BUDGET, readers.over_budget())
        yield definitions.gauge_family(definitions.DERIVED_SYNCED, _read_unchanged(lambda: dict(readers.derived())))
        resources = _read_unchanged(lambda: dict(readers.resources()))
        yield definitions.gauge_family(
            definitions.SNAPSHOT_RESOURCES, {type_label(type_url): count for type_url, count in resources.items()}
        )
        yield _rejected(_read_unchanged(readers.rejected))
        yield definitions.gauge_value(definitions.GRAPH_EPOCH, readers.graph_epoch())
        yield definitions.gauge_value(definitions.PUBLISHED_EPOCH, readers.published_epoch())
        yield definitions.gauge_value(definitions.SYNC_EPOCH, readers.sync_epoch())
        references = dict.fromkeys(_REFERENCE_STATES, 0) | dict(_read_unchanged(readers.references))
        yield definitions.gauge_family(definitions.REFERENCES, references)
        yield definitions.gauge_value(definitions.STATUS_LEADER, int(readers.leading()))
        yield definitions.counter_value(definitions.STATUS_WRITES, readers.written())
        yield definitions.gauge_family(definitions.CLIENT_USE, _read_unchanged(readers.clients))


def type_label(type_url: TypeUrl) -> str:
    """The discovery service of a type, as a label value; `other` for a type URL that a client made up."""
    return SERVICE_NAMES.get(type_url, "other")


def _source_gauges(states: list[SourceState], now: float) -> Iterator[Metric]:
    yield definitions.gauge_samples(
        definitions.SOURCE_SYNCED, (((state.kind, str(state.required).lower()), state.known) for state in states)
    )
    yield definitions.gauge_samples(
        definitions.SOURCE_STATE, (((state.kind, phase), state.phase is phase) for state in states for phase in Phase)
    )
    yield definitions.gauge_family(definitions.SOURCE_OBJECTS, {state.kind: state.objects for state in states})
    clock_start = time.time() - now  # Unix time at which the clock of `heard` was 0
    heard = {state.kind: clock_start + state.last_contact for state in states if state.last_contact is not None}
    yield definitions.gauge_family(definitions.SOURCE_LAST_EVENT, heard)


def _rejected(counts: Mapping[tuple[TypeUrl, str], int]) -> Metric:
    known = dict.fromkeys(product(SERVICE_NAMES, _REJECTION_STATES), 0) | dict(counts)
    return definitions.gauge_samples(
        definitions.RESOURCES_REJECTED,
        (
            ((SERVICE_NAMES[type_url], state), count)
            for (type_url, state), count in known.items()
            if type_url in SERVICE_NAMES
        ),
    )


def _read_unchanged(read: Callable[[], T]) -> T:
    """What *read* returns. It is called again if the event loop changed a container while *read* iterated over it."""
    for _ in range(10):
        try:
            return read()
        except RuntimeError:
            continue
    return read()


def _source_label(source: str) -> str:
    """The kind of the object with the problem; `files` for every file, of which there may be very many."""
    return source if source.isalpha() else "files"
