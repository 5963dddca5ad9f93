"""Bursts of changes made one. Pure: the time is given."""

import msgspec


class Debounce(msgspec.Struct):
    """When to act on changes: after *quiet_seconds* of silence, or *ceiling_seconds* after the first, whichever is earlier;
    and not sooner than *rest_seconds* after it was acted last.

    With a rest alone, a change that comes by itself is acted on at once, and what follows it closely is gathered. Units:
    seconds on the caller's monotonic clock.
    """  # noqa: D205  One sentence.

    quiet_seconds: float = 0.0
    ceiling_seconds: float = 0.0
    rest_seconds: float = 0.0
    _first: float | None = None
    _last: float = 0.0
    _taken: float = float("-inf")

    def __post_init__(self) -> None:
        if not 0 <= self.quiet_seconds <= self.ceiling_seconds:
            raise ValueError(
                f"debounce has quiet time {self.quiet_seconds} s and ceiling {self.ceiling_seconds} s: give 0 <= quiet <= ceiling"
            )

    def record_change(self, now: float) -> float:
        """Notes a change, and returns when to act."""
        self._first = now if self._first is None else self._first
        self._last = now
        return self.due_at

    @property
    def due_at(self) -> float:
        """When to act on what was noted; infinite, if nothing was."""
        if self._first is None:
            return float("inf")
        return max(
            min(self._last + self.quiet_seconds, self._first + self.ceiling_seconds), self._taken + self.rest_seconds
        )

    def record_action(self, now: float) -> None:
        """Notes that what was noted has been acted upon."""
        self._first, self._taken = None, now
