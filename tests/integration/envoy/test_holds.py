"""Holds, the completeness marker and the timeline, with a real Envoy on files."""

import json
import re
import subprocess
import time
import urllib.request
from pathlib import Path

import pytest

from tests.support.control_plane import COMMAND, ControlPlane, bootstrap, late_lists, serve_command
from tests.support.envoy import Envoy
from tests.support.load import Load
from tests.support.processes import free_port, wait_for
from tests.support.stack import GATEWAY, Stack
from tests.support.web import ask

pytestmark = pytest.mark.envoy

SERVICES = 12


def _many(stack: Stack) -> Path:
    """A file with Services that no route names, and a route each that names the demo's."""
    path = stack.manifests / "many.yaml"
    path.write_text(
        "".join(
            f"---\napiVersion: v1\nkind: Service\nmetadata: {{name: many{n}, namespace: demo}}\n"
            "spec: {ports: [{name: http, port: 80}]}\n"
            for n in range(SERVICES)
        )
    )
    return path


def _marker(port: int) -> tuple[int, str]:
    """Status and version that the marker answers; 0 if nobody does."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/ready", timeout=2) as answer:
            return answer.status, answer.headers["x-xds-version"] or ""
    except OSError:
        return 0, ""


def _release(control_plane: ControlPlane, *options: str) -> str:
    command = [*COMMAND, "release", f"--url={control_plane.url}", *options]
    return subprocess.run(command, capture_output=True, text=True, check=True, timeout=30).stdout


def test_the_marker_answers_with_the_version_once_all_is_accepted(tmp_path: Path) -> None:
    """Nobody answers while the proxy is held; then the version is there, the same after a restart, and moves with a route."""
    marker_port = free_port()
    with Stack(tmp_path) as stack:
        control_plane = stack.control_plane(
            f"--marker-port={marker_port}", "--gate=park", late_lists("endpointslices=2")
        )
        envoy = stack.envoy()
        wait_for("the hold", lambda: control_plane.metric("hold_active", reason="not_ready") == 1, 20, control_plane)
        assert _marker(marker_port) == (0, "")

        stack.wait_live(envoy, control_plane)
        wait_for("the marker", lambda: _marker(marker_port)[0] == 200, 5, envoy)
        _, version = _marker(marker_port)
        assert re.fullmatch("[0-9a-f]{32}", version)
        assert {"blue", "green"} == stack.answers()
        resources = json.loads(ask(f"{control_plane.url}/debug/resources")[1])["roles"]["demo/edge"]
        assert "xds-server/ready" in resources["LDS"]["resources"]

        routes = stack.manifests / "routes.yaml"
        good = routes.read_text()
        routes.write_text(good.replace("blue, port: 80, weight: 1", "blue, port: 80, weight: 0"))
        wait_for("another version", lambda: _marker(marker_port)[1] not in {"", version}, 5, envoy)
        routes.write_text(good)
        wait_for("the first version", lambda: _marker(marker_port) == (200, version), 5, envoy)
        assert 0 == envoy.stat("listener_manager.listener_modified")


def test_the_marker_does_not_count_what_envoy_rejects(tmp_path: Path) -> None:
    """A listener at a port that is taken: the marker goes on, with the version of all the rest; mended, with that of all."""
    marker_port = free_port()
    with Stack(tmp_path) as stack:
        control_plane = stack.control_plane(f"--marker-port={marker_port}")
        envoy = stack.envoy()
        stack.wait_live(envoy, control_plane)
        wait_for("the marker", lambda: _marker(marker_port) == (200, _version(control_plane)), 5, envoy)
        gateway = stack.manifests / "gateway.yaml"
        good = gateway.read_text()

        gateway.write_text(f"{good}    - {{name: more, port: {stack.blue.port}, protocol: HTTP}}\n")
        wait_for("a rejection", lambda: control_plane.metric("xds_nacks_total", type="LDS") > 0, 10, envoy)
        bad = f"demo/edge/{stack.blue.port}"
        wait_for("the rest", lambda: _marker(marker_port) == (200, _version(control_plane, bad)), 5, envoy)
        assert _version(control_plane, bad) != _version(control_plane)

        gateway.write_text(f"{good}    - {{name: more, port: {free_port()}, protocol: HTTP}}\n")
        wait_for("all of it", lambda: _marker(marker_port) == (200, _version(control_plane)), 5, envoy)
        assert {"blue", "green"} == stack.answers()


def _version(control_plane: ControlPlane, *without: str) -> str:
    """The version of what is published, *without* some listeners."""
    types = json.loads(ask(f"{control_plane.url}/debug/resources")[1])["roles"]["demo/edge"]
    versions = [
        version
        for kind in ("CDS", "LDS", "RDS")
        for name, version in types[kind]["resources"].items()
        if (kind, name) != ("RDS", "xds-server/ready") and not (kind == "LDS" and name in without)
    ]
    return f"{sum(int(version, 16) for version in versions) % (1 << 128):032x}"


def test_many_services_gone_at_once_stay_until_somebody_says_so(tmp_path: Path) -> None:
    """The shrink guard holds the clusters under load, says so everywhere, and a release lets them go."""
    with Stack(tmp_path) as stack:
        many = _many(stack)
        control_plane = stack.control_plane("readiness.shrink_hold_seconds=600")
        control_plane.wait_ready()
        envoy = stack.envoy()
        stack.wait_live(envoy, control_plane)
        with Load(stack.gateway_port, keep_alive=50, new=10) as load:
            many.unlink()
            wait_for("the hold", lambda: control_plane.metric("hold_active", reason="shrink") == 1, 10, control_plane)

            wait_for("the reason", lambda: f"would lose {SERVICES} of" in control_plane.why(), 5, control_plane)
            assert control_plane.ready
            assert 0 == envoy.stat("cluster_manager.cluster_removed")
            assert "change.held" in ask(f"{control_plane.url}/debug/timeline")[1]
            assert _release(control_plane, "--kind=shrink") == "shrink: 1 released\n"

            wait_for("the clusters to go", lambda: envoy.stat("cluster_manager.cluster_removed") == SERVICES, 10, envoy)
            assert 1 == control_plane.metric("hold_released_total", outcome="operator", reason="shrink")
        assert 0 == load.failures, load.statuses()


def test_a_shrink_is_believed_when_its_time_is_up(tmp_path: Path) -> None:
    """And counted as such."""
    with Stack(tmp_path) as stack:
        many = _many(stack)
        control_plane = stack.control_plane("readiness.shrink_hold_seconds=0.5")
        control_plane.wait_ready()
        clusters = control_plane.metric("snapshot_resources", type="CDS")
        many.unlink()

        wait_for(
            "the clusters to go",
            lambda: control_plane.metric("snapshot_resources", type="CDS") == clusters - SERVICES,
            10,
            control_plane,
        )
        assert 1 == control_plane.metric("hold_released_total", outcome="timeout", reason="shrink")


def test_a_parked_proxy_is_sent_away_by_a_release(tmp_path: Path) -> None:
    """It is told why, is not served the unknown, and comes back by itself."""
    with Stack(tmp_path) as stack:
        control_plane = stack.control_plane(
            "--gate=park", late_lists("services=30"), "readiness.soft_deadline_seconds=0.5"
        )
        wait_for("the HTTP port", lambda: bool(ask(f"{control_plane.url}/livez")[0]), 20, control_plane)
        envoy = stack.envoy()
        wait_for("the hold", lambda: control_plane.metric("hold_active", reason="not_ready") == 1, 20, control_plane)
        assert '"kind": "not_ready"' in ask(f"{control_plane.url}/debug/holds")[1]

        assert (
            _release(control_plane)
            == "file: 0 released, not_ready: 1 released, queued: 0 released, retained: 0 released, shrink: 0 released, unknown_role: 0 released\n"
        )

        released = "hold_released_total"
        wait_for(
            "its end", lambda: control_plane.metric(released, outcome="operator", reason="not_ready") == 1, 10, envoy
        )
        wait_for("its return", lambda: control_plane.metric("hold_active", reason="not_ready") == 1, 20, envoy)
        assert 0 == control_plane.metric("xds_responses_total")
        wait_for(
            "the soft deadline", lambda: control_plane.metric("soft_deadlines_exceeded_total") >= 1, 10, control_plane
        )
        assert "still_not_ready" in control_plane.log.read_text()


def test_advice_comes_from_the_start_that_was(tmp_path: Path) -> None:
    """Before it is ready nothing is known; then the summary and the advice agree, counted from the process' beginning."""
    deployment = tmp_path / "deployment.yaml"
    deployment.write_text("spec: {progressDeadlineSeconds: 1, template: {spec: {containers: [{name: xds-server}]}}}")
    command = [*COMMAND, "advise", f"--check={deployment}"]
    with Stack(tmp_path) as stack:
        control_plane = stack.control_plane(late_lists("endpointslices=3"))
        command.append(f"--url={control_plane.url}")
        wait_for(
            "the wait", lambda: "waiting for endpointslices" in ask(f"{control_plane.url}/readyz")[1], 20, control_plane
        )
        early = subprocess.run(command, capture_output=True, text=True, check=False, timeout=30)
        assert (early.returncode, "not ready yet (sources: waiting for endpointslices" in early.stderr) == (2, True)

        control_plane.wait_ready()
        late = subprocess.run(command, capture_output=True, text=True, check=False, timeout=30)

        assert late.returncode == 1, late.stderr
        assert "startupProbe:   {httpGet: {path: /startupz" in late.stdout
        assert "progressDeadlineSeconds is 1 s, the last start took" in late.stdout
        summary = re.search(
            r'summary="ready in ([\d.]+) s: .*list [\d.]+.*slowest endpointslices', control_plane.log.read_text()
        )
        assert summary is not None
        assert f"The last start took {summary[1]} s" in late.stdout
        assert (
            "check check=sources/endpointslices was=waiting status=passed"
            in ask(f"{control_plane.url}/debug/timeline")[1]
        )


