"""The checks of an API server, from its own schemas: none is forgotten, and each costs the object at its field."""

import time
from collections.abc import Iterator
from typing import Any

import pytest

from xds_server.providers.decode import Decoder
from xds_server.providers.kinds import KINDS, REFERENCED
from xds_server.providers.schema.cel_rules import RULES
from xds_server.providers.schema.structural import Schema, checked, schemas

DECODERS = {kind.plural: Decoder(kind) for kind in (*KINDS, *REFERENCED)}
META = {"name": "a", "namespace": "shop"}


def nodes(schema: Schema, at: str) -> Iterator[tuple[str, Schema]]:
    yield at, schema
    for name, one in schema.get("properties", {}).items():
        yield from nodes(one, f"{at}.{name}")
    if "items" in schema:
        yield from nodes(schema["items"], f"{at}[0]")


EVERY = [(plural, at, node) for plural, schema in schemas().items() for at, node in nodes(schema, "")]


def test_every_kind_that_is_read_has_a_schema() -> None:
    """What is read of files is checked."""
    assert set(schemas()) == set(DECODERS)


def test_every_rule_of_the_schemas_is_known_and_no_other() -> None:
    """A rule that comes with newer CRDs fails here until somebody writes it."""
    assert {message for _, _, node in EVERY for message in node.get("rules", ())} == set(RULES)


WRONG: dict[str, Any] = {
    "type": {"object": 7, "array": "text", "string": 7, "integer": "text", "boolean": "text", "number": "text"},
    "enum": "Nonsense",
    "pattern": "\N{GRINNING FACE}",
    "minLength": "",
    "maxLength": "a" * 5000,
    "minimum": -5,
    "maximum": 1 << 30,
}
"""What breaks a word of a schema, whatever it says."""


def document(plural: str, at: str, value: object) -> dict[str, Any]:
    """An object that has *value* at a path such as `.spec.rules[0].name`, and nothing else."""
    made: dict[str, Any] = {"metadata": dict(META)}
    here: Any = made
    steps = at.replace("[0]", ".0").strip(".").split(".")
    for step, following in zip(steps, [*steps[1:], ""], strict=True):
        inner: Any = value if not following else [] if following == "0" else {}
        if step == "0":
            here.append(inner)
        else:
            here[step] = inner if not isinstance(here.get(step), dict) or not following else here[step]
            inner = here[step]
        here = inner
    return made


@pytest.mark.parametrize("word", WRONG)
def test_every_word_of_the_schemas_is_checked_where_it_stands(word: str) -> None:
    """A value that breaks it refuses the object at that very field."""
    tried = 0
    for plural, at, node in EVERY:
        if word not in node or at in ("", ".metadata"):
            continue
        wrong = WRONG["type"][node["type"]] if word == "type" else WRONG[word]
        if word in ("minimum", "maximum") and node.get("type") != "integer":
            continue
        found = [finding.field for finding in checked(plural, document(plural, at, wrong)).refused]
        assert at.lstrip(".") in found, (plural, at, word)
        tried += 1
    assert tried > 2


def test_every_required_field_is_missed() -> None:
    """By its own name."""
    for plural, at, node in EVERY:
        for name in node.get("required", ()):
            made = document(plural, at, {}) if at else {"metadata": META}
            assert f"{at}.{name}".strip(".") in [one.field for one in checked(plural, made).refused], (plural, at, name)


def test_every_limit_of_a_list_is_checked() -> None:
    """Too many, too few, and the same one twice."""
    for plural, at, node in EVERY:
        if node.get("type") != "array" or not at:
            continue
        if "maxItems" in node:
            long = document(plural, at, [{}] * (node["maxItems"] + 1))
            assert any("use at most" in one.message for one in checked(plural, long).refused), (plural, at)
        if "minItems" in node:
            assert any("give it at least" in one.message for one in checked(plural, document(plural, at, [])).refused)
        if "unique" in node:
            same = dict.fromkeys(node["unique"], "x") if node["unique"] else "x"
            twice = document(plural, at, [same, same])
            assert any("is used twice" in one.message for one in checked(plural, twice).refused), (plural, at)


