"""Settings in a server that runs: a process of its own, asked over real gRPC, or the parts that take them."""

import subprocess
from pathlib import Path

import grpc
import pytest

from tests.support.control_plane import COMMAND
from tests.support.processes import wait_for
from tests.support.setting_values import EDGES, FIELDS, NAMES, base
from tests.support.stack import Stack
from tests.support.xds_client import Proxy
from xds_server.model.address import Address
from xds_server.model.resource import CLUSTER
from xds_server.server import app
from xds_server.server.process import StartError
from xds_server.server.setting_fields import SettingsError
from xds_server.server.settings import Settings
from xds_server.server.settings_parser import read_settings
from xds_server.server.wiring import ControlPlane
from xds_server.xds.transport.server import AdsServer


async def test_limits_reach_the_transport(tmp_path: Path) -> None:
    """With room for one stream the first one is served, and the second is told the limit."""
    with Stack(tmp_path) as stack:
        control_plane = stack.control_plane("xds.limits.streams=1")
        control_plane.wait_ready()
        async with grpc.aio.insecure_channel(f"127.0.0.1:{stack.grpc_port}") as channel:
            first = Proxy(channel, role="demo/edge")
            await first.ask(CLUSTER)
            before = await first.read()
            await first.ask(CLUSTER, nonce=before.nonce)
            second = Proxy(channel, role="demo/edge")
            await second.ask(CLUSTER)

            assert (
                grpc.StatusCode.RESOURCE_EXHAUSTED,
                "1 streams are open, which is the limit: try another replica",
            ) == await second.ending()

            services = stack.manifests / "more.yaml"
            services.write_text("apiVersion: v1\nkind: Service\nmetadata: {name: x}\nspec: {ports: [{port: 1}]}\n")
            assert len(before.resources) + 1 == len((await first.read()).resources)


def _accepted(name: str) -> list[Settings]:
    """The settings in which one is at each of its edges that is not refused."""
    found = []
    for value in EDGES:
        try:
            found.append(read_settings({**base(name), name: value}))
        except SettingsError:
            continue
    return found


async def _start(settings: Settings) -> None:
    """Makes all parts that take settings, and opens the gRPC port."""
    try:
        control_plane = ControlPlane(settings)
    except StartError:  # a kind that there is not, for example
        return
    server = AdsServer(
        Address("127.0.0.1", 0), admission_policy=control_plane.admission_policy, observer=control_plane.observer,
        admission=app.admission_config(settings), limits=settings.xds.limits, connections=100,
    )  # fmt: skip
    await server.start()
    control_plane.tick()
    await server.stop(0)


@pytest.mark.parametrize("name", NAMES)
async def test_what_is_taken_can_be_started_with(name: str) -> None:
    """A setting at any edge that is not refused: the replica is made, and gRPC takes what is made of it."""
    seen: list[Settings] = []
    for settings in _accepted(name):
        if settings not in seen:
            seen.append(settings)
            await _start(settings)


@pytest.mark.parametrize("name", [name for name in NAMES if FIELDS[name].declaration.range is not None])
async def test_every_number_can_be_started_with_at_its_edges(name: str) -> None:
    """What is a number of milliseconds, or of twice as many bytes, fits into what gRPC has for it."""
    allowed = FIELDS[name].declaration.range
    assert allowed is not None
    for number in {allowed.min, allowed.max, *([0] if allowed.or_zero else [])}:
        await _start(read_settings({**base(name), name: number}))


@pytest.mark.parametrize("least", [True, False])
def test_a_server_runs_with_every_setting_at_its_edge(least: bool, tmp_path: Path) -> None:
    """All seconds and rates at the least, or the most, that they may be: it is ready, and ends when it is told to."""
    seconds = "0.001" if least else "2000000"
    names = [
        name
        for name in NAMES
        if name.endswith("_seconds") and ".edge." not in name and name != "readiness.initial_push_seconds"
    ]
    with Stack(tmp_path) as stack:
        options = [f"{name}={seconds}" for name in names]
        options += [f"xds.admission.per_second={'0.001' if least else '1000000000'}"]
        control_plane = stack.control_plane(*options)
        control_plane.wait_ready()
        control_plane.process.terminate()
        wait_for("the drain", lambda: "draining" in control_plane.log.read_text(), 10)
        if not least:  # else the drain takes a millisecond, and nobody may listen to a second signal
            control_plane.process.terminate()

        assert control_plane.process.wait(10) == 0
        assert "Traceback" not in control_plane.log.read_text()


@pytest.mark.parametrize(
    "content",
    [
        b"", b"\xff\xfe", b"[" * 100_000, b"clusters: 3", b"a: !!int ''", b"a: !!timestamp abc", b"- a", b"a: &a [*a]", b"\x00", b"current-context: [x]",
        b"current-context: x\ncontexts: [{name: x, context: {cluster: x, user: x}}]\nclusters: [{name: x, cluster: {server: 'http://[::1'}}]",
    ],
)  # fmt: skip
def test_a_kubeconfig_that_cannot_be_read_is_one_line(content: bytes, tmp_path: Path) -> None:
    """With its path, exit status 2, and no traceback; a directory and a missing file likewise."""
    file = tmp_path / "kubeconfig"
    file.write_bytes(content)
    paths = [file, tmp_path, tmp_path / "none"] if not content else [file]
    for path in paths:
        command = [
            *COMMAND,
            "serve",
            "--source=kube",
            f"--kubeconfig={path}",
            "--http-address=127.0.0.1:0",
            "--grpc-address=127.0.0.1:0",
        ]
        result = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)
        (line,) = [line for line in (result.stdout + result.stderr).splitlines() if "http.listening" not in line]

        assert result.returncode == 2
        assert line.startswith("xds-server: ")
        assert str(path) in line


def test_too_few_files_are_said_before_anything_is_opened(tmp_path: Path) -> None:
    """gRPC would end the process without a word."""
    command = ["sh", "-c", 'ulimit -n 40; exec "$@"', "sh", *COMMAND, "serve", f"--source=files:{tmp_path}"]
    result = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)

    assert result.returncode == 2
    assert "xds-server: only 40 files may be open: let it be 64 or more (ulimit -n)" in result.stdout + result.stderr
