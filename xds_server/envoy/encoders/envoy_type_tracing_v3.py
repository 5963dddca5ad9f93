"""Encoders of envoy.type.tracing.v3, made from envoy-data-plane by `make encoders`: do not edit.

Each takes the fields of a message and returns its bytes, which are those that the library writes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NewType

from xds_server.envoy.wire.fields import blob as _blob
from xds_server.envoy.wire.fields import conflict as _conflict
from xds_server.envoy.wire.fields import text as _text

if TYPE_CHECKING:
    from xds_server.envoy.encoders import envoy_type_metadata_v3

CustomTag = NewType("CustomTag", bytes)


def custom_tag(
    *,
    tag: str = "",
    literal: CustomTagLiteral | None = None,
    environment: CustomTagEnvironment | None = None,
    request_header: CustomTagHeader | None = None,
    metadata: CustomTagMetadata | None = None,
    value: str | None = None,
) -> CustomTag:
    """envoy.type.tracing.v3.CustomTag."""
    if (literal is not None) + (environment is not None) + (request_header is not None) + (metadata is not None) + (
        value is not None
    ) > 1:
        raise _conflict(
            "CustomTag.type",
            literal=literal,
            environment=environment,
            request_header=request_header,
            metadata=metadata,
            value=value,
        )
    out = b""
    if tag:
        out += _text(b"\x0a", tag)
    if literal is not None:
        out += _blob(b"\x12", literal)
    if environment is not None:
        out += _blob(b"\x1a", environment)
    if request_header is not None:
        out += _blob(b"\x22", request_header)
    if metadata is not None:
        out += _blob(b"\x2a", metadata)
    if value is not None:
        out += _text(b"\x32", value)
    return CustomTag(out)


CustomTagEnvironment = NewType("CustomTagEnvironment", bytes)


def custom_tag_environment(
    *,
    name: str = "",
    default_value: str = "",
) -> CustomTagEnvironment:
    """envoy.type.tracing.v3.CustomTag.Environment."""
    out = b""
    if name:
        out += _text(b"\x0a", name)
    if default_value:
        out += _text(b"\x12", default_value)
    return CustomTagEnvironment(out)


CustomTagHeader = NewType("CustomTagHeader", bytes)


def custom_tag_header(
    *,
    name: str = "",
    default_value: str = "",
) -> CustomTagHeader:
    """envoy.type.tracing.v3.CustomTag.Header."""
    out = b""
    if name:
        out += _text(b"\x0a", name)
    if default_value:
        out += _text(b"\x12", default_value)
    return CustomTagHeader(out)


CustomTagLiteral = NewType("CustomTagLiteral", bytes)


def custom_tag_literal(
    *,
    value: str = "",
) -> CustomTagLiteral:
    """envoy.type.tracing.v3.CustomTag.Literal."""
    out = b""
    if value:
        out += _text(b"\x0a", value)
    return CustomTagLiteral(out)


CustomTagMetadata = NewType("CustomTagMetadata", bytes)


def custom_tag_metadata(
    *,
    kind: envoy_type_metadata_v3.MetadataKind | None = None,
    metadata_key: envoy_type_metadata_v3.MetadataKey | None = None,
    default_value: str = "",
) -> CustomTagMetadata:
    """envoy.type.tracing.v3.CustomTag.Metadata."""
    out = b""
    if kind is not None:
        out += _blob(b"\x0a", kind)
    if metadata_key is not None:
        out += _blob(b"\x12", metadata_key)
    if default_value:
        out += _text(b"\x1a", default_value)
    return CustomTagMetadata(out)
