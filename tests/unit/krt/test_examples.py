"""Each example prints what its docstring shows."""

import ast
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).parents[3] / "examples"


@pytest.mark.skipif(not EXAMPLES.is_dir(), reason="a copy of krt without its examples")
@pytest.mark.parametrize("name", ["01_counters", "03_join", "04_late_source"])
def test_an_example_prints_what_its_docstring_says(name: str) -> None:
    """Word for word."""
    path = EXAMPLES / name / "main.py"
    docstring = ast.get_docstring(ast.parse(path.read_text())) or ""
    promised = textwrap.dedent(docstring.split("prints\n\n")[1])

    run = subprocess.run([sys.executable, "-W", "error", path], capture_output=True, text=True, check=True)

    assert run.stdout.rstrip() == promised.rstrip()
