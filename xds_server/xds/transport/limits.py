"""How much of the server's resources clients may use. It is a setting of the server."""

from dataclasses import dataclass
from typing import Annotated, Final

from xds_server.model.setting import number, seconds

MAX_NUMBER: Final = 1_000_000_000
"""Of any limit: what fits into the options of gRPC, doubled."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Each limit is far beyond what proxies need. A client that exceeds one gets RESOURCE_EXHAUSTED and the limit's name."""

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
    """Streams that have made no request yet. Beyond that, the address with most of them loses its oldest."""
    first_request_seconds: float = 10
    """How long a stream may take until its first request, and a connection until it speaks HTTP/2."""
    idle_seconds: float = 60
    """How long a connection may be without a stream."""
    auxiliary_calls: int = 500
    """Open calls of health, reflection and client status; a quarter of them from one address."""
    new_streams_per_second: float = 500
    new_streams_burst: int = 1000
    """How many may open at once, as after a restart of the server. Further streams wait for up to a second."""
    requests_per_second: float = 1000
    """On one stream. Faster requests are read later, so that a flood costs other streams little."""
    requests_burst: int = 1000
    request_bytes: Annotated[
        int,
        number(
            "How large a request may be. A delta request names every resource that a proxy has, with its version.",
            1, MAX_NUMBER,
        ),
    ] = 16 << 20  # fmt: skip
    requests_at_the_gate: int = 1000
    """Requests of a delta stream that is not admitted yet."""
    stream_bytes: int = 24 << 20
    """Bytes that the server keeps for one stream: requests before its admission, and names that are not published."""
    client_bytes: Annotated[
        int,
        number(
            "How much all streams together may have the server keep: requests that wait, and names that are not "
            "published. One address may take half of it.",
            1, MAX_NUMBER,
        ),
    ] = 256 << 20  # fmt: skip
    answer_bytes: int = 64 << 20
    """Size of an answer of client status discovery."""
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
    """The same from one IP address, or one /64 of IPv6."""
    answer_seconds: float = 30
    """After this time without an answer to a response, a newer response of the type is sent nevertheless (R146)."""
    rollout_seconds: float = 5
    """How long a type may wait for another type, for make before break (R125)."""

    @property
    def per_address(self) -> int:
        """How many streams one address may have."""
        return self.streams_per_address or (self.streams + 1) // 2
