"""Long work in slices, on a clock of its own."""

import asyncio

import pytest

from tests.support import clock
from xds_server.xds.codec.sotw import Steps
from xds_server.xds.transport.time_slices import SLICE_SECONDS, TimeSlices


def test_who_has_long_work_takes_turns_and_leaves_half_of_the_time_to_others() -> None:
    """One slice at a time, and after each as long for all others; short work is not held up by more than that."""
    order: list[str] = []
    now = [0.0]

    def work(name: str, steps: int) -> Steps[str]:
        for _ in range(steps):
            now[0] += SLICE_SECONDS / 2
            order.append(name)
            yield
        return name

    async def main() -> None:
        time_slices = TimeSlices(lambda: now[0])
        done = await asyncio.gather(*[time_slices.run(work(name, 6)) for name in "ab"])
        assert done == ["a", "b"]
        assert asyncio.get_running_loop().time() == pytest.approx(
            6 * SLICE_SECONDS
        )  # What was slept, as time stood still.

    assert clock.run(main()) == []
    assert "".join(order) == "aabbaabbaabb"


async def test_what_fails_or_is_given_up_lets_the_next_one_on() -> None:
    """The turn is given back."""

    def broken() -> Steps[None]:
        yield
        raise LookupError("broken")

    def endless() -> Steps[None]:
        while True:
            yield

    def short() -> Steps[int]:
        yield
        return 7

    ticks = iter(range(1 << 30))
    time_slices = TimeSlices(lambda: next(ticks) * SLICE_SECONDS / 4)
    given_up = asyncio.create_task(time_slices.run(endless()))
    with pytest.raises(LookupError):
        await time_slices.run(broken())
    given_up.cancel()
    assert await time_slices.run(short()) == 7