def test_a_new_replica_compares_with_the_old_and_a_shadow_ends(tmp_path: Path) -> None:
    """Equal: ready at once, and exit status 0. Different: ready when the time is up, named, and exit status 2."""
    with Stack(tmp_path) as stack:
        old = stack.control_plane()
        old.wait_ready()
        shadow = serve_command(
            tmp_path / "shadow.yaml", f"--source=files:{stack.manifests}", "--marker-port=0", "--http-address=127.0.0.1:0",
            "--shadow", f"--parity-peer={old.url}", "readiness.parity_seconds=1",
        )  # fmt: skip
        equal = subprocess.run(shadow, capture_output=True, text=True, check=False, timeout=60)
        assert equal.returncode == 0, equal.stderr
        assert "parity outcome=equal" in equal.stderr
        assert "grpc.listening" not in equal.stderr

        other = subprocess.run(
            [*shadow, "--marker-port=19002"], capture_output=True, text=True, check=False, timeout=60
        )
        assert other.returncode == 2, other.stderr
        line = other.stderr.splitlines()[-1]
        assert line.startswith("xds-server: shadow: differs from the peer in demo/edge LDS: 0 changed, 1 ours alone")

        (tmp_path / "new").mkdir()
        source = f"files:{stack.manifests}"
        with ControlPlane(
            source, tmp_path / "new", "--marker-port=19002", f"--parity-peer={old.url}", "readiness.parity_seconds=2"
        ) as new:
            wait_for("the difference", lambda: "parity/peer waiting: " in new.why() and "differs" in new.why(), 20, new)
            assert not new.ready
            assert new.wait_ready() > 0
            assert 1 == new.metric("parity_comparisons_total", outcome="different")
            assert 1 == new.metric("parity_diff_resources", type="LDS")
            assert '"xds-server/ready"' in ask(f"{new.url}/debug/parity")[1]


@pytest.mark.parametrize(("signals", "least", "most"), [(1, 1.0, 6.0), (2, 0.0, 2.5)])
def test_streams_end_one_by_one_and_a_second_signal_hurries(
    signals: int, least: float, most: float, tmp_path: Path
) -> None:
    """Two proxies are not sent away in the same moment, unless there is no time."""
    with Stack(tmp_path) as stack:
        control_plane = stack.control_plane("server.drain_spread_seconds=4")
        control_plane.wait_ready()
        admin_port = free_port()
        text = bootstrap(GATEWAY, stack.grpc_port, admin_port)
        with Envoy(text, admin_port, tmp_path, name="second") as second:
            envoys = (stack.envoy(), second)
            for envoy in envoys:
                stack.wait_live(envoy, control_plane)
            begin = time.monotonic()
            control_plane.process.terminate()
            wait_for(
                "the first to go",
                lambda: sum(envoy.stat("control_plane.connected_state") for envoy in envoys) < 2,
                5,
            )
            for _ in range(signals - 1):
                control_plane.process.terminate()

            assert control_plane.process.wait(15) == 0
            assert least < time.monotonic() - begin < most
