"""The order of routes at a domain."""

from hypothesis import given
from hypothesis import strategies as st

from tests.unit.xds_server.builders import route, rule
from xds_server.model.objects import HTTPRoute, Match
from xds_server.model.routing import Attachment
from xds_server.translate.backends import resolved
from xds_server.translate.precedence import entries


def at(host: str, subject: HTTPRoute) -> Attachment:
    return Attachment(domain=("shop/edge", 80, "", host), route=resolved(subject, lambda _: None))


ORDERED = [
    at("a.com", route(rule(Match(path="/x", path_type="Exact")), key="z/z", created="9")),
    at("a.com", route(rule(Match(path="/longer")), key="z/z", created="9")),
    at("a.com", route(rule(Match(path="/x/", method="GET")), key="z/z", created="9")),
    at("a.com", route(rule(Match(path="/x", headers=(("a", "1"), ("b", "2")))), key="z/z", created="9")),
    at("a.com", route(rule(Match(path="/x", headers=(("a", "1"),))), key="z/z", created="9")),
    at("a.com", route(rule(Match(path="/x", headers=(("a", "2"),))), key="z/z", created="91")),
    at("a.com", route(rule(Match(path="/x")), key="a/b", created="1")),
    at("a.com", route(rule(Match(path="/x"), Match(path="/")), key="a/c", created="1")),
    at("*.com", route(rule(Match(path="/x", path_type="Exact")), key="a/a", created="0")),
    at("", route(rule(Match(path="/x", path_type="Exact")), key="a/a", created="0")),
]
EXPECTED = [match for one in ORDERED[:-3] for match in one.route.rules[0].matches] + [
    Match(path="/x"),
    Match(path="/"),
    Match(path="/x", path_type="Exact"),
    Match(path="/x", path_type="Exact"),
]


@given(st.permutations(ORDERED))
def test_precedence_is_the_gateway_apis_whatever_the_order_of_arrival(attachments: list[Attachment]) -> None:
    """Hostname, exact path, prefix length, method, headers, age, name, place in the route."""
    assert [entry.match for entry in entries(attachments)] == EXPECTED


def test_matches_of_one_rule_keep_its_targets() -> None:
    """Each alternative of a rule leads where the rule leads."""
    made = entries([at("", route(rule(Match(path="/a"), Match(path="/b"))))])

    assert [(e.match.path, e.targets[0].cluster) for e in made] == [("/a", "shop/cart:80"), ("/b", "shop/cart:80")]
