"""What integration tests may ask for: a real API server."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.kube_cluster import Kube, cluster

__all__ = ["Kube"]


def _rig() -> str:
    """The script that starts clusters; skips the test if there is none."""
    rig = os.environ.get("XDS_KUBE_RIG")
    if not rig:
        pytest.skip("no API server: set XDS_KUBE_RIG to the path of the rig's `cluster` script")
    return rig


@pytest.fixture(scope="session")
def kube(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kube]:
    """A cluster with the Gateway API, for all tests of the run: leave it as you found it, and running."""
    with cluster(tmp_path_factory.mktemp("kube") / "cluster", _rig()) as it:
        it.crds()
        yield it


@pytest.fixture
def bare_kube(tmp_path: Path) -> Iterator[Kube]:
    """A cluster for one test, without the Gateway API."""
    with cluster(tmp_path / "cluster", _rig()) as it:
        yield it
