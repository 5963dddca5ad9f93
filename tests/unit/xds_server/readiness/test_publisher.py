"""Nothing before everything is known, then each change as it comes."""

import time
from collections.abc import Callable, Mapping
from typing import Any

import pytest

from krt import Graph
from tests.support import builders
from xds_server.envoy.ready_listener import MARKER
from xds_server.model.objects import Service
from xds_server.model.resource import CLUSTER, ENDPOINT, LISTENER, ROUTE, TypeUrl, resource
from xds_server.readiness.protections.change_set import collections_of
from xds_server.readiness.protections.loss_rules import PipelineLossRules, shrink_guard, sources_of
from xds_server.readiness.protections.protections import Protections
from xds_server.readiness.protections.retention import Retention, SourceFreshness
from xds_server.readiness.protections.shrink_guard import Tolerance
from xds_server.readiness.protections.shrink_hold import ShrinkHold
from xds_server.readiness.publisher import Publisher
from xds_server.readiness.ready_marker import ReadyMarker
from xds_server.translate.pipeline import Pipeline, build_pipeline
from xds_server.xds.cache.resource_cache import ChangedNames, Publication, ResourceCache


class Rig:
    """A pipeline with a publisher, and what it said."""

    def __init__(self, *, plain: bool = True) -> None:
        self.graph = Graph(on_failure="raise")
        self.pipeline: Pipeline = build_pipeline(self.graph, "xds-server")
        self.cache = ResourceCache()
        self.said: list[tuple[ChangedNames, Mapping[str, ChangedNames]]] = []
        self.cache.on_publication(self.hear)
        if plain:
            self.publisher = Publisher(self.graph, self.pipeline, self.cache)

    def hear(self, publication: Publication) -> None:
        by_role = {role: names for role, names in publication.items() if role is not None}
        self.said.append((publication[None], by_role))

    def list(self, *but: str) -> None:
        objects: dict[str, dict[str, Any]] = {
            "gateways": {"shop/edge": builders.gateway()},
            "httproutes": {"shop/cart": builders.route()},
            "services": {"shop/cart": builders.service()},
            "endpointslices": {"shop/cart-1": builders.slice_("10.0.0.1")},
        }
        for kind, source in self.pipeline.sources.items():
            if kind not in but:
                source.replace(objects.get(kind, {}))


def test_nothing_is_published_while_one_source_is_unknown() -> None:
    """All sources but one are listed, and nobody hears a word; the last one brings all of it at once."""
    rig = Rig()
    rig.list("endpointslices")

    assert (rig.said, rig.cache.epoch) == ([], None)

    rig.pipeline.sources["endpointslices"].replace({})

    for_all, by_role = rig.said[0]
    assert len(rig.said) == 1
    assert rig.graph.epoch == rig.cache.epoch
    assert {CLUSTER: frozenset({"shop/cart:80"}), ENDPOINT: frozenset({"shop/cart:80"})} == for_all
    assert frozenset({"shop/edge/8080"}) == by_role["shop/edge"][LISTENER] == by_role["shop/edge"][ROUTE]


def test_a_change_names_what_changed_and_nothing_else() -> None:
    """A new endpoint is one load assignment for everybody."""
    rig = Rig()
    rig.list()
    rig.said.clear()

    rig.pipeline.sources["endpointslices"].set("shop/cart-1", builders.slice_("10.0.0.2"))

    assert [({ENDPOINT: frozenset({"shop/cart:80"})}, {})] == rig.said
    assert rig.graph.epoch == rig.cache.epoch


def test_what_is_published_keeps_up_with_changes_that_are_not_served() -> None:
    """A Gateway of another class alters nothing that is served; the published epoch advances all the same."""
    rig = Rig()
    rig.list()

    rig.pipeline.sources["gateways"].set("x/y", builders.gateway(key="x/y", class_name="other"))

    assert rig.graph.epoch == rig.cache.epoch
    assert {"shop/edge"} == rig.cache.roles


def test_a_deleted_gateway_is_no_role_any_more() -> None:
    """Its role is not served to newcomers; nothing is taken from those who have it."""
    rig = Rig()
    rig.list()
    held = rig.cache.role_tables("shop/edge")
    assert held is not None

    rig.pipeline.sources["gateways"].delete("shop/edge")

    assert rig.cache.role_tables("shop/edge") is None
    assert len(held[LISTENER]) == 1


