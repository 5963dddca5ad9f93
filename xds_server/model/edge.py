"""What a proxy at the edge does with what strangers send: a setting of the server, and what each listener is told."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

Families = Literal["dual", "ipv4", "ipv6"]
"""The IP families that proxies listen on and reach endpoints by."""

EscapedSlashes = Literal["redirect", "forward", "reject", "keep"]
"""What becomes of `%2F` and `%5C` in a path: unescaped, by a redirect or in place; answered 400; left as they are."""

Underscores = Literal["reject", "drop", "allow"]
"""What becomes of a request that has a header with an underscore in its name: refused; served without it; served."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Edge:
    """How listeners treat requests. Seconds of 0 stand for no limit.

    Source of the defaults: Envoy, "Configuring Envoy as an edge proxy"; docs/edge.md says where we differ.
    """

    escaped_slashes: EscapedSlashes = "redirect"
    underscores: Underscores = "reject"
    buffer_bytes: int = 32 << 10
    """Of a connection, in each direction; a stream that is ahead of its reader waits."""
    http2_streams: int = 100
    """At the same time on one connection."""
    http2_stream_window_bytes: int = 64 << 10
    http2_connection_window_bytes: int = 1 << 20
    idle_seconds: float = 3600
    """How long a connection without a request is kept."""
    headers_seconds: float = 10
    """How long a request may take to send its headers."""
    stream_idle_seconds: float = 300
    """How long a request or an answer may stand still, a WebSocket and a gRPC stream, too."""


_DAY: Final = 86_400
RANGES: Final[Mapping[str, tuple[float, float]]] = {
    "buffer_bytes": (4 << 10, 1 << 30),
    "http2_streams": (1, (1 << 31) - 1),
    "http2_stream_window_bytes": ((1 << 16) - 1, (1 << 31) - 1),
    "http2_connection_window_bytes": ((1 << 16) - 1, (1 << 31) - 1),
    "idle_seconds": (0, 365 * _DAY),
    "headers_seconds": (0, _DAY),
    "stream_idle_seconds": (0, 365 * _DAY),
}
"""The least and the most of each number. Source for HTTP/2: Envoy's Http2ProtocolOptions."""
