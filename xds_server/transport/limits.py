"""What a client may ask of us, and who has taken how much of it. Pure: the time is given."""

from collections import Counter
from typing import Final, Literal

import msgspec

LimitKind = Literal["streams", "connection", "rate"]
"""Why a stream is one too many: in all, on its connection, or in this second."""


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """Limits, each far beyond what proxies do. Whoever meets one is told RESOURCE_EXHAUSTED and which."""

    streams: int = 10_000
    streams_per_connection: int = 100
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
    connection_seconds: float = 1800
    """After about that time (gRPC varies it by a tenth) a connection is to be replaced, perhaps by one to another
    replica; 0 for never."""
    goodbye_seconds: float = 10
    """How long the streams on such a connection may go on."""
    answer_seconds: float = 30
    """When a client has not answered a response for so long, a newer state is sent nevertheless (R146)."""
    rollout_seconds: float = 5
    """How long a type may wait for another, for make before break (R125)."""


_NEW_STREAM_WAIT: Final = 1.0


class Bucket:
    """Tokens that come at a rate, and of which *burst* may be saved."""

    __slots__ = ("_allowance", "_interval", "_next")

    def __init__(self, rate: float, burst: int) -> None:
        self._interval = 1 / rate
        self._allowance = (burst - 1) / rate
        self._next = float("-inf")  # When the next token would be due, had none been saved.

    def take(self, now: float, patience: float = float("inf")) -> float | None:
        """Takes a token, and returns in how many seconds it is there; None, and none taken, if that is too long."""
        due = max(self._next, now)
        wait = max(0.0, due - self._allowance - now)
        if wait > patience:
            return None
        self._next = due + self._interval
        return wait


class Turnstile:
    """Counts the streams that are open."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._open: Counter[str] = Counter()
        self._total = 0
        self._bucket = Bucket(limits.new_streams_per_second, limits.new_streams_burst)

    def enter(self, peer: str, now: float) -> float | LimitKind:
        """Counts a stream on the connection *peer*: after how many seconds it may begin, or why it may not.

        What entered has to `leave`.
        """
        if self._total >= self._limits.streams:
            return "streams"
        if self._open[peer] >= self._limits.streams_per_connection:
            return "connection"
        wait = self._bucket.take(now, _NEW_STREAM_WAIT)
        if wait is None:
            return "rate"
        self._open[peer] += 1
        self._total += 1
        return wait

    def leave(self, peer: str) -> None:
        """Counts a stream as gone."""
        self._open[peer] -= 1
        self._total -= 1
        if not self._open[peer]:
            del self._open[peer]

    def reason(self, kind: LimitKind) -> str:
        """What a client is told."""
        limits = self._limits
        match kind:
            case "streams":
                return f"{limits.streams} streams are open, which is the limit: try another replica"
            case "connection":
                return f"{limits.streams_per_connection} streams are open on this connection, which is the limit: close some"
            case "rate":
                return f"more than {limits.new_streams_per_second:g} streams are opened per second: try again later"