def test_a_service_without_ports_leaves_no_cluster() -> None:
    """A Service that loses its ports loses its clusters and load assignments."""
    rig = Rig()
    rig.list()

    rig.pipeline.sources["services"].set("shop/cart", Service(key="shop/cart", ports=()))

    assert (rig.cache.count_resources()[CLUSTER], rig.cache.count_resources()[ENDPOINT]) == (0, 0)


def shrinking(
    rig: Rig, *, at_least: int = 2, seconds: float = 30, clock: Callable[[], float] = time.monotonic
) -> ShrinkHold:
    """A publisher that holds, on a pipeline with four carts in a row."""
    guard = shrink_guard(rig.pipeline, Tolerance(share=0.5, at_least=at_least))
    shrink_hold = ShrinkHold(guard, seconds, sources_of=lambda lost: sources_of(rig.pipeline, lost), clock=clock)
    rig.publisher = Publisher(
        rig.graph,
        rig.pipeline,
        rig.cache,
        protections=Protections(collections_of(rig.pipeline), shrink_hold),
        marker=ReadyMarker(rig.cache, 19002),
    )
    carts = [f"shop/cart{n}" for n in range(4)]
    objects: dict[str, dict[str, Any]] = {
        "gateways": {"shop/edge": builders.gateway()},
        "httproutes": {key: builders.route(builders.rule(to=(builders.backend(key),)), key=key) for key in carts},
        "services": {key: builders.service(key) for key in carts},
        "endpointslices": {f"{key}-1": builders.slice_("10.0.0.1", key=f"{key}-1", of=key) for key in carts},
    }
    for kind, source in rig.pipeline.sources.items():
        source.replace(objects.get(kind, {}))
    return shrink_hold


@pytest.mark.parametrize("kind", ["services", "httproutes", "endpointslices"])
def test_a_list_that_comes_back_empty_changes_nothing_that_is_served(kind: str) -> None:
    """No cluster, endpoint or route goes before somebody has confirmed it; then all of it does."""
    rig = Rig(plain=False)
    shrink_hold = shrinking(rig)
    before = versions(rig)

    rig.pipeline.sources[kind].replace({})

    assert versions(rig) == before
    assert shrink_hold.held_change is not None
    assert rig.publisher.release_held()
    assert versions(rig) != before
    assert not rig.publisher.release_held()


def test_all_gateways_gone_at_once_are_still_served() -> None:
    """Their roles are held as well."""
    rig = Rig(plain=False)
    shrinking(rig, at_least=1)

    rig.pipeline.sources["gateways"].replace({})

    assert rig.cache.roles == {"shop/edge"}
    assert rig.publisher.release_held()
    assert rig.cache.roles == set()


def test_one_deletion_after_another_is_believed() -> None:
    """An operator who deletes one by one means it."""
    rig, now = Rig(plain=False), iter(range(100, 200))
    shrink_hold = shrinking(rig, clock=lambda: next(now))

    for n in range(4):
        rig.pipeline.sources["httproutes"].delete(f"shop/cart{n}")

    assert shrink_hold.held_change is None
    assert len(rig.pipeline.attached_routes) == 0


def test_a_purge_of_a_kind_costs_nothing_in_the_end() -> None:
    """Event by event its objects go, faster than anybody deletes: what went is back, and stays for its time."""
    rig = Rig(plain=False)
    now = 100.0
    shrink_hold = shrinking(rig, clock=lambda: now)
    before = versions(rig)

    for n in range(4):
        now += 0.01
        rig.pipeline.sources["httproutes"].delete(f"shop/cart{n}")

    assert shrink_hold.held_change is not None
    assert versions(rig) == before
    rig.publisher.kind_listed("gateways", now + 1)
    rig.publisher.kind_listed("httproutes", now + 1)
    assert (shrink_hold.held_change, versions(rig) != before) == (None, True)


