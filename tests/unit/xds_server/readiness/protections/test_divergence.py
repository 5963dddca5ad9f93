"""Where the published state differs from the derived one."""

from krt import Change
from xds_server.readiness.protections.divergence import Divergence

PLACE = ("clusters", "a")


def test_a_change_that_is_published_late_is_published_as_it_is_by_then() -> None:
    """From what is published still, to what is derived now, whatever it was meanwhile."""
    derived: dict[str, dict[str, int]] = {"clusters": {"a": 1}}
    divergence = Divergence(derived)
    for value in (2, 3):
        old, derived["clusters"]["a"] = derived["clusters"]["a"], value
        divergence.begin({PLACE: Change(old, value)})

    assert divergence.changes_at([PLACE, ("clusters", "b")]) == {PLACE: (1, 3)}
    assert divergence.changes_to({PLACE: 1}) == {PLACE: (1, 1)}

    divergence.record_published(PLACE, 3)
    assert not divergence.places


def test_what_is_published_in_place_of_what_is_derived_is_a_difference() -> None:
    """Until it is derived again."""
    divergence = Divergence({"clusters": {"a": 2}})

    divergence.record_published(PLACE, 1)

    assert list(divergence.places) == [PLACE]
    assert divergence.changes_at([PLACE]) == {PLACE: (1, 2)}
