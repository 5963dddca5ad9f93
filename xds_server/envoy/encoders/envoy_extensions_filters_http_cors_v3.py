"""Encoders of envoy.extensions.filters.http.cors.v3, made from envoy-data-plane by `make encoders`: do not edit.

Each takes the fields of a message and returns its bytes, which are those that the library writes.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final, NewType

from xds_server.envoy.wire.fields import blob as _blob
from xds_server.envoy.wire.fields import blobs as _blobs
from xds_server.envoy.wire.fields import text as _text

if TYPE_CHECKING:
    from xds_server.envoy.encoders import envoy_config_core_v3, envoy_type_matcher_v3

Cors = NewType("Cors", bytes)
CORS: Final = "type.googleapis.com/envoy.extensions.filters.http.cors.v3.Cors"


def cors() -> Cors:
    """envoy.extensions.filters.http.cors.v3.Cors."""
    return Cors(b"")


CorsPolicy = NewType("CorsPolicy", bytes)
CORS_POLICY: Final = "type.googleapis.com/envoy.extensions.filters.http.cors.v3.CorsPolicy"


def cors_policy(
    *,
    allow_origin_string_match: Sequence[envoy_type_matcher_v3.StringMatcher] = (),
    allow_methods: str = "",
    allow_headers: str = "",
    expose_headers: str = "",
    max_age: str = "",
    allow_credentials: bool | None = None,
    filter_enabled: envoy_config_core_v3.RuntimeFractionalPercent | None = None,
    shadow_enabled: envoy_config_core_v3.RuntimeFractionalPercent | None = None,
    allow_private_network_access: bool | None = None,
    forward_not_matching_preflights: bool | None = None,
) -> CorsPolicy:
    """envoy.extensions.filters.http.cors.v3.CorsPolicy."""
    out = b""
    if allow_origin_string_match:
        out += _blobs(b"\x0a", allow_origin_string_match, "CorsPolicy.allow_origin_string_match")
    if allow_methods:
        out += _text(b"\x12", allow_methods)
    if allow_headers:
        out += _text(b"\x1a", allow_headers)
    if expose_headers:
        out += _text(b"\x22", expose_headers)
    if max_age:
        out += _text(b"\x2a", max_age)
    if allow_credentials is not None:
        out += b"\x32\x02\x08\x01" if allow_credentials else b"\x32\x00"
    if filter_enabled is not None:
        out += _blob(b"\x3a", filter_enabled)
    if shadow_enabled is not None:
        out += _blob(b"\x42", shadow_enabled)
    if allow_private_network_access is not None:
        out += b"\x4a\x02\x08\x01" if allow_private_network_access else b"\x4a\x00"
    if forward_not_matching_preflights is not None:
        out += b"\x52\x02\x08\x01" if forward_not_matching_preflights else b"\x52\x00"
    return CorsPolicy(out)
