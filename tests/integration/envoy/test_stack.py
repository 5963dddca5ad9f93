"""The whole thing on files, with a real Envoy: what a user sees."""

import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from benchmarks.blip.restart import restart
from tests.support.control_plane import COMMAND, ControlPlane, late_lists
from tests.support.load import Load
from tests.support.processes import wait_for
from tests.support.stack import Stack
from tests.support.web import ask

pytestmark = pytest.mark.envoy

ROOT = Path(__file__).resolve().parents[3]


def test_the_demo_checks_itself(tmp_path: Path) -> None:
    """`make demo ONCE=1` is right, ends, and leaves no process behind."""
    result = subprocess.run(
        [sys.executable, "-m", "examples.demo", "--once"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert 0 == result.returncode, result.stdout + result.stderr
    assert "All as it should be." in result.stdout
    directory = re.search(r"files:(\S+)/manifests", result.stdout)
    assert directory is not None
    assert [] == [line for line in _commands() if directory[1] in line]


def _commands() -> list[str]:
    processes = Path("/proc").glob("[0-9]*/cmdline")
    return [text for one in processes if (text := _read(one))]


def _read(path: Path) -> str:
    try:
        return path.read_bytes().replace(b"\0", b" ").decode()
    except OSError:
        return ""


def test_edit_and_see(tmp_path: Path) -> None:
    """A saved route takes effect within a second and drops no request; a broken file costs nothing but itself."""
    with Stack(tmp_path) as stack:
        control_plane = stack.control_plane()
        control_plane.wait_ready()
        envoy = stack.envoy()
        stack.wait_live(envoy, control_plane)
        routes = stack.manifests / "routes.yaml"
        good, known = routes.read_text(), _problems(control_plane)
        with Load(stack.gateway_port, keep_alive=100, new=20) as load:
            routes.write_text(good.replace("blue, port: 80, weight: 1", "blue, port: 80, weight: 0"))
            stack.wait_answers({"green"})

            routes.write_text(good.replace("rules:", "rules: ]"))
            wait_for("the broken file to be named", lambda: "routes.yaml:10" in _problems(control_plane), 20)
            assert {"green"} == stack.answers()

            routes.write_text(good.replace("value: /blue}", "value: blue}"))
            wait_for(
                "the invalid field to be named", lambda: "spec.rules[1].matches[0]" in _problems(control_plane), 20
            )
            problem = _problems(control_plane)
            assert "HTTPRoute demo/shop" in problem
            assert "routes.yaml:" in problem
            assert {"green"} == stack.answers()

            routes.write_text(good)
            stack.wait_answers({"blue", "green"})

        assert 0 == load.failures, load.statuses()
        assert control_plane.ready
        wait_for("only what was wrong before", lambda: known == _problems(control_plane), 20)


def _problems(control_plane: ControlPlane) -> str:
    return ask(f"{control_plane.url}/debug/problems")[1]


def test_an_ungated_restart_fails_and_a_gated_one_does_not() -> None:
    """A shorter `make blip`. Envoy may take 2 s to dial again: without a gate, endpoints are late by more than that."""
    off = restart("off", "endpoints", delay_seconds=4)
    bounded = restart("bounded", "endpoints", delay_seconds=1)

    assert off.failing_share > 0.9, off
    assert bounded.unharmed, bounded


def test_a_proxy_of_an_unknown_role_is_told_and_gets_nothing(tmp_path: Path) -> None:
    """It is held, then told which Gateways there are; it is never live on an empty configuration."""
    with Stack(tmp_path) as stack:
        control_plane = stack.control_plane("xds.admission.hold_seconds=0.2")
        control_plane.wait_ready()
        envoy = stack.envoy(gateway="demo/ege")

        wait_for("Envoy to log why", lambda: "it has: demo/edge" in envoy.log.read_text(), 20, envoy, control_plane)

        assert not envoy.live
        assert 0 == control_plane.metric("xds_responses_total")
        assert control_plane.metric("hold_released_total", outcome="timeout", reason="unknown_role") > 0


def test_a_held_proxy_shows_in_metrics_and_is_served_when_all_is_known(tmp_path: Path) -> None:
    """Nothing is sent before the gate has passed; then everything is, at once, and the hold is counted."""
    with Stack(tmp_path) as stack:
        control_plane = stack.control_plane("--gate=park", late_lists("services=2"))
        wait_for("the HTTP port", lambda: bool(ask(f"{control_plane.url}/livez")[0]), 20, control_plane)
        envoy = stack.envoy()
        wait_for(
            "the hold", lambda: control_plane.metric("hold_active", reason="not_ready") == 1, 20, control_plane, envoy
        )
        assert "waiting for services" in ask(f"{control_plane.url}/readyz")[1]
        assert 200 == ask(f"{control_plane.url}/startupz")[0]
        assert 503 == ask(f"{control_plane.url}/readyz")[0]
        assert 0 == control_plane.metric("xds_responses_total")

        stack.wait_live(envoy, control_plane)

        assert 1 == control_plane.metric("hold_released_total", outcome="admitted", reason="not_ready")
        assert 0 == control_plane.metric("hold_active", reason="not_ready")
        assert {"blue", "green"} == stack.answers()


def test_sigterm_drains_and_a_second_one_hurries(tmp_path: Path) -> None:
    """`/readyz` fails at once, `/livez` does not, streams are served on, and the exit status is 0."""
    with Stack(tmp_path) as stack:
        control_plane = stack.control_plane("server.drain_seconds=30")
        control_plane.wait_ready()
        control_plane.process.terminate()
        wait_for("draining", lambda: not control_plane.ready, 5, control_plane)
        assert 200 == ask(f"{control_plane.url}/livez")[0]
        assert "serving: failed: draining (draining" in ask(f"{control_plane.url}/readyz")[1]

        begin = time.monotonic()
        control_plane.process.send_signal(signal.SIGTERM)

        assert 0 == control_plane.process.wait(10)
        assert time.monotonic() - begin < 5


def test_a_grpc_port_in_use_is_one_line_and_exit_status_2(tmp_path: Path) -> None:
    """No traceback: which address, why, and what to do."""
    with Stack(tmp_path) as stack:
        control_plane = stack.control_plane()
        control_plane.wait_ready()
        address = f"127.0.0.1:{control_plane.grpc_port}"

        result = subprocess.run(
            [*COMMAND, "serve", f"--source=files:{stack.manifests}", f"--grpc-address={address}", "--http-address=127.0.0.1:0"],
            capture_output=True, text=True, timeout=30, cwd=ROOT, check=False,
        )  # fmt: skip

    assert 2 == result.returncode
    assert result.stderr.splitlines()[-1].startswith(f"xds-server: cannot listen on {address}")
    assert "Traceback" not in result.stderr


def test_an_api_server_that_cannot_be_reached_ends_nothing(tmp_path: Path) -> None:
    """Alive, not ready, with the reason; tried again for ever."""
    kubeconfig = tmp_path / "kubeconfig"
    kubeconfig.write_text(
        "apiVersion: v1\nkind: Config\ncurrent-context: x\n"
        "clusters: [{name: x, cluster: {server: 'http://127.0.0.1:1'}}]\n"
        "users: [{name: x, user: {token: x}}]\ncontexts: [{name: x, context: {cluster: x, user: x}}]\n"
    )
    with Stack(tmp_path) as stack:
        control_plane = stack.control_plane(f"--kubeconfig={kubeconfig}", source="kube")
        wait_for(
            "the reason",
            lambda: "sources/services failed: error: cannot list services: cannot reach" in control_plane.why(),
            20,
            control_plane,
        )

        assert 200 == ask(f"{control_plane.url}/livez")[0]
        assert 503 == ask(f"{control_plane.url}/readyz")[0]
        failures = control_plane.metric("source_errors_total", source="services")
        wait_for(
            "another try",
            lambda: control_plane.metric("source_errors_total", source="services") > failures,
            20,
            control_plane,
        )
