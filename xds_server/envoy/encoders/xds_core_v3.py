"""Encoders of xds.core.v3, made from envoy-data-plane by `make encoders`: do not edit.

Each takes the fields of a message and returns its bytes, which are those that the library writes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NewType

from xds_server.envoy.wire.fields import blob as _blob
from xds_server.envoy.wire.fields import text as _text
from xds_server.envoy.wire.fields import uint32 as _uint32

if TYPE_CHECKING:
    from xds_server.envoy.encoders import google_protobuf

Authority = NewType("Authority", bytes)


def authority(
    *,
    name: str = "",
) -> Authority:
    """xds.core.v3.Authority."""
    out = b""
    if name:
        out += _text(b"\x0a", name)
    return Authority(out)


CidrRange = NewType("CidrRange", bytes)


def cidr_range(
    *,
    address_prefix: str = "",
    prefix_len: int | None = None,
) -> CidrRange:
    """xds.core.v3.CidrRange."""
    out = b""
    if address_prefix:
        out += _text(b"\x0a", address_prefix)
    if prefix_len is not None:
        out += _blob(b"\x12", _uint32(b"\x08", prefix_len, "CidrRange.prefix_len") if prefix_len else b"")
    return CidrRange(out)


TypedExtensionConfig = NewType("TypedExtensionConfig", bytes)


def typed_extension_config(
    *,
    name: str = "",
    typed_config: google_protobuf.Any | None = None,
) -> TypedExtensionConfig:
    """xds.core.v3.TypedExtensionConfig."""
    out = b""
    if name:
        out += _text(b"\x0a", name)
    if typed_config is not None:
        out += _blob(b"\x12", typed_config)
    return TypedExtensionConfig(out)
