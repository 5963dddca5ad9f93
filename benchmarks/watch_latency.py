"""How changes follow: a Kubernetes source that notes when each arrives, and what makes them. Parts of `benchmarks.list_and_watch`."""

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
from pathlib import Path

import aiohttp

from benchmarks.real_api_server import Cluster
from benchmarks.steady_api_server import SENT
from krt import Graph, Reflector
from xds_server.providers.kinds import kinds
from xds_server.providers.kubernetes.kopf_client import KopfClient, login
from xds_server.providers.kubernetes.provider import KubernetesProvider
from xds_server.providers.sync_tracker import SyncTracker

_SLICES = "/apis/discovery.k8s.io/v1/namespaces/{}/endpointslices/{}"


def rss() -> int:
    """Resident memory, in bytes."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


class Follower:
    """A Kubernetes source over a graph that has nothing but its sources."""

    def __init__(self, *, streamed: bool) -> None:
        self.graph = Graph()
        self.synced = asyncio.Event()
        read = kinds()
        self.sources = {kind.plural: self.graph.source(kind.plural) for kind in read}
        self.tracker = SyncTracker(read, on_change=self._on_change)
        self.source = KubernetesProvider(
            client=KopfClient(login()),
            kinds=read,
            reflectors={plural: Reflector(source) for plural, source in self.sources.items()},
            graph=self.graph,
            tracker=self.tracker,
            streamed=streamed,
        )

    def _on_change(self, _old: object, _new: object) -> None:
        if all(state.known for state in self.tracker.states.values()):
            self.synced.set()

    async def start(self) -> int:
        self.task = asyncio.create_task(self.source.run())
        await self.synced.wait()
        return sum(len(source) for source in self.sources.values())

    async def end(self) -> None:
        self.task.cancel()
        await asyncio.wait([self.task])


async def follow(chosen: argparse.Namespace) -> dict[str, float]:
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
        epoch, memory, cpu, began = follower.graph.epoch, rss(), time.process_time(), time.monotonic()
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
        "grown": (rss() - memory) / 2**20,
    }


async def write(chosen: argparse.Namespace) -> dict[str, float]:
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


def _number(address: str) -> int | None:
    first, *rest = address.split(".")
    return int(rest[0]) << 16 | int(rest[1]) << 8 | int(rest[2]) if first == "11" else None
