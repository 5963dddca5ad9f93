"""Encoders of envoy.extensions.filters.listener.http_inspector.v3, made from envoy-data-plane by `make encoders`: do not edit.

Each takes the fields of a message and returns its bytes, which are those that the library writes.
"""

from __future__ import annotations

from typing import Final, NewType

HttpInspector = NewType("HttpInspector", bytes)
HTTP_INSPECTOR: Final = "type.googleapis.com/envoy.extensions.filters.listener.http_inspector.v3.HttpInspector"


def http_inspector() -> HttpInspector:
    """envoy.extensions.filters.listener.http_inspector.v3.HttpInspector."""
    return HttpInspector(b"")
