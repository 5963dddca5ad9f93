"""HTTPRoute: what the API would fill in, what it would refuse, and what we do not serve yet."""

from typing import Any

import msgspec
import pytest

from xds_server.model.objects import BackendRef, HTTPRoute, Match, ParentRef, Rule
from xds_server.providers.decode import Decoded, Decoder
from xds_server.providers.kinds import KINDS

DECODER = Decoder(next(kind for kind in KINDS if kind.plural == "httproutes"))


def decode(spec: dict[str, Any]) -> Decoded:
    return DECODER.loaded({"metadata": {"name": "cart", "namespace": "shop"}, "spec": spec})


def route(spec: dict[str, Any]) -> HTTPRoute:
    value = decode(spec).value
    assert isinstance(value, HTTPRoute)
    return value


def test_defaults_are_those_of_the_api() -> None:
    """What a manifest leaves out becomes what an API server would have filled in."""
    value = route({"parentRefs": [{"name": "web"}], "rules": [{"backendRefs": [{"name": "a", "port": 80}]}]})

    assert value == HTTPRoute(
        key="shop/cart",
        created="",
        parents=(ParentRef(gateway="shop/web"),),
        hostnames=(),
        rules=(
            Rule(
                matches=(Match(path_type="PathPrefix", path="/"),),
                backends=(BackendRef(service="shop/a", port=80, weight=1, kind="Service"),),
            ),
        ),
    )


def stored(spec: dict[str, Any]) -> HTTPRoute:
    """As an API server has it, which may be older than its checks."""
    document = {"metadata": {"name": "cart", "namespace": "shop"}, "spec": spec}
    value = DECODER.json(msgspec.json.encode(document)).value
    assert isinstance(value, HTTPRoute)
    return value


@pytest.mark.parametrize(
    ("match", "expected"),
    [
        ({}, Match()),
        ({"path": {}}, Match()),
        ({"path": {"value": "/a"}}, Match(path="/a")),
        ({"path": {"type": "Exact", "value": "/a"}}, Match(path_type="Exact", path="/a")),
        ({"path": {"type": "Exact"}}, Match(path_type="Exact", path="/")),
        ({"path": {"value": "/%61%2D%7e%C3%a9%20"}}, Match(path="/a-~%C3%a9%20")),
        ({"method": "GET"}, Match(method="GET")),
        ({"headers": [{"name": "X-A", "value": "1"}]}, Match(headers=(("x-a", "1"),))),
        (
            {"headers": [{"name": "X-A", "value": "1"}, {"name": "b", "value": "2"}, {"name": "x-a", "value": "3"}]},
            Match(headers=(("x-a", "1"), ("b", "2"))),
        ),
        ({"headers": [], "queryParams": [], "path": None}, Match()),
    ],
)
def test_a_match_is_flattened(match: dict[str, Any], expected: Match) -> None:
    """Header names are in lower case, and of equal ones the first counts; paths are without needless escapes."""
    assert route({"rules": [{"matches": [match]}]}).rules[0].matches == (expected,)


def test_absent_rules_are_one_that_matches_everything() -> None:
    """Without `rules` there is one rule, without backends; with an empty list, which a file may not have, there is none."""
    assert route({}).rules == (Rule(matches=(Match(),), backends=()),)
    assert stored({"rules": []}).rules == ()


def test_only_gateways_are_parents() -> None:
    """A parentRef of another kind or group is not ours, and is passed over."""
    refs = [
        {"name": "web", "namespace": "infra", "sectionName": "http", "port": 8080},
        {"name": "mesh", "kind": "Service", "group": ""},
        {"name": "web", "group": "other.example"},
    ]

    assert route({"parentRefs": refs}).parents == (ParentRef(gateway="infra/web", section_name="http", port=8080),)


def test_a_backend_of_another_kind_says_which() -> None:
    """A backendRef that is no Service keeps its group and kind: the rule answers 500 for its share."""
    refs = [{"name": "b", "kind": "Backend", "group": "x.example"}, {"name": "c", "namespace": "far", "port": 1}]

    backends = route({"rules": [{"backendRefs": refs}]}).rules[0].backends

    assert backends == (
        BackendRef(service="shop/b", port=0, kind="x.example/Backend"),
        BackendRef(service="far/c", port=1),
    )


MODIFIER = {"type": "RequestHeaderModifier", "requestHeaderModifier": {"set": [{"name": "a", "value": "b"}]}}
LOGIN = {"type": "ExtensionRef", "extensionRef": {"group": "example.net", "kind": "RequireLogin", "name": "x"}}


@pytest.mark.parametrize(
    ("rule", "field", "match"),
    [
        ({"filters": [LOGIN], "matches": [{"path": {"value": "/admin"}}]}, "filters", Match(path="/admin")),
        ({"filters": [{"type": "RequestRedirect", "requestRedirect": {}}]}, "filters", Match()),
        ({"filters": [{"type": "Unheard"}]}, "filters", Match()),
        ({"backendRefs": [{"name": "a", "port": 1, "filters": [MODIFIER]}]}, "backendRefs[0].filters", Match()),
        (
            {"matches": [{"path": {"type": "RegularExpression", "value": "/v1/.*"}}]},
            "matches[0].path.type",
            Match(path_type="RegularExpression", path="/v1/.*"),
        ),
        (
            {"matches": [{"path": {"type": "RegularExpression", "value": "/v1/(?i)a"}}]},
            "matches[0].path.type",
            Match(path_type="StringPrefix", path="/v1/"),
        ),
        (
            {"matches": [{"headers": [{"name": "A", "value": ".*", "type": "RegularExpression"}]}]},
            "matches[0].headers[0].type",
            Match(headers=(("a", None),)),
        ),
        (
            {"matches": [{"queryParams": [{"name": "A", "value": "b"}]}]},
            "matches[0].queryParams",
            Match(query=(("A", "b"),)),
        ),
    ],
)
def test_a_rule_that_asks_for_too_much_answers_an_error(rule: dict[str, Any], field: str, match: Match) -> None:
    """It keeps its matches, or wider ones, so that no other rule gets its requests; and it is named."""
    spec = {"rules": [{"matches": [{"path": {"value": "/kept"}}]}, rule]}

    value = stored(spec)

    assert [bool(one.dropped) for one in value.rules] == [False, True]
    assert value.rules[1].matches == (match,)
    assert f"spec.rules[1].{field}: " in value.rules[1].dropped
    findings = DECODER.json(msgspec.json.encode({"metadata": {"name": "cart"}, "spec": spec})).findings
    assert f"spec.rules[1].{field}" in [finding.field for finding in findings]
    assert all("answers 500" in finding.message for finding in findings)


