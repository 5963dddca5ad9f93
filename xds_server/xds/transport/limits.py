"""What a client may ask of the server, as numbers."""

from dataclasses import dataclass
from typing import Annotated, Final

from xds_server.model.setting import number, seconds

MAX_NUMBER: Final = 1_000_000_000
"""Of any limit: what fits into the options of gRPC, doubled."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Limits, each far beyond what proxies do. Whoever meets one is told RESOURCE_EXHAUSTED and which."""

    streams: Annotated[int, number("How many streams may be open.", 1, MAX_NUMBER)] = 10_000
    streams_per_connection: Annotated[int, number("How many streams one connection may have open.", 1, MAX_NUMBER)] = (
        100
    )
    streams_per_address: Annotated[
        int,
        number(
            "How many streams one IP address, or one /64 of IPv6, may have open; 0: half of streams.",
            1, MAX_NUMBER, or_zero=True,
        ),
    ] = 0  # fmt: skip
    silent_streams: int = 1000
    """Streams that have made no request yet. Beyond that the address that has most of them loses its oldest."""
    first_request_seconds: float = 10
    """How long a stream may be silent at its beginning; and a connection, before it speaks HTTP/2."""
    idle_seconds: float = 60
    """How long a connection may have no stream."""
    side_streams: int = 500
    """Calls of health, reflection and client status at a time; a quarter of them from one address."""
    new_streams_per_second: float = 500
    new_streams_burst: int = 1000
    """So many may come at once: all proxies do, after a restart. Who comes later waits for up to a second."""
    requests_per_second: float = 1000
    """On one stream; what comes faster is read later, so that a flood costs the others little."""
    requests_burst: int = 1000
    request_bytes: Annotated[
        int,
        number(
            "How large a request may be. A delta request names every resource that a proxy has, with its version.",
            1, MAX_NUMBER,
        ),
    ] = 16 << 20  # fmt: skip
    requests_at_the_gate: int = 1000
    """Requests of an incremental stream that may wait for us to be ready."""
    stream_bytes: int = 24 << 20
    """What a stream may have us keep: requests that wait for us to be ready, and names that are not published."""
    client_bytes: Annotated[
        int,
        number(
            "How much all streams together may have the server keep: requests that wait, and names that are not "
            "published. One address may take half of it.",
            1, MAX_NUMBER,
        ),
    ] = 256 << 20  # fmt: skip
    answer_bytes: int = 64 << 20
    """Size of an answer about the status of clients."""
    connection_seconds: Annotated[
        float,
        seconds(
            "After about this time (gRPC varies it by a tenth) a client is asked to open a new connection, perhaps to "
            "another replica; 0: never."
        ),
    ] = 1800
    goodbye_seconds: float = 10
    """How long the streams on such a connection may go on."""
    http_connections: Annotated[
        int,
        number(
            "How many connections the HTTP port may have. A new one replaces the one that has been idle, or late, for "
            "the longest time.",
            1, MAX_NUMBER,
        ),
    ] = 256  # fmt: skip
    http_connections_per_peer: int = 64
    """... and from one IP address, or one /64."""
    answer_seconds: float = 30
    """When a client has not answered a response for so long, a newer state is sent nevertheless (R146)."""
    rollout_seconds: float = 5
    """How long a type may wait for another, for make before break (R125)."""

    @property
    def of_address(self) -> int:
        """How many streams one address may have open."""
        return self.streams_per_address or (self.streams + 1) // 2
