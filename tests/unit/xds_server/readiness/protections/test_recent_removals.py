"""What was taken away lately: it counts for a while, and is then forgotten."""

from xds_server.readiness.protections.recent_removals import PAUSE_SECONDS, WINDOW_SECONDS, RecentRemovals
from xds_server.readiness.protections.shrink_guard import removed

_STEP = PAUSE_SECONDS / 2


def _came_and_went(burst: RecentRemovals, number: int, now: float) -> None:
    burst.note({"routes": {number: (None, "new")}}, now, lossy=False)
    burst.note({"routes": {number: ("new", None)}}, now, lossy=True)


def test_a_burst_without_an_end_keeps_no_more_than_its_window() -> None:
    """Where objects come and go all the time, there is never a pause, and what is remembered stays as large as it is."""
    burst = RecentRemovals({"routes": removed})
    for number in range(5_000):
        _came_and_went(burst, number, number * _STEP)

    most = WINDOW_SECONDS / _STEP + 1
    assert len(burst.changes["routes"]) <= most
    assert len(burst._noted) <= most
    assert len(burst._came) <= most
    assert len(burst._latest) <= most
    assert burst.removed("routes") <= most
    assert burst.lost("routes") == 0  # as many came as went


def test_a_loss_counts_within_the_window_and_then_no_more() -> None:
    """Ten deletions are ten for a minute, though others follow; after it those that followed are left."""
    burst = RecentRemovals({"routes": removed})
    for number in range(10):
        burst.note({"routes": {number: ("old", None)}}, 0.0, lossy=True)
    now = 0.0
    while now + _STEP <= WINDOW_SECONDS:
        now += _STEP
        burst.note({"clusters": {now: ("old", None)}}, now, lossy=True)
    assert burst.lost("routes") == 10

    burst.note({"clusters": {"last": ("old", None)}}, now + _STEP, lossy=True)
    assert burst.lost("routes") == burst.removed("routes") == 0
    assert not burst.changes["routes"]


def test_a_key_that_changes_again_is_kept_from_then_on() -> None:
    """It is what it was before the first change, until the window after the last one is over."""
    burst = RecentRemovals({"routes": removed})
    burst.note({"routes": {"a": ("1", "2")}}, 0.0, lossy=True)
    burst.note({"routes": {"a": ("2", None)}}, _STEP, lossy=True)
    now = _STEP
    while now + _STEP <= WINDOW_SECONDS + _STEP:
        now += _STEP
        burst.note({"clusters": {now: ("old", None)}}, now, lossy=True)

    assert burst.changes["routes"] == {"a": ("1", None)}
