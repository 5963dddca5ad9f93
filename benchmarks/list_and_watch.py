"""Informers: how fast, how large and how gently all kinds are listed, and how changes follow.

    python -m benchmarks informers [--services 10000] [--repeat 3] [--rate 500 --seconds 60] [--kopf] [--read-only] [--steady]

Each start is a process of its own, and the ways take turns: a raw list with a typed decode and nothing else (the floor),
ours in pages, ours as streams, and, with --kopf, kopf's own handlers. Imports are not counted; CPU is the client's own,
which tells more on a busy machine; the lag of the loop is that of a timer every 2 ms while listing. Then, unless
--read-only, endpoints change at a fixed rate, and what is measured is the time from just before a write is sent to its
arrival at a subscriber of the graph; last, the same with a server that does nothing else, as a real one may take less
changes than asked for. Compare figures of one run only.
"""

import argparse
import asyncio
import gc
import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable

import kopf

from benchmarks.real_api_server import Cluster, kubeconfig
from benchmarks.steady_api_server import SteadyServer, steady
from benchmarks.watch_latency import Follower, follow, rss, write
from xds_server.providers.decode import Decoder
from xds_server.providers.kinds import KINDS
from xds_server.providers.kubernetes import watch_codec

_TICK_SECONDS = 0.002


