"""Python source for the encoders of proto packages."""

import keyword
import re
import subprocess
import sys
from collections.abc import Iterable, Mapping
from inspect import isfunction
from typing import Any, Final

import xds_server.envoy.wire.fields
from xds_server.envoy.generate.fields import Field, Value, fields, literal, numbers, oneofs

ENCODERS: Final = "xds_server.envoy.encoders"

HELPERS: Final = [
    name for name, value in vars(xds_server.envoy.wire.fields).items() if isfunction(value) and name[0] != "_"
]
_WORDS: Final = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_DEFAULTS: Final = {"str": '""', "bytes": 'b""', "int": "0", "float": "0.0", "bool": "False"}
_TEMPLATE: Final = '''"""Encoders of {package}, made from envoy-data-plane by `make encoders`: do not edit.

Each takes the fields of a message and returns its bytes, which are those that the library writes.
"""

from __future__ import annotations

{imports}

{body}
'''


def modules(chosen: Mapping[str, Any], packed: Iterable[str]) -> dict[str, str]:
    """The source of each module, by its name, for classes of the library by the full names of their messages.

    The messages in *packed* get a constant for their type URL.
    """
    enums = {one.value.enum for model in chosen.values() for one in fields(model)} - {None}
    packages = {package_of(model) for model in (*chosen.values(), *enums)}
    return {
        module_name(package): _module(
            package,
            {name: model for name, model in chosen.items() if package_of(model) == package},
            [enum for enum in enums if package_of(enum) == package],
            set(packed),
        )
        for package in sorted(packages)
    }


def function(name: str, model: Any) -> str:
    """The encoder of a message of that full name."""
    those = fields(model)
    title = model.__name__
    parameters = "".join(f"{one.name}: {_annotation(one, package_of(model))}, " for one in those)
    lines = [f"def {function_name(title)}({'*, ' if those else ''}{parameters}) -> {title}:", f'    """{name}."""']
    for group, names in oneofs(those).items():
        given = " + ".join(f"({one} is not None)" for one in names)
        members = ", ".join(f"{one}={one}" for one in names)
        lines += [f"    if {given} > 1:", f'        raise _conflict("{title}.{group}", {members})']
    if not those:
        return "\n".join([*lines, f'    return {title}(b"")\n'])
    lines.append('    out = b""')
    for one in those:
        condition, expression = one.statement(f"{title}.{one.name}")
        lines += [f"    if {condition}:", f"        out += {expression}"]
    return "\n".join([*lines, f"    return {title}(out)\n"])


def table(enum: Any) -> str:
    """The assignment of an enum's table of values."""
    entries = ", ".join(f'"{name}": {literal(data)}' for name, data in numbers(enum).items())
    return f"_{enum.__name__}: Final = {{{entries}}}"


def module_name(package: str) -> str:
    """The module for a proto package."""
    return package.replace(".", "_")


def function_name(model: str) -> str:
    """The encoder for a class of the library."""
    name = _WORDS.sub("_", model).lower()
    return f"{name}_" if keyword.iskeyword(name) else name


def package_of(model: Any) -> str:
    """The proto package of a class of the library."""
    return str(model.__module__.partition(".")[2])


def _module(package: str, chosen: Mapping[str, Any], enums: Iterable[Any], packed: set[str]) -> str:
    used = {one.value.enum for model in chosen.values() for one in fields(model)} - {None}
    literals = [f"{enum.__name__} = Literal[{str([*numbers(enum)])[1:-1]}]" for enum in sorted(enums, key=_name)]
    functions = []
    for name, model in sorted(chosen.items()):
        title = model.__name__
        functions.append(f'{title} = NewType("{title}", bytes)')
        if name in packed:
            functions.append(f'{function_name(title).upper()}: Final = "type.googleapis.com/{name}"')
        functions.append(function(name, model))
    body = "\n".join([*literals, *[table(enum) for enum in sorted(used, key=_name)], *functions])
    return _formatted(_TEMPLATE.format(package=package, imports=_imports(package, chosen.values()), body=body))


def _imports(package: str, chosen: Iterable[Any]) -> str:
    """All imports that a module may need; those that it does not need are dropped later."""
    values = [one.value for model in chosen for one in fields(model) if not one.value.python]
    others = sorted({package_of(value.enum or value.message) for value in values} - {package})
    lines = [
        "from collections.abc import Mapping, Sequence",
        "from datetime import datetime, timedelta",
        "from typing import TYPE_CHECKING, Final, Literal, NewType",
        *[f"from xds_server.envoy.wire.fields import {name} as _{name}" for name in HELPERS],
    ]
    if others:
        lines += ["if TYPE_CHECKING:", *[f"    from {ENCODERS} import {module_name(other)}" for other in others]]
    return "\n".join(lines)


def _annotation(one: Field, package: str) -> str:
    python = _type(one.value, package)
    if one.key is not None:
        return f"Mapping[{one.key.python}, {python}] | None = None"
    if one.repeated:
        return f"Sequence[{python}] = ()"
    if one.explicit or one.value.kind == "enum":
        return f"{python} | None = None"
    return f"{python} = {_DEFAULTS[python]}"


def _type(value: Value, package: str) -> str:
    if value.python:
        return value.python
    model = value.enum or value.message
    home = package_of(model)
    return str(model.__name__) if home == package else f"{module_name(home)}.{model.__name__}"


def _formatted(source: str) -> str:
    """Without unused imports, and laid out as the rest of our code."""
    for command in (["check", "--fix", "--select", "F401,I001"], ["format"]):
        ruff = [sys.executable, "-m", "ruff", *command, "--quiet", "--isolated", "--line-length", "120", "-"]
        source = subprocess.run(ruff, input=source, capture_output=True, text=True, check=True).stdout  # noqa: S603 - our own text
    return source


def _name(model: Any) -> str:
    return str(model.__name__)
