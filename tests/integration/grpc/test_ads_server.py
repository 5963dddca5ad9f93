"""ADS over real gRPC on the loopback."""

import asyncio
import contextlib
import socket
from typing import Any

import grpc
import pytest
from envoy_data_plane.envoy.service.status import v3 as status_v3
from grpc_health.v1 import health_pb2

from tests.support import oracle
from tests.support.views import EMPTY_VIEW
from tests.support.xds_client import DELTA, Desk, Log, Proxy, put, serving, tables
from xds_server.model.address import Address
from xds_server.model.admission import GateMode
from xds_server.model.resource import CLUSTER, ENDPOINT, LISTENER, ROUTE, TypeUrl
from xds_server.xds.protocol.messages import Node
from xds_server.xds.transport.admission import Hold
from xds_server.xds.transport.bind_check import BindError
from xds_server.xds.transport.client_status import CSDS
from xds_server.xds.transport.limits import Limits
from xds_server.xds.transport.server import AdsServer
from xds_server.xds.transport.services import ADS, SERVICES, Service

FULL_TYPES = (CLUSTER, ENDPOINT, LISTENER, ROUTE)
FULL = {"CDS": "a b", "EDS": "a b", "LDS": "l", "RDS": "r"}
UNSERVED = TypeUrl("type.googleapis.com/some.Other")


def desk(*, ready: bool = True, **names: str) -> Desk:
    made = Desk(ready=ready)
    made.views["shop/web"] = tables(**(names or FULL))
    return made


async def _start_up(proxy: Proxy, version: str = "") -> list[str]:
    """What a proxy gets while it starts, asking as Envoy does."""
    await proxy.ask(CLUSTER, version=version)
    got = [await proxy.takes()]
    await proxy.ask(ENDPOINT, "a", "b")
    got.append(await proxy.takes("a", "b"))
    await proxy.ask(LISTENER)
    got.append(await proxy.takes())
    await proxy.ask(ROUTE, "r")
    got.append(await proxy.takes("r"))
    return got


async def test_a_proxy_starts_and_is_complete() -> None:
    """A new proxy gets clusters, load assignments, listeners, routes, and its first complete configuration is timed once."""
    log = Log()
    async with serving(desk(), log) as (server, channel):
        proxy = Proxy(channel)
        assert await _start_up(proxy) == ["CDS a b", "EDS a b", "LDS l", "RDS r"]
        stream, seconds, warm = await log.until("first_configuration_acked")

        assert stream.node == Node("proxy-1", "shop/web", "shop/web")
        assert seconds > 0
        assert not warm
        (status,) = server.streams()
        assert status.stream is stream
        assert {type_url: entry.names for type_url, entry in status.types.items()} == {
            CLUSTER: 0,
            ENDPOINT: 2,
            LISTENER: 0,
            ROUTE: 1,
        }
        assert all(entry.sent_version == entry.acked_version != "" for entry in status.types.values())
        assert [call[1:3] for call in log.named("response_sent")] == [
            (CLUSTER, 2),
            (ENDPOINT, 2),
            (LISTENER, 1),
            (ROUTE, 1),
        ]
        assert len(log.named("response_acked")) == 4
        assert len(log.named("first_configuration_acked")) == 1


async def test_a_reconnecting_proxy_is_answered_in_push_order() -> None:
    """A proxy that comes back asks for all at once, with versions, and gets all, in order; it counts as warm."""
    log, held = Log(), desk(ready=False)
    async with serving(held, log, hold_seconds=60) as (server, channel):
        proxy = Proxy(channel)
        for type_url, names in ((ROUTE, ["r"]), (LISTENER, []), (ENDPOINT, ["a", "b"]), (CLUSTER, [])):
            await proxy.ask(type_url, *names, version="old")
        async with asyncio.timeout(30):
            while not server.streams() or server.streams()[0].bytes_received < proxy.bytes_sent:
                await asyncio.sleep(0.001)
        held.ready = True
        held.announce()

        assert [await proxy.takes(*names) for names in ([], ["a", "b"], [], ["r"])] == [
            "CDS a b", "EDS a b", "LDS l", "RDS r",
        ]  # fmt: skip
        assert server.streams()[0].stream.warm


