"""A real API server of its own, as processes, from the script that XDS_KUBE_RIG names."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path


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

    def wait_established(self, crd: str) -> None:
        """Returns when the API server serves it. A filter fails while there are no conditions, so those come first."""
        self.run("wait", "--for=jsonpath={.status.conditions[0].type}", "crd", crd)
        self.run("wait", """--for=jsonpath={.status.conditions[?(@.type=='Established')].status}=True""", "crd", crd)


def _output(command: list[str], environ: dict[str, str] | None = None, stdin: str | None = None) -> str:
    done = subprocess.run(command, env=environ, input=stdin, text=True, capture_output=True, check=False, timeout=120)
    assert done.returncode == 0, f"{' '.join(command)}: {done.stderr.strip()}"
    return done.stdout


@contextmanager
def cluster(directory: Path, rig: str) -> Iterator[Kube]:
    """A new cluster in *directory*, without the Gateway API; *rig* is the `cluster` script."""
    exports = _output([rig, "env"])
    path = next(line.removeprefix("export PATH=") for line in exports.splitlines() if line.startswith("export PATH="))
    kube = Kube(rig, directory, os.path.expandvars(path))
    kube.cluster("up", "--controllers")
    try:
        yield kube
    finally:
        kube.cluster("down")
