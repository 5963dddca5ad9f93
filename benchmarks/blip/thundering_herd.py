"""B23: 300 proxies come back within a second to a control plane that is about to become ready, and are held until it is."""

import asyncio
import threading
import time
from dataclasses import dataclass
from typing import Any

import grpc

from benchmarks.blip.bench import Bench, Outcome
from tests.support.control_plane import ControlPlane
from tests.support.processes import wait_for
from tests.support.stack import GATEWAY
from tests.support.web import ask
from tests.support.xds_wire import decode, request
from xds_server.model.resource import CLUSTER, ENDPOINT, LISTENER, ROUTE

SERVICE = "envoy.service.discovery.v3.AggregatedDiscoveryService"
PROXIES = 300
_FOLLOWER = {CLUSTER: ENDPOINT, LISTENER: ROUTE}


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """What a herd met. Times in seconds."""

    served: int
    """Proxies that were given a whole configuration."""
    seconds: float
    """From when we were ready, or they came if that was later, until the last of them was served."""
    slowest_probe: float
    probes: frozenset[int]
    """Statuses that `/readyz` answered meanwhile; 0 for none within 5 s."""


def visited(plane: ControlPlane, proxies: int = PROXIES) -> Visit:
    """Sends proxies to a control plane within a second, and asks its probe meanwhile, 20 times a second."""
    done: list[float] = []
    herd = threading.Thread(target=lambda: asyncio.run(_herd(plane.grpc_port, proxies, done)), daemon=True)
    begin = time.monotonic()
    herd.start()
    slowest = ready_at = 0.0
    probes = set()
    while herd.is_alive() and time.monotonic() < begin + 60:
        asked = time.monotonic()
        status, _ = ask(f"{plane.url}/readyz", timeout=5)
        probes.add(status)
        slowest = max(slowest, time.monotonic() - asked)
        ready_at = ready_at or (asked if status == 200 else 0.0)
        herd.join(0.05)
    return Visit(
        served=len(done),
        # It is ready once those that waited have their configuration, so often after the last of them.
        seconds=max(0.0, max(done, default=0.0) - (ready_at or time.monotonic())),
        slowest_probe=slowest,
        probes=frozenset(probes),
    )


def loop_lag(plane: ControlPlane, bound: str = "0.25") -> int:
    """How often the event loop was later than so many seconds."""
    name = "event_loop_lag_seconds"
    return round(plane.metric(f"{name}_count") - plane.metric(f"{name}_bucket", le=bound))


def thundering_herd(gate: str) -> Outcome:
    """All of them are served; the probe answers within a second meanwhile, and a real proxy notices nothing."""
    with Bench(gate=gate, services=50) as bench:
        plane = bench.up()
        bench.load(keep_alive=50, new=10)
        bench.kill(plane)
        plane = bench.start(late=("endpointslices",), seconds=3.0)
        wait_for("the HTTP port", lambda: bool(ask(f"{plane.url}/livez")[0]), 20, plane)
        visit = visited(plane)
        bench.expect(f"all served, and {visit.served} were", holds=visit.served == PROXIES)
        bench.expect(
            f"a probe answers within 1 s, and it took {visit.slowest_probe:.2f}", holds=visit.slowest_probe < 1
        )
        bench.expect("the event loop is never 0.25 s late", holds=not loop_lag(plane))
        bench.note = bench.note or (
            f"{PROXIES} served within {visit.seconds:.1f} s of being ready; "
            f"slowest probe {visit.slowest_probe * 1000:.0f} ms"
        )
        return bench.outcome()


async def _herd(port: int, proxies: int, done: list[float]) -> None:
    channels = [
        grpc.aio.insecure_channel(f"127.0.0.1:{port}", options=(("grpc.use_local_subchannel_pool", 1),))
        for _ in range(proxies)
    ]
    try:
        await asyncio.gather(*(_proxy(channel, n, proxies, done) for n, channel in enumerate(channels)))
    finally:
        for channel in channels:
            await channel.close()


async def _proxy(channel: Any, number: int, of: int, done: list[float]) -> None:
    await asyncio.sleep(number / of)  # they come within a second

    def asking(type_url: str, names: tuple[str, ...] = (), version: str = "", nonce: str = "") -> bytes:
        node = (f"herd-{number}", GATEWAY)
        return request(type_url, node=node, names=names, version=version, nonce=nonce, error=None)

    call = channel.stream_stream(f"/{SERVICE}/StreamAggregatedResources")(wait_for_ready=True)
    for type_url in _FOLLOWER:
        await call.write(asking(type_url))
    had = set()
    async for data in call:
        answer = decode(data)
        names = tuple(answer.resources)
        had.add(answer.type_url)
        named = answer.type_url not in _FOLLOWER
        await call.write(asking(answer.type_url, names if named else (), answer.version, answer.nonce))
        if not named:
            await call.write(asking(_FOLLOWER[answer.type_url], names))
        if had >= {CLUSTER, ENDPOINT, LISTENER, ROUTE}:
            done.append(time.monotonic())
            call.cancel()
            return
