"""How a hold of a suspicious change begins and ends."""

from tests.support.changes import ByCollection, Nested
from xds_server.model.admission import ChangeOutcome
from xds_server.readiness.protections.shrink_guard import ShrinkGuard, Tolerance, is_removal
from xds_server.readiness.protections.shrink_hold import RELIST_AFTER_SECONDS, HeldChange, ShrinkHold

LOST: Nested = {"routes": dict.fromkeys("abc", (1, None))}


class Rig:
    """A shrink hold whose clock is set by hand, and what it said."""

    def __init__(self) -> None:
        self.now = 100.0
        self.begun: list[str] = []
        self.ended: list[tuple[ChangeOutcome, float]] = []
        self.asked: list[set[str]] = []
        guard = ShrinkGuard(Tolerance(share=0.5, at_least=2), {"routes": is_removal}, additive=frozenset())
        hold = ShrinkHold(
            guard,
            30,
            sources_of=lambda lost: frozenset({"httproutes", "gateways"}) if "routes" in lost else frozenset(),
            clock=lambda: self.now,
            on_begin=lambda held: self.begun.append(held.reason),
            on_end=self.end,
            relist=lambda kinds: self.asked.append(set(kinds)),
        )
        self.shrink_hold = ByCollection(hold)

    def end(self, held: HeldChange, by: ChangeOutcome, seconds: float) -> None:
        self.ended.append((by, seconds))

    def lose(self) -> None:
        assert self.shrink_hold.admit(LOST, {"routes": 0}) == {}


def test_a_hold_is_said_once_and_shows_why_and_for_how_long() -> None:
    """Later changes of others do not begin another."""
    rig = Rig()
    rig.lose()
    rig.now += 4
    rig.shrink_hold.admit({}, {"routes": 0})

    assert rig.begun == ["3 of 3 routes"]
    assert "would lose 3 of 3 routes: held for 4 s of at most 30" in rig.shrink_hold.why()


def test_it_ends_when_the_time_is_up() -> None:
    """Not before, and then with everything that was kept."""
    rig = Rig()
    rig.lose()
    rig.now += 29.9
    assert rig.shrink_hold.release_due() == {}
    rig.now += 0.1

    assert rig.shrink_hold.release_due() == LOST
    assert rig.ended == [("timeout", 30.0)]
    assert rig.shrink_hold.release_due() == {}
    assert rig.shrink_hold.why() == ""


def test_fresh_lists_of_all_kinds_that_may_have_brought_it_confirm_it() -> None:
    """Neither one of them alone does, nor any number of others."""
    rig = Rig()
    rig.lose()
    rig.now += 1

    assert rig.shrink_hold.kind_listed("services", 100.5) == {}
    assert rig.shrink_hold.kind_listed("httproutes", 100.5) == {}
    assert rig.shrink_hold.kind_listed("httproutes", 100.6) == {}
    assert rig.shrink_hold.kind_listed("gateways", 100.7) == LOST
    assert rig.ended == [("confirmed", 1.0)]


def test_these_lists_are_asked_for_once_and_not_at_once() -> None:
    """A server that has cut off one answer may cut off the next."""
    rig = Rig()
    rig.lose()
    assert (rig.shrink_hold.release_due(), rig.asked) == ({}, [])

    rig.now += RELIST_AFTER_SECONDS
    assert (rig.shrink_hold.release_due(), rig.shrink_hold.release_due()) == ({}, {})
    assert rig.asked == [{"httproutes", "gateways"}]


def test_a_list_begun_before_the_hold_confirms_nothing() -> None:
    """It may have been cut off in the same way."""
    rig = Rig()
    rig.lose()

    assert rig.shrink_hold.kind_listed("httproutes", 99.5) == {}
    assert rig.shrink_hold.kind_listed("gateways", 100.5) == {}
    assert rig.ended == []


def test_a_hold_that_grows_needs_newer_lists_and_no_other_clock() -> None:
    """What was lost later was not in the lists that came between; the budget is that of the first loss."""
    rig = Rig()
    rig.lose()
    rig.now += 5
    rig.shrink_hold.kind_listed("httproutes", 101.0)
    more: Nested = {"routes": dict.fromkeys("de", (1, None))}
    assert rig.shrink_hold.admit(more, {"routes": 0}) == {}

    assert rig.shrink_hold.kind_listed("gateways", 104.0) == {}
    rig.now += 25
    assert rig.shrink_hold.release_due() == {"routes": dict.fromkeys("abcde", (1, None))}
    assert rig.ended == [("timeout", 30.0)]


def test_what_comes_back_ends_it_as_converged() -> None:
    """Nothing is published, since nothing has changed."""
    rig = Rig()
    rig.lose()

    assert rig.shrink_hold.admit({"routes": dict.fromkeys("abc", (None, 1))}, {"routes": 3}) == {}
    assert rig.ended == [("recovered", 0.0)]


def test_an_operator_may_end_it() -> None:
    """Once; a second time there is nothing to end."""
    rig = Rig()
    rig.lose()

    assert rig.shrink_hold.release_all() == LOST
    assert rig.shrink_hold.release_all() == {}
    assert rig.ended == [("operator", 0.0)]
