"""Encoders of envoy.config.trace.v3, made from envoy-data-plane by `make encoders`: do not edit.

Each takes the fields of a message and returns its bytes, which are those that the library writes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NewType

from xds_server.envoy.wire.fields import blob as _blob
from xds_server.envoy.wire.fields import text as _text

if TYPE_CHECKING:
    from xds_server.envoy.encoders import google_protobuf

TracingHttp = NewType("TracingHttp", bytes)


def tracing_http(
    *,
    name: str = "",
    typed_config: google_protobuf.Any | None = None,
) -> TracingHttp:
    """envoy.config.trace.v3.Tracing.Http."""
    out = b""
    if name:
        out += _text(b"\x0a", name)
    if typed_config is not None:
        out += _blob(b"\x1a", typed_config)
    return TracingHttp(out)
