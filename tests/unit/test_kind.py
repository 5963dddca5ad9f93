"""deploy/kind.sh, as far as that goes without kind and docker: what it would run, and that what it names is there.

That an image is built, and runs in a cluster of kind, is not tested.
"""

import os
import subprocess
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[2]
SCRIPT = ROOT / "deploy/kind.sh"
TOOLS = ("kind", "docker", "kubectl")


def run(directory: Path, *tools: str) -> "subprocess.CompletedProcess[str]":
    """The script, with *tools* that only write down how they are called, and the shell's own."""
    for name in tools:
        tool = directory / name
        tool.write_text(f'#!/bin/sh\necho {name} "$@" >> {directory}/calls\n')
        tool.chmod(0o755)
    for name in ("sh", "dirname", "grep"):
        found = next(path for path in os.get_exec_path() if (Path(path) / name).exists())
        (directory / name).symlink_to(Path(found) / name)
    environ = {"PATH": str(directory)}
    return subprocess.run(["sh", str(SCRIPT)], env=environ, capture_output=True, text=True, check=False)


def test_a_cluster_is_made_the_image_goes_into_it_and_the_manifests_are_applied(tmp_path: Path) -> None:
    """In this order; the image is the one that the Deployment names, and the files are there."""
    done = run(tmp_path, *TOOLS)

    assert (0, "") == (done.returncode, done.stderr)
    calls = [line.split() for line in (tmp_path / "calls").read_text().splitlines()]
    assert [
        ["kind", "get"],
        ["kind", "create"],
        ["kubectl", "config"],
        ["docker", "build"],
        ["kind", "load"],
        ["kubectl", "apply"],
        ["kubectl", "apply"],
        ["kubectl", "rollout"],
    ] == [call[:2] for call in calls]
    build, load, applied = calls[3], calls[4], calls[6]
    deployment = yaml.safe_load((ROOT / "deploy/kubernetes/deployment.yaml").read_text().split("\n---")[0])
    (container,) = deployment["spec"]["template"]["spec"]["containers"]
    assert [container["image"]] * 2 == [build[-2], load[-1]]
    assert all(Path(path).exists() for path in (build[build.index("-f") + 1], build[-1], applied[-1]))


@pytest.mark.parametrize("missing", TOOLS)
def test_a_tool_that_is_missing_is_named_before_anything_is_done(tmp_path: Path, missing: str) -> None:
    """With exit status 2."""
    done = run(tmp_path, *(name for name in TOOLS if name != missing))

    assert (2, f"kind.sh: {missing} is not installed: install it\n") == (done.returncode, done.stderr)
    assert not (tmp_path / "calls").exists()


@pytest.mark.parametrize("script", ["deploy/kind.sh", "tests/e2e/netns", ".ci/run"])
def test_scripts_parse(script: str) -> None:
    """By the shell that their first line names."""
    path = ROOT / script
    shell = path.read_text().splitlines()[0].removeprefix("#!").removeprefix("/usr/bin/env ").split()[0]

    done = subprocess.run([shell, "-n", str(path)], capture_output=True, text=True, check=False)

    assert (0, "") == (done.returncode, done.stderr)
