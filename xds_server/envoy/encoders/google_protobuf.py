"""Encoders of google.protobuf, made from envoy-data-plane by `make encoders`: do not edit.

Each takes the fields of a message and returns its bytes, which are those that the library writes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final, Literal, NewType

from xds_server.envoy.wire.fields import blob as _blob
from xds_server.envoy.wire.fields import blobs as _blobs
from xds_server.envoy.wire.fields import conflict as _conflict
from xds_server.envoy.wire.fields import fixed as _fixed
from xds_server.envoy.wire.fields import member as _member
from xds_server.envoy.wire.fields import text as _text

NullValue = Literal["NULL_VALUE"]
_NullValue: Final = {"NULL_VALUE": b"\x00"}
Any = NewType("Any", bytes)


def any(
    *,
    type_url: str = "",
    value: bytes = b"",
) -> Any:
    """google.protobuf.Any."""
    out = b""
    if type_url:
        out += _text(b"\x0a", type_url)
    if value:
        out += _blob(b"\x12", value)
    return Any(out)


Empty = NewType("Empty", bytes)


def empty() -> Empty:
    """google.protobuf.Empty."""
    return Empty(b"")


ListValue = NewType("ListValue", bytes)


def list_value(
    *,
    values: Sequence[Value] = (),
) -> ListValue:
    """google.protobuf.ListValue."""
    out = b""
    if values:
        out += _blobs(b"\x0a", values, "ListValue.values")
    return ListValue(out)


Struct = NewType("Struct", bytes)


def struct(
    *,
    fields: Mapping[str, Value] | None = None,
) -> Struct:
    """google.protobuf.Struct."""
    out = b""
    if fields:
        out += _blobs(
            b"\x0a", [_text(b"\x0a", key) + _blob(b"\x12", one) for key, one in fields.items()], "Struct.fields"
        )
    return Struct(out)


Value = NewType("Value", bytes)


def value(
    *,
    null_value: NullValue | None = None,
    number_value: float | None = None,
    string_value: str | None = None,
    bool_value: bool | None = None,
    struct_value: Struct | None = None,
    list_value: ListValue | None = None,
) -> Value:
    """google.protobuf.Value."""
    if (null_value is not None) + (number_value is not None) + (string_value is not None) + (bool_value is not None) + (
        struct_value is not None
    ) + (list_value is not None) > 1:
        raise _conflict(
            "Value.kind",
            null_value=null_value,
            number_value=number_value,
            string_value=string_value,
            bool_value=bool_value,
            struct_value=struct_value,
            list_value=list_value,
        )
    out = b""
    if null_value is not None:
        out += _member(b"\x08", _NullValue, null_value, "Value.null_value")
    if number_value is not None:
        out += _fixed(b"\x11", "d", number_value, "Value.number_value")
    if string_value is not None:
        out += _text(b"\x1a", string_value)
    if bool_value is not None:
        out += b"\x20\x01" if bool_value else b"\x20\x00"
    if struct_value is not None:
        out += _blob(b"\x2a", struct_value)
    if list_value is not None:
        out += _blob(b"\x32", list_value)
    return Value(out)
