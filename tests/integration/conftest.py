"""What integration tests may ask for: a real API server."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest


@dataclass(frozen=True)
class Kube:
    """A cluster of its own: kube-apiserver and etcd on loopback. All calls block."""

    rig: str
    """The `cluster` script."""
    directory: Path
    path: str
    """PATH with kubectl in it."""

    @property
    def kubeconfig(self) -> Path:
        """Of an administrator."""
        return self.directory / "kubeconfig"

    def cluster(self, *args: str) -> str:
        """A command of the rig for this cluster, as in `stop-apiserver`; what it printed."""
        return _output([self.rig, args[0], "--dir", str(self.directory), *args[1:]])

    def run(self, *args: str, stdin: str | None = None) -> str:
        """A kubectl command; what it printed."""
        environ = os.environ | {"PATH": self.path, "KUBECONFIG": str(self.kubeconfig)}
        return _output(["kubectl", *args], environ, stdin)

    def apply(self, yaml: str) -> None:
        """Applies manifests."""
        self.run("apply", "-f", "-", stdin=yaml)

    def crds(self) -> None:
        """Installs the Gateway API, standard channel."""
        self.cluster("crds", "standard")


def _output(command: list[str], environ: dict[str, str] | None = None, stdin: str | None = None) -> str:
    done = subprocess.run(command, env=environ, input=stdin, text=True, capture_output=True, check=False, timeout=120)
    assert done.returncode == 0, f"{' '.join(command)}: {done.stderr.strip()}"
    return done.stdout


@contextmanager
def cluster(directory: Path) -> Iterator[Kube]:
    """A new cluster in *directory*, without the Gateway API; skips the test if there is no rig."""
    rig = os.environ.get("XDS_KUBE_RIG")
    if not rig:
        pytest.skip("no API server: set XDS_KUBE_RIG to the path of the rig's `cluster` script")
    exports = _output([rig, "env"])
    path = next(line.removeprefix("export PATH=") for line in exports.splitlines() if line.startswith("export PATH="))
    kube = Kube(rig, directory, os.path.expandvars(path))
    kube.cluster("up", "--controllers")
    try:
        yield kube
    finally:
        kube.cluster("down")


@pytest.fixture(scope="session")
def kube(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kube]:
    """A cluster with the Gateway API, for all tests of the run: leave it as you found it, and running."""
    with cluster(tmp_path_factory.mktemp("kube") / "cluster") as it:
        it.crds()
        yield it


@pytest.fixture
def bare_kube(tmp_path: Path) -> Iterator[Kube]:
    """A cluster for one test, without the Gateway API."""
    with cluster(tmp_path / "cluster") as it:
        yield it
