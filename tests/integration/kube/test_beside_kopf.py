"""Somebody's kopf operator and our control plane in one process: examples/05_beside_kopf."""

import signal
import sys
from pathlib import Path

import pytest

from tests.support.kube_cluster import Kube
from tests.support.processes import Child, free_port, wait_for
from tests.support.web import ask

pytestmark = pytest.mark.kube

MAIN = Path(__file__).parents[3] / "examples/05_beside_kopf/main.py"
SERVICE = """
apiVersion: v1
kind: Service
metadata: {name: beside, namespace: default}
spec: {clusterIP: None, ports: [{port: 80}]}
"""


def test_neither_ends_the_other(kube: Kube, tmp_path: Path) -> None:
    """An operator that fails again and again leaves the server alone; it works once it can; SIGTERM ends both."""
    crash, log = tmp_path / "crash", tmp_path / "log"
    crash.touch()
    port = free_port()
    command = [
        sys.executable, str(MAIN), f"--kubeconfig={kube.kubeconfig}",
        f"--grpc-address=127.0.0.1:{free_port()}", f"--http-address=127.0.0.1:{port}",
    ]  # fmt: skip
    env = {"CRASH": str(crash), "KUBECONFIG": str(kube.kubeconfig), "PYTHONUNBUFFERED": "1"}
    with Child("beside", command, log, env) as child:

        def ready() -> bool:
            return ask(f"http://127.0.0.1:{port}/readyz")[0] == 200

        wait_for("the operator to fail twice", lambda: log.read_text().count("operator ended") >= 2, 30, child)
        wait_for("the server to be ready", ready, 30, child)

        crash.unlink()
        kube.apply(SERVICE)
        wait_for("the operator to see a Service", lambda: "operator saw service beside" in log.read_text(), 30, child)
        assert ready()

        child.process.send_signal(signal.SIGTERM)
        assert child.process.wait(timeout=30) == 0
    kube.run("delete", "service", "beside")
