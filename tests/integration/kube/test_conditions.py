"""Conditions on a real API server, of routes of which not all is served: never well where it is not, never of an old version."""

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.integration.kube.test_status import account, running
from tests.support.api_server.follower import do
from tests.support.kube_cluster import Kube

__all__ = ["account"]

pytestmark = pytest.mark.kube

GATEWAY = """
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {name: edge, namespace: conditions}
spec:
  gatewayClassName: xds-server
  listeners:
  - {name: http, port: 28080, protocol: HTTP}
  - {name: kinds, port: 28081, protocol: HTTP, allowedRoutes: {kinds: [{kind: GRPCRoute}]}}
  - {name: mixed, port: 28082, protocol: HTTP, allowedRoutes: {kinds: [{kind: HTTPRoute}, {kind: GRPCRoute}]}}
  - {name: iphost, port: 28083, protocol: HTTP, hostname: 10.0.0.1}
---
apiVersion: v1
kind: Service
metadata: {name: s, namespace: conditions}
spec: {ports: [{name: http, port: 80}, {name: wss, port: 81, appProtocol: kubernetes.io/wss}]}
---
apiVersion: v1
kind: Service
metadata: {name: ext, namespace: conditions}
spec: {type: ExternalName, externalName: example.com, ports: [{name: http, port: 80}]}
"""
TO_S: dict[str, Any] = {"backendRefs": [{"name": "s", "port": 80}]}
MODIFIER = {"type": "RequestHeaderModifier", "requestHeaderModifier": {"set": [{"name": "a", "value": "b"}]}}
LOGIN = {"type": "ExtensionRef", "extensionRef": {"group": "example.net", "kind": "RequireLogin", "name": "x"}}
REGEX = {"path": {"type": "RegularExpression", "value": "/a.*"}}
ADMIN = {"path": {"value": "/admin"}}

GOOD = {"Accepted": "True/Accepted", "ResolvedRefs": "True/ResolvedRefs"}
PARTLY = {**GOOD, "PartiallyInvalid": "True/UnsupportedValue"}
NOT = {**GOOD, "Accepted": "False/UnsupportedValue"}

Case = tuple[list[str], list[dict[str, Any]], dict[str, str], str]
CASES: dict[str, Case] = {
    "good": (["good.io"], [TO_S], GOOD, ""),
    "all-filters": (["f.io"], [{**TO_S, "filters": [MODIFIER]}], NOT, "Dropped Rule 0: spec.rules[0].filters: "),
    "some-filters": (["g.io"], [TO_S, {**TO_S, "matches": [ADMIN], "filters": [LOGIN]}], PARTLY, "Dropped Rule 1: "),
    "regex": (["h.io"], [{**TO_S, "matches": [REGEX]}], NOT, "RegularExpression is not supported yet"),
    "query": (
        ["q.io"],
        [TO_S, {**TO_S, "matches": [{"queryParams": [{"name": "a", "value": "b"}]}]}],
        PARTLY,
        "matches on query parameters are not supported yet",
    ),
    "extname": (
        ["i.io"],
        [{"backendRefs": [{"name": "ext", "port": 80}]}],
        {**GOOD, "ResolvedRefs": "False/BackendNotFound"},
        "Services of type ExternalName are not supported",
    ),
    "wss": (
        ["j.io"],
        [{"backendRefs": [{"name": "s", "port": 81}]}],
        {**GOOD, "ResolvedRefs": "False/UnsupportedProtocol"},
        "appProtocol 'kubernetes.io/wss'",
    ),
    "iphost": (["k.io", "10.0.0.1"], [TO_S], PARTLY, "'10.0.0.1' is not a hostname"),
    "iphosts": (["10.0.0.1"], [TO_S], NOT, "'10.0.0.1' is not a hostname"),
    "label": (["l.io", f"{'a' * 64}.io"], [TO_S], PARTLY, "is not a hostname"),
    "both": (["m.io", "10.0.0.1"], [TO_S, {**TO_S, "filters": [MODIFIER]}], PARTLY, "Dropped Rule 1: "),
}
"""By name: hostnames, rules, conditions, and what one of their messages says."""


