"""Real Envoys, in every way that they can speak xDS. ENVOY names another binary than the installed one."""

import asyncio
import itertools
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from tests.support.envoy import Envoy
from tests.support.envoy_world import VARIANTS, World, proxied, world
from tests.support.load import Load
from tests.support.processes import free_port
from tests.support.web import Backend, ask
from xds_server.model.address import Address
from xds_server.model.resource import CLUSTER, ENDPOINT, LISTENER, PUSH_ORDER, ROUTE
from xds_server.xds.transport.server import AdsServer

pytestmark = pytest.mark.envoy
each_variant = pytest.mark.parametrize("variant", VARIANTS)
aggregated = pytest.mark.parametrize("variant", [name for name in VARIANTS if "aggregated" in name])


@asynccontextmanager
async def flowing(tmp_path: Path, variant: str, backend: Backend) -> AsyncIterator[tuple[World, Envoy, int]]:
    """An Envoy that passes on to *backend* what comes to a port: world, Envoy and port, once traffic flows."""
    port = free_port()
    async with world(tmp_path, variant) as made:
        made.publish(
            made.cluster("one"),
            made.endpoints("one", backend.port),
            made.listener("edge", port),
            made.routes("edge", "one"),
        )
        async with proxied(made) as envoy:
            await made.until("traffic", lambda: _says(port, backend.name))
            yield made, envoy, port


def _says(port: int, name: str) -> bool:
    return ask(f"http://127.0.0.1:{port}/") == (200, f"{name}\n")


@each_variant
async def test_envoy_has_what_was_sent(variant: str, tmp_path: Path) -> None:
    """Envoy's own dump shows the published resources in the published versions, and nothing else; traffic flows."""
    with Backend("blue") as blue:
        async with flowing(tmp_path, variant, blue) as (made, envoy, _):
            for type_url in PUSH_ORDER:
                await made.log.until("response_acked", 4)
                assert type_url in {call[1] for call in made.log.named("response_acked")}

            has = await asyncio.to_thread(made.has)
            for kind, type_url, name in (
                ("clusters", CLUSTER, "one"), ("listeners", LISTENER, "edge"), ("routes", ROUTE, "edge"),
            ):  # fmt: skip
                table = made.tables[type_url]
                item = table.get(name)
                assert item is not None
                # An incremental client keeps a version for each resource, the other one for each answer.
                expected = item.version if "delta" in variant else table.version
                assert has[kind] == {name: expected}
            assert str(blue.port) in has["endpoints"]["one"]
            assert sum(envoy.stats("control_plane.connected_state").values()) == (1 if made.aggregated else 4)
            assert made.log.named("response_nacked") == []


@each_variant
async def test_endpoints_change_under_load(variant: str, tmp_path: Path) -> None:
    """Endpoints move to another backend and back, and no request fails."""
    with Backend("blue") as blue, Backend("green") as green:
        async with flowing(tmp_path, variant, blue) as (made, _, port):
            with Load(port, keep_alive=50, new=10) as load:
                for backend in (green, blue, green):
                    made.publish(made.endpoints("one", backend.port))
                    await made.until("the change", lambda name=backend.name: _says(port, name), 10)
            assert load.requests > 0
            assert load.failures == 0, load.statuses()


@each_variant
async def test_a_changed_cluster_is_warm_at_once(variant: str, tmp_path: Path) -> None:
    """A cluster whose load assignment did not change is active again long before Envoy's timeout of 15 s."""
    with Backend("blue") as blue:
        async with flowing(tmp_path, variant, blue) as (made, envoy, _):
            for seconds in (2, 3):
                made.publish(made.cluster("one", seconds))
                await made.until("the change", lambda seconds=seconds: _connect_seconds(envoy) == seconds, 10)
            assert envoy.stat("cluster_manager.warming_clusters") == 0
            assert envoy.stats("init_fetch_timeout") == dict.fromkeys(envoy.stats("init_fetch_timeout"), 0)


def _connect_seconds(envoy: Envoy) -> int:
    for part in envoy.config_dump()["configs"]:
        for one in part.get("dynamic_active_clusters", ()):
            return int(one["cluster"]["connect_timeout"].removesuffix("s"))
    return 0


@aggregated
async def test_make_before_break_under_load(variant: str, tmp_path: Path) -> None:
    """Routes move from a cluster that goes to one that comes, in one step, many times: no request fails."""
    with Backend("blue") as blue:
        async with flowing(tmp_path, variant, blue) as (made, envoy, port):
            with Load(port, keep_alive=200, new=20) as load:
                names = ["one", *(f"c{number}" for number in range(30))]
                for old, new in itertools.pairwise(names):
                    made.publish(
                        made.cluster(new),
                        made.endpoints(new, blue.port),
                        made.routes("edge", new),
                        remove=[(CLUSTER, old), (ENDPOINT, old)],
                    )
                    await made.until(f"{old} to be gone", lambda new=new: set(made.has()["clusters"]) == {new}, 4)
            assert load.requests > 100
            assert load.failures == 0, load.statuses()
            assert made.log.named("wait_timed_out") == []
            assert envoy.stats("init_fetch_timeout") == dict.fromkeys(envoy.stats("init_fetch_timeout"), 0)


