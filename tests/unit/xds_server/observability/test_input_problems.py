"""Problems that only relations show: they appear with the change that makes them, and go with the one that mends them."""

from collections.abc import Callable
from typing import Any

import pytest
from msgspec import structs

from krt import Graph
from tests.support.builders import backend, gateway, http, route, rule, service
from xds_server.model.objects import ParentRef, Service
from xds_server.observability.input_problems import report_problems
from xds_server.providers.kinds import KINDS
from xds_server.providers.sync_tracker import SyncTracker
from xds_server.translate.pipeline import Pipeline, build_pipeline


class Input:
    """A pipeline with a tracker, and objects in it that have nothing wrong."""

    def __init__(self, *, shared: bool = False) -> None:
        self.graph = Graph(on_failure="raise")
        self.pipeline: Pipeline = build_pipeline(self.graph, "xds-server", shared=shared)
        self.new: list[str] = []
        self.tracker = SyncTracker(KINDS, on_problem=lambda one: self.new.append(str(one)))
        report_problems(self.graph, self.pipeline, self.tracker, gateway_class="xds-server")
        contents = {"gateways": gateway(), "httproutes": route(), "services": service()}
        with self.graph.transaction():
            for plural, source in self.pipeline.sources.items():
                one = contents.get(plural)
                source.replace({} if one is None else {one.key: one})

    def set(self, plural: str, one: Any) -> None:
        self.pipeline.sources[plural].set(one.key, one)

    @property
    def said(self) -> list[str]:
        return [str(one) for one in self.tracker.problems]


def named(*, name: str = "", section: str = "", port: int = 0) -> Any:
    return route(parents=(ParentRef(gateway=name or "shop/edge", section_name=section, port=port),))


MISTAKES: list[tuple[str, Callable[[], tuple[str, Any]], str]] = [
    ("no such gateway", lambda: ("httproutes", named(name="shop/edgy")), "there is no Gateway 'shop/edgy': create it"),
    ("no such listener", lambda: ("httproutes", named(section="nope")), "reason NoMatchingParent"),
    ("no such port", lambda: ("httproutes", named(port=9)), "reason NoMatchingParent"),
    ("no parents", lambda: ("httproutes", route(parents=())), "attached to nothing: name a Gateway"),
    ("no such service", lambda: ("httproutes", route(rule(to=(backend("shop/gone"),)))), "there is no such Service"),
    ("no such service port", lambda: ("httproutes", route(rule(to=(backend(port=9),)))), "has no TCP port 9"),
    ("other namespace", lambda: ("httproutes", route(rule(to=(backend("far/cart"),)))), "in another namespace"),
    ("alias", lambda: ("services", Service(key="shop/cart", ports=(), external=True)), "of type ExternalName"),
    ("tls", lambda: ("services", service(app_protocol="kubernetes.io/wss")), "appProtocol 'kubernetes.io/wss'"),
    ("collision", lambda: ("gateways", gateway(http("a"), http("b"))), "is there twice: change one of the two"),
]


@pytest.mark.parametrize("shared", [False, True])
@pytest.mark.parametrize(("made", "expected"), [row[1:] for row in MISTAKES], ids=[row[0] for row in MISTAKES])
def test_a_mistake_is_a_problem_until_it_is_mended(
    made: Callable[[], tuple[str, Any]], expected: str, *, shared: bool
) -> None:
    """It names the object, and says what to do; it is told once, and counted."""
    it = Input(shared=shared)
    plural, one = made()
    good = it.pipeline.sources[plural][one.key]
    assert it.said == []

    it.set(plural, one)

    assert any(expected in said for said in it.said), it.said
    assert it.tracker.problem_count == len(it.said) == len(it.new)
    assert all(
        said.startswith(("references: HTTPRoute shop/cart ", "references: Gateway shop/edge ")) for said in it.said
    )

    it.set(plural, good)

    assert it.said == []
    assert it.tracker.problem_count == 0


def test_a_gateway_of_another_class_is_a_mistake_in_a_directory_and_none_on_an_api_server() -> None:
    """There are other controllers there: nothing is said of their Gateways, nor of who refers to them."""
    for shared, expected in ((True, []), (False, ["Gateway shop/edge", "HTTPRoute shop/cart"])):
        it = Input(shared=shared)
        it.set("gateways", gateway(key="shop/ours"))

        it.set("gateways", gateway(class_name="nginx"))
        it.set("httproutes", route(rule(to=(backend("shop/gone"),))))

        assert [one.object for one in it.tracker.problems] == expected
        assert all("'nginx'" in said and "--gateway-class" in said for said in it.said)


def test_that_no_gateway_is_ours_is_said_wherever_they_come_from() -> None:
    """Nobody is served then: a class that is misspelt, or the wrong server."""
    it = Input(shared=True)

    it.set("gateways", gateway(class_name="xds-sever"))
    assert it.said == [
        (
            "references: spec.gatewayClassName: of 1 Gateways none is of class 'xds-server', so no proxy is served: "
            "use 'xds-server', or start the server with --gateway-class"
        )
    ]

    it.set("gateways", gateway())
    assert it.said == []


def test_what_another_kind_of_parent_makes_of_a_route_is_not_ours() -> None:
    """On an API server; in a directory it is a mistake, unless it is a Service of a mesh."""
    strange = structs.replace(route(parents=()), other_parents=("example.net/Gateway", "/Service"))
    for shared, expected in ((True, 0), (False, 1)):
        it = Input(shared=shared)

        it.set("httproutes", strange)

        assert len(it.said) == expected
        assert all("'example.net/Gateway' is no parent" in said for said in it.said)


def test_a_parent_that_comes_late_ends_the_problem_and_one_that_goes_makes_it() -> None:
    """In whatever order objects come; an object that is deleted has none."""
    it = Input()
    it.pipeline.sources["gateways"].delete("shop/edge")
    assert ["there is no Gateway" in said for said in it.said] == [True]

    it.set("gateways", gateway())
    assert it.said == []

    it.set("httproutes", named(name="shop/edgy"))
    it.pipeline.sources["httproutes"].delete("shop/cart")
    assert it.said == []


def test_nothing_is_said_of_what_is_not_known_yet() -> None:
    """Before Gateways and Services are listed, nobody can say that one is missing."""
    graph = Graph(on_failure="raise")
    pipeline = build_pipeline(graph, "xds-server")
    tracker = SyncTracker(KINDS)
    report_problems(graph, pipeline, tracker, gateway_class="xds-server")

    pipeline.sources["httproutes"].replace({"shop/cart": route()})
    assert tracker.problems == ()

    pipeline.sources["gateways"].replace({})
    pipeline.sources["services"].replace({})
    assert len(tracker.problems) == 1
