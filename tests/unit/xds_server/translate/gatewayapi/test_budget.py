"""Fall-through without multiplying what is encoded, and a budget that bounds what multiplies all the same."""

import itertools
from collections.abc import Iterator
from typing import Any

import pytest
from envoy_data_plane.envoy.config.route.v3 import RouteConfiguration
from hypothesis import given, settings
from hypothesis import strategies as st

from krt import Graph
from tests.support import builders
from xds_server.envoy import routes as routes_module
from xds_server.model.objects import HTTPRoute, Match, ParentRef
from xds_server.model.route_budget import Budget
from xds_server.observability.input_problems import report_problems
from xds_server.providers.kinds import kinds
from xds_server.providers.sync_tracker import SyncTracker
from xds_server.server.setting_fields import SettingsError
from xds_server.server.settings_parser import read_settings
from xds_server.translate.gatewayapi.budget import _AROUND_A_HOST
from xds_server.translate.gatewayapi.conditions import route_status
from xds_server.translate.gatewayapi.hostnames import wider
from xds_server.translate.pipeline import Pipeline, build_pipeline

UNLIMITED = Budget(port_entries=1 << 31, port_bytes=1 << 31, gateway_entries=1 << 31, gateway_bytes=1 << 31)
PATHS = ("/", "/a", "/a/b", "/c")
HOSTS = ("a.x.com", "b.x.com", "*.x.com", "*.com", "other.org")
LISTENERS = (("", 80), ("*.x.com", 80), ("", 81))


def entries(count: int, **more: int) -> Budget:
    """A budget of so many entries for a port, and otherwise none."""
    return Budget(
        port_entries=count, port_bytes=1 << 31, gateway_entries=more.get("gateway", 1 << 31), gateway_bytes=1 << 31
    )


def route(name: str, created: int, *paths: str, hosts: tuple[str, ...] = (), port: int = 0) -> HTTPRoute:
    to = (builders.backend(f"shop/{name}"),)
    rules = [builders.rule(Match(path=path), to=to) for path in paths or ("/",)]
    parents = (ParentRef(gateway="shop/edge", port=port),)
    return builders.route(*rules, key=f"shop/{name}", hostnames=hosts, created=f"{created:04}", parents=parents)


def served(*routes: HTTPRoute, budget: Budget = UNLIMITED, graph: Graph | None = None) -> Pipeline:
    pipeline = build_pipeline(graph or Graph(on_failure="raise"), "xds-server", route_budget=budget)
    listeners = [builders.http(f"l{n}", port, host) for n, (host, port) in enumerate(LISTENERS)]
    pipeline.sources["gateways"].replace({"shop/edge": builders.gateway(*listeners)})
    names = {one.key for one in routes} | {"shop/new", *[f"shop/r{n}" for n in range(7)]}
    pipeline.sources["services"].replace({name: builders.service(name) for name in names})
    pipeline.sources["endpointslices"].replace({})
    pipeline.sources["httproutes"].replace({one.key: one for one in routes})
    return pipeline


def parsed(pipeline: Pipeline, port: int = 80) -> dict[str, list[tuple[str, bool]]]:
    """(path, whether it leads to a backend) of the routes of each virtual host, in order."""
    body = RouteConfiguration().parse(pipeline.route_configurations["shop/edge", port].body)
    return {
        host.name: [
            (one.match.path or one.match.path_separated_prefix or one.match.prefix, one.route is not None)
            for one in host.routes
        ]
        for host in body.virtual_hosts
    }


def left_out(pipeline: Pipeline) -> list[tuple[str, int]]:
    return sorted((one.route, one.port) for one in pipeline.over_budget.values())


def test_what_falls_through_is_encoded_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """A changed route for any host costs the encoding of its own entries, however many hostnames have them."""
    pipeline = served(*[route(f"r{n}", n, hosts=(f"{n}.com",)) for n in range(50)], route("wide", 99, "/a", "/b"))
    count = 0
    original = routes_module.encoded_route

    def counting(entry: Any) -> Any:
        nonlocal count
        count += 1
        return original(entry)

    monkeypatch.setattr(routes_module, "encoded_route", counting)
    pipeline.sources["httproutes"].set("shop/wide", route("wide", 99, "/a", "/b", "/c"))

    assert count == 3
    assert parsed(pipeline)["7.com"] == [("/", True), ("/a", True), ("/b", True), ("/c", True)]


def test_the_newest_are_left_out_first_and_come_back_by_themselves() -> None:
    """By age, not by the order of arrival; when an older one goes, or shrinks, there is room again."""
    old, middle, new = route("z", 1, "/a", "/b"), route("y", 2, "/c", "/d"), route("x", 3, "/e")
    pipeline = served(new, middle, old, budget=entries(8, gateway=8))  # each entry at *, *.x.com, and at port 81

    assert left_out(pipeline) == [("shop/x", 80), ("shop/x", 81), ("shop/y", 80)]
    pipeline.sources["httproutes"].delete("shop/z")
    assert left_out(pipeline) == [("shop/x", 81)]
    pipeline.sources["httproutes"].set("shop/z", old)
    assert left_out(pipeline) == [("shop/x", 80), ("shop/x", 81), ("shop/y", 80)]


