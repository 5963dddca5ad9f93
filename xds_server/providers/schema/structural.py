"""The checks that an API server makes before it stores an object: types, limits, patterns, rules, and unknown fields.

`generate` makes the schemas in `structural.json` from the public ones. `cel_rules` implements the CEL rules, of which
the schemas have only the message. Only objects from files are checked: an API server has checked its own already.
"""

import difflib
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any, Final, NamedTuple

import msgspec

from xds_server.providers.schema.base import Finding
from xds_server.providers.schema.cel_rules import RULES
from xds_server.providers.schema.keywords import BOUNDS, CHECKS, NAMES, TYPES, compiled

Schema = Mapping[str, Any]

_MOST: Final = 20
"""At most this many findings are reported for one object."""


class Checked(NamedTuple):
    """The findings of one document."""

    refused: tuple[Finding, ...]
    """Why an API server would reject it; empty if it would store it."""
    unknown: tuple[Finding, ...]
    """Fields that an API server would drop."""


def checked(plural: str, document: object) -> Checked:
    """Checks one object of a kind, as loaded from a file."""
    schema = schemas()[plural]
    fine = _fits(plural)(document)
    if fine and not _has_rules(plural):
        return _FINE
    content = _completed(schema, document)
    refused = () if fine else tuple(_first(_violations(schema, content, "")))
    unknown = () if fine else tuple(_first(_unknown(schema, content, "")))
    # Like an API server, checks the rules only if the types and limits are valid.
    return Checked(refused or tuple(_first(_broken_rules(schema, content, ""))), unknown)


@cache
def _fits(plural: str) -> Callable[[Any], bool]:
    """A fast check: whether a document has no findings, rules aside."""
    return compiled(schemas()[plural])


@cache
def _has_rules(plural: str) -> bool:
    """Whether a schema, or a part of it, has rules."""
    parts = [schemas()[plural]]
    for part in parts:
        parts += part.get("properties", {}).values()
        parts += [part[name] for name in ("items", "additionalProperties") if name in part]
    return any("rules" in part for part in parts)


@cache
def schemas() -> Mapping[str, Schema]:
    """The schemas by plural name."""
    content: Mapping[str, Schema] = msgspec.json.decode(Path(__file__).with_name("structural.json").read_bytes())
    return content


_LONGEST_NAME: Final = 64  # of a name that is compared with known ones
_FINE: Final = Checked((), ())


def _first(findings: Iterator[Finding]) -> Iterator[Finding]:
    return (finding for finding, _ in zip(findings, range(_MOST), strict=False))


def _completed(schema: Schema, value: object) -> object:
    """The value without nulls, and with the schema's defaults, as an API server completes it."""
    if not schema:
        return value  # without descending, however deep it is
    if isinstance(value, dict):
        known: Mapping[str, Schema] = schema.get("properties", {})
        others: Schema = schema.get("additionalProperties", {})
        result = {
            name: _completed(known.get(name, others), one) for name, one in value.items() if one is not None
        }  # fmt: skip
        for name, one in known.items():
            if "default" in one and name not in result:
                result[name] = _completed(one, one["default"])
        return result
    if isinstance(value, list):
        return [_completed(schema.get("items", {}), one) for one in value]
    return value


def _parts(schema: Schema, value: object, at: str) -> Iterator[tuple[Schema, Any, str]]:
    """The parts of a value, with their schemas and paths."""
    if isinstance(value, dict):
        known, others = schema.get("properties", {}), schema.get("additionalProperties")
        for name, one in value.items():
            part = known.get(name, others)
            if part is not None:
                yield part, one, f"{at}.{name}" if at else str(name)
    elif isinstance(value, list) and "items" in schema:
        for i, one in enumerate(value):
            yield schema["items"], one, f"{at}[{i}]"


def _violations(schema: Schema, value: Any, at: str) -> Iterator[Finding]:
    """Violations of types, limits and patterns."""
    expected = schema.get("type")
    if expected is not None and not _is(value, expected):
        found = NAMES.get(type(value), type(value).__name__)
        yield Finding(at, f"expected {expected}, got {found}: correct the value")
        return
    for word, check in CHECKS.items():
        if word in schema and (message := check(value, schema[word])):
            yield Finding(at, message)
            return
    if expected == "integer":
        low, high = BOUNDS.get(schema.get("format"), BOUNDS[None])
        if not low <= value <= high:
            yield Finding(at, f"{value} is out of range: use {max(low, 0)} to {high}")
    if isinstance(value, str) and not _is_text(value):
        yield Finding(at, "contains half a surrogate pair: write the character itself")
    if "unique" in schema:
        yield from _repeated(value, schema["unique"], at)
    for name in schema.get("required", ()):
        if name not in value:
            yield Finding(f"{at}.{name}" if at else name, "is missing: add it")
    for part, one, place in _parts(schema, value, at):
        yield from _violations(part, one, place)


def _repeated(items: list[Any], names: list[str], at: str) -> Iterator[Finding]:
    """Items that repeat an earlier one. With *names*, only these fields are compared."""
    seen: set[str] = set()
    for i, one in enumerate(items):
        key = " ".join(str(one.get(name)) for name in names) if names and isinstance(one, dict) else str(one)
        if key in seen:
            place = f"{at}[{i}].{names[0]}" if len(names) == 1 else f"{at}[{i}]"
            yield Finding(place, f"{key!r} is used twice: make it unique")
        seen.add(key)


def _is(value: object, expected: str) -> bool:
    return isinstance(value, TYPES[expected]) and (expected == "boolean" or not isinstance(value, bool))


def _is_text(value: str) -> bool:
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True


def _unknown(schema: Schema, value: object, at: str) -> Iterator[Finding]:
    """Fields that are not in the schema. A schema without properties permits all."""
    known = schema.get("properties")
    if isinstance(value, dict) and known and "additionalProperties" not in schema:
        for name in value:
            if name not in known:
                near = difflib.get_close_matches(str(name)[:_LONGEST_NAME], known, n=1)
                hint = f"did you mean {near[0]!r}?" if near else "remove it"
                yield Finding(f"{at}.{name}" if at else str(name), f"is not known, and is ignored: {hint}")
    for part, one, place in _parts(schema, value, at):
        yield from _unknown(part, one, place)


def _broken_rules(schema: Schema, value: Any, at: str) -> Iterator[Finding]:
    for message in schema.get("rules", ()):
        rule = RULES[message]
        if not rule.holds(value):
            about = value.get(rule.field) if rule.field else None
            quoted = f"{about!r}: " if isinstance(about, str) else ""
            yield Finding(f"{at}.{rule.field}".rstrip("."), f"{quoted}{rule.message or message}: correct it")
    for part, one, place in _parts(schema, value, at):
        yield from _broken_rules(part, one, place)
