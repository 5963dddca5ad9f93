"""The modules of krt import each other in one direction."""

import ast
import shutil
import tomllib
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]


def imports_of(path: Path, modules: set[str]) -> set[str]:
    """Modules that a file imports, also within functions and for type checking only."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            submodules = {f"{node.module}.{alias.name}" for alias in node.names} & modules
            names |= submodules or {node.module}
    return names & modules


def in_order_of_import(package: Path) -> list[str]:
    """All modules of a package, each after those that it imports. Raises: CycleError."""
    files = {
        ".".join(path.relative_to(package.parent).with_suffix("").parts).removesuffix(".__init__"): path
        for path in package.rglob("*.py")
    }
    return list(TopologicalSorter({name: imports_of(path, set(files)) for name, path in files.items()}).static_order())


def test_the_modules_of_krt_import_each_other_without_a_cycle() -> None:
    """Imports count wherever they are: at the top, in a function, or for type checking only."""
    modules = in_order_of_import(ROOT / "krt")

    assert modules.index("krt.engine") < modules.index("krt.collection") < modules.index("krt.graph")
    assert modules.index("krt.graph") < modules.index("krt")


@pytest.mark.parametrize(
    "statement",
    [
        "def late():\n    from krt.graph import Graph",
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from krt import graph",
        "import krt",
    ],
    ids=["in a function", "for type checking", "of the package"],
)
def test_a_cycle_is_found(statement: str, tmp_path: Path) -> None:
    """An upward import in a copy of the code is found."""
    shutil.copytree(ROOT / "krt", tmp_path / "krt", ignore=shutil.ignore_patterns("__pycache__"))
    with (tmp_path / "krt" / "delta.py").open("a") as file:
        file.write(f"\n\n{statement}\n")

    with pytest.raises(CycleError):
        in_order_of_import(tmp_path / "krt")


def test_the_picture_in_the_documents_is_the_contract() -> None:
    """The layers in docs/krt/concepts.md are those of the import contract, line by line."""
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    (layers,) = [contract["layers"] for contract in contracts if contract["name"] == "krt reads from top to bottom"]
    text = (ROOT / "docs" / "krt" / "concepts.md").read_text().partition("## How the modules are layered")[2]
    lines = [line[4:].partition("   ")[0].strip() for line in text.splitlines() if line.startswith("    ")]

    assert [line.split(" · ") for line in lines] == [layer.split(" | ") for layer in layers]
