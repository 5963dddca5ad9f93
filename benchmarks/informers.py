"""Informers: how fast, how large and how gently all kinds are listed, and how changes follow.

    python -m benchmarks informers [--services 10000] [--repeat 3] [--rate 500 --seconds 60] [--kopf] [--read-only] [--steady]

Each start is a process of its own, and the ways take turns: a raw list with a typed decode and nothing else (the floor),
ours in pages, ours as streams, and, with --kopf, kopf's own handlers. Imports are not counted; CPU is
the client's own, which tells more on a busy machine; the loop's lag is that of a timer every 2 ms while listing. Then, unless --read-only, endpoints change at a fixed rate, and what is measured is the
time from just before a write is sent to its arrival at a subscriber of the graph; last, the same with a server that does
nothing else, as a real one may take less changes than asked for. Compare figures of one run only.
"""

import argparse
import asyncio
import gc
import json
import mmap
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

import aiohttp
import kopf

from benchmarks.cluster import Cluster, kubeconfig
from benchmarks.steady import SENT, SteadyServer, steady
from krt import Graph, Reflector
from xds_server.sources.decode import Decoder
from xds_server.sources.kinds import KINDS, kinds
from xds_server.sources.kube import wire
from xds_server.sources.kube.kopf_client import KopfClient, login
from xds_server.sources.kube.source import KubeSource
from xds_server.sources.state import SourceBoard

_SLICES = "/apis/discovery.k8s.io/v1/namespaces/{}/endpointslices/{}"
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
    before = _rss()
    ticking = asyncio.create_task(tick())
    began, cpu = time.perf_counter(), time.process_time()
    objects = await start()
    seconds, cpu = time.perf_counter() - began, time.process_time() - cpu
    ticking.cancel()
    late.sort()
    rss = _rss()
    return {
        "seconds": seconds,
        "cpu": cpu,
        "objects": objects,
        "lag_p99": late[int(len(late) * 0.99) - 1],
        "lag_max": late[-1],
        "rss": rss / 2**20,
        "bytes_per_object": (rss - before) / objects,
    }


def _rss() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


async def _raw(_: argparse.Namespace) -> dict[str, float]:
    held = []

    async with Cluster.open(os.environ["KUBECONFIG"]) as cluster:

        async def page(path: str, token: str) -> bytes:
            params = {"limit": "1000", **({"continue": token} if token else {})}
            async with cluster._session.get(cluster._server + path, params=params) as response:
                return await response.read()

        async def one(path: str, decoder: Decoder) -> None:
            body = await page(path, "")
            while token := wire.page_end(body).continue_:
                following = asyncio.create_task(page(path, token))
                await asyncio.sleep(0)  # it goes out before this one is decoded
                held.extend(wire.page(body, decoder))
                body = await following
            held.extend(wire.page(body, decoder))

        async def all_kinds() -> int:
            await asyncio.gather(*(one(kind.path, Decoder(kind)) for kind in KINDS))
            return len(held)

        return await _measured(all_kinds)


class Follower:
    """A Kubernetes source over a graph that has nothing but its sources."""

    def __init__(self, *, streamed: bool) -> None:
        self.graph = Graph()
        self.synced = asyncio.Event()
        read = kinds()
        self.sources = {kind.plural: self.graph.source(kind.plural) for kind in read}
        self.board = SourceBoard(read, on_change=self._on_change)
        self.source = KubeSource(
            client=KopfClient(login()),
            kinds=read,
            reflectors={plural: Reflector(source) for plural, source in self.sources.items()},
            graph=self.graph,
            board=self.board,
            streamed=streamed,
        )

    def _on_change(self, _old: object, _new: object) -> None:
        if all(state.known for state in self.board.states.values()):
            self.synced.set()

    async def start(self) -> int:
        self.task = asyncio.create_task(self.source.run())
        await self.synced.wait()
        return sum(len(source) for source in self.sources.values())

    async def end(self) -> None:
        self.task.cancel()
        await asyncio.wait([self.task])


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