def route(name: str, hostnames: list[str], rules: list[dict[str, Any]]) -> dict[str, Any]:
    spec = {"parentRefs": [{"name": "edge", "sectionName": "http"}], "hostnames": hostnames, "rules": rules}
    meta = {"name": name, "namespace": "conditions"}
    return {"apiVersion": "gateway.networking.k8s.io/v1", "kind": "HTTPRoute", "metadata": meta, "spec": spec}


async def conditions(kube: Kube, name: str, generation: int) -> dict[str, dict[str, Any]]:
    """Of a route at its one parent, once they are of that generation."""
    async with asyncio.timeout(30):
        while True:
            out = await do(kube.run, "get", "httproute", name, "-n", "conditions", "-o", "jsonpath={.status.parents}")
            parents = json.loads(out) if out else []
            found = parents[0]["conditions"] if parents else []
            if found and all(one["observedGeneration"] == generation for one in found):
                return {one["type"]: one for one in found}
            await asyncio.sleep(0.2)


def brief(found: dict[str, dict[str, Any]]) -> dict[str, str]:
    return {name: f"{one['status']}/{one['reason']}" for name, one in found.items()}


async def test_conditions_say_what_is_not_served(kube: Kube, account: Path) -> None:
    """At the first version; when a good route becomes this one; and when it becomes good again."""
    await do(kube.run, "create", "namespace", "conditions")
    await do(kube.apply, GATEWAY)
    await do(kube.apply, yaml.safe_dump_all(route(name, *case[:2]) for name, case in CASES.items()))
    edited = [name for name in CASES if name != "good"]
    await do(kube.apply, yaml.safe_dump_all(route(f"was-{name}", [f"was-{name}.io"], [TO_S]) for name in edited))
    try:
        async with running(account, "xds-0"):
            for name, (_, _, expected, message) in CASES.items():
                found = await conditions(kube, name, 1)
                assert brief(found) == expected, name
                assert any(message in one["message"] for one in found.values()), found
            for name in edited:
                assert brief(await conditions(kube, f"was-{name}", 1)) == GOOD
            await _listeners(kube, attached=len(CASES) - 3 + len(edited))

            await do(kube.apply, yaml.safe_dump_all(route(f"was-{name}", *CASES[name][:2]) for name in edited))
            for name in edited:
                found = await conditions(kube, f"was-{name}", 2)
                assert brief(found) == CASES[name][2], name
                if "PartiallyInvalid" in found:
                    assert found["PartiallyInvalid"]["message"].startswith("Dropped Rule")

            await do(
                kube.apply, yaml.safe_dump_all(route(f"was-{name}", [f"was-{name}.io"], [TO_S]) for name in edited)
            )
            for name in edited:
                assert brief(await conditions(kube, f"was-{name}", 3)) == GOOD
    finally:
        await do(kube.run, "delete", "namespace", "conditions", "--wait=false")


async def _listeners(kube: Kube, attached: int) -> None:
    """Routes that are not accepted are not counted; kinds that are not served are told, and so is a hostname that is none."""
    gateway = ["gateway/edge", "-n", "conditions"]
    count = f"--for=jsonpath={{.status.listeners[0].attachedRoutes}}={attached}"
    await do(kube.run, "wait", *gateway, count, "--timeout=20s")
    said = json.loads(await do(kube.run, "get", *gateway, "-o", "jsonpath={.status.listeners}"))
    by_name = {one["name"]: one for one in said}

    def condition(name: str, kind: str) -> str:
        return brief({one["type"]: one for one in by_name[name]["conditions"]})[kind]

    assert [condition(name, "ResolvedRefs") for name in ("http", "kinds", "mixed")] == [
        "True/ResolvedRefs",
        "False/InvalidRouteKinds",
        "False/InvalidRouteKinds",
    ]
    kinds = {name: [kind["kind"] for kind in one["supportedKinds"]] for name, one in by_name.items()}
    assert kinds == {"http": ["HTTPRoute"], "kinds": [], "mixed": ["HTTPRoute"], "iphost": ["HTTPRoute"]}
    assert condition("iphost", "Accepted") == "False/UnsupportedValue"
    assert condition("iphost", "Programmed") == "False/Invalid"
