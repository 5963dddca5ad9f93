"""A reflector keeps a source equal to the newest list and the changes after it."""

import pytest

import krt


@pytest.fixture
def reflector() -> krt.Reflector[str, int]:
    return krt.Reflector(krt.Graph(on_failure="raise").source("numbers"))


def test_a_list_is_invisible_until_it_is_complete(reflector: krt.Reflector[str, int]) -> None:
    """Nothing sees half a list; at its end the source has all of it and is synced."""
    reflector.begin()
    reflector.apply("a", 1)
    assert (reflector.listing, reflector.count, dict(reflector.source)) == (True, 1, {})

    reflector.listed()
    assert (reflector.listing, reflector.count, dict(reflector.source)) == (False, 1, {"a": 1})
    assert reflector.source.synced


def test_a_list_that_breaks_off_leaves_no_trace(reflector: krt.Reflector[str, int]) -> None:
    """The next list starts empty, and the contents of the source stay meanwhile."""
    reflector.begin()
    reflector.apply("a", 1)
    reflector.listed()

    reflector.begin()
    reflector.apply("ghost", 2)
    reflector.begin()
    reflector.apply("a", 3)
    reflector.listed()

    assert dict(reflector.source) == {"a": 3}


def test_changes_outside_a_list_take_effect_at_once(reflector: krt.Reflector[str, int]) -> None:
    """Outside a list, `apply` and `delete` write at once."""
    reflector.begin()
    reflector.listed()
    reflector.apply("a", 1)
    reflector.apply("b", 2)
    reflector.delete("a")

    assert dict(reflector.source) == {"b": 2}


def test_a_deletion_within_a_list_takes_the_object_out_of_it(reflector: krt.Reflector[str, int]) -> None:
    """An object that is deleted during a list is not in it."""
    reflector.begin()
    reflector.apply("a", 1)
    reflector.delete("a")
    reflector.listed()

    assert dict(reflector.source) == {}


def test_keep_holds_on_to_what_was_known(reflector: krt.Reflector[str, int]) -> None:
    """An unusable object keeps its last value, and gets none if it had none."""
    reflector.begin()
    reflector.apply("a", 1)
    reflector.listed()

    reflector.begin()
    reflector.keep("a")
    reflector.keep("never usable")
    reflector.listed()
    reflector.keep("a")

    assert dict(reflector.source) == {"a": 1}
