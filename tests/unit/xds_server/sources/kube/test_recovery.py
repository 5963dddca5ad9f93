"""Waits after a failure, and what ends them early."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

from tests.simulation import clock
from xds_server.sources.kube.recovery import Recovery


def virtually(main: Callable[[], Coroutine[Any, Any, None]]) -> None:
    """Runs in no time."""
    assert clock.run(main()) == []


async def waited(recovery: Recovery, seconds: float, *, outage: bool) -> float:
    """How long a wait took."""
    loop = asyncio.get_running_loop()
    began = loop.time()
    await recovery.wait(seconds, outage=outage)
    return loop.time() - began


def test_an_outage_that_is_over_ends_the_waits_that_it_caused() -> None:
    """Within a second; other waits go on, and nobody waits longer than he would have."""

    async def main() -> None:
        recovery = Recovery(lambda ceiling: ceiling)
        waits = [
            asyncio.create_task(waited(recovery, seconds, outage=outage))
            for seconds, outage in ((30.0, True), (30.0, False), (10.5, True), (5.0, True))
        ]
        await asyncio.sleep(10)
        recovery.over()
        assert [round(took, 6) for took in await asyncio.gather(*waits)] == [11.0, 30.0, 10.5, 5.0]
        assert await waited(recovery, 7.0, outage=True) == 7.0

    virtually(main)


def test_many_do_not_storm_the_server() -> None:
    """At most twenty a second."""

    async def main() -> None:
        order = iter(range(200))
        recovery = Recovery(lambda ceiling: ceiling * next(order) / 200)
        waits = [asyncio.create_task(waited(recovery, 60.0, outage=True)) for _ in range(200)]
        await asyncio.sleep(1)
        recovery.over()
        took = sorted(round(seconds - 1, 6) for seconds in await asyncio.gather(*waits))
        assert took == [round(i / 20, 6) for i in range(200)]

    virtually(main)


def test_who_is_cancelled_waits_no_more() -> None:
    """And is not told."""

    async def main() -> None:
        recovery = Recovery(lambda ceiling: ceiling)
        wait = asyncio.create_task(waited(recovery, 30.0, outage=True))
        await asyncio.sleep(1)
        wait.cancel()
        await asyncio.wait([wait])
        recovery.over()
        assert wait.cancelled()

    virtually(main)
