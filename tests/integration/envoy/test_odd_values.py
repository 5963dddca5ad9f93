"""Odd values against a real Envoy: it rejects nothing that leaves the door, whoever stored the object.

First what the CRDs admit, then what an API server that is older or laxer may have stored. A rule that is not served
answers an error, and what it was to have goes to no wider one.
"""

import asyncio
import random
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from krt import Graph
from tests.support.envoy_world import ROLE, World, proxied, world
from tests.support.processes import free_port
from tests.support.web import Backend, ask
from tests.unit.xds_server.providers.schema.test_regexes import CERTAIN
from xds_server.model.resource import CLUSTER, ENDPOINT, LISTENER, ROUTE, Resource, TypeUrl
from xds_server.providers.decode import Decoder
from xds_server.providers.kinds import KINDS
from xds_server.providers.schema.regexes import certain
from xds_server.providers.schema.structural import checked
from xds_server.translate.pipeline import build_pipeline

pytestmark = pytest.mark.envoy
each_variant = pytest.mark.parametrize("variant", ["sotw, aggregated", "delta, aggregated"])

DECODERS = {kind.plural: Decoder(kind) for kind in KINDS}
NAMESPACE = ROLE.partition("/")[0]
TO_BLUE = [{"name": "blue", "port": 80}]
LABEL = "a" * 63
LONG_HOST = ".".join([LABEL] * 3 + ["a" * 61])


ATOMS = [
    "a",
    "/",
    ".",
    "[a-z]",
    "[^/]",
    r"\.",
    r"\d",
    r"\W",
    r"\S",
    "[a-z0-9_.]",
    r"[^\]a-c]",
    "(",
    ")",
    "(?:",
    "|",
    " ",
]
QUANTIFIERS = ["", "", "", "*", "+", "?", "{2}", "{1,3}", "{2,}", "*?", "{7}"]


def expressions(number: int) -> set[str]:
    """Regular expressions of which a proxy takes each for certain: others every time, of any size that is let through."""
    found: set[str] = set()
    while len(found) < number:
        parts = range(random.randint(1, 16))
        pattern = "".join(random.choice(ATOMS) + random.choice(QUANTIFIERS) for _ in parts)
        if certain(pattern):
            found.add(pattern)
    return found


def path(value: str, kind: str = "PathPrefix") -> dict[str, Any]:
    return {"matches": [{"path": {"type": kind, "value": value}}], "backendRefs": TO_BLUE}


def header(name: str, value: str, kind: str = "Exact") -> dict[str, Any]:
    match = {"path": {"value": "/h"}, "headers": [{"name": name, "value": value, "type": kind}]}
    return {"matches": [match], "backendRefs": TO_BLUE}


def parameter(name: str, value: str, kind: str = "Exact") -> dict[str, Any]:
    match = {"path": {"value": "/q"}, "queryParams": [{"name": name, "value": value, "type": kind}]}
    return {"matches": [match], "backendRefs": TO_BLUE}


def to(*backends: dict[str, Any]) -> dict[str, Any]:
    return {"matches": [{"path": {"value": "/b"}}], "backendRefs": list(backends)}


