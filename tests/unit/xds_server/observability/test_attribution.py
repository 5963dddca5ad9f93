"""Which objects a rejected resource comes from."""

from krt import Graph
from tests.support.builders import gateway, route, rule, service
from xds_server.model.objects import HTTPRoute, Match
from xds_server.model.resource import CLUSTER, LISTENER, ROUTE, Resource
from xds_server.observability.attribution import origin_objects, problems
from xds_server.translate.pipeline import build_pipeline
from xds_server.xds.cache.acceptance import Acceptance, Rejection
from xds_server.xds.cache.resource_cache import ResourceCache

ROLE = "shop/edge"
NAME = "shop/edge/8080"
OLD = (
    route(key="shop/a", hostnames=("a.io",), created="1"),
    route(key="shop/b", hostnames=("b.io",), created="2"),
    route(rule(Match(path="/c")), key="shop/c", hostnames=("a.io",), created="3"),
)


class World:
    """A pipeline whose route configuration is published, and accepted or rejected."""

    def __init__(self, *routes: HTTPRoute) -> None:
        self.graph = Graph(on_failure="raise")
        self.pipeline = build_pipeline(self.graph, "xds-server")
        self.cache = ResourceCache()
        contents = {
            "gateways": {ROLE: gateway()},
            "services": {"shop/cart": service()},
            "httproutes": {one.key: one for one in routes},
        }
        with self.graph.transaction():
            for plural, source in self.pipeline.sources.items():
                source.replace(contents.get(plural, {}))
        self.last: Resource | None = None
        self.publish()

    def publish(self) -> None:
        made = self.pipeline.route_configurations[ROLE, 8080]
        own = {ROUTE: [(ROLE, (self.last, made))]}
        self.cache.publish(1, roles={} if self.last else {ROLE: True}, shared={}, own=own)
        self.last = made

    def change(self, *routes: HTTPRoute) -> None:
        with self.graph.transaction():
            for one in routes:
                self.pipeline.sources["httproutes"].set(one.key, one)
        self.publish()

    def accept(self) -> None:
        self._trial.accepted(NAME)

    def reject(self) -> None:
        assert self.last is not None
        self._trial.rejected(self.last, "proxy-1", "no good")

    @property
    def _trial(self) -> Acceptance:
        view = self.cache.role_tables(ROLE)
        assert view is not None
        return view[ROUTE].acceptance

    @property
    def origins(self) -> list[str]:
        return [one.object for one in problems(self.cache, self.pipeline.attached_routes)]


def test_the_route_that_is_new_since_the_last_good_content_is_named() -> None:
    """Not those that a proxy has accepted, though they stand in the same resource, and under the same host."""
    it = World(*OLD)
    it.accept()

    it.change(route(rule(Match(path="/bad")), key="shop/bad", hostnames=("a.io",), created="0"))
    assert it.origins == []
    it.reject()

    assert it.origins == ["HTTPRoute shop/bad"]
    message = str(next(problems(it.cache, it.pipeline.attached_routes)))
    assert message.startswith("proxies: HTTPRoute shop/bad: proxy-1 rejected a resource that is made from it")
    assert "'no good'" in message


def test_all_that_are_new_are_named_the_newest_first() -> None:
    """Nobody can tell more; and it is over with the rejection."""
    it = World(*OLD)
    it.accept()
    it.change(
        *(route(rule(Match(path=f"/{n}")), key=f"shop/n{n}", hostnames=("b.io",), created=str(n)) for n in (4, 5))
    )
    it.reject()
    assert it.origins == ["HTTPRoute shop/n5", "HTTPRoute shop/n4"]

    it.accept()
    assert it.origins == []


def test_at_the_first_content_all_routes_are_named() -> None:
    """At most ten."""
    few = World(*OLD)
    few.reject()
    assert few.origins == ["HTTPRoute shop/c", "HTTPRoute shop/b", "HTTPRoute shop/a"]

    many = World(*(route(rule(Match(path=f"/{n}")), key=f"shop/r{n}") for n in range(20)))
    many.reject()
    assert len(many.origins) == 10


def test_other_resources_are_a_services_or_a_gateways() -> None:
    """By their names."""
    it = World()
    rejection = Rejection("shop/cart:80", "1", "proxy-1", "")

    assert origin_objects(it.cache, {}, None, CLUSTER, rejection) == ["Service shop/cart"]
    assert origin_objects(it.cache, {}, ROLE, LISTENER, Rejection(NAME, "1", "proxy-1", "")) == ["Gateway shop/edge"]
    assert origin_objects(it.cache, {}, ROLE, ROUTE, Rejection(NAME, "1", "proxy-1", "")) == ["Gateway shop/edge"]
