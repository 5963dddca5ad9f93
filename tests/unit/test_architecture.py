"""Each import contract catches what it forbids: broken on purpose, one at a time."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("krt", "probes", "xds_server")

BREACHES = {
    "krt and probes are libraries: neither knows the other, or the server": ("probes/gate.py", "import krt"),
    "rooms know only the rooms below them": ("xds_server/model/objects.py", "import xds_server.xds.protocol"),
    "within xds: transport, codec, protocol, cache": (
        "xds_server/xds/protocol/stream.py",
        "import xds_server.xds.codec.sotw",
    ),
    "within readiness: the protections know nothing of what uses them": (
        "xds_server/readiness/protections/retention.py",
        "import xds_server.readiness.publisher",
    ),
    "the core is sans-I/O and deterministic": ("xds_server/translate/gatewayapi/attachment.py", "import asyncio"),
    "the Gateway API's rules do not know Envoy": (
        "xds_server/translate/gatewayapi/attachment.py",
        "import xds_server.envoy.routes",
    ),
    "krt reads from top to bottom": ("krt/buckets.py", "import krt.collection"),
    "probes reads from top to bottom": ("probes/layer.py", "import probes.report"),
    "krt stands on the standard library alone": ("krt/graph.py", "import msgspec"),
    "kopf stays in the Kubernetes provider": ("xds_server/server/app.py", "import kopf"),
    "grpc stays in the transport": ("xds_server/readiness/admission.py", "import grpc"),
    "what makes the encoders does not serve": ("xds_server/envoy/clusters.py", "import xds_server.envoy.generate"),
}


def _copy(tmp_path: Path) -> None:
    for package in PACKAGES:
        shutil.copytree(ROOT / package, tmp_path / package, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)


def _linted(tmp_path: Path) -> str:
    command = "from importlinter.cli import lint_imports_command; lint_imports_command()"
    result = subprocess.run(
        [sys.executable, "-c", command, "--no-cache"],
        cwd=tmp_path, env={"PYTHONPATH": str(tmp_path)}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    return result.stdout + result.stderr


@pytest.mark.parametrize("contract", BREACHES)
def test_a_breach_of_each_contract_is_caught(contract: str, tmp_path: Path) -> None:
    """A forbidden import in a copy of the code breaks the contract that forbids it."""
    _copy(tmp_path)
    module, statement = BREACHES[contract]
    with (tmp_path / module).open("a") as file:
        file.write(f"\n{statement}\n")

    assert f"{contract} BROKEN" in _linted(tmp_path)


def test_every_contract_has_its_breach() -> None:
    """A contract that was never seen to break may not hold anything."""
    text = (ROOT / "pyproject.toml").read_text()
    names = {line.partition("= ")[2].strip('"') for line in text.splitlines() if line.startswith("name = ")}

    assert set(BREACHES) == names - {"xds-server"}


def test_a_package_must_choose_its_layer(tmp_path: Path) -> None:
    """A new package beside the others breaks the contract until a layer names it."""
    _copy(tmp_path)
    (tmp_path / "xds_server/attic").mkdir()
    (tmp_path / "xds_server/attic/__init__.py").touch()

    assert "rooms know only the rooms below them BROKEN" in _linted(tmp_path)


def test_the_picture_of_the_imports_is_current() -> None:
    """docs/imports.md is what `make arch` draws."""
    drawn = subprocess.run(
        [sys.executable, ROOT / "docs/imports.py"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout

    assert (ROOT / "docs/imports.md").read_text() == drawn, "run: make arch"