PARENT = {"name": "edge"}
HTTP = {"name": "http", "port": 80, "protocol": "HTTP"}
REPLACED = {"path": {"type": "ReplacePrefixMatch", "replacePrefixMatch": "/x"}}
REWRITE = {"type": "URLRewrite", "urlRewrite": REPLACED}
REDIRECT = {"type": "RequestRedirect", "requestRedirect": REPLACED}
EXACT = [{"path": {"type": "Exact", "value": "/a"}}]
CORS = {"type": "CORS", "cors": {}}
MIRROR = {"backendRef": {"name": "a", "port": 1}}
BACKEND = {"name": "a", "port": 80}


def route(rule: dict[str, Any] | None = None, **spec: Any) -> tuple[str, dict[str, Any]]:
    return "httproutes", {"metadata": META, "spec": {**({"rules": [rule]} if rule is not None else {}), **spec}}


def gateway(*listeners: dict[str, Any], **spec: Any) -> tuple[str, dict[str, Any]]:
    return "gateways", {
        "metadata": META,
        "spec": {"gatewayClassName": "x", "listeners": list(listeners) or [HTTP], **spec},
    }


def path(value: str, kind: str = "PathPrefix") -> tuple[str, dict[str, Any]]:
    return route({"matches": [{"path": {"type": kind, "value": value}}]})


def mirror(**more: Any) -> tuple[str, dict[str, Any]]:
    return route({"filters": [{"type": "RequestMirror", "requestMirror": {**MIRROR, **more}}]})


def cors(**fields: Any) -> tuple[str, dict[str, Any]]:
    return route({"filters": [{"type": "CORS", "cors": fields}]})


BROKEN: list[tuple[str, dict[str, Any]]] = [
    gateway(addresses=[{"value": "10.0.0.1"}, {"value": "10.0.0.1"}]),
    gateway(addresses=[{"type": "Hostname", "value": "a.io"}, {"type": "Hostname", "value": "a.io"}]),
    gateway(addresses=[{"type": "Hostname", "value": "A_b"}]),
    gateway(addresses=[{"value": "a.io"}]),
    gateway(infrastructure={"annotations": {"-x-": ""}}),
    gateway(infrastructure={"annotations": {f"{'a' * 253}/x": ""}}),
    gateway(infrastructure={"labels": {"-x-": ""}}),
    gateway(infrastructure={"labels": {f"{'a' * 253}/x": ""}}),
    gateway({**HTTP, "tls": {"certificateRefs": [{"name": "c"}]}}),
    gateway({**HTTP, "protocol": "HTTPS", "tls": {"mode": "Passthrough"}}),
    gateway({**HTTP, "protocol": "TLS"}),
    gateway({**HTTP, "protocol": "TCP", "hostname": "a.io"}),
    gateway(HTTP, {**HTTP, "name": "other"}),
    gateway({**HTTP, "protocol": "HTTPS", "tls": {}}),
    route(parentRefs=[PARENT, {**PARENT, "sectionName": "a"}]),
    route(parentRefs=[PARENT, PARENT]),
    route(rules=[{"name": "a"}, {"name": "a"}]),
    route(rules=[{"matches": [{}] * 64}] * 3),
    route({"filters": [{"type": "RequestRedirect", "requestRedirect": {}}], "backendRefs": [BACKEND]}),
    route({"filters": [REDIRECT], "matches": EXACT}),
    route({"filters": [REWRITE], "matches": EXACT}),
    route({"backendRefs": [{**BACKEND, "filters": [REDIRECT]}], "matches": EXACT}),
    route({"backendRefs": [{**BACKEND, "filters": [REWRITE]}], "matches": EXACT}),
    route({"backendRefs": [{"name": "a"}]}),
    route({"filters": [REDIRECT, REWRITE]}),
    *(
        route({"filters": [one, one]})
        for one in (
            CORS,
            REDIRECT,
            REWRITE,
            {"type": "RequestHeaderModifier", "requestHeaderModifier": {}},
            {"type": "ResponseHeaderModifier", "responseHeaderModifier": {}},
        )
    ),
    route({"filters": [{**CORS, "urlRewrite": {}}]}),
    route({"filters": [{"type": "CORS"}]}),
    cors(allowHeaders=["*", "a"]),
    cors(allowMethods=["*", "GET"]),
    cors(allowOrigins=["*", "http://a.io"]),
    mirror(percent=1, fraction={"numerator": 1}),
    mirror(fraction={"numerator": 101}),
    route({"filters": [{"type": "URLRewrite", "urlRewrite": {"path": {"type": "ReplaceFullPath"}}}]}),
    route(
        {
            "filters": [
                {"type": "URLRewrite", "urlRewrite": {"path": {"type": "ReplaceFullPath", "replacePrefixMatch": "/"}}}
            ]
        }
    ),
    *(path(value) for value in ("a", "", "/a//b", "/./a", "/a/../b", "/%2fa", "/%2Fa", "/a#b", "/a/..", "/a/.")),
    *(path(value, "Exact") for value in ("/search?q=1", "/a b", "/\u00e9", "/%zz", "/a\n")),
    route({"timeouts": {"request": "1s", "backendRequest": "1001ms"}}),
]
"""Objects that an API server refuses by a rule, or by a word of the schema."""

