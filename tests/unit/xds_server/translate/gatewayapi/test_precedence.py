"""The order of routes at a domain."""

import random

from hypothesis import given
from hypothesis import strategies as st

from tests.support.builders import route, rule
from xds_server.model.objects import HTTPRoute, Match, Rule
from xds_server.model.routing import Entry, ResolvedRoute
from xds_server.translate.gatewayapi.backends import resolved
from xds_server.translate.gatewayapi.precedence import errors, ranked


def made(*rules: Rule, **more: str) -> ResolvedRoute:
    return resolved(route(*rules, **more), lambda _: None)  # type: ignore[arg-type]


def tried(*routes: ResolvedRoute, refused: tuple[ResolvedRoute, ...] = ()) -> list[Entry]:
    """The entries of some routes with one hostname, in the order in which they are tried."""
    rows = [row for one in routes for row in ranked(one)] + errors(refused)
    random.Random(4).shuffle(rows)
    return [entry for _, entry in sorted(rows, key=lambda row: row[0])]


ORDERED = [
    made(rule(Match(path="/x", path_type="Exact")), key="z/z", created="9"),
    made(rule(Match(path="/longer")), key="z/z", created="9"),
    made(rule(Match(path="/x/", method="GET")), key="z/z", created="9"),
    made(rule(Match(path="/x", headers=(("a", "1"), ("b", "2")))), key="z/z", created="9"),
    made(rule(Match(path="/x", headers=(("a", "1"),))), key="z/z", created="9"),
    made(rule(Match(path="/x", headers=(("a", "2"),))), key="z/z", created="91"),
    made(rule(Match(path="/x")), key="a/b", created="1"),
    made(rule(Match(path="/x"), Match(path="/")), key="a/c", created="1"),
]
EXPECTED = [match for one in ORDERED for match in one.rules[0].matches]


@given(st.permutations(ORDERED))
def test_precedence_is_the_gateway_apis_whatever_the_order_of_arrival(routes: list[ResolvedRoute]) -> None:
    """Exact path, prefix length, method, headers, age, name, place in the route."""
    assert [entry.match for entry in tried(*routes)] == EXPECTED


def test_matches_of_one_rule_keep_its_targets() -> None:
    """Each alternative of a rule leads where the rule leads."""
    found = tried(made(rule(Match(path="/a"), Match(path="/b"))))

    assert [(e.match.path, e.targets[0].cluster) for e in found] == [("/a", "shop/cart:80"), ("/b", "shop/cart:80")]


def test_what_is_left_out_answers_an_error_and_not_by_a_wider_route() -> None:
    """Its paths answer 500, whatever the headers; older routes of the same paths, and longer ones, go on."""
    older = made(rule(Match(path="/")), rule(Match(path="/a")), rule(Match(path="/a/b/c")), key="a/a", created="1")
    newest = made(
        rule(Match(path="/admin", headers=(("a", "1"),)), Match(path="/a", method="GET")), key="a/b", created="2"
    )

    found = [(entry.match.path, bool(entry.targets)) for entry in tried(older, refused=(newest,))]

    assert found == [("/a/b/c", True), ("/admin", False), ("/a", True), ("/a", False), ("/", True)]


PATHS = st.text("ab/", max_size=90).map(lambda text: f"/{text}".replace("//", "/"))
MATCHES = st.builds(Match, path=PATHS, path_type=st.sampled_from(["Exact", "PathPrefix"]))


def matches(match: Match, path: str) -> bool:
    """Whether a path is matched; by the Gateway API's words, not ours."""
    if match.path_type == "Exact":
        return path == match.path
    prefix = match.path.rstrip("/")
    return path == prefix or path.startswith(f"{prefix}/")


@given(st.lists(MATCHES, min_size=1, max_size=40), PATHS)
def test_errors_are_few_and_short_and_leave_nothing_out(those: list[Match], path: str) -> None:
    """Whatever a route that is left out would match is matched, by eight entries at most."""
    subject: HTTPRoute = route(rule(*those))
    found = [entry for _, entry in errors([resolved(subject, lambda _: None)])]

    assert len(found) <= 8
    assert max(len(entry.match.path) for entry in found) <= 64
    assert all(entry.targets == () for entry in found)
    for at in (path, *(match.path for match in those)):
        if any(matches(match, at) for match in those):
            assert any(matches(entry.match, at) for entry in found)


def test_a_regular_expression_comes_after_exact_paths_and_before_prefixes() -> None:
    """It answers an error only, so what is wider does not go before it; nor before the beginning of one of equal length."""
    paths = [
        Match(path="/v1/secret"),
        Match(path_type="StringPrefix", path="/v1/"),
        Match(path="/v1"),
        Match(path_type="RegularExpression", path="/v."),
        Match(path_type="Exact", path="/v1"),
    ]

    found = [(entry.match.path_type, entry.match.path) for entry in tried(made(rule(*paths)))]

    assert found == [
        ("Exact", "/v1"),
        ("RegularExpression", "/v."),
        ("PathPrefix", "/v1/secret"),
        ("StringPrefix", "/v1/"),
        ("PathPrefix", "/v1"),
    ]


def test_regular_expressions_that_are_left_out_cost_no_narrower_path() -> None:
    """Where there are too many, what they begin with is not known, so all paths answer an error."""
    those = [Match(path_type="RegularExpression", path=f"/{n}.*") for n in range(9)]

    few = [entry.match for _, entry in errors([resolved(route(rule(*those[:8])), lambda _: None)])]
    many = [entry.match for _, entry in errors([resolved(route(rule(*those)), lambda _: None)])]

    assert few == those[:8]
    assert many == [Match(path="/")]