def test_a_small_route_is_served_after_a_large_one_is_left_out() -> None:
    """One that is too large costs itself alone, also if it is older."""
    large = route("large", 2, *[f"/{n}" for n in range(20)], hosts=("a.org",))
    pipeline = served(route("old", 1, hosts=("b.org",)), large, route("new", 3, hosts=("c.org",)), budget=entries(4))

    assert left_out(pipeline) == [("shop/large", 80), ("shop/large", 81)]
    assert parsed(pipeline)["c.org"] == [("/", True)]


def test_a_new_hostname_is_charged_with_what_falls_through_to_it() -> None:
    """It is refused if the wide routes, at one host more, would be too much; and then answers 500, with nothing else."""
    wide = route("wide", 1, *[f"/{n}" for n in range(5)], port=81)
    hosts = [route(f"h{n}", n + 2, hosts=(f"{n}.org",), port=81) for n in range(3)]
    pipeline = served(wide, *hosts, budget=entries(5 + 2 * 6))

    assert left_out(pipeline) == [("shop/h2", 81)]
    assert parsed(pipeline, 81)["2.org"] == [("/", False)]
    assert len(parsed(pipeline, 81)["1.org"]) == 6


def test_a_left_out_path_answers_an_error_and_not_by_the_wider_route() -> None:
    """At hostnames with other routes, its own paths answer 500, and theirs go on."""
    old = route("old", 1, "/", "/shop", hosts=("a.org",), port=81)
    new = route("new", 2, *[f"/admin/{n}" for n in range(9)], hosts=("a.org",), port=81)
    pipeline = served(old, route("any", 0, "/", port=81), new, budget=entries(9))

    assert left_out(pipeline) == [("shop/new", 81)]
    found = parsed(pipeline, 81)["a.org"]
    assert [path for path, good in found if not good] == ["/admin"]
    assert found.index(("/admin", False)) < found.index(("/", True))
    assert ("/shop", True) in found


def test_one_port_may_be_full_while_another_serves() -> None:
    """A budget is of a port: the route is accepted, and says where it is left out."""
    filler = route("filler", 1, *[f"/{n}" for n in range(5)], hosts=("f.org",), port=81)
    pipeline = served(filler, route("both", 2, "/a", hosts=("b.org",)), budget=entries(5))

    assert left_out(pipeline) == [("shop/both", 81)]
    attached = pipeline.attached_routes["shop/both"]
    assert [domain[1] for domain in attached.domains] == [80]
    (parent,) = route_status(pipeline.sources["httproutes"]["shop/both"], attached).parents
    accepted = parent.conditions[0]
    assert (accepted.status, accepted.reason) == (True, "Accepted")
    assert "port 81 of Gateway shop/edge" in accepted.message


def test_who_is_left_out_is_told_in_conditions_problems_and_a_count() -> None:
    """What it would take, what there is, and what to do."""
    graph = Graph(on_failure="raise")
    pipeline = served(route("old", 1), budget=entries(2), graph=graph)
    tracker = SyncTracker(kinds(), clock=lambda: 0.0)

    report_problems(graph, pipeline, tracker, gateway_class="xds-server")
    subject = route("new", 2, "/a", "/b")

    pipeline.sources["httproutes"].set("shop/new", subject)

    (parent,) = route_status(subject, pipeline.attached_routes["shop/new"]).parents
    assert (parent.conditions[0].status, parent.conditions[0].reason) == (False, "RouteBudgetExceeded")
    assert left_out(pipeline) == [("shop/new", 80), ("shop/new", 81)]
    problems = tracker.problems
    assert {problem.object for problem in problems} == {"HTTPRoute shop/new"}
    assert "it would take" in problems[0].message
    assert "raise translate.route_budget" in problems[0].message

    pipeline.sources["httproutes"].delete("shop/old")
    pipeline.sources["httproutes"].set("shop/new", route("new", 2, "/a", port=81))
    assert tracker.problems == ()


SUBJECTS = st.lists(
    st.builds(
        lambda created, paths, hosts, port: (created, tuple(paths), tuple(hosts), port),
        st.integers(0, 9),
        st.lists(st.sampled_from(PATHS), min_size=1, max_size=4, unique=True),
        st.lists(st.sampled_from(HOSTS), max_size=3, unique=True),
        st.sampled_from([0, 80, 81]),
    ),
    max_size=7,
)


def made(subjects: list[tuple[int, tuple[str, ...], tuple[str, ...], int]]) -> Iterator[HTTPRoute]:
    for n, (created, paths, hosts, port) in enumerate(subjects):
        yield route(f"r{n}", created, *paths, hosts=hosts, port=port)


