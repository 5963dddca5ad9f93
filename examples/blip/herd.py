"""B23: 300 proxies come back within a second to a control plane that is about to become ready, and are held until it is."""

import asyncio
import threading
import time
from typing import Any

import grpc

from examples.blip.bench import Bench, Outcome
from examples.rig.processes import wait_for
from examples.rig.stack import GATEWAY
from examples.rig.web import ask
from tests.simulation.wire import decode, request
from xds_server.snapshot.resource import CLUSTER, ENDPOINT, LISTENER, ROUTE

SERVICE = "envoy.service.discovery.v3.AggregatedDiscoveryService"
PROXIES = 300
_FOLLOWER = {CLUSTER: ENDPOINT, LISTENER: ROUTE}


def thundering_herd(gate: str) -> Outcome:
    """All of them are served; the probe answers within a second meanwhile, and a real proxy notices nothing."""
    with Bench(gate=gate, services=50) as bench:
        plane = bench.up()
        bench.load(keep_alive=50, new=10)
        bench.kill(plane)
        plane = bench.start(late=("endpointslices",), seconds=3.0)
        wait_for("the HTTP port", lambda: bool(ask(f"{plane.url}/livez")[0]), 20, plane)
        herd = threading.Thread(target=lambda: asyncio.run(_herd(bench.grpc_port, done)), daemon=True)
        done: list[float] = []
        begin = time.monotonic()
        herd.start()
        slowest = ready_at = 0.0
        while herd.is_alive() and time.monotonic() < begin + 60:
            asked = time.monotonic()
            status, _ = ask(f"{plane.url}/readyz", timeout=5)
            slowest = max(slowest, time.monotonic() - asked)
            ready_at = ready_at or (asked if status == 200 else 0.0)
            herd.join(0.05)
        bench.expect(f"all served, and {len(done)} were", holds=len(done) == PROXIES)
        bench.expect(f"a probe answers within 1 s, and it took {slowest:.2f}", holds=slowest < 1)
        late = plane.metric("event_loop_lag_seconds_count") - plane.metric("event_loop_lag_seconds_bucket", le="0.25")
        bench.expect("the event loop is never 0.25 s late", holds=not late)
        if not bench.failures and done:
            bench.note = f"{PROXIES} served within {max(done) - ready_at:.1f} s of being ready; slowest probe {slowest * 1000:.0f} ms"
        return bench.outcome()


async def _herd(port: int, done: list[float]) -> None:
    channels = [
        grpc.aio.insecure_channel(f"127.0.0.1:{port}", options=(("grpc.use_local_subchannel_pool", 1),))
        for _ in range(PROXIES)
    ]
    try:
        await asyncio.gather(*(_proxy(channel, n, done) for n, channel in enumerate(channels)))
    finally:
        for channel in channels:
            await channel.close()


async def _proxy(channel: Any, number: int, done: list[float]) -> None:
    await asyncio.sleep(number / PROXIES)  # they come within a second

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
