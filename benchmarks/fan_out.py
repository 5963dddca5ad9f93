"""Fan-out by grpc.aio and by a pre-framed HTTP/2 transport, behind the same seam, to the same client, in one run.

    python -m benchmarks transport [--streams 10 100 1000] [--kilobytes 1 50 1024] [--pushes 8]

Each stream has a connection of its own, and accepts all. `last`: from the change until the last stream has it, the median.
`cpu`: of the server, per push and stream, with the answer. `memory`: what a stream adds to the server.
"""

import argparse
import asyncio
import statistics
import sys
import time

from benchmarks.h2.client import LoadStream, nonce_of
from benchmarks.server_process import serving
from xds_server.envoy.wire.writer import field_bytes, field_string
from xds_server.model.resource import CLUSTER

TRANSPORTS = ("grpc", "h2")
_ASK = field_string(4, CLUSTER)
_URL = CLUSTER.encode()
_MARK = b"@t="


class Crowd:
    """Streams that all are to have got the same number of messages."""

    def __init__(self) -> None:
        self.streams: list[LoadStream] = []
        self.last = b""
        self._missing = 0
        self._all = asyncio.Event()

    async def open(self, port: int, count: int) -> None:
        """Opens streams, and returns when each has its first message."""
        self._expect(count)
        for number in range(count):
            stream = await LoadStream.open(port, self._got)
            stream.ask(field_bytes(1, b"") + field_bytes(2, field_string(1, f"bench-{number}")) + _ASK)
            self.streams.append(stream)
        await self.all_have_it()

    def expect(self) -> None:
        """Another message is coming to each."""
        self._expect(len(self.streams))

    async def all_have_it(self) -> float:
        """Returns when each stream has got its message, with the time of the last."""
        await asyncio.wait_for(self._all.wait(), 60)
        return time.monotonic()

    def close(self) -> None:
        """Hangs up."""
        for stream in self.streams:
            stream.close()

    def _expect(self, count: int) -> None:
        self._missing = count
        self._all.clear()

    def _got(self, stream: LoadStream, message: bytes) -> None:
        stream.ask(_ASK + field_bytes(5, nonce_of(message, _URL)))
        self.last = message
        self._missing -= 1
        if not self._missing:
            self._all.set()


def made_at(message: bytes) -> float:
    """When the content of a message was made, on the monotonic clock."""
    at = message.index(_MARK) + len(_MARK)
    return int(message[at : at + 16], 16) / 1e9


async def measure(transport: str, streams: int, kilobytes: int, pushes: int) -> dict[str, float]:
    """The figures of one cell."""
    async with serving("benchmarks.fan_out_server", "--transport", transport) as server:
        await server.tell("push 1x1024 1")
        empty = (await server.tell("mem"))["rss_kb"]
        crowd = Crowd()
        await crowd.open(server.port, streams)
        open_kb = (await server.tell("mem"))["rss_kb"]
        waits, spent = [], 0.0
        for number in range(pushes + 1):
            crowd.expect()
            await server.tell(f"push 1x{kilobytes << 10} 1")
            at = await crowd.all_have_it()
            await asyncio.sleep(0.02 + streams / 10_000)  # The answers belong to the push.
            if number:
                waits.append((at - made_at(crowd.last)) * 1000)
            else:  # The first warms up.
                spent = (await server.tell("mem"))["cpu_s"]
        after = await server.tell("mem")
        crowd.close()
        return {
            "last ms": statistics.median(waits),
            "cpu us": (after["cpu_s"] - spent) / pushes / streams * 1e6,
            "open KB": (open_kb - empty) / streams,
            "then KB": (after["rss_kb"] - empty) / streams,
        }


async def run(chosen: argparse.Namespace) -> None:
    """Prints all cells, the contenders in turn."""
    print(f"{'streams':>7} {'KB':>5}   " + "   ".join(f"{'grpc.aio':>9} {'h2':>9} {'ratio':>5}" for _ in range(4)))
    print(
        f"{'':13}   "
        + "   ".join(f"{name:^25}" for name in ("last ms", "cpu us", "memory KB, open", "memory KB, after"))
    )
    for streams in chosen.streams:
        for kilobytes in chosen.kilobytes:
            rows: list[dict[str, float]] = [
                await measure(transport, streams, kilobytes, chosen.pushes) for transport in TRANSPORTS
            ]
            cells = [f"{rows[0][key]:9.1f} {rows[1][key]:9.1f} {rows[0][key] / rows[1][key]:5.1f}" for key in rows[0]]
            print(f"{streams:>7} {kilobytes:>5}   " + "   ".join(cells), flush=True)


def main(arguments: list[str]) -> None:
    """The command."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks transport")
    parser.add_argument("--streams", type=int, nargs="+", default=[10, 100, 1000])
    parser.add_argument("--kilobytes", type=int, nargs="+", default=[1, 50, 1024])
    parser.add_argument("--pushes", type=int, default=8)
    asyncio.run(run(parser.parse_args(arguments)))


if __name__ == "__main__":
    main(sys.argv[1:])
