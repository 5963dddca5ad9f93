"""`python -m xds_server.envoy.generate`: writes `envoy/encoders` anew."""

import importlib.resources
from pathlib import Path

from xds_server.envoy.generate.source import ENCODERS, modules
from xds_server.envoy.generate.table import PACKED, chosen

_PACKAGE = '''"""Encoders of Envoy's messages, a module for each proto package; made by `make encoders`."""
'''


def generated() -> dict[str, str]:
    """The text of each file of the package, by name."""
    sources = modules(chosen(), PACKED)
    return {"__init__.py": _PACKAGE} | {f"{name}.py": source for name, source in sources.items()}


def main() -> None:
    """Writes the files, and removes those that are not made any more."""
    directory = Path(str(importlib.resources.files(ENCODERS)))
    files = generated()
    for old in directory.glob("*.py"):
        if old.name not in files:
            old.unlink()
    for name, text in files.items():
        (directory / name).write_text(text)


if __name__ == "__main__":
    main()
