"""An API server's bad days, under load: a real API server, our control plane with the manifest's account, a real Envoy."""

import os
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.support.control_plane import ControlPlane, late_lists
from tests.support.kube_cluster import Kube
from tests.support.load import Load
from tests.support.processes import wait_for
from tests.support.stack import Stack
from tests.support.tcp_proxy import BlockingRelay
from xds_server.model.source_state import Phase
from xds_server.providers.kinds import KINDS
from xds_server.providers.kubernetes import rbac

pytestmark = [pytest.mark.kube, pytest.mark.envoy]

DEPLOY = Path(__file__).parents[2] / "deploy/kubernetes"
NAMESPACE = "apiVersion: v1\nkind: Namespace\nmetadata: {name: demo}\n"
BLUE = '[{"op": "replace", "path": "/spec/rules/0/backendRefs/1/weight", "value": 0}]'
MOVED = '[{"op": "replace", "path": "/spec/rules/0/backendRefs", "value": [{"name": "moved", "port": 80}]}]'
BOTH = '[{"op": "replace", "path": "/spec/rules/0/backendRefs/1/weight", "value": 1}]'
# For how long the API server is away at least; OUTAGE_SECONDS=60 make e2e for the long way.
OUTAGE_SECONDS = float(os.environ.get("OUTAGE_SECONDS", "0"))
READ = tuple(kind.plural for kind in KINDS)


@contextmanager
def serving(
    kube: Kube, address: str, tmp_path: Path, *options: str, port: int = 0
) -> Iterator[tuple[Stack, ControlPlane]]:
    """All of it from the manifests, and Envoy live; the control plane finds the API server at *port*, if there is one."""
    kube.crds()
    for name in ("namespace", "rbac", "gatewayclass"):
        kube.apply((DEPLOY / f"{name}.yaml").read_text())
    kube.apply(NAMESPACE)
    account = tmp_path / "account"
    config = kube.cluster("token", "--sa", f"{rbac.NAMESPACE}/{rbac.NAME}", "--kubeconfig")
    account.write_text(re.sub(r"(server: https://127\.0\.0\.1):\d+", rf"\1:{port}", config) if port else config)
    with Stack(tmp_path, host=address) as stack:
        for manifest in sorted(stack.manifests.glob("*.yaml")):
            kube.apply(manifest.read_text())
        control_plane = stack.control_plane(f"--kubeconfig={account}", *options, source="kube")
        control_plane.wait_ready()
        stack.wait_live(stack.envoy(), control_plane)
        yield stack, control_plane


@pytest.mark.timeout(240 + 2 * OUTAGE_SECONDS)
def test_an_api_server_that_goes_forgets_and_forbids_costs_no_request(
    bare_kube: Kube, address: str, tmp_path: Path
) -> None:
    """At each step the state is the right one, readiness stays, and what changes next takes effect."""
    kube = bare_kube
    with serving(kube, address, tmp_path) as (stack, control_plane), Load(stack.gateway_port) as load:
        # It is gone, for as many tries as the longest back-off takes to be reached, and comes back
        # with an empty watch cache and a history that begins after us.
        kube.cluster("stop-apiserver")
        until_all(control_plane, "stale", 20)
        gone = time.monotonic()
        wait_for("tries to be repeated", lambda: control_plane.metric("source_errors_total") >= 20, 120)
        wait_for("the outage to last", lambda: time.monotonic() - gone >= OUTAGE_SECONDS, OUTAGE_SECONDS + 10)
        assert "cannot reach" in control_plane.why()
        assert control_plane.ready
        kube.cluster("start-apiserver")
        until_all(control_plane, "synced", 60)
        kube.cluster("compact")
        restart(kube, control_plane)
        patch(kube, BLUE)
        stack.wait_answers({"blue"}, seconds=20)

        # We may read nothing any more, and then again.
        kube.run("delete", "clusterrolebinding", rbac.NAME)
        kube.cluster("stop-apiserver")
        kube.cluster("start-apiserver")
        wait_for("403 to be shown", lambda: "add this to the rules" in control_plane.why(), 60, control_plane)
        until_all(control_plane, "stale", 60)
        assert control_plane.ready
        assert {"blue"} == stack.answers()
        kube.apply((DEPLOY / "rbac.yaml").read_text())
        until_all(control_plane, "synced", 60)
        patch(kube, BOTH)
        stack.wait_answers({"blue", "green"}, seconds=20)

        assert 0 == load.failures, load.statuses()
        assert load.requests > 1000


def test_the_crd_of_gateways_may_go_and_come_back_without_a_failed_request(
    bare_kube: Kube, address: str, tmp_path: Path
) -> None:
    """It takes all Gateways with it, and nothing from a proxy that has its configuration; then all is as before."""
    kube = bare_kube
    with serving(kube, address, tmp_path) as (stack, control_plane), Load(stack.gateway_port) as load:
        kube.run("delete", "crd", "gateways.gateway.networking.k8s.io")
        until(control_plane, "gateways", "stale")
        assert "gateways.gateway.networking.k8s.io/v1 is not installed" in control_plane.why()
        assert {"synced"} == {state(control_plane, kind) for kind in READ if kind != "gateways"}
        assert control_plane.metric("source_objects", source="gateways") == 0
        assert control_plane.ready
        assert {"blue", "green"} == stack.answers()

        come_back(kube, "gateways")
        until(control_plane, "gateways", "synced")
        kube.apply((stack.manifests / "gateway.yaml").read_text())
        patch(kube, BLUE)
        stack.wait_answers({"blue"}, seconds=20)
        assert 0 == load.failures, load.statuses()