IN_A_PATH = "-._~!$&'()*+,;=:@"
ADMITTED: list[dict[str, Any]] = [
    *(path(f"/x{char}") for char in IN_A_PATH),
    *(path(f"/{char}x", "Exact") for char in IN_A_PATH),
    path("/"),
    path("/", "Exact"),
    path("/a/"),
    path("/a/", "Exact"),
    path("/%20%00%0d%0a%ff%3F%23"),
    path("/%3f", "Exact"),
    path("/..."),
    path("/.a/..b"),
    path(f"/{'a' * 1023}"),
    path(f"/{'a' * 1023}", "Exact"),
    path("/" + "a/" * 511),
    *(path(value, "RegularExpression") for value in ("", "(", "[", "a**", "(?<x>a)", "\\1", "/a(?!b)", "/\u00e9.*", "a\nb", "/x|/y")),
    path(".*" * 400, "RegularExpression"),
    *(path(value, "RegularExpression") for value in CERTAIN),
    *(header(f"a{char}", "x") for char in "!#$%&'*+-.^_`|~"),
    header("a" * 256, "x"),
    header("Host", "x"),
    header("Content-Length", "-1"),
    header("X-Case", "MiXeD"),
    *(header("x", value) for value in ("a" * 4096, "\u00e9\u4e2d\U0001f600", "\x00", "a\r\nb", "\x7f", " ", '"', "%", "\u2028", "\x85")),
    *(header("x", value, "RegularExpression") for value in ("(", ".*", "a**", "\x00")),
    *(parameter("q", value) for value in ("a" * 1024, "\u00e9", "\x00", "a&b=c", "%zz", " ", "\n")),
    parameter("a" * 256, "x"),
    parameter("a%|~", "("),
    parameter("q", "(", "RegularExpression"),
    *({"matches": [{"method": method}], "backendRefs": TO_BLUE} for method in ("CONNECT", "TRACE", "OPTIONS", "HEAD", "PATCH")),
    {"matches": [{"headers": [{"name": f"h{i}", "value": "x"} for i in range(16)]}], "backendRefs": TO_BLUE},
    {"matches": [{"headers": [{"name": name, "value": name} for name in ("x", "X")]}], "backendRefs": TO_BLUE},
    {"matches": [{"path": {"value": f"/m{i}"}} for i in range(64)], "backendRefs": TO_BLUE},
    {"matches": [{}, {}], "backendRefs": TO_BLUE},
    {"name": "a" * 63},
    {"backendRefs": []},
    to({**TO_BLUE[0], "weight": 0}),
    to({**TO_BLUE[0], "weight": 1_000_000}),
    to(*[{**TO_BLUE[0], "weight": 1_000_000}] * 16),
    to({**TO_BLUE[0], "weight": 0}, {"name": "gone", "port": 1, "weight": 0}),
    to(*TO_BLUE, {"name": "gone", "port": 65535}),
    to(*TO_BLUE, {"name": "A b/c:d|\u00e9\x00", "port": 1}),
    to(*TO_BLUE, {"name": "a" * 253, "namespace": "b" * 63, "port": 1}),
    to(*TO_BLUE, {"name": "x", "kind": "Bucket", "group": "x.io"}),
    to(*TO_BLUE, {"name": "x", "kind": "Bucket", "group": "x.io", "port": 7}),
    to({"name": "alias", "port": 80}),
    to({"name": "wss", "port": 80}),
    {"filters": [{"type": "ExtensionRef", "extensionRef": {"group": "x.io", "kind": "Y", "name": "z"}}], "backendRefs": TO_BLUE},
    {"filters": [{"type": "URLRewrite", "urlRewrite": {"hostname": "a.io"}}], "backendRefs": TO_BLUE},
    {"filters": [{"type": "CORS", "cors": {"allowOrigins": ["*"]}}], "backendRefs": TO_BLUE},
    {"timeouts": {"request": "99999h99999h"}, "backendRefs": TO_BLUE},
]  # fmt: skip
"""Rules that the CRD of the standard channel admits."""

STORED: list[dict[str, Any]] = [
    *(path(value, kind) for value in ("/search?q=1", "/a#b", "", "a", "?", "#", "//", "/a//b", "/../x", "/a b", "/\u00e9", "/\x00", "/a\n", "/%zz") for kind in ("Exact", "PathPrefix")),
    path("/x", "Glob"),
    path("/" + "a" * 100_000),
    *(header(name, "x") for name in ("", " ", ":path", ":method", "a b", "a\r\nb", "\u00e9", "a:b")),
    header("x", ""),
    header("x", "y", "Prefix"),
    parameter("", "x"),
    parameter("q", ""),
    {"matches": [{"method": "FOO BAR"}], "backendRefs": TO_BLUE},
    {"matches": [{"method": ""}], "backendRefs": TO_BLUE},
    to({**TO_BLUE[0], "weight": -1}),
    to(*[{**TO_BLUE[0], "weight": (1 << 32) - 1}] * 2),
    to({"name": "blue", "port": 70_000}),
    to({"name": "blue", "port": 0}, *TO_BLUE),
    to({"name": "blue"}, *TO_BLUE),
    to({"name": ""}, *TO_BLUE),
]  # fmt: skip
"""Rules that no API server of today takes, and an older one may have stored."""

HOSTNAMES = [
    ["odd.io"], ["*.odd.io"], ["*.io"], ["a"], ["1"], ["1.2.3"], ["0x7f000001"], ["xn--e1afmkfd.io"], [LONG_HOST], [f"*.{LABEL}.io"],
    [f"{LABEL}.io"], [f"{LABEL}a.io"], ["10.0.0.1"], ["1.2.3.4", "four.io"], ["a--b.io", "a--b.io"], [f"h{i}.io" for i in range(16)],
    ["Upper.IO"], ["upper.io"], ["a_b.io"], [""], ["*"], ["*."], ["a.*.io"], ["*a.io"], ["a.io:80"], ["::1"], ["\u00e9.io"], ["a\n.io"], ["odd.io."],
]  # fmt: skip
"""Admitted or not; some of them twice, in different routes."""

ADDRESSES = {
    "IPv4": ["127.0.0.1", "0.0.0.0", "255.255.255.255", "224.0.0.1", "010.000.000.005", "1.2.3", "::1", "a.io", "", " 1.2.3.4", "1.2.3.4/8"],
    "IPv6": ["::1", "::", "fe80::1", "fe80::1%eth0", "::ffff:1.2.3.4", "::ffff:01.2.3.4", "2001:DB8::A", "ff02::1", "1::2::3", "1.2.3.4", "[::1]"],
    "FQDN": ["a.io", "not an address"],
    "IPX": ["1"],
}  # fmt: skip
NUMBERS = [0, 1, 65535, 65536, -1, 1 << 31, 1 << 33]


