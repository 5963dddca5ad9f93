"""gRPC's own xDS client, in Python: a channel to `xds:///`, resolved, balanced and moved by us."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import timedelta
from pathlib import Path

from tests.support.grpc_mesh import backend, bootstrap
from tests.support.xds_client import Desk, Log
from xds_server.envoy.encoders import envoy_config_cluster_v3 as cluster_v3
from xds_server.envoy.encoders import envoy_config_core_v3 as core
from xds_server.envoy.encoders import envoy_config_endpoint_v3 as endpoint_v3
from xds_server.envoy.encoders import envoy_config_listener_v3 as listener_v3
from xds_server.envoy.encoders import envoy_config_route_v3 as route_v3
from xds_server.envoy.encoders import (
    envoy_extensions_filters_network_http_connection_manager_v3 as hcm,
)
from xds_server.envoy.encoders import google_protobuf
from xds_server.envoy.listeners import HTTP_FILTERS
from xds_server.model.address import Address
from xds_server.model.resource import CLUSTER, ENDPOINT, LISTENER, PUSH_ORDER, ROUTE, Resource, TypeUrl, resource
from xds_server.xds.cache.table import Table
from xds_server.xds.protocol.messages import ChangedNames
from xds_server.xds.transport.server import AdsServer

ROOT = Path(__file__).resolve().parents[3]
ROLE, TARGET = "test/mesh", "echo.test"
ADS = core.config_source(ads=core.aggregated_config_source(), resource_api_version="V3")


def listener() -> Resource:
    manager = hcm.http_connection_manager(
        rds=hcm.rds(config_source=ADS, route_config_name="routes"), http_filters=HTTP_FILTERS
    )
    api = listener_v3.api_listener(
        api_listener=google_protobuf.any(type_url=hcm.HTTP_CONNECTION_MANAGER, value=manager)
    )
    return resource(TARGET, listener_v3.listener(name=TARGET, api_listener=api))


def routes(cluster: str) -> Resource:
    route = route_v3.route(match=route_v3.route_match(prefix=""), route=route_v3.route_action(cluster=cluster))
    host = route_v3.virtual_host(name="all", domains=["*"], routes=[route])
    return resource("routes", route_v3.route_configuration(name="routes", virtual_hosts=[host]))


def cluster(name: str) -> Resource:
    eds = cluster_v3.cluster_eds_cluster_config(eds_config=ADS)
    body = cluster_v3.cluster(name=name, type="EDS", eds_cluster_config=eds, connect_timeout=timedelta(seconds=1))
    return resource(name, body)


def endpoints(name: str, *ports: int) -> Resource:
    hosts = [
        endpoint_v3.lb_endpoint(
            endpoint=endpoint_v3.endpoint(
                address=core.address(socket_address=core.socket_address(address="127.0.0.1", port_value=port))
            )
        )
        for port in ports
    ]
    locality = endpoint_v3.locality_lb_endpoints(
        locality=core.locality(region="here"), load_balancing_weight=1, lb_endpoints=hosts
    )
    return resource(name, endpoint_v3.cluster_load_assignment(cluster_name=name, endpoints=[locality]))


class Caller:
    """The client's process, and what it said."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process
        self.failures: list[str] = []

    async def until(self, names: set[str]) -> None:
        """Reads answers until the last twenty came from *names*, from all of them and from nobody else."""
        seen: list[str] = []
        assert self._process.stdout is not None
        async with asyncio.timeout(20):
            while set(seen[-20:]) != names or len(seen) < 20:
                line = (await self._process.stdout.readline()).decode().strip()
                assert line, "the client has ended"
                (self.failures if line.startswith("!") else seen).append(line)


@asynccontextmanager
async def caller(port: int) -> AsyncIterator[Caller]:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        str(ROOT / "tests/support/grpc_caller.py"),
        f"xds:///{TARGET}",
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        env=os.environ | bootstrap(port, ROLE),
    )
    try:
        yield Caller(process)
    finally:
        process.kill()
        await process.wait()


async def test_calls_follow_endpoints_and_routes() -> None:
    """A client gets all four types, balances over endpoints as they change, moves with its route, and fails no call."""
    log, desk = Log(), Desk()
    tables = desk.views[ROLE] = {type_url: Table() for type_url in PUSH_ORDER}
    server = AdsServer(Address("127.0.0.1", 0), admission_policy=desk, observer=log, identifier="cp-1")
    await server.start()

    def publish(*items: tuple[TypeUrl, Resource], remove: tuple[tuple[TypeUrl, str], ...] = ()) -> None:
        changes: dict[TypeUrl, list[str]] = {}
        for table in tables.values():
            table.begin()
        for type_url, item in items:
            tables[type_url].put(item)
            changes.setdefault(type_url, []).append(item.name)
        for type_url, name in remove:
            tables[type_url].remove(name)
            changes.setdefault(type_url, []).append(name)
        told: dict[str | None, ChangedNames] = {None: changes}
        server.publish(told)

    async with AsyncExitStack() as stack:
        stack.push_async_callback(server.stop, 0)
        red, green, blue = [await stack.enter_async_context(backend(name)) for name in ("red", "green", "blue")]
        publish(
            (CLUSTER, cluster("one")), (ENDPOINT, endpoints("one", red)), (LISTENER, listener()), (ROUTE, routes("one"))
        )
        client = await stack.enter_async_context(caller(server.port))
        await client.until({"red"})

        publish((ENDPOINT, endpoints("one", red, green)))
        await client.until({"red", "green"})
        publish((ENDPOINT, endpoints("one", green)))
        await client.until({"green"})
        publish(
            (CLUSTER, cluster("two")),
            (ENDPOINT, endpoints("two", blue)),
            (ROUTE, routes("two")),
            remove=((CLUSTER, "one"), (ENDPOINT, "one")),
        )
        await client.until({"blue"})

        assert client.failures == []
        assert log.named("response_nacked") == []
        (status,) = server.streams()
        assert {type_url: entry.wildcard for type_url, entry in status.types.items()} == dict.fromkeys(
            PUSH_ORDER, False
        )
        assert status.stream.node.user_agent.startswith("gRPC")
