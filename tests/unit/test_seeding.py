"""The seeded bugs still have a place in the code. That they are found is for `make seeded-bugs` to show."""

from collections import Counter

import pytest

from tests.property.seeded_bugs import BUGS as OF_KRT
from tests.simulation.seeded_bugs import BUGS as OF_THE_SERVER
from tests.support.seeding import Bug
from tests.unit.seeded_bugs import BUGS as OF_UNITS

BUGS = (*OF_KRT, *OF_THE_SERVER, *OF_UNITS)


@pytest.mark.parametrize("bug", BUGS, ids=lambda bug: bug.name)
def test_a_seeded_bug_has_its_place(bug: Bug) -> None:
    """Exactly one, so that it changes what it says."""
    assert bug.has_its_place()
    assert bug.old != bug.new


def test_seeded_bugs_have_names_of_their_own() -> None:
    """So that one can be asked for."""
    assert [name for name, count in Counter(bug.name for bug in BUGS).items() if count > 1] == []