def objects(backend: Backend, port: int, rules: Iterable[dict[str, Any]]) -> dict[str, list[dict[str, Any]]]:
    """Everything odd, each rule in a route of its own, and a route that is not odd: `good.io`."""

    def meta(name: str) -> dict[str, Any]:
        return {"name": name, "namespace": NAMESPACE}

    def service(name: str, *ports: dict[str, Any], **spec: Any) -> dict[str, Any]:
        return {"metadata": meta(name), "spec": {"ports": list(ports), **spec}}

    def slice_of(name: str, of: str, **fields: Any) -> dict[str, Any]:
        labels = {"kubernetes.io/service-name": of}
        return {
            "metadata": {**meta(name), "labels": labels},
            "ports": [{"name": "http", "port": backend.port}],
            **fields,
        }

    http = {"name": "http", "port": 80}
    parents = [{"name": ROLE.partition("/")[2]}]
    routes = [{"hostnames": ["odd.io"], "rules": [rule]} for rule in rules]
    routes += [{"hostnames": names, "rules": [{"backendRefs": TO_BLUE}]} for names in HOSTNAMES]
    routes.append({"hostnames": ["good.io"], "rules": [{"backendRefs": TO_BLUE}]})
    ready = [{"addresses": ["127.0.0.1"]}]
    listener = {"protocol": "HTTP", "allowedRoutes": {"namespaces": {"from": "Same"}}}
    listeners = [
        {**listener, "name": "any", "port": port},
        {**listener, "name": "odd", "port": port, "hostname": "*.odd.io"},
        *({**listener, "name": f"bad{i}", "port": port, "hostname": names[0]} for i, names in enumerate(HOSTNAMES[10:]) if names[0]),
        *({**listener, "name": f"port{number}", "port": number} for number in (0, 65536, -1)),
        {**listener, "name": "tls", "port": 443, "protocol": "HTTPS"},
    ]  # fmt: skip
    return {
        "gateways": [{"metadata": meta(parents[0]["name"]), "spec": {"gatewayClassName": "xds-server", "listeners": listeners}}],
        "httproutes": [{"metadata": meta(f"r{i}"), "spec": {"parentRefs": parents, **one}} for i, one in enumerate(routes)],
        "services": [
            service("blue", http),
            service("odd", http, *({"name": f"p{number}", "port": number} for number in NUMBERS)),
            service("alias", http, type="ExternalName", externalName="a.io"),
            service("wss", {**http, "appProtocol": "kubernetes.io/wss"}),
            service("a" * 63, {"name": "\u00e9", "port": 80, "appProtocol": "\x00"}),
        ],
        "endpointslices": [
            slice_of("blue", "blue", addressType="IPv4", endpoints=ready),
            *(
                slice_of(f"odd-{family.lower()}", "odd", addressType=family, endpoints=[{"addresses": [one]} for one in some])
                for family, some in ADDRESSES.items()
            ),
            slice_of("ports", "odd", addressType="IPv4", endpoints=ready) | {"ports": [{"name": "http", "port": n} for n in NUMBERS]},
            slice_of("empty", "odd", addressType="IPv4", endpoints=[{"addresses": []}]),
        ],
    }  # fmt: skip


def resources(made: dict[str, list[dict[str, Any]]]) -> list[tuple[TypeUrl, Resource]]:
    """What is derived from objects as an API server gives them. Nothing of them is refused whole."""
    graph = Graph(on_failure="raise")
    built = build_pipeline(graph, "xds-server")
    with graph.transaction():
        for plural, some in made.items():
            read = [DECODERS[plural].json(msgspec.json.encode(one)) for one in some]
            assert [one.findings for one in read if one.value is None] == []
            built.sources[plural].replace({one.key: one.value for one in read})
    tables = {
        CLUSTER: built.clusters,
        ENDPOINT: built.load_assignments,
        LISTENER: built.listeners,
        ROUTE: built.route_configurations,
    }
    return [(type_url, item) for type_url, collection in tables.items() for item in collection.values()]


def test_the_table_is_what_it_says() -> None:
    """The schemas of the CRDs admit the one part, and refuse most of the other."""

    def refused(rule: dict[str, Any]) -> bool:
        return bool(checked("httproutes", {"metadata": {"name": "a"}, "spec": {"rules": [rule]}}).refused)

    assert [rule for rule in ADMITTED if refused(rule)] == []
    assert len(ADMITTED) > 90
    assert len([rule for rule in STORED if refused(rule)]) > len(STORED) * 0.8


