"""The printed bootstrap, read by a real Envoy."""

import os
import subprocess
from pathlib import Path

import pytest

from xds_server.bootstrap import bootstrap

ENVOY = Path(os.environ.get("XDS_ENVOY", Path(__file__).parents[2] / ".envoy/bin/envoy"))


@pytest.mark.envoy
@pytest.mark.skipif(not ENVOY.exists(), reason=f"there is no Envoy at {ENVOY}: run make envoy, or set XDS_ENVOY")
@pytest.mark.parametrize("xds_address", ["127.0.0.1:18000", "[::1]:18000", "xds-server.example:18000"])
def test_envoy_takes_the_bootstrap_without_a_warning(xds_address: str, tmp_path: Path) -> None:
    """Envoy's own validation passes, and nothing in it is deprecated."""
    path = tmp_path / "envoy.yaml"
    path.write_text(bootstrap("default/web", xds_address=xds_address))

    result = subprocess.run(
        [ENVOY, "--mode", "validate", "-l", "warn", "-c", path], capture_output=True, text=True, timeout=60, check=False
    )

    assert (result.returncode, result.stderr) == (0, "")