async def test_a_change_reaches_those_whom_it_concerns() -> None:
    """A change in shared tables reaches every stream that asked for it; one in a role's tables reaches that role."""
    log, both = Log(), desk()
    both.views["shop/api"] = {**both.views["shop/web"], LISTENER: tables(LDS="m")[LISTENER]}
    async with serving(both, log) as (server, channel):
        web, api = Proxy(channel), Proxy(channel, "shop/api")
        for proxy in (web, api):
            await proxy.ask(ENDPOINT, "a")
            assert await proxy.takes("a") == "EDS a"
            await proxy.ask(LISTENER)
        assert (await web.takes(), await api.takes()) == ("LDS l", "LDS m")
        await log.until("response_acked", 4)

        put(both.views["shop/api"][LISTENER], "n")
        server.publish({"shop/api": {LISTENER: ["n"]}, "shop/gone": {LISTENER: ["n"]}})
        assert await api.takes() == "LDS m n"
        put(both.views["shop/web"][ENDPOINT], "a", "new")
        server.publish({None: {ENDPOINT: ["a"]}})

        assert (await web.takes("a"), await api.takes("a")) == ("EDS a", "EDS a")
        assert [call[1] for call in log.named("response_sent")].count(LISTENER) == 3


async def test_a_rejection_is_told_and_not_answered() -> None:
    """A NACK is reported in the client's words, and the next thing sent is the change that mends it."""
    log, ready = Log(), desk()
    async with serving(ready, log) as (server, channel):
        proxy = Proxy(channel)
        await proxy.ask(LISTENER)
        first = await proxy.read()
        await proxy.ask(LISTENER, nonce=first.nonce, error="bad listener l")
        told = await log.until("response_nacked")
        assert told[1:] == (LISTENER, first.version_info, "bad listener l")

        put(ready.views["shop/web"][LISTENER], "l", "mended")
        server.publish({"shop/web": {LISTENER: ["l"]}})
        second = await proxy.read()

        assert second.version_info != first.version_info
        assert second.control_plane.identifier == "cp-1"
        assert server.streams()[0].types[LISTENER].rejection == "bad listener l"


async def test_bounded_holds_and_then_says_what_is_awaited() -> None:
    """A proxy that comes before we are ready hears nothing until the bound, and then UNAVAILABLE with the reason."""
    log = Log()
    async with serving(desk(ready=False), log, hold_seconds=0.05) as (_, channel):
        proxy = Proxy(channel)
        await proxy.ask(CLUSTER)
        code, text = await proxy.ending()

        assert (code, text) == (grpc.StatusCode.UNAVAILABLE, "not ready: waiting for endpointslices (3 of 9 listed)")
        _, kind, seconds, outcome = await log.until("stream_hold_ended")
        assert (kind, outcome) == ("not_ready", "timeout")
        assert seconds >= 0.05
        assert (await log.until("stream_closed"))[1] == "refused"
        assert log.named("response_sent") == []


async def test_bounded_serves_at_once_when_ready() -> None:
    """A held proxy is served when the gate opens, also with what it asked for meanwhile."""
    log, held = Log(), desk(ready=False)
    async with serving(held, log, hold_seconds=60) as (server, channel):
        proxy = Proxy(channel)
        await proxy.ask(CLUSTER)
        await log.until("stream_opened")
        await proxy.ask(LISTENER)
        held.announce()  # For nothing: still not ready.
        held.ready = True
        held.announce()

        assert {await proxy.takes(), await proxy.takes()} == {"CDS a b", "LDS l"}
        assert (await log.until("stream_hold_ended"))[3] == "admitted"
        assert server.streams()[0].hold is None


async def test_park_waits_for_readiness_only() -> None:
    """A parked proxy outlasts the bound while we are not ready, which one with a role that nobody knows does not."""
    log, held = Log(), desk(ready=False)
    held.strangers = {"shop/nobody"}
    async with serving(held, log, mode=GateMode.PARK, hold_seconds=0.02) as (server, channel):
        proxy, stranger = Proxy(channel), Proxy(channel, "shop/nobody")
        await proxy.ask(CLUSTER)
        await log.until("stream_opened")
        await stranger.ask(CLUSTER)
        code, text = await stranger.ending()
        assert (code, text) == (grpc.StatusCode.NOT_FOUND, "no Gateway 'shop/nobody': there are ['shop/web']")
        (parked,) = server.streams()
        assert parked.hold == Hold("not ready: waiting for endpointslices (3 of 9 listed)", "not_ready")

        held.ready = True
        held.announce()
        assert await proxy.takes() == "CDS a b"


