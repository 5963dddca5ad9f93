"""Counters of responses and ACKs without locks, exported like those of prometheus_client.

An instrument of prometheus_client takes a lock for each increment, and a push to 1,000 streams makes 5,000 of them. These
counters are written by the event loop alone. A scrape reads them meanwhile, so one may be a response ahead of another.
"""

from bisect import bisect_left
from collections.abc import Iterator
from typing import Final

from prometheus_client.core import CounterMetricFamily, HistogramMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector
from prometheus_client.utils import floatToGoString

from xds_server.model.resource import SERVICE_NAMES, TypeUrl

_ACK_BUCKETS: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0, 15.0, 60.0)
_INFINITE: Final = "+Inf"

_COUNTERS: Final = (
    ("responses", "xds_responses_total", "Responses sent."),
    ("size", "xds_response_bytes_total", "Bytes of responses sent."),
    ("resources", "xds_resources_sent_total", "Resources in responses sent."),
    ("acks", "xds_acks_total", "Responses that a proxy ACKed."),
)


class _TypeCounts:
    """The counts of one resource type."""

    __slots__ = ("acks", "buckets", "resources", "responses", "seconds", "size")

    def __init__(self) -> None:
        self.responses = self.size = self.resources = self.acks = 0
        self.seconds = 0.0
        self.buckets = [0] * (len(_ACK_BUCKETS) + 1)


class TrafficCounters(Collector):
    """Counters by resource type; types that the server does not publish count as `other`."""

    def __init__(self, prefix: str) -> None:
        self._prefix = prefix
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
        counts.buckets[bisect_left(_ACK_BUCKETS, seconds)] += 1

    def collect(self) -> Iterator[Metric]:
        """The metric families, with the values of now."""
        by_name = list(self._by_name.items())
        for attribute, name, about in _COUNTERS:
            counter = CounterMetricFamily(self._prefix + name, about, labels=["type"])
            for type_name, counts in by_name:
                counter.add_metric([type_name], getattr(counts, attribute))
            yield counter
        about = "Time from sending a response to its ACK."
        histogram = HistogramMetricFamily(f"{self._prefix}xds_ack_duration_seconds", about, labels=["type"])
        for type_name, counts in by_name:
            histogram.add_metric([type_name], _cumulative(counts.buckets), counts.seconds)
        yield histogram

    def _other(self) -> _TypeCounts:
        return self._by_name.setdefault("other", _TypeCounts())


def _cumulative(buckets: list[int]) -> list[tuple[str, float]]:
    total = 0
    shown: list[tuple[str, float]] = []
    for bound, count in zip((*map(floatToGoString, _ACK_BUCKETS), _INFINITE), buckets, strict=True):
        total += count
        shown.append((bound, total))
    return shown
