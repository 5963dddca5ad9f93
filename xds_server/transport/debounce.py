"""Bursts of changes made one. Pure: the time is given."""

import msgspec


class Debounce(msgspec.Struct):
    """Merges bursts: due after *quiet_seconds* of silence, never later than *ceiling_seconds* after the first note.

    Units: seconds on the caller's monotonic clock.
    """

    quiet_seconds: float = 0.0
    ceiling_seconds: float = 0.0
    _first: float | None = None
    _last: float = 0.0

    def __post_init__(self) -> None:
        if not 0 <= self.quiet_seconds <= self.ceiling_seconds:
            raise ValueError(
                f"debounce has quiet time {self.quiet_seconds} s and ceiling {self.ceiling_seconds} s: give 0 <= quiet <= ceiling"
            )

    def note(self, now: float) -> float:
        """Notes a change, and returns when to act."""
        self._first = now if self._first is None else self._first
        self._last = now
        return self.due_at

    @property
    def due_at(self) -> float:
        """When to act on what was noted; infinite, if nothing was."""
        if self._first is None:
            return float("inf")
        return min(self._last + self.quiet_seconds, self._first + self.ceiling_seconds)

    def taken(self) -> None:
        """Notes that what was noted has been acted upon."""
        self._first = None
