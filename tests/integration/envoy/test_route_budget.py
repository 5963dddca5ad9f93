"""Hostnames times routes for any host, with a real Envoy: what does not fit costs itself alone, and comes back."""

from pathlib import Path

import pytest

from tests.support.load import Load
from tests.support.processes import wait_for
from tests.support.stack import Stack
from tests.support.web import ask

pytestmark = pytest.mark.envoy

ROUTE = """---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {{name: {name}, namespace: demo, creationTimestamp: "{created}"}}
spec: {{parentRefs: [{{name: edge}}], {hostnames}rules: [{rules}]}}
"""
OLD, NEW = "2020-01-01T00:00:00Z", "2026-01-01T00:00:00Z"


def route(name: str, created: str, *rules: str, hostname: str = "") -> str:
    hostnames = f"hostnames: [{hostname}], " if hostname else ""
    return ROUTE.format(name=name, created=created, hostnames=hostnames, rules=", ".join(rules))


def rule(*paths: str, headers: int = 0) -> str:
    named = ", ".join(f"{{name: x-{n}, value: v}}" for n in range(headers))
    matches = ", ".join(f"{{path: {{value: {path}}}, headers: [{named}]}}" for path in paths)
    return f"{{matches: [{matches}], backendRefs: [{{name: green, port: 80}}]}}"


def test_a_route_that_multiplies_is_left_out_under_load(tmp_path: Path) -> None:
    """1,000 hostnames, and then two routes of 128 and 120 matches: nobody's request fails, and what they take is 500.

    They are served once they fit.
    """
    with Stack(tmp_path) as stack:
        hosts = "".join(route(f"h{n}", OLD, rule("/"), hostname=f"h{n}.example") for n in range(1000))
        (stack.manifests / "hosts.yaml").write_text(hosts)
        control_plane = stack.control_plane("readiness.shrink_hold_seconds=0")
        control_plane.wait_ready()
        envoy = stack.envoy()
        stack.wait_live(envoy, control_plane)
        plain = [rule(*[f"/plain/{8 * n + m}" for m in range(8)]) for n in range(16)]
        picky = [rule(*[f"/picky/{8 * n + m}" for m in range(8)], headers=16) for n in range(15)]
        wide = route("plain", NEW, *plain) + route("picky", NEW, *picky)

        def status(path: str, host: str = "any.example") -> int:
            return ask(f"{stack.url}{path}", host=host, timeout=10)[0]

        with Load(stack.gateway_port, keep_alive=100, new=20) as load:
            (stack.manifests / "wide.yaml").write_text(wide)
            wait_for("the routes to be left out", lambda: status("/plain/3") == 500, 20, control_plane, envoy)
            # By their paths at any host, and by that at hostnames which fall through to them.
            assert (status("/picky/1"), status("/", "h7.example"), status("/plain", "h7.example")) == (500, 200, 200)
            assert control_plane.metric("routes_over_budget") == 2
            problems = ask(f"{control_plane.url}/debug/problems")[1]
            assert problems.count("is left out and answers 500 at port") == 2

            (stack.manifests / "hosts.yaml").write_text(hosts[: hosts.index("---", len(hosts) // 10)])
            wait_for("the routes to be back", lambda: status("/plain/3") == 200, 30, control_plane, envoy)
            assert control_plane.metric("routes_over_budget") == 0
        assert 0 == load.failures, load.statuses()
        assert 0 == envoy.stat("listener_manager.lds.update_rejected")
