"""Who has taken how much of what a client may ask of us. Pure: the time is given."""

from collections import Counter
from typing import Final

from xds_server.gating import LimitKind
from xds_server.limits import Limits

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