async def _accepted(made: World, port: int) -> None:
    """Waits until traffic flows, and Envoy has rejected nothing of all that was sent."""

    def flows() -> bool:
        return bool(made.log.named("response_nacked")) or ask(f"http://127.0.0.1:{port}/", host="good.io") == (
            200,
            "blue\n",
        )

    await made.until("traffic", flows, 15)
    assert made.log.named("response_nacked") == []
    assert made.envoy.stats("update_rejected") == dict.fromkeys(made.envoy.stats("update_rejected"), 0)


@each_variant
@pytest.mark.parametrize("rules", [ADMITTED, STORED], ids=["admitted", "stored"])
async def test_envoy_rejects_nothing_that_leaves_the_door(
    variant: str, rules: list[dict[str, Any]], tmp_path: Path
) -> None:
    """Whatever the objects say, and beside them a route that has nothing odd is served."""
    port = free_port()
    with Backend("blue") as blue:
        async with world(tmp_path, variant) as made:
            made.publish(*resources(objects(blue, port, rules)))
            async with proxied(made):
                await _accepted(made, port)


@each_variant
async def test_envoy_takes_every_regular_expression_that_is_certain(variant: str, tmp_path: Path) -> None:
    """Three hundred of any kind."""
    rules = [path(one, "RegularExpression") for one in expressions(300)]
    port = free_port()
    with Backend("blue") as blue:
        async with world(tmp_path, variant) as made:
            made.publish(*resources(objects(blue, port, rules)))
            async with proxied(made):
                await _accepted(made, port)


LOGIN = {"type": "ExtensionRef", "extensionRef": {"group": "example.net", "kind": "RequireLogin", "name": "x"}}
LEFT_OUT: list[dict[str, Any]] = [
    {"backendRefs": TO_BLUE},
    {"matches": [{"path": {"value": "/admin"}}], "filters": [LOGIN], "backendRefs": TO_BLUE},
    {"matches": [{"path": {"value": "/old"}}], "filters": [{"type": "RequestRedirect", "requestRedirect": {}}]},
    {"matches": [{"path": {"type": "RegularExpression", "value": "/v1/.*"}}], "backendRefs": TO_BLUE},
    {"matches": [{"path": {"type": "RegularExpression", "value": r"/(x|y)/.*\.php"}}], "backendRefs": TO_BLUE},
    {"matches": [{"path": {"type": "RegularExpression", "value": "/z/(?i)a"}}], "backendRefs": TO_BLUE},
    {"matches": [{"path": {"value": "/x"}}], "backendRefs": TO_BLUE},
    {"matches": [{"path": {"value": "/q"}, "queryParams": [{"name": "a", "value": "b"}]}], "backendRefs": TO_BLUE},
    {"matches": [{"path": {"type": "Exact", "value": "/v1/open"}}], "backendRefs": TO_BLUE},
    {"matches": [{"path": {"value": "/wss"}}], "backendRefs": [{"name": "wss", "port": 80}]},
    {"matches": [{"path": {"value": "/alias"}}], "backendRefs": [{"name": "alias", "port": 80}]},
    {"matches": [{"path": {"value": "/two"}}, {"path": {"value": "/bad?"}}], "backendRefs": TO_BLUE},
]


@each_variant
async def test_a_rule_that_is_left_out_answers_an_error(variant: str, tmp_path: Path) -> None:
    """What it was to have does not fall through to the rule for everything; that one is served, and so is a narrower one."""
    port = free_port()
    with Backend("blue") as blue:
        async with world(tmp_path, variant) as made:
            whole = objects(blue, port, [])
            parents = whole["httproutes"][0]["spec"]["parentRefs"]
            spec = {"parentRefs": parents, "hostnames": ["left.io"], "rules": LEFT_OUT}
            whole["httproutes"].append({"metadata": {"name": "left", "namespace": NAMESPACE}, "spec": spec})
            made.publish(*resources(whole))
            async with proxied(made):
                await _accepted(made, port)
                said = {
                    one: (await asyncio.to_thread(ask, f"http://127.0.0.1:{port}{one}", host="left.io"))[0]
                    for one in (
                        "/admin", "/admin/users", "/old", "/v1/secret", "/v1/", "/q?a=b", "/wss", "/alias", "/two",
                        "/x/a.php", "/y/b/c.php", "/z/A", "/z/other",
                        "/", "/administrator", "/x/a.html", "/y", "/z", "/q", "/q?a=c", "/v1/open", "/v2", "/bad",
                    )
                }  # fmt: skip
    failing = {"/admin", "/admin/users", "/old", "/v1/secret", "/v1/", "/q?a=b", "/wss", "/alias", "/two"}
    failing |= {"/x/a.php", "/y/b/c.php", "/z/A", "/z/other"}
    assert said == {one: 500 if one in failing else 200 for one in said}
