"""Encoders of envoy.extensions.upstreams.http.v3, made from envoy-data-plane by `make encoders`: do not edit.

Each takes the fields of a message and returns its bytes, which are those that the library writes.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final, NewType

from xds_server.envoy.wire.fields import blob as _blob
from xds_server.envoy.wire.fields import blobs as _blobs
from xds_server.envoy.wire.fields import conflict as _conflict

if TYPE_CHECKING:
    from xds_server.envoy.encoders import (
        envoy_config_common_matcher_v3,
        envoy_config_core_v3,
        envoy_config_route_v3,
        envoy_extensions_filters_network_http_connection_manager_v3,
    )

HttpProtocolOptions = NewType("HttpProtocolOptions", bytes)
HTTP_PROTOCOL_OPTIONS: Final = "type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions"


def http_protocol_options(
    *,
    common_http_protocol_options: envoy_config_core_v3.HttpProtocolOptions | None = None,
    upstream_http_protocol_options: envoy_config_core_v3.UpstreamHttpProtocolOptions | None = None,
    explicit_http_config: HttpProtocolOptionsExplicitHttpConfig | None = None,
    use_downstream_protocol_config: HttpProtocolOptionsUseDownstreamHttpConfig | None = None,
    auto_config: HttpProtocolOptionsAutoHttpConfig | None = None,
    http_filters: Sequence[envoy_extensions_filters_network_http_connection_manager_v3.HttpFilter] = (),
    header_validation_config: envoy_config_core_v3.TypedExtensionConfig | None = None,
    outlier_detection: HttpProtocolOptionsOutlierDetection | None = None,
    request_mirror_policies: Sequence[envoy_config_route_v3.RouteActionRequestMirrorPolicy] = (),
    hash_policy: Sequence[envoy_config_route_v3.RouteActionHashPolicy] = (),
    retry_policy: envoy_config_route_v3.RetryPolicy | None = None,
) -> HttpProtocolOptions:
    """envoy.extensions.upstreams.http.v3.HttpProtocolOptions."""
    if (explicit_http_config is not None) + (use_downstream_protocol_config is not None) + (
        auto_config is not None
    ) > 1:
        raise _conflict(
            "HttpProtocolOptions.upstream_protocol_options",
            explicit_http_config=explicit_http_config,
            use_downstream_protocol_config=use_downstream_protocol_config,
            auto_config=auto_config,
        )
    out = b""
    if common_http_protocol_options is not None:
        out += _blob(b"\x0a", common_http_protocol_options)
    if upstream_http_protocol_options is not None:
        out += _blob(b"\x12", upstream_http_protocol_options)
    if explicit_http_config is not None:
        out += _blob(b"\x1a", explicit_http_config)
    if use_downstream_protocol_config is not None:
        out += _blob(b"\x22", use_downstream_protocol_config)
    if auto_config is not None:
        out += _blob(b"\x2a", auto_config)
    if http_filters:
        out += _blobs(b"\x32", http_filters, "HttpProtocolOptions.http_filters")
    if header_validation_config is not None:
        out += _blob(b"\x3a", header_validation_config)
    if outlier_detection is not None:
        out += _blob(b"\x42", outlier_detection)
    if request_mirror_policies:
        out += _blobs(b"\x4a", request_mirror_policies, "HttpProtocolOptions.request_mirror_policies")
    if hash_policy:
        out += _blobs(b"\x52", hash_policy, "HttpProtocolOptions.hash_policy")
    if retry_policy is not None:
        out += _blob(b"\x5a", retry_policy)
    return HttpProtocolOptions(out)


HttpProtocolOptionsAutoHttpConfig = NewType("HttpProtocolOptionsAutoHttpConfig", bytes)


def http_protocol_options_auto_http_config(
    *,
    http_protocol_options: envoy_config_core_v3.Http1ProtocolOptions | None = None,
    http2_protocol_options: envoy_config_core_v3.Http2ProtocolOptions | None = None,
    http3_protocol_options: envoy_config_core_v3.Http3ProtocolOptions | None = None,
    alternate_protocols_cache_options: envoy_config_core_v3.AlternateProtocolsCacheOptions | None = None,
) -> HttpProtocolOptionsAutoHttpConfig:
    """envoy.extensions.upstreams.http.v3.HttpProtocolOptions.AutoHttpConfig."""
    out = b""
    if http_protocol_options is not None:
        out += _blob(b"\x0a", http_protocol_options)
    if http2_protocol_options is not None:
        out += _blob(b"\x12", http2_protocol_options)
    if http3_protocol_options is not None:
        out += _blob(b"\x1a", http3_protocol_options)
    if alternate_protocols_cache_options is not None:
        out += _blob(b"\x22", alternate_protocols_cache_options)
    return HttpProtocolOptionsAutoHttpConfig(out)


HttpProtocolOptionsExplicitHttpConfig = NewType("HttpProtocolOptionsExplicitHttpConfig", bytes)


def http_protocol_options_explicit_http_config(
    *,
    http_protocol_options: envoy_config_core_v3.Http1ProtocolOptions | None = None,
    http2_protocol_options: envoy_config_core_v3.Http2ProtocolOptions | None = None,
    http3_protocol_options: envoy_config_core_v3.Http3ProtocolOptions | None = None,
) -> HttpProtocolOptionsExplicitHttpConfig:
    """envoy.extensions.upstreams.http.v3.HttpProtocolOptions.ExplicitHttpConfig."""
    if (http_protocol_options is not None) + (http2_protocol_options is not None) + (
        http3_protocol_options is not None
    ) > 1:
        raise _conflict(
            "HttpProtocolOptionsExplicitHttpConfig.protocol_config",
            http_protocol_options=http_protocol_options,
            http2_protocol_options=http2_protocol_options,
            http3_protocol_options=http3_protocol_options,
        )
    out = b""
    if http_protocol_options is not None:
        out += _blob(b"\x0a", http_protocol_options)
    if http2_protocol_options is not None:
        out += _blob(b"\x12", http2_protocol_options)
    if http3_protocol_options is not None:
        out += _blob(b"\x1a", http3_protocol_options)
    return HttpProtocolOptionsExplicitHttpConfig(out)


HttpProtocolOptionsOutlierDetection = NewType("HttpProtocolOptionsOutlierDetection", bytes)


def http_protocol_options_outlier_detection(
    *,
    error_matcher: envoy_config_common_matcher_v3.MatchPredicate | None = None,
) -> HttpProtocolOptionsOutlierDetection:
    """envoy.extensions.upstreams.http.v3.HttpProtocolOptions.OutlierDetection."""
    out = b""
    if error_matcher is not None:
        out += _blob(b"\x0a", error_matcher)
    return HttpProtocolOptionsOutlierDetection(out)


HttpProtocolOptionsUseDownstreamHttpConfig = NewType("HttpProtocolOptionsUseDownstreamHttpConfig", bytes)


def http_protocol_options_use_downstream_http_config(
    *,
    http_protocol_options: envoy_config_core_v3.Http1ProtocolOptions | None = None,
    http2_protocol_options: envoy_config_core_v3.Http2ProtocolOptions | None = None,
    http3_protocol_options: envoy_config_core_v3.Http3ProtocolOptions | None = None,
) -> HttpProtocolOptionsUseDownstreamHttpConfig:
    """envoy.extensions.upstreams.http.v3.HttpProtocolOptions.UseDownstreamHttpConfig."""
    out = b""
    if http_protocol_options is not None:
        out += _blob(b"\x0a", http_protocol_options)
    if http2_protocol_options is not None:
        out += _blob(b"\x12", http2_protocol_options)
    if http3_protocol_options is not None:
        out += _blob(b"\x1a", http3_protocol_options)
    return HttpProtocolOptionsUseDownstreamHttpConfig(out)