@pytest.mark.parametrize("kind", ["httproutes", "gateways"])
def test_when_the_kind_is_gone_no_list_says_that_its_objects_are(kind: str) -> None:
    """However few they were: they are back at once, until they are there again, or the time is up."""
    rig = Rig(plain=False)
    now = 100.0
    shrink_hold = shrinking(rig, at_least=100, clock=lambda: now)
    before, objects = versions(rig), dict(rig.pipeline.sources[kind])
    for key in objects:
        rig.pipeline.sources[kind].delete(key)

    now += 1.5
    rig.publisher.kind_gone(kind)
    assert (versions(rig), rig.cache.roles) == (before, {"shop/edge"})
    assert f"the kind {kind} is gone" in shrink_hold.why()
    rig.publisher.kind_listed(kind, now + 1)
    now += 5
    rig.publisher.tick()
    assert versions(rig) == before

    for key, value in objects.items():
        rig.pipeline.sources[kind].set(key, value)
    assert (shrink_hold.held_change, versions(rig)) == (None, before)


def test_a_kind_that_stays_away_takes_its_objects_with_it_when_the_time_is_up() -> None:
    """A hold has a clock."""
    rig = Rig(plain=False)
    now = 100.0
    shrink_hold = shrinking(rig, clock=lambda: now)
    before = versions(rig)
    rig.pipeline.sources["httproutes"].delete("shop/cart0")
    rig.publisher.kind_gone("httproutes")
    assert versions(rig) == before

    now += 30
    rig.publisher.tick()

    assert (shrink_hold.held_change, versions(rig) != before) == (None, True)


def versions(rig: Rig) -> dict[str, str]:
    view = rig.cache.role_tables("shop/edge")
    assert view is not None
    return {type_url: table.version for type_url, table in view.items()}


def marker(rig: Rig) -> str:
    view = rig.cache.role_tables("shop/edge")
    assert view is not None
    routes = view[ROUTE].get(MARKER)
    assert routes is not None
    assert MARKER in view[LISTENER]
    return routes.version


def test_the_marker_changes_with_all_but_endpoints() -> None:
    """A new endpoint does not rewrite a route configuration of every proxy; a new cluster, route or listener does."""
    rig = Rig(plain=False)
    shrinking(rig)
    seen = [marker(rig)]
    sources = rig.pipeline.sources

    sources["endpointslices"].set("shop/cart0-1", builders.slice_("10.0.0.9", key="shop/cart0-1", of="shop/cart0"))
    assert marker(rig) == seen[0]
    assert ROUTE not in rig.said[-1][1].get("shop/edge", {})

    sources["services"].set("shop/new", builders.service("shop/new"))
    seen.append(marker(rig))
    assert rig.said[-1][1]["shop/edge"] == {ROUTE: frozenset({MARKER})}
    sources["httproutes"].delete("shop/cart0")
    seen.append(marker(rig))
    sources["gateways"].set("shop/edge", builders.gateway(builders.http(), builders.http("b", 9090)))
    seen.append(marker(rig))
    assert len(set(seen)) == 4

    sources["services"].delete("shop/new")
    sources["httproutes"].set(
        "shop/cart0", builders.route(builders.rule(to=(builders.backend("shop/cart0"),)), key="shop/cart0")
    )
    sources["gateways"].set("shop/edge", builders.gateway())
    assert marker(rig) == seen[0]


@pytest.mark.parametrize("type_url", [CLUSTER, LISTENER, ROUTE])
def test_the_marker_does_not_count_what_was_rejected(type_url: TypeUrl) -> None:
    """It shows the version of what is accepted: without the new, with the former; and of all, once somebody accepted it."""
    rig = Rig(plain=False)
    shrinking(rig)
    before = marker(rig)
    view = rig.cache.role_tables("shop/edge")
    assert view is not None
    new = resource("shop/edge/9090", b"new")
    rig.cache.publish(
        2,
        roles={},
        shared={CLUSTER: [(None, new)] if type_url == CLUSTER else []},
        own={type_url: [("shop/edge", (None, new))]} if type_url != CLUSTER else {},
    )

    rig.cache.acceptance_changed("shop/edge", type_url, view[type_url].acceptance.take_reaccepted())
    of_all = marker(rig)
    view[type_url].acceptance.rejected(new, "proxy", "no good")
    rig.said.clear()
    rig.cache.acceptance_changed("shop/edge", type_url, view[type_url].acceptance.take_reaccepted())

    assert (of_all != before, marker(rig)) == (True, before)
    assert rig.said == [({}, {"shop/edge": {ROUTE: frozenset({MARKER})}})]

    view[type_url].acceptance.accepted(new.name)
    rig.cache.acceptance_changed("shop/edge", type_url, view[type_url].acceptance.take_reaccepted())
    rig.cache.acceptance_changed("shop/other", type_url, view[type_url].acceptance.take_reaccepted())
    assert marker(rig) == of_all


