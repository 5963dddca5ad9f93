"""What a change costs as the number of clusters grows, and what many proxies that come back at once cost.

    python -m benchmarks xds [--clusters 100 10000] [--changes 300] [--rate 500] [--seconds 20] [--herd 300]

The server is a process of its own, with all four types and a cluster's load assignment for each cluster; the clock runs
from the publication until the client has the bytes. Steps are calls of Python functions for one change, from the table to
the encoded response: a count, the same in every run.
"""

import argparse
import asyncio
import os
import random
import statistics
import sys
import time
from typing import Any

os.environ.setdefault("GRPC_ENABLE_FORK_SUPPORT", "0")

from benchmarks.client import Answer, Client
from benchmarks.h2.client import LoadStream, nonce_of
from benchmarks.push_cost_server import assignment, filled
from benchmarks.server_process import Child, serving
from xds_server.envoy.wire.writer import field_bytes, field_string
from xds_server.model.resource import CLUSTER, ENDPOINT, LISTENER, PUSH_ORDER, ROUTE
from xds_server.xds.codec.delta import DeltaResponseEncoder
from xds_server.xds.codec.sotw import ResponseEncoder
from xds_server.xds.protocol.delta import DeltaStream
from xds_server.xds.protocol.messages import DeltaRequest, Request
from xds_server.xds.protocol.sotw import SotwStream
from xds_server.xds.transport.server import REST_SECONDS

ROLE = "bench/edge"
PAUSE = 2 * REST_SECONDS
"""Between changes that are to come one by one: what follows closer is gathered.

After a pause a change takes about twice as long as in a tight loop, by caches and wake-ups alone, and that is how they come.
"""


class Arrivals(Client):
    """Notes when each change arrived."""

    def __init__(self, port: int) -> None:
        super().__init__(port, ROLE, self.note)
        self.at: dict[int, float] = {}
        self.news = asyncio.Event()

    def note(self, answer: Answer) -> None:
        if answer.type_url == ENDPOINT and self.complete.is_set():
            for body in answer.bodies.values():
                address = body[body.index(b"10.") :].split(b"\x18")[0].decode().split(".")
                number = int(address[1]) << 16 | int(address[2]) << 8 | int(address[3])
                self.at.setdefault(number, answer.arrived)
            self.news.set()

    def waits(self, published: list[float], before: int) -> list[float]:
        """Milliseconds from each change, after *before* others, to its arrival; not of those that another overtook."""
        numbered = enumerate(published, before + 1)
        return [(self.at[number] - at) * 1000 for number, at in numbered if number in self.at]

    async def until(self, number: int) -> None:
        while number not in self.at:
            self.news.clear()
            await self.news.wait()


def percentile(values: list[float], share: float) -> float:
    return sorted(values)[min(len(values) - 1, int(len(values) * share))]


async def change(clusters: int, changes: int, rate: float, seconds: float) -> float:
    """Prints the time from publication to client, one by one and at a rate; returns the first one's median."""
    async with serving("benchmarks.push_cost_server", str(clusters)) as server:
        alone, before = await alone_share(server, rate) if rate else (0.0, 0)
        client = Arrivals(server.port)
        task = asyncio.create_task(client.run())
        await asyncio.wait_for(client.complete.wait(), 60)
        await asyncio.sleep(0.3)
        for number in range(before + 1, before + changes + 1):
            await asyncio.sleep(PAUSE)
            await server.tell("change")
            await asyncio.wait_for(client.until(number), 5)
        report = await server.tell("mem")
        waits = client.waits(report["published"][before:], before)
        p50 = statistics.median(waits)
        print(f"{clusters:>6} clusters: one change p50 {p50:.2f} ms, p99 {percentile(waits, 0.99):.2f} ms", flush=True)
        if rate:
            spent = report["cpu"]
            report = await server.tell(f"rate {rate} {seconds}")
            await asyncio.wait_for(client.until(len(report["published"])), 5)
            before += changes
            late = client.waits(report["published"][before:], before)
            share = (report["cpu"] - spent) / seconds
            print(
                f"{'':6} {rate:g} changes/s for {seconds:g} s: {share:.0%} of a core ({alone:.0%} without a client), p50 {statistics.median(late):.2f} ms, "
                f"p99 {percentile(late, 0.99):.2f} ms, loop at most {report['lag'] * 1000:.0f} ms late",
                flush=True,
            )
        task.cancel()
        return p50


async def alone_share(server: Child, rate: float, seconds: float = 3) -> tuple[float, int]:
    """The share of a core that it takes to make the changes, with nobody to tell of them; and how many they were."""
    before = (await server.tell("mem"))["cpu"]
    report = await server.tell(f"rate {rate} {seconds}")
    return float((report["cpu"] - before) / seconds), len(report["published"])


