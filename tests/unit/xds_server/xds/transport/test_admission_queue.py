"""A token bucket with a queue, on a clock of its own."""

import asyncio

import pytest

from tests.support import clock
from xds_server.xds.transport.admission_queue import AdmissionQueue


def paced(per_second: float, burst: int, who: str, *, seconds: float = 10.0) -> list[tuple[float, str]]:
    """When each of *who* is let in: "c" is preferred, "w" is not; all come at once, at 0."""
    let_in: list[tuple[float, str]] = []

    async def come(queue: AdmissionQueue, one: str) -> None:
        if not queue.try_admit():
            await queue.wait_turn(preferred=one == "c")
        let_in.append((round(asyncio.get_running_loop().time(), 3), one))

    async def main() -> None:
        queue = AdmissionQueue(per_second, burst, clock=asyncio.get_running_loop().time)
        tasks = [asyncio.create_task(come(queue, one)) for one in who]
        await asyncio.sleep(seconds)
        assert queue.waiting == 0
        await asyncio.gather(*tasks)

    assert clock.run(main()) == []
    return let_in


def test_a_burst_is_let_in_at_once_and_the_rest_at_the_rate() -> None:
    """In the order in which they came."""
    assert paced(4, 2, "wwwww") == [(0, "w"), (0, "w"), (0.25, "w"), (0.5, "w"), (0.75, "w")]


def test_the_preferred_do_not_queue_behind_others() -> None:
    """Whoever came first: of those who wait they are next."""
    assert paced(1, 1, "wwwcc") == [(0, "w"), (1, "c"), (2, "c"), (3, "w"), (4, "w")]


def test_nobody_waits_for_ever_behind_the_preferred() -> None:
    """Every fourth turn is that of the others, however many of the preferred wait."""
    assert "".join(one for _, one in paced(1, 1, "c" + "w" * 3 + "c" * 12, seconds=20)) == "ccccwcccwcccwccc"


@pytest.mark.parametrize("per_second", [150, 400, 2000])
def test_who_comes_back_is_let_in_while_new_ones_come_faster_than_the_pace(per_second: int) -> None:
    """Fifty warm proxies, each with three seconds' patience, are in within two seconds; they need one try."""
    waited: list[float] = []

    async def one(queue: AdmissionQueue, *, preferred: bool) -> None:
        began = asyncio.get_running_loop().time()
        if not queue.try_admit():
            async with asyncio.timeout(3):
                await queue.wait_turn(preferred=preferred)
        if not preferred:
            waited.append(asyncio.get_running_loop().time() - began)

    async def main() -> None:
        queue = AdmissionQueue(200, 200, clock=asyncio.get_running_loop().time)
        tasks = []
        for tick in range(100):
            tasks += [asyncio.create_task(one(queue, preferred=True)) for _ in range(per_second // 20)]
            if tick == 40:
                tasks += [asyncio.create_task(one(queue, preferred=False)) for _ in range(50)]
            await asyncio.sleep(0.05)
        await asyncio.gather(*tasks, return_exceptions=True)
        assert queue.waiting == 0

    assert clock.run(main()) == []
    assert len(waited) == 50
    assert max(waited) < 2


def test_an_address_that_opens_many_streams_keeps_nobody_else_waiting() -> None:
    """Addresses take turns."""

    async def main() -> list[str]:
        order: list[str] = []

        async def come(address: str) -> None:
            await queue.wait_turn(preferred=True, address=address)
            order.append(address)

        queue = AdmissionQueue(10, 1, clock=asyncio.get_running_loop().time)
        assert queue.try_admit()
        await asyncio.gather(*[come(one) for one in "aaaaaabbc"])
        return order

    order: list[str] = []

    async def told() -> None:
        order.extend(await main())

    assert clock.run(told()) == []
    assert "".join(order) == "abcabaaaa"


def test_who_was_sent_away_has_the_place_of_its_first_try() -> None:
    """It has waited for longer than those who came meanwhile; a name of its own is what it is known by."""
    order: list[str] = []

    async def main() -> None:
        loop = asyncio.get_running_loop()
        queue = AdmissionQueue(1, 1, clock=loop.time)
        assert queue.try_admit()

        async def come(name: str, patience: float) -> None:
            async with asyncio.timeout(patience):
                await queue.wait_turn(preferred=True, name=name)
            order.append(name)

        first = asyncio.create_task(come("old", 0.5))
        await asyncio.wait([first])
        assert isinstance(first.exception(), TimeoutError)
        await asyncio.gather(*[come(name, 10) for name in ("new", "newer", "old")])

    assert clock.run(main()) == []
    assert order == ["old", "new", "newer"]


def test_what_was_not_used_is_saved_up_to_the_burst() -> None:
    """An hour of quiet lets in no more at once than that."""

    async def main() -> None:
        queue = AdmissionQueue(100, 3, clock=asyncio.get_running_loop().time)
        assert [queue.try_admit() for _ in range(4)] == [True, True, True, False]
        await asyncio.sleep(3600)
        assert [queue.try_admit() for _ in range(4)] == [True, True, True, False]

    assert clock.run(main()) == []


def test_nobody_who_comes_later_takes_the_token_of_one_who_waits() -> None:
    """Even if it is there already, and has not been given out."""

    async def main() -> None:
        queue = AdmissionQueue(1, 1, clock=asyncio.get_running_loop().time)
        assert queue.try_admit()
        task = asyncio.create_task(queue.wait_turn(preferred=False))
        await asyncio.sleep(0.999)
        assert not queue.try_admit()
        await task

    assert clock.run(main()) == []


@pytest.mark.parametrize("late", [0.5, 1.0])
def test_who_leaves_leaves_its_token(late: float) -> None:
    """Before it was given one, and in the very moment in which it was."""

    async def main() -> None:
        loop = asyncio.get_running_loop()
        queue = AdmissionQueue(1, 1, clock=loop.time)
        assert queue.try_admit()
        first = asyncio.create_task(queue.wait_turn(preferred=False))
        second = asyncio.create_task(queue.wait_turn(preferred=False))
        await asyncio.sleep(0)
        loop.call_at(late, first.cancel)
        await asyncio.wait([first, second])
        assert (first.cancelled(), round(loop.time(), 3)) == (True, 1.0)

    assert clock.run(main()) == []
