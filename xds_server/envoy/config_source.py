"""The config sources that point back to this control plane."""

from xds_server.envoy.protobuf import field_bytes, field_varint

_V3 = field_varint(6, 2)  # resource_api_version
_ADS = field_bytes(3, b"")

ADS = _ADS + _V3
"""envoy.config.core.v3.ConfigSource: over the aggregated stream."""

ADS_WAITS = _ADS + field_bytes(4, b"") + _V3
"""The same with initial_fetch_timeout 0s: what depends on it stays warming for as long as the answer is not known."""
