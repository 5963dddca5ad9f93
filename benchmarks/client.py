"""A client that asks as Envoy does: CDS, EDS for every cluster, LDS, RDS; each answer acknowledged."""

import asyncio
import os
import time
from collections.abc import Callable
from typing import Any

os.environ.setdefault("GRPC_ENABLE_FORK_SUPPORT", "0")  # we start processes beside it, and do not fork into gRPC

import grpc

from xds_server.envoy.wire.reader import field_at, text
from xds_server.envoy.wire.writer import field_bytes, field_string
from xds_server.model.resource import CLUSTER, ENDPOINT, LISTENER, ROUTE, TypeUrl

METHOD = "/envoy.service.discovery.v3.AggregatedDiscoveryService/StreamAggregatedResources"
OPTIONS = [
    ("grpc.max_receive_message_length", -1),
    ("grpc.initial_reconnect_backoff_ms", 10),
    ("grpc.min_reconnect_backoff_ms", 10),
    ("grpc.max_reconnect_backoff_ms", 10),
]


class Answer:
    """What is read of a DiscoveryResponse: the names of its resources, which are the first field of each."""

    def __init__(self, data: bytes) -> None:
        self.arrived = time.monotonic()
        self.size = len(data)
        self.names: list[str] = []
        self.bodies: dict[str, bytes] = {}
        self.version = self.type_url = self.nonce = ""
        at = 0
        while at < len(data):
            key, begin, at = field_at(data, at, len(data))
            if key == 2 << 3 | 2:
                self._resource(data, begin, at)
            elif key in (1 << 3 | 2, 4 << 3 | 2, 5 << 3 | 2):
                setattr(self, {1: "version", 4: "type_url", 5: "nonce"}[key >> 3], text(data, begin, at))

    def _resource(self, data: bytes, at: int, end: int) -> None:
        while at < end:
            key, begin, at = field_at(data, at, end)
            if key == 2 << 3 | 2:
                _, name, name_end = field_at(data, begin, at)
                self.names.append(text(data, name, name_end))
                self.bodies[self.names[-1]] = data[begin:at]


class Client:
    """One ADS stream. Dials until it is let in; `complete` when each type was answered, and each cluster has its load assignment."""

    def __init__(self, port: int, role: str, on_answer: Callable[[Answer], None] = lambda _: None) -> None:
        self._port = port
        self._on_answer = on_answer
        self._node = field_bytes(2, field_string(1, "benchmark") + field_string(2, role))
        self._asked: dict[str, bytes] = {}
        self.first: dict[str, float] = {}
        """When each type was answered first."""
        self.counts: dict[str, int] = {}
        """Resources of each type, in all answers together."""
        self.clusters = 0
        self.refusals = 0
        self.last = 0.0
        """When the answer came with which it was complete."""
        self.complete = asyncio.Event()

    async def run(self) -> None:
        """Dials every 10 ms, asks, and acknowledges, until cancelled."""
        while True:
            async with grpc.aio.insecure_channel(f"127.0.0.1:{self._port}", options=OPTIONS) as channel:
                try:
                    await self._stream(channel)
                except grpc.aio.AioRpcError:
                    self.refusals += 1
            await asyncio.sleep(0.01)

    async def _stream(self, channel: grpc.aio.Channel) -> None:
        call: Any = channel.stream_stream(METHOD)(wait_for_ready=False)
        await self._ask(call, CLUSTER, (), node=self._node)
        await self._ask(call, LISTENER, ())
        while (data := await call.read()) is not grpc.aio.EOF:
            answer = Answer(data)
            self.first.setdefault(answer.type_url, answer.arrived)
            self.counts[answer.type_url] = self.counts.get(answer.type_url, 0) + len(answer.names)
            self._on_answer(answer)
            await self._acknowledge(call, answer)
            if answer.type_url == CLUSTER:
                self.clusters = len(answer.names)
            if answer.type_url == CLUSTER and ENDPOINT not in self._asked:
                await self._ask(call, ENDPOINT, answer.names)
            if answer.type_url == LISTENER and ROUTE not in self._asked:
                await self._ask(call, ROUTE, answer.names)
            if len(self.first) == 4 and self.counts[ENDPOINT] >= self.clusters:
                self.last = answer.arrived
                self.complete.set()

    async def _ask(self, call: Any, type_url: TypeUrl, names: object, node: bytes = b"") -> None:
        asked = b"".join(field_string(3, name) for name in names) + field_string(4, type_url)  # type: ignore[attr-defined]
        self._asked[type_url] = asked
        await call.write(node + asked)

    async def _acknowledge(self, call: Any, answer: Answer) -> None:
        head = field_string(1, answer.version)
        await call.write(head + self._asked[answer.type_url] + field_string(5, answer.nonce))
