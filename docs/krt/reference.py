"""Writes the reference of krt from its docstrings: python docs/krt/reference.py > docs/krt/reference.md."""

from __future__ import annotations

import ast
import importlib
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

HEAD = """# Reference

Written by `python docs/krt/reference.py` from the docstrings; do not edit.
"""
SECTIONS = {
    "Building and writing": ("krt", ["Graph", "Collection", "Source", "Singleton", "Index", "Reflector", "Scope"]),
    "In a transform": ("krt", ["Context", "KeepPrevious"]),
    "What subscribers get": ("krt", ["Subscription", "Commit", "Delta", "Change", "Failure", "View"]),
    "Introspection": (
        "krt",
        ["explain", "Explanation", "record", "Record", "Run", "Counters", "to_json", "to_mermaid"],
    ),
    "Errors": ("krt", []),  # the rest
    "asyncio: `krt.aio`": ("krt.aio", ["wait_synced", "deltas"]),
    "Tests: `krt.testing`": (
        "krt.testing",
        ["RecomputeLog", "Tracker", "check_graph", "from_scratch", "check_collection", "Rig"],
    ),
}

Definition = ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef


def definition(module: ModuleType, name: str) -> Definition:
    """The definition of a public name, in the module that defines it."""
    home = sys.modules[getattr(module, name).__module__]
    assert home.__file__
    for node in ast.parse(Path(home.__file__).read_text()).body:
        if isinstance(node, Definition) and node.name == name:
            return node
    raise LookupError(f"{home.__name__} does not define {name}")


def with_bases(module: ModuleType, name: str) -> list[Definition]:
    """The definition of a public name, and those of its base classes, unless one of these is public itself."""
    bases = [base for base in getattr(getattr(module, name), "__mro__", ())[1:] if base.__module__.startswith("krt.")]
    if any(hasattr(module, base.__name__) for base in bases):
        bases = []
    return [definition(module, name), *(definition(sys.modules[base.__module__], base.__name__) for base in bases)]


def entry(node: Definition, *bases: Definition) -> Iterator[str]:
    """A heading, signatures and docstring; for a class also its attributes and methods, and those of its bases."""
    if isinstance(node, ast.ClassDef):
        yield f"### `{node.name}`\n\n{ast.get_docstring(node)}\n"
        classes = [node, *(base for base in bases if isinstance(base, ast.ClassDef))]
        for part in classes:
            yield from attributes(part)
        yield ""
        found: dict[str, list[Definition]] = {}
        for part in classes:
            for name, overloads in methods(part):
                found.setdefault(name, overloads)
        for name, overloads in found.items():
            yield from function(overloads, f"{node.name}.{name}")
    else:
        yield from function([node], node.name)


def attributes(node: ast.ClassDef) -> Iterator[str]:
    """Public attributes, each with the docstring below it, from the class and from its constructor."""
    bodies = [
        node.body,
        *(part.body for part in node.body if isinstance(part, ast.FunctionDef) and part.name == "__init__"),
    ]
    for body in bodies:
        for here, after in zip(body, [*body[1:], None], strict=True):
            target = (
                here.target
                if isinstance(here, ast.AnnAssign)
                else here.targets[0]
                if isinstance(here, ast.Assign)
                else None
            )
            name = getattr(target, "attr", getattr(target, "id", "_"))
            if target is None or name.startswith("_"):
                continue
            documented = isinstance(after, ast.Expr) and isinstance(after.value, ast.Constant)
            if documented or body is node.body:
                kind = f": {ast.unparse(here.annotation)}" if isinstance(here, ast.AnnAssign) else ""
                yield f"- `{name}{kind}`" + (f": {str(after.value.value).strip()}" if documented else "")  # type: ignore[union-attr,attr-defined]


def methods(node: ast.ClassDef) -> Iterator[tuple[str, list[Definition]]]:
    """Public methods, each with its overloads; the last one has the docstring."""
    found: dict[str, list[Definition]] = {}
    for part in node.body:
        if isinstance(part, ast.FunctionDef | ast.AsyncFunctionDef) and not part.name.startswith("_"):
            found.setdefault(part.name, []).append(part)
    yield from found.items()


def function(overloads: list[Definition], name: str) -> Iterator[str]:
    """A heading, the signatures, and the docstring."""
    *signatures, last = overloads
    is_property = any(ast.unparse(decorator) == "property" for decorator in last.decorator_list)
    yield f"#### `{name}`\n"
    if is_property:
        yield (
            f"A property: {ast.unparse(last.returns)}\n" if not isinstance(last, ast.ClassDef) and last.returns else ""
        )
    else:
        yield "```text"
        for signature in signatures or [last]:
            assert not isinstance(signature, ast.ClassDef)
            keyword = "async " if isinstance(signature, ast.AsyncFunctionDef) else ""
            returns = f" -> {ast.unparse(signature.returns)}" if signature.returns else ""
            arguments = ast.unparse(signature.args).removeprefix("self, ").removeprefix("self")
            yield f"{keyword}{signature.name}({arguments}){returns}"
        yield "```\n"
    yield f"{ast.get_docstring(last)}\n"


def main() -> None:
    """Writes all sections."""
    parts = [HEAD]
    named = {name for module, names in SECTIONS.values() if module == "krt" for name in names}
    for title, (module_name, names) in SECTIONS.items():
        module = importlib.import_module(module_name)
        parts.append(f"## {title}\n")
        for name in names or sorted(set(module.__all__) - named):
            parts += entry(*with_bases(module, name))
    sys.stdout.write("\n".join(parts).rstrip() + "\n")


if __name__ == "__main__":
    main()
