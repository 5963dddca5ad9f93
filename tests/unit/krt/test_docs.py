"""The documents of krt: the snippets run, the checklist is complete, and the reference is current."""

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
DOCS = ROOT / "docs" / "krt"
SNIPPET = re.compile(r"^```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize("name", ["README.md", "tutorial.md"])
def test_snippets_run(name: str) -> None:
    """All snippets of a page run in order, in one namespace."""
    text = (DOCS / name).read_text()
    namespace: dict[str, object] = {}
    snippets = list(SNIPPET.finditer(text))
    assert snippets

    for snippet in snippets:
        line = text[: snippet.start()].count("\n") + 1
        exec(compile("\n" * line + snippet[1], str(DOCS / name), "exec"), namespace)


def test_the_checklist_names_every_item_and_only_tests_that_exist() -> None:
    """C-001 to C-178: each item names existing tests, or says why it does not exist here."""
    tests = {
        node.name
        for path in (ROOT / "tests").rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    }
    conformance = {
        node.name
        for node in ast.parse((ROOT / "krt" / "testing" / "conformance.py").read_text()).body
        if isinstance(node, ast.FunctionDef)
    }
    rows = re.findall(
        r"^\| (C-\d{3})(?: to (C-\d{3}))? \| (.*?) \| (.*?) \|$", (DOCS / "checklist.md").read_text(), re.MULTILINE
    )
    items: list[int] = []
    for first, last, what, how in rows:
        items += range(int(first[2:]), int((last or first)[2:]) + 1)
        named = re.findall(r"`(\w+)`", how)
        assert what
        assert set(named) <= tests | conformance, f"{first}: {set(named) - tests - conformance} do not exist"
        assert named or how.startswith("not here: "), f"{first} is neither tested nor explained"

    assert items == list(range(1, 179))


def test_the_reference_is_generated_from_the_docstrings() -> None:
    """`python docs/krt/reference.py` prints the committed reference."""
    run = subprocess.run([sys.executable, DOCS / "reference.py"], capture_output=True, text=True, check=True, cwd=ROOT)

    assert run.stdout == (DOCS / "reference.md").read_text(), (
        "run: python docs/krt/reference.py > docs/krt/reference.md"
    )


def test_the_laws_have_tests_by_their_names() -> None:
    """There are eight laws, and each has at least one test."""
    laws = re.findall(r"^\d\. \*\*(.*?)\.\*\*", (DOCS / "laws.md").read_text(), re.MULTILINE)
    tests = (Path(__file__).parent / "test_laws.py").read_text()

    assert len(laws) == 8
    for law in laws:
        assert f"def test_law_{law.lower().replace(' ', '_')}_" in tests, law
