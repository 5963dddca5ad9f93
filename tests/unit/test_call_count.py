"""What one endpoint change costs, as a number that is the same in every run: see `python -m benchmarks calls`."""

import asyncio

from benchmarks.call_count import by_stage, measured


def test_an_endpoint_change_takes_at_most_200_calls_and_the_protections_cost_next_to_nothing() -> None:
    """From the bytes of the watch to the bytes on the stream. `python -m benchmarks calls --functions` lists them."""
    calls = by_stage(asyncio.run(measured(20, {})))
    without = by_stage(
        asyncio.run(measured(20, {"readiness.shrink_hold_seconds": 0, "readiness.retention_seconds": 0}))
    )

    assert calls.total() <= 200
    assert calls.total() - without.total() <= 8
    assert calls["root"] == 0, "the composition root is in the way of the data"


def test_the_count_does_not_grow_with_what_exists() -> None:
    """A change costs what changed."""
    few, many = (by_stage(asyncio.run(measured(services, {}))) for services in (10, 100))

    assert few == many
