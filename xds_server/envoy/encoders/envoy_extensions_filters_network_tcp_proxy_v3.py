"""Encoders of envoy.extensions.filters.network.tcp_proxy.v3, made from envoy-data-plane by `make encoders`: do not edit.

Each takes the fields of a message and returns its bytes, which are those that the library writes.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Final, Literal, NewType

from xds_server.envoy.wire.fields import blob as _blob
from xds_server.envoy.wire.fields import blobs as _blobs
from xds_server.envoy.wire.fields import conflict as _conflict
from xds_server.envoy.wire.fields import duration as _duration
from xds_server.envoy.wire.fields import member_but_zero as _member_but_zero
from xds_server.envoy.wire.fields import text as _text
from xds_server.envoy.wire.fields import uint32 as _uint32

if TYPE_CHECKING:
    from xds_server.envoy.encoders import (
        envoy_config_accesslog_v3,
        envoy_config_core_v3,
        envoy_extensions_filters_network_http_connection_manager_v3,
        envoy_type_v3,
    )

ProxyProtocolTlvMergePolicy = Literal["ADD_IF_ABSENT", "OVERWRITE_BY_TYPE_IF_EXISTS_OR_ADD", "APPEND_IF_EXISTS_OR_ADD"]
UpstreamConnectMode = Literal["IMMEDIATE", "ON_DOWNSTREAM_DATA", "ON_DOWNSTREAM_TLS_HANDSHAKE"]
_ProxyProtocolTlvMergePolicy: Final = {
    "ADD_IF_ABSENT": b"\x00",
    "OVERWRITE_BY_TYPE_IF_EXISTS_OR_ADD": b"\x01",
    "APPEND_IF_EXISTS_OR_ADD": b"\x02",
}
_UpstreamConnectMode: Final = {
    "IMMEDIATE": b"\x00",
    "ON_DOWNSTREAM_DATA": b"\x01",
    "ON_DOWNSTREAM_TLS_HANDSHAKE": b"\x02",
}
TcpProxy = NewType("TcpProxy", bytes)
TCP_PROXY: Final = "type.googleapis.com/envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy"


def tcp_proxy(
    *,
    stat_prefix: str = "",
    cluster: str | None = None,
    weighted_clusters: TcpProxyWeightedCluster | None = None,
    on_demand: TcpProxyOnDemand | None = None,
    metadata_match: envoy_config_core_v3.Metadata | None = None,
    idle_timeout: timedelta | None = None,
    downstream_idle_timeout: timedelta | None = None,
    upstream_idle_timeout: timedelta | None = None,
    access_log: Sequence[envoy_config_accesslog_v3.AccessLog] = (),
    max_connect_attempts: int | None = None,
    backoff_options: envoy_config_core_v3.BackoffStrategy | None = None,
    hash_policy: Sequence[envoy_type_v3.HashPolicy] = (),
    tunneling_config: TcpProxyTunnelingConfig | None = None,
    max_downstream_connection_duration: timedelta | None = None,
    max_downstream_connection_duration_jitter_percentage: envoy_type_v3.Percent | None = None,
    access_log_flush_interval: timedelta | None = None,
    flush_access_log_on_connected: bool = False,
    access_log_options: TcpProxyTcpAccessLogOptions | None = None,
    proxy_protocol_tlvs: Sequence[envoy_config_core_v3.TlvEntry] = (),
    proxy_protocol_tlv_merge_policy: ProxyProtocolTlvMergePolicy | None = None,
    upstream_connect_mode: UpstreamConnectMode | None = None,
    max_early_data_bytes: int | None = None,
    check_drain_close: bool | None = None,
) -> TcpProxy:
    """envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy."""
    if (cluster is not None) + (weighted_clusters is not None) > 1:
        raise _conflict("TcpProxy.cluster_specifier", cluster=cluster, weighted_clusters=weighted_clusters)
    out = b""
    if stat_prefix:
        out += _text(b"\x0a", stat_prefix)
    if cluster is not None:
        out += _text(b"\x12", cluster)
    if weighted_clusters is not None:
        out += _blob(b"\x52", weighted_clusters)
    if on_demand is not None:
        out += _blob(b"\x72", on_demand)
    if metadata_match is not None:
        out += _blob(b"\x4a", metadata_match)
    if idle_timeout is not None:
        out += _duration(b"\x42", idle_timeout, "TcpProxy.idle_timeout")
    if downstream_idle_timeout is not None:
        out += _duration(b"\x1a", downstream_idle_timeout, "TcpProxy.downstream_idle_timeout")
    if upstream_idle_timeout is not None:
        out += _duration(b"\x22", upstream_idle_timeout, "TcpProxy.upstream_idle_timeout")
    if access_log:
        out += _blobs(b"\x2a", access_log, "TcpProxy.access_log")
    if max_connect_attempts is not None:
        out += _blob(
            b"\x3a",
            _uint32(b"\x08", max_connect_attempts, "TcpProxy.max_connect_attempts") if max_connect_attempts else b"",
        )
    if backoff_options is not None:
        out += _blob(b"\x92\x01", backoff_options)
    if hash_policy:
        out += _blobs(b"\x5a", hash_policy, "TcpProxy.hash_policy")
    if tunneling_config is not None:
        out += _blob(b"\x62", tunneling_config)
    if max_downstream_connection_duration is not None:
        out += _duration(b"\x6a", max_downstream_connection_duration, "TcpProxy.max_downstream_connection_duration")
    if max_downstream_connection_duration_jitter_percentage is not None:
        out += _blob(b"\xa2\x01", max_downstream_connection_duration_jitter_percentage)
    if access_log_flush_interval is not None:
        out += _duration(b"\x7a", access_log_flush_interval, "TcpProxy.access_log_flush_interval")
    if flush_access_log_on_connected:
        out += b"\x80\x01\x01"
    if access_log_options is not None:
        out += _blob(b"\x8a\x01", access_log_options)
    if proxy_protocol_tlvs:
        out += _blobs(b"\x9a\x01", proxy_protocol_tlvs, "TcpProxy.proxy_protocol_tlvs")
    if proxy_protocol_tlv_merge_policy is not None:
        out += _member_but_zero(
            b"\xb8\x01",
            _ProxyProtocolTlvMergePolicy,
            proxy_protocol_tlv_merge_policy,
            "TcpProxy.proxy_protocol_tlv_merge_policy",
        )
    if upstream_connect_mode is not None:
        out += _member_but_zero(
            b"\xa8\x01", _UpstreamConnectMode, upstream_connect_mode, "TcpProxy.upstream_connect_mode"
        )
    if max_early_data_bytes is not None:
        out += _blob(
            b"\xb2\x01",
            _uint32(b"\x08", max_early_data_bytes, "TcpProxy.max_early_data_bytes") if max_early_data_bytes else b"",
        )
    if check_drain_close is not None:
        out += b"\xc2\x01\x02\x08\x01" if check_drain_close else b"\xc2\x01\x00"
    return TcpProxy(out)


TcpProxyOnDemand = NewType("TcpProxyOnDemand", bytes)


def tcp_proxy_on_demand(
    *,
    odcds_config: envoy_config_core_v3.ConfigSource | None = None,
    resources_locator: str = "",
    timeout: timedelta | None = None,
) -> TcpProxyOnDemand:
    """envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy.OnDemand."""
    out = b""
    if odcds_config is not None:
        out += _blob(b"\x0a", odcds_config)
    if resources_locator:
        out += _text(b"\x12", resources_locator)
    if timeout is not None:
        out += _duration(b"\x1a", timeout, "TcpProxyOnDemand.timeout")
    return TcpProxyOnDemand(out)


TcpProxyTcpAccessLogOptions = NewType("TcpProxyTcpAccessLogOptions", bytes)


def tcp_proxy_tcp_access_log_options(
    *,
    access_log_flush_interval: timedelta | None = None,
    flush_access_log_on_connected: bool = False,
    flush_access_log_on_start: bool = False,
) -> TcpProxyTcpAccessLogOptions:
    """envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy.TcpAccessLogOptions."""
    out = b""
    if access_log_flush_interval is not None:
        out += _duration(b"\x0a", access_log_flush_interval, "TcpProxyTcpAccessLogOptions.access_log_flush_interval")
    if flush_access_log_on_connected:
        out += b"\x10\x01"
    if flush_access_log_on_start:
        out += b"\x18\x01"
    return TcpProxyTcpAccessLogOptions(out)


TcpProxyTunnelingConfig = NewType("TcpProxyTunnelingConfig", bytes)


def tcp_proxy_tunneling_config(
    *,
    hostname: str = "",
    use_post: bool = False,
    headers_to_add: Sequence[envoy_config_core_v3.HeaderValueOption] = (),
    propagate_response_headers: bool = False,
    post_path: str = "",
    propagate_response_trailers: bool = False,
    request_id_extension: envoy_extensions_filters_network_http_connection_manager_v3.RequestIdExtension | None = None,
    request_id_header: str = "",
    request_id_metadata_key: str = "",
    formatters: Sequence[envoy_config_core_v3.TypedExtensionConfig] = (),
) -> TcpProxyTunnelingConfig:
    """envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy.TunnelingConfig."""
    out = b""
    if hostname:
        out += _text(b"\x0a", hostname)
    if use_post:
        out += b"\x10\x01"
    if headers_to_add:
        out += _blobs(b"\x1a", headers_to_add, "TcpProxyTunnelingConfig.headers_to_add")
    if propagate_response_headers:
        out += b"\x20\x01"
    if post_path:
        out += _text(b"\x2a", post_path)
    if propagate_response_trailers:
        out += b"\x30\x01"
    if request_id_extension is not None:
        out += _blob(b"\x3a", request_id_extension)
    if request_id_header:
        out += _text(b"\x42", request_id_header)
    if request_id_metadata_key:
        out += _text(b"\x4a", request_id_metadata_key)
    if formatters:
        out += _blobs(b"\x52", formatters, "TcpProxyTunnelingConfig.formatters")
    return TcpProxyTunnelingConfig(out)


TcpProxyWeightedCluster = NewType("TcpProxyWeightedCluster", bytes)


def tcp_proxy_weighted_cluster(
    *,
    clusters: Sequence[TcpProxyWeightedClusterClusterWeight] = (),
) -> TcpProxyWeightedCluster:
    """envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy.WeightedCluster."""
    out = b""
    if clusters:
        out += _blobs(b"\x0a", clusters, "TcpProxyWeightedCluster.clusters")
    return TcpProxyWeightedCluster(out)


TcpProxyWeightedClusterClusterWeight = NewType("TcpProxyWeightedClusterClusterWeight", bytes)


def tcp_proxy_weighted_cluster_cluster_weight(
    *,
    name: str = "",
    weight: int = 0,
    metadata_match: envoy_config_core_v3.Metadata | None = None,
) -> TcpProxyWeightedClusterClusterWeight:
    """envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy.WeightedCluster.ClusterWeight."""
    out = b""
    if name:
        out += _text(b"\x0a", name)
    if weight:
        out += _uint32(b"\x10", weight, "TcpProxyWeightedClusterClusterWeight.weight")
    if metadata_match is not None:
        out += _blob(b"\x1a", metadata_match)
    return TcpProxyWeightedClusterClusterWeight(out)
