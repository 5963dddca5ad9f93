"""What clients can take of a server, over real gRPC and HTTP/2 on the loopback."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator
from typing import Any

import grpc
import pytest

from benchmarks.h2.client import LoadStream
from benchmarks.h2.frames import PING, PREFACE, frame, settings
from tests.support import oracle
from tests.support.xds_client import Desk, Log, Proxy, tables
from xds_server.envoy.wire.writer import field_bytes, field_string
from xds_server.model.address import Address
from xds_server.model.resource import CLUSTER, ENDPOINT
from xds_server.xds.transport.client_status import CSDS
from xds_server.xds.transport.limits import Limits
from xds_server.xds.transport.reflection import SERVICES as REFLECTION
from xds_server.xds.transport.server import AdsServer
from xds_server.xds.transport.services import ADS

OPTIONS = (
    ("grpc.use_local_subchannel_pool", 1),
    ("grpc.max_send_message_length", -1),
    ("grpc.max_receive_message_length", -1),
)


@contextlib.asynccontextmanager
async def serving(**limits: Any) -> AsyncIterator[tuple[AdsServer, grpc.aio.Channel, Log]]:
    """A server that is ready, with these limits."""
    desk, log = Desk(), Log()
    desk.views["shop/web"] = tables(CDS="a b", EDS="a b")
    server = AdsServer(Address("127.0.0.1", 0), admission_policy=desk, observer=log, limits=Limits(**limits))
    await server.start()
    try:
        async with another(server) as channel:
            yield server, channel, log
    finally:
        await server.stop(0)


def another(server: AdsServer) -> grpc.aio.Channel:
    """A channel with a connection of its own."""
    return grpc.aio.insecure_channel(f"127.0.0.1:{server.port}", options=OPTIONS)


async def test_streams_that_never_speak_take_no_place_from_one_that_does() -> None:
    """Though they are as many as there may be streams; they end after their time, and are shown."""
    async with serving(streams=20, streams_per_address=20, first_request_seconds=1) as (server, channel, log):
        async with another(server) as first, another(server) as second:
            calls: list[Any] = [
                one.stream_stream(f"/{ADS}/StreamAggregatedResources")() for one in (first, second) * 30
            ]
            async with asyncio.timeout(20):
                while server.client_use().silent < len(calls):
                    await asyncio.sleep(0.01)
            proxy = Proxy(channel)
            await proxy.ask(CLUSTER)
            assert await proxy.takes() == "CDS a b"
            assert server.client_use().by_address["127.0.0.1"] == {"streams": 1, "silent": 60}
            assert {await call.code() for call in calls} == {grpc.StatusCode.DEADLINE_EXCEEDED}
        assert server.client_use().silent == 0
        assert log.named("stream_refused") == [("silent",)] * 60


@pytest.mark.parametrize("sent", [b"", PREFACE[:10], PREFACE + settings({}) + frame(4, 1, 0, b"")])
async def test_a_connection_without_a_stream_is_closed(sent: bytes) -> None:
    """One that says nothing, half of a greeting, or that only greets."""
    async with serving(first_request_seconds=0.3, idle_seconds=0.3) as (server, _, _):
        reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
        writer.write(sent)
        async with asyncio.timeout(20):
            while await reader.read(1 << 16):
                pass
        writer.close()


async def test_a_watcher_that_does_not_read_keeps_nobody_from_hearing_and_stopping() -> None:
    """Health is told to others, and the server stops."""
    async with serving() as (server, channel, _):
        deaf = await LoadStream.open(server.port, lambda *_: None, "/grpc.health.v1.Health/Watch", window=0)
        deaf.ask(b"")
        call: Any = channel.unary_stream("/grpc.health.v1.Health/Watch")(b"")
        assert await call.read() == b"\x08\x02"
        async with asyncio.timeout(20):
            while server.client_use().auxiliary_calls < 2:
                await asyncio.sleep(0.01)
            await server.set_health(serving=True)
            assert await call.read() == b"\x08\x01"
            await server.stop(0)
        deaf.close()


async def test_calls_beside_discovery_have_places_of_their_own() -> None:
    """When they are taken, discovery goes on; who asks nothing loses its place."""
    async with serving(auxiliary_calls=8, first_request_seconds=1) as (server, channel, log):
        reflecting: list[Any] = [channel.stream_stream(f"/{REFLECTION[0]}/ServerReflectionInfo")() for _ in range(2)]
        async with asyncio.timeout(20):
            while server.client_use().auxiliary_calls < 2:
                await asyncio.sleep(0.01)
        check: Any = channel.unary_unary("/grpc.health.v1.Health/Check")
        with pytest.raises(grpc.aio.AioRpcError, match="2 from this address"):
            await check(b"")
        assert log.named("stream_refused") == [("auxiliary",)]
        proxy = Proxy(channel)
        await proxy.ask(CLUSTER)
        assert await proxy.takes() == "CDS a b"
        assert {await call.code() for call in reflecting} == {grpc.StatusCode.DEADLINE_EXCEEDED}
        assert await check(b"") == b"\x08\x02"


async def test_one_connection_has_so_many_streams_and_no_more() -> None:
    """Beyond the limit it is told so; far beyond it gRPC's own client has to wait."""
    async with serving(streams_per_connection=3, auxiliary_calls=4, first_request_seconds=60) as (server, channel, _):
        calls: list[Any] = [channel.stream_stream(f"/{ADS}/StreamAggregatedResources")() for _ in range(20)]
        async with asyncio.timeout(20):
            while sum(call.done() for call in calls) < 17:
                await asyncio.sleep(0.01)
        codes = {await call.code() for call in calls if call.done()}
        # The other is of what was sent before the client knew of the limit.
        assert (
            grpc.StatusCode.RESOURCE_EXHAUSTED
            in codes
            <= {grpc.StatusCode.RESOURCE_EXHAUSTED, grpc.StatusCode.UNAVAILABLE}
        )
        assert server.client_use().silent == 3


