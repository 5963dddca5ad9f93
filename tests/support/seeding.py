"""Seeding bugs into copies of the code, one at a time, to see whether the tests find each."""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Bug:
    """One change of one place."""

    name: str
    module: str
    """Its path, from the root."""
    old: str
    new: str

    def has_its_place(self, root: Path = ROOT) -> bool:
        """Whether there is exactly one place to change."""
        return (root / self.module).read_text().count(self.old) == 1

    def seed(self, root: Path) -> None:
        """Changes a copy of the code."""
        path = root / self.module
        path.write_text(path.read_text().replace(self.old, self.new))


def main(bugs: Sequence[Bug], copied: Iterable[str], finding: Callable[[Path], str], words: list[str]) -> int:
    """Runs all bugs, or those whose names contain one of *words*. Returns the exit status: 1 if one was not found.

    *copied*: the files and directories that a copy needs; *finding*: what the tests say of a copy, "" if they pass.
    """
    chosen = [bug for bug in bugs if not words or any(word in bug.name for word in words)]
    missed = 0
    for bug in chosen:
        with tempfile.TemporaryDirectory() as name:
            root = Path(name)
            _copy(copied, root)
            if bug.has_its_place(root):
                bug.seed(root)
                found = finding(root)
                said = found or "SURVIVED"
            else:
                found, said = "", "NOT SEEDED: there is no such place"
        missed += not found
        sys.stdout.write(f"{bug.name:58} {said[:110]}\n")
        sys.stdout.flush()
    sys.stdout.write(f"{len(chosen) - missed} of {len(chosen)} seeded bugs were found\n")
    return 1 if missed else 0


def failing_suites(directory: Path, suites: Mapping[str, Sequence[str]]) -> str:
    """Which suites of pytest fail in a copy, or ""; a run that does not end counts as a failure."""
    environment = os.environ | {"HYPOTHESIS_PROFILE": "seeded", "PYTHONDONTWRITEBYTECODE": "1"}
    found = []
    for name, paths in suites.items():
        command = [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", *paths]
        try:
            run = subprocess.run(command, cwd=directory, env=environment, capture_output=True, timeout=60, check=False)
        except subprocess.TimeoutExpired:
            found.append(name)
        else:
            if run.returncode:
                found.append(name)
    return f"killed by {', '.join(found)}" if found else ""


def _copy(names: Iterable[str], into: Path) -> None:
    """Without what runs left behind."""
    for name in names:
        source, target = ROOT / name, into / name
        target.parent.mkdir(parents=True, exist_ok=True)
        if source.is_dir():
            shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
        elif source.exists():
            shutil.copy(source, target)
