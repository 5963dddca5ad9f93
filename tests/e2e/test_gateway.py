"""A real API server, our control plane, a real Envoy, and traffic."""

from pathlib import Path

import pytest

from tests.support.kube_cluster import Kube
from tests.support.load import Load
from tests.support.processes import wait_for
from tests.support.stack import Stack

pytestmark = [pytest.mark.kube, pytest.mark.envoy]

NAMESPACE = "apiVersion: v1\nkind: Namespace\nmetadata: {name: demo}\n"
ALL_BLUE = '[{"op": "replace", "path": "/spec/rules/0/backendRefs/1/weight", "value": 0}]'
ALL_GREEN = (
    '[{"op": "replace", "path": "/spec/rules/0/backendRefs/0/weight", "value": 0},'
    ' {"op": "replace", "path": "/spec/rules/0/backendRefs/1/weight", "value": 1}]'
)


def patch(kube: Kube, change: str) -> None:
    kube.run("patch", "httproute", "shop", "-n", "demo", "--type=json", "-p", change)


def test_apply_serve_change_restart(kube: Kube, address: str, tmp_path: Path) -> None:
    """Ordinary manifests become traffic; a change takes effect; a restart that missed changes loses no request."""
    with Stack(tmp_path, host=address) as stack:
        kube.apply(NAMESPACE)
        for manifest in sorted(stack.manifests.glob("*.yaml")):
            kube.apply(manifest.read_text())
        options = (f"--kubeconfig={kube.kubeconfig}",)
        control_plane = stack.control_plane(*options, source="kube")
        control_plane.wait_ready()
        envoy = stack.envoy()
        stack.wait_live(envoy, control_plane)
        assert {"blue", "green"} == stack.answers()
        assert {"500"} == stack.answers("/missing", 3)

        with Load(stack.gateway_port) as load:
            patch(kube, ALL_BLUE)
            stack.wait_answers({"blue"})
            control_plane.kill()
            patch(kube, ALL_GREEN)
            control_plane = stack.control_plane(*options, source="kube")
            stack.wait_answers({"green"}, seconds=20)
            kube.run("delete", "service", "blue", "-n", "demo")
            stack.wait_answers({"500"}, "/blue")

        assert 0 == load.failures, load.statuses()
        control_plane.wait_ready()


def test_a_missing_crd_is_named_and_its_arrival_is_noticed(bare_kube: Kube, tmp_path: Path) -> None:
    """Without the Gateway API we are alive, not ready, and say what to install; once it is there, we are ready."""
    with Stack(tmp_path) as stack:
        control_plane = stack.control_plane(f"--kubeconfig={bare_kube.kubeconfig}", source="kube")
        wait_for(
            "absent to be shown", lambda: "sources/gateways failed: absent" in control_plane.why(), 10, control_plane
        )
        assert not control_plane.ready
        assert "sources/services ok" in control_plane.why()

        bare_kube.crds()

        control_plane.wait_ready(40)
