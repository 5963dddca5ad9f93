"""gRPC's own xDS client takes our clusters and load assignments."""

import asyncio
import os
import sys

from tests.support import builders
from tests.support.grpc_mesh import backend, bootstrap
from tests.support.xds_client import Desk, Log, serving
from xds_server.envoy.clusters import clusters
from xds_server.envoy.encoders import envoy_config_listener_v3 as listener_v3
from xds_server.envoy.encoders import envoy_config_route_v3 as route
from xds_server.envoy.encoders import envoy_extensions_filters_http_router_v3 as router
from xds_server.envoy.encoders import envoy_extensions_filters_network_http_connection_manager_v3 as hcm
from xds_server.envoy.encoders import google_protobuf
from xds_server.envoy.endpoints import assignments
from xds_server.model.objects import EndpointSlice
from xds_server.model.resource import CLUSTER, ENDPOINT, LISTENER, PUSH_ORDER, Resource, resource
from xds_server.xds.cache.table import Table

NAME = "cart.shop"
CALL = """
import grpc, sys
with grpc.insecure_channel("xds:///" + sys.argv[1]) as channel:
    print(channel.unary_unary("/test.Echo/Name")(b"", timeout=20, wait_for_ready=True).decode())
"""


def api_listener(cluster: str) -> Resource:
    """What such a client asks for first: a listener that no port is opened for, with all its routes in it."""
    everything = route.route(match=route.route_match(prefix=""), route=route.route_action(cluster=cluster))
    manager = hcm.http_connection_manager(
        route_config=route.route_configuration(
            virtual_hosts=[route.virtual_host(name="all", domains=["*"], routes=[everything])]
        ),
        http_filters=[
            hcm.http_filter(
                name="router", typed_config=google_protobuf.any(type_url=router.ROUTER, value=router.router())
            )
        ],
    )
    packed = google_protobuf.any(type_url=hcm.HTTP_CONNECTION_MANAGER, value=manager)
    return resource(NAME, listener_v3.listener(name=NAME, api_listener=listener_v3.api_listener(api_listener=packed)))


async def asked(ads_port: int) -> str:
    """The answer to a call to `xds:///`, made by a process of its own: gRPC reads its bootstrap once."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", CALL, NAME,
        env=os.environ | bootstrap(ads_port, "shop/web"),
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    out, err = await process.communicate()
    assert process.returncode == 0, err.decode()
    return out.decode().strip()


async def test_grpcs_client_calls_the_endpoints_of_a_load_assignment() -> None:
    """A locality with a weight is one that it uses; so a call by name reaches the endpoint."""
    desk = Desk()
    service = builders.service()
    async with backend("cart-1") as port, serving(desk, Log()) as (server, _):
        one = EndpointSlice(key="shop/cart-1", service=service.key, ports=(("http", port),), ready=("127.0.0.1",))
        view = {type_url: Table() for type_url in PUSH_ORDER}
        for type_url, made in ((CLUSTER, clusters(service)), (ENDPOINT, assignments(service, [one]))):
            for item in made.values():
                view[type_url].put(item)
        view[LISTENER].put(api_listener("shop/cart:80"))
        desk.views["shop/web"] = view

        assert await asked(server.port) == "cart-1"