async def test_refuse_ends_at_once() -> None:
    """In mode refuse nobody waits."""
    log = Log()
    async with serving(desk(ready=False), log, mode=GateMode.REFUSE, hold_seconds=60) as (_, channel):
        proxy = Proxy(channel)
        await proxy.ask(CLUSTER)
        assert (await proxy.ending())[0] is grpc.StatusCode.UNAVAILABLE
        assert (await log.until("stream_hold_ended"))[3] == "refused"
        assert log.named("stream_refused") == [("not_ready",)]


async def test_unknown_role_is_told_which_exist() -> None:
    """A role that nobody knows is held for the bound, then NOT_FOUND."""
    log = Log()
    async with serving(desk(), log, hold_seconds=0.02) as (_, channel):
        proxy = Proxy(channel, "shop/nobody")
        await proxy.ask(CLUSTER)
        code, text = await proxy.ending()
        assert code is grpc.StatusCode.NOT_FOUND
        assert "'shop/web'" in text
        assert log.named("stream_refused") == [("unknown_role",)]


async def test_off_gives_what_the_admission_policy_gives() -> None:
    """In mode off the stream gets what there is, be it nothing."""
    log, careless = Log(), Desk()
    careless.views["shop/web"] = EMPTY_VIEW
    async with serving(careless, log, mode=GateMode.OFF) as (_, channel):
        proxy = Proxy(channel)
        await proxy.ask(CLUSTER)
        assert await proxy.takes() == "CDS"


@pytest.mark.parametrize("leave", ["half-close", "cancel"])
async def test_a_client_may_leave_while_it_is_held(leave: str) -> None:
    """A held client that goes away is noticed at once, and leaves nothing behind."""
    log = Log()
    async with serving(desk(ready=False), log, mode=GateMode.PARK) as (server, channel):
        proxy = Proxy(channel)
        await proxy.ask(CLUSTER)
        await log.until("stream_opened")
        if leave == "cancel":
            proxy.call.cancel()
        else:
            await proxy.call.done_writing()
            assert (await proxy.ending())[0] is grpc.StatusCode.OK
        assert (await log.until("stream_closed"))[1] == "client"
        assert log.named("stream_hold_ended")[0][3] == "client_left"
        assert server.streams() == []


@pytest.mark.parametrize("leave", ["half-close", "cancel"])
async def test_a_served_client_may_leave(leave: str) -> None:
    """A half-close ends the call with OK, a cancelled call just ends; a change then finds nobody."""
    log, ready = Log(), desk()
    async with serving(ready, log) as (server, channel):
        proxy = Proxy(channel)
        await proxy.ask(CLUSTER)
        await proxy.takes()
        await log.until("response_acked")
        if leave == "cancel":
            proxy.call.cancel()
        else:
            await proxy.call.done_writing()
            assert (await proxy.ending())[0] is grpc.StatusCode.OK
        assert (await log.until("stream_closed"))[1] == "client"
        put(ready.views["shop/web"][CLUSTER], "c")
        server.publish({None: {CLUSTER: ["c"]}})
        assert server.streams() == []
        assert server._streams._index._by_role == {}


async def test_garbage_costs_its_sender_the_stream_and_nobody_else() -> None:
    """Bytes that are no request end the stream with the reason; the neighbour on the same connection is served on."""
    log, ready = Log(), desk()
    async with serving(ready, log) as (server, channel):
        good, bad = Proxy(channel), Proxy(channel)
        await good.ask(CLUSTER)
        await bad.ask(CLUSTER)
        assert (await good.takes(), await bad.reads()) == ("CDS a b", "CDS a b")
        await log.until("response_acked")
        await bad.call.write(b"\x0a\xff")
        code, text = await bad.ending()
        assert code is grpc.StatusCode.INVALID_ARGUMENT
        assert text == "discovery request refused: byte 1: varint is cut off"
        assert (await log.until("stream_closed"))[1] == "protocol_error"

        put(ready.views["shop/web"][CLUSTER], "c")
        server.publish({None: {CLUSTER: ["c"]}})
        assert await good.takes() == "CDS a b c"


