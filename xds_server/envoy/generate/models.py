"""Any model of the library as bytes, by encoders made on demand in the way in which the shipped ones are made."""

from collections.abc import Callable
from functools import cache
from typing import Any, Final

import xds_server.envoy.fields
from xds_server.envoy.generate.fields import Field, fields
from xds_server.envoy.generate.source import HELPERS, function, function_name, table

_NAMES: Final = {f"_{name}": getattr(xds_server.envoy.fields, name) for name in HELPERS}


def encode(model: Any) -> bytes:
    """The bytes of a model: what `bytes(model)` returns, a hundred times as fast.

    Differs from it on purpose: a negative Duration keeps its sign; an enum's value must be one that the library knows.
    Raises: ValueError, for what the message's types do not allow.
    """
    encoder, those = _encoder(model.__class__)
    values = model.__dict__
    given = {one.name: _given(one, values[one.name]) for one in those if values[one.name] is not None}
    encoded: bytes = encoder(**given) + values["_unknown_fields"]
    return encoded


@cache
def _encoder(model: Any) -> tuple[Callable[..., bytes], list[Field]]:
    those = fields(model)
    enums = {one.value.enum for one in those} - {None}
    source = ["from __future__ import annotations", *[table(enum) for enum in enums], function(model.__name__, model)]
    namespace = _NAMES | {model.__name__: bytes}
    exec("\n".join(source), namespace)  # noqa: S102 - made of the library's metadata
    return namespace[function_name(model.__name__)], those


def _given(one: Field, value: Any) -> Any:
    """The value of a model's field as an encoder takes it."""
    if one.value.kind not in ("message", "enum"):
        return value
    if one.key is not None:
        return {key: _single(one, item) for key, item in value.items()}
    if one.repeated:
        return [_single(one, item) for item in value]
    if one.value.kind == "enum" and not value and not one.explicit:
        return None  # The default, for which the enums of proto2 need not have a name.
    return _single(one, value)


def _single(one: Field, value: Any) -> Any:
    return encode(value) if one.value.kind == "message" else one.value.enum(value).name or str(int(value))
