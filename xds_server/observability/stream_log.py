"""The log lines about streams: what an operator cares about, and no more lines than a log can bear.

A proxy that is held tries again every few seconds: it gets one line when it begins to be held and one when that ends, which
counts the tries. Every other line is taken from the allowances of its stream, of its address and of all streams together;
what is left out is counted, and said in one line.
"""

import logging
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from typing import Final

from xds_server.model.admission import HoldKind, HoldOutcome, RefusalKind
from xds_server.model.resource import SERVICE_NAMES, TypeUrl
from xds_server.observability.logs import event
from xds_server.xds.transport.observer import CloseReason, GivenUp, StreamInfo
from xds_server.xds.transport.stream_limiter import Allowances, Bucket, host

_log = logging.getLogger("xds_server")

_OF_STREAM: Final = (0.1, 10)
"""Lines per second, and at once: about what a client says while its stream lives."""
_OF_ADDRESS: Final = (5.0, 200)
_OF_ALL: Final = (50.0, 2000)
_MOST_STREAMS: Final = 20_000
_MOST_NODES: Final = 1000
"""So many held nodes have lines of their own."""
_GONE_SECONDS: Final = 60.0
"""A held node that has not come again for so long is gone: proxies try again within 30 seconds."""
_SAY_SECONDS: Final = 10.0

_Node = tuple[str, str]
_SERVED: Final = ("admitted", "last_good", "operator")


class _Held:
    """A node that is held, over all its tries."""

    __slots__ = ("kind", "seen", "since", "stream", "tries", "waiting")

    def __init__(self, stream: StreamInfo, kind: HoldKind, now: float) -> None:
        self.stream = stream
        self.kind = kind
        self.since = self.seen = now
        self.tries = 0
        self.waiting: set[int] = set()


class StreamLog:
    """An observer of the transport that writes log lines."""

    def __init__(
        self,
        on_hold: Callable[[StreamInfo, HoldKind], None] = lambda _stream, _kind: None,
        *,
        clock: Callable[[], float] = time.monotonic,
        on_left_out: Callable[[], None] = lambda: None,
    ) -> None:
        """*on_hold* is told when a node begins to be held, and why; *on_left_out* of each line that is left out."""
        self._on_hold = on_hold
        self._on_left_out = on_left_out
        self._clock = clock
        self._all = Bucket(*_OF_ALL)
        self._by_address = Allowances(*_OF_ADDRESS)
        self._by_stream = Allowances(*_OF_STREAM, most=_MOST_STREAMS)
        self._held: OrderedDict[_Node, _Held] = OrderedDict()
        self._refused: set[int] = set()  # Streams of which the lines about holds say all.
        self._left_out = 0
        self._said_at = clock()

    def tick(self) -> None:
        """What is to be said after a time: nodes that were held and came no more, and how many lines were left out."""
        now = self._clock()
        if now - self._said_at < _SAY_SECONDS:
            return
        self._said_at = now
        for node, one in list(self._held.items()):
            if not one.waiting and now - one.seen > _GONE_SECONDS:
                self._release(node, one, "client_left", one.seen)
        if self._left_out:
            event(_log, logging.WARNING, "stream.lines_suppressed", lines=self._left_out, see="/debug/clients")
            self._left_out = 0

    def stream_opened(self, stream: StreamInfo) -> None:
        """A client opened a stream."""

    def holding(self, stream: StreamInfo, kind: HoldKind) -> None:
        """A stream is held from now on."""
        now, node = self._clock(), (stream.node.id, stream.node.role)
        one = self._held.get(node)
        if one is None:
            if len(self._held) >= _MOST_NODES:
                self._leave_out()
                return
            one = self._held[node] = _Held(stream, kind, now)
            self._say(stream, logging.INFO, "stream.held", reason=kind)
            self._on_hold(stream, kind)
        elif one.kind != kind:
            one.kind = kind
            self._say(stream, logging.INFO, "stream.held", reason=kind, tries=one.tries)
            self._on_hold(stream, kind)
        one.tries += stream.id not in one.waiting
        one.waiting.add(stream.id)
        one.seen = now

    def held(self, stream: StreamInfo, kind: HoldKind, seconds: float, outcome: HoldOutcome) -> None:  # noqa: ARG002
        """A try ended: by being served, or without; then the node is held on."""
        node = (stream.node.id, stream.node.role)
        one = self._held.get(node)
        if outcome not in _SERVED:
            self._refused.add(stream.id)
        if one is None:
            return
        one.waiting.discard(stream.id)
        one.seen = self._clock()
        if outcome in _SERVED:
            self._release(node, one, outcome, one.seen)

    def refused(self, kind: RefusalKind) -> None:
        """A stream was ended unadmitted: the metric says it."""

    def sent(self, stream: StreamInfo, type_url: TypeUrl, count: int, size: int) -> None:
        """A response was sent: for the metrics alone."""

    def acked(self, stream: StreamInfo, type_url: TypeUrl, seconds: float) -> None:
        """A response was accepted: for the metrics alone."""

    def nacked(self, stream: StreamInfo, type_url: TypeUrl, version: str, message: str) -> None:
        """A response was rejected: the proxy keeps what it had, and says why."""
        kind = SERVICE_NAMES.get(type_url, type_url)
        self._say(stream, logging.WARNING, "stream.nack", type=kind, version=version, message=message)

    def ignored(self, stream: StreamInfo, type_url: TypeUrl, why: str) -> None:
        """A request was passed over."""
        if why == "unserved_type":
            self._say(stream, logging.INFO, "stream.unserved_type", type=type_url)

    def gave_up(self, stream: StreamInfo, what: GivenUp) -> None:
        """A stream has waited too long for another type, or for an answer."""
        self._say(stream, logging.WARNING, "stream.wait_timeout", waited_for=what)

    def first_complete(self, stream: StreamInfo, seconds: float, *, warm: bool) -> None:
        """A client has its first complete configuration."""
        self._say(stream, logging.INFO, "stream.complete", seconds=seconds, warm=warm)

    def stream_closed(self, stream: StreamInfo, why: CloseReason) -> None:
        """A stream ended."""
        if stream.id in self._refused:
            self._refused.discard(stream.id)
        else:
            self._say(stream, logging.INFO, "stream.closed", reason=why)
        self._by_stream.forget(str(stream.id))

    def _release(self, node: _Node, one: _Held, by: HoldOutcome, until: float) -> None:
        del self._held[node]
        self._say(
            one.stream, logging.INFO, "stream.released", reason=one.kind, seconds=until - one.since, tries=one.tries, outcome=by
        )  # fmt: skip

    def _say(self, stream: StreamInfo, level: int, name: str, **fields: object) -> None:
        now = self._clock()
        allowances = (self._by_stream.of(str(stream.id)), self._by_address.of(host(stream.peer)), self._all)
        if all(one.ready(now) for one in allowances):
            for one in allowances:
                one.take(now)
            event(_log, level, name, **_who(stream), **fields)
        else:
            self._leave_out()

    def _leave_out(self) -> None:
        self._left_out += 1
        self._on_left_out()


def _who(stream: StreamInfo) -> Mapping[str, object]:
    return {"stream": stream.id, "peer": stream.peer, "node": stream.node.id, "role": stream.node.role}
