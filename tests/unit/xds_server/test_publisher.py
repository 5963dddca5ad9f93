"""Nothing before everything is known, then each change as it comes."""

from collections.abc import Mapping

from krt import Graph
from tests.unit.xds_server import builders
from xds_server.model.objects import Service
from xds_server.pipeline import Pipeline, build
from xds_server.publisher import Publisher
from xds_server.snapshot.resource import CLUSTER, ENDPOINT, LISTENER, ROUTE
from xds_server.snapshot.store import Names, Store


class Rig:
    """A pipeline with a publisher, and what it said."""

    def __init__(self) -> None:
        self.graph = Graph(on_failure="raise")
        self.pipeline: Pipeline = build(self.graph, "xds-server")
        self.store = Store()
        self.said: list[tuple[Names, Mapping[str, Names]]] = []
        self.publisher = Publisher(self.graph, self.pipeline, self.store, lambda *names: self.said.append(names))

    def list(self, *but: str) -> None:
        objects = {
            "gateways": {"shop/edge": builders.gateway()},
            "httproutes": {"shop/cart": builders.route()},
            "services": {"shop/cart": builders.service()},
            "endpointslices": {"shop/cart-1": builders.slice_("10.0.0.1")},
        }
        for kind, source in self.pipeline.sources.items():
            if kind not in but:
                source.replace(objects[kind])


def test_nothing_is_published_while_one_source_is_unknown() -> None:
    """Three of four sources are listed, and nobody hears a word; the fourth brings all of it at once."""
    rig = Rig()
    rig.list("endpointslices")

    assert (rig.said, rig.store.epoch) == ([], None)

    rig.pipeline.sources["endpointslices"].replace({})

    for_all, by_role = rig.said[0]
    assert len(rig.said) == 1
    assert rig.graph.epoch == rig.store.epoch
    assert {CLUSTER: frozenset({"shop/cart:80"}), ENDPOINT: frozenset({"shop/cart:80"})} == for_all
    assert frozenset({"shop/edge/8080"}) == by_role["shop/edge"][LISTENER] == by_role["shop/edge"][ROUTE]


def test_a_change_names_what_changed_and_nothing_else() -> None:
    """A new endpoint is one load assignment for everybody."""
    rig = Rig()
    rig.list()
    rig.said.clear()

    rig.pipeline.sources["endpointslices"].set("shop/cart-1", builders.slice_("10.0.0.2"))

    assert [({ENDPOINT: frozenset({"shop/cart:80"})}, {})] == rig.said
    assert rig.graph.epoch == rig.store.epoch


def test_what_is_published_keeps_up_with_changes_that_are_not_served() -> None:
    """A Gateway of another class alters nothing that is served; the published epoch advances all the same."""
    rig = Rig()
    rig.list()

    rig.pipeline.sources["gateways"].set("x/y", builders.gateway(key="x/y", class_name="other"))

    assert rig.graph.epoch == rig.store.epoch
    assert {"shop/edge"} == rig.store.roles


def test_a_deleted_gateway_is_no_role_any_more() -> None:
    """Its role is not served to newcomers; nothing is taken from those who have it."""
    rig = Rig()
    rig.list()
    held = rig.store.view("shop/edge")
    assert held is not None

    rig.pipeline.sources["gateways"].delete("shop/edge")

    assert rig.store.view("shop/edge") is None
    assert len(held[LISTENER]) == 1


def test_a_service_without_ports_leaves_no_cluster() -> None:
    """A Service that loses its ports loses its clusters and load assignments."""
    rig = Rig()
    rig.list()

    rig.pipeline.sources["services"].set("shop/cart", Service(key="shop/cart", ports=()))

    assert (rig.store.counts()[CLUSTER], rig.store.counts()[ENDPOINT]) == (0, 0)
