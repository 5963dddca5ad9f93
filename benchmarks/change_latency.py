"""Change: from the moment that a raw watch saw an endpoint change to its arrival at a client.

    python -m benchmarks change [--services 100 10000] [--changes 200]

The API server and the watch themselves take 4-5 ms; they are not counted. Peers on a machine of this kind, p50 at 100
and at 10,000 Services: istiod 1.31 tuned 1.5 and 3.8 ms, kgateway 2.2 3.3 and 363 ms (measured 2026-11).
"""

import argparse
import asyncio
import os
import statistics
import tempfile
import time
from pathlib import Path

from benchmarks.client import Answer, Client
from benchmarks.real_api_server import GATEWAY, Cluster, kubeconfig, slice_of
from tests.support.control_plane import ControlPlane
from xds_server.model.resource import ENDPOINT

SERVICE, NAMESPACE = "svc-00007", "bench-7"
PATH = f"/apis/discovery.k8s.io/v1/namespaces/{NAMESPACE}/endpointslices"


class Race:
    """When each change was seen by the watch, and when it was at the client."""

    def __init__(self) -> None:
        self.seen: dict[str, float] = {}
        self.arrived: dict[str, float] = {}
        self.both = asyncio.Event()
        self.awaited = "nothing yet"

    def answer(self, answer: Answer) -> None:
        """An answer of the control plane."""
        body = answer.bodies.get(f"{NAMESPACE}/{SERVICE}:80") if answer.type_url == ENDPOINT else None
        if body is not None and self.awaited.encode() in body:
            self._mark(self.arrived, answer.arrived)

    async def watch(self, cluster: Cluster) -> None:
        """What a watch sees that does nothing else."""
        async for event in cluster.watch(PATH):
            now = time.monotonic()
            endpoints = event["object"].get("endpoints") or [{"addresses": [""]}]
            if endpoints[0]["addresses"][0] == self.awaited:
                self._mark(self.seen, now)

    def _mark(self, when: dict[str, float], now: float) -> None:
        when.setdefault(self.awaited, now)
        if self.awaited in self.seen and self.awaited in self.arrived:
            self.both.set()


async def measure(config: str, services: int, changes: int) -> list[float]:
    """Milliseconds from watch to client, for each change."""
    os.environ["KUBECONFIG"] = config
    race = Race()
    async with Cluster.open(config) as cluster:
        await cluster.fill(services)
        with tempfile.TemporaryDirectory() as directory, ControlPlane("kube", Path(directory)) as server:
            await asyncio.to_thread(server.wait_ready, 60)
            client = Client(server.grpc_port, GATEWAY, race.answer)
            tasks = [asyncio.create_task(client.run()), asyncio.create_task(race.watch(cluster))]
            await asyncio.wait_for(client.complete.wait(), 60)
            for number in range(changes):
                race.awaited = f"10.99.{number >> 8}.{number & 255}"
                race.both.clear()
                body = slice_of(SERVICE, 1, 7, 10, first=race.awaited)
                await cluster.patch(f"{PATH}/{SERVICE}-1", {"endpoints": body["endpoints"]})
                await asyncio.wait_for(race.both.wait(), 10)
                await asyncio.sleep(0.02)  # the pace of the changes, not something that is waited for
            for task in tasks:
                task.cancel()
    return [(race.arrived[one] - race.seen[one]) * 1000 for one in race.arrived]


async def run(sizes: list[int], changes: int) -> None:
    """Prints p50 and p99 for each size, and the ratio of the last to the first."""
    medians = []
    with kubeconfig() as config:
        for services in sizes:
            times = sorted(await measure(config, services, changes))
            medians.append(statistics.median(times))
            p99 = times[int(len(times) * 0.99) - 1]
            print(f"{services:>6} Services, {changes} changes: p50 {medians[-1]:.2f} ms, p99 {p99:.2f} ms", flush=True)
    print(f"p50 at {sizes[-1]} Services is {medians[-1] / medians[0]:.2f} times that at {sizes[0]}")


def main(arguments: list[str]) -> None:
    """The command."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks change")
    parser.add_argument("--services", type=int, nargs="+", default=[100, 10_000])
    parser.add_argument("--changes", type=int, default=200)
    chosen = parser.parse_args(arguments)
    asyncio.run(run(chosen.services, chosen.changes))
