"""What the transport tells of its streams, and to whom. Metrics and logs are wired elsewhere."""

from collections.abc import Mapping
from typing import Literal

import msgspec

from xds_server.model.admission import HoldKind, HoldOutcome, RefusalKind
from xds_server.model.resource import TypeUrl
from xds_server.xds.protocol.messages import Node, TypeStatus
from xds_server.xds.transport.admission import Hold
from xds_server.xds.transport.variant import VariantName

CloseReason = Literal["client", "protocol_error", "limit", "refused", "shutdown", "internal_error"]
"""Who ended a stream: the client; we, as it sent garbage, or too much, at the gate, at shutdown; a fault of ours."""

WaitKind = Literal["make_before_break", "ack"]
"""What a stream waited for: the acceptance of another type (R121, R124), or of the last response of a type (R146)."""

IgnoredReason = Literal["stale_nonce", "unserved_type"]
"""Why a request was ignored: it is about a response that is not the last, or asks for a type that is not served."""


class StreamInfo(msgspec.Struct, frozen=True):
    """Who is at the other end of a stream; the same object as long as it lives."""

    id: int
    """Counts streams from 1."""
    peer: str
    """Address, as gRPC names it."""
    node: Node
    opened_at: float
    """Seconds on the monotonic clock."""
    warm: bool
    """Whether the client had a configuration when it came: its first request named a version."""
    variant: VariantName = "sotw"
    type_url: TypeUrl | None = None
    """What the stream is for; None if it is aggregated."""


class StreamStatus(msgspec.Struct, frozen=True):
    """A stream at one moment, for pages."""

    stream: StreamInfo
    hold: Hold | None
    """Why it waits; None once it is served."""
    types: Mapping[TypeUrl, TypeStatus]
    """By type that the client asked for; empty while it waits."""
    bytes_sent: int = 0
    bytes_received: int = 0


class ClientUse(msgspec.Struct, frozen=True):
    """What clients have taken of what there is; the limits are those of `Limits`."""

    streams: int = 0
    """Streams that have made a request."""
    silent: int = 0
    """Streams that have made none yet."""
    bytes: int = 0
    """What requests that wait, and names that do not exist, take."""
    by_address: Mapping[str, Mapping[str, int]] = {}
    """The same by address."""
    auxiliary_calls: int = 0
    """Calls of health, reflection and client status."""


class StreamObserver:
    """Is called from the event loop, and must neither block nor raise. What an observer does not define is not observed."""

    def stream_opened(self, stream: StreamInfo) -> None:
        """A stream's first request was read; it may have to wait yet."""

    def stream_closed(self, stream: StreamInfo, why: CloseReason) -> None:
        """It ended; called once for every stream that was opened."""

    def stream_hold_started(self, stream: StreamInfo, kind: HoldKind) -> None:
        """A stream waits at the gate from now on; `stream_hold_ended` or `stream_closed` follows."""

    def stream_hold_ended(self, stream: StreamInfo, kind: HoldKind, seconds: float, outcome: HoldOutcome) -> None:
        """A wait at the gate ended; streams that did not wait are not told of."""

    def stream_refused(self, kind: RefusalKind) -> None:
        """A stream was turned away: at the gate, by a limit, or because its first request was no good."""

    def response_sent(self, stream: StreamInfo, type_url: TypeUrl, count: int, size: int) -> None:
        """A response of *count* resources and *size* bytes is about to be written."""

    def response_acked(self, stream: StreamInfo, type_url: TypeUrl, seconds: float) -> None:
        """The client accepted a response, so long after it was handed to gRPC."""

    def response_nacked(self, stream: StreamInfo, type_url: TypeUrl, version: str, message: str) -> None:
        """The client rejected that version, in its own words."""

    def request_ignored(self, stream: StreamInfo, type_url: TypeUrl, why: IgnoredReason) -> None:
        """A request was about a response that is not the last one, or asked for a type that we do not serve.

        An unserved type URL is whatever the client wrote: no label for a metric.
        """

    def wait_timed_out(self, stream: StreamInfo, what: WaitKind) -> None:
        """A stream has waited too long for another type, or for an answer, and waits no longer."""

    def first_configuration_acked(self, stream: StreamInfo, seconds: float, *, warm: bool) -> None:
        """The client accepted a whole configuration for the first time, so long after the stream was opened.

        That is `AdsStream.complete`: of each type something was ACKed, and nothing is in flight or due; load
        assignments and route configurations count only if the view has any. Called once per stream at most.
        """
