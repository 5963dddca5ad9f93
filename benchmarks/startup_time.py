"""Start: from the start of the process to ready, and to the complete configuration at a client that dials from then on.

    python -m benchmarks start [--services 10000] [--repeat 3]

Readiness is polled and the gRPC port is dialled every 10 ms. Each Service has 3 EndpointSlices of 10 endpoints; every
tenth has a route. Peers on a machine of this kind at 10,000 Services: kgateway 2.2 ready at 6.6 s and complete at
11 s, istiod 1.31 at 13-16 s and 15-19 s (measured 2026-11). Compare figures of one run only.
"""

import argparse
import asyncio
import compileall
import os
import statistics
import tempfile
import time
from pathlib import Path

from benchmarks.client import Client
from benchmarks.real_api_server import GATEWAY, Cluster, kubeconfig
from tests.support.control_plane import ControlPlane
from tests.support.web import ask
from xds_server.model.resource import CLUSTER, ENDPOINT


async def once(config: str, services: int) -> dict[str, float]:
    """One start, measured; seconds, and MiB."""
    os.environ["KUBECONFIG"] = config
    with tempfile.TemporaryDirectory() as directory:
        begin = time.monotonic()
        with ControlPlane("kube", Path(directory)) as server:
            client = Client(server.grpc_port, GATEWAY)
            dialling = asyncio.create_task(client.run())
            polled = await asyncio.to_thread(_poll, server)
            await asyncio.wait_for(client.complete.wait(), 60)
            dialling.cancel()
            done = client.last
            counts = {CLUSTER: client.counts[CLUSTER], ENDPOINT: client.counts[ENDPOINT]}
            if any(count < services for count in counts.values()):
                raise SystemExit(f"not complete: {counts}, {services} Services")
            usage = Path(f"/proc/{server.process.pid}/stat").read_text().rpartition(")")[2].split()
            return {
                "ready": polled["ready"] - begin,
                "complete": done - begin,
                "ready before complete by": done - polled["ready"],
                "first CDS": client.first[CLUSTER] - begin,
                "slowest probe": polled["slowest"],
                "cpu": (int(usage[11]) + int(usage[12])) / os.sysconf("SC_CLK_TCK"),
                "rss MiB": int(usage[21]) * os.sysconf("SC_PAGE_SIZE") / 2**20,
            }


def _poll(server: ControlPlane) -> dict[str, float]:
    """When `/readyz` said 200 first, and the longest that it took to answer."""
    slowest = 0.0
    while True:
        asked = time.monotonic()
        status, _ = ask(f"{server.url}/readyz", timeout=30)
        now = time.monotonic()
        if status:
            slowest = max(slowest, now - asked)
        if status == 200:
            return {"ready": now, "slowest": slowest}
        if not server.running:
            raise SystemExit(server.tail())
        time.sleep(0.01)


async def run(services: int, repeat: int) -> None:
    """Fills the cluster, starts *repeat* times, prints medians with the range."""
    for package in ("krt", "probes", "xds_server"):  # as an installation does
        compileall.compile_dir(package, quiet=1)
    with kubeconfig() as config:
        async with Cluster.open(config) as cluster:
            await cluster.fill(services)
        runs = [await once(config, services) for _ in range(repeat)]
    print(
        f"{services} Services, {services * 3} EndpointSlices, {services // 10} routes; {repeat} starts, median (range)"
    )
    for name in runs[0]:
        values = [one[name] for one in runs]
        unit = "" if "MiB" in name else " s"
        print(f"  {name:<26} {statistics.median(values):8.2f}{unit} ({min(values):.2f} - {max(values):.2f})")


def main(arguments: list[str]) -> None:
    """The command."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks start")
    parser.add_argument("--services", type=int, default=10_000)
    parser.add_argument("--repeat", type=int, default=3)
    chosen = parser.parse_args(arguments)
    asyncio.run(run(chosen.services, chosen.repeat))
