"""Random instances of the library's models, of edge cases mostly."""

import importlib
import pkgutil
import warnings
from datetime import UTC, datetime, timedelta
from functools import cache
from random import Random
from typing import Any

import envoy_data_plane

from xds_server.envoy.generate.fields import Field, Value, fields

_INTEGERS = {
    "int32": (-(1 << 31), (1 << 31) - 1),
    "int64": (-(1 << 63), (1 << 63) - 1),
    "uint32": (0, (1 << 32) - 1),
    "uint64": (0, (1 << 64) - 1),
}
_RANGES = _INTEGERS | {
    "sint32": _INTEGERS["int32"],
    "sint64": _INTEGERS["int64"],
    "sfixed32": _INTEGERS["int32"],
    "sfixed64": _INTEGERS["int64"],
    "fixed32": _INTEGERS["uint32"],
    "fixed64": _INTEGERS["uint64"],
    "Int32Value": _INTEGERS["int32"],
    "Int64Value": _INTEGERS["int64"],
    "UInt32Value": _INTEGERS["uint32"],
    "UInt64Value": _INTEGERS["uint64"],
}
_TEXTS = ("", "a", "shop/cart:80", "größer", "日本", "\x00", "x" * 127, "y" * 128, "z" * 300)
_FLOATS = (0.0, 1.0, -1.5, 0.25, float("inf"), -(2.0**100))


@cache
def models() -> dict[str, Any]:
    """Every class of the library, by the full name of its message."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for module in pkgutil.walk_packages(envoy_data_plane.__path__, "envoy_data_plane."):
            importlib.import_module(module.name)
    pool = importlib.import_module("envoy_data_plane.message_pool").default_message_pool
    return {url.rpartition("/")[2]: model for url, model in sorted(pool.url_to_type.items())}


def instance(model: Any, random: Random, depth: int = 3) -> Any:
    """An instance with a random choice of its fields set, messages within it up to *depth*.

    Made around the constructor, which would take a second to validate what is valid.
    """
    made = object.__new__(model)
    values = {name: default() for name, default in model._betterproto.default_gen.items()}
    taken: set[str] = set()
    density = random.choice((0.1, 0.5, 0.9))
    for one in fields(model):
        if random.random() > density or one.oneof in taken or (depth == 0 and one.value.kind == "message"):
            continue
        if one.oneof:
            taken.add(one.oneof)
        values[one.name] = _field(one, random, depth)
    made.__dict__.update(values, _unknown_fields=random.choice((b"", b"", b"\xfa\xff\xff\xff\x0f\x01x")))
    return made


def _field(one: Field, random: Random, depth: int) -> Any:
    if one.key is not None:
        return {
            _value(one.key, random, depth): _value(one.value, random, depth) for _ in range(random.choice((0, 1, 3)))
        }
    if one.repeated:
        return [_value(one.value, random, depth) for _ in range(random.choice((0, 1, 3)))]
    return _value(one.value, random, depth)


def _value(value: Value, random: Random, depth: int) -> Any:
    match value.kind:
        case "message":
            return instance(value.message, random, depth - 1)
        case "enum":
            return random.choice(list(value.enum))
        case "bool" | "BoolValue":
            return random.random() < 0.5
        case "string" | "StringValue" | "bytes" | "BytesValue":
            text = random.choice(_TEXTS)
            return text if value.python == "str" else text.encode()
        case "float" | "double" | "FloatValue" | "DoubleValue":
            return random.choice(_FLOATS)
        case "Duration":
            return timedelta(seconds=random.choice((0, 1, 86_400)), microseconds=random.choice((0, 1, 999_999)))
        case "Timestamp":
            return datetime(random.choice((1, 1969, 1970, 2026)), 2, 3, 4, 5, 6, random.choice((0, 7)), tzinfo=UTC)
        case kind:
            low, high = _RANGES[kind]
            return random.choice((low, high, 0, 1, max(low, -1), 127, 128, 16_384, random.randint(low, high)))