def test_a_gateway_on_the_markers_port_has_no_marker() -> None:
    """Envoy would refuse a second listener at the address; the Gateway's own comes first."""
    rig = Rig(plain=False)
    shrinking(rig)
    rig.pipeline.sources["gateways"].set("shop/edge", builders.gateway(builders.http("b", 19002)))

    view = rig.cache.role_tables("shop/edge")
    assert view is not None
    assert MARKER not in view[LISTENER]
    assert MARKER not in view[ROUTE]
    assert "shop/edge/19002" in view[LISTENER]


class Retaining(Rig):
    """A publisher that retains for 15 s, on a clock set by hand."""

    def __init__(self) -> None:
        super().__init__(plain=False)
        self.now = 0.0
        self.freshness = SourceFreshness(lambda: self.now)
        self.retention = Retention(15.0, self.freshness, PipelineLossRules(self.pipeline), clock=lambda: self.now)
        self.publisher = Publisher(
            self.graph,
            self.pipeline,
            self.cache,
            protections=Protections(collections_of(self.pipeline), retention=self.retention),
        )
        self.list()
        self.said.clear()

    def back(self, kind: str) -> None:
        """In touch, and a while later."""
        self.freshness.record(kind, stale=False)
        self.now += 2
        self.publisher.tick()


MOVED = builders.route(builders.rule(to=(builders.backend("shop/new"),)))


def test_a_route_that_moved_to_what_we_have_not_heard_of_stays_where_it_was() -> None:
    """Services are out of touch: nobody is sent to a Service that does not exist as far as we know, until we know."""
    rig = Retaining()
    rig.pipeline.sources["endpointslices"].set(
        "shop/new-1", builders.slice_("10.0.0.2", key="shop/new-1", of="shop/new")
    )
    before = versions(rig)
    rig.freshness.record("services", stale=True)

    rig.pipeline.sources["httproutes"].set("shop/cart", MOVED)
    assert (versions(rig), len(rig.retention.retained)) == (before, 1)

    services = rig.pipeline.sources["services"]
    services.replace({"shop/cart": builders.service(), "shop/new": builders.service("shop/new")})
    assert (versions(rig) != before, rig.retention.retained) == (True, {})
    assert rig.said[-1][1] == {"shop/edge": {ROUTE: frozenset({"shop/edge/8080"})}}


def test_a_cluster_stays_while_the_route_to_it_may_have_moved() -> None:
    """With its load assignment, and the route configuration that names it; gone for good when routes are in touch."""
    rig = Retaining()
    before = versions(rig)
    rig.freshness.record("httproutes", stale=True)

    rig.pipeline.sources["services"].delete("shop/cart")
    assert (versions(rig), len(rig.retention.retained)) == (before, 3)

    rig.back("httproutes")
    assert (rig.cache.count_resources()[CLUSTER], rig.cache.count_resources()[ENDPOINT], rig.retention.retained) == (
        0,
        0,
        {},
    )


def test_endpoints_stay_while_the_new_ones_may_not_be_known() -> None:
    """A port was renamed in a Service and in its slices, and of the slices we have not heard; a new endpoint ends it."""
    rig = Retaining()
    before = versions(rig)
    rig.freshness.record("endpointslices", stale=True)

    rig.pipeline.sources["services"].set("shop/cart", builders.service(name="web"))
    assert versions(rig)[ENDPOINT] == before[ENDPOINT]

    rig.pipeline.sources["endpointslices"].set("shop/cart-1", builders.slice_("10.0.0.1", name="web"))
    assert (versions(rig)[ENDPOINT], rig.retention.retained) == (before[ENDPOINT], {})


