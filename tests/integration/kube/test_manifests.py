"""The manifests of deploy/, applied to a real API server, and what they say."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.support.kube_cluster import Kube
from xds_server.providers.kubernetes import rbac

MANIFESTS = Path(__file__).parents[3] / "deploy/kubernetes"


def objects() -> list[dict[str, Any]]:
    kustomization = yaml.safe_load((MANIFESTS / "kustomization.yaml").read_text())
    return [one for name in kustomization["resources"] for one in yaml.safe_load_all((MANIFESTS / name).read_text())]


def container() -> dict[str, Any]:
    pod = next(one for one in objects() if one["kind"] == "Deployment")["spec"]["template"]["spec"]
    (only,) = pod["containers"]
    return {**only, "pod": pod}


def test_the_pod_is_as_restricted_as_pods_can_be() -> None:
    """Non-root, nothing writable, no capability."""
    security = container()["securityContext"]

    assert container()["pod"]["securityContext"]["runAsNonRoot"]
    assert security["readOnlyRootFilesystem"]
    assert not security["allowPrivilegeEscalation"]
    assert security["capabilities"] == {"drop": ["ALL"]}
    assert not {"volumes", "hostNetwork"} & container()["pod"].keys()


def test_each_probe_asks_what_it_is_for() -> None:
    """A slow API server must not get the process killed; and no proxy is sent to a replica that is not ready."""
    it = container()

    asked = {name: it[f"{name}Probe"]["httpGet"]["path"] for name in ("startup", "liveness", "readiness")}
    assert asked == {"startup": "/startupz", "liveness": "/livez", "readiness": "/readyz"}
    service = next(one for one in objects() if one["kind"] == "Service")
    assert not service["spec"].get("publishNotReadyAddresses")


@pytest.mark.kube
def test_a_real_api_server_takes_all_of_them_and_wants_none_back(kube: Kube) -> None:
    """Strictly: no field that it does not know; twice, for an upgrade is the same command."""
    for strict in ("--dry-run=client", "--server-side", "--server-side"):
        kube.run("apply", "-k", str(MANIFESTS), strict, "--validate=strict")

    deployment = json.loads(kube.run("get", "deployment", rbac.NAME, "-n", rbac.NAMESPACE, "-o", "json"))
    assert deployment["spec"]["replicas"] == 2
    template = deployment["spec"]["template"]
    pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "it", "namespace": rbac.NAMESPACE}}
    warnings = kube.run("apply", "--dry-run=server", "-f", "-", stdin=json.dumps({**pod, "spec": template["spec"]}))
    assert "created" in warnings  # in a namespace that enforces the restricted Pod Security Standard
    kube.run("delete", "-k", str(MANIFESTS), "--ignore-not-found", "--wait=false")
