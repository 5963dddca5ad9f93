"""Makes one action of a burst of changes. Pure: the time is given."""

import msgspec


class Debounce(msgspec.Struct):
    """When to act on changes, in seconds on the caller's monotonic clock.

    That is *quiet_seconds* after the last change, but at most *ceiling_seconds* after the first one, and at least
    *rest_seconds* after the last action. With a rest alone, the first change after a quiet time is acted on at once, and
    the changes that follow it closely are acted on together.
    """

    quiet_seconds: float = 0.0
    ceiling_seconds: float = 0.0
    rest_seconds: float = 0.0
    _first: float | None = None
    _last: float = 0.0
    _acted_at: float = float("-inf")

    def __post_init__(self) -> None:
        if not 0 <= self.quiet_seconds <= self.ceiling_seconds:
            raise ValueError(
                f"debounce has quiet time {self.quiet_seconds} s and ceiling {self.ceiling_seconds} s: give 0 <= quiet <= ceiling"
            )

    def record_change(self, now: float) -> float:
        """Records a change, and returns when to act."""
        self._first = now if self._first is None else self._first
        self._last = now
        return self.due_at

    @property
    def due_at(self) -> float:
        """When to act on the recorded changes; infinity if there are none."""
        if self._first is None:
            return float("inf")
        return max(
            min(self._last + self.quiet_seconds, self._first + self.ceiling_seconds), self._acted_at + self.rest_seconds
        )

    def record_action(self, now: float) -> None:
        """Records that all changes so far were acted on."""
        self._first, self._acted_at = None, now
