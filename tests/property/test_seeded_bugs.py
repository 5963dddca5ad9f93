"""The seeded bugs still have a place in the code. That they die is for `python -m tests.property.seeded_bugs` to show."""

from collections import Counter

import pytest

from tests.property.seeded_bugs import BUGS, ROOT, Bug


@pytest.mark.parametrize("bug", BUGS, ids=lambda bug: bug.name)
def test_a_seeded_bug_has_its_place(bug: Bug) -> None:
    """Exactly one, so that it changes what it says."""
    assert (ROOT / "krt" / f"{bug.module}.py").read_text().count(bug.old) == 1
    assert bug.old != bug.new


def test_seeded_bugs_have_names_of_their_own() -> None:
    """So that one can be asked for."""
    assert [name for name, count in Counter(bug.name for bug in BUGS).items() if count > 1] == []
