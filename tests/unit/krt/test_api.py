"""The public surface."""

import subprocess
import sys

import krt
import krt.testing


def test_the_public_names_are_these() -> None:
    """The package exports exactly the names in `__all__`."""
    modules = {name for name, value in vars(krt).items() if type(value) is type(krt)}
    public = {name for name in vars(krt) if not name.startswith("_")} - modules

    assert public == set(krt.__all__)
    assert sorted(krt.__all__) == krt.__all__


def test_the_core_imports_neither_asyncio_nor_anything_slow() -> None:
    """It imports only the standard library, and of that no event loop, thread, clock or log."""
    code = (
        "import sys; before = set(sys.modules); import krt; import krt.testing;"
        "print(*sorted({name.split('.')[0] for name in set(sys.modules) - before} - sys.stdlib_module_names),"
        "'asyncio' in sys.modules, 'logging' in sys.modules, 'threading' in sys.modules)"
    )
    output = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout

    assert output.split() == ["krt", "False", "False", "False"]
