"""A heartbeat: whether something that should go round and round still does."""

from probes.gate import Clock
from probes.layer import Failed, Passed, Verdict


class Heartbeat:
    """Passes while the last beat is at most *max_age_seconds* old; being made counts as the first beat.

    Beats and verdicts may come from different threads.
    """

    def __init__(self, clock: Clock, max_age_seconds: float) -> None:
        if max_age_seconds <= 0:
            raise ValueError(f"max_age_seconds is {max_age_seconds}: a heartbeat needs an age above 0 seconds")
        self._clock = clock
        self._max_age_seconds = max_age_seconds
        self._last = clock()

    def beat(self) -> None:
        """Says that it goes on."""
        self._last = self._clock()

    def verdict(self) -> Verdict:
        """Failed, if the last beat is too long ago."""
        age = self._clock() - self._last
        if age > self._max_age_seconds:
            return Failed(f"no beat for {age:.1f} s, at most {self._max_age_seconds:g} s are allowed")
        return Passed()
