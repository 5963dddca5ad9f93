"""Who may come, when, and how many."""

import pytest

from xds_server.limits import Limits
from xds_server.transport.debounce import Debounce
from xds_server.transport.limits import Bucket, Turnstile


def test_a_bucket_gives_its_burst_and_then_its_rate() -> None:
    """The saved tokens are there at once, later ones at intervals."""
    bucket = Bucket(10, 3)
    waits = [bucket.take(100.0) for _ in range(5)]
    assert waits == [0, 0, 0, pytest.approx(0.1), pytest.approx(0.2)]


def test_a_bucket_fills_up_to_its_burst_and_no_further() -> None:
    """A long rest saves no more than the burst."""
    bucket = Bucket(10, 2)
    for _ in range(2):
        bucket.take(0.0)
    assert [bucket.take(1000.0) for _ in range(3)] == [0, 0, pytest.approx(0.1)]


def test_who_would_wait_too_long_takes_nothing() -> None:
    """A refused token is not missed by those who come after it."""
    bucket = Bucket(1, 1)
    bucket.take(0.0)
    assert [bucket.take(0.0, 0.5) for _ in range(100)] == [None] * 100
    assert bucket.take(0.6, 0.5) == pytest.approx(0.4)


def test_the_turnstile_counts_all_and_by_connection() -> None:
    """One too many is told why; who leaves makes room."""
    turnstile = Turnstile(Limits(streams=3, streams_per_connection=2))
    assert [turnstile.enter("a", 0), turnstile.enter("a", 0), turnstile.enter("a", 0)] == [0, 0, "connection"]
    assert [turnstile.enter("b", 0), turnstile.enter("c", 0)] == [0, "streams"]
    turnstile.leave("a")
    assert turnstile.enter("c", 0) == 0
    for peer in ("a", "b", "c"):
        turnstile.leave(peer)
    assert turnstile._open == {}


def test_new_streams_come_at_a_rate() -> None:
    """Who comes in a burst waits a little, and is refused if that is more than a second."""
    turnstile = Turnstile(Limits(new_streams_per_second=2, new_streams_burst=1))
    assert [turnstile.enter("a", 0) for _ in range(4)] == [0, 0.5, 1.0, "rate"]


@pytest.mark.parametrize("kind", ["streams", "connection", "rate"])
def test_reasons_name_the_limit(kind: str) -> None:
    """What a client is told has the number in it, and what to do."""
    text = Turnstile(Limits(streams=7, streams_per_connection=7, new_streams_per_second=7)).reason(kind)  # type: ignore[arg-type]
    assert "7" in text
    assert ": " in text


def test_a_burst_is_over_after_a_quiet_time() -> None:
    """Each note prolongs the wait, up to the ceiling."""
    debounce = Debounce(1.0, 2.5)
    assert debounce.due_at == float("inf")
    assert [debounce.note(now) for now in (10.0, 10.9, 11.8, 12.4)] == [11.0, 11.9, 12.5, 12.5]
    debounce.taken(12.5)
    assert debounce.due_at == float("inf")
    assert debounce.note(20.0) == 21.0


def test_after_a_step_there_is_a_rest() -> None:
    """What comes alone is due at once; what follows a step closely, when the rest is over; also if it is quiet earlier."""
    debounce = Debounce(rest_seconds=1.0)
    assert debounce.note(10.0) == 10.0
    debounce.taken(10.1)
    assert [debounce.note(now) for now in (10.2, 10.9)] == [11.1, 11.1]
    debounce.taken(11.1)
    assert debounce.note(12.5) == 12.5


def test_a_debounce_that_cannot_be_is_refused() -> None:
    """The quiet time fits under the ceiling."""
    with pytest.raises(ValueError, match="quiet"):
        Debounce(2.0, 1.0)
