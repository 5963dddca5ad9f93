"""What a client may ask of us, as numbers: a setting of the server, and what the transport keeps to."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Limits, each far beyond what proxies do. Whoever meets one is told RESOURCE_EXHAUSTED and which."""

    streams: int = 10_000
    streams_per_connection: int = 100
    streams_per_address: int = 0
    """From one IP address, or one /64 of IPv6; 0 for half of `streams`."""
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
    request_bytes: int = 16 << 20
    """An incremental request names all that a proxy has, with versions."""
    requests_at_the_gate: int = 1000
    """Requests of an incremental stream that may wait for us to be ready."""
    stream_bytes: int = 24 << 20
    """What a stream may have us keep: requests that wait for us to be ready, and names that are not published."""
    client_bytes: int = 256 << 20
    """The same, of all streams; those of one address may take half of it."""
    answer_bytes: int = 64 << 20
    """Size of an answer about the status of clients."""
    connection_seconds: float = 1800
    """After about that time (gRPC varies it by a tenth) a connection is to be replaced, perhaps by one to another
    replica; 0 for never."""
    goodbye_seconds: float = 10
    """How long the streams on such a connection may go on."""
    http_connections: int = 256
    """On the HTTP port, in all. A newer one takes the place of the one that has been idle, or late, for the longest."""
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


MOST = 1_000_000_000
"""Of any limit: what fits into the options of gRPC, doubled."""
MAY_BE_ZERO = frozenset({"connection_seconds", "streams_per_address"})
