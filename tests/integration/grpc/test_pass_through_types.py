"""The server as it runs, asked for types of which it derives nothing, and for names that do not exist."""

import asyncio
from pathlib import Path

import grpc

from tests.support import oracle
from tests.support.stack import Stack
from tests.support.xds_client import Proxy
from xds_server.model.resource import CLUSTER, PASS_THROUGH, SECRET, SERVICE_NAMES, VIRTUAL_HOST, TypeUrl
from xds_server.xds.transport.services import SERVICES


async def _asked(port: int, type_url: TypeUrl) -> tuple[grpc.StatusCode | None, list[str]]:
    """Status, if the stream ended; names that are removed, if it was answered; by the incremental service of the type."""
    service = next(one for one in SERVICES if one.type_url == type_url)
    async with grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel, asyncio.timeout(30):
        call = channel.stream_stream(f"/{service.name}/{service.delta}")()
        request = oracle.DeltaDiscoveryRequest(resource_names_subscribe=["x"])
        request.node.id, request.node.cluster = "p", "demo/edge"
        await call.write(request.SerializeToString())
        try:
            data = await call.read()
        except grpc.aio.AioRpcError as error:
            return error.code(), []
        return None, list(oracle.DeltaDiscoveryResponse.FromString(data).removed_resources)


async def test_a_name_that_does_not_exist_is_told_of(tmp_path: Path) -> None:
    """Incrementally (R78); of virtual hosts there is not even a table."""
    with Stack(tmp_path) as stack:
        stack.control_plane().wait_ready()
        for type_url in PASS_THROUGH:
            assert (None, ["x"]) == await _asked(stack.grpc_port, type_url), SERVICE_NAMES[type_url]
        assert (grpc.StatusCode.UNIMPLEMENTED, []) == await _asked(stack.grpc_port, VIRTUAL_HOST)


async def test_a_name_that_does_not_exist_is_passed_over(tmp_path: Path) -> None:
    """In the state of the world there is silence, and the other types of the stream are served (R62)."""
    with Stack(tmp_path) as stack:
        stack.control_plane().wait_ready()
        async with grpc.aio.insecure_channel(f"127.0.0.1:{stack.grpc_port}") as channel:
            proxy = Proxy(channel, role="demo/edge")
            await proxy.ask(SECRET, "x")
            await proxy.ask(CLUSTER)

            assert CLUSTER == (await proxy.read()).type_url
