"""A token bucket with a queue, on a clock of its own."""

import asyncio

import pytest

from tests.simulation import clock
from xds_server.transport.pace import Pace


def paced(per_second: float, burst: int, who: str, *, seconds: float = 10.0) -> list[tuple[float, str]]:
    """When each of *who* is let in: "c" is preferred, "w" is not; all come at once, at 0."""
    let_in: list[tuple[float, str]] = []

    async def come(pace: Pace, one: str) -> None:
        if not pace.free():
            await pace.turn(preferred=one == "c")
        let_in.append((round(asyncio.get_running_loop().time(), 3), one))

    async def main() -> None:
        pace = Pace(per_second, burst, clock=asyncio.get_running_loop().time)
        tasks = [asyncio.create_task(come(pace, one)) for one in who]
        await asyncio.sleep(seconds)
        assert pace.waiting == 0
        await asyncio.gather(*tasks)

    assert clock.run(main()) == []
    return let_in


def test_a_burst_is_let_in_at_once_and_the_rest_at_the_rate() -> None:
    """In the order in which they came."""
    assert paced(4, 2, "wwwww") == [(0, "w"), (0, "w"), (0.25, "w"), (0.5, "w"), (0.75, "w")]


def test_the_preferred_do_not_queue_behind_others() -> None:
    """Whoever came first: of those who wait they are next."""
    assert paced(1, 1, "wwwcc") == [(0, "w"), (1, "c"), (2, "c"), (3, "w"), (4, "w")]


def test_what_was_not_used_is_saved_up_to_the_burst() -> None:
    """An hour of quiet lets in no more at once than that."""

    async def main() -> None:
        pace = Pace(100, 3, clock=asyncio.get_running_loop().time)
        assert [pace.free() for _ in range(4)] == [True, True, True, False]
        await asyncio.sleep(3600)
        assert [pace.free() for _ in range(4)] == [True, True, True, False]

    assert clock.run(main()) == []


def test_nobody_who_comes_later_takes_the_token_of_one_who_waits() -> None:
    """Even if it is there already, and has not been given out."""

    async def main() -> None:
        pace = Pace(1, 1, clock=asyncio.get_running_loop().time)
        assert pace.free()
        task = asyncio.create_task(pace.turn(preferred=False))
        await asyncio.sleep(0.999)
        assert not pace.free()
        await task

    assert clock.run(main()) == []


@pytest.mark.parametrize("late", [0.5, 1.0])
def test_who_leaves_leaves_its_token(late: float) -> None:
    """Before it was given one, and in the very moment in which it was."""

    async def main() -> None:
        loop = asyncio.get_running_loop()
        pace = Pace(1, 1, clock=loop.time)
        assert pace.free()
        first = asyncio.create_task(pace.turn(preferred=False))
        second = asyncio.create_task(pace.turn(preferred=False))
        await asyncio.sleep(0)
        loop.call_at(late, first.cancel)
        await asyncio.wait([first, second])
        assert (first.cancelled(), round(loop.time(), 3)) == (True, 1.0)

    assert clock.run(main()) == []
