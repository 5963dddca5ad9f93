"""How long after an outage of the API server all kinds are in touch again, each for itself and woken by the first.

    python -m benchmarks recovery [--outages 4000] [--seconds 20] [--namespaces 1]

The informers are real, with their lists, watches and back-off; the API server and the clock are simulated, so that
4,000 outages take a minute. Times are from the end of the outage, and compare within a run. `requests` is the most that
the server is asked in a second after it.
"""

import argparse
import asyncio
import json
from collections import Counter
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from random import Random
from statistics import quantiles
from typing import Any, NamedTuple

from krt import Graph, Reflector
from tests.support import clock
from xds_server.model.source_state import Phase
from xds_server.providers.kinds import kinds
from xds_server.providers.kubernetes.errors import ApiError
from xds_server.providers.kubernetes.informer import Informer
from xds_server.providers.kubernetes.listwatch import ListWatch
from xds_server.providers.kubernetes.outage_recovery import OutageRecovery
from xds_server.providers.sync_tracker import SyncTracker

_REQUEST_SECONDS = 0.005
_STEADY_SECONDS = 30.0
_PAGE = json.dumps({"metadata": {"resourceVersion": "5"}, "items": []}).encode()


class _Server:
    """Has nothing to tell; away, it refuses connections, or something before it answers 503."""

    def __init__(self, random: Random) -> None:
        self._random = random
        self._gone = asyncio.Event()
        self.away = False
        self.asked: Counter[int] = Counter()
        """Requests by the second in which they came."""

    def go(self) -> None:
        self.away = True
        self._gone.set()
        self._gone = asyncio.Event()

    async def _reached(self) -> None:
        loop = asyncio.get_running_loop()
        self.asked[int(loop.time())] += 1
        await asyncio.sleep(_REQUEST_SECONDS)
        if self.away:
            raise ApiError("cannot reach it", code=self._random.choice((None, 503)))

    async def get(self, path: str, params: Mapping[str, str]) -> bytes:
        await self._reached()
        return _PAGE

    @asynccontextmanager
    async def stream(
        self, path: str, params: Mapping[str, str], *, silence_seconds: float
    ) -> AsyncIterator[AsyncIterator[bytes]]:
        await self._reached()
        yield self._silent()

    async def _silent(self) -> AsyncIterator[bytes]:
        await self._gone.wait()
        raise ApiError("reset")
        yield b""


class Back(NamedTuple):
    """Seconds after the end of an outage, and requests in the busiest second after it."""

    first: float
    all: float
    busiest: int


async def _outages(count: int, seconds: float, namespaces: int, *, together: bool, into: list[Back]) -> None:
    loop = asyncio.get_running_loop()
    random = Random(1)
    server = _Server(random)
    graph = Graph()
    changed = asyncio.Event()
    trackers = [SyncTracker(kinds(), clock=loop.time, on_change=lambda *_: changed.set()) for _ in range(namespaces)]

    def luck(ceiling: float) -> float:
        return random.random() * ceiling

    shared = OutageRecovery(luck)
    tasks = []
    for place, tracker in enumerate(trackers):
        for kind in kinds():
            reflector: Reflector[str, Any] = Reflector(graph.source(f"{kind.plural}{place}"))
            listwatch = ListWatch(
                kind, reflector=reflector, graph=graph, tracker=tracker, jitter=luck, clock=loop.time
            )  # fmt: skip
            informer = Informer(listwatch, server, recovery=shared if together else OutageRecovery(luck))
            tasks.append(asyncio.create_task(informer.run()))

    async def until(enough: int) -> None:
        while sum(state.phase is Phase.SYNCED for tracker in trackers for state in tracker.states.values()) < enough:
            changed.clear()
            await changed.wait()

    await until(len(tasks))
    for _ in range(count):
        await asyncio.sleep(_STEADY_SECONDS + luck(1))
        server.go()
        await asyncio.sleep(seconds)
        server.away = False
        server.asked.clear()
        ended = loop.time()
        await until(1)
        first = loop.time() - ended
        await until(len(tasks))
        into.append(Back(first, loop.time() - ended, max(server.asked.values())))


def _row(name: str, found: Sequence[float]) -> str:
    cuts = quantiles(found, n=100)
    return f"{name:<44} {cuts[49]:>7.2f} s {cuts[94]:>7.2f} s {max(found):>7.2f} s"


def main(arguments: Sequence[str]) -> None:
    """Prints a table."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks recovery", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--outages", type=int, default=4000)
    parser.add_argument("--seconds", type=float, default=20.0)
    parser.add_argument("--namespaces", type=int, default=1)
    chosen = parser.parse_args(arguments)
    print(f"{chosen.outages} outages of {chosen.seconds:g} s{'':<22} {'p50':>9} {'p95':>9} {'longest':>9}")
    for name, together in (("each for itself", False), ("woken by the first", True)):
        found = measured(chosen.outages, chosen.seconds, chosen.namespaces, together=together)
        print(_row(f"{name}: the first kind", [one.first for one in found]))
        print(_row(f"{name}: all kinds", [one.all for one in found]))
        print(_row(f"{name}: all after the first", [one.all - one.first for one in found]))
        print(f"{name}: {max(one.busiest for one in found)} requests at most in a second after the outage", flush=True)


def measured(outages: int, seconds: float, namespaces: int = 1, *, together: bool) -> list[Back]:
    """What so many outages of so many seconds cost; *together* as the server does it, else without waking."""
    found: list[Back] = []
    faults = clock.run(_outages(outages, seconds, namespaces, together=together, into=found))
    assert not faults, faults
    return found
