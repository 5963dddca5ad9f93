"""The completeness marker of a first, real Envoy: 200 says that all was accepted, and what is rejected costs itself alone."""

import asyncio
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from tests.support.envoy_world import VARIANTS, World, proxied, world
from tests.support.processes import free_port
from tests.support.web import Backend, ask
from xds_server.envoy.encoders import envoy_config_cluster_v3 as cluster_v3
from xds_server.envoy.encoders import envoy_config_core_v3 as core
from xds_server.envoy.encoders import envoy_config_endpoint_v3 as endpoint_v3
from xds_server.envoy.encoders import envoy_config_route_v3 as route_v3
from xds_server.envoy.ready_listener import MARKER, marker_routes
from xds_server.model.address import Address
from xds_server.model.resource import CLUSTER, ENDPOINT, ROUTE, Resource, TypeUrl, resource
from xds_server.xds.transport.server import AdsServer

pytestmark = pytest.mark.envoy
each_variant = pytest.mark.parametrize("variant", VARIANTS)

Published = tuple[TypeUrl, Resource]


def _no_such_address(_: World) -> list[Published]:
    """A load assignment whose address Envoy cannot read."""
    address = core.address(socket_address=core.socket_address(address="010.000.000.005", port_value=80))
    hosts = [endpoint_v3.lb_endpoint(endpoint=endpoint_v3.endpoint(address=address))]
    locality = endpoint_v3.locality_lb_endpoints(lb_endpoints=hosts)
    body = endpoint_v3.cluster_load_assignment(cluster_name="odd", endpoints=[locality])
    return [(ENDPOINT, resource("odd", body))]


def _no_domains(_: World) -> list[Published]:
    """A route configuration that breaks a rule of the schema, so that Envoy rejects all that comes with it."""
    return [(ROUTE, _routes(("all", [])))]


def _domain_twice(_: World) -> list[Published]:
    """A route configuration that only its listener cannot take."""
    return [(ROUTE, _routes(("all", ["*"]), ("more", ["*"])))]


def _routes(*hosts: tuple[str, list[str]]) -> Resource:
    answer = route_v3.direct_response_action(status=204)
    routes = [route_v3.route(match=route_v3.route_match(prefix="/"), direct_response=answer)]
    made = [route_v3.virtual_host(name=name, domains=domains, routes=routes) for name, domains in hosts]
    return resource("odd", route_v3.route_configuration(name="odd", virtual_hosts=made))


def _no_such_port(made: World) -> list[Published]:
    """A listener at a port that there is not."""
    return [made.listener("odd", 70000)]


def _no_time(made: World) -> list[Published]:
    """A cluster that breaks a rule of the schema."""
    eds = cluster_v3.cluster_eds_cluster_config(eds_config=made.source(), service_name="odd")
    body = cluster_v3.cluster(name="odd", type="EDS", eds_cluster_config=eds, connect_timeout=timedelta(seconds=-1))
    return [(CLUSTER, resource("odd", body))]


BAD = {
    "a load assignment": _no_such_address,
    "a route configuration, as a whole": _no_domains,
    "a route configuration, by its listener": _domain_twice,
    "a listener": _no_such_port,
    "a cluster": _no_time,
}


@each_variant
@pytest.mark.parametrize("bad", BAD.values(), ids=BAD)
async def test_a_first_proxy_that_rejects_something_is_not_complete(
    variant: str, bad: Callable[[World], list[Published]], tmp_path: Path
) -> None:
    """It serves all the rest, and its marker answers no 200 before the bad one is mended; then it does."""
    port, odd_port, marker_port = free_port(), free_port(), free_port()
    with Backend("blue") as blue:
        async with world(tmp_path, variant) as made:
            good = {
                (type_url, item.name): item
                for type_url, item in (
                    *(made.cluster(name) for name in ("one", "odd", "two")),
                    *(made.endpoints(name, blue.port) for name in ("one", "odd", "two")),
                    made.listener("edge", port),
                    made.listener("odd", odd_port),
                    made.listener(MARKER, marker_port),
                    made.routes("edge", "one"),
                    made.routes("odd", "odd"),
                    (ROUTE, marker_routes("v1")),
                )
            }
            rotten = bad(made)
            published = {**good, **{(type_url, item.name): item for type_url, item in rotten}}
            made.publish(*((type_url, item) for (type_url, _), item in published.items()))
            answers: list[int] = []
            async with proxied(made):
                watched = asyncio.create_task(_watch(marker_port, answers))
                await made.until("traffic", lambda: ask(f"http://127.0.0.1:{port}/") == (200, "blue\n"), 10)
                await made.until("the marker", lambda: ask(f"http://127.0.0.1:{marker_port}/")[0] == 503, 10)
                assert made.log.named("response_nacked")
                await made.until("the end of the search", lambda: not _searching(made), 10)
                assert {"odd"} == {name for table in made.tables.values() for name in table.acceptance.rejections}
                assert 200 not in answers

                made.publish(*((type_url, good[type_url, item.name]) for type_url, item in rotten))
                await made.until("all of it", lambda: ask(f"http://127.0.0.1:{marker_port}/")[0] == 200, 10)
                watched.cancel()
                assert all(table.acceptance.rejections == {} for table in made.tables.values())


@each_variant
async def test_a_first_proxy_that_accepts_all_is_complete(variant: str, tmp_path: Path) -> None:
    """And a restart of the control plane never makes it answer anything else than 200."""
    marker_port = free_port()
    async with world(tmp_path, variant) as made:
        made.publish(made.listener(MARKER, marker_port), (ROUTE, marker_routes("v1")))
        async with proxied(made):
            await made.until("the marker", lambda: ask(f"http://127.0.0.1:{marker_port}/")[0] == 200, 10)
            answers: list[int] = []
            watched = asyncio.create_task(_watch(marker_port, answers))
            await made.server.stop(0)
            made.server = AdsServer(
                Address("127.0.0.1", made.port), admission_policy=made.desk, observer=made.log, identifier="cp-2"
            )
            await made.server.start()
            acked = len(made.log.named("response_acked"))
            await made.log.until("response_acked", acked + 2)
            made.publish((ROUTE, marker_routes("v2")))
            await made.until("another version", lambda: made.has()["routes"] != {}, 10)
            watched.cancel()
            assert {*answers} <= {200}


def _searching(made: World) -> bool:
    doubters = [one for table in made.tables.values() for one in table.acceptance.rejecting_streams]
    return any(one.outbox.quarantine.searching for one in doubters if one.outbox.quarantine is not None)  # type: ignore[attr-defined]


async def _watch(port: int, answers: list[int]) -> None:
    while True:
        answers.append((await asyncio.to_thread(ask, f"http://127.0.0.1:{port}/"))[0])
        await asyncio.sleep(0.005)
