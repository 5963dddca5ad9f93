"""The shrink guard: what passes, what is kept, and what becomes of it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.changes import ByCollection, Nested
from xds_server.readiness.config import ReadinessConfig
from xds_server.readiness.protections.recent_removals import MEMORY_SECONDS, PAUSE_SECONDS
from xds_server.readiness.protections.shrink_guard import ShrinkGuard, Tolerance, is_removal

CONFIG = ReadinessConfig()


def guard(share: float = 0.5, at_least: int = 2) -> ByCollection:
    tolerance = Tolerance(share=share, at_least=at_least)
    losses = {"clusters": is_removal, "routes": is_removal}
    return ByCollection(ShrinkGuard(tolerance, losses, additive=frozenset({"clusters"})))


def gone(*keys: str) -> dict[str, tuple[str, None]]:
    return {key: (f"{key}1", None) for key in keys}


@pytest.mark.parametrize(
    ("lost", "of", "exceeded"), [(10, 19, True), (10, 20, False), (9, 9, False), (500, 500, True), (0, 0, False)]
)
def test_the_default_limit_is_more_than_half_and_at_least_ten(lost: int, of: int, exceeded: bool) -> None:
    """A few of a few are no mass deletion."""
    assert Tolerance(share=CONFIG.shrink_share, at_least=CONFIG.shrink_at_least).is_exceeded(lost, of) is exceeded


def test_what_loses_little_passes_as_it_is() -> None:
    """One of three is not more than half."""
    one = guard()
    changes: Nested = {"clusters": gone("a")}

    assert one.admit(changes, {"clusters": 2}) == changes
    assert not one.holding


def test_a_mass_deletion_is_kept_with_all_that_belongs_to_it() -> None:
    """The listener that changed in the same transaction waits, too; a new cluster harms nobody and passes."""
    one = guard()
    changes: Nested = {
        "clusters": {**gone("a", "b"), "c": (None, "c1"), "d": ("d1", "d2")},
        "listeners": {"l": ("l1", "l2")},
    }

    passed = one.admit(changes, {"clusters": 2})

    assert passed == {"clusters": {"c": (None, "c1"), "d": ("d1", "d2")}}
    assert one.reason == "2 of 3 clusters"
    assert one.release() == {"clusters": gone("a", "b"), "listeners": {"l": ("l1", "l2")}}
    assert (one.holding, one.reason) == (False, "")


def test_what_comes_back_unchanged_was_never_away() -> None:
    """The guard lets go without a change to publish."""
    one = guard()
    one.admit({"routes": gone("a", "b", "c")}, {"routes": 0})

    passed = one.admit({"routes": {key: (None, f"{key}1") for key in "abc"}}, {"routes": 3})

    assert passed == {}
    assert not one.holding


def test_when_enough_is_back_the_rest_is_believed() -> None:
    """One of three is a deletion like any other."""
    one = guard()
    one.admit({"routes": gone("a", "b", "c")}, {"routes": 0})

    passed = one.admit({"routes": {"a": (None, "a2"), "b": (None, "b1")}}, {"routes": 2})

    assert passed == {"routes": {"a": ("a1", "a2"), "c": ("c1", None)}}
    assert not one.holding


def test_meanwhile_no_cluster_goes() -> None:
    """The routes that are kept may lead there. It goes with them, and prolongs nothing."""
    one = guard()
    one.admit({"routes": gone("a", "b", "c")}, {"routes": 0})

    assert one.admit({"clusters": {**gone("d"), "e": ("e1", "e2")}}, {"clusters": 9}) == {
        "clusters": {"e": ("e1", "e2")}
    }
    passed = one.admit({"routes": {key: (None, f"{key}1") for key in "abc"}}, {"routes": 3})
    assert passed == {"clusters": gone("d")}
    assert not one.holding


def test_meanwhile_other_changes_pass_and_kept_ones_are_renewed() -> None:
    """A hold is for what is suspect, not for everything after it; of a kept key the newest state is what is released."""
    one = guard()
    one.admit({"routes": gone("a", "b", "c"), "listeners": {"l": ("l1", "l2")}}, {"routes": 0})

    passed = one.admit({"listeners": {"l": ("l2", "l3"), "m": ("m1", "m2")}}, {"routes": 0})

    assert passed == {"listeners": {"m": ("m1", "m2")}}
    assert one.release()["listeners"] == {"l": ("l1", "l3")}


def test_a_kept_cluster_that_comes_back_different_passes_at_once() -> None:
    """From what is published to what is new, whatever else is held."""
    one = guard()
    one.admit({"clusters": gone("a", "b", "c", "d")}, {"clusters": 0})

    passed = one.admit({"clusters": {"a": (None, "a2")}}, {"clusters": 1})

    assert passed == {"clusters": {"a": ("a1", "a2")}}
    assert one.reason == "3 of 4 clusters"


KEYS = st.sampled_from("abcdefgh")
STEPS = st.lists(
    st.tuples(st.sampled_from([0.1, 5.0]), st.dictionaries(KEYS, st.sampled_from([None, 1, 2]), min_size=1)),
    max_size=20,
)


@given(STEPS, st.booleans())
def test_published_and_kept_together_are_the_truth(
    steps: list[tuple[float, dict[str, int | None]]], additive: bool
) -> None:
    """Whatever happens, publishing what passes and at last what is kept gives the newest state, each change in order."""
    name = "clusters" if additive else "routes"
    one = guard()
    truth: dict[str, int | None] = {}
    published: dict[str, int | None] = {}

    def publish(changes: Nested) -> None:
        for key, (old, new) in changes.get(name, {}).items():
            assert published.get(key) == old
            assert old != new
            published[key] = new

    now = 0.0
    for seconds, step in steps:
        changes = {key: (truth.get(key), new) for key, new in step.items() if truth.get(key) != new}
        truth.update(step)
        now += seconds
        publish(one.admit({name: changes}, {name: sum(one is not None for one in truth.values())}, now))
        published.update(one.take_restored().get(name, {}))
    publish(one.release())

    assert {key: value for key, value in published.items() if value} == {key: v for key, v in truth.items() if v}


def one_by_one(one: ByCollection, keys: str, seconds: float) -> list[str]:
    """Deletes routes, so many seconds apart; returns those that passed."""
    passed = []
    for number, key in enumerate(keys, 1):
        changes: Nested = {"routes": gone(key)}
        passed += one.admit(changes, {"routes": len(keys) - number}, 100.0 + number * seconds).get("routes", {})
    return passed


def test_losses_without_a_pause_are_kept_as_one() -> None:
    """As when a kind goes and takes its objects with it, one event each: what went first is there again."""
    one = guard()

    assert one_by_one(one, "abcdef", 0.01) == ["a", "b", "c"]
    assert one.take_restored() == {"routes": {key: f"{key}1" for key in "abc"}}
    assert (one.reason, one.take_restored()) == ("6 of 6 routes", {})
    assert one.release() == {"routes": gone(*"abcdef")}


def test_losses_with_pauses_are_believed() -> None:
    """Somebody looks at what they delete."""
    one = guard()

    assert one_by_one(one, "abcdef", PAUSE_SECONDS) == list("abcdef")
    assert not one.holding


def test_what_comes_in_the_place_of_what_goes_makes_up_for_it() -> None:
    """All routes get other names, one after the other: nothing is lost."""
    one = guard()
    for key, new in zip("abcd", "ABCD", strict=True):
        one.admit({"routes": gone(key)}, {"routes": 3}, 100.0)
        one.admit({"routes": {new: (None, 1)}}, {"routes": 4}, 100.0)

    assert not one.holding


@pytest.mark.parametrize(("later", "recalled"), [(MEMORY_SECONDS - 0.1, True), (MEMORY_SECONDS, False)])
def test_of_a_kind_that_is_gone_no_loss_is_believed(later: float, recalled: bool) -> None:
    """One of one is enough, if it went a moment ago, and it is kept however little it is."""
    one = guard()
    one.admit({"routes": gone("a"), "listeners": {"l": ("l1", "l2")}}, {"routes": 9}, 100.0)

    one.recall(["routes"], 100.0 + later)

    assert one.take_restored() == ({"routes": {"a": "a1"}, "listeners": {"l": "l1"}} if recalled else {})
    assert one.release_if_tolerable() == {}
    assert one.holding is recalled


def test_a_loss_that_was_not_published_and_is_none_any_more_is_not_take_restored() -> None:
    """Somebody else kept it back: what is derived again is what is published, and nothing older takes its place."""
    one = guard()
    one.admit({"clusters": {"a": ("a1", "a2")}, "routes": gone("x")}, {"clusters": 9, "routes": 9}, 100.0)
    one.admit({"clusters": {"a": ("a2", None)}}, {"clusters": 8, "routes": 9}, 100.1)
    one.admit({"clusters": {"a": ("a2", "a2")}}, {"clusters": 9, "routes": 9}, 100.2)

    one.admit({"routes": gone(*"bcdefgh")}, {"clusters": 9, "routes": 2}, 100.3)

    assert one.holding
    assert one.take_restored() == {"routes": {"x": "x1"}}