async def herd(clusters: int, clients: int, *, named: bool) -> None:
    """Prints how long it takes until so many proxies, that all come back within a second, have everything again.

    *named*: each names all its load assignments in an order of its own, with every ACK, as an Envoy does; else by `*`.
    """
    pieces = [field_string(3, item.name) for item in filled(clusters)[ENDPOINT]] if named else []
    async with serving("benchmarks.push_cost_server", str(clusters)) as server:
        before = (await server.tell("mem"))["cpu"]
        comers = [Comer(clusters, b"".join(random.sample(pieces, len(pieces)))) for _ in range(clients)]
        begin = time.monotonic()
        async with asyncio.timeout(120), asyncio.TaskGroup() as group:
            for number, comer in enumerate(comers):
                group.create_task(comer.run(server.port, begin + number / clients))
        last = max(comer.done for comer in comers)
        report = await server.tell("mem")
        print(
            f"{clusters:>6} clusters, {clients} clients within 1 s, {'by name' if named else 'by *':7}: the last is complete "
            f"after {last - begin:.2f} s, server {report['cpu'] - before:.2f} s of CPU, "
            f"loop at most {report['lag'] * 1000:.0f} ms late, {report['rss']:.0f} MiB",
            flush=True,
        )
        for comer in comers:
            comer.close()


class Comer:
    """A client that asks for all at once, as an Envoy does that comes back.

    It looks into as little of the responses as it can, since all clients are in one process here: resources are counted
    by their type's name.
    """

    def __init__(self, clusters: int, names: bytes) -> None:
        self._wanted = {CLUSTER: clusters, ENDPOINT: clusters, LISTENER: 1, ROUTE: 1}
        self._names = {
            CLUSTER: b"",
            ENDPOINT: names or field_string(3, "*"),
            LISTENER: b"",
            ROUTE: field_string(3, "edge/80"),
        }
        self._complete = asyncio.Event()
        self._stream: LoadStream | None = None
        self.done = 0.0
        """When it had everything."""

    async def run(self, port: int, at: float) -> None:
        """Comes, and returns when it has everything."""
        await asyncio.sleep(max(0.0, at - time.monotonic()))
        self._stream = await LoadStream.open(port, self._take)
        node = field_bytes(2, field_string(1, "bench") + field_string(2, ROLE))
        for type_url in PUSH_ORDER:
            self._stream.ask(node + self._names[type_url] + field_string(4, type_url) + field_string(1, "old"))
            node = b""
        await self._complete.wait()

    def close(self) -> None:
        """Hangs up."""
        if self._stream is not None:
            self._stream.close()

    def _take(self, stream: LoadStream, data: bytes) -> None:
        type_url = next(one for one in PUSH_ORDER if one.encode() in data[-300:])
        url = type_url.encode()
        self._wanted[type_url] -= data.count(url) - 1
        stream.ask(self._names[type_url] + field_string(4, type_url) + field_bytes(5, nonce_of(data, url)))
        if not any(self._wanted.values()) and not self.done:
            self.done = time.monotonic()
            self._complete.set()


def steps(clusters: int) -> dict[str, int]:
    """Calls of Python functions for one change, from the table to the bytes, by variant."""
    counts = {}
    for name, machine, encoder, made in (
        ("sotw", SotwStream, ResponseEncoder("cp"), lambda nonce, names: Request(ENDPOINT, "", names, nonce)),
        (
            "delta",
            DeltaStream,
            DeltaResponseEncoder("cp"),
            lambda nonce, names: DeltaRequest(ENDPOINT, names, nonce=nonce),
        ),
    ):
        tables = filled(clusters)
        stream: Any = machine(tables, "bench")
        names = tuple(item.name for item in tables[ENDPOINT])
        stream.receive_request(made("", names))
        while (response := stream.next_response()) is not None:
            encoder.encode(response)
            stream.receive_request(made(response.nonce, names if name == "sotw" else ()))
        item = assignment(names[clusters // 2], 1)
        calls = 0

        def count(*_: object) -> None:
            nonlocal calls
            calls += 1

        sys.setprofile(lambda frame, event, arg: count() if event == "call" else None)
        tables[ENDPOINT].begin()
        tables[ENDPOINT].put(item)
        stream.tables_changed({ENDPOINT: [item.name]})
        encoder.encode(stream.next_response())
        sys.setprofile(None)
        counts[name] = calls
    return counts


async def run(chosen: argparse.Namespace) -> None:
    """All of it, at each size."""
    counted = {size: steps(size) for size in chosen.clusters}
    print("steps for one change:", ", ".join(f"{size} clusters {counts}" for size, counts in counted.items()))
    medians = [await change(size, chosen.changes, chosen.rate, chosen.seconds) for size in chosen.clusters]
    print(f"p50 at {chosen.clusters[-1]} clusters is {medians[-1] / medians[0]:.2f} times that at {chosen.clusters[0]}")
    if chosen.herd:
        for size in chosen.clusters:
            for named in (False, True):
                await herd(size, chosen.herd, named=named)


def main(arguments: list[str]) -> None:
    """The command."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks xds")
    parser.add_argument("--clusters", type=int, nargs="+", default=[100, 10_000])
    parser.add_argument("--changes", type=int, default=300)
    parser.add_argument("--rate", type=float, default=500)
    parser.add_argument("--seconds", type=float, default=20)
    parser.add_argument("--herd", type=int, default=300)
    asyncio.run(run(parser.parse_args(arguments)))


if __name__ == "__main__":
    main(sys.argv[1:])
