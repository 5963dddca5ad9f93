"""Seeds bugs that the simulation does not find into copies of the server, one at a time: the unit tests must find each.

    python -m tests.unit.seeded_bugs [WORD ...]     # only those whose name contains a word

Exits with 1 if a bug survives, or if the code that it was to change is not there any more.
"""

import sys
from pathlib import Path

from tests.support.seeding import Bug, failing_suites, main

COPIED = ("krt", "probes", "xds_server", "tests/__init__.py", "tests/conftest.py", "tests/support", "tests/unit/__init__.py",
          "tests/unit/xds_server", "pyproject.toml")  # fmt: skip
SUITES = {"unit": ["tests/unit/xds_server/xds/protocol"]}


BUGS = (
    # Only a client that subscribes to the load assignment after its cluster came back is served the old one.
    Bug("a kept load assignment outlives the return of its cluster", "xds_server/xds/protocol/make_before_break.py",
        "assignments.outbox.drop_override(name)", "pass"),
)  # fmt: skip


def killers(directory: Path) -> str:
    """Which suites fail in a copy, or ""."""
    return failing_suites(directory, SUITES)


if __name__ == "__main__":
    sys.exit(main(BUGS, COPIED, killers, sys.argv[1:]))
