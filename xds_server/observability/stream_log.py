"""Log lines about streams, within a rate.

A proxy that is held reconnects every few seconds. It gets one line when its hold begins, and one when its hold ends, with
the number of attempts. Every other line counts against the rate of its stream, of its address, and of all streams
together. Lines beyond these are suppressed, and counted in a line of their own.
"""

import logging
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from typing import Final

from xds_server.model.admission import HoldKind, HoldOutcome
from xds_server.model.resource import SERVICE_NAMES, TypeUrl
from xds_server.observability.logs import event
from xds_server.xds.transport.observer import CloseReason, StreamInfo, StreamObserver, WaitKind
from xds_server.xds.transport.stream_limiter import TokenBucket, TokenBuckets, host

_log = logging.getLogger("xds_server")

_STREAM_RATE: Final = (0.1, 10)
"""Log lines of one stream: per second, and in a burst."""
_ADDRESS_RATE: Final = (5.0, 200)
_TOTAL_RATE: Final = (50.0, 2000)
_MAX_STREAMS: Final = 20_000
_MAX_NODES: Final = 1000
"""How many held nodes are remembered at a time; the lines of others are suppressed."""
_NODE_LEFT_SECONDS: Final = 60.0
"""A held node that has not reconnected for this long has left: Envoy reconnects within 30 seconds."""
_SUMMARY_SECONDS: Final = 10.0

_NodeKey = tuple[str, str]
"""ID and role."""
_SERVED: Final = ("admitted", "last_good", "operator")


class _HeldNode:
    """A node that is held, over all its attempts to connect."""

    __slots__ = ("attempts", "kind", "seen", "since", "stream", "waiting")

    def __init__(self, stream: StreamInfo, kind: HoldKind, now: float) -> None:
        self.stream = stream
        self.kind = kind
        self.since = self.seen = now
        self.attempts = 0
        self.waiting: set[int] = set()


class StreamLog(StreamObserver):
    """An observer of the transport that writes log lines. What it does not define is counted by the metrics alone."""

    def __init__(
        self,
        *,
        clock: Callable[[], float] = time.monotonic,
        on_suppressed: Callable[[], None] = lambda: None,
    ) -> None:
        """*on_suppressed* is called for each line that is suppressed."""
        self._on_suppressed = on_suppressed
        self._clock = clock
        self._total = TokenBucket(*_TOTAL_RATE)
        self._by_address = TokenBuckets(*_ADDRESS_RATE)
        self._by_stream = TokenBuckets(*_STREAM_RATE, most=_MAX_STREAMS)
        self._held: OrderedDict[_NodeKey, _HeldNode] = OrderedDict()
        self._refused: set[int] = set()  # Streams whose end the line of their hold already tells.
        self._suppressed = 0
        self._summary_at = clock()

    def tick(self) -> None:
        """Writes what only time tells: which held nodes have left, and how many lines were suppressed. Call it regularly."""
        now = self._clock()
        if now - self._summary_at < _SUMMARY_SECONDS:
            return
        self._summary_at = now
        for node, held in list(self._held.items()):
            if not held.waiting and now - held.seen > _NODE_LEFT_SECONDS:
                self._release(node, held, "client_left", held.seen)
        if self._suppressed:
            event(_log, logging.WARNING, "stream.lines_suppressed", lines=self._suppressed, see="/debug/clients")
            self._suppressed = 0

    def stream_hold_started(self, stream: StreamInfo, kind: HoldKind) -> None:
        """The gate holds a stream from now on."""
        now, node = self._clock(), (stream.node.id, stream.node.role)
        held = self._held.get(node)
        if held is None:
            if len(self._held) >= _MAX_NODES:
                self._suppress()
                return
            held = self._held[node] = _HeldNode(stream, kind, now)
            self._write(stream, logging.INFO, "stream.held", reason=kind)
        elif held.kind != kind:
            held.kind = kind
            self._write(stream, logging.INFO, "stream.held", reason=kind, attempts=held.attempts)
        held.attempts += stream.id not in held.waiting
        held.waiting.add(stream.id)
        held.seen = now

    def stream_hold_ended(self, stream: StreamInfo, kind: HoldKind, seconds: float, outcome: HoldOutcome) -> None:  # noqa: ARG002
        """The hold of one stream ended. Unless it was served, its node stays held, for its next attempt."""
        node = (stream.node.id, stream.node.role)
        held = self._held.get(node)
        if outcome not in _SERVED:
            self._refused.add(stream.id)
        if held is None:
            return
        held.waiting.discard(stream.id)
        held.seen = self._clock()
        if outcome in _SERVED:
            self._release(node, held, outcome, held.seen)

    def response_nacked(self, stream: StreamInfo, type_url: TypeUrl, version: str, message: str) -> None:
        """A response was rejected: the proxy keeps its configuration, and says why."""
        kind = SERVICE_NAMES.get(type_url, type_url)
        self._write(stream, logging.WARNING, "stream.nack", type=kind, version=version, message=message)

    def request_ignored(self, stream: StreamInfo, type_url: TypeUrl, why: str) -> None:
        """A request was ignored."""
        if why == "unserved_type":
            self._write(stream, logging.INFO, "stream.unserved_type", type=type_url)

    def wait_timed_out(self, stream: StreamInfo, what: WaitKind) -> None:
        """A wait of a stream timed out."""
        self._write(stream, logging.WARNING, "stream.wait_timeout", waited_for=what)

    def first_configuration_acked(self, stream: StreamInfo, seconds: float, *, warm: bool) -> None:
        """A client ACKed its first complete configuration."""
        self._write(stream, logging.INFO, "stream.complete", seconds=seconds, warm=warm)

    def stream_closed(self, stream: StreamInfo, why: CloseReason) -> None:
        """A stream ended."""
        if stream.id in self._refused:
            self._refused.discard(stream.id)
        else:
            self._write(stream, logging.INFO, "stream.closed", reason=why)
        self._by_stream.remove(str(stream.id))

    def _release(self, node: _NodeKey, held: _HeldNode, outcome: HoldOutcome, until: float) -> None:
        del self._held[node]
        self._write(
            held.stream, logging.INFO, "stream.released",
            reason=held.kind, seconds=until - held.since, attempts=held.attempts, outcome=outcome,
        )  # fmt: skip

    def _write(self, stream: StreamInfo, level: int, name: str, **fields: object) -> None:
        now = self._clock()
        allowances = (
            self._by_stream.bucket_of(str(stream.id)),
            self._by_address.bucket_of(host(stream.peer)),
            self._total,
        )
        if all(allowance.has_token(now) for allowance in allowances):
            for allowance in allowances:
                allowance.take(now)
            event(_log, level, name, **_identity(stream), **fields)
        else:
            self._suppress()

    def _suppress(self) -> None:
        self._suppressed += 1
        self._on_suppressed()


def _identity(stream: StreamInfo) -> Mapping[str, object]:
    return {"stream": stream.id, "peer": stream.peer, "node": stream.node.id, "role": stream.node.role}
