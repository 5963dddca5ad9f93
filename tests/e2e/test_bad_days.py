"""An API server's bad days, under load: a real API server, our control plane with the manifest's account, a real Envoy."""

from pathlib import Path

import pytest

from examples.rig.control_plane import ControlPlane
from examples.rig.load import Load
from examples.rig.processes import wait_for
from examples.rig.stack import Stack
from tests.integration.conftest import Kube
from xds_server.status import rbac

pytestmark = [pytest.mark.kube, pytest.mark.envoy]

DEPLOY = Path(__file__).parents[2] / "deploy/kubernetes"
NAMESPACE = "apiVersion: v1\nkind: Namespace\nmetadata: {name: demo}\n"
BLUE = '[{"op": "replace", "path": "/spec/rules/0/backendRefs/1/weight", "value": 0}]'
BOTH = '[{"op": "replace", "path": "/spec/rules/0/backendRefs/1/weight", "value": 1}]'
READ = ("gateways", "httproutes", "services", "endpointslices")


def test_an_api_server_that_goes_forgets_and_forbids_costs_no_request(
    bare_kube: Kube, address: str, tmp_path: Path
) -> None:
    """At each step the state is the right one, readiness stays, and what changes next takes effect."""
    kube = bare_kube
    kube.crds()
    for name in ("namespace", "rbac", "gatewayclass"):
        kube.apply((DEPLOY / f"{name}.yaml").read_text())
    kube.apply(NAMESPACE)
    account = tmp_path / "account"
    account.write_text(kube.cluster("token", "--sa", f"{rbac.NAMESPACE}/{rbac.NAME}", "--kubeconfig"))
    with Stack(tmp_path, host=address) as stack:
        for manifest in sorted(stack.manifests.glob("*.yaml")):
            kube.apply(manifest.read_text())
        control_plane = stack.control_plane(f"--kubeconfig={account}", source="kube")
        control_plane.wait_ready()
        stack.wait_live(stack.envoy(), control_plane)

        with Load(stack.gateway_port) as load:
            # It is gone, for as many tries as the longest back-off takes to be reached, and comes back
            # with an empty watch cache and a history that begins after us.
            kube.cluster("stop-apiserver")
            until_all(control_plane, "stale", 20)
            wait_for("tries to be repeated", lambda: control_plane.metric("source_errors_total") >= 20, 120)
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
