"""Waits after a failure, and what ends them early."""

import asyncio
from collections.abc import Callable, Coroutine
from statistics import quantiles
from typing import Any

import pytest

from benchmarks import outage_recovery
from tests.support import clock
from xds_server.providers.kubernetes.outage_recovery import OutageRecovery


def virtually(main: Callable[[], Coroutine[Any, Any, None]]) -> None:
    """Runs in no time."""
    assert clock.run(main()) == []


async def waited(waits_of: OutageRecovery, seconds: float, *, outage: bool) -> float:
    """How long a wait took."""
    loop = asyncio.get_running_loop()
    began = loop.time()
    await waits_of.wait(seconds, outage=outage)
    return loop.time() - began


def test_an_outage_that_is_over_ends_the_waits_that_it_caused() -> None:
    """Within a second; other waits go on, and nobody waits longer than he would have."""

    async def main() -> None:
        waits_of = OutageRecovery(lambda ceiling: ceiling)
        waits = [
            asyncio.create_task(waited(waits_of, seconds, outage=outage))
            for seconds, outage in ((30.0, True), (30.0, False), (10.5, True), (5.0, True))
        ]
        await asyncio.sleep(10)
        waits_of.over()
        assert [round(took, 6) for took in await asyncio.gather(*waits)] == [11.0, 30.0, 10.5, 5.0]
        assert await waited(waits_of, 7.0, outage=True) == 7.0

    virtually(main)


def test_many_do_not_storm_the_server() -> None:
    """They spread over two seconds."""

    async def main() -> None:
        order = iter(range(200))
        waits_of = OutageRecovery(lambda ceiling: ceiling * next(order) / 200)
        waits = [asyncio.create_task(waited(waits_of, 60.0, outage=True)) for _ in range(200)]
        await asyncio.sleep(1)
        waits_of.over()
        took = sorted(round(seconds - 1, 6) for seconds in await asyncio.gather(*waits))
        assert took == [round(i / 100, 6) for i in range(200)]

    virtually(main)


def test_those_who_came_first_are_told_first() -> None:
    """Not in the order of their addresses: who draws which random number would be another in each process."""

    async def main() -> None:
        order = iter(range(20))
        waits_of = OutageRecovery(lambda _: next(order) / 20)
        waits = [asyncio.create_task(waited(waits_of, 60.0, outage=True)) for _ in range(20)]
        await asyncio.sleep(1)
        waits_of.over()
        assert [round(seconds - 1, 6) for seconds in await asyncio.gather(*waits)] == [i / 20 for i in range(20)]

    virtually(main)


@pytest.mark.parametrize("namespaces", [1, 20])
def test_all_kinds_are_back_within_three_seconds_of_the_first(namespaces: int) -> None:
    """In 95 of 100 outages; each for itself takes longer than anything is carried over, in most."""
    outages = 300 // namespaces

    together = outage_recovery.measured(outages, 20.0, namespaces, together=True)
    alone = outage_recovery.measured(outages, 20.0, namespaces, together=False)

    assert quantile(together, 95) < 3.0
    assert quantile(alone, 50) > 2 * quantile(together, 95)


def quantile(found: list[outage_recovery.Back], percent: int) -> float:
    """Of the time from the first kind to the last."""
    return quantiles([one.all - one.first for one in found], n=100)[percent - 1]


def test_who_is_cancelled_waits_no_more() -> None:
    """And is not told."""

    async def main() -> None:
        waits_of = OutageRecovery(lambda ceiling: ceiling)
        wait = asyncio.create_task(waited(waits_of, 30.0, outage=True))
        await asyncio.sleep(1)
        wait.cancel()
        await asyncio.wait([wait])
        waits_of.over()
        assert wait.cancelled()

    virtually(main)