@pytest.mark.parametrize(
    ("message", "text"),
    [
        (b"\xff\xff", "byte 0: varint is cut off"),
        (b"", "first request has no node.id"),
        (b"\x12\x03\x12\x01c", "first request has no node.id"),
        (b"\x12\x03\x0a\x01n", "request has no type_url"),
    ],
)
async def test_a_first_request_that_will_not_do(message: bytes, text: str) -> None:
    """A stream begins with a request that says who asks, and for what."""
    log = Log()
    async with serving(desk(), log) as (server, channel):
        proxy = Proxy(channel)
        await proxy.call.write(message)
        code, details = await proxy.ending()
        assert code is grpc.StatusCode.INVALID_ARGUMENT
        assert text in details
        assert server.streams() == []


async def test_a_node_cannot_change() -> None:
    """A stream that becomes another proxy's is ended; the same node again is no matter."""
    log = Log()
    async with serving(desk(), log) as (_, channel):
        proxy = Proxy(channel)
        await proxy.ask(CLUSTER)
        await proxy.takes()
        proxy.node = {"id": "proxy-1", "cluster": "shop/web"}
        await proxy.ask(LISTENER)
        assert await proxy.takes() == "LDS l"
        proxy.node = {"id": "proxy-2", "cluster": "shop/web"}
        await proxy.ask(LISTENER)
        code, details = await proxy.ending()
        assert code is grpc.StatusCode.INVALID_ARGUMENT
        assert "'proxy-2'" in details


async def test_an_unserved_type_is_ignored() -> None:
    """A type that is not served here has no answer, and the stream goes on."""
    log = Log()
    async with serving(desk(), log) as (_, channel):
        proxy = Proxy(channel)
        await proxy.ask(CLUSTER)
        await proxy.takes()
        await proxy.ask(UNSERVED, "x")
        await proxy.ask(LISTENER)
        assert await proxy.takes() == "LDS l"
        assert log.named("request_ignored")[0][1:] == (UNSERVED, "unserved_type")


async def test_a_stalled_client_hurts_itself_alone() -> None:
    """While one client does not read, its neighbour gets every change; later the stalled one gets the last of them only."""
    log, ready = Log(), desk(CDS="a")
    clusters = ready.views["shop/web"][CLUSTER]
    put(clusters, "a", "x" * (4 << 20))  # More than the flow control of a stream lets pass unread.
    async with (
        serving(ready, log) as (server, channel),
        grpc.aio.insecure_channel(channel_target(server), options=(("grpc.max_receive_message_length", -1),)) as other,
    ):
        stalled, live = Proxy(other), Proxy(channel)
        await stalled.ask(CLUSTER)
        await log.until("response_sent")
        await live.ask(CLUSTER)
        assert await live.takes() == "CDS a"
        await log.until("response_acked")
        for change in range(5):
            put(clusters, "a", f"change {change} " + "x" * (4 << 20))
            server.publish({None: {CLUSTER: ["a"]}})
            assert await live.takes() == "CDS a"
            await log.until("response_acked", change + 2)

        first, live_version = await stalled.read(), clusters.version
        await stalled.ask(CLUSTER, nonce=first.nonce)
        second = await stalled.read()

        assert first.version_info != second.version_info == live_version
        assert len(log.named("response_sent")) == 1 + 6 + 1


@pytest.mark.parametrize("end", ["cancel", "stop"])
async def test_a_stalled_stream_can_be_ended(end: str) -> None:
    """A stream whose response is stuck in flow control ends as any other does."""
    log, ready = Log(), desk(CDS="a")
    put(ready.views["shop/web"][CLUSTER], "a", "x" * (4 << 20))
    async with serving(ready, log) as (server, channel):
        stalled = Proxy(channel)
        await stalled.ask(CLUSTER)
        await log.until("response_sent")
        if end == "cancel":
            stalled.call.cancel()
        else:
            async with asyncio.timeout(30):
                await server.stop(0.1)
        why = (await log.until("stream_closed"))[1]
        assert why == {"cancel": "client", "stop": "shutdown"}[end]


async def test_an_end_while_a_message_is_sent_is_told_after_it() -> None:
    """gRPC sends no status while it sends a message, and never sends one again that it could not."""
    log, ready = Log(), desk(CDS="a")
    put(ready.views["shop/web"][CLUSTER], "a", "x" * (4 << 20))  # More than flow control lets pass unread.
    async with (
        serving(ready, log) as (server, _),
        grpc.aio.insecure_channel(
            channel_target(server), options=(("grpc.max_receive_message_length", -1),)
        ) as channel,
    ):
        stalled = Proxy(channel)
        await stalled.ask(CLUSTER)
        await log.until("response_sent")
        await stalled.call.write(b"\xff")
        async with asyncio.timeout(30):
            while any(
                one.bytes_received <= stalled.bytes_sent for one in server.streams()
            ):  # none, if all was let pass
                await asyncio.sleep(0.001)

        assert await stalled.reads() == "CDS a"
        assert (await stalled.ending())[0] is grpc.StatusCode.INVALID_ARGUMENT
        assert (await log.until("stream_closed"))[1] == "protocol_error"


