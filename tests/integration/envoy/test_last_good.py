"""A control plane that restarts while the API server is away, with a real Envoy that has nothing."""

from pathlib import Path

import pytest

from tests.integration.envoy.test_holds import _marker
from tests.support.load import Load
from tests.support.processes import free_port, wait_for
from tests.support.stack import Stack
from tests.support.web import ask

pytestmark = pytest.mark.envoy

KUBECONFIG = """\
apiVersion: v1
kind: Config
current-context: x
clusters: [{name: x, cluster: {server: 'http://127.0.0.1:1'}}]
users: [{name: x, user: {token: x}}]
contexts: [{name: x, context: {cluster: x, user: x}}]
"""


def test_new_proxies_get_what_was_good_until_the_truth_is_known(tmp_path: Path) -> None:
    """Saved with a proxy's consent; offered without an API server, marked; replaced without a failed request."""
    (tmp_path / "kubeconfig").write_text(KUBECONFIG)
    directory = tmp_path / "saved"
    marker_port = free_port()
    common = (f"--last-good-dir={directory}", "readiness.last_good_grace_seconds=1", f"--marker-port={marker_port}")
    with Stack(tmp_path) as stack:
        first = stack.control_plane(*common)
        first.wait_ready()
        assert not directory.exists()
        envoy = stack.envoy()
        stack.wait_live(envoy, first)
        wait_for("the file", lambda: first.metric("last_good_timestamp_seconds") > 0, 20, first)
        version = _marker(marker_port)[1]
        first.stop()
        envoy.stop()

        away = stack.control_plane(*common, f"--kubeconfig={tmp_path / 'kubeconfig'}", source="kube")
        envoy = stack.envoy()
        stack.wait_live(envoy, away)
        wait_for("traffic", lambda: stack.answers() == {"blue", "green"}, 10, envoy, away)
        assert not away.ready
        assert "base/last_good degraded: the API server cannot be reached" in away.why()
        assert away.metric("last_good_served_total") >= 1
        assert _marker(marker_port) == (200, f"stale-{version}")
        away.stop()

        with Load(stack.gateway_port, keep_alive=50, new=10) as load:
            last = stack.control_plane(*common)
            last.wait_ready()
            wait_for("the marker to be fresh", lambda: _marker(marker_port)[1] == version, 20, envoy, last)
        assert 0 == load.failures, load.statuses()
        assert 0 == last.metric("last_good_served_total")
        assert 0 == envoy.stat("cluster_manager.cluster_removed")
        assert "last_good.loaded" in ask(f"{last.url}/debug/timeline")[1]


def test_a_place_that_cannot_be_written_is_shown_and_not_logged_again_and_again(tmp_path: Path) -> None:
    """Degraded and counted; ready all the same, and said once in the log."""
    with Stack(tmp_path) as stack:
        control_plane = stack.control_plane("--last-good-dir=/proc/xds-server")
        control_plane.wait_ready()
        envoy = stack.envoy()
        stack.wait_live(envoy, control_plane)
        wait_for("two tries", lambda: control_plane.metric("last_good_save_failures_total") >= 2, 20, control_plane)

        assert "[!]base/last_good degraded: not saved for " in control_plane.why()
        assert control_plane.ready
        assert 1 == control_plane.log.read_text().count("last_good.not_saved")
