"""A resource whose loss is in doubt is retained, each by its own clock."""

from collections.abc import Iterable
from typing import Any

from tests.support.changes import ByCollection, Nested
from xds_server.model.admission import ChangeOutcome
from xds_server.readiness.protections.change_set import Changes, Place, ResourceChange
from xds_server.readiness.protections.retention import CATCH_UP_SECONDS, Retention, SourceFreshness

LOST: Nested = {"clusters": {"a": (1, None)}}


class Removals:
    """Everything that goes depends on two kinds."""

    def __init__(self) -> None:
        self.kept: list[Place] = []

    def record_step(self, changes: Changes) -> None:
        pass

    def depends_on(self, place: Place, change: ResourceChange) -> frozenset[str]:
        return frozenset({"services", "httproutes"}) if change.new is None else frozenset()

    def keep(self, places: Iterable[Place]) -> None:
        self.kept = list(places)


class Rig:
    """A retention of ten seconds whose clock is set by hand, and how its holds ended."""

    def __init__(self) -> None:
        self.now = 100.0
        self.begun: list[str] = []
        self.ended: list[tuple[str, ChangeOutcome]] = []
        self.losses = Removals()
        self.freshness = SourceFreshness(lambda: self.now)
        retention = Retention(
            10.0,
            self.freshness,
            self.losses,
            clock=lambda: self.now,
            on_begin=lambda which: self.begun.extend(key for _, key in which),
            on_end=lambda which, by: self.ended.extend((key, by) for _, key in which),
        )
        self.retention = ByCollection(retention)

    def pass_time(self, seconds: float) -> Any:
        self.now += seconds
        return self.retention.release_due()


def test_in_touch_everything_is_believed() -> None:
    """A deletion is a deletion, when nothing is in doubt."""
    rig = Rig()

    assert rig.retention.admit(LOST) == LOST
    assert (rig.begun, rig.retention.why()) == ([], "")


def test_a_loss_in_doubt_stays_and_says_why() -> None:
    """And what takes nothing away passes meanwhile."""
    rig = Rig()
    rig.freshness.record("services", stale=True)

    assert rig.retention.admit({"clusters": {"a": (1, None), "b": (1, 2)}}) == {"clusters": {"b": (1, 2)}}

    rig.now += 4
    why = "1 resources retained although they were removed (oldest: clusters 'a', 4 s of at most 10 s): services out of touch"
    assert rig.retention.why() == why
    assert (rig.begun, rig.losses.kept) == (["a"], [("clusters", "a")])


def test_it_is_confirmed_when_all_that_it_rests_on_is_in_touch_and_has_caught_up() -> None:
    """Not in the moment of the first word: what was missed comes after it."""
    rig = Rig()
    rig.freshness.record("services", stale=True)
    rig.retention.admit(LOST)

    assert rig.pass_time(3) == {}
    rig.freshness.record("services", stale=False)
    assert rig.pass_time(CATCH_UP_SECONDS / 2) == {}
    assert rig.pass_time(CATCH_UP_SECONDS / 2) == LOST
    assert rig.ended == [("a", "confirmed")]
    assert (rig.retention.retained, rig.losses.kept) == ({}, [])


def test_each_has_its_own_clock() -> None:
    """The second to be lost stays when the time of the first is up."""
    rig = Rig()
    rig.freshness.record("httproutes", stale=True)
    rig.retention.admit(LOST)
    rig.now += 6
    rig.retention.admit({"clusters": {"b": (2, None)}})

    assert rig.pass_time(4) == LOST
    assert rig.pass_time(6) == {"clusters": {"b": (2, None)}}
    assert rig.ended == [("a", "timeout"), ("b", "timeout")]


def test_what_comes_back_was_never_away() -> None:
    """Nothing is published, unless it came back another."""
    rig = Rig()
    rig.freshness.record("services", stale=True)
    rig.retention.admit({"clusters": {"a": (1, None), "b": (1, None)}})

    assert rig.retention.admit({"clusters": {"a": (None, 1), "b": (None, 2)}}) == {"clusters": {"b": (1, 2)}}
    assert rig.ended == [("a", "recovered"), ("b", "recovered")]


def test_lost_again_is_lost_since_then() -> None:
    """A second word about the same loss does not set its clock back."""
    rig = Rig()
    rig.freshness.record("services", stale=True)
    rig.retention.admit(LOST)
    rig.now += 9
    assert rig.retention.admit({"clusters": {"a": (None, None)}}) == {}

    assert rig.pass_time(1) == LOST


def test_somebody_may_vouch_for_it() -> None:
    """What was confirmed elsewhere is not retained, and ends what is; an operator ends everything."""
    rig = Rig()
    rig.freshness.record("services", stale=True)
    rig.retention.admit(LOST)

    assert rig.retention.admit({"clusters": {"a": (None, None), "b": (1, None)}}, certain=True) == {
        "clusters": {"a": (1, None), "b": (1, None)}
    }
    rig.retention.admit({"clusters": {"c": (3, None)}})
    assert rig.retention.release_all() == {"clusters": {"c": (3, None)}}
    assert rig.retention.release_all() == {}
    assert rig.ended == [("a", "confirmed"), ("c", "operator")]
