"""Encoders of envoy.extensions.filters.http.health_check.v3, made from envoy-data-plane by `make encoders`: do not edit.

Each takes the fields of a message and returns its bytes, which are those that the library writes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Final, NewType

from xds_server.envoy.wire.fields import blob as _blob
from xds_server.envoy.wire.fields import blobs as _blobs
from xds_server.envoy.wire.fields import duration as _duration
from xds_server.envoy.wire.fields import text as _text

if TYPE_CHECKING:
    from xds_server.envoy.encoders import envoy_config_route_v3, envoy_type_v3

HealthCheck = NewType("HealthCheck", bytes)
HEALTH_CHECK: Final = "type.googleapis.com/envoy.extensions.filters.http.health_check.v3.HealthCheck"


def health_check(
    *,
    pass_through_mode: bool | None = None,
    cache_time: timedelta | None = None,
    cluster_min_healthy_percentages: Mapping[str, envoy_type_v3.Percent] | None = None,
    headers: Sequence[envoy_config_route_v3.HeaderMatcher] = (),
) -> HealthCheck:
    """envoy.extensions.filters.http.health_check.v3.HealthCheck."""
    out = b""
    if pass_through_mode is not None:
        out += b"\x0a\x02\x08\x01" if pass_through_mode else b"\x0a\x00"
    if cache_time is not None:
        out += _duration(b"\x1a", cache_time, "HealthCheck.cache_time")
    if cluster_min_healthy_percentages:
        out += _blobs(
            b"\x22",
            [_text(b"\x0a", key) + _blob(b"\x12", one) for key, one in cluster_min_healthy_percentages.items()],
            "HealthCheck.cluster_min_healthy_percentages",
        )
    if headers:
        out += _blobs(b"\x2a", headers, "HealthCheck.headers")
    return HealthCheck(out)