@aggregated
async def test_a_listener_and_its_routes_come_and_go(variant: str, tmp_path: Path) -> None:
    """A second listener is there with its routes at once, and drained when it is removed; the first one is not touched."""
    second = free_port()
    with Backend("blue") as blue:
        async with flowing(tmp_path, variant, blue) as (made, _, port):
            with Load(port, keep_alive=50, new=10) as load:
                made.publish(made.listener("more", second), made.routes("more", "one"))
                await made.until("the second listener", lambda: _says(second, "blue"), 4)
                made.publish(remove=[(LISTENER, "more"), (ROUTE, "more")])
                await made.until("its end", lambda: set(made.has()["listeners"]) == {"edge"}, 4)
            assert load.failures == 0, load.statuses()


@each_variant
async def test_a_listener_waits_for_its_routes(variant: str, tmp_path: Path) -> None:
    """Routes that are missing when they are asked for hold up their listener, and it is there when they come (R78, R97)."""
    second = free_port()
    with Backend("blue") as blue:
        async with flowing(tmp_path, variant, blue) as (made, envoy, _):
            made.publish(made.listener("late", second))
            await made.until("the listener to wait", lambda: envoy.stat("listener_manager.total_listeners_warming"))
            made.publish(made.routes("late", "one"))
            await made.until("the listener", lambda: _says(second, "blue"), 4)


@each_variant
async def test_a_rejection_and_the_way_out(variant: str, tmp_path: Path) -> None:
    """A listener that Envoy cannot have is rejected once, not sent again, and mended by the next change; the rest flows."""
    with Backend("blue") as blue, Backend("green") as green:
        async with flowing(tmp_path, variant, blue) as (made, _, port):
            made.publish(made.listener("bad", 70000))
            _, type_url, _, message = await made.log.until("response_nacked")
            assert type_url == LISTENER
            assert "bad" in message or "70000" in message
            assert set(made.tables[LISTENER].acceptance.rejections) == {"bad"}

            made.publish(made.endpoints("one", green.port))
            await made.until("endpoints", lambda: _says(port, "green"), 10)
            made.publish(made.listener("bad", free_port()), made.routes("bad", "one"))
            await made.until("the mended one", lambda: set(made.has()["listeners"]) == {"edge", "bad"}, 4)
            assert len(made.log.named("response_nacked")) == 1
            assert made.tables[LISTENER].acceptance.rejections == {}


@each_variant
async def test_a_control_plane_comes_back(variant: str, tmp_path: Path) -> None:
    """After a restart of the server no cluster is removed, none warms for long, and no request fails."""
    with Backend("blue") as blue:
        async with flowing(tmp_path, variant, blue) as (made, envoy, port):
            with Load(port, keep_alive=50, new=10) as load:
                removed = envoy.stat("cluster_manager.cluster_removed")
                await made.server.stop(0)
                made.log.calls.clear()
                await _restarted(made)
                await made.log.until("response_acked", 3)
                made.publish(made.cluster("one", 2))
                await made.until("a change", lambda: _connect_seconds(envoy) == 2, 10)
            assert load.failures == 0, load.statuses()
            assert envoy.stat("cluster_manager.cluster_removed") == removed
            assert envoy.stats("init_fetch_timeout") == dict.fromkeys(envoy.stats("init_fetch_timeout"), 0)


@aggregated
async def test_a_route_moves_while_the_control_plane_is_away(variant: str, tmp_path: Path) -> None:
    """The cluster that it led to is gone, and the server new: it is taken from Envoy when the routes are, and no request fails."""
    with Backend("blue") as blue, Backend("green") as green:
        async with flowing(tmp_path, variant, blue) as (made, _, port):
            with Load(port, keep_alive=200, new=20) as load:
                await made.server.stop(0)
                made.publish(
                    made.cluster("two"),
                    made.endpoints("two", green.port),
                    made.routes("edge", "two"),
                    remove=[(CLUSTER, "one"), (ENDPOINT, "one")],
                )
                made.log.calls.clear()
                await _restarted(made)
                await made.until("the move", lambda: _says(port, "green"), 15)
                await made.until("the end of the old", lambda: set(made.has()["clusters"]) == {"two"}, 4)
            assert load.requests > 0
            assert load.failures == 0, load.statuses()
            assert made.log.named("wait_timed_out") == []


async def _restarted(made: World) -> None:
    """Another server on the same port, with the same tables."""
    made.server = AdsServer(
        Address("127.0.0.1", made.port), admission_policy=made.desk, observer=made.log, identifier="cp-2"
    )
    await made.server.start()