def test_only_what_is_in_doubt_stays() -> None:
    """With slices out of touch a Service that is deleted is gone, and so is a Gateway; scaling to zero is not believed."""
    rig = Retaining()
    rig.freshness.record("endpointslices", stale=True)

    rig.pipeline.sources["endpointslices"].delete("shop/cart-1")
    assert len(rig.retention.retained) == 1
    rig.pipeline.sources["services"].delete("shop/cart")
    assert (rig.retention.retained, rig.cache.count_resources()[CLUSTER]) == ({}, 0)
    rig.freshness.record("services", stale=True)
    rig.pipeline.sources["gateways"].delete("shop/edge")
    assert (rig.retention.retained, rig.cache.roles) == ({}, set())


def test_a_new_route_that_leads_nowhere_takes_nothing_away() -> None:
    """It is published with its 500, whatever is out of touch: what was served is served on beside it."""
    rig = Retaining()
    rig.freshness.record("services", stale=True)

    rig.pipeline.sources["httproutes"].set(
        "shop/other", builders.route(builders.rule(to=(builders.backend("shop/none"),)), key="shop/other")
    )

    assert rig.retention.retained == {}
    assert rig.said[-1][1] == {"shop/edge": {ROUTE: frozenset({"shop/edge/8080"})}}


def test_what_was_given_up_is_not_carried_over_again() -> None:
    """When its time is up the loss is published, and what else changes at that port passes from then on."""
    rig = Retaining()
    rig.freshness.record("services", stale=True)
    rig.pipeline.sources["httproutes"].set("shop/cart", MOVED)
    rig.now = 15.0
    rig.publisher.tick()
    assert rig.retention.retained == {}
    published = versions(rig)[ROUTE]

    rig.pipeline.sources["httproutes"].set("shop/more", builders.route(key="shop/more", hostnames=("more.example",)))
    assert (rig.retention.retained, versions(rig)[ROUTE] != published) == ({}, True)


def test_an_operator_ends_what_is_carried_over() -> None:
    """All of it at once, and is told how much it was."""
    rig = Retaining()
    rig.freshness.record("httproutes", stale=True)
    rig.pipeline.sources["services"].delete("shop/cart")

    assert (rig.publisher.release_retained(), rig.publisher.release_retained()) == (3, 0)
    assert rig.cache.count_resources()[CLUSTER] == 0


def names(rig: Rig, role: str) -> list[set[str]]:
    view = rig.cache.role_tables(role)
    return (
        [] if view is None else [{one.name for one in view[kind] if one.name != MARKER} for kind in (LISTENER, ROUTE)]
    )


def test_a_listener_that_comes_while_its_gateway_is_held_is_published_with_it() -> None:
    """Nothing is lost because its role was not there yet: what is released is what is derived by then."""
    rig = Rig(plain=False)
    shrinking(rig)
    with rig.graph.transaction():
        rig.pipeline.sources["services"].replace({})
        rig.pipeline.sources["gateways"].set("shop/new", builders.gateway(key="shop/new"))
    rig.pipeline.sources["gateways"].set(
        "shop/new", builders.gateway(builders.http(), builders.http("b", 9090), key="shop/new")
    )
    assert names(rig, "shop/new") == []

    assert rig.publisher.release_held()

    assert names(rig, "shop/new") == [{"shop/new/8080", "shop/new/9090"}] * 2


def test_what_was_held_of_a_gateway_that_went_is_not_in_the_way_of_its_return() -> None:
    """Its listener comes back as it was published, and its change was held: it is published anew with its role."""
    rig = Rig(plain=False)
    shrink_hold = shrinking(rig)
    gateways = rig.pipeline.sources["gateways"]
    with rig.graph.transaction():
        rig.pipeline.sources["services"].replace({})
        gateways.set("shop/edge", builders.gateway(builders.http("b", 9090)))
    assert shrink_hold.held_change is not None

    gateways.delete("shop/edge")
    gateways.set("shop/edge", builders.gateway())
    assert names(rig, "shop/edge") == [{"shop/edge/8080"}] * 2
    rig.publisher.release_held()

    assert names(rig, "shop/edge") == [{"shop/edge/8080"}] * 2


