"""The pre-framed transport that is measured beside grpc.aio: it says what that says, to gRPC's own client and to ours."""

import asyncio
import time
from collections.abc import AsyncIterator
from typing import Any

import grpc
import pytest

from benchmarks.fan_out_server import Everybody
from benchmarks.h2.client import METHOD, LoadStream, nonce_of
from benchmarks.h2.frames import DATA, PREFACE, Frames, Messages, ProtocolError, data_frames, frame
from benchmarks.h2.server import H2Server
from tests.support import oracle
from tests.support.views import EMPTY_VIEW
from tests.support.xds_client import Log
from xds_server.envoy.wire.writer import field_bytes, field_string
from xds_server.model.address import Address
from xds_server.model.resource import CLUSTER, resource
from xds_server.xds.cache.table import Table
from xds_server.xds.transport.config import AdmissionConfig
from xds_server.xds.transport.registry import StreamRegistry
from xds_server.xds.transport.server import AdsServer

ASK = field_bytes(2, field_string(1, "proxy-1")) + field_string(4, CLUSTER)
SIZES = (1, 1 << 10, 50 << 10, 1 << 20)


class World:
    """A table, and both servers of it."""

    def __init__(self) -> None:
        self.table = Table([resource("a", b"1")])
        self.desk = Everybody({**EMPTY_VIEW, CLUSTER: self.table})
        self.h2 = H2Server(
            StreamRegistry(
                admission_policy=self.desk,
                observer=Log(),
                admission=AdmissionConfig(),
                identifier="xds-server",
                clock=time.monotonic,
            )
        )
        self.grpc = AdsServer(Address("127.0.0.1", 0), admission_policy=self.desk, observer=Log())
        self.ports: dict[str, int] = {}

    def change(self, size: int) -> None:
        self.table.begin()
        self.table.put(resource("a", bytes(index % 251 for index in range(size))))
        for server in (self.h2, self.grpc):
            server.publish({None: {CLUSTER: ["a"]}})


@pytest.fixture
async def world() -> AsyncIterator[World]:
    made = World()
    made.ports = {"h2": await made.h2.start(), "grpc": await made.grpc.start()}
    yield made
    await made.grpc.stop(0)
    await made.h2.stop()


class Asker:
    """A raw stream that keeps what it is sent, and accepts it."""

    def __init__(self) -> None:
        self.got: asyncio.Queue[bytes] = asyncio.Queue()

    def __call__(self, stream: LoadStream, message: bytes) -> None:
        self.got.put_nowait(message)
        stream.ask(field_string(4, CLUSTER) + field_bytes(5, nonce_of(message, CLUSTER.encode())))


async def test_large_requests_take_no_more_than_there_is_leave_for(world: World) -> None:
    """A request of many names reaches both servers whole."""
    names = b"".join(field_string(3, f"cluster-{number:05}") for number in range(20_000))
    names += field_string(3, "a")
    for port in world.ports.values():
        asker = Asker()
        stream = await LoadStream.open(port, asker)
        stream.ask(ASK + names)
        async with asyncio.timeout(30):
            answer = oracle.DiscoveryResponse.FromString(await asker.got.get())
        assert [item.value for item in answer.resources] == [b"1"]
        stream.close()


@pytest.mark.parametrize("window", [1 << 30, 1000])
async def test_both_transports_send_the_same(world: World, window: int) -> None:
    """Of every size, also to a client that gives leave to send a little at a time."""
    askers = {name: Asker() for name in world.ports}
    streams = [await LoadStream.open(world.ports[name], asker, window=window) for name, asker in askers.items()]
    for stream in streams:
        stream.ask(ASK)
    async with asyncio.timeout(20):
        for size in SIZES:
            answers = [await asker.got.get() for asker in askers.values()]
            assert answers[0] == answers[1]
            world.change(size)
        last = oracle.DiscoveryResponse.FromString(await askers["h2"].got.get())
    assert len(last.resources[0].value) == SIZES[-1]
    for stream in streams:
        stream.close()


async def test_the_client_of_grpc_is_served(world: World) -> None:
    """Many streams on one connection, each with its own answers; and a status with words, if a request is no good."""
    async with grpc.aio.insecure_channel(f"127.0.0.1:{world.ports['h2']}") as channel:
        calls: list[Any] = [channel.stream_stream(METHOD)() for _ in range(5)]
        for call in calls:
            await call.write(ASK)
        answers = [oracle.DiscoveryResponse.FromString(await call.read()) for call in calls]
        assert [answer.resources[0].value for answer in answers] == [b"1"] * 5
        await calls[0].write(b"\xff")
        assert await calls[0].code() == grpc.StatusCode.INVALID_ARGUMENT
        assert "discovery request refused" in await calls[0].details()
        other: Any = channel.stream_stream("/a.Service/Method")()
        assert await other.code() == grpc.StatusCode.UNIMPLEMENTED


async def test_what_is_not_http2_is_ended(world: World) -> None:
    """Another protocol, or a frame beyond the limit, costs its connection alone."""
    for garbage in (b"GET / HTTP/1.1\r\n\r\n", PREFACE + frame(DATA, 0, 1, bytes(1 << 15))):
        reader, writer = await asyncio.open_connection("127.0.0.1", world.ports["h2"])
        writer.write(garbage)
        async with asyncio.timeout(20):
            assert b"of 16384 at most" in (answer := await reader.read()) or b"no HTTP/2" in answer
        writer.close()
    asker = Asker()
    stream = await LoadStream.open(world.ports["h2"], asker)
    stream.ask(ASK)
    async with asyncio.timeout(20):
        assert CLUSTER.encode() in await asker.got.get()
    stream.close()


@pytest.mark.parametrize("step", [1, 7, 1 << 20])
def test_frames_and_messages_are_put_together_from_any_pieces(step: int) -> None:
    """However the bytes arrive, the messages are the same."""
    sent = [b"", b"a", bytes(40_000)]
    data = b"".join(data_frames(message, 1) for message in sent)
    frames, messages, got = Frames(), Messages(), []
    for at in range(0, len(data), step):
        for _, _, _, payload in frames.feed(data[at : at + step]):
            got += messages.feed(payload, 1 << 20)
    assert got == sent


def test_a_message_beyond_the_limit_is_refused() -> None:
    """By its length alone, before it is in memory."""
    with pytest.raises(ProtocolError, match="message of 2000000 bytes"):
        list(Messages().feed(b"\0" + (2_000_000).to_bytes(4, "big"), 1 << 20))