async def _follow(chosen: argparse.Namespace) -> dict[str, float]:
    """Follows while another process writes, which notes when it began each write in a file that both have mapped."""
    follower = Follower(streamed=False)
    await follower.start()
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)
    gc.enable()
    count = int(chosen.rate * chosen.seconds) + chosen.rate
    delays: list[float] = []
    newest, arrived_last = -1, 0.0
    with tempfile.NamedTemporaryFile() as file:
        file.truncate(count * SENT.size)
        sent = mmap.mmap(file.fileno(), 0)

        def take(delta: object) -> None:
            nonlocal newest, arrived_last
            now = time.monotonic()
            for _, change in delta:  # type: ignore[attr-defined]
                number = _number(change.new.ready[0]) if change.new is not None and change.new.ready else None
                if number is not None and number < count:
                    began = SENT.unpack_from(sent, number * SENT.size)[0]
                    if began:
                        delays.append((now - began) * 1000)
                        newest, arrived_last = max(newest, number), now

        follower.sources["endpointslices"].subscribe(take, replay=False)
        epoch, memory, cpu, began = follower.graph.epoch, _rss(), time.process_time(), time.monotonic()
        command = [sys.executable, "-m", "benchmarks", "informers", "--part", "write"]
        writer = await asyncio.create_subprocess_exec(
            *command, f"--rate={chosen.rate}", f"--seconds={chosen.seconds}", f"--services={chosen.services}",
            env=os.environ | {"BENCH_SENT": file.name}, stdout=subprocess.PIPE,
        )  # fmt: skip
        out, _ = await writer.communicate()
        ended, used = time.monotonic(), time.process_time() - cpu
        wrote = json.loads(out.splitlines()[-1])
        last = int(wrote["last"])
        while newest < last and time.monotonic() - ended < 10:
            await asyncio.sleep(0.005)
    await follower.end()
    delays.sort()
    return {
        **{key: value for key, value in wrote.items() if key != "last"},
        "arrived": len(delays),
        "p50": statistics.median(delays),
        "p99": delays[int(len(delays) * 0.99) - 1],
        "behind": max(0.0, arrived_last - ended),
        "cpu": used / (ended - began),
        "transactions": follower.graph.epoch - epoch,
        "grown": (_rss() - memory) / 2**20,
    }


async def _write(chosen: argparse.Namespace) -> dict[str, float]:
    """Patches random slices at a fixed rate; the number of a change is in its first address."""
    if url := os.environ.get("BENCH_STEADY"):
        return await _begin(url)
    count = int(chosen.rate * chosen.seconds)
    took: list[float] = []
    last = -1
    with Path(os.environ["BENCH_SENT"]).open("r+b") as file:
        sent = mmap.mmap(file.fileno(), 0)
    async with Cluster.open(os.environ["KUBECONFIG"]) as cluster:

        async def one(number: int) -> None:
            nonlocal last
            service = random.randrange(chosen.services)
            path = _SLICES.format(f"bench-{service % 10}", f"svc-{service:05}-1")
            address = f"11.{number >> 16}.{number >> 8 & 255}.{number & 255}"
            began = time.monotonic()
            SENT.pack_into(sent, number * SENT.size, began)
            body = {"endpoints": [{"addresses": [address], "conditions": {"ready": True}}]}
            await cluster.patch(path, body)
            took.append((time.monotonic() - began) * 1000)
            last = max(last, number)

        began = time.monotonic()
        running: set[asyncio.Task[None]] = set()
        for number in range(count):
            delay = began + number / chosen.rate - time.monotonic()
            if delay > 0:
                await asyncio.sleep(delay)
            task = asyncio.create_task(one(number))
            running.add(task)
            task.add_done_callback(running.discard)
            while len(running) >= 64:
                await asyncio.wait(running, return_when=asyncio.FIRST_COMPLETED)
        await asyncio.gather(*running)
        seconds = time.monotonic() - began
    took.sort()
    return {
        "written": len(took),
        "rate": len(took) / seconds,
        "last": last,
        "write_p50": statistics.median(took),
        "write_p99": took[int(len(took) * 0.99) - 1],
    }


async def _begin(url: str) -> dict[str, float]:
    timeout = aiohttp.ClientTimeout(total=None)
    begin = f"{url}/begin"
    async with (
        aiohttp.ClientSession(timeout=timeout) as session,
        session.get(begin, params={"sent": os.environ["BENCH_SENT"]}) as response,
    ):
        found: dict[str, float] = await response.json()
        return found


async def _steady(chosen: argparse.Namespace) -> dict[str, float]:
    await SteadyServer(chosen.services, chosen.rate, chosen.seconds).run()
    return {}


def _number(address: str) -> int | None:
    first, *rest = address.split(".")
    return int(rest[0]) << 16 | int(rest[1]) << 8 | int(rest[2]) if first == "11" else None


PARTS: dict[str, Callable[[argparse.Namespace], Awaitable[dict[str, float]]]] = {
    "raw": _raw,
    "pages": lambda _: _ours(streamed=False),
    "streams": lambda _: _ours(streamed=True),
    "kopf": _kopf,
    "follow": _follow,
    "write": _write,
    "steady": _steady,
}