@settings(max_examples=40)
@given(SUBJECTS, st.integers(1, 60), st.integers(100, 9000))
def test_what_is_served_is_within_the_budget_and_what_fits_is_served(
    subjects: list[tuple[int, tuple[str, ...], tuple[str, ...], int]], count: int, size: int
) -> None:
    """The encoded result keeps to the numbers, but for short errors; one more route of those left out would not."""
    budget = Budget(port_entries=count, port_bytes=size, gateway_entries=2 * count, gateway_bytes=2 * size)
    routes = list(made(subjects))
    pipeline = served(*routes, budget=budget)

    for port in (80, 81):
        found = parsed(pipeline, port)
        good = sum(good for those in found.values() for _, good in those)
        errors = sum(not good for those in found.values() for _, good in those)
        assert good <= count
        assert errors <= 8 * 3 * len(found)
        slack = errors * 40 + len(found) * (_AROUND_A_HOST + 512) + 64
        assert len(pipeline.route_configurations["shop/edge", port].body) <= size + slack
    oldest = sorted(routes, key=lambda one: (one.created, one.key))
    if pipeline.over_budget:
        first = next(n for n, one in enumerate(oldest) if any(key[2] == one.key for key in pipeline.over_budget))
        assert not served(*oldest[:first], budget=budget).over_budget
        assert served(*oldest[: first + 1], budget=budget).over_budget
    else:
        assert [parsed(pipeline, port) for port in (80, 81)] == [parsed(served(*routes), port) for port in (80, 81)]


@settings(max_examples=40)
@given(SUBJECTS, SUBJECTS, st.integers(1, 30))
def test_after_any_history_it_is_as_if_begun_with_what_is_there(
    before: list[tuple[int, tuple[str, ...], tuple[str, ...], int]],
    after: list[tuple[int, tuple[str, ...], tuple[str, ...], int]],
    count: int,
) -> None:
    """What was left out, and why, leaves no trace."""
    pipeline = served(*made(before), budget=entries(count))
    for key in [*pipeline.sources["httproutes"]]:
        pipeline.sources["httproutes"].delete(key)
    for one in made(after):
        pipeline.sources["httproutes"].set(one.key, one)

    fresh = served(*made(after), budget=entries(count))
    assert dict(fresh.route_configurations) == dict(pipeline.route_configurations)
    assert dict(fresh.attached_routes) == dict(pipeline.attached_routes)


def who(hosts: dict[str, Any], host: str, path: str) -> tuple[str, str] | None:
    """Whose route Envoy takes, and its path: in the most specific virtual host the first that matches.

    "" for a 500, and None for a 404.
    """
    name = next((name for name in (host, *wider(host), "*") if name in hosts), None)
    for one in hosts.get(name or "", ()):
        prefix = (one.match.path_separated_prefix or one.match.prefix).rstrip("/")
        if path == prefix or path.startswith(f"{prefix}/"):
            return "" if one.route is None else one.route.cluster.removesuffix(":80"), prefix or "/"
    return None


def by_host(pipeline: Pipeline, port: int) -> dict[str, Any]:
    """The routes of each virtual host."""
    body = RouteConfiguration().parse(pipeline.route_configurations["shop/edge", port].body)
    return {one.name: one.routes for one in body.virtual_hosts}


@settings(max_examples=40)
@given(SUBJECTS, st.integers(1, 25))
def test_nobody_wider_gets_the_requests_of_a_route_that_is_left_out(
    subjects: list[tuple[int, tuple[str, ...], tuple[str, ...], int]], count: int
) -> None:
    """They are answered 500, or by another route with that hostname and path; nobody else's request changes hands."""
    routes = {one.key: one for one in made(subjects)}
    pipeline, whole = served(*routes.values(), budget=entries(count)), served(*routes.values())

    hosts = {port: (by_host(pipeline, port), by_host(whole, port)) for port in (80, 81)}

    for port, host, path in itertools.product((80, 81), ("a.x.com", "z.x.com", "z.com", "other.org"), PATHS):
        now, would = (who(each, host, path) for each in hosts[port])
        if would is None:
            assert now is None or now[0] == ""
        elif (would[0], port) in left_out(pipeline):
            assert now is not None
            named = [set(routes[name].hostnames or ("",)) for name in (now[0], would[0]) if name]
            assert now[0] == "" or (now[1] == would[1] and named[0] & named[1])
        else:
            assert now is not None
            assert now[0] in (would[0], "")


@pytest.mark.parametrize(
    "text", ["port_entries=0", "port_bytes=-1", "gateway_entries=x", f"gateway_bytes={1 << 40}", "x=1"]
)
def test_a_budget_that_cannot_be_is_refused(text: str) -> None:
    """One line that says which number, and what to give."""
    name, value = text.split("=")
    with pytest.raises(SettingsError, match=f"route_budget.{name} is "):
        read_settings({"source": "kube", "translate": {"route_budget": {name: value}}})


def test_a_budget_is_read() -> None:
    """As the other settings of several numbers are."""
    settings = read_settings({"source": "kube", "translate": {"route_budget": {"port_entries": 7}}})

    assert settings.translate.route_budget == Budget(port_entries=7)
