"""Encoders of envoy.config.cluster.v3, made from envoy-data-plane by `make encoders`: do not edit.

Each takes the fields of a message and returns its bytes, which are those that the library writes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Final, Literal, NewType

from xds_server.envoy.wire.fields import blob as _blob
from xds_server.envoy.wire.fields import blobs as _blobs
from xds_server.envoy.wire.fields import conflict as _conflict
from xds_server.envoy.wire.fields import duration as _duration
from xds_server.envoy.wire.fields import fixed as _fixed
from xds_server.envoy.wire.fields import member as _member
from xds_server.envoy.wire.fields import member_but_zero as _member_but_zero
from xds_server.envoy.wire.fields import text as _text
from xds_server.envoy.wire.fields import texts as _texts
from xds_server.envoy.wire.fields import uint32 as _uint32
from xds_server.envoy.wire.fields import uint64 as _uint64

if TYPE_CHECKING:
    from xds_server.envoy.encoders import (
        envoy_config_core_v3,
        envoy_config_endpoint_v3,
        envoy_type_metadata_v3,
        envoy_type_v3,
        google_protobuf,
        xds_type_matcher_v3,
    )

ClusterClusterProtocolSelection = Literal["USE_CONFIGURED_PROTOCOL", "USE_DOWNSTREAM_PROTOCOL"]
ClusterDiscoveryType = Literal["STATIC", "STRICT_DNS", "LOGICAL_DNS", "EDS", "ORIGINAL_DST"]
ClusterDnsLookupFamily = Literal["AUTO", "V4_ONLY", "V6_ONLY", "V4_PREFERRED", "ALL"]
ClusterLbPolicy = Literal[
    "ROUND_ROBIN", "LEAST_REQUEST", "RING_HASH", "RANDOM", "MAGLEV", "CLUSTER_PROVIDED", "LOAD_BALANCING_POLICY_CONFIG"
]
ClusterLbSubsetConfigLbSubsetFallbackPolicy = Literal["NO_FALLBACK", "ANY_ENDPOINT", "DEFAULT_SUBSET"]
ClusterLbSubsetConfigLbSubsetMetadataFallbackPolicy = Literal["METADATA_NO_FALLBACK", "FALLBACK_LIST"]
ClusterLbSubsetConfigLbSubsetSelectorLbSubsetSelectorFallbackPolicy = Literal[
    "NOT_DEFINED", "NO_FALLBACK", "ANY_ENDPOINT", "DEFAULT_SUBSET", "KEYS_SUBSET"
]
ClusterRingHashLbConfigHashFunction = Literal["XX_HASH", "MURMUR_HASH_2"]
UpstreamConnectionOptionsFirstAddressFamilyVersion = Literal["DEFAULT", "V4", "V6", "PIPE", "INTERNAL"]
_ClusterClusterProtocolSelection: Final = {"USE_CONFIGURED_PROTOCOL": b"\x00", "USE_DOWNSTREAM_PROTOCOL": b"\x01"}
_ClusterDiscoveryType: Final = {
    "STATIC": b"\x00",
    "STRICT_DNS": b"\x01",
    "LOGICAL_DNS": b"\x02",
    "EDS": b"\x03",
    "ORIGINAL_DST": b"\x04",
}
_ClusterDnsLookupFamily: Final = {
    "AUTO": b"\x00",
    "V4_ONLY": b"\x01",
    "V6_ONLY": b"\x02",
    "V4_PREFERRED": b"\x03",
    "ALL": b"\x04",
}
_ClusterLbPolicy: Final = {
    "ROUND_ROBIN": b"\x00",
    "LEAST_REQUEST": b"\x01",
    "RING_HASH": b"\x02",
    "RANDOM": b"\x03",
    "MAGLEV": b"\x05",
    "CLUSTER_PROVIDED": b"\x06",
    "LOAD_BALANCING_POLICY_CONFIG": b"\x07",
}
_ClusterLbSubsetConfigLbSubsetFallbackPolicy: Final = {
    "NO_FALLBACK": b"\x00",
    "ANY_ENDPOINT": b"\x01",
    "DEFAULT_SUBSET": b"\x02",
}
_ClusterLbSubsetConfigLbSubsetMetadataFallbackPolicy: Final = {
    "METADATA_NO_FALLBACK": b"\x00",
    "FALLBACK_LIST": b"\x01",
}
_ClusterLbSubsetConfigLbSubsetSelectorLbSubsetSelectorFallbackPolicy: Final = {
    "NOT_DEFINED": b"\x00",
    "NO_FALLBACK": b"\x01",
    "ANY_ENDPOINT": b"\x02",
    "DEFAULT_SUBSET": b"\x03",
    "KEYS_SUBSET": b"\x04",
}
_ClusterRingHashLbConfigHashFunction: Final = {"XX_HASH": b"\x00", "MURMUR_HASH_2": b"\x01"}
_RoutingPriority: Final = {"DEFAULT": b"\x00", "HIGH": b"\x01"}
_UpstreamConnectionOptionsFirstAddressFamilyVersion: Final = {
    "DEFAULT": b"\x00",
    "V4": b"\x01",
    "V6": b"\x02",
    "PIPE": b"\x03",
    "INTERNAL": b"\x04",
}
CircuitBreakers = NewType("CircuitBreakers", bytes)


def circuit_breakers(
    *,
    thresholds: Sequence[CircuitBreakersThresholds] = (),
    per_host_thresholds: Sequence[CircuitBreakersThresholds] = (),
) -> CircuitBreakers:
    """envoy.config.cluster.v3.CircuitBreakers."""
    out = b""
    if thresholds:
        out += _blobs(b"\x0a", thresholds, "CircuitBreakers.thresholds")
    if per_host_thresholds:
        out += _blobs(b"\x12", per_host_thresholds, "CircuitBreakers.per_host_thresholds")
    return CircuitBreakers(out)


CircuitBreakersThresholds = NewType("CircuitBreakersThresholds", bytes)


def circuit_breakers_thresholds(
    *,
    priority: envoy_config_core_v3.RoutingPriority | None = None,
    max_connections: int | None = None,
    max_pending_requests: int | None = None,
    max_requests: int | None = None,
    max_retries: int | None = None,
    retry_budget: CircuitBreakersThresholdsRetryBudget | None = None,
    track_remaining: bool = False,
    max_connection_pools: int | None = None,
) -> CircuitBreakersThresholds:
    """envoy.config.cluster.v3.CircuitBreakers.Thresholds."""
    out = b""
    if priority is not None:
        out += _member_but_zero(b"\x08", _RoutingPriority, priority, "CircuitBreakersThresholds.priority")
    if max_connections is not None:
        out += _blob(
            b"\x12",
            _uint32(b"\x08", max_connections, "CircuitBreakersThresholds.max_connections") if max_connections else b"",
        )
    if max_pending_requests is not None:
        out += _blob(
            b"\x1a",
            _uint32(b"\x08", max_pending_requests, "CircuitBreakersThresholds.max_pending_requests")
            if max_pending_requests
            else b"",
        )
    if max_requests is not None:
        out += _blob(
            b"\x22", _uint32(b"\x08", max_requests, "CircuitBreakersThresholds.max_requests") if max_requests else b""
        )
    if max_retries is not None:
        out += _blob(
            b"\x2a", _uint32(b"\x08", max_retries, "CircuitBreakersThresholds.max_retries") if max_retries else b""
        )
    if retry_budget is not None:
        out += _blob(b"\x42", retry_budget)
    if track_remaining:
        out += b"\x30\x01"
    if max_connection_pools is not None:
        out += _blob(
            b"\x3a",
            _uint32(b"\x08", max_connection_pools, "CircuitBreakersThresholds.max_connection_pools")
            if max_connection_pools
            else b"",
        )
    return CircuitBreakersThresholds(out)


CircuitBreakersThresholdsRetryBudget = NewType("CircuitBreakersThresholdsRetryBudget", bytes)


def circuit_breakers_thresholds_retry_budget(
    *,
    budget_percent: envoy_type_v3.Percent | None = None,
    budget_interval: timedelta | None = None,
    min_retry_concurrency: int | None = None,
) -> CircuitBreakersThresholdsRetryBudget:
    """envoy.config.cluster.v3.CircuitBreakers.Thresholds.RetryBudget."""
    out = b""
    if budget_percent is not None:
        out += _blob(b"\x0a", budget_percent)
    if budget_interval is not None:
        out += _duration(b"\x1a", budget_interval, "CircuitBreakersThresholdsRetryBudget.budget_interval")
    if min_retry_concurrency is not None:
        out += _blob(
            b"\x12",
            _uint32(b"\x08", min_retry_concurrency, "CircuitBreakersThresholdsRetryBudget.min_retry_concurrency")
            if min_retry_concurrency
            else b"",
        )
    return CircuitBreakersThresholdsRetryBudget(out)


Cluster = NewType("Cluster", bytes)


def cluster(
    *,
    transport_socket_matches: Sequence[ClusterTransportSocketMatch] = (),
    transport_socket_matcher: xds_type_matcher_v3.Matcher | None = None,
    name: str = "",
    alt_stat_name: str = "",
    type: ClusterDiscoveryType | None = None,
    cluster_type: ClusterCustomClusterType | None = None,
    eds_cluster_config: ClusterEdsClusterConfig | None = None,
    connect_timeout: timedelta | None = None,
    per_connection_buffer_limit_bytes: int | None = None,
    per_connection_buffer_high_watermark_timeout: timedelta | None = None,
    lb_policy: ClusterLbPolicy | None = None,
    load_assignment: envoy_config_endpoint_v3.ClusterLoadAssignment | None = None,
    health_checks: Sequence[envoy_config_core_v3.HealthCheck] = (),
    max_requests_per_connection: int | None = None,
    circuit_breakers: CircuitBreakers | None = None,
    upstream_http_protocol_options: envoy_config_core_v3.UpstreamHttpProtocolOptions | None = None,
    common_http_protocol_options: envoy_config_core_v3.HttpProtocolOptions | None = None,
    http_protocol_options: envoy_config_core_v3.Http1ProtocolOptions | None = None,
    http2_protocol_options: envoy_config_core_v3.Http2ProtocolOptions | None = None,
    typed_extension_protocol_options: Mapping[str, google_protobuf.Any] | None = None,
    dns_refresh_rate: timedelta | None = None,
    dns_jitter: timedelta | None = None,
    dns_failure_refresh_rate: ClusterRefreshRate | None = None,
    respect_dns_ttl: bool = False,
    dns_lookup_family: ClusterDnsLookupFamily | None = None,
    dns_resolvers: Sequence[envoy_config_core_v3.Address] = (),
    use_tcp_for_dns_lookups: bool = False,
    dns_resolution_config: envoy_config_core_v3.DnsResolutionConfig | None = None,
    typed_dns_resolver_config: envoy_config_core_v3.TypedExtensionConfig | None = None,
    wait_for_warm_on_init: bool | None = None,
    outlier_detection: OutlierDetection | None = None,
    cleanup_interval: timedelta | None = None,
    upstream_bind_config: envoy_config_core_v3.BindConfig | None = None,
    lb_subset_config: ClusterLbSubsetConfig | None = None,
    ring_hash_lb_config: ClusterRingHashLbConfig | None = None,
    maglev_lb_config: ClusterMaglevLbConfig | None = None,
    original_dst_lb_config: ClusterOriginalDstLbConfig | None = None,
    least_request_lb_config: ClusterLeastRequestLbConfig | None = None,
    round_robin_lb_config: ClusterRoundRobinLbConfig | None = None,
    common_lb_config: ClusterCommonLbConfig | None = None,
    transport_socket: envoy_config_core_v3.TransportSocket | None = None,
    metadata: envoy_config_core_v3.Metadata | None = None,
    protocol_selection: ClusterClusterProtocolSelection | None = None,
    upstream_connection_options: UpstreamConnectionOptions | None = None,
    close_connections_on_host_health_failure: bool = False,
    ignore_health_on_host_removal: bool = False,
    filters: Sequence[Filter] = (),
    load_balancing_policy: LoadBalancingPolicy | None = None,
    lrs_server: envoy_config_core_v3.ConfigSource | None = None,
    lrs_report_endpoint_metrics: Sequence[str] = (),
    track_timeout_budgets: bool = False,
    upstream_config: envoy_config_core_v3.TypedExtensionConfig | None = None,
    track_cluster_stats: TrackClusterStats | None = None,
    preconnect_policy: ClusterPreconnectPolicy | None = None,
    connection_pool_per_downstream_connection: bool = False,
) -> Cluster:
    """envoy.config.cluster.v3.Cluster."""
    if (type is not None) + (cluster_type is not None) > 1:
        raise _conflict("Cluster.cluster_discovery_type", type=type, cluster_type=cluster_type)
    if (ring_hash_lb_config is not None) + (maglev_lb_config is not None) + (original_dst_lb_config is not None) + (
        least_request_lb_config is not None
    ) + (round_robin_lb_config is not None) > 1:
        raise _conflict(
            "Cluster.lb_config",
            ring_hash_lb_config=ring_hash_lb_config,
            maglev_lb_config=maglev_lb_config,
            original_dst_lb_config=original_dst_lb_config,
            least_request_lb_config=least_request_lb_config,
            round_robin_lb_config=round_robin_lb_config,
        )
    out = b""
    if transport_socket_matches:
        out += _blobs(b"\xda\x02", transport_socket_matches, "Cluster.transport_socket_matches")
    if transport_socket_matcher is not None:
        out += _blob(b"\xda\x03", transport_socket_matcher)
    if name:
        out += _text(b"\x0a", name)
    if alt_stat_name:
        out += _text(b"\xe2\x01", alt_stat_name)
    if type is not None:
        out += _member(b"\x10", _ClusterDiscoveryType, type, "Cluster.type")
    if cluster_type is not None:
        out += _blob(b"\xb2\x02", cluster_type)
    if eds_cluster_config is not None:
        out += _blob(b"\x1a", eds_cluster_config)
    if connect_timeout is not None:
        out += _duration(b"\x22", connect_timeout, "Cluster.connect_timeout")
    if per_connection_buffer_limit_bytes is not None:
        out += _blob(
            b"\x2a",
            _uint32(b"\x08", per_connection_buffer_limit_bytes, "Cluster.per_connection_buffer_limit_bytes")
            if per_connection_buffer_limit_bytes
            else b"",
        )
    if per_connection_buffer_high_watermark_timeout is not None:
        out += _duration(
            b"\xe2\x03",
            per_connection_buffer_high_watermark_timeout,
            "Cluster.per_connection_buffer_high_watermark_timeout",
        )
    if lb_policy is not None:
        out += _member_but_zero(b"\x30", _ClusterLbPolicy, lb_policy, "Cluster.lb_policy")
    if load_assignment is not None:
        out += _blob(b"\x8a\x02", load_assignment)
    if health_checks:
        out += _blobs(b"\x42", health_checks, "Cluster.health_checks")
    if max_requests_per_connection is not None:
        out += _blob(
            b"\x4a",
            _uint32(b"\x08", max_requests_per_connection, "Cluster.max_requests_per_connection")
            if max_requests_per_connection
            else b"",
        )
    if circuit_breakers is not None:
        out += _blob(b"\x52", circuit_breakers)
    if upstream_http_protocol_options is not None:
        out += _blob(b"\xf2\x02", upstream_http_protocol_options)
    if common_http_protocol_options is not None:
        out += _blob(b"\xea\x01", common_http_protocol_options)
    if http_protocol_options is not None:
        out += _blob(b"\x6a", http_protocol_options)
    if http2_protocol_options is not None:
        out += _blob(b"\x72", http2_protocol_options)
    if typed_extension_protocol_options:
        out += _blobs(
            b"\xa2\x02",
            [_text(b"\x0a", key) + _blob(b"\x12", one) for key, one in typed_extension_protocol_options.items()],
            "Cluster.typed_extension_protocol_options",
        )
    if dns_refresh_rate is not None:
        out += _duration(b"\x82\x01", dns_refresh_rate, "Cluster.dns_refresh_rate")
    if dns_jitter is not None:
        out += _duration(b"\xd2\x03", dns_jitter, "Cluster.dns_jitter")
    if dns_failure_refresh_rate is not None:
        out += _blob(b"\xe2\x02", dns_failure_refresh_rate)
    if respect_dns_ttl:
        out += b"\xb8\x02\x01"
    if dns_lookup_family is not None:
        out += _member_but_zero(b"\x88\x01", _ClusterDnsLookupFamily, dns_lookup_family, "Cluster.dns_lookup_family")
    if dns_resolvers:
        out += _blobs(b"\x92\x01", dns_resolvers, "Cluster.dns_resolvers")
    if use_tcp_for_dns_lookups:
        out += b"\xe8\x02\x01"
    if dns_resolution_config is not None:
        out += _blob(b"\xaa\x03", dns_resolution_config)
    if typed_dns_resolver_config is not None:
        out += _blob(b"\xba\x03", typed_dns_resolver_config)
    if wait_for_warm_on_init is not None:
        out += b"\xb2\x03\x02\x08\x01" if wait_for_warm_on_init else b"\xb2\x03\x00"
    if outlier_detection is not None:
        out += _blob(b"\x9a\x01", outlier_detection)
    if cleanup_interval is not None:
        out += _duration(b"\xa2\x01", cleanup_interval, "Cluster.cleanup_interval")
    if upstream_bind_config is not None:
        out += _blob(b"\xaa\x01", upstream_bind_config)
    if lb_subset_config is not None:
        out += _blob(b"\xb2\x01", lb_subset_config)
    if ring_hash_lb_config is not None:
        out += _blob(b"\xba\x01", ring_hash_lb_config)
    if maglev_lb_config is not None:
        out += _blob(b"\xa2\x03", maglev_lb_config)
    if original_dst_lb_config is not None:
        out += _blob(b"\x92\x02", original_dst_lb_config)
    if least_request_lb_config is not None:
        out += _blob(b"\xaa\x02", least_request_lb_config)
    if round_robin_lb_config is not None:
        out += _blob(b"\xc2\x03", round_robin_lb_config)
    if common_lb_config is not None:
        out += _blob(b"\xda\x01", common_lb_config)
    if transport_socket is not None:
        out += _blob(b"\xc2\x01", transport_socket)
    if metadata is not None:
        out += _blob(b"\xca\x01", metadata)
    if protocol_selection is not None:
        out += _member_but_zero(
            b"\xd0\x01", _ClusterClusterProtocolSelection, protocol_selection, "Cluster.protocol_selection"
        )
    if upstream_connection_options is not None:
        out += _blob(b"\xf2\x01", upstream_connection_options)
    if close_connections_on_host_health_failure:
        out += b"\xf8\x01\x01"
    if ignore_health_on_host_removal:
        out += b"\x80\x02\x01"
    if filters:
        out += _blobs(b"\xc2\x02", filters, "Cluster.filters")
    if load_balancing_policy is not None:
        out += _blob(b"\xca\x02", load_balancing_policy)
    if lrs_server is not None:
        out += _blob(b"\xd2\x02", lrs_server)
    if lrs_report_endpoint_metrics:
        out += _texts(b"\xca\x03", lrs_report_endpoint_metrics, "Cluster.lrs_report_endpoint_metrics")
    if track_timeout_budgets:
        out += b"\xf8\x02\x01"
    if upstream_config is not None:
        out += _blob(b"\x82\x03", upstream_config)
    if track_cluster_stats is not None:
        out += _blob(b"\x8a\x03", track_cluster_stats)
    if preconnect_policy is not None:
        out += _blob(b"\x92\x03", preconnect_policy)
    if connection_pool_per_downstream_connection:
        out += b"\x98\x03\x01"
    return Cluster(out)


ClusterCommonLbConfig = NewType("ClusterCommonLbConfig", bytes)


def cluster_common_lb_config(
    *,
    healthy_panic_threshold: envoy_type_v3.Percent | None = None,
    zone_aware_lb_config: ClusterCommonLbConfigZoneAwareLbConfig | None = None,
    locality_weighted_lb_config: ClusterCommonLbConfigLocalityWeightedLbConfig | None = None,
    update_merge_window: timedelta | None = None,
    ignore_new_hosts_until_first_hc: bool = False,
    close_connections_on_host_set_change: bool = False,
    consistent_hashing_lb_config: ClusterCommonLbConfigConsistentHashingLbConfig | None = None,
    override_host_status: envoy_config_core_v3.HealthStatusSet | None = None,
) -> ClusterCommonLbConfig:
    """envoy.config.cluster.v3.Cluster.CommonLbConfig."""
    if (zone_aware_lb_config is not None) + (locality_weighted_lb_config is not None) > 1:
        raise _conflict(
            "ClusterCommonLbConfig.locality_config_specifier",
            zone_aware_lb_config=zone_aware_lb_config,
            locality_weighted_lb_config=locality_weighted_lb_config,
        )
    out = b""
    if healthy_panic_threshold is not None:
        out += _blob(b"\x0a", healthy_panic_threshold)
    if zone_aware_lb_config is not None:
        out += _blob(b"\x12", zone_aware_lb_config)
    if locality_weighted_lb_config is not None:
        out += _blob(b"\x1a", locality_weighted_lb_config)
    if update_merge_window is not None:
        out += _duration(b"\x22", update_merge_window, "ClusterCommonLbConfig.update_merge_window")
    if ignore_new_hosts_until_first_hc:
        out += b"\x28\x01"
    if close_connections_on_host_set_change:
        out += b"\x30\x01"
    if consistent_hashing_lb_config is not None:
        out += _blob(b"\x3a", consistent_hashing_lb_config)
    if override_host_status is not None:
        out += _blob(b"\x42", override_host_status)
    return ClusterCommonLbConfig(out)


ClusterCommonLbConfigConsistentHashingLbConfig = NewType("ClusterCommonLbConfigConsistentHashingLbConfig", bytes)


def cluster_common_lb_config_consistent_hashing_lb_config(
    *,
    use_hostname_for_hashing: bool = False,
    hash_balance_factor: int | None = None,
) -> ClusterCommonLbConfigConsistentHashingLbConfig:
    """envoy.config.cluster.v3.Cluster.CommonLbConfig.ConsistentHashingLbConfig."""
    out = b""
    if use_hostname_for_hashing:
        out += b"\x08\x01"
    if hash_balance_factor is not None:
        out += _blob(
            b"\x12",
            _uint32(b"\x08", hash_balance_factor, "ClusterCommonLbConfigConsistentHashingLbConfig.hash_balance_factor")
            if hash_balance_factor
            else b"",
        )
    return ClusterCommonLbConfigConsistentHashingLbConfig(out)


ClusterCommonLbConfigLocalityWeightedLbConfig = NewType("ClusterCommonLbConfigLocalityWeightedLbConfig", bytes)


def cluster_common_lb_config_locality_weighted_lb_config() -> ClusterCommonLbConfigLocalityWeightedLbConfig:
    """envoy.config.cluster.v3.Cluster.CommonLbConfig.LocalityWeightedLbConfig."""
    return ClusterCommonLbConfigLocalityWeightedLbConfig(b"")


ClusterCommonLbConfigZoneAwareLbConfig = NewType("ClusterCommonLbConfigZoneAwareLbConfig", bytes)


def cluster_common_lb_config_zone_aware_lb_config(
    *,
    routing_enabled: envoy_type_v3.Percent | None = None,
    min_cluster_size: int | None = None,
    fail_traffic_on_panic: bool = False,
) -> ClusterCommonLbConfigZoneAwareLbConfig:
    """envoy.config.cluster.v3.Cluster.CommonLbConfig.ZoneAwareLbConfig."""
    out = b""
    if routing_enabled is not None:
        out += _blob(b"\x0a", routing_enabled)
    if min_cluster_size is not None:
        out += _blob(
            b"\x12",
            _uint64(b"\x08", min_cluster_size, "ClusterCommonLbConfigZoneAwareLbConfig.min_cluster_size")
            if min_cluster_size
            else b"",
        )
    if fail_traffic_on_panic:
        out += b"\x18\x01"
    return ClusterCommonLbConfigZoneAwareLbConfig(out)


ClusterCustomClusterType = NewType("ClusterCustomClusterType", bytes)


def cluster_custom_cluster_type(
    *,
    name: str = "",
    typed_config: google_protobuf.Any | None = None,
) -> ClusterCustomClusterType:
    """envoy.config.cluster.v3.Cluster.CustomClusterType."""
    out = b""
    if name:
        out += _text(b"\x0a", name)
    if typed_config is not None:
        out += _blob(b"\x12", typed_config)
    return ClusterCustomClusterType(out)


ClusterEdsClusterConfig = NewType("ClusterEdsClusterConfig", bytes)


def cluster_eds_cluster_config(
    *,
    eds_config: envoy_config_core_v3.ConfigSource | None = None,
    service_name: str = "",
) -> ClusterEdsClusterConfig:
    """envoy.config.cluster.v3.Cluster.EdsClusterConfig."""
    out = b""
    if eds_config is not None:
        out += _blob(b"\x0a", eds_config)
    if service_name:
        out += _text(b"\x12", service_name)
    return ClusterEdsClusterConfig(out)


ClusterLbSubsetConfig = NewType("ClusterLbSubsetConfig", bytes)


def cluster_lb_subset_config(
    *,
    fallback_policy: ClusterLbSubsetConfigLbSubsetFallbackPolicy | None = None,
    default_subset: google_protobuf.Struct | None = None,
    subset_selectors: Sequence[ClusterLbSubsetConfigLbSubsetSelector] = (),
    locality_weight_aware: bool = False,
    scale_locality_weight: bool = False,
    panic_mode_any: bool = False,
    list_as_any: bool = False,
    metadata_fallback_policy: ClusterLbSubsetConfigLbSubsetMetadataFallbackPolicy | None = None,
) -> ClusterLbSubsetConfig:
    """envoy.config.cluster.v3.Cluster.LbSubsetConfig."""
    out = b""
    if fallback_policy is not None:
        out += _member_but_zero(
            b"\x08",
            _ClusterLbSubsetConfigLbSubsetFallbackPolicy,
            fallback_policy,
            "ClusterLbSubsetConfig.fallback_policy",
        )
    if default_subset is not None:
        out += _blob(b"\x12", default_subset)
    if subset_selectors:
        out += _blobs(b"\x1a", subset_selectors, "ClusterLbSubsetConfig.subset_selectors")
    if locality_weight_aware:
        out += b"\x20\x01"
    if scale_locality_weight:
        out += b"\x28\x01"
    if panic_mode_any:
        out += b"\x30\x01"
    if list_as_any:
        out += b"\x38\x01"
    if metadata_fallback_policy is not None:
        out += _member_but_zero(
            b"\x40",
            _ClusterLbSubsetConfigLbSubsetMetadataFallbackPolicy,
            metadata_fallback_policy,
            "ClusterLbSubsetConfig.metadata_fallback_policy",
        )
    return ClusterLbSubsetConfig(out)


ClusterLbSubsetConfigLbSubsetSelector = NewType("ClusterLbSubsetConfigLbSubsetSelector", bytes)


def cluster_lb_subset_config_lb_subset_selector(
    *,
    keys: Sequence[str] = (),
    single_host_per_subset: bool = False,
    fallback_policy: ClusterLbSubsetConfigLbSubsetSelectorLbSubsetSelectorFallbackPolicy | None = None,
    fallback_keys_subset: Sequence[str] = (),
) -> ClusterLbSubsetConfigLbSubsetSelector:
    """envoy.config.cluster.v3.Cluster.LbSubsetConfig.LbSubsetSelector."""
    out = b""
    if keys:
        out += _texts(b"\x0a", keys, "ClusterLbSubsetConfigLbSubsetSelector.keys")
    if single_host_per_subset:
        out += b"\x20\x01"
    if fallback_policy is not None:
        out += _member_but_zero(
            b"\x10",
            _ClusterLbSubsetConfigLbSubsetSelectorLbSubsetSelectorFallbackPolicy,
            fallback_policy,
            "ClusterLbSubsetConfigLbSubsetSelector.fallback_policy",
        )
    if fallback_keys_subset:
        out += _texts(b"\x1a", fallback_keys_subset, "ClusterLbSubsetConfigLbSubsetSelector.fallback_keys_subset")
    return ClusterLbSubsetConfigLbSubsetSelector(out)


ClusterLeastRequestLbConfig = NewType("ClusterLeastRequestLbConfig", bytes)


def cluster_least_request_lb_config(
    *,
    choice_count: int | None = None,
    active_request_bias: envoy_config_core_v3.RuntimeDouble | None = None,
    slow_start_config: ClusterSlowStartConfig | None = None,
) -> ClusterLeastRequestLbConfig:
    """envoy.config.cluster.v3.Cluster.LeastRequestLbConfig."""
    out = b""
    if choice_count is not None:
        out += _blob(
            b"\x0a", _uint32(b"\x08", choice_count, "ClusterLeastRequestLbConfig.choice_count") if choice_count else b""
        )
    if active_request_bias is not None:
        out += _blob(b"\x12", active_request_bias)
    if slow_start_config is not None:
        out += _blob(b"\x1a", slow_start_config)
    return ClusterLeastRequestLbConfig(out)


ClusterMaglevLbConfig = NewType("ClusterMaglevLbConfig", bytes)


def cluster_maglev_lb_config(
    *,
    table_size: int | None = None,
) -> ClusterMaglevLbConfig:
    """envoy.config.cluster.v3.Cluster.MaglevLbConfig."""
    out = b""
    if table_size is not None:
        out += _blob(b"\x0a", _uint64(b"\x08", table_size, "ClusterMaglevLbConfig.table_size") if table_size else b"")
    return ClusterMaglevLbConfig(out)


ClusterOriginalDstLbConfig = NewType("ClusterOriginalDstLbConfig", bytes)


def cluster_original_dst_lb_config(
    *,
    use_http_header: bool = False,
    http_header_name: str = "",
    upstream_port_override: int | None = None,
    metadata_key: envoy_type_metadata_v3.MetadataKey | None = None,
) -> ClusterOriginalDstLbConfig:
    """envoy.config.cluster.v3.Cluster.OriginalDstLbConfig."""
    out = b""
    if use_http_header:
        out += b"\x08\x01"
    if http_header_name:
        out += _text(b"\x12", http_header_name)
    if upstream_port_override is not None:
        out += _blob(
            b"\x1a",
            _uint32(b"\x08", upstream_port_override, "ClusterOriginalDstLbConfig.upstream_port_override")
            if upstream_port_override
            else b"",
        )
    if metadata_key is not None:
        out += _blob(b"\x22", metadata_key)
    return ClusterOriginalDstLbConfig(out)


ClusterPreconnectPolicy = NewType("ClusterPreconnectPolicy", bytes)


def cluster_preconnect_policy(
    *,
    per_upstream_preconnect_ratio: float | None = None,
    predictive_preconnect_ratio: float | None = None,
) -> ClusterPreconnectPolicy:
    """envoy.config.cluster.v3.Cluster.PreconnectPolicy."""
    out = b""
    if per_upstream_preconnect_ratio is not None:
        out += _blob(
            b"\x0a",
            _fixed(b"\x09", "d", per_upstream_preconnect_ratio, "ClusterPreconnectPolicy.per_upstream_preconnect_ratio")
            if per_upstream_preconnect_ratio
            else b"",
        )
    if predictive_preconnect_ratio is not None:
        out += _blob(
            b"\x12",
            _fixed(b"\x09", "d", predictive_preconnect_ratio, "ClusterPreconnectPolicy.predictive_preconnect_ratio")
            if predictive_preconnect_ratio
            else b"",
        )
    return ClusterPreconnectPolicy(out)


ClusterRefreshRate = NewType("ClusterRefreshRate", bytes)


def cluster_refresh_rate(
    *,
    base_interval: timedelta | None = None,
    max_interval: timedelta | None = None,
) -> ClusterRefreshRate:
    """envoy.config.cluster.v3.Cluster.RefreshRate."""
    out = b""
    if base_interval is not None:
        out += _duration(b"\x0a", base_interval, "ClusterRefreshRate.base_interval")
    if max_interval is not None:
        out += _duration(b"\x12", max_interval, "ClusterRefreshRate.max_interval")
    return ClusterRefreshRate(out)


ClusterRingHashLbConfig = NewType("ClusterRingHashLbConfig", bytes)


def cluster_ring_hash_lb_config(
    *,
    minimum_ring_size: int | None = None,
    hash_function: ClusterRingHashLbConfigHashFunction | None = None,
    maximum_ring_size: int | None = None,
) -> ClusterRingHashLbConfig:
    """envoy.config.cluster.v3.Cluster.RingHashLbConfig."""
    out = b""
    if minimum_ring_size is not None:
        out += _blob(
            b"\x0a",
            _uint64(b"\x08", minimum_ring_size, "ClusterRingHashLbConfig.minimum_ring_size")
            if minimum_ring_size
            else b"",
        )
    if hash_function is not None:
        out += _member_but_zero(
            b"\x18", _ClusterRingHashLbConfigHashFunction, hash_function, "ClusterRingHashLbConfig.hash_function"
        )
    if maximum_ring_size is not None:
        out += _blob(
            b"\x22",
            _uint64(b"\x08", maximum_ring_size, "ClusterRingHashLbConfig.maximum_ring_size")
            if maximum_ring_size
            else b"",
        )
    return ClusterRingHashLbConfig(out)


ClusterRoundRobinLbConfig = NewType("ClusterRoundRobinLbConfig", bytes)


def cluster_round_robin_lb_config(
    *,
    slow_start_config: ClusterSlowStartConfig | None = None,
) -> ClusterRoundRobinLbConfig:
    """envoy.config.cluster.v3.Cluster.RoundRobinLbConfig."""
    out = b""
    if slow_start_config is not None:
        out += _blob(b"\x0a", slow_start_config)
    return ClusterRoundRobinLbConfig(out)


ClusterSlowStartConfig = NewType("ClusterSlowStartConfig", bytes)


def cluster_slow_start_config(
    *,
    slow_start_window: timedelta | None = None,
    aggression: envoy_config_core_v3.RuntimeDouble | None = None,
    min_weight_percent: envoy_type_v3.Percent | None = None,
) -> ClusterSlowStartConfig:
    """envoy.config.cluster.v3.Cluster.SlowStartConfig."""
    out = b""
    if slow_start_window is not None:
        out += _duration(b"\x0a", slow_start_window, "ClusterSlowStartConfig.slow_start_window")
    if aggression is not None:
        out += _blob(b"\x12", aggression)
    if min_weight_percent is not None:
        out += _blob(b"\x1a", min_weight_percent)
    return ClusterSlowStartConfig(out)


ClusterTransportSocketMatch = NewType("ClusterTransportSocketMatch", bytes)


def cluster_transport_socket_match(
    *,
    name: str = "",
    match: google_protobuf.Struct | None = None,
    transport_socket: envoy_config_core_v3.TransportSocket | None = None,
) -> ClusterTransportSocketMatch:
    """envoy.config.cluster.v3.Cluster.TransportSocketMatch."""
    out = b""
    if name:
        out += _text(b"\x0a", name)
    if match is not None:
        out += _blob(b"\x12", match)
    if transport_socket is not None:
        out += _blob(b"\x1a", transport_socket)
    return ClusterTransportSocketMatch(out)


Filter = NewType("Filter", bytes)


def filter(
    *,
    name: str = "",
    typed_config: google_protobuf.Any | None = None,
    config_discovery: envoy_config_core_v3.ExtensionConfigSource | None = None,
) -> Filter:
    """envoy.config.cluster.v3.Filter."""
    out = b""
    if name:
        out += _text(b"\x0a", name)
    if typed_config is not None:
        out += _blob(b"\x12", typed_config)
    if config_discovery is not None:
        out += _blob(b"\x1a", config_discovery)
    return Filter(out)


LoadBalancingPolicy = NewType("LoadBalancingPolicy", bytes)


def load_balancing_policy(
    *,
    policies: Sequence[LoadBalancingPolicyPolicy] = (),
) -> LoadBalancingPolicy:
    """envoy.config.cluster.v3.LoadBalancingPolicy."""
    out = b""
    if policies:
        out += _blobs(b"\x0a", policies, "LoadBalancingPolicy.policies")
    return LoadBalancingPolicy(out)


LoadBalancingPolicyPolicy = NewType("LoadBalancingPolicyPolicy", bytes)


def load_balancing_policy_policy(
    *,
    typed_extension_config: envoy_config_core_v3.TypedExtensionConfig | None = None,
) -> LoadBalancingPolicyPolicy:
    """envoy.config.cluster.v3.LoadBalancingPolicy.Policy."""
    out = b""
    if typed_extension_config is not None:
        out += _blob(b"\x22", typed_extension_config)
    return LoadBalancingPolicyPolicy(out)


OutlierDetection = NewType("OutlierDetection", bytes)


def outlier_detection(
    *,
    consecutive_5xx: int | None = None,
    interval: timedelta | None = None,
    base_ejection_time: timedelta | None = None,
    max_ejection_percent: int | None = None,
    enforcing_consecutive_5xx: int | None = None,
    enforcing_success_rate: int | None = None,
    success_rate_minimum_hosts: int | None = None,
    success_rate_request_volume: int | None = None,
    success_rate_stdev_factor: int | None = None,
    consecutive_gateway_failure: int | None = None,
    enforcing_consecutive_gateway_failure: int | None = None,
    split_external_local_origin_errors: bool = False,
    consecutive_local_origin_failure: int | None = None,
    enforcing_consecutive_local_origin_failure: int | None = None,
    enforcing_local_origin_success_rate: int | None = None,
    failure_percentage_threshold: int | None = None,
    enforcing_failure_percentage: int | None = None,
    enforcing_failure_percentage_local_origin: int | None = None,
    failure_percentage_minimum_hosts: int | None = None,
    failure_percentage_request_volume: int | None = None,
    max_ejection_time: timedelta | None = None,
    max_ejection_time_jitter: timedelta | None = None,
    successful_active_health_check_uneject_host: bool | None = None,
    monitors: Sequence[envoy_config_core_v3.TypedExtensionConfig] = (),
    always_eject_one_host: bool | None = None,
    detect_degraded_hosts: bool | None = None,
) -> OutlierDetection:
    """envoy.config.cluster.v3.OutlierDetection."""
    out = b""
    if consecutive_5xx is not None:
        out += _blob(
            b"\x0a", _uint32(b"\x08", consecutive_5xx, "OutlierDetection.consecutive_5xx") if consecutive_5xx else b""
        )
    if interval is not None:
        out += _duration(b"\x12", interval, "OutlierDetection.interval")
    if base_ejection_time is not None:
        out += _duration(b"\x1a", base_ejection_time, "OutlierDetection.base_ejection_time")
    if max_ejection_percent is not None:
        out += _blob(
            b"\x22",
            _uint32(b"\x08", max_ejection_percent, "OutlierDetection.max_ejection_percent")
            if max_ejection_percent
            else b"",
        )
    if enforcing_consecutive_5xx is not None:
        out += _blob(
            b"\x2a",
            _uint32(b"\x08", enforcing_consecutive_5xx, "OutlierDetection.enforcing_consecutive_5xx")
            if enforcing_consecutive_5xx
            else b"",
        )
    if enforcing_success_rate is not None:
        out += _blob(
            b"\x32",
            _uint32(b"\x08", enforcing_success_rate, "OutlierDetection.enforcing_success_rate")
            if enforcing_success_rate
            else b"",
        )
    if success_rate_minimum_hosts is not None:
        out += _blob(
            b"\x3a",
            _uint32(b"\x08", success_rate_minimum_hosts, "OutlierDetection.success_rate_minimum_hosts")
            if success_rate_minimum_hosts
            else b"",
        )
    if success_rate_request_volume is not None:
        out += _blob(
            b"\x42",
            _uint32(b"\x08", success_rate_request_volume, "OutlierDetection.success_rate_request_volume")
            if success_rate_request_volume
            else b"",
        )
    if success_rate_stdev_factor is not None:
        out += _blob(
            b"\x4a",
            _uint32(b"\x08", success_rate_stdev_factor, "OutlierDetection.success_rate_stdev_factor")
            if success_rate_stdev_factor
            else b"",
        )
    if consecutive_gateway_failure is not None:
        out += _blob(
            b"\x52",
            _uint32(b"\x08", consecutive_gateway_failure, "OutlierDetection.consecutive_gateway_failure")
            if consecutive_gateway_failure
            else b"",
        )
    if enforcing_consecutive_gateway_failure is not None:
        out += _blob(
            b"\x5a",
            _uint32(
                b"\x08", enforcing_consecutive_gateway_failure, "OutlierDetection.enforcing_consecutive_gateway_failure"
            )
            if enforcing_consecutive_gateway_failure
            else b"",
        )
    if split_external_local_origin_errors:
        out += b"\x60\x01"
    if consecutive_local_origin_failure is not None:
        out += _blob(
            b"\x6a",
            _uint32(b"\x08", consecutive_local_origin_failure, "OutlierDetection.consecutive_local_origin_failure")
            if consecutive_local_origin_failure
            else b"",
        )
    if enforcing_consecutive_local_origin_failure is not None:
        out += _blob(
            b"\x72",
            _uint32(
                b"\x08",
                enforcing_consecutive_local_origin_failure,
                "OutlierDetection.enforcing_consecutive_local_origin_failure",
            )
            if enforcing_consecutive_local_origin_failure
            else b"",
        )
    if enforcing_local_origin_success_rate is not None:
        out += _blob(
            b"\x7a",
            _uint32(
                b"\x08", enforcing_local_origin_success_rate, "OutlierDetection.enforcing_local_origin_success_rate"
            )
            if enforcing_local_origin_success_rate
            else b"",
        )
    if failure_percentage_threshold is not None:
        out += _blob(
            b"\x82\x01",
            _uint32(b"\x08", failure_percentage_threshold, "OutlierDetection.failure_percentage_threshold")
            if failure_percentage_threshold
            else b"",
        )
    if enforcing_failure_percentage is not None:
        out += _blob(
            b"\x8a\x01",
            _uint32(b"\x08", enforcing_failure_percentage, "OutlierDetection.enforcing_failure_percentage")
            if enforcing_failure_percentage
            else b"",
        )
    if enforcing_failure_percentage_local_origin is not None:
        out += _blob(
            b"\x92\x01",
            _uint32(
                b"\x08",
                enforcing_failure_percentage_local_origin,
                "OutlierDetection.enforcing_failure_percentage_local_origin",
            )
            if enforcing_failure_percentage_local_origin
            else b"",
        )
    if failure_percentage_minimum_hosts is not None:
        out += _blob(
            b"\x9a\x01",
            _uint32(b"\x08", failure_percentage_minimum_hosts, "OutlierDetection.failure_percentage_minimum_hosts")
            if failure_percentage_minimum_hosts
            else b"",
        )
    if failure_percentage_request_volume is not None:
        out += _blob(
            b"\xa2\x01",
            _uint32(b"\x08", failure_percentage_request_volume, "OutlierDetection.failure_percentage_request_volume")
            if failure_percentage_request_volume
            else b"",
        )
    if max_ejection_time is not None:
        out += _duration(b"\xaa\x01", max_ejection_time, "OutlierDetection.max_ejection_time")
    if max_ejection_time_jitter is not None:
        out += _duration(b"\xb2\x01", max_ejection_time_jitter, "OutlierDetection.max_ejection_time_jitter")
    if successful_active_health_check_uneject_host is not None:
        out += b"\xba\x01\x02\x08\x01" if successful_active_health_check_uneject_host else b"\xba\x01\x00"
    if monitors:
        out += _blobs(b"\xc2\x01", monitors, "OutlierDetection.monitors")
    if always_eject_one_host is not None:
        out += b"\xca\x01\x02\x08\x01" if always_eject_one_host else b"\xca\x01\x00"
    if detect_degraded_hosts is not None:
        out += b"\xd2\x01\x02\x08\x01" if detect_degraded_hosts else b"\xd2\x01\x00"
    return OutlierDetection(out)


TrackClusterStats = NewType("TrackClusterStats", bytes)


def track_cluster_stats(
    *,
    timeout_budgets: bool = False,
    request_response_sizes: bool = False,
    per_endpoint_stats: bool = False,
) -> TrackClusterStats:
    """envoy.config.cluster.v3.TrackClusterStats."""
    out = b""
    if timeout_budgets:
        out += b"\x08\x01"
    if request_response_sizes:
        out += b"\x10\x01"
    if per_endpoint_stats:
        out += b"\x18\x01"
    return TrackClusterStats(out)


UpstreamConnectionOptions = NewType("UpstreamConnectionOptions", bytes)


def upstream_connection_options(
    *,
    tcp_keepalive: envoy_config_core_v3.TcpKeepalive | None = None,
    set_local_interface_name_on_upstream_connections: bool = False,
    happy_eyeballs_config: UpstreamConnectionOptionsHappyEyeballsConfig | None = None,
) -> UpstreamConnectionOptions:
    """envoy.config.cluster.v3.UpstreamConnectionOptions."""
    out = b""
    if tcp_keepalive is not None:
        out += _blob(b"\x0a", tcp_keepalive)
    if set_local_interface_name_on_upstream_connections:
        out += b"\x10\x01"
    if happy_eyeballs_config is not None:
        out += _blob(b"\x1a", happy_eyeballs_config)
    return UpstreamConnectionOptions(out)


UpstreamConnectionOptionsHappyEyeballsConfig = NewType("UpstreamConnectionOptionsHappyEyeballsConfig", bytes)


def upstream_connection_options_happy_eyeballs_config(
    *,
    first_address_family_version: UpstreamConnectionOptionsFirstAddressFamilyVersion | None = None,
    first_address_family_count: int | None = None,
) -> UpstreamConnectionOptionsHappyEyeballsConfig:
    """envoy.config.cluster.v3.UpstreamConnectionOptions.HappyEyeballsConfig."""
    out = b""
    if first_address_family_version is not None:
        out += _member_but_zero(
            b"\x08",
            _UpstreamConnectionOptionsFirstAddressFamilyVersion,
            first_address_family_version,
            "UpstreamConnectionOptionsHappyEyeballsConfig.first_address_family_version",
        )
    if first_address_family_count is not None:
        out += _blob(
            b"\x12",
            _uint32(
                b"\x08",
                first_address_family_count,
                "UpstreamConnectionOptionsHappyEyeballsConfig.first_address_family_count",
            )
            if first_address_family_count
            else b"",
        )
    return UpstreamConnectionOptionsHappyEyeballsConfig(out)