@pytest.mark.parametrize("others", [0, 60])
def test_the_crd_of_routes_that_goes_by_mistake_costs_no_route(
    bare_kube: Kube, address: str, tmp_path: Path, others: int
) -> None:
    """The API server deletes them, one by one, within a second: they are served until they are back, without a restart.

    Few are served again once the kind is known to be gone; of many it is noticed that they go.
    """
    kube = bare_kube
    with serving(kube, address, tmp_path) as (stack, control_plane):
        kube.apply("---\n".join(route(f"other-{n}") for n in range(others)) or NAMESPACE)
        wait_for("the others", lambda: control_plane.metric("source_objects", source="httproutes") > others, 20)
        with Load(stack.gateway_port) as load:
            kube.run("delete", "crd", "httproutes.gateway.networking.k8s.io")
            until(control_plane, "httproutes", "stale")
            assert "httproutes.gateway.networking.k8s.io/v1 is not installed" in control_plane.why()
            wait_for("the reason", lambda: "the kind httproutes is gone" in control_plane.why(), 10, control_plane)
            assert control_plane.metric("source_objects", source="httproutes") == 0
            assert control_plane.metric("hold_active", reason="shrink") == 1
            assert control_plane.ready
            stack.wait_answers({"blue", "green"}, seconds=5)

            come_back(kube, "httproutes")
            until(control_plane, "httproutes", "synced")
            assert {"blue", "green"} == stack.answers()
            kube.apply((stack.manifests / "routes.yaml").read_text())
            kube.apply("---\n".join(route(f"other-{n}") for n in range(others)) or NAMESPACE)
            wait_for("the end", lambda: control_plane.metric("hold_active", reason="shrink") == 0, 20, control_plane)
            assert control_plane.metric("hold_released_total", reason="shrink", outcome="recovered") == 1
            assert {"blue", "green"} == stack.answers()
        seconds, _ = load.outage()
        assert seconds < (0.5 if others else 3), load.statuses()


def test_a_route_that_moves_during_an_outage_moves_once_its_endpoints_are_known(
    bare_kube: Kube, address: str, tmp_path: Path
) -> None:
    """To a Service that came meanwhile, with its slice; of all kinds the slices are listed last, 8 s late."""
    kube = bare_kube
    server = re.search(r"server: https://127\.0\.0\.1:(\d+)", kube.kubeconfig.read_text())
    assert server is not None
    late = late_lists("endpointslices=8")
    with (
        BlockingRelay(int(server[1])) as relay,
        serving(kube, address, tmp_path, late, port=relay.port) as (stack, control_plane),
    ):
        with Load(stack.gateway_port) as load:
            relay.cut()
            until_all(control_plane, "stale", 20)
            green = (stack.manifests / "services.yaml").read_text().split("---\n")
            new = "---\n".join(one for one in green if "name: green" in one)
            kube.apply(new.replace("name: green", "name: moved"))
            kube.run("patch", "httproute", "shop", "-n", "demo", "--type=json", "-p", MOVED)
            kube.cluster("compact")
            kube.cluster("stop-apiserver")
            kube.cluster("start-apiserver")
            relay.start()
            until_all(control_plane, "synced", 60)
            stack.wait_answers({"green"}, seconds=20)
        assert 0 == load.failures, load.statuses()


def route(name: str) -> str:
    return (
        f"apiVersion: gateway.networking.k8s.io/v1\nkind: HTTPRoute\nmetadata: {{name: {name}, namespace: demo}}\n"
        f"spec: {{hostnames: [{name}.example], parentRefs: [{{name: edge}}], "
        "rules: [{backendRefs: [{name: blue, port: 80}]}]}\n"
    )


def come_back(kube: Kube, plural: str) -> None:
    kube.crds()
    kube.wait_established(f"{plural}.gateway.networking.k8s.io")


def state(control_plane: ControlPlane, kind: str) -> str:
    return next((one for one in Phase if control_plane.metric("source_state", source=kind, state=one) == 1), "")


def until(control_plane: ControlPlane, kind: str, phase: str) -> None:
    wait_for(f"{kind} to be {phase}", lambda: state(control_plane, kind) == phase, 60, control_plane)


def until_all(control_plane: ControlPlane, state: str, seconds: float) -> None:
    def reached() -> bool:
        return all(control_plane.metric("source_state", source=one, state=state) == 1 for one in READ)

    wait_for(f"all sources to be {state}", reached, seconds, control_plane)


def restart(kube: Kube, control_plane: ControlPlane) -> None:
    """The API server, with an empty watch cache."""
    before = control_plane.metric("source_watch_restarts_total")
    kube.cluster("stop-apiserver")
    kube.cluster("start-apiserver")
    wait_for(
        "all watches to be begun again",
        lambda: control_plane.metric("source_watch_restarts_total") >= before + len(READ),
        60,
        control_plane,
    )
    until_all(control_plane, "synced", 60)


def patch(kube: Kube, change: str) -> None:
    kube.run("patch", "httproute", "shop", "-n", "demo", "--type=json", "-p", change)
