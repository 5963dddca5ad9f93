"""What was taken away lately: it counts for a while, and is then forgotten."""

from tests.support.changes import by_collection, by_place
from xds_server.readiness.protections.recent_removals import PAUSE_SECONDS, WINDOW_SECONDS, RecentRemovals
from xds_server.readiness.protections.shrink_guard import is_removal

_STEP = PAUSE_SECONDS / 2


def _came_and_went(recent: RecentRemovals, number: int, now: float) -> None:
    recent.record(by_place({"routes": {number: (None, "new")}}), now, lossy=False)
    recent.record(by_place({"routes": {number: ("new", None)}}), now, lossy=True)


def test_a_burst_without_an_end_keeps_no_more_than_its_window() -> None:
    """Where objects come and go all the time, there is never a pause, and what is remembered stays as large as it is."""
    recent = RecentRemovals({"routes": is_removal})
    for number in range(5_000):
        _came_and_went(recent, number, number * _STEP)

    most = WINDOW_SECONDS / _STEP + 1
    assert len(by_collection(recent.changes)["routes"]) <= most
    assert len(recent._noted_at) <= most
    assert len(recent._added_at) <= most
    assert len(recent._latest) <= most
    assert recent.count_removed("routes") <= most
    assert recent.count_lost("routes") == 0  # as many came as went


def test_a_loss_counts_within_the_window_and_then_no_more() -> None:
    """Ten deletions are ten for a minute, though others follow; after it those that followed are left."""
    recent = RecentRemovals({"routes": is_removal})
    for number in range(10):
        recent.record(by_place({"routes": {number: ("old", None)}}), 0.0, lossy=True)
    now = 0.0
    while now + _STEP <= WINDOW_SECONDS:
        now += _STEP
        recent.record(by_place({"clusters": {now: ("old", None)}}), now, lossy=True)
    assert recent.count_lost("routes") == 10

    recent.record(by_place({"clusters": {"last": ("old", None)}}), now + _STEP, lossy=True)
    assert recent.count_lost("routes") == recent.count_removed("routes") == 0
    assert "routes" not in by_collection(recent.changes)


def test_a_key_that_changes_again_is_kept_from_then_on() -> None:
    """It is what it was before the first change, until the window after the last one is over."""
    recent = RecentRemovals({"routes": is_removal})
    recent.record(by_place({"routes": {"a": ("1", "2")}}), 0.0, lossy=True)
    recent.record(by_place({"routes": {"a": ("2", None)}}), _STEP, lossy=True)
    now = _STEP
    while now + _STEP <= WINDOW_SECONDS + _STEP:
        now += _STEP
        recent.record(by_place({"clusters": {now: ("old", None)}}), now, lossy=True)

    assert by_collection(recent.changes)["routes"] == {"a": ("1", None)}
