"""The heartbeat."""

import pytest

from probes import Failed, Heartbeat, Passed


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_a_heartbeat_passes_while_the_last_beat_is_young_enough() -> None:
    """Creating it is the first beat; exactly the allowed age still passes; after a beat it passes again."""
    clock = Clock()
    heartbeat = Heartbeat(clock, max_age_seconds=10)

    clock.now = 10
    assert heartbeat.verdict() == Passed()

    clock.now = 12.5
    assert heartbeat.verdict() == Failed("no beat for 12.5 s, at most 10 s are allowed")

    heartbeat.beat()
    assert heartbeat.verdict() == Passed()


def test_the_age_must_be_above_zero() -> None:
    """A heartbeat of age 0 would always fail."""
    with pytest.raises(ValueError, match="above 0"):
        Heartbeat(Clock(), max_age_seconds=0)
