"""The files of the table, as a real kubectl reads them."""

import json
from pathlib import Path

import pytest

from tests.support.kube_cluster import Kube
from tests.support.like_kubectl import FILES, REFUSED, Ports

pytestmark = pytest.mark.kube


def applied(kube: Kube, path: Path) -> Ports:
    """The ports of each Service that kubectl makes of a file."""
    found = json.loads(kube.run("apply", "--dry-run=client", "--validate=false", "-o", "json", "-f", str(path)))
    items = found["items"] if found["kind"] == "List" else [found]
    return {one["metadata"]["name"]: [port["port"] for port in one["spec"]["ports"]] for one in items}


@pytest.mark.parametrize("name", FILES)
def test_kubectl_takes_it(kube: Kube, tmp_path: Path, name: str) -> None:
    """And makes the same of it."""
    content, services = FILES[name]
    path = tmp_path / "a.yaml"
    path.write_bytes(content)

    assert applied(kube, path) == services


@pytest.mark.parametrize("name", REFUSED)
def test_kubectl_refuses_it(kube: Kube, tmp_path: Path, name: str) -> None:
    """So that nobody takes it for something else."""
    path = tmp_path / "a.yaml"
    path.write_bytes(REFUSED[name])

    with pytest.raises(AssertionError, match=r"kubectl apply .*"):
        applied(kube, path)
