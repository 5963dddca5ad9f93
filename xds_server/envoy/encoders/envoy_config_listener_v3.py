"""Encoders of envoy.config.listener.v3, made from envoy-data-plane by `make encoders`: do not edit.

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
from xds_server.envoy.wire.fields import packed as _packed
from xds_server.envoy.wire.fields import text as _text
from xds_server.envoy.wire.fields import texts as _texts
from xds_server.envoy.wire.fields import uint32 as _uint32

if TYPE_CHECKING:
    from xds_server.envoy.encoders import (
        envoy_config_accesslog_v3,
        envoy_config_core_v3,
        envoy_type_v3,
        google_protobuf,
        xds_type_matcher_v3,
    )

FilterChainMatchConnectionSourceType = Literal["ANY", "SAME_IP_OR_LOOPBACK", "EXTERNAL"]
ListenerDrainType = Literal["DEFAULT", "MODIFY_ONLY"]
_FilterChainMatchConnectionSourceType: Final = {"ANY": b"\x00", "SAME_IP_OR_LOOPBACK": b"\x01", "EXTERNAL": b"\x02"}
_ListenerDrainType: Final = {"DEFAULT": b"\x00", "MODIFY_ONLY": b"\x01"}
_TrafficDirection: Final = {"UNSPECIFIED": b"\x00", "INBOUND": b"\x01", "OUTBOUND": b"\x02"}
AdditionalAddress = NewType("AdditionalAddress", bytes)


def additional_address(
    *,
    address: envoy_config_core_v3.Address | None = None,
    socket_options: envoy_config_core_v3.SocketOptionsOverride | None = None,
    tcp_keepalive: envoy_config_core_v3.TcpKeepalive | None = None,
) -> AdditionalAddress:
    """envoy.config.listener.v3.AdditionalAddress."""
    out = b""
    if address is not None:
        out += _blob(b"\x0a", address)
    if socket_options is not None:
        out += _blob(b"\x12", socket_options)
    if tcp_keepalive is not None:
        out += _blob(b"\x1a", tcp_keepalive)
    return AdditionalAddress(out)


ApiListener = NewType("ApiListener", bytes)


def api_listener(
    *,
    api_listener: google_protobuf.Any | None = None,
) -> ApiListener:
    """envoy.config.listener.v3.ApiListener."""
    out = b""
    if api_listener is not None:
        out += _blob(b"\x0a", api_listener)
    return ApiListener(out)


Filter = NewType("Filter", bytes)


def filter(
    *,
    name: str = "",
    typed_config: google_protobuf.Any | None = None,
    config_discovery: envoy_config_core_v3.ExtensionConfigSource | None = None,
) -> Filter:
    """envoy.config.listener.v3.Filter."""
    if (typed_config is not None) + (config_discovery is not None) > 1:
        raise _conflict("Filter.config_type", typed_config=typed_config, config_discovery=config_discovery)
    out = b""
    if name:
        out += _text(b"\x0a", name)
    if typed_config is not None:
        out += _blob(b"\x22", typed_config)
    if config_discovery is not None:
        out += _blob(b"\x2a", config_discovery)
    return Filter(out)


FilterChain = NewType("FilterChain", bytes)


def filter_chain(
    *,
    filter_chain_match: FilterChainMatch | None = None,
    filters: Sequence[Filter] = (),
    use_proxy_proto: bool | None = None,
    metadata: envoy_config_core_v3.Metadata | None = None,
    transport_socket: envoy_config_core_v3.TransportSocket | None = None,
    transport_socket_connect_timeout: timedelta | None = None,
    name: str = "",
) -> FilterChain:
    """envoy.config.listener.v3.FilterChain."""
    out = b""
    if filter_chain_match is not None:
        out += _blob(b"\x0a", filter_chain_match)
    if filters:
        out += _blobs(b"\x1a", filters, "FilterChain.filters")
    if use_proxy_proto is not None:
        out += b"\x22\x02\x08\x01" if use_proxy_proto else b"\x22\x00"
    if metadata is not None:
        out += _blob(b"\x2a", metadata)
    if transport_socket is not None:
        out += _blob(b"\x32", transport_socket)
    if transport_socket_connect_timeout is not None:
        out += _duration(b"\x4a", transport_socket_connect_timeout, "FilterChain.transport_socket_connect_timeout")
    if name:
        out += _text(b"\x3a", name)
    return FilterChain(out)


FilterChainMatch = NewType("FilterChainMatch", bytes)


def filter_chain_match(
    *,
    destination_port: int | None = None,
    prefix_ranges: Sequence[envoy_config_core_v3.CidrRange] = (),
    address_suffix: str = "",
    suffix_len: int | None = None,
    direct_source_prefix_ranges: Sequence[envoy_config_core_v3.CidrRange] = (),
    source_type: FilterChainMatchConnectionSourceType | None = None,
    source_prefix_ranges: Sequence[envoy_config_core_v3.CidrRange] = (),
    source_ports: Sequence[int] = (),
    server_names: Sequence[str] = (),
    transport_protocol: str = "",
    application_protocols: Sequence[str] = (),
) -> FilterChainMatch:
    """envoy.config.listener.v3.FilterChainMatch."""
    out = b""
    if destination_port is not None:
        out += _blob(
            b"\x42",
            _uint32(b"\x08", destination_port, "FilterChainMatch.destination_port") if destination_port else b"",
        )
    if prefix_ranges:
        out += _blobs(b"\x1a", prefix_ranges, "FilterChainMatch.prefix_ranges")
    if address_suffix:
        out += _text(b"\x22", address_suffix)
    if suffix_len is not None:
        out += _blob(b"\x2a", _uint32(b"\x08", suffix_len, "FilterChainMatch.suffix_len") if suffix_len else b"")
    if direct_source_prefix_ranges:
        out += _blobs(b"\x6a", direct_source_prefix_ranges, "FilterChainMatch.direct_source_prefix_ranges")
    if source_type is not None:
        out += _member_but_zero(
            b"\x60", _FilterChainMatchConnectionSourceType, source_type, "FilterChainMatch.source_type"
        )
    if source_prefix_ranges:
        out += _blobs(b"\x32", source_prefix_ranges, "FilterChainMatch.source_prefix_ranges")
    if source_ports:
        out += _packed(b"\x3a", [_uint32(b"", one, "FilterChainMatch.source_ports") for one in source_ports])
    if server_names:
        out += _texts(b"\x5a", server_names, "FilterChainMatch.server_names")
    if transport_protocol:
        out += _text(b"\x4a", transport_protocol)
    if application_protocols:
        out += _texts(b"\x52", application_protocols, "FilterChainMatch.application_protocols")
    return FilterChainMatch(out)


Listener = NewType("Listener", bytes)


def listener(
    *,
    name: str = "",
    address: envoy_config_core_v3.Address | None = None,
    additional_addresses: Sequence[AdditionalAddress] = (),
    stat_prefix: str = "",
    filter_chains: Sequence[FilterChain] = (),
    fcds_config: ListenerFcdsConfig | None = None,
    filter_chain_matcher: xds_type_matcher_v3.Matcher | None = None,
    use_original_dst: bool | None = None,
    default_filter_chain: FilterChain | None = None,
    per_connection_buffer_limit_bytes: int | None = None,
    per_connection_buffer_high_watermark_timeout: timedelta | None = None,
    metadata: envoy_config_core_v3.Metadata | None = None,
    deprecated_v1: ListenerDeprecatedV1 | None = None,
    drain_type: ListenerDrainType | None = None,
    listener_filters: Sequence[ListenerFilter] = (),
    listener_filters_timeout: timedelta | None = None,
    continue_on_listener_filters_timeout: bool = False,
    transparent: bool | None = None,
    freebind: bool | None = None,
    socket_options: Sequence[envoy_config_core_v3.SocketOption] = (),
    tcp_fast_open_queue_length: int | None = None,
    traffic_direction: envoy_config_core_v3.TrafficDirection | None = None,
    udp_listener_config: UdpListenerConfig | None = None,
    api_listener: ApiListener | None = None,
    connection_balance_config: ListenerConnectionBalanceConfig | None = None,
    reuse_port: bool = False,
    enable_reuse_port: bool | None = None,
    access_log: Sequence[envoy_config_accesslog_v3.AccessLog] = (),
    tcp_backlog_size: int | None = None,
    max_connections_to_accept_per_socket_event: int | None = None,
    bind_to_port: bool | None = None,
    internal_listener: ListenerInternalListenerConfig | None = None,
    enable_mptcp: bool = False,
    ignore_global_conn_limit: bool = False,
    bypass_overload_manager: bool = False,
    tcp_keepalive: envoy_config_core_v3.TcpKeepalive | None = None,
) -> Listener:
    """envoy.config.listener.v3.Listener."""
    out = b""
    if name:
        out += _text(b"\x0a", name)
    if address is not None:
        out += _blob(b"\x12", address)
    if additional_addresses:
        out += _blobs(b"\x8a\x02", additional_addresses, "Listener.additional_addresses")
    if stat_prefix:
        out += _text(b"\xe2\x01", stat_prefix)
    if filter_chains:
        out += _blobs(b"\x1a", filter_chains, "Listener.filter_chains")
    if fcds_config is not None:
        out += _blob(b"\xa2\x02", fcds_config)
    if filter_chain_matcher is not None:
        out += _blob(b"\x82\x02", filter_chain_matcher)
    if use_original_dst is not None:
        out += b"\x22\x02\x08\x01" if use_original_dst else b"\x22\x00"
    if default_filter_chain is not None:
        out += _blob(b"\xca\x01", default_filter_chain)
    if per_connection_buffer_limit_bytes is not None:
        out += _blob(
            b"\x2a",
            _uint32(b"\x08", per_connection_buffer_limit_bytes, "Listener.per_connection_buffer_limit_bytes")
            if per_connection_buffer_limit_bytes
            else b"",
        )
    if per_connection_buffer_high_watermark_timeout is not None:
        out += _duration(
            b"\xb2\x02",
            per_connection_buffer_high_watermark_timeout,
            "Listener.per_connection_buffer_high_watermark_timeout",
        )
    if metadata is not None:
        out += _blob(b"\x32", metadata)
    if deprecated_v1 is not None:
        out += _blob(b"\x3a", deprecated_v1)
    if drain_type is not None:
        out += _member_but_zero(b"\x40", _ListenerDrainType, drain_type, "Listener.drain_type")
    if listener_filters:
        out += _blobs(b"\x4a", listener_filters, "Listener.listener_filters")
    if listener_filters_timeout is not None:
        out += _duration(b"\x7a", listener_filters_timeout, "Listener.listener_filters_timeout")
    if continue_on_listener_filters_timeout:
        out += b"\x88\x01\x01"
    if transparent is not None:
        out += b"\x52\x02\x08\x01" if transparent else b"\x52\x00"
    if freebind is not None:
        out += b"\x5a\x02\x08\x01" if freebind else b"\x5a\x00"
    if socket_options:
        out += _blobs(b"\x6a", socket_options, "Listener.socket_options")
    if tcp_fast_open_queue_length is not None:
        out += _blob(
            b"\x62",
            _uint32(b"\x08", tcp_fast_open_queue_length, "Listener.tcp_fast_open_queue_length")
            if tcp_fast_open_queue_length
            else b"",
        )
    if traffic_direction is not None:
        out += _member_but_zero(b"\x80\x01", _TrafficDirection, traffic_direction, "Listener.traffic_direction")
    if udp_listener_config is not None:
        out += _blob(b"\x92\x01", udp_listener_config)
    if api_listener is not None:
        out += _blob(b"\x9a\x01", api_listener)
    if connection_balance_config is not None:
        out += _blob(b"\xa2\x01", connection_balance_config)
    if reuse_port:
        out += b"\xa8\x01\x01"
    if enable_reuse_port is not None:
        out += b"\xea\x01\x02\x08\x01" if enable_reuse_port else b"\xea\x01\x00"
    if access_log:
        out += _blobs(b"\xb2\x01", access_log, "Listener.access_log")
    if tcp_backlog_size is not None:
        out += _blob(
            b"\xc2\x01", _uint32(b"\x08", tcp_backlog_size, "Listener.tcp_backlog_size") if tcp_backlog_size else b""
        )
    if max_connections_to_accept_per_socket_event is not None:
        out += _blob(
            b"\x92\x02",
            _uint32(
                b"\x08",
                max_connections_to_accept_per_socket_event,
                "Listener.max_connections_to_accept_per_socket_event",
            )
            if max_connections_to_accept_per_socket_event
            else b"",
        )
    if bind_to_port is not None:
        out += b"\xd2\x01\x02\x08\x01" if bind_to_port else b"\xd2\x01\x00"
    if internal_listener is not None:
        out += _blob(b"\xda\x01", internal_listener)
    if enable_mptcp:
        out += b"\xf0\x01\x01"
    if ignore_global_conn_limit:
        out += b"\xf8\x01\x01"
    if bypass_overload_manager:
        out += b"\x98\x02\x01"
    if tcp_keepalive is not None:
        out += _blob(b"\xaa\x02", tcp_keepalive)
    return Listener(out)


ListenerConnectionBalanceConfig = NewType("ListenerConnectionBalanceConfig", bytes)


def listener_connection_balance_config(
    *,
    exact_balance: ListenerConnectionBalanceConfigExactBalance | None = None,
    extend_balance: envoy_config_core_v3.TypedExtensionConfig | None = None,
    cpu_locality_balance: ListenerConnectionBalanceConfigCpuLocalityBalance | None = None,
) -> ListenerConnectionBalanceConfig:
    """envoy.config.listener.v3.Listener.ConnectionBalanceConfig."""
    if (exact_balance is not None) + (extend_balance is not None) + (cpu_locality_balance is not None) > 1:
        raise _conflict(
            "ListenerConnectionBalanceConfig.balance_type",
            exact_balance=exact_balance,
            extend_balance=extend_balance,
            cpu_locality_balance=cpu_locality_balance,
        )
    out = b""
    if exact_balance is not None:
        out += _blob(b"\x0a", exact_balance)
    if extend_balance is not None:
        out += _blob(b"\x12", extend_balance)
    if cpu_locality_balance is not None:
        out += _blob(b"\x1a", cpu_locality_balance)
    return ListenerConnectionBalanceConfig(out)


ListenerConnectionBalanceConfigCpuLocalityBalance = NewType("ListenerConnectionBalanceConfigCpuLocalityBalance", bytes)


def listener_connection_balance_config_cpu_locality_balance() -> ListenerConnectionBalanceConfigCpuLocalityBalance:
    """envoy.config.listener.v3.Listener.ConnectionBalanceConfig.CpuLocalityBalance."""
    return ListenerConnectionBalanceConfigCpuLocalityBalance(b"")


ListenerConnectionBalanceConfigExactBalance = NewType("ListenerConnectionBalanceConfigExactBalance", bytes)


def listener_connection_balance_config_exact_balance() -> ListenerConnectionBalanceConfigExactBalance:
    """envoy.config.listener.v3.Listener.ConnectionBalanceConfig.ExactBalance."""
    return ListenerConnectionBalanceConfigExactBalance(b"")


ListenerDeprecatedV1 = NewType("ListenerDeprecatedV1", bytes)


def listener_deprecated_v1(
    *,
    bind_to_port: bool | None = None,
) -> ListenerDeprecatedV1:
    """envoy.config.listener.v3.Listener.DeprecatedV1."""
    out = b""
    if bind_to_port is not None:
        out += b"\x0a\x02\x08\x01" if bind_to_port else b"\x0a\x00"
    return ListenerDeprecatedV1(out)


ListenerFcdsConfig = NewType("ListenerFcdsConfig", bytes)


def listener_fcds_config(
    *,
    name: str = "",
    config_source: envoy_config_core_v3.ConfigSource | None = None,
) -> ListenerFcdsConfig:
    """envoy.config.listener.v3.Listener.FcdsConfig."""
    out = b""
    if name:
        out += _text(b"\x0a", name)
    if config_source is not None:
        out += _blob(b"\x12", config_source)
    return ListenerFcdsConfig(out)


ListenerInternalListenerConfig = NewType("ListenerInternalListenerConfig", bytes)


def listener_internal_listener_config() -> ListenerInternalListenerConfig:
    """envoy.config.listener.v3.Listener.InternalListenerConfig."""
    return ListenerInternalListenerConfig(b"")


ListenerFilter = NewType("ListenerFilter", bytes)


def listener_filter(
    *,
    name: str = "",
    typed_config: google_protobuf.Any | None = None,
    config_discovery: envoy_config_core_v3.ExtensionConfigSource | None = None,
    filter_disabled: ListenerFilterChainMatchPredicate | None = None,
) -> ListenerFilter:
    """envoy.config.listener.v3.ListenerFilter."""
    if (typed_config is not None) + (config_discovery is not None) > 1:
        raise _conflict("ListenerFilter.config_type", typed_config=typed_config, config_discovery=config_discovery)
    out = b""
    if name:
        out += _text(b"\x0a", name)
    if typed_config is not None:
        out += _blob(b"\x1a", typed_config)
    if config_discovery is not None:
        out += _blob(b"\x2a", config_discovery)
    if filter_disabled is not None:
        out += _blob(b"\x22", filter_disabled)
    return ListenerFilter(out)


ListenerFilterChainMatchPredicate = NewType("ListenerFilterChainMatchPredicate", bytes)


def listener_filter_chain_match_predicate(
    *,
    or_match: ListenerFilterChainMatchPredicateMatchSet | None = None,
    and_match: ListenerFilterChainMatchPredicateMatchSet | None = None,
    not_match: ListenerFilterChainMatchPredicate | None = None,
    any_match: bool | None = None,
    destination_port_range: envoy_type_v3.Int32Range | None = None,
) -> ListenerFilterChainMatchPredicate:
    """envoy.config.listener.v3.ListenerFilterChainMatchPredicate."""
    if (or_match is not None) + (and_match is not None) + (not_match is not None) + (any_match is not None) + (
        destination_port_range is not None
    ) > 1:
        raise _conflict(
            "ListenerFilterChainMatchPredicate.rule",
            or_match=or_match,
            and_match=and_match,
            not_match=not_match,
            any_match=any_match,
            destination_port_range=destination_port_range,
        )
    out = b""
    if or_match is not None:
        out += _blob(b"\x0a", or_match)
    if and_match is not None:
        out += _blob(b"\x12", and_match)
    if not_match is not None:
        out += _blob(b"\x1a", not_match)
    if any_match is not None:
        out += b"\x20\x01" if any_match else b"\x20\x00"
    if destination_port_range is not None:
        out += _blob(b"\x2a", destination_port_range)
    return ListenerFilterChainMatchPredicate(out)


ListenerFilterChainMatchPredicateMatchSet = NewType("ListenerFilterChainMatchPredicateMatchSet", bytes)


def listener_filter_chain_match_predicate_match_set(
    *,
    rules: Sequence[ListenerFilterChainMatchPredicate] = (),
) -> ListenerFilterChainMatchPredicateMatchSet:
    """envoy.config.listener.v3.ListenerFilterChainMatchPredicate.MatchSet."""
    out = b""
    if rules:
        out += _blobs(b"\x0a", rules, "ListenerFilterChainMatchPredicateMatchSet.rules")
    return ListenerFilterChainMatchPredicateMatchSet(out)


QuicProtocolOptions = NewType("QuicProtocolOptions", bytes)


def quic_protocol_options(
    *,
    quic_protocol_options: envoy_config_core_v3.QuicProtocolOptions | None = None,
    idle_timeout: timedelta | None = None,
    crypto_handshake_timeout: timedelta | None = None,
    enabled: envoy_config_core_v3.RuntimeFeatureFlag | None = None,
    packets_to_read_to_connection_count_ratio: int | None = None,
    crypto_stream_config: envoy_config_core_v3.TypedExtensionConfig | None = None,
    proof_source_config: envoy_config_core_v3.TypedExtensionConfig | None = None,
    connection_id_generator_config: envoy_config_core_v3.TypedExtensionConfig | None = None,
    server_preferred_address_config: envoy_config_core_v3.TypedExtensionConfig | None = None,
    send_disable_active_migration: bool | None = None,
    connection_debug_visitor_config: envoy_config_core_v3.TypedExtensionConfig | None = None,
    save_cmsg_config: Sequence[envoy_config_core_v3.SocketCmsgHeaders] = (),
    reject_new_connections: bool = False,
    max_sessions_per_event_loop: int | None = None,
) -> QuicProtocolOptions:
    """envoy.config.listener.v3.QuicProtocolOptions."""
    out = b""
    if quic_protocol_options is not None:
        out += _blob(b"\x0a", quic_protocol_options)
    if idle_timeout is not None:
        out += _duration(b"\x12", idle_timeout, "QuicProtocolOptions.idle_timeout")
    if crypto_handshake_timeout is not None:
        out += _duration(b"\x1a", crypto_handshake_timeout, "QuicProtocolOptions.crypto_handshake_timeout")
    if enabled is not None:
        out += _blob(b"\x22", enabled)
    if packets_to_read_to_connection_count_ratio is not None:
        out += _blob(
            b"\x2a",
            _uint32(
                b"\x08",
                packets_to_read_to_connection_count_ratio,
                "QuicProtocolOptions.packets_to_read_to_connection_count_ratio",
            )
            if packets_to_read_to_connection_count_ratio
            else b"",
        )
    if crypto_stream_config is not None:
        out += _blob(b"\x32", crypto_stream_config)
    if proof_source_config is not None:
        out += _blob(b"\x3a", proof_source_config)
    if connection_id_generator_config is not None:
        out += _blob(b"\x42", connection_id_generator_config)
    if server_preferred_address_config is not None:
        out += _blob(b"\x4a", server_preferred_address_config)
    if send_disable_active_migration is not None:
        out += b"\x52\x02\x08\x01" if send_disable_active_migration else b"\x52\x00"
    if connection_debug_visitor_config is not None:
        out += _blob(b"\x5a", connection_debug_visitor_config)
    if save_cmsg_config:
        out += _blobs(b"\x62", save_cmsg_config, "QuicProtocolOptions.save_cmsg_config")
    if reject_new_connections:
        out += b"\x68\x01"
    if max_sessions_per_event_loop is not None:
        out += _blob(
            b"\x72",
            _uint32(b"\x08", max_sessions_per_event_loop, "QuicProtocolOptions.max_sessions_per_event_loop")
            if max_sessions_per_event_loop
            else b"",
        )
    return QuicProtocolOptions(out)


UdpListenerConfig = NewType("UdpListenerConfig", bytes)


def udp_listener_config(
    *,
    downstream_socket_config: envoy_config_core_v3.UdpSocketConfig | None = None,
    quic_options: QuicProtocolOptions | None = None,
    udp_packet_packet_writer_config: envoy_config_core_v3.TypedExtensionConfig | None = None,
) -> UdpListenerConfig:
    """envoy.config.listener.v3.UdpListenerConfig."""
    out = b""
    if downstream_socket_config is not None:
        out += _blob(b"\x2a", downstream_socket_config)
    if quic_options is not None:
        out += _blob(b"\x3a", quic_options)
    if udp_packet_packet_writer_config is not None:
        out += _blob(b"\x42", udp_packet_packet_writer_config)
    return UdpListenerConfig(out)