def channel_target(server: AdsServer) -> str:
    return f"127.0.0.1:{server.port}"


async def test_shutdown_ends_held_and_served_streams() -> None:
    """When the server stops, every stream ends with UNAVAILABLE and the reason, well within the grace."""
    log, ready = Log(), desk()
    async with serving(ready, log, hold_seconds=60) as (server, channel):
        served, held = Proxy(channel), Proxy(channel, "shop/nobody")
        await served.ask(CLUSTER)
        await served.takes()
        await held.ask(CLUSTER)
        await log.until("stream_opened", 2)
        async with asyncio.timeout(30):
            await server.stop(60, "moving house")
        assert await served.ending() == (grpc.StatusCode.UNAVAILABLE, "moving house")
        assert await held.ending() == (grpc.StatusCode.UNAVAILABLE, "moving house")
        assert [call[1] for call in log.named("stream_closed")] == ["shutdown", "shutdown"]


async def _health(channel: grpc.aio.Channel, service: str) -> Any:
    check = channel.unary_unary(
        "/grpc.health.v1.Health/Check",
        request_serializer=health_pb2.HealthCheckRequest.SerializeToString,
        response_deserializer=health_pb2.HealthCheckResponse.FromString,
    )
    return (await check(health_pb2.HealthCheckRequest(service=service))).status


@pytest.mark.parametrize("service", ["", ADS])
async def test_health_is_not_serving_until_told(service: str) -> None:
    """The very first health check of a server says NOT_SERVING; afterwards what was set last."""
    async with serving(desk(), Log()) as (server, channel):
        assert await _health(channel, service) == health_pb2.HealthCheckResponse.NOT_SERVING
        await server.set_health(serving=True)
        assert await _health(channel, service) == health_pb2.HealthCheckResponse.SERVING
        await server.set_health(serving=False)
        assert await _health(channel, service) == health_pb2.HealthCheckResponse.NOT_SERVING


async def test_a_port_in_use_is_an_error(capfd: pytest.CaptureFixture[str]) -> None:
    """A second server on a port says which address, and why; gRPC adds no noise of its own."""
    async with serving(desk(), Log()) as (server, _):
        second = AdsServer(Address("127.0.0.1", server.port), admission_policy=desk(), observer=Log())
        with pytest.raises(BindError, match=f"^cannot listen on 127.0.0.1:{server.port}: address already in use$"):
            await second.start()
        assert capfd.readouterr().err == ""


async def test_a_port_of_another_program_is_in_use() -> None:
    """A name of which one address is taken is refused, also by a plain socket."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        address = Address("localhost", taken.getsockname()[1])
        with pytest.raises(BindError, match="address already in use"):
            await AdsServer(address, admission_policy=desk(), observer=Log()).start()


@pytest.mark.parametrize("method", ["FetchClientStatus", "StreamClientStatus"])
async def test_client_status_tells_what_each_proxy_has(method: str) -> None:
    """Operators' tools see each stream with its resources and where it stands with them; a bad request is refused."""
    log = Log()
    async with serving(desk(), log) as (_, channel):
        proxy = Proxy(channel)
        await _start_up(proxy)
        await log.until("response_acked", 4)
        if method == "FetchClientStatus":
            answer = await channel.unary_unary(f"/{CSDS}/{method}")(b"")
        else:
            call = channel.stream_stream(f"/{CSDS}/{method}")()
            await call.write(b"")
            answer = await call.read()
            await call.done_writing()
            assert await call.code() is grpc.StatusCode.OK
        (config,) = status_v3.ClientStatusResponse.parse(answer).config

        assert config.node is not None
        assert config.node.id == "proxy-1"
        assert [(one.name, one.config_status) for one in config.generic_xds_configs] == [
            (name, status_v3.ConfigStatus.SYNCED) for name in ("a", "b", "a", "b", "l", "r")
        ]
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await channel.unary_unary(f"/{CSDS}/FetchClientStatus")(b"\xff")
        assert caught.value.code() is grpc.StatusCode.INVALID_ARGUMENT