async def test_a_flood_of_pings_costs_its_connection() -> None:
    """An Envoy's keepalive, or a client's own, does not."""
    async with serving() as (server, _, _):
        ended = asyncio.Event()
        stream = await LoadStream.open(server.port, lambda *_: None)
        stream.ended.add_done_callback(lambda _: ended.set())
        stream.ask(field_bytes(2, field_string(1, "n") + field_string(2, "shop/web")) + field_string(4, CLUSTER))
        for _ in range(15):
            stream.transport.write(frame(PING, 0, 0, bytes(8)))
            await asyncio.sleep(0.3)
        assert not ended.is_set()
        async with asyncio.timeout(20):
            while not ended.is_set():
                stream.transport.write(frame(PING, 0, 0, bytes(8)) * 100)
                await asyncio.sleep(0.01)
        stream.close()


class LoopWatch:
    """How long the event loop has kept a task waiting at most."""

    def __init__(self) -> None:
        self.longest = 0.0

    async def run(self) -> None:
        while True:
            before = time.monotonic()
            await asyncio.sleep(0.002)
            self.longest = max(self.longest, time.monotonic() - before)


@pytest.mark.alone
@pytest.mark.parametrize("delta", [False, True])
async def test_requests_with_very_many_names_do_not_stop_the_loop(delta: bool) -> None:
    """Ten of them, of a quarter of a million names each: they are refused, and nobody else waits for long."""
    node = field_bytes(1 if delta else 2, field_string(1, "n") + field_string(2, "shop/web"))
    names = b"".join(field_string(3, f"{number:06}-{'x' * 20}") for number in range(250_000))
    message = node + names + field_string(2 if delta else 4, ENDPOINT)
    method = f"/{ADS}/{'DeltaAggregatedResources' if delta else 'StreamAggregatedResources'}"
    async with serving() as (server, channel, log):
        watch = LoopWatch()
        calls: list[Any] = [channel.stream_stream(method)() for _ in range(10)]
        await asyncio.gather(*[call.write(message) for call in calls])
        watching = asyncio.create_task(watch.run())
        async with asyncio.timeout(60):
            codes = {await call.code() for call in calls}
        watching.cancel()
        assert codes == {grpc.StatusCode.RESOURCE_EXHAUSTED}
        assert ("bytes",) in log.named("stream_refused")
        await _until_nothing_is_kept(server)
        assert watch.longest < 0.4, "it was 2.7 s"


async def _until_nothing_is_kept(server: AdsServer) -> None:
    async with asyncio.timeout(20):
        while server.client_use().bytes:
            await asyncio.sleep(0.001)


async def _read_all(call: Any) -> None:
    with contextlib.suppress(grpc.aio.AioRpcError):
        while await call.read() is not grpc.aio.EOF:
            pass


async def test_what_clients_have_the_server_keep_is_bounded() -> None:
    """An incremental stream that subscribes to more and more, request by request, is ended."""
    async with serving(stream_bytes=1 << 20) as (server, channel, _):
        call: Any = channel.stream_stream(f"/{ADS}/DeltaAggregatedResources")()
        turn, before = 0, -1
        answers = asyncio.create_task(_read_all(call))
        async with asyncio.timeout(20):
            while not call.done():
                if server.client_use().bytes > before:  # The last one was taken.
                    before = server.client_use().bytes
                    names = [f"{turn}-{number}" for number in range(1000)]
                    message = oracle.DeltaDiscoveryRequest(type_url=ENDPOINT, resource_names_subscribe=names)
                    message.node.id, message.node.cluster = "n", "shop/web"
                    with contextlib.suppress(grpc.aio.AioRpcError):  # it may have been ended just now
                        await call.write(message.SerializeToString())
                    turn += 1
                await asyncio.sleep(0.001)
        await answers
        assert turn in {3, 4}
        assert await call.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
        assert "names that do not exist" in await call.details()
        await _until_nothing_is_kept(server)


async def test_the_status_of_many_clients_is_told_without_stopping_the_loop() -> None:
    """A page, or a probe, that is asked for meanwhile does not wait for it."""
    async with serving(streams_per_connection=1000) as (server, channel, _):
        desk: Any = server._streams._policy
        desk.views["shop/web"] = tables(CDS=" ".join(f"c{number}" for number in range(500)))
        proxies = [Proxy(channel) for _ in range(100)]
        for proxy in proxies:
            await proxy.ask(CLUSTER)
            await proxy.read()
        watch = LoopWatch()
        watching = asyncio.create_task(watch.run())
        answer = await channel.unary_unary(f"/{CSDS}/FetchClientStatus")(b"")
        watching.cancel()
        assert len(answer) > 100 * 500 * 60
        assert watch.longest < 0.4
