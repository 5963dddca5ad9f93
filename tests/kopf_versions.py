"""Runs the contract tests on the oldest and the newest kopf that pyproject.toml claims: `python -m tests.kopf_versions`.

Or on those that are named: `python -m tests.kopf_versions 1.46.0`. Each is installed into a directory of its own,
beside the environment, which stays as it is.
"""

import os
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[1]
CONTRACT = (
    "tests/unit/xds_server/providers/kubernetes/test_kopf_contract.py",
    "tests/integration/kube/test_kopf_client.py",
)
ADVICE = """\
kopf {version} is not what xds_server/providers/kubernetes/kopf_client.py relies on. The failed tests name what has moved. Either
- leave this version out: set the bounds of kopf in pyproject.toml to versions that pass; or
- fix kopf_client.py, which alone knows, and say in test_kopf_contract.py what holds now.
docs/decisions/0004-informers-of-our-own-on-kopfs-client.md says what it would take to do without kopf."""


def claimed() -> str:
    """The requirement, as in `kopf>=1.45,<1.46`."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    return next(one for one in project["dependencies"] if one.startswith("kopf"))


def oldest(requirement: str) -> str:
    """The requirement that only its oldest version meets."""
    version = requirement.partition(">=")[2].partition(",")[0]
    return f"kopf=={version}.0" if version.count(".") == 1 else f"kopf=={version}"


def passes(requirement: str, directory: str) -> bool:
    """Whether the contract holds with the kopf that meets the requirement."""
    pip = [sys.executable, "-m", "pip", "install", "-q", "--disable-pip-version-check", "--no-deps"]
    subprocess.run([*pip, "--target", directory, requirement], check=True)
    env = os.environ | {"PYTHONPATH": directory}
    found = subprocess.run(
        [sys.executable, "-c", "import kopf, importlib.metadata as m; print(kopf.__file__, m.version('kopf'))"],
        env=env, check=True, capture_output=True, text=True,
    ).stdout.split()  # fmt: skip
    assert found[0].startswith(directory), f"kopf comes from {found[0]}, not from {directory}"
    sys.stdout.write(f"kopf {found[1]}:\n")
    sys.stdout.flush()
    tests = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *CONTRACT]
    if subprocess.run(tests, env=env, cwd=ROOT, check=False).returncode == 0:
        return True
    sys.stderr.write(ADVICE.format(version=found[1]) + "\n")
    return False


def main() -> None:
    """The command; exit status 1 if one of them fails."""
    requirement = claimed()
    chosen = [f"kopf=={version}" for version in sys.argv[1:]] or [oldest(requirement), requirement]
    results = []
    for one in chosen:
        with tempfile.TemporaryDirectory() as directory:
            results.append(passes(one, directory))
    raise SystemExit(0 if all(results) else 1)


if __name__ == "__main__":
    main()