async def test_a_message_beyond_all_limits_costs_its_sender_the_stream() -> None:
    """gRPC itself refuses it, and the neighbour is served on."""
    log = Log()
    async with serving(desk(), log) as (_, channel):
        good, bad = Proxy(channel), Proxy(channel)
        await bad.ask(CLUSTER)
        await bad.reads()
        with contextlib.suppress(grpc.aio.AioRpcError, asyncio.InvalidStateError):
            await bad.call.write(b"\x0a" + b"x" * (40 << 20))
        code, _ = await bad.ending()
        assert code is grpc.StatusCode.RESOURCE_EXHAUSTED
        await good.ask(CLUSTER)
        assert await good.takes() == "CDS a b"


async def test_a_flood_is_read_at_its_pace_and_costs_the_others_little() -> None:
    """Thousands of requests at once on one stream do not keep another from its answers."""
    log = Log()
    async with serving(desk(), log) as (server, channel), grpc.aio.insecure_channel(channel_target(server)) as other:
        flood, good = Proxy(other), Proxy(channel)
        await flood.ask(CLUSTER)

        async def pour() -> None:
            while True:
                await flood.ask(CLUSTER, nonce="0")

        pouring = asyncio.create_task(pour())
        await log.until("request_ignored", 500)
        begin = asyncio.get_running_loop().time()
        await good.ask(CLUSTER)
        assert await good.takes() == "CDS a b"
        assert asyncio.get_running_loop().time() - begin < 1
        pouring.cancel()
        await asyncio.gather(pouring, return_exceptions=True)
        assert server.streams()[0].bytes_received > 500


async def test_a_connection_is_replaced_after_its_time() -> None:
    """A client is told to go when its connection is old, and what is still open then is ended."""
    log, ready = Log(), desk()
    limits = Limits(connection_seconds=0.2, goodbye_seconds=0.1)
    server = AdsServer(Address("127.0.0.1", 0), admission_policy=ready, observer=log, limits=limits)
    await server.start()
    async with grpc.aio.insecure_channel(channel_target(server)) as channel:
        proxy = Proxy(channel)
        await proxy.ask(CLUSTER)
        await proxy.takes()
        code, _ = await proxy.ending()
        assert code is grpc.StatusCode.UNAVAILABLE
        again = Proxy(channel)
        await again.ask(CLUSTER)
        assert await again.takes() == "CDS a b"
    await server.stop(0)


async def test_a_proxy_speaks_incremental() -> None:
    """The incremental method of the aggregated service: subscriptions, removals, and the difference to who comes back."""
    log, ready = Log(), desk(CDS="a b")
    async with serving(ready, log) as (server, channel):
        call = channel.stream_stream(DELTA)()
        request = oracle.DeltaDiscoveryRequest(type_url=CLUSTER)
        request.node.id, request.node.cluster = "proxy-1", "shop/web"
        await call.write(request.SerializeToString())
        first = oracle.DeltaDiscoveryResponse.FromString(await call.read())
        assert [one.name for one in first.resources] == ["a", "b"]
        assert first.control_plane.identifier == "cp-1"
        await call.write(oracle.DeltaDiscoveryRequest(type_url=CLUSTER, response_nonce=first.nonce).SerializeToString())
        await log.until("response_acked")
        clusters = ready.views["shop/web"][CLUSTER]
        clusters.begin()
        clusters.remove("a")
        server.publish({None: {CLUSTER: ["a"]}})
        second = oracle.DeltaDiscoveryResponse.FromString(await call.read())
        assert (list(second.removed_resources), len(second.resources)) == (["a"], 0)
        (status,) = server.streams()
        assert (status.stream.variant, status.stream.type_url) == ("delta", None)


@pytest.mark.parametrize(
    "service", [service for service in SERVICES if service.type_url in FULL_TYPES], ids=lambda one: one.name
)
async def test_each_type_has_a_stream_of_its_own(service: Service) -> None:
    """The service of a type answers requests without a type URL with that type."""
    log = Log()
    async with serving(desk(), log) as (_, channel):
        call = channel.stream_stream(f"/{service.name}/{service.sotw}")()
        request = oracle.DiscoveryRequest(resource_names=["*"])
        request.node.id, request.node.cluster = "proxy-1", "shop/web"
        await call.write(request.SerializeToString())
        assert oracle.DiscoveryResponse.FromString(await call.read()).type_url == service.type_url
