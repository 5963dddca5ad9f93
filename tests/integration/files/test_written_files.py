"""What writers do to files, and what files hold, under a real Envoy's traffic."""

import os
import re
import subprocess
import time
from pathlib import Path

import pytest

from tests.support.control_plane import COMMAND, ControlPlane
from tests.support.load import Load
from tests.support.processes import wait_for
from tests.support.stack import Stack
from tests.support.web import ask

pytestmark = pytest.mark.envoy


def problems(control_plane: ControlPlane) -> str:
    return ask(f"{control_plane.url}/debug/problems")[1]


def held(control_plane: ControlPlane) -> int:
    return int(control_plane.metric("hold_active", reason="file"))


def resident(control_plane: ControlPlane) -> float:
    [line] = re.findall(r"^process_resident_memory_bytes (\S+)", ask(f"{control_plane.url}/metrics")[1], re.MULTILINE)
    return float(line)


@pytest.mark.parametrize("name", ["routes.yaml", "services.yaml", "gateway.yaml"])
def test_a_file_that_is_written_where_it_is_takes_nothing_away(tmp_path: Path, name: str) -> None:
    """It is emptied, stays so, has a part of what it had, and then all: as from a slow template. And it may be released."""
    with Stack(tmp_path) as stack:
        path = stack.manifests / name
        good = path.read_text()
        control_plane = stack.control_plane("providers.file_hold_seconds=60")
        control_plane.wait_ready()
        stack.wait_live(stack.envoy(), control_plane)
        with Load(stack.gateway_port, keep_alive=100, new=20) as load:
            path.write_text("")
            wait_for("the hold to be told", lambda: f"{path}: is empty" in problems(control_plane), 20, control_plane)
            assert held(control_plane) == 1
            path.write_text("# from a template\n")
            path.write_text(good[: good.rfind("\n---\n")] if "\n---\n" in good else good[: len(good) // 2])
            stack.wait_answers({"blue", "green"})
            path.write_text(good)
            wait_for("the hold to end", lambda: not held(control_plane), 20, control_plane)
        assert 0 == load.failures, load.statuses()
        assert control_plane.ready
        assert control_plane.metric("hold_released_total", reason="file", outcome="recovered") == 1

        path.write_text("")
        wait_for("the hold to begin", lambda: held(control_plane) == 1, 20, control_plane)
        command = [*COMMAND, "release", f"--url={control_plane.url}", "--kind=file"]
        assert subprocess.run(command, capture_output=True, text=True, check=True).stdout == "file: 1 released\n"
        wait_for("the file to be believed", lambda: not held(control_plane), 20, control_plane)


HOSTILE = {
    "bool.yaml": b"a: !!bool maybe\n",
    "int.yaml": b'a: !!int ""\n',
    "float.yaml": b'a: !!float ""\n',
    "time.yaml": b"a: !!timestamp abc\n",
    "nul.yaml": b"a: \0\n",
    "aliases.yaml": b"a: &a0 {k: v}\n" + b"".join(
        b"a%d: &a%d [%s]\n" % (i, i, b", ".join([b"*a%d" % (i - 1)] * 10)) for i in range(1, 12)
    ) + b"b: {<<: [*a0, *a11]}\n",
    "deep.yaml": b"a: " + b"[" * 100_000,
    "deep.json": b'{"a":' * 100_000,
    "many.json": b"{}" * 2_000_000,
    "long.yaml": b"a: " + b"abcdefgh " * 800_000,
    "wide.yaml": b"apiVersion: gateway.networking.k8s.io/v1\nkind: HTTPRoute\nmetadata: {name: w}\nspec: {rules: [" + b"{}," * 300_000 + b"]}\n",
    "bad.yaml": b"a: 1\n---\n" * 200_000,
}  # fmt: skip


def test_whatever_a_directory_holds_costs_itself(tmp_path: Path) -> None:
    """Bad tags, YAML that multiplies, trees that double, pipes, names that are no text: at the start, and while it runs."""
    with Stack(tmp_path) as stack:
        for name, text in HOSTILE.items():
            (stack.manifests / name).write_bytes(text)
            os.utime(stack.manifests / name, (time.time() - 60,) * 2)
        Path(os.fsdecode(os.fsencode(stack.manifests) + b"/\xff\n\x1b.yaml")).write_bytes(b"kind: [")
        for level in range(40):
            (stack.manifests / f"d{level}").mkdir()
            for side in "ab":
                (stack.manifests / f"d{level}" / side).symlink_to(f"../d{level + 1}")
        (stack.manifests / "up").symlink_to(".")
        (stack.manifests / "loop.yaml").symlink_to("loop.yaml")
        os.mkfifo(stack.manifests / "pipe.yaml")
        with (stack.manifests / "huge.yaml").open("wb") as huge:
            huge.truncate(2**40)

        control_plane = stack.control_plane("providers.file_hold_seconds=2")
        control_plane.wait_ready(60)
        stack.wait_live(stack.envoy(), control_plane)
        with Load(stack.gateway_port, keep_alive=100, new=20) as load:
            for name, text in HOSTILE.items():
                (stack.manifests / name).unlink()
                (stack.manifests / f"new-{name}").write_bytes(text)
            last = f"new-{name}"
            wait_for("the last of them to be told", lambda: last in problems(control_plane), 60, control_plane)
            assert {"blue", "green"} == stack.answers()
        assert 0 == load.failures, load.statuses()
        assert control_plane.ready
        said = problems(control_plane)
        for name in (*(f"new-{name}" for name in HOSTILE), "loop.yaml", "pipe.yaml", "huge.yaml", "xff"):
            assert name in said
        assert "bug in this program" not in said
        assert resident(control_plane) < 512 * 2**20
