"""Counters of responses and ACKs without locks, exported like those of prometheus_client.

An instrument of prometheus_client takes a lock for each increment, and a push to 1,000 streams makes 5,000 of them. These
counters are written by the event loop alone. A scrape reads them meanwhile, so one may be a response ahead of another.
"""

from bisect import bisect_left
from collections.abc import Iterator
from typing import Final

from prometheus_client.core import HistogramMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector
from prometheus_client.utils import floatToGoString

from xds_server.model.resource import SERVICE_NAMES, TypeUrl
from xds_server.observability import metric_definitions as definitions

_COUNTERS: Final = {
    "responses": definitions.RESPONSES,
    "size": definitions.RESPONSE_BYTES,
    "resources": definitions.RESOURCES_SENT,
    "acks": definitions.ACKS,
}
_BOUNDS: Final = (*map(floatToGoString, definitions.ACK_SECONDS.buckets), "+Inf")


class _TypeCounts:
    """The counts of one resource type."""

    __slots__ = ("acks", "buckets", "resources", "responses", "seconds", "size")

    def __init__(self) -> None:
        self.responses = self.size = self.resources = self.acks = 0
        self.seconds = 0.0
        self.buckets = [0] * len(_BOUNDS)


class TrafficCounters(Collector):
    """Counters by resource type; types that the server does not publish count as `other`."""

    def __init__(self) -> None:
        # All series begin at zero: increase() does not see the first value of a new series.
        self._by_name = {name: _TypeCounts() for name in SERVICE_NAMES.values()}
        self._by_type = {type_url: self._by_name[name] for type_url, name in SERVICE_NAMES.items()}

    def sent(self, type_url: TypeUrl, count: int, size: int) -> None:
        """A response with *count* resources was sent. Units: *size* in bytes."""
        counts = self._by_type.get(type_url) or self._other()
        counts.responses += 1
        counts.size += size
        counts.resources += count

    def acked(self, type_url: TypeUrl, seconds: float) -> None:
        """A response was ACKed, *seconds* after it was sent."""
        counts = self._by_type.get(type_url) or self._other()
        counts.acks += 1
        counts.seconds += seconds
        counts.buckets[bisect_left(definitions.ACK_SECONDS.buckets, seconds)] += 1

    def collect(self) -> Iterator[Metric]:
        """The metric families, with the values of now."""
        by_name = list(self._by_name.items())
        for attribute, definition in _COUNTERS.items():
            yield definitions.counter_family(definition, {name: getattr(counts, attribute) for name, counts in by_name})
        definition = definitions.ACK_SECONDS
        histogram = HistogramMetricFamily(
            definitions.PREFIX + definition.name, definition.help_text, labels=definition.labels
        )
        for name, counts in by_name:
            histogram.add_metric([name], _cumulative(counts.buckets), counts.seconds)
        yield histogram

    def _other(self) -> _TypeCounts:
        return self._by_name.setdefault("other", _TypeCounts())


def _cumulative(buckets: list[int]) -> list[tuple[str, float]]:
    total = 0
    cumulative: list[tuple[str, float]] = []
    for bound, count in zip(_BOUNDS, buckets, strict=True):
        total += count
        cumulative.append((bound, total))
    return cumulative
