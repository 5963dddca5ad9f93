"""A liveness check for something that must run again and again, such as an event loop."""

from probes.gate import Clock
from probes.layer import Failed, Passed, Verdict


class Heartbeat:
    """A check that passes while the last beat is at most *max_age_seconds* old. Creating it counts as a beat.

    `beat` and `verdict` may be called from different threads.
    Raises: ValueError, unless *max_age_seconds* is above 0.
    """

    def __init__(self, clock: Clock, max_age_seconds: float) -> None:
        if max_age_seconds <= 0:
            raise ValueError(f"max_age_seconds is {max_age_seconds}: give a number above 0")
        self._clock = clock
        self._max_age_seconds = max_age_seconds
        self._last_beat = clock()

    def beat(self) -> None:
        """Records that the observed code ran. Call it more often than every *max_age_seconds*."""
        self._last_beat = self._clock()

    def verdict(self) -> Verdict:
        """Failed if the last beat is too old."""
        age = self._clock() - self._last_beat
        if age > self._max_age_seconds:
            return Failed(f"no beat for {age:.1f} s, at most {self._max_age_seconds:g} s are allowed")
        return Passed()
