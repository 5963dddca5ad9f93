"""The settings as a page of Markdown and as a JSON Schema, made from their declarations."""

from collections.abc import Mapping
from dataclasses import MISSING
from pathlib import Path
from typing import Any, Final, get_origin

from xds_server.server.setting_fields import SettingField, fields_of
from xds_server.server.settings import Settings

_HEAD: Final = """\
# Settings

Printed by `xds-server config --markdown`; a test checks that this page is what it prints. `xds-server config` prints what is
in force, and where each value comes from.

## Flags

Each is a flag, an environment variable (`--gate` is `XDS_SERVER_GATE`), and a key of the file that `--config` names (`gate`).
A flag wins over the environment, and the environment over the file.

| setting | default | what it is |
|---|---|---|
"""
_NESTED: Final = """
## The configuration file

Only the file can set these, nested by their dots: `readiness.parity_seconds` is

    readiness:
      parity_seconds: 5

Their defaults are right for nearly everybody. `xds-server config --schema` prints the JSON Schema of the file, for editors.

| setting | default | allowed | what it is |
|---|---|---|---|
"""


def page() -> str:
    """docs/settings.md."""
    shown = [field for field in fields_of(Settings).values() if field.in_file]
    flags = "".join(
        f"| `{field.flag}` | {_cell(field.default_text)} | {_help(field)} |\n" for field in shown if not field.nested
    )
    nested = "".join(
        f"| `{field.key}` | {_cell(field.default_text or _empty(field))} | {_allowed(field)} | {_help(field)} |\n"
        for field in shown
        if field.nested
    )
    return f"{_HEAD}{flags}{_NESTED}{nested}"


def _help(field: SettingField) -> str:
    choices = f" `{'`, `'.join(field.choices)}`." if field.choices and not field.nested else ""
    return f"{field.declaration.help}{choices}".replace("|", "\\|")


def _empty(field: SettingField) -> str:
    return "false" if field.type is bool else "none"


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def _allowed(field: SettingField) -> str:
    allowed = field.declaration.range
    if field.choices:
        return f"`{'`, `'.join(field.choices)}`"
    if allowed is not None:
        return f"{'0, ' if allowed.or_zero else ''}{allowed.min:g} to {allowed.max:,}"
    return "true, false" if field.type is bool else "path" if field.type is Path else ""


def schema() -> Mapping[str, Any]:
    """The JSON Schema of the configuration file."""
    root = _object()
    for field in fields_of(Settings).values():
        if not field.in_file:
            continue
        level, *inner = field.key.split(".")
        properties = root["properties"]
        for name in inner:
            properties = properties.setdefault(level, _object())["properties"]
            level = name
        properties[level] = _schema_of(field)
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "xds-server", **root}


def _object() -> dict[str, Any]:
    return {"type": "object", "additionalProperties": False, "properties": {}}


def _schema_of(field: SettingField) -> dict[str, Any]:
    found: dict[str, Any] = {**_type_of(field), "description": field.declaration.help}
    if field.default is not MISSING and field.default is not None:
        found["default"] = plain(field.default)
    return found


def _type_of(field: SettingField) -> dict[str, Any]:
    """The part of the schema that says which values are allowed."""
    if field.choices:
        return {"enum": list(field.choices)}
    if field.type in {tuple[str, ...], frozenset[str]}:
        pattern = {} if field.declaration.items is None else {"pattern": f"^({field.declaration.items.pattern})$"}
        return {"type": ["array", "string"], "items": {"type": "string", **pattern}}
    if get_origin(field.type) is Mapping:
        return {"type": "object", "additionalProperties": {"type": "string"}}
    allowed = field.declaration.range
    if allowed is not None:
        limits = {"minimum": 0 if allowed.or_zero else allowed.min, "maximum": allowed.max}
        return {"type": "integer" if field.type is int else "number", **limits}
    return {"type": "boolean" if field.type is bool else "string"}


def plain(value: object) -> Any:
    """A value of a setting as JSON and YAML have it."""
    if value is None or type(value) in {bool, int, float, str}:
        return value
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, tuple | frozenset):
        return sorted(value) if isinstance(value, frozenset) else list(value)
    return str(value)