def test_a_route_that_moved_stays_until_the_endpoints_that_it_moved_to_are_known() -> None:
    """The Service came and the route moved while nobody looked; of its slices we have not heard yet."""
    rig = Retaining()
    before = versions(rig)
    rig.freshness.record("endpointslices", stale=True)

    rig.pipeline.sources["services"].set("shop/new", builders.service("shop/new"))
    rig.pipeline.sources["httproutes"].set("shop/cart", MOVED)
    assert (versions(rig)[ROUTE], len(rig.retention.retained)) == (before[ROUTE], 1)

    rig.pipeline.sources["endpointslices"].set("shop/new-1", builders.slice_(key="shop/new-1", of="shop/new"))
    assert versions(rig)[ROUTE] == before[ROUTE]
    rig.pipeline.sources["endpointslices"].set(
        "shop/new-1", builders.slice_("10.0.0.2", key="shop/new-1", of="shop/new")
    )
    assert (rig.retention.retained, versions(rig)[ROUTE] != before[ROUTE]) == ({}, True)


def test_what_a_route_that_stays_leads_to_stays_as_long() -> None:
    """The Service that it left went, too, and that is certain: but the route leads there until it may move."""
    rig = Retaining()
    before = versions(rig)
    rig.freshness.record("endpointslices", stale=True)
    services = rig.pipeline.sources["services"]
    services.set("shop/new", builders.service("shop/new"))
    rig.pipeline.sources["httproutes"].set("shop/cart", MOVED)

    services.delete("shop/cart")
    rig.now += 5
    rig.publisher.tick()
    assert (versions(rig)[ROUTE], rig.cache.count_resources()[CLUSTER], rig.cache.count_resources()[ENDPOINT]) == (
        before[ROUTE],
        2,
        2,
    )

    rig.pipeline.sources["endpointslices"].set(
        "shop/new-1", builders.slice_("10.0.0.2", key="shop/new-1", of="shop/new")
    )
    assert (rig.retention.retained, rig.cache.count_resources()[CLUSTER], rig.cache.count_resources()[ENDPOINT]) == (
        {},
        1,
        1,
    )


@pytest.mark.parametrize("first", ["services", "httproutes"])
def test_it_stays_whichever_kind_is_in_touch_first(first: str) -> None:
    """That the Service is not known, and that its endpoints are not, are one loss with one clock."""
    rig = Retaining()
    before = versions(rig)
    for kind in ("services", "httproutes", "endpointslices"):
        rig.freshness.record(kind, stale=True)
    news = {"services": ("shop/new", builders.service("shop/new")), "httproutes": ("shop/cart", MOVED)}

    for kind in (first, *(kind for kind in news if kind != first)):
        rig.pipeline.sources[kind].set(*news[kind])
        rig.back(kind)
        assert versions(rig)[ROUTE] == before[ROUTE]

    rig.now += 15
    rig.publisher.tick()
    assert (rig.retention.retained, versions(rig)[ROUTE] != before[ROUTE]) == ({}, True)


def test_a_route_in_the_place_of_another_stays_as_that_one_does() -> None:
    """One goes and one comes, in one list: what was answered before is answered on."""
    rig = Retaining()
    before = versions(rig)
    rig.freshness.record("endpointslices", stale=True)
    rig.pipeline.sources["services"].set("shop/new", builders.service("shop/new"))

    renamed = builders.route(builders.rule(to=(builders.backend("shop/new"),)), key="shop/renamed")
    rig.pipeline.sources["httproutes"].replace({"shop/renamed": renamed})

    assert versions(rig)[ROUTE] == before[ROUTE]


def test_a_route_to_endpoints_that_are_known_moves_at_once() -> None:
    """Whatever is out of touch; and in touch, a route may move to a Service without endpoints."""
    rig = Retaining()
    rig.pipeline.sources["services"].set("shop/new", builders.service("shop/new"))
    rig.pipeline.sources["httproutes"].set("shop/cart", MOVED)
    assert rig.said[-1][1] == {"shop/edge": {ROUTE: frozenset({"shop/edge/8080"})}}

    rig.freshness.record("endpointslices", stale=True)
    rig.pipeline.sources["httproutes"].set("shop/cart", builders.route())
    assert rig.retention.retained == {}
