"""What the transport tells its observer, and the values that describe a stream.

Contract of an observer: its methods are called on the event loop, synchronously, and must neither block nor raise. For each
stream the order is

    stream_opened
    [stream_hold_started ... stream_hold_ended]         if it has to wait; started again when the reason changes
    {response_sent | response_acked | response_nacked | request_ignored | wait_timed_out | first_configuration_acked}
    stream_closed                                       always, exactly once

`stream_refused` comes without a stream, since a stream may be refused before its first request. An observer may not change
what is served: what a NACK changes is an event that the cache takes.
"""

from collections.abc import Mapping
from typing import Literal

import msgspec

from xds_server.model.admission import HoldKind, HoldOutcome, RefusalKind
from xds_server.model.resource import TypeUrl
from xds_server.xds.protocol.messages import Node, TypeStatus
from xds_server.xds.transport.admission import Hold
from xds_server.xds.transport.variant import VariantName

CloseReason = Literal["client", "protocol_error", "limit", "refused", "shutdown", "internal_error"]
"""Why a stream ended.

`client`: the client ended it. `protocol_error`: it sent an invalid request. `limit`: it exceeded a limit. `refused`: it was not
admitted. `shutdown`: this replica stops. `internal_error`: a bug of this server.
"""

WaitKind = Literal["make_before_break", "ack"]
"""What a stream waited for: `make_before_break`, another type (R121, R124); `ack`, the answer to a response (R146)."""

IgnoredReason = Literal["stale_nonce", "unserved_type"]
"""Why a request was ignored: it answers a response that is not the last one, or its type is not served."""


class StreamInfo(msgspec.Struct, frozen=True):
    """The client of a stream; the same object as long as the stream lives."""

    id: int
    """The number of the stream, from 1."""
    peer: str
    """The client's address and port, as gRPC writes them."""
    node: Node
    opened_at: float
    """Seconds on the monotonic clock."""
    warm: bool
    """Whether the client already had a configuration: its first request named a version."""
    variant: VariantName = "sotw"
    type_url: TypeUrl | None = None
    """The only type of the stream; None if it is aggregated."""


class StreamStatus(msgspec.Struct, frozen=True):
    """A stream at one moment, for pages."""

    stream: StreamInfo
    hold: Hold | None
    """Why it waits; None once it is admitted."""
    types: Mapping[TypeUrl, TypeStatus]
    """By type that the client subscribed to; empty while it waits."""
    bytes_sent: int = 0
    bytes_received: int = 0


class ClientUse(msgspec.Struct, frozen=True):
    """How much of `Limits` the clients use."""

    streams: int = 0
    """Streams that have made a request."""
    silent: int = 0
    """Streams that have made no request yet."""
    bytes: int = 0
    """Bytes of requests that wait, and of names that do not exist."""
    by_address: Mapping[str, Mapping[str, int]] = {}
    """The same by address."""
    auxiliary_calls: int = 0
    """Open calls of health, reflection and client status."""


class StreamObserver:
    """Override the methods for what you want to observe; the others do nothing."""

    def stream_opened(self, stream: StreamInfo) -> None:
        """The first request of a stream was read. The stream may still have to wait."""

    def stream_closed(self, stream: StreamInfo, why: CloseReason) -> None:
        """A stream ended."""

    def stream_hold_started(self, stream: StreamInfo, kind: HoldKind) -> None:
        """A stream waits for admission from now on, or for another reason than before."""

    def stream_hold_ended(self, stream: StreamInfo, kind: HoldKind, seconds: float, outcome: HoldOutcome) -> None:
        """A stream's wait for admission ended after *seconds*. *kind*: its last reason."""

    def stream_refused(self, kind: RefusalKind) -> None:
        """A stream was refused: it was not admitted, exceeded a limit, or its first request was invalid."""

    def response_sent(self, stream: StreamInfo, type_url: TypeUrl, count: int, size: int) -> None:
        """A response of *count* resources and *size* bytes is about to be written."""

    def response_acked(self, stream: StreamInfo, type_url: TypeUrl, seconds: float) -> None:
        """The client accepted a response, *seconds* after it was handed to gRPC."""

    def response_nacked(self, stream: StreamInfo, type_url: TypeUrl, version: str, message: str) -> None:
        """The client rejected a response of that version. *message* is the client's own text."""

    def request_ignored(self, stream: StreamInfo, type_url: TypeUrl, why: IgnoredReason) -> None:
        """A request was ignored.

        Do not use an unserved *type_url* as a metric label: the client may have written anything.
        """

    def wait_timed_out(self, stream: StreamInfo, what: WaitKind) -> None:
        """A stream has waited too long for another type, or for an answer, and goes on without."""

    def first_configuration_acked(self, stream: StreamInfo, seconds: float, *, warm: bool) -> None:
        """The client accepted a whole configuration (`AdsStream.complete`), *seconds* after the stream was opened.

        Called at most once per stream, and only for aggregated streams.
        """
