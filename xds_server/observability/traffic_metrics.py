"""What is counted for every response and every answer: cheaper than by instruments, and shown as they would show it.

An instrument takes a lock for each step, of which a push to a thousand streams takes five thousand. These are counted in the
event loop alone; whoever scrapes reads, and may see one count that is a response ahead of another.
"""

from bisect import bisect_left
from collections.abc import Iterator
from typing import Final

from prometheus_client.core import CounterMetricFamily, HistogramMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector
from prometheus_client.utils import floatToGoString

from xds_server.model.resource import SHORT, TypeUrl

_ACK_BUCKETS: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0, 15.0, 60.0)
_INFINITE: Final = "+Inf"

_COUNTERS: Final = (
    ("responses", "xds_responses_total", "Responses sent."),
    ("size", "xds_response_bytes_total", "Bytes of responses sent."),
    ("resources", "xds_resources_sent_total", "Resources in responses sent."),
    ("acks", "xds_acks_total", "Responses that a proxy accepted."),
)


class _OfType:
    """The counts of one type."""

    __slots__ = ("acks", "buckets", "resources", "responses", "seconds", "size")

    def __init__(self) -> None:
        self.responses = self.size = self.resources = self.acks = 0
        self.seconds = 0.0
        self.buckets = [0] * (len(_ACK_BUCKETS) + 1)


class Traffic(Collector):
    """The counts, by type; of a type that we do not publish as `other`."""

    def __init__(self, prefix: str) -> None:
        self._prefix = prefix
        # They begin at zero: increase() does not see a first.
        self._named = {name: _OfType() for name in SHORT.values()}
        self._of = {type_url: self._named[name] for type_url, name in SHORT.items()}

    def sent(self, type_url: TypeUrl, count: int, size: int) -> None:
        """A response with *count* resources was sent. Units: *size* in bytes."""
        of = self._of.get(type_url) or self._other()
        of.responses += 1
        of.size += size
        of.resources += count

    def acked(self, type_url: TypeUrl, seconds: float) -> None:
        """A response was accepted, *seconds* after it was sent."""
        of = self._of.get(type_url) or self._other()
        of.acks += 1
        of.seconds += seconds
        of.buckets[bisect_left(_ACK_BUCKETS, seconds)] += 1

    def collect(self) -> Iterator[Metric]:
        """The families, as they are now."""
        named = list(self._named.items())
        for attribute, name, about in _COUNTERS:
            counter = CounterMetricFamily(self._prefix + name, about, labels=["type"])
            for type_name, of in named:
                counter.add_metric([type_name], getattr(of, attribute))
            yield counter
        about = "From the sending of a response until it was acknowledged."
        histogram = HistogramMetricFamily(f"{self._prefix}xds_ack_duration_seconds", about, labels=["type"])
        for type_name, of in named:
            histogram.add_metric([type_name], _cumulative(of.buckets), of.seconds)
        yield histogram

    def _other(self) -> _OfType:
        return self._named.setdefault("other", _OfType())


def _cumulative(buckets: list[int]) -> list[tuple[str, float]]:
    total = 0
    shown: list[tuple[str, float]] = []
    for bound, count in zip((*map(floatToGoString, _ACK_BUCKETS), _INFINITE), buckets, strict=True):
        total += count
        shown.append((bound, total))
    return shown
