"""The types of the public API."""

import re
from pathlib import Path

from mypy import api

ROOT = Path(__file__).parents[3]
FILES = ROOT / "tests" / "typing"


def errors_in(name: str) -> dict[int, set[str]]:
    """The codes of the errors of strict mypy, by line."""
    cache = ROOT / ".mypy_cache"
    out, err, _ = api.run(["--strict", "--hide-error-context", f"--cache-dir={cache}", str(FILES / name)])
    assert not err
    found: dict[int, set[str]] = {}
    for file, line, code in re.findall(r"^(.*?):(\d+): error: .*\[([\w-]+)\]$", out, re.MULTILINE):
        assert file.endswith(name), out
        found.setdefault(int(line), set()).add(code)
    return found


def test_what_must_type_check_does() -> None:
    """The file has no type errors, and the asserted types are exact."""
    assert errors_in("krt_must_check.py") == {}


def test_what_must_not_type_check_does_not() -> None:
    """Exactly the marked lines have errors, each with one of its codes."""
    lines = (FILES / "krt_must_not_check.py").read_text().splitlines()
    expected = {number: set(line.split("  # ")[1].split(",")) for number, line in enumerate(lines, 1) if "  # " in line}

    found = errors_in("krt_must_not_check.py")

    assert found.keys() == expected.keys()
    for number, codes in found.items():
        assert codes <= expected[number], lines[number - 1]
