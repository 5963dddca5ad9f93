"""The heartbeat."""

import pytest

from probes import Failed, Heartbeat, Passed


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_a_heart_beats_while_the_last_beat_is_young_enough() -> None:
    """Being made is the first beat; exactly the allowed age still passes; a beat mends it."""
    clock = Clock()
    heartbeat = Heartbeat(clock, max_age_seconds=10)

    clock.now = 10
    assert heartbeat.verdict() == Passed()

    clock.now = 12.5
    assert heartbeat.verdict() == Failed("no beat for 12.5 s, at most 10 s are allowed")

    heartbeat.beat()
    assert heartbeat.verdict() == Passed()


def test_an_age_of_nothing_is_refused() -> None:
    """A heart that must beat all the time is a mistake."""
    with pytest.raises(ValueError, match="above 0"):
        Heartbeat(Clock(), max_age_seconds=0)
