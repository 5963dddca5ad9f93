"""Whether a server stays as large as it is: streams of every kind come and go, and so do objects; then it is measured.

    python -m benchmarks soak [--streams 200000] [--objects 20000]

Fails if memory, descriptors or tasks grow: by more than so many bytes, or blocks of Python, for each stream or round of
objects. gRPC loses 96 bytes for each operation that is cancelled (https://github.com/grpc/grpc/issues/43360).
"""

import argparse
import asyncio
import os
import sys
from collections.abc import Awaitable, Callable
from typing import Any

os.environ.setdefault("GRPC_ENABLE_FORK_SUPPORT", "0")

import grpc

from benchmarks.memory_growth_server import ROLE
from benchmarks.server_process import Child, serving
from xds_server.envoy.wire.writer import field_bytes, field_string
from xds_server.model.resource import CLUSTER
from xds_server.xds.transport.client_status import CSDS
from xds_server.xds.transport.health import SERVICE as HEALTH
from xds_server.xds.transport.reflection import SERVICES as REFLECTION
from xds_server.xds.transport.services import ADS

MOST_BYTES = 60.0
"""That malloc may have given out more after a stream, or a round of objects: less than what one cancelled operation loses."""
MOST_BLOCKS = 0.5
AT_A_TIME = 50
OF_A_CONNECTION = 20
WARM_UP = 0.2
REMEMBERED = 1500
"""Of objects that have gone, the last thousand are remembered."""

Kind = Callable[[grpc.aio.Channel], Awaitable[None]]


def ask(role: str = ROLE, *, delta: bool = False) -> bytes:
    """A first request for clusters."""
    node = field_string(1, "soak") + field_string(2, role)
    return field_bytes(1 if delta else 2, node) + field_string(2 if delta else 4, CLUSTER)


async def _open(channel: grpc.aio.Channel, method: str, *messages: bytes) -> Any:
    call: Any = channel.stream_stream(method)()
    for message in messages:
        await call.write(message)
    return call


async def refused(channel: grpc.aio.Channel) -> None:
    """A role that nobody knows: the server ends it."""
    call = await _open(channel, f"/{ADS}/StreamAggregatedResources", ask("no/such"))
    assert await call.code() is grpc.StatusCode.NOT_FOUND


async def garbage(channel: grpc.aio.Channel) -> None:
    """No discovery request: the server ends it."""
    call = await _open(channel, f"/{ADS}/StreamAggregatedResources", b"\xff")
    assert await call.code() is grpc.StatusCode.INVALID_ARGUMENT


async def served(channel: grpc.aio.Channel) -> None:
    """Answered, and left in peace."""
    call = await _open(channel, f"/{ADS}/DeltaAggregatedResources", ask(delta=True))
    await call.read()
    await call.done_writing()
    assert await call.code() is grpc.StatusCode.OK


async def dropped(channel: grpc.aio.Channel) -> None:
    """Answered, and cancelled by the client."""
    call = await _open(channel, f"/{ADS}/StreamAggregatedResources", ask())
    await call.read()
    call.cancel()


async def silent(channel: grpc.aio.Channel) -> None:
    """Cancelled by the client before it made a request."""
    call = await _open(channel, f"/{ADS}/StreamAggregatedResources")
    await asyncio.sleep(0.001)
    call.cancel()


async def broken(channel: grpc.aio.Channel) -> None:
    """Answered, and then ended by the server, for what came next."""
    call = await _open(channel, f"/{ADS}/StreamAggregatedResources", ask())
    await call.read()
    await call.write(b"\xff")
    assert await call.code() is grpc.StatusCode.INVALID_ARGUMENT


async def watched(channel: grpc.aio.Channel) -> None:
    """A health check that goes on until the client cancels it."""
    call: Any = channel.unary_stream(f"/{HEALTH}/Watch")(b"")
    await call.read()
    call.cancel()


async def beside(channel: grpc.aio.Channel) -> None:
    """Reflection, and the status of clients, cancelled while the server reads."""
    for method, message in (
        (f"/{REFLECTION[0]}/ServerReflectionInfo", field_string(7, "*")),
        (f"/{CSDS}/StreamClientStatus", field_bytes(1, field_bytes(1, field_string(1, "nobody")))),
    ):
        call = await _open(channel, method, message)
        await call.read()
        call.cancel()


KINDS: tuple[Kind, ...] = (refused, garbage, served, dropped, silent, broken, watched, beside)


class Soak:
    """Measures one kind of load after another, and keeps what grew."""

    def __init__(self, server: Child) -> None:
        self._server = server
        self.grew: list[str] = []

    async def streams(self, kind: Kind, count: int) -> None:
        """So many streams of a kind."""
        options = [("grpc.use_local_subchannel_pool", 1)]
        left = count

        async def some() -> None:
            nonlocal left
            while left > 0:
                async with grpc.aio.insecure_channel(f"127.0.0.1:{self._server.port}", options=options) as channel:
                    for _ in range(min(left, OF_A_CONNECTION)):
                        left -= 1
                        await kind(channel)

        await asyncio.gather(*[some() for _ in range(AT_A_TIME)])

    async def measure(
        self, name: str, load: Callable[[int, int], Awaitable[None]], count: int, at_least: int = 1
    ) -> None:
        """Puts the load on twice, the first time to warm up, and compares what the server has before and after."""
        warm = max(at_least, int(count * WARM_UP))
        await load(0, warm)
        before = await self._server.tell("report")
        await load(warm, warm + count)
        after = await self._server.tell("report")
        grown = {key: after[key] - before[key] for key in before}
        each = {"malloc": grown["malloc"] / count, "blocks": grown["blocks"] / count}
        line = f"{name:9} {count:>7}: {each['malloc']:7.1f} B, {each['blocks']:6.2f} blocks each; " + ", ".join(
            f"{key} {before[key]} -> {after[key]}" for key in ("tasks", "threads", "files", "streams")
        )
        flat = each["malloc"] <= MOST_BYTES and each["blocks"] <= MOST_BLOCKS
        flat = flat and all(grown[key] <= 2 for key in ("tasks", "threads", "files")) and not after["streams"]
        print(line + ("" if flat else "   GROWS"), flush=True)
        if not flat:
            self.grew.append(name)


async def run(streams: int, objects: int) -> list[str]:
    """Prints a line for each kind of load, and returns the names of those after which the server was larger."""
    async with serving("benchmarks.memory_growth_server") as server:
        soak = Soak(server)
        await server.tell("report")
        for kind in KINDS:  # What is loaded once, is.
            await soak.streams(kind, 100)
        for kind in KINDS:

            async def load(begin: int, end: int, kind: Kind = kind) -> None:
                await soak.streams(kind, end - begin)

            await soak.measure(kind.__name__, load, streams // len(KINDS))

        async def come_and_go(begin: int, end: int) -> None:
            await server.tell(f"objects {begin} {end}")

        await soak.measure("objects", come_and_go, objects, REMEMBERED)
        return soak.grew


def main(arguments: list[str]) -> None:
    """The command."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks soak")
    parser.add_argument("--streams", type=int, default=200_000)
    parser.add_argument("--objects", type=int, default=20_000)
    chosen = parser.parse_args(arguments)
    if grew := asyncio.run(run(chosen.streams, chosen.objects)):
        raise SystemExit(f"the server grows: {', '.join(grew)}")


if __name__ == "__main__":
    main(sys.argv[1:])
