"""What is lost by halves stays, each by its own clock."""

from collections.abc import Iterable

from xds_server.model.admission import ChangeOutcome
from xds_server.readiness.protections.retention import CATCH_UP_SECONDS, Key, Retention, SourceFreshness
from xds_server.readiness.protections.shrink_guard import Change, Changes

LOST: Changes = {"clusters": {"a": (1, None)}}


class Removals:
    """Everything that goes rests on two kinds."""

    def __init__(self) -> None:
        self.kept: list[Key] = []

    def note(self, changes: Changes) -> None:
        pass

    def depends_on(self, key: Key, change: Change) -> frozenset[str]:
        return frozenset({"services", "httproutes"}) if change[1] is None else frozenset()

    def keep(self, keys: Iterable[Key]) -> None:
        self.kept = list(keys)


class Rig:
    """A carry-over of ten seconds whose clock is set by hand, and how its holds ended."""

    def __init__(self) -> None:
        self.now = 100.0
        self.begun: list[str] = []
        self.ended: list[tuple[str, ChangeOutcome]] = []
        self.losses = Removals()
        self.freshness = SourceFreshness(lambda: self.now)
        self.retention = Retention(
            10.0,
            self.freshness,
            self.losses,
            clock=lambda: self.now,
            on_begin=lambda which: self.begun.extend(key for _, key in which),
            on_end=lambda which, by: self.ended.extend((key, by) for _, key in which),
        )

    def pass_time(self, seconds: float) -> Changes:
        self.now += seconds
        return self.retention.due()


def test_in_touch_everything_is_believed() -> None:
    """A deletion is a deletion, when nothing is in doubt."""
    rig = Rig()

    assert rig.retention.admit(LOST) == LOST
    assert (rig.begun, rig.retention.why()) == ([], "")


def test_a_loss_in_doubt_stays_and_says_why() -> None:
    """And what takes nothing away passes meanwhile."""
    rig = Rig()
    rig.freshness.note("services", lost=True)

    assert rig.retention.admit({"clusters": {"a": (1, None), "b": (1, 2)}}) == {"clusters": {"b": (1, 2)}}

    rig.now += 4
    why = "1 lost by halves and carried over, clusters 'a' for 4 s of at most 10: services out of touch"
    assert rig.retention.why() == why
    assert (rig.begun, rig.losses.kept) == (["a"], [("clusters", "a")])


def test_it_is_confirmed_when_all_that_it_rests_on_is_in_touch_and_has_caught_up() -> None:
    """Not in the moment of the first word: what was missed comes after it."""
    rig = Rig()
    rig.freshness.note("services", lost=True)
    rig.retention.admit(LOST)

    assert rig.pass_time(3) == {}
    rig.freshness.note("services", lost=False)
    assert rig.pass_time(CATCH_UP_SECONDS / 2) == {}
    assert rig.pass_time(CATCH_UP_SECONDS / 2) == LOST
    assert rig.ended == [("a", "confirmed")]
    assert (rig.retention.retained, rig.losses.kept) == ({}, [])


def test_each_has_its_own_clock() -> None:
    """The second to be lost stays when the time of the first is up."""
    rig = Rig()
    rig.freshness.note("httproutes", lost=True)
    rig.retention.admit(LOST)
    rig.now += 6
    rig.retention.admit({"clusters": {"b": (2, None)}})

    assert rig.pass_time(4) == LOST
    assert rig.pass_time(6) == {"clusters": {"b": (2, None)}}
    assert rig.ended == [("a", "timeout"), ("b", "timeout")]


def test_what_comes_back_was_never_away() -> None:
    """Nothing is published, unless it came back another."""
    rig = Rig()
    rig.freshness.note("services", lost=True)
    rig.retention.admit({"clusters": {"a": (1, None), "b": (1, None)}})

    assert rig.retention.admit({"clusters": {"a": (None, 1), "b": (None, 2)}}) == {"clusters": {"b": (1, 2)}}
    assert rig.ended == [("a", "recovered"), ("b", "recovered")]


def test_lost_again_is_lost_since_then() -> None:
    """A second word about the same loss does not set its clock back."""
    rig = Rig()
    rig.freshness.note("services", lost=True)
    rig.retention.admit(LOST)
    rig.now += 9
    assert rig.retention.admit({"clusters": {"a": (None, None)}}) == {}

    assert rig.pass_time(1) == LOST


def test_somebody_may_vouch_for_it() -> None:
    """What was confirmed elsewhere is not carried over, and ends what is; an operator ends everything."""
    rig = Rig()
    rig.freshness.note("services", lost=True)
    rig.retention.admit(LOST)

    assert rig.retention.admit({"clusters": {"a": (None, None), "b": (1, None)}}, certain=True) == {
        "clusters": {"a": (1, None), "b": (1, None)}
    }
    rig.retention.admit({"clusters": {"c": (3, None)}})
    assert rig.retention.override() == {"clusters": {"c": (3, None)}}
    assert rig.retention.override() == {}
    assert rig.ended == [("a", "confirmed"), ("c", "operator")]
