"""The printed bootstrap, read by a real Envoy."""

import json
import subprocess
from pathlib import Path

import pytest

from tests.support.envoy import NoEnvoyError, binary
from tests.support.stack import Stack
from tests.support.web import ask
from xds_server.cli.bootstrap import render_bootstrap

pytestmark = pytest.mark.envoy


@pytest.fixture
def envoy() -> str:
    """Path of the binary."""
    try:
        return binary()
    except NoEnvoyError as error:
        pytest.skip(str(error))


@pytest.mark.parametrize("delta", [False, True])
@pytest.mark.parametrize("xds_address", ["127.0.0.1:18000", "[::1]:18000", "xds-server.example:18000"])
def test_envoy_takes_the_bootstrap_without_a_warning(xds_address: str, delta: bool, envoy: str, tmp_path: Path) -> None:
    """Envoy's own validation passes, and nothing in it is deprecated."""
    path = tmp_path / "envoy.yaml"
    path.write_text(render_bootstrap("default/web", xds_address=xds_address, delta=delta))

    result = subprocess.run(
        [envoy, "--mode", "validate", "-l", "warn", "-c", path], capture_output=True, text=True, timeout=60, check=False
    )

    assert (result.returncode, result.stderr) == (0, "")


@pytest.mark.usefixtures("envoy")
@pytest.mark.parametrize(("options", "variant"), [((), "sotw"), (("--delta",), "delta")])
def test_envoy_speaks_the_variant_that_the_bootstrap_says(
    options: tuple[str, ...], variant: str, tmp_path: Path
) -> None:
    """It is configured, and follows a change, over one stream of that variant."""
    with Stack(tmp_path) as stack:
        control_plane = stack.control_plane()
        control_plane.wait_ready()
        proxy = stack.envoy("demo/edge", *options)
        stack.wait_live(proxy, control_plane)
        stack.wait_answers({"blue", "green"})
        streams = json.loads(ask(f"{control_plane.url}/debug/streams")[1])
        assert [variant] == [one["stream"]["variant"] for one in streams]

        routes = stack.manifests / "routes.yaml"
        routes.write_text(routes.read_text().replace("blue, port: 80, weight: 1", "blue, port: 80, weight: 0"))
        stack.wait_answers({"green"})
        assert 0 == proxy.stat("listener_manager.lds.update_rejected") + proxy.stat(
            "cluster_manager.cds.update_rejected"
        )