GOOD: list[tuple[str, dict[str, Any]]] = [
    gateway(),
    gateway(addresses=[{"value": "10.0.0.1"}, {"value": "fd00::1"}, {"type": "Hostname", "value": "a.io"}, {}]),
    gateway(HTTP, {**HTTP, "name": "b", "hostname": "a.io"}, {**HTTP, "name": "c", "port": 81}),
    gateway({**HTTP, "protocol": "HTTPS", "tls": {"certificateRefs": [{"name": "c"}]}}),
    gateway({**HTTP, "protocol": "TLS", "tls": {"mode": "Passthrough"}}),
    gateway(infrastructure={"labels": {"a.io/b": "c"}}, allowedListeners={"namespaces": {"from": "All"}}),
    route(),
    route(parentRefs=[{**PARENT, "sectionName": "a"}, {**PARENT, "sectionName": "b"}, {"name": "other"}]),
    route(rules=[{"matches": [{}] * 64}] * 2),
    route({"filters": [REDIRECT]}),
    route({"filters": [REWRITE], "backendRefs": [BACKEND]}),
    route({"backendRefs": [{"name": "a", "group": "x.io", "kind": "Bucket"}]}),
    route({"matches": None, "backendRefs": None, "timeouts": {"request": "0s", "backendRequest": "1h"}}),
    route({"retry": {"codes": [500], "attempts": 2, "backoff": "100ms"}}),
    route({"sessionPersistence": {"sessionName": "a"}}),
    route({"filters": [{"type": "ExternalAuth", "externalAuth": {}}]}),
    path("/a(b[", "RegularExpression"),
    path("/-A9._~!$&'()*+,;=:@%20/"),
    cors(allowOrigins=["*"], allowMethods=["GET", "PUT"]),
    mirror(percent=50),
    mirror(fraction={"numerator": 1}),
]
"""Objects that an API server takes."""


@pytest.mark.parametrize(("plural", "made"), BROKEN)
def test_what_an_api_server_refuses_is_refused(plural: str, made: dict[str, Any]) -> None:
    """The finding names a field of the specification, and what to do."""
    decoded = DECODERS[plural].loaded(made)

    assert decoded.value is None
    assert decoded.findings[0].field.startswith("spec.")
    assert ": " in decoded.findings[0].message


@pytest.mark.parametrize(("plural", "made"), GOOD)
def test_what_an_api_server_takes_is_taken(plural: str, made: dict[str, Any]) -> None:
    """And nothing of it is unknown."""
    assert checked(plural, made) == ((), ())
    assert DECODERS[plural].loaded(made).value is not None


