"""What a proxy at the edge does with what strangers send: a setting of the server, and what each listener is told."""

from dataclasses import dataclass
from typing import Annotated, Final, Literal

from xds_server.model.setting import Setting, number, seconds

Families = Literal["dual", "ipv4", "ipv6"]
"""The IP families that proxies listen on and reach endpoints by."""

EscapedSlashes = Literal["redirect", "forward", "reject", "keep"]
"""What becomes of `%2F` and `%5C` in a path: unescaped, by a redirect or in place; answered 400; left as they are."""

Underscores = Literal["reject", "drop", "allow"]
"""What becomes of a request that has a header with an underscore in its name: refused; served without it; served."""


_DAY: Final = 86_400
_MAX_INT: Final = (1 << 31) - 1
_MIN_WINDOW: Final = (1 << 16) - 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Edge:
    """How listeners treat requests. A duration of 0 means no limit.

    Source of the defaults: Envoy, "Configuring Envoy as an edge proxy"; docs/edge.md says where ours differ. Source of the
    ranges for HTTP/2: Envoy's Http2ProtocolOptions.
    """

    escaped_slashes: Annotated[
        EscapedSlashes,
        Setting(
            "What a listener does with %2F and %5C in a path: unescape them, by a redirect or in place; answer 400; keep them."
        ),
    ] = "redirect"
    underscores: Annotated[
        Underscores,
        Setting(
            "What a listener does with a header that has an underscore in its name: reject the request, drop the header, allow it."
        ),
    ] = "reject"
    buffer_bytes: Annotated[int, number("How much a connection may buffer in each direction.", 4 << 10, 1 << 30)] = (
        32 << 10
    )
    http2_streams: Annotated[int, number("How many requests an HTTP/2 connection may have open.", 1, _MAX_INT)] = 100
    http2_stream_window_bytes: Annotated[
        int, number("The initial flow-control window of an HTTP/2 stream.", _MIN_WINDOW, _MAX_INT)
    ] = 64 << 10
    http2_connection_window_bytes: Annotated[
        int, number("The initial flow-control window of an HTTP/2 connection.", _MIN_WINDOW, _MAX_INT)
    ] = 1 << 20
    idle_seconds: Annotated[
        float, seconds("How long a connection without a request is kept; 0: no limit.", min=0, max=365 * _DAY)
    ] = 3600
    headers_seconds: Annotated[
        float, seconds("How long a request may take to send its headers; 0: no limit.", min=0, max=_DAY)
    ] = 10
    stream_idle_seconds: Annotated[
        float,
        seconds(
            "How long a request or a response may stand still, a WebSocket and a gRPC stream too; 0: no limit.",
            min=0, max=365 * _DAY,
        ),
    ] = 300  # fmt: skip
