"""The keywords of JSON Schema that API servers use, each as a check; and schemas compiled into functions."""

import re
from collections.abc import Callable, Mapping
from typing import Any, Final

Schema = Mapping[str, Any]
Fits = Callable[[Any], bool]

_INT32: Final = 1 << 31
_INT64: Final = 1 << 63
BOUNDS: Final = {"int32": (-_INT32, _INT32 - 1), None: (-_INT64, _INT64 - 1), "int64": (-_INT64, _INT64 - 1)}
TYPES: Final[Mapping[str, tuple[type, ...]]] = {
    "object": (dict,), "array": (list,), "string": (str,), "integer": (int,), "boolean": (bool,), "number": (int, float),
}  # fmt: skip
NAMES: Final = {dict: "object", list: "array", str: "string", bool: "boolean", int: "integer", float: "number"}


def _enum(value: object, allowed: list[object]) -> str:
    return "" if value in allowed else f"{value!r} is not known: use {', '.join(map(str, allowed))}"


def _pattern(value: str, pattern: str) -> str:
    return (
        ""
        if re.search(pattern, value) and not value.endswith("\n")
        else f"{value!r} does not match {pattern}: correct it"
    )


def _min_length(value: str, least: int) -> str:
    if len(value) >= least:
        return ""
    return "is empty: give it a value" if not value else f"is shorter than {least} characters: make it longer"


def _max_length(value: str, most: int) -> str:
    return "" if len(value) <= most else f"has {len(value)} characters: use at most {most}"


def _minimum(value: float, least: float) -> str:
    return "" if value >= least else f"{value} is out of range: use at least {least}"


def _maximum(value: float, most: float) -> str:
    return "" if value <= most else f"{value} is out of range: use at most {most}"


def _min_items(value: list[object], least: int) -> str:
    return "" if len(value) >= least else f"has {len(value)} items: give it at least {least}"


def _max_items(value: list[object], most: int) -> str:
    return "" if len(value) <= most else f"has {len(value)} items: use at most {most}"


CHECKS: Final[Mapping[str, Callable[[Any, Any], str]]] = {
    # Limits first, so that a value beyond them is not checked further.
    "minLength": _min_length,
    "maxLength": _max_length,
    "minItems": _min_items,
    "maxItems": _max_items,
    "minProperties": _min_items,
    "maxProperties": _max_items,
    "enum": _enum,
    "minimum": _minimum,
    "maximum": _maximum,
    "pattern": _pattern,
}


def compiled(schema: Schema) -> Fits:
    """A function that returns whether a value conforms to *schema* without unknown fields. A null field counts as absent.

    It may return False for a valid value, but never True for an invalid one.
    """
    words = [(check, schema[word]) for word, check in CHECKS.items() if word in schema]
    shape = {"object": _object, "array": _array, "string": _string, "integer": _integer}.get(schema.get("type", ""))
    fits = shape(schema) if shape is not None else _other(schema)
    if not words:
        return fits
    return lambda value: fits(value) and not any(check(value, argument) for check, argument in words)


def _object(schema: Schema) -> Fits:
    known = {name: compiled(one) for name, one in schema.get("properties", {}).items()}
    others = compiled(schema["additionalProperties"]) if "additionalProperties" in schema else None
    required, anything = tuple(schema.get("required", ())), not known and others is None

    def fits(value: Any) -> bool:
        if type(value) is not dict or any(value.get(name) is None for name in required):
            return False
        for name, one in value.items():
            check = known.get(name, others)
            if check is None and not anything:
                return False
            if check is not None and one is not None and not check(one):
                return False
        return True

    return fits


def _array(schema: Schema) -> Fits:
    item, distinct = compiled(schema.get("items", {})), "unique" not in schema

    def fits(value: Any) -> bool:
        return type(value) is list and (distinct or len(value) <= 1) and all(map(item, value))

    return fits


def _string(_: Schema) -> Fits:
    return lambda value: type(value) is str and value.isascii()


def _integer(schema: Schema) -> Fits:
    low, high = BOUNDS.get(schema.get("format"), BOUNDS[None])
    return lambda value: type(value) is int and low <= value <= high


def _other(schema: Schema) -> Fits:
    expected = TYPES.get(schema.get("type", ""))
    return (lambda _: True) if expected is None else lambda value: isinstance(value, expected)
