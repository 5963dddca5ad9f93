"""Who may list now."""

import asyncio

import pytest

from xds_server.providers.kubernetes.priority_semaphore import PrioritySemaphore


async def through(turns: PrioritySemaphore, rank: int, log: list[str], name: str, leave: asyncio.Event) -> None:
    async with turns.turn(rank):
        log.append(name)
        await leave.wait()


async def settle() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


async def test_so_many_are_let_through_and_the_most_urgent_next() -> None:
    """Whoever came first among equals; a turn that ends is given on."""
    turns, log = PrioritySemaphore(2), list[str]()
    leave = {name: asyncio.Event() for name in "abcde"}
    async with asyncio.TaskGroup() as group:
        for name, rank in (("a", 1), ("b", 1), ("c", 1), ("d", 1), ("e", 0)):
            group.create_task(through(turns, rank, log, name, leave[name]))
            await settle()
        assert log == ["a", "b"]
        for name in "abcde":
            leave[name].set()
            await settle()

    assert log == ["a", "b", "e", "c", "d"]


@pytest.mark.parametrize("called", [False, True])
async def test_one_that_gives_up_loses_nobody_a_turn(called: bool) -> None:
    """Be it before its turn has come, or at that very moment."""
    turns, log, leave = PrioritySemaphore(1), list[str](), asyncio.Event()
    first = asyncio.create_task(through(turns, 0, log, "first", leave))
    await settle()
    second = asyncio.create_task(through(turns, 0, log, "second", leave))
    await settle()
    third = asyncio.create_task(through(turns, 0, log, "third", leave))
    await settle()
    if called:
        first.cancel()
        await asyncio.sleep(0)  # its turn is given on, and nobody has taken a step with it yet
    second.cancel()
    await asyncio.wait([second])
    leave.set()

    await asyncio.wait_for(third, 5)
    async with asyncio.timeout(5), turns.turn(0):
        assert log == ["first", "third"]
