"""Seeds bugs into copies of krt, one at a time, and runs its tests: every one must die.

    python -m tests.property.seeded_bugs [WORD ...]     # only those whose name contains a word

Exits with 1 if a bug survives, or if the code that it was to change is not there any more.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
COPIED = ("krt", "tests/__init__.py", "tests/conftest.py", "tests/unit/__init__.py", "tests/unit/krt", "tests/property",
          "docs/krt", "pyproject.toml")  # fmt: skip
SUITES = {"unit": ["tests/unit/krt"], "property": ["tests/property/test_krt_oracle.py"]}


@dataclass(frozen=True)
class Bug:
    """One change of one place."""

    name: str
    module: str
    old: str
    new: str


BUGS = (
    # reads
    Bug("get is not remembered", "context", "self._reads.append((of, key, None))\n            return value", "return value"),
    Bug("lookup is not remembered", "context", "self._reads.append((index, at, None))", "pass"),
    Bug("fetch is not remembered", "context", "self._reads.append((of, ALL, None))\n            return", "return"),
    Bug("lookup_all watches the wrong place", "context", "(index, smallest, None)", "(index, next(iter(places)), None)"),
    Bug("lookup_within watches one place", "context", "for at in places)", "for at in places[:1])"),
    Bug("old reads are not dropped", "derived", "leave(reader, old)", "pass"),
    Bug("reads of a removed input stay", "derived", "self._remember(key, [])", "pass"),
    Bug("a projection never changes", "reads", "if self._read() != self.was:", "if False:"),
    Bug("a projection hides the whole value", "reads", "if projection is None or reader", "if reader"),
    Bug("the second projection is lost", "reads", "self._also is not None and self._also.changed()", "False"),
    Bug("the sorted values are stale", "collection", "        self._sorted = None\n", ""),
    # order
    Bug("rank order is broken", "graph", "heapq.heappop(self._queue)", "self._queue.pop()"),
    Bug("a node is queued twice", "graph", "if not node._queued:", "if True:"),
    Bug("a later collection may be read", "context", "or of.rank >= self._node.rank", ""),
    # values
    Bug("equal values are not cut off", "collection",
        "if old is new or (old is not None and new is not None and old == new):", "if old is new:"),
    Bug("the old value is that of the last write", "collection",
        "start = self._before.setdefault(key, old)", "start = self._before[key] = old"),
    Bug("a net no-op is a change", "collection", "            del self._before[key]  # back", "            pass  # back"),
    Bug("children are not told", "collection", "child._input_changed(self, changed)", "pass"),
    # sync
    Bug("a parked key is forgotten", "collection", "            node._wake(key, self)\n        for", "            pass\n        for"),
    Bug("a parked key does not hold up the sync", "derived", "(*self._parents, *self._parked.values())", "self._parents"),
    Bug("a key stays parked", "derived", "self._parked.pop(key)._waiting", "self._parked[key]._waiting"),
    Bug("unknown is read as empty", "context", "if not of.synced:", "if False:"),
    Bug("a collection never tells that it synced", "collection", "            self.graph._enqueue(child)\n", "            pass\n"),
    Bug("an aborted mark of being synced stands", "source", "self._before = {}\n        self._sync_at_commit = False",
        "self._before = {}"),
    # transactions
    Bug("an abort does not undo", "transaction", "source._undo()", "pass"),
    Bug("a nested abort does not undo", "transaction", "source._restore(key, was)", "pass"),
    Bug("an inner transaction is not part of the outer one's undo", "transaction", "self.savepoints[-1].setdefault(at, was)", "pass"),
    Bug("the epoch counts everything", "graph", "if not changed and not self._newly_synced:\n            return", ""),
    Bug("a subscriber's write is not held", "transaction", "if self._graph._delivery.caller is not None:\n            self._graph._delivery.hold",
        "if False:\n            self._graph._delivery.hold"),
    Bug("replay shows what is not committed", "collection", "if not self._before:\n            return", "if True:\n            return"),
    # indexes
    Bug("an index keeps what moved away", "index", "                del bucket[key]\n", "                bucket.get(key)\n"),
    Bug("an index is never sorted", "index", "if at in self._unsorted:", "if False:"),
    Bug("a reader of the old place sleeps on", "index", "touched.update(dict.fromkeys(moved.get(key, ())))", "pass"),
    Bug("a reader of the new place sleeps on", "index", "touched.update(dict.fromkeys(self._filed.get(key, ())))", "pass"),
    Bug("a group is not told", "index", "group._wake_all(touched, self)", "pass"),
    # flat_map, merge, flatten
    Bug("the first to come owns an output key", "flat_map", "in_order(self._rivals[name])", "list(self._rivals[name])"),
    Bug("an output key is not handed over", "flat_map", "(self._owners[name],) = rivals", "rivals"),
    Bug("a claim stays denied", "flat_map", "            reasons.pop(name, None)\n", "            reasons.get(name, None)\n"),
    Bug("the last of a merge wins", "union", "next(self._values_of(key), None)", "next(reversed([*self._values_of(key)]), None)"),
    Bug("a member that left is not looked at", "union", "held=False)\n        self._dirty.update(dict.fromkeys(member._values, self._container))", "held=False)"),
    Bug("members are in the order of coming", "union", "for name in in_order(names) if len(names) > 1 else names:", "for name in names:"),
    # failures
    Bug("a failed key loses its output", "derived", "        result = KEPT\n        try:", "        result = None\n        try:"),
    Bug("a kept key loses its output", "derived", "            return KEPT\n        try:\n            return self._shape(keep", "            return None\n        try:\n            return self._shape(keep"),
    Bug("a failure is never over", "derived", "        self._failures.pop(key, None)\n        self._kept", "        self._kept"),
    # views and closing
    Bug("a view changes with the second change", "view", "self.old.setdefault(key, value)", "self.old[key] = value"),
    Bug("a view shows an open transaction", "view", "(self._overlay.old, self._collection._before)", "(self._overlay.old,)"),
    Bug("a closed collection is still woken", "derived", "            leave((self, key), reads)", "            pass"),
    Bug("a closed collection is still a child", "derived", "parent._children.pop(self, None)", "pass"),
)  # fmt: skip


def seed(bug: Bug, into: Path) -> bool:
    """Changes the copy; whether there was exactly one place to change."""
    path = into / "krt" / f"{bug.module}.py"
    text = path.read_text()
    if text.count(bug.old) != 1:
        return False
    path.write_text(text.replace(bug.old, bug.new))
    return True


def killers(directory: Path) -> list[str]:
    """Which suites fail in a copy; a run that does not end counts as a failure."""
    environment = os.environ | {"HYPOTHESIS_PROFILE": "seeded", "PYTHONDONTWRITEBYTECODE": "1"}
    found = []
    for name, paths in SUITES.items():
        command = [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", *paths]
        try:
            run = subprocess.run(command, cwd=directory, env=environment, capture_output=True, timeout=60, check=False)
        except subprocess.TimeoutExpired:
            found.append(name)
        else:
            if run.returncode:
                found.append(name)
    return found


def copy_to(directory: Path) -> None:
    """krt and its tests, without what runs of them left behind."""
    for name in COPIED:
        source = ROOT / name
        target = directory / name
        target.parent.mkdir(parents=True, exist_ok=True)
        if source.is_dir():
            shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
        elif source.exists():
            shutil.copy(source, target)


def main(words: list[str]) -> int:
    """Runs all bugs, or those that are asked for. Returns the exit status."""
    chosen = [bug for bug in BUGS if not words or any(word in bug.name for word in words)]
    survivors = 0
    for bug in chosen:
        with tempfile.TemporaryDirectory() as name:
            copy_to(Path(name))
            found = seed(bug, Path(name)) and killers(Path(name))
        survivors += not found
        verdict = "NOT SEEDED" if found is False else f"killed by {', '.join(found)}" if found else "SURVIVED"
        sys.stdout.write(f"{bug.name:57} {verdict}\n")
        sys.stdout.flush()
    sys.stdout.write(f"{len(chosen) - survivors} of {len(chosen)} seeded bugs died\n")
    return 1 if survivors else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