NO_PATHS = ["/search?q=1", "/a#b", "a", "", "/a b", "/\u00e9", "/a//b", "/a/..", "/a/./b", "/%2fa", "/%zz"]


@pytest.mark.parametrize("kind", ["Exact", "PathPrefix"])
@pytest.mark.parametrize("value", NO_PATHS)
def test_what_is_no_path_matches_nothing_and_costs_its_rule(kind: str, value: str) -> None:
    """From a file it is refused; an older API server may have stored it. The other matches of the rule answer an error."""
    spec = {"rules": [{"matches": [{"path": {"type": kind, "value": value}}, {"path": {"value": "/b"}}]}, {}]}

    rules = stored(spec).rules

    assert [(bool(rule.dropped), rule.matches) for rule in rules] == [(True, (Match(path="/b"),)), (False, (Match(),))]
    assert decode(spec).value is None


@pytest.mark.parametrize("hostname", ["10.0.0.1", f"{'a' * 64}.example"])
def test_a_hostname_that_is_none_costs_itself(hostname: str) -> None:
    """The CRD admits it; the others are served, and if there are none, the route is not one for all hosts."""
    for hostnames, good in ((["k.io", hostname], ("k.io",)), ([hostname], ())):
        value = route({"hostnames": hostnames})

        assert value.hostnames == good
        assert len(value.dropped_hostnames) == 1
        assert repr(hostname) in value.dropped_hostnames[0]


def test_a_timeout_is_ignored_and_named() -> None:
    """What does not change where a request goes does not cost the rule, but is not passed over in silence."""
    decoded = decode({"rules": [{"timeouts": {"request": "1s"}}]})

    assert isinstance(decoded.value, HTTPRoute)
    assert len(decoded.value.rules) == 1
    assert [finding.field for finding in decoded.findings] == ["spec.rules[0].timeouts"]


@pytest.mark.parametrize(
    ("spec", "field"),
    [
        ({"hostnames": ["-a.example"]}, "spec.hostnames[0]"),
        ({"hostnames": ["a.example", "Shop.Example"]}, "spec.hostnames[1]"),
        ({"hostnames": ["a.*.example"]}, "spec.hostnames[0]"),
        ({"hostnames": [7]}, "spec.hostnames[0]"),
        ({"parentRefs": [{"name": ""}]}, "spec.parentRefs[0].name"),
        ({"parentRefs": [{"name": "web", "port": 0}]}, "spec.parentRefs[0].port"),
        ({"parentRefs": [{}]}, "spec.parentRefs[0].name"),
        ({"rules": {}}, "spec.rules"),
        ({"rules": [{"matches": [{"path": {"value": "a"}}]}]}, "spec.rules[0].matches[0].path.value"),
        ({"rules": [{"matches": [{"path": {"value": "/a//b"}}]}]}, "spec.rules[0].matches[0].path.value"),
        ({"rules": [{"matches": [{"path": {"value": "/a/.."}}]}]}, "spec.rules[0].matches[0].path.value"),
        ({"rules": [{"matches": [{"path": {"type": "Glob"}}]}]}, "spec.rules[0].matches[0].path.type"),
        ({"rules": [{"matches": [{"method": "get"}]}]}, "spec.rules[0].matches[0].method"),
        (
            {"rules": [{"matches": [{"headers": [{"name": "a b", "value": "1"}]}]}]},
            "spec.rules[0].matches[0].headers[0].name",
        ),
        (
            {"rules": [{"matches": [{"headers": [{"name": "a", "value": ""}]}]}]},
            "spec.rules[0].matches[0].headers[0].value",
        ),
        ({"rules": [{"backendRefs": [{"name": "a"}]}]}, "spec.rules[0].backendRefs[0].port"),
        ({"rules": [{"backendRefs": [{"name": "a", "port": 70000}]}]}, "spec.rules[0].backendRefs[0].port"),
        (
            {"rules": [{"backendRefs": [{"name": "a", "port": 1, "weight": -1}]}]},
            "spec.rules[0].backendRefs[0].weight",
        ),
    ],
)
def test_an_invalid_route_is_refused_at_its_field(spec: dict[str, Any], field: str) -> None:
    """What an API server would refuse has no value, and the finding names the field."""
    decoded = decode(spec)

    assert decoded.value is None
    assert [finding.field for finding in decoded.findings] == [field]
    assert ":" in decoded.findings[0].message


def test_hostnames_are_in_lower_case() -> None:
    """Hostnames are compared as DNS does, without case; an API server knows lower case only."""
    assert stored({"hostnames": ["Shop.Example", "*.shop.example"]}).hostnames == ("shop.example", "*.shop.example")
