"""Encoders of envoy.extensions.filters.listener.tls_inspector.v3, made from envoy-data-plane by `make encoders`: do not edit.

Each takes the fields of a message and returns its bytes, which are those that the library writes.
"""

from __future__ import annotations

from typing import Final, NewType

from xds_server.envoy.wire.fields import blob as _blob
from xds_server.envoy.wire.fields import uint32 as _uint32

TlsInspector = NewType("TlsInspector", bytes)
TLS_INSPECTOR: Final = "type.googleapis.com/envoy.extensions.filters.listener.tls_inspector.v3.TlsInspector"


def tls_inspector(
    *,
    enable_ja3_fingerprinting: bool | None = None,
    enable_ja4_fingerprinting: bool | None = None,
    initial_read_buffer_size: int | None = None,
    close_connection_on_client_hello_parsing_errors: bool = False,
    max_client_hello_size: int | None = None,
) -> TlsInspector:
    """envoy.extensions.filters.listener.tls_inspector.v3.TlsInspector."""
    out = b""
    if enable_ja3_fingerprinting is not None:
        out += b"\x0a\x02\x08\x01" if enable_ja3_fingerprinting else b"\x0a\x00"
    if enable_ja4_fingerprinting is not None:
        out += b"\x1a\x02\x08\x01" if enable_ja4_fingerprinting else b"\x1a\x00"
    if initial_read_buffer_size is not None:
        out += _blob(
            b"\x12",
            _uint32(b"\x08", initial_read_buffer_size, "TlsInspector.initial_read_buffer_size")
            if initial_read_buffer_size
            else b"",
        )
    if close_connection_on_client_hello_parsing_errors:
        out += b"\x20\x01"
    if max_client_hello_size is not None:
        out += _blob(
            b"\x2a",
            _uint32(b"\x08", max_client_hello_size, "TlsInspector.max_client_hello_size")
            if max_client_hello_size
            else b"",
        )
    return TlsInspector(out)