def main(arguments: list[str]) -> None:
    """The command."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks informers")
    parser.add_argument("--services", type=int, default=10_000)
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--rate", type=int, default=500, help="changes per second")
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--kopf", action="store_true", help="kopf's handlers, too; takes a minute")
    parser.add_argument("--read-only", action="store_true", help="fill nothing, change nothing")
    parser.add_argument("--steady", action="store_true", help="the last of it alone, which needs no API server")
    parser.add_argument("--part", choices=[*PARTS], help=argparse.SUPPRESS)
    chosen = parser.parse_args(arguments)
    if chosen.part:
        asyncio.run(_told(chosen))
        return
    if chosen.steady:
        _steadily(chosen)
        return
    with kubeconfig() as config:
        os.environ["KUBECONFIG"] = config
        if not chosen.read_only:
            asyncio.run(_fill(config, chosen.services))
        if chosen.repeat:
            _starts(chosen)
        if not chosen.read_only:
            _changes(chosen)
    _steadily(chosen)


async def _told(chosen: argparse.Namespace) -> None:
    print(json.dumps(await PARTS[chosen.part](chosen)), flush=True)
    os._exit(0)  # kopf's operator takes minutes to let go of 40,000 objects, and nobody waits for them


async def _fill(config: str, services: int) -> None:
    async with Cluster.open(config) as cluster:
        await cluster.fill(services)


# -- starts ----------------------------------------------------------------------------------------


def _starts(chosen: argparse.Namespace) -> None:
    names = ["raw", "pages", "streams", *(["kopf"] if chosen.kopf else [])]
    runs: dict[str, list[dict[str, float]]] = {name: [] for name in names}
    for _ in range(chosen.repeat):
        for name in names:
            if name != "kopf" or not runs[name]:  # once is enough of that
                runs[name].append(_part(name, chosen))
    floor, least = (statistics.median(run[key] for run in runs["raw"]) for key in ("seconds", "cpu"))
    objects = int(runs["pages"][0]["objects"])
    print(f"{objects} objects listed; {chosen.repeat} starts of each, median (range); lag of the event loop meanwhile")
    for name, measured in runs.items():
        seconds = [run["seconds"] for run in measured]
        middle = {key: statistics.median(run[key] for run in measured) for key in measured[0]}
        print(
            f"  {name:<8} {middle['seconds']:6.2f} s ({min(seconds):.2f} - {max(seconds):.2f})"
            f"  x {middle['seconds'] / floor:.2f} of raw   CPU {middle['cpu']:5.2f} s, x {middle['cpu'] / least:.2f}"
            f"   lag p99 {middle['lag_p99']:5.1f} ms, longest {middle['lag_max']:6.1f} ms"
            f"   {middle['rss']:4.0f} MiB, {middle['bytes_per_object']:5.0f} bytes per object"
        )


def _part(name: str, chosen: argparse.Namespace, **env: str) -> dict[str, float]:
    command = [sys.executable, "-m", "benchmarks", "informers", "--part", name]
    options = [f"--rate={chosen.rate}", f"--seconds={chosen.seconds}", f"--services={chosen.services}"]
    done = subprocess.run([*command, *options], check=True, capture_output=True, text=True, env=os.environ | env)
    found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return found


async def _measured(start: Callable[[], Awaitable[int]]) -> dict[str, float]:
    """Seconds until *start* has returned the number of objects, the lag of the loop meanwhile, memory."""
    late: list[float] = []

    async def tick() -> None:
        while True:
            due = time.perf_counter() + _TICK_SECONDS
            await asyncio.sleep(_TICK_SECONDS)
            late.append((time.perf_counter() - due) * 1000)

    gc.disable()  # as the server does while it loads
    before = rss()
    ticking = asyncio.create_task(tick())
    began, cpu = time.perf_counter(), time.process_time()
    objects = await start()
    seconds, cpu = time.perf_counter() - began, time.process_time() - cpu
    ticking.cancel()
    late.sort()
    held = rss()
    return {
        "seconds": seconds,
        "cpu": cpu,
        "objects": objects,
        "lag_p99": late[int(len(late) * 0.99) - 1],
        "lag_max": late[-1],
        "rss": held / 2**20,
        "bytes_per_object": (held - before) / objects,
    }


async def _raw(_: argparse.Namespace) -> dict[str, float]:
    held = []

    async with Cluster.open(os.environ["KUBECONFIG"]) as cluster:

        async def page(path: str, token: str) -> bytes:
            params = {"limit": "1000", **({"continue": token} if token else {})}
            async with cluster._session.get(cluster._server + path, params=params) as response:
                return await response.read()

        async def one(path: str, decoder: Decoder) -> None:
            body = await page(path, "")
            while token := watch_codec.page_end(body).continue_:
                following = asyncio.create_task(page(path, token))
                await asyncio.sleep(0)  # it goes out before this one is decoded
                held.extend(watch_codec.page(body, decoder))
                body = await following
            held.extend(watch_codec.page(body, decoder))

        async def all_kinds() -> int:
            await asyncio.gather(*(one(kind.path, Decoder(kind)) for kind in KINDS))
            return len(held)

        return await _measured(all_kinds)


async def _ours(*, streamed: bool) -> dict[str, float]:
    follower = Follower(streamed=streamed)
    try:
        return await _measured(follower.start)
    finally:
        await follower.end()


async def _kopf(chosen: argparse.Namespace) -> dict[str, float]:
    registry, seen, complete = kopf.OperatorRegistry(), 0, asyncio.Event()
    expected = chosen.services * 4

    def saw(**_: object) -> None:
        nonlocal seen
        seen += 1
        if seen >= expected:
            complete.set()

    kopf.on.event("v1", "services", registry=registry)(saw)
    kopf.on.event("discovery.k8s.io/v1", "endpointslices", registry=registry)(saw)
    login = kopf.on.login(registry=registry)
    login(kopf.login_with_kubeconfig)

    async def start() -> int:
        nonlocal operator
        operator = asyncio.create_task(kopf.operator(registry=registry, clusterwide=True, standalone=True))
        await complete.wait()
        return seen

    operator: asyncio.Task[None] | None = None
    return await _measured(start)


# -- changes ---------------------------------------------------------------------------------------


def _changes(chosen: argparse.Namespace) -> None:
    found = _part("follow", chosen)
    _show("a real API server", chosen, found)
    print(f"  the write alone: p50 {found['write_p50']:.1f} ms, p99 {found['write_p99']:.1f} ms")


def _steadily(chosen: argparse.Namespace) -> None:
    with steady(chosen.services, chosen.rate, chosen.seconds) as env:
        _show("a server that does nothing else", chosen, _part("follow", chosen, **env))


def _show(server: str, chosen: argparse.Namespace, found: dict[str, float]) -> None:
    print(
        f"{server}: {chosen.rate} changes/s asked for, {found['rate']:.0f}/s written, for {chosen.seconds:.0f} s: "
        f"{found['written']:.0f} written, {found['arrived']:.0f} arrived one by one, the rest with a later one\n"
        f"  from before the write to the subscriber: p50 {found['p50']:.1f} ms, p99 {found['p99']:.1f} ms\n"
        f"  behind at the end by {found['behind']:.2f} s; our CPU {found['cpu'] * 100:.0f} % of a core, "
        f"{found['transactions']:.0f} transactions, memory {found['grown']:+.1f} MiB"
    )


async def _steady(chosen: argparse.Namespace) -> dict[str, float]:
    await SteadyServer(chosen.services, chosen.rate, chosen.seconds).run()
    return {}


PARTS: dict[str, Callable[[argparse.Namespace], Awaitable[dict[str, float]]]] = {
    "raw": _raw,
    "pages": lambda _: _ours(streamed=False),
    "streams": lambda _: _ours(streamed=True),
    "kopf": _kopf,
    "follow": follow,
    "write": write,
    "steady": _steady,
}
