"""The fast rows of `make blips`: each known way to blip, with a real Envoy, and it does not.

Named after where it was met; what happens in each is told by its function in `benchmarks.blip.scenarios`.
"""

import pytest

from benchmarks.blip.bench import Scenario
from benchmarks.blip.scenarios import SCENARIOS

pytestmark = pytest.mark.envoy

FAST = [one for one in SCENARIOS if not one.slow]
BITING = [one for one in FAST if one.number in (1, 18)]


@pytest.mark.parametrize("scenario", FAST, ids=lambda one: f"B{one.number}_{one.name}")
def test_no_blip(scenario: Scenario) -> None:
    """No failed request, nothing removed, nothing altered, and all that the scenario says is so."""
    outcome = scenario.run("bounded")

    assert outcome.unharmed, outcome


@pytest.mark.parametrize("scenario", BITING, ids=lambda one: f"B{one.number}_{one.name}")
def test_without_the_gate_it_blips(scenario: Scenario) -> None:
    """The scenario can fail: with the gate off it does."""
    outcome = scenario.run("off")

    assert outcome.failures > 20, outcome


def test_every_number_has_a_row() -> None:
    """B1 to B30."""
    assert {one.number for one in SCENARIOS} == set(range(1, 31))
