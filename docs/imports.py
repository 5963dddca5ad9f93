"""Draws which package imports which, from the code: python docs/imports.py > docs/imports.md. `make arch` runs it."""

import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import grimp

HEAD = """# Imports

`make arch` draws this page from the code; do not edit it. [Architecture](architecture.md) says what the rooms are for.

An arrow is an import. An import that follows from others is left out of the
picture; the tables list all of them. `krt` and `probes` are libraries, and the others are rooms of `xds_server`.
"""
LIBRARIES = ("krt", "probes")
SERVER = "xds_server"

_Imports = Mapping[str, set[str]]
"""Imported packages by importing package."""


def main() -> None:
    """Prints the page."""
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # the packages beside this folder
    graph = grimp.build_graph(*LIBRARIES, SERVER, cache_dir=None)
    rooms = _imports(graph, _room_of)
    packages = _imports(graph, _package_of(graph))
    tables = (*_table("Rooms, with all imports", rooms), *_table("Packages, with all imports", packages))
    sys.stdout.write("\n".join((HEAD, *_picture(rooms), *tables)).rstrip() + "\n")


def _imports(graph: grimp.ImportGraph, package_of: Callable[[str], str]) -> _Imports:
    imports: dict[str, set[str]] = {package_of(module): set() for module in graph.modules}
    for module in graph.modules:
        importer = package_of(module)
        imports[importer] |= {package_of(name) for name in graph.find_modules_directly_imported_by(module)} - {importer}
    for imported in imports.values():
        imported.discard(SERVER)  # the version, which every package may read
    imports.pop(SERVER)
    return imports


def _room_of(module: str) -> str:
    """The room, such as xds_server.xds; a library is one room."""
    parts = module.split(".")
    return ".".join(parts[:2]) if parts[0] == SERVER else parts[0]


def _package_of(graph: grimp.ImportGraph) -> Callable[[str], str]:
    """The innermost package that holds a module; a library is one package."""
    packages = {module for module in graph.modules if graph.find_children(module)} | {f"{SERVER}.__main__"}

    def package_of(module: str) -> str:
        if not module.startswith(SERVER):
            return module.partition(".")[0]
        while module not in packages:
            module = module.rpartition(".")[0]
        return module

    return package_of


def _picture(imports: _Imports) -> Iterator[str]:
    yield "```mermaid"
    yield "flowchart TD"
    for package in sorted(imports):
        opening, closing = ("([", "])") if package in LIBRARIES else ("[", "]")
        yield f"    {_id(package)}{opening}{_name(package)}{closing}"
    for package, imported in sorted(imports.items()):
        for name in sorted(imported):
            if not any(name in _reachable(imports, other) for other in imported - {name}):
                yield f"    {_id(package)} --> {_id(name)}"
    yield "```\n"


def _reachable(imports: _Imports, start: str) -> set[str]:
    found: set[str] = set()
    stack = [start]
    while stack:
        new = imports.get(stack.pop(), set()) - found
        found |= new
        stack += new
    return found


def _table(title: str, imports: _Imports) -> Iterator[str]:
    yield f"## {title}\n"
    yield "| package | imports |"
    yield "|---|---|"
    for package, imported in sorted(imports.items()):
        names = ", ".join(f"`{_name(name)}`" for name in sorted(imported)) or "nothing"
        yield f"| `{_name(package)}` | {names} |"
    yield ""


def _id(package: str) -> str:
    return _name(package).replace(".", "_").strip("_")


def _name(package: str) -> str:
    return package.removeprefix(f"{SERVER}.")


if __name__ == "__main__":
    main()