def test_every_rule_is_broken_by_an_object_of_the_table() -> None:
    """So that each is seen to fail where it should; but for one that says what the enumeration does."""
    said = {one.message for plural, made in BROKEN for one in checked(plural, made).refused}
    silent = {
        message
        for message, rule in RULES.items()
        if not any((rule.message or message) in one for one in said)
        and not message.startswith("filter.")  # one row for all types: they are made by one function
    }

    assert silent == {
        "type must be one of ['Exact', 'PathPrefix', 'RegularExpression']",
        "Listener name must be unique within the Gateway",  # the list's own key says so first
        "Port for TLS configuration must be unique within the Gateway",
        "replacePrefixMatch must be specified when type is set to 'ReplacePrefixMatch'",
        "type must be 'ReplaceFullPath' when replaceFullPath is set",
    }


@pytest.mark.parametrize(
    ("spec", "field", "hint"),
    [
        ({"rules": [{"backendRef": [{"name": "a"}]}]}, "spec.rules[0].backendRef", "did you mean 'backendRefs'?"),
        ({"parentRef": [PARENT]}, "spec.parentRef", "did you mean 'parentRefs'?"),
        ({"hostName": ["a.io"]}, "spec.hostName", "did you mean 'hostnames'?"),
        ({"rules": [{"matches": [{"paths": {}}]}]}, "spec.rules[0].matches[0].paths", "did you mean 'path'?"),
        ({"zzz": 1}, "spec.zzz", "remove it"),
    ],
)
def test_an_unknown_field_is_named_with_the_nearest(spec: dict[str, Any], field: str, hint: str) -> None:
    """It is ignored, as by an API server, and the object is used."""
    decoded = DECODERS["httproutes"].loaded({"metadata": META, "spec": spec})

    assert decoded.value is not None
    assert [one.field for one in decoded.findings] == [field]
    assert decoded.findings[0].message == f"is not known, and is ignored: {hint}"


@pytest.mark.parametrize(
    ("plural", "made", "field"),
    [
        ("services", {"metadata": {**META, "lables": {}}, "spec": {}}, "metadata.lables"),
        ("services", {"metadata": META, "specs": {}, "spec": {}}, "specs"),
        ("services", {"metadata": META, "spec": {"ports": [{"port": 1, "target": 2}]}}, "spec.ports[0].target"),
        ("endpointslices", {"metadata": META, "addressType": "IPv4", "endpoint": []}, "endpoint"),
    ],
)
def test_unknown_fields_of_built_in_kinds_are_named_too(plural: str, made: dict[str, Any], field: str) -> None:
    """At every depth, and in the metadata."""
    decoded = DECODERS[plural].loaded(made)

    assert decoded.value is not None
    assert [one.field for one in decoded.findings] == [field]


@pytest.mark.parametrize("made", [None, [], "text", 7, {}, {"spec": None}, {"metadata": None}, {1: 2}])
@pytest.mark.parametrize("plural", sorted(DECODERS))
def test_whatever_a_document_is_a_finding_says_so(plural: str, made: object) -> None:
    """And nothing is raised."""
    decoded = DECODERS[plural].loaded(made)

    assert decoded.value is None
    assert decoded.findings


def test_what_is_hostile_costs_no_more_than_its_size() -> None:
    """Depth where the schema ends, names and texts without end, and lists of things that differ in nothing."""
    deep: Any = {}
    for _ in range(5000):
        deep = {"a": [deep]}
    hostile: list[tuple[str, dict[str, Any]]] = [
        ("services", {"metadata": META, "spec": {"unknown": deep}}),
        route(parentRefs=deep),
        route(hostnames=["a." * 500_000]),
        route(hostnames=["a" * 1_000_000 + "!"]),
        route(**{"x" * 1_000_000: 1}),
        ("endpointslices", {"metadata": META, "addressType": "IPv4", "endpoints": [{"addresses": ["1"] * 200_000}]}),
    ]
    began = time.process_time()

    for plural, made in hostile:
        assert DECODERS[plural].loaded(made).findings

    assert time.process_time() - began < 3
