"""Encoders of envoy.extensions.filters.network.http_connection_manager.v3, made from envoy-data-plane by `make encoders`: do not edit.

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
from xds_server.envoy.wire.fields import uint32 as _uint32

if TYPE_CHECKING:
    from xds_server.envoy.encoders import (
        envoy_config_accesslog_v3,
        envoy_config_core_v3,
        envoy_config_route_v3,
        envoy_config_trace_v3,
        envoy_type_http_v3,
        envoy_type_tracing_v3,
        envoy_type_v3,
        google_protobuf,
        xds_type_matcher_v3,
    )

HttpConnectionManagerCodecType = Literal["AUTO", "HTTP1", "HTTP2", "HTTP3"]
HttpConnectionManagerForwardClientCertDetails = Literal[
    "SANITIZE", "FORWARD_ONLY", "APPEND_FORWARD", "SANITIZE_SET", "ALWAYS_FORWARD_ONLY"
]
HttpConnectionManagerForwardClientCertFormat = Literal["TEXT", "JSON"]
HttpConnectionManagerPathWithEscapedSlashesAction = Literal[
    "IMPLEMENTATION_SPECIFIC_DEFAULT",
    "KEEP_UNCHANGED",
    "REJECT_REQUEST",
    "UNESCAPE_AND_REDIRECT",
    "UNESCAPE_AND_FORWARD",
]
HttpConnectionManagerServerHeaderTransformation = Literal["OVERWRITE", "APPEND_IF_ABSENT", "PASS_THROUGH"]
_HttpConnectionManagerCodecType: Final = {"AUTO": b"\x00", "HTTP1": b"\x01", "HTTP2": b"\x02", "HTTP3": b"\x03"}
_HttpConnectionManagerForwardClientCertDetails: Final = {
    "SANITIZE": b"\x00",
    "FORWARD_ONLY": b"\x01",
    "APPEND_FORWARD": b"\x02",
    "SANITIZE_SET": b"\x03",
    "ALWAYS_FORWARD_ONLY": b"\x04",
}
_HttpConnectionManagerForwardClientCertFormat: Final = {"TEXT": b"\x00", "JSON": b"\x01"}
_HttpConnectionManagerPathWithEscapedSlashesAction: Final = {
    "IMPLEMENTATION_SPECIFIC_DEFAULT": b"\x00",
    "KEEP_UNCHANGED": b"\x01",
    "REJECT_REQUEST": b"\x02",
    "UNESCAPE_AND_REDIRECT": b"\x03",
    "UNESCAPE_AND_FORWARD": b"\x04",
}
_HttpConnectionManagerServerHeaderTransformation: Final = {
    "OVERWRITE": b"\x00",
    "APPEND_IF_ABSENT": b"\x01",
    "PASS_THROUGH": b"\x02",
}
ForwardProtoConfig = NewType("ForwardProtoConfig", bytes)


def forward_proto_config(
    *,
    https_destination_ports: Sequence[int] = (),
    http_destination_ports: Sequence[int] = (),
) -> ForwardProtoConfig:
    """envoy.extensions.filters.network.http_connection_manager.v3.ForwardProtoConfig."""
    out = b""
    if https_destination_ports:
        out += _packed(
            b"\x0a",
            [_uint32(b"", one, "ForwardProtoConfig.https_destination_ports") for one in https_destination_ports],
        )
    if http_destination_ports:
        out += _packed(
            b"\x12", [_uint32(b"", one, "ForwardProtoConfig.http_destination_ports") for one in http_destination_ports]
        )
    return ForwardProtoConfig(out)


HttpConnectionManager = NewType("HttpConnectionManager", bytes)
HTTP_CONNECTION_MANAGER: Final = (
    "type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager"
)


def http_connection_manager(
    *,
    codec_type: HttpConnectionManagerCodecType | None = None,
    stat_prefix: str = "",
    rds: Rds | None = None,
    route_config: envoy_config_route_v3.RouteConfiguration | None = None,
    scoped_routes: ScopedRoutes | None = None,
    http_filters: Sequence[HttpFilter] = (),
    add_user_agent: bool | None = None,
    tracing: HttpConnectionManagerTracing | None = None,
    common_http_protocol_options: envoy_config_core_v3.HttpProtocolOptions | None = None,
    http1_safe_max_connection_duration: bool = False,
    http_protocol_options: envoy_config_core_v3.Http1ProtocolOptions | None = None,
    http2_protocol_options: envoy_config_core_v3.Http2ProtocolOptions | None = None,
    http3_protocol_options: envoy_config_core_v3.Http3ProtocolOptions | None = None,
    server_name: str = "",
    server_header_transformation: HttpConnectionManagerServerHeaderTransformation | None = None,
    scheme_header_transformation: envoy_config_core_v3.SchemeHeaderTransformation | None = None,
    max_request_headers_kb: int | None = None,
    stream_idle_timeout: timedelta | None = None,
    stream_flush_timeout: timedelta | None = None,
    request_timeout: timedelta | None = None,
    request_headers_timeout: timedelta | None = None,
    drain_timeout: timedelta | None = None,
    drain_timeout_jitter: envoy_type_v3.Percent | None = None,
    delayed_close_timeout: timedelta | None = None,
    access_log: Sequence[envoy_config_accesslog_v3.AccessLog] = (),
    access_log_flush_interval: timedelta | None = None,
    flush_access_log_on_new_request: bool = False,
    access_log_options: HttpConnectionManagerHcmAccessLogOptions | None = None,
    use_remote_address: bool | None = None,
    xff_num_trusted_hops: int = 0,
    original_ip_detection_extensions: Sequence[envoy_config_core_v3.TypedExtensionConfig] = (),
    early_header_mutation_extensions: Sequence[envoy_config_core_v3.TypedExtensionConfig] = (),
    internal_address_config: HttpConnectionManagerInternalAddressConfig | None = None,
    skip_xff_append: bool = False,
    via: str = "",
    generate_request_id: bool | None = None,
    preserve_external_request_id: bool = False,
    always_set_request_id_in_response: bool = False,
    forward_client_cert_details: HttpConnectionManagerForwardClientCertDetails | None = None,
    set_current_client_cert_details: HttpConnectionManagerSetCurrentClientCertDetails | None = None,
    forward_client_cert_matcher: xds_type_matcher_v3.Matcher | None = None,
    proxy_100_continue: bool = False,
    represent_ipv4_remote_address_as_ipv4_mapped_ipv6: bool = False,
    upgrade_configs: Sequence[HttpConnectionManagerUpgradeConfig] = (),
    normalize_path: bool | None = None,
    merge_slashes: bool = False,
    path_with_escaped_slashes_action: HttpConnectionManagerPathWithEscapedSlashesAction | None = None,
    request_id_extension: RequestIdExtension | None = None,
    local_reply_config: LocalReplyConfig | None = None,
    strip_matching_host_port: bool = False,
    strip_any_host_port: bool | None = None,
    stream_error_on_invalid_http_message: bool | None = None,
    path_normalization_options: HttpConnectionManagerPathNormalizationOptions | None = None,
    strip_trailing_host_dot: bool = False,
    proxy_status_config: HttpConnectionManagerProxyStatusConfig | None = None,
    typed_header_validation_config: envoy_config_core_v3.TypedExtensionConfig | None = None,
    append_x_forwarded_port: bool = False,
    append_local_overload: bool = False,
    add_proxy_protocol_connection_state: bool | None = None,
    forward_proto_config: ForwardProtoConfig | None = None,
) -> HttpConnectionManager:
    """envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager."""
    if (rds is not None) + (route_config is not None) + (scoped_routes is not None) > 1:
        raise _conflict(
            "HttpConnectionManager.route_specifier", rds=rds, route_config=route_config, scoped_routes=scoped_routes
        )
    out = b""
    if codec_type is not None:
        out += _member_but_zero(
            b"\x08", _HttpConnectionManagerCodecType, codec_type, "HttpConnectionManager.codec_type"
        )
    if stat_prefix:
        out += _text(b"\x12", stat_prefix)
    if rds is not None:
        out += _blob(b"\x1a", rds)
    if route_config is not None:
        out += _blob(b"\x22", route_config)
    if scoped_routes is not None:
        out += _blob(b"\xfa\x01", scoped_routes)
    if http_filters:
        out += _blobs(b"\x2a", http_filters, "HttpConnectionManager.http_filters")
    if add_user_agent is not None:
        out += b"\x32\x02\x08\x01" if add_user_agent else b"\x32\x00"
    if tracing is not None:
        out += _blob(b"\x3a", tracing)
    if common_http_protocol_options is not None:
        out += _blob(b"\x9a\x02", common_http_protocol_options)
    if http1_safe_max_connection_duration:
        out += b"\xd0\x03\x01"
    if http_protocol_options is not None:
        out += _blob(b"\x42", http_protocol_options)
    if http2_protocol_options is not None:
        out += _blob(b"\x4a", http2_protocol_options)
    if http3_protocol_options is not None:
        out += _blob(b"\xe2\x02", http3_protocol_options)
    if server_name:
        out += _text(b"\x52", server_name)
    if server_header_transformation is not None:
        out += _member_but_zero(
            b"\x90\x02",
            _HttpConnectionManagerServerHeaderTransformation,
            server_header_transformation,
            "HttpConnectionManager.server_header_transformation",
        )
    if scheme_header_transformation is not None:
        out += _blob(b"\x82\x03", scheme_header_transformation)
    if max_request_headers_kb is not None:
        out += _blob(
            b"\xea\x01",
            _uint32(b"\x08", max_request_headers_kb, "HttpConnectionManager.max_request_headers_kb")
            if max_request_headers_kb
            else b"",
        )
    if stream_idle_timeout is not None:
        out += _duration(b"\xc2\x01", stream_idle_timeout, "HttpConnectionManager.stream_idle_timeout")
    if stream_flush_timeout is not None:
        out += _duration(b"\xda\x03", stream_flush_timeout, "HttpConnectionManager.stream_flush_timeout")
    if request_timeout is not None:
        out += _duration(b"\xe2\x01", request_timeout, "HttpConnectionManager.request_timeout")
    if request_headers_timeout is not None:
        out += _duration(b"\xca\x02", request_headers_timeout, "HttpConnectionManager.request_headers_timeout")
    if drain_timeout is not None:
        out += _duration(b"\x62", drain_timeout, "HttpConnectionManager.drain_timeout")
    if drain_timeout_jitter is not None:
        out += _blob(b"\xf2\x03", drain_timeout_jitter)
    if delayed_close_timeout is not None:
        out += _duration(b"\xd2\x01", delayed_close_timeout, "HttpConnectionManager.delayed_close_timeout")
    if access_log:
        out += _blobs(b"\x6a", access_log, "HttpConnectionManager.access_log")
    if access_log_flush_interval is not None:
        out += _duration(b"\xb2\x03", access_log_flush_interval, "HttpConnectionManager.access_log_flush_interval")
    if flush_access_log_on_new_request:
        out += b"\xb8\x03\x01"
    if access_log_options is not None:
        out += _blob(b"\xc2\x03", access_log_options)
    if use_remote_address is not None:
        out += b"\x72\x02\x08\x01" if use_remote_address else b"\x72\x00"
    if xff_num_trusted_hops:
        out += _uint32(b"\x98\x01", xff_num_trusted_hops, "HttpConnectionManager.xff_num_trusted_hops")
    if original_ip_detection_extensions:
        out += _blobs(
            b"\xf2\x02", original_ip_detection_extensions, "HttpConnectionManager.original_ip_detection_extensions"
        )
    if early_header_mutation_extensions:
        out += _blobs(
            b"\xa2\x03", early_header_mutation_extensions, "HttpConnectionManager.early_header_mutation_extensions"
        )
    if internal_address_config is not None:
        out += _blob(b"\xca\x01", internal_address_config)
    if skip_xff_append:
        out += b"\xa8\x01\x01"
    if via:
        out += _text(b"\xb2\x01", via)
    if generate_request_id is not None:
        out += b"\x7a\x02\x08\x01" if generate_request_id else b"\x7a\x00"
    if preserve_external_request_id:
        out += b"\x80\x02\x01"
    if always_set_request_id_in_response:
        out += b"\xa8\x02\x01"
    if forward_client_cert_details is not None:
        out += _member_but_zero(
            b"\x80\x01",
            _HttpConnectionManagerForwardClientCertDetails,
            forward_client_cert_details,
            "HttpConnectionManager.forward_client_cert_details",
        )
    if set_current_client_cert_details is not None:
        out += _blob(b"\x8a\x01", set_current_client_cert_details)
    if forward_client_cert_matcher is not None:
        out += _blob(b"\xe2\x03", forward_client_cert_matcher)
    if proxy_100_continue:
        out += b"\x90\x01\x01"
    if represent_ipv4_remote_address_as_ipv4_mapped_ipv6:
        out += b"\xa0\x01\x01"
    if upgrade_configs:
        out += _blobs(b"\xba\x01", upgrade_configs, "HttpConnectionManager.upgrade_configs")
    if normalize_path is not None:
        out += b"\xf2\x01\x02\x08\x01" if normalize_path else b"\xf2\x01\x00"
    if merge_slashes:
        out += b"\x88\x02\x01"
    if path_with_escaped_slashes_action is not None:
        out += _member_but_zero(
            b"\xe8\x02",
            _HttpConnectionManagerPathWithEscapedSlashesAction,
            path_with_escaped_slashes_action,
            "HttpConnectionManager.path_with_escaped_slashes_action",
        )
    if request_id_extension is not None:
        out += _blob(b"\xa2\x02", request_id_extension)
    if local_reply_config is not None:
        out += _blob(b"\xb2\x02", local_reply_config)
    if strip_matching_host_port:
        out += b"\xb8\x02\x01"
    if strip_any_host_port is not None:
        out += b"\xd0\x02\x01" if strip_any_host_port else b"\xd0\x02\x00"
    if stream_error_on_invalid_http_message is not None:
        out += b"\xc2\x02\x02\x08\x01" if stream_error_on_invalid_http_message else b"\xc2\x02\x00"
    if path_normalization_options is not None:
        out += _blob(b"\xda\x02", path_normalization_options)
    if strip_trailing_host_dot:
        out += b"\xf8\x02\x01"
    if proxy_status_config is not None:
        out += _blob(b"\x8a\x03", proxy_status_config)
    if typed_header_validation_config is not None:
        out += _blob(b"\x92\x03", typed_header_validation_config)
    if append_x_forwarded_port:
        out += b"\x98\x03\x01"
    if append_local_overload:
        out += b"\xc8\x03\x01"
    if add_proxy_protocol_connection_state is not None:
        out += b"\xaa\x03\x02\x08\x01" if add_proxy_protocol_connection_state else b"\xaa\x03\x00"
    if forward_proto_config is not None:
        out += _blob(b"\xea\x03", forward_proto_config)
    return HttpConnectionManager(out)


HttpConnectionManagerHcmAccessLogOptions = NewType("HttpConnectionManagerHcmAccessLogOptions", bytes)


def http_connection_manager_hcm_access_log_options(
    *,
    access_log_flush_interval: timedelta | None = None,
    flush_access_log_on_new_request: bool = False,
    flush_log_on_tunnel_successfully_established: bool = False,
) -> HttpConnectionManagerHcmAccessLogOptions:
    """envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager.HcmAccessLogOptions."""
    out = b""
    if access_log_flush_interval is not None:
        out += _duration(
            b"\x0a", access_log_flush_interval, "HttpConnectionManagerHcmAccessLogOptions.access_log_flush_interval"
        )
    if flush_access_log_on_new_request:
        out += b"\x10\x01"
    if flush_log_on_tunnel_successfully_established:
        out += b"\x18\x01"
    return HttpConnectionManagerHcmAccessLogOptions(out)


HttpConnectionManagerInternalAddressConfig = NewType("HttpConnectionManagerInternalAddressConfig", bytes)


def http_connection_manager_internal_address_config(
    *,
    unix_sockets: bool = False,
    cidr_ranges: Sequence[envoy_config_core_v3.CidrRange] = (),
) -> HttpConnectionManagerInternalAddressConfig:
    """envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager.InternalAddressConfig."""
    out = b""
    if unix_sockets:
        out += b"\x08\x01"
    if cidr_ranges:
        out += _blobs(b"\x12", cidr_ranges, "HttpConnectionManagerInternalAddressConfig.cidr_ranges")
    return HttpConnectionManagerInternalAddressConfig(out)


HttpConnectionManagerPathNormalizationOptions = NewType("HttpConnectionManagerPathNormalizationOptions", bytes)


def http_connection_manager_path_normalization_options(
    *,
    forwarding_transformation: envoy_type_http_v3.PathTransformation | None = None,
    http_filter_transformation: envoy_type_http_v3.PathTransformation | None = None,
) -> HttpConnectionManagerPathNormalizationOptions:
    """envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager.PathNormalizationOptions."""
    out = b""
    if forwarding_transformation is not None:
        out += _blob(b"\x0a", forwarding_transformation)
    if http_filter_transformation is not None:
        out += _blob(b"\x12", http_filter_transformation)
    return HttpConnectionManagerPathNormalizationOptions(out)


HttpConnectionManagerProxyStatusConfig = NewType("HttpConnectionManagerProxyStatusConfig", bytes)


def http_connection_manager_proxy_status_config(
    *,
    remove_details: bool = False,
    remove_connection_termination_details: bool = False,
    remove_response_flags: bool = False,
    set_recommended_response_code: bool = False,
    use_node_id: bool | None = None,
    literal_proxy_name: str | None = None,
) -> HttpConnectionManagerProxyStatusConfig:
    """envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager.ProxyStatusConfig."""
    if (use_node_id is not None) + (literal_proxy_name is not None) > 1:
        raise _conflict(
            "HttpConnectionManagerProxyStatusConfig.proxy_name",
            use_node_id=use_node_id,
            literal_proxy_name=literal_proxy_name,
        )
    out = b""
    if remove_details:
        out += b"\x08\x01"
    if remove_connection_termination_details:
        out += b"\x10\x01"
    if remove_response_flags:
        out += b"\x18\x01"
    if set_recommended_response_code:
        out += b"\x20\x01"
    if use_node_id is not None:
        out += b"\x28\x01" if use_node_id else b"\x28\x00"
    if literal_proxy_name is not None:
        out += _text(b"\x32", literal_proxy_name)
    return HttpConnectionManagerProxyStatusConfig(out)


HttpConnectionManagerSetCurrentClientCertDetails = NewType("HttpConnectionManagerSetCurrentClientCertDetails", bytes)


def http_connection_manager_set_current_client_cert_details(
    *,
    subject: bool | None = None,
    cert: bool = False,
    chain: bool = False,
    dns: bool = False,
    uri: bool = False,
    format: HttpConnectionManagerForwardClientCertFormat | None = None,
) -> HttpConnectionManagerSetCurrentClientCertDetails:
    """envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager.SetCurrentClientCertDetails."""
    out = b""
    if subject is not None:
        out += b"\x0a\x02\x08\x01" if subject else b"\x0a\x00"
    if cert:
        out += b"\x18\x01"
    if chain:
        out += b"\x30\x01"
    if dns:
        out += b"\x20\x01"
    if uri:
        out += b"\x28\x01"
    if format is not None:
        out += _member_but_zero(
            b"\x38",
            _HttpConnectionManagerForwardClientCertFormat,
            format,
            "HttpConnectionManagerSetCurrentClientCertDetails.format",
        )
    return HttpConnectionManagerSetCurrentClientCertDetails(out)


HttpConnectionManagerTracing = NewType("HttpConnectionManagerTracing", bytes)


def http_connection_manager_tracing(
    *,
    client_sampling: envoy_type_v3.Percent | None = None,
    random_sampling: envoy_type_v3.Percent | None = None,
    overall_sampling: envoy_type_v3.Percent | None = None,
    verbose: bool = False,
    max_path_tag_length: int | None = None,
    custom_tags: Sequence[envoy_type_tracing_v3.CustomTag] = (),
    provider: envoy_config_trace_v3.TracingHttp | None = None,
    spawn_upstream_span: bool | None = None,
    operation: str = "",
    upstream_operation: str = "",
    no_context_propagation: bool = False,
) -> HttpConnectionManagerTracing:
    """envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager.Tracing."""
    out = b""
    if client_sampling is not None:
        out += _blob(b"\x1a", client_sampling)
    if random_sampling is not None:
        out += _blob(b"\x22", random_sampling)
    if overall_sampling is not None:
        out += _blob(b"\x2a", overall_sampling)
    if verbose:
        out += b"\x30\x01"
    if max_path_tag_length is not None:
        out += _blob(
            b"\x3a",
            _uint32(b"\x08", max_path_tag_length, "HttpConnectionManagerTracing.max_path_tag_length")
            if max_path_tag_length
            else b"",
        )
    if custom_tags:
        out += _blobs(b"\x42", custom_tags, "HttpConnectionManagerTracing.custom_tags")
    if provider is not None:
        out += _blob(b"\x4a", provider)
    if spawn_upstream_span is not None:
        out += b"\x52\x02\x08\x01" if spawn_upstream_span else b"\x52\x00"
    if operation:
        out += _text(b"\x5a", operation)
    if upstream_operation:
        out += _text(b"\x62", upstream_operation)
    if no_context_propagation:
        out += b"\x68\x01"
    return HttpConnectionManagerTracing(out)


HttpConnectionManagerUpgradeConfig = NewType("HttpConnectionManagerUpgradeConfig", bytes)


def http_connection_manager_upgrade_config(
    *,
    upgrade_type: str = "",
    filters: Sequence[HttpFilter] = (),
    enabled: bool | None = None,
) -> HttpConnectionManagerUpgradeConfig:
    """envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager.UpgradeConfig."""
    out = b""
    if upgrade_type:
        out += _text(b"\x0a", upgrade_type)
    if filters:
        out += _blobs(b"\x12", filters, "HttpConnectionManagerUpgradeConfig.filters")
    if enabled is not None:
        out += b"\x1a\x02\x08\x01" if enabled else b"\x1a\x00"
    return HttpConnectionManagerUpgradeConfig(out)


HttpFilter = NewType("HttpFilter", bytes)


def http_filter(
    *,
    name: str = "",
    typed_config: google_protobuf.Any | None = None,
    config_discovery: envoy_config_core_v3.ExtensionConfigSource | None = None,
    is_optional: bool = False,
    disabled: bool = False,
) -> HttpFilter:
    """envoy.extensions.filters.network.http_connection_manager.v3.HttpFilter."""
    if (typed_config is not None) + (config_discovery is not None) > 1:
        raise _conflict("HttpFilter.config_type", typed_config=typed_config, config_discovery=config_discovery)
    out = b""
    if name:
        out += _text(b"\x0a", name)
    if typed_config is not None:
        out += _blob(b"\x22", typed_config)
    if config_discovery is not None:
        out += _blob(b"\x2a", config_discovery)
    if is_optional:
        out += b"\x30\x01"
    if disabled:
        out += b"\x38\x01"
    return HttpFilter(out)


LocalReplyConfig = NewType("LocalReplyConfig", bytes)


def local_reply_config(
    *,
    mappers: Sequence[ResponseMapper] = (),
    body_format: envoy_config_core_v3.SubstitutionFormatString | None = None,
) -> LocalReplyConfig:
    """envoy.extensions.filters.network.http_connection_manager.v3.LocalReplyConfig."""
    out = b""
    if mappers:
        out += _blobs(b"\x0a", mappers, "LocalReplyConfig.mappers")
    if body_format is not None:
        out += _blob(b"\x12", body_format)
    return LocalReplyConfig(out)


Rds = NewType("Rds", bytes)


def rds(
    *,
    config_source: envoy_config_core_v3.ConfigSource | None = None,
    route_config_name: str = "",
) -> Rds:
    """envoy.extensions.filters.network.http_connection_manager.v3.Rds."""
    out = b""
    if config_source is not None:
        out += _blob(b"\x0a", config_source)
    if route_config_name:
        out += _text(b"\x12", route_config_name)
    return Rds(out)


RequestIdExtension = NewType("RequestIdExtension", bytes)


def request_id_extension(
    *,
    typed_config: google_protobuf.Any | None = None,
) -> RequestIdExtension:
    """envoy.extensions.filters.network.http_connection_manager.v3.RequestIDExtension."""
    out = b""
    if typed_config is not None:
        out += _blob(b"\x0a", typed_config)
    return RequestIdExtension(out)


ResponseMapper = NewType("ResponseMapper", bytes)


def response_mapper(
    *,
    filter: envoy_config_accesslog_v3.AccessLogFilter | None = None,
    status_code: int | None = None,
    body: envoy_config_core_v3.DataSource | None = None,
    body_format_override: envoy_config_core_v3.SubstitutionFormatString | None = None,
    headers_to_add: Sequence[envoy_config_core_v3.HeaderValueOption] = (),
) -> ResponseMapper:
    """envoy.extensions.filters.network.http_connection_manager.v3.ResponseMapper."""
    out = b""
    if filter is not None:
        out += _blob(b"\x0a", filter)
    if status_code is not None:
        out += _blob(b"\x12", _uint32(b"\x08", status_code, "ResponseMapper.status_code") if status_code else b"")
    if body is not None:
        out += _blob(b"\x1a", body)
    if body_format_override is not None:
        out += _blob(b"\x22", body_format_override)
    if headers_to_add:
        out += _blobs(b"\x2a", headers_to_add, "ResponseMapper.headers_to_add")
    return ResponseMapper(out)


ScopedRds = NewType("ScopedRds", bytes)


def scoped_rds(
    *,
    scoped_rds_config_source: envoy_config_core_v3.ConfigSource | None = None,
    srds_resources_locator: str = "",
) -> ScopedRds:
    """envoy.extensions.filters.network.http_connection_manager.v3.ScopedRds."""
    out = b""
    if scoped_rds_config_source is not None:
        out += _blob(b"\x0a", scoped_rds_config_source)
    if srds_resources_locator:
        out += _text(b"\x12", srds_resources_locator)
    return ScopedRds(out)


ScopedRouteConfigurationsList = NewType("ScopedRouteConfigurationsList", bytes)


def scoped_route_configurations_list(
    *,
    scoped_route_configurations: Sequence[envoy_config_route_v3.ScopedRouteConfiguration] = (),
) -> ScopedRouteConfigurationsList:
    """envoy.extensions.filters.network.http_connection_manager.v3.ScopedRouteConfigurationsList."""
    out = b""
    if scoped_route_configurations:
        out += _blobs(b"\x0a", scoped_route_configurations, "ScopedRouteConfigurationsList.scoped_route_configurations")
    return ScopedRouteConfigurationsList(out)


ScopedRoutes = NewType("ScopedRoutes", bytes)


def scoped_routes(
    *,
    name: str = "",
    scope_key_builder: ScopedRoutesScopeKeyBuilder | None = None,
    rds_config_source: envoy_config_core_v3.ConfigSource | None = None,
    scoped_route_configurations_list: ScopedRouteConfigurationsList | None = None,
    scoped_rds: ScopedRds | None = None,
) -> ScopedRoutes:
    """envoy.extensions.filters.network.http_connection_manager.v3.ScopedRoutes."""
    if (scoped_route_configurations_list is not None) + (scoped_rds is not None) > 1:
        raise _conflict(
            "ScopedRoutes.config_specifier",
            scoped_route_configurations_list=scoped_route_configurations_list,
            scoped_rds=scoped_rds,
        )
    out = b""
    if name:
        out += _text(b"\x0a", name)
    if scope_key_builder is not None:
        out += _blob(b"\x12", scope_key_builder)
    if rds_config_source is not None:
        out += _blob(b"\x1a", rds_config_source)
    if scoped_route_configurations_list is not None:
        out += _blob(b"\x22", scoped_route_configurations_list)
    if scoped_rds is not None:
        out += _blob(b"\x2a", scoped_rds)
    return ScopedRoutes(out)


ScopedRoutesScopeKeyBuilder = NewType("ScopedRoutesScopeKeyBuilder", bytes)


def scoped_routes_scope_key_builder(
    *,
    fragments: Sequence[ScopedRoutesScopeKeyBuilderFragmentBuilder] = (),
) -> ScopedRoutesScopeKeyBuilder:
    """envoy.extensions.filters.network.http_connection_manager.v3.ScopedRoutes.ScopeKeyBuilder."""
    out = b""
    if fragments:
        out += _blobs(b"\x0a", fragments, "ScopedRoutesScopeKeyBuilder.fragments")
    return ScopedRoutesScopeKeyBuilder(out)


ScopedRoutesScopeKeyBuilderFragmentBuilder = NewType("ScopedRoutesScopeKeyBuilderFragmentBuilder", bytes)


def scoped_routes_scope_key_builder_fragment_builder(
    *,
    header_value_extractor: ScopedRoutesScopeKeyBuilderFragmentBuilderHeaderValueExtractor | None = None,
) -> ScopedRoutesScopeKeyBuilderFragmentBuilder:
    """envoy.extensions.filters.network.http_connection_manager.v3.ScopedRoutes.ScopeKeyBuilder.FragmentBuilder."""
    out = b""
    if header_value_extractor is not None:
        out += _blob(b"\x0a", header_value_extractor)
    return ScopedRoutesScopeKeyBuilderFragmentBuilder(out)


ScopedRoutesScopeKeyBuilderFragmentBuilderHeaderValueExtractor = NewType(
    "ScopedRoutesScopeKeyBuilderFragmentBuilderHeaderValueExtractor", bytes
)


def scoped_routes_scope_key_builder_fragment_builder_header_value_extractor(
    *,
    name: str = "",
    element_separator: str = "",
    index: int | None = None,
    element: ScopedRoutesScopeKeyBuilderFragmentBuilderHeaderValueExtractorKvElement | None = None,
) -> ScopedRoutesScopeKeyBuilderFragmentBuilderHeaderValueExtractor:
    """envoy.extensions.filters.network.http_connection_manager.v3.ScopedRoutes.ScopeKeyBuilder.FragmentBuilder.HeaderValueExtractor."""
    if (index is not None) + (element is not None) > 1:
        raise _conflict(
            "ScopedRoutesScopeKeyBuilderFragmentBuilderHeaderValueExtractor.extract_type", index=index, element=element
        )
    out = b""
    if name:
        out += _text(b"\x0a", name)
    if element_separator:
        out += _text(b"\x12", element_separator)
    if index is not None:
        out += _uint32(b"\x18", index, "ScopedRoutesScopeKeyBuilderFragmentBuilderHeaderValueExtractor.index")
    if element is not None:
        out += _blob(b"\x22", element)
    return ScopedRoutesScopeKeyBuilderFragmentBuilderHeaderValueExtractor(out)


ScopedRoutesScopeKeyBuilderFragmentBuilderHeaderValueExtractorKvElement = NewType(
    "ScopedRoutesScopeKeyBuilderFragmentBuilderHeaderValueExtractorKvElement", bytes
)


def scoped_routes_scope_key_builder_fragment_builder_header_value_extractor_kv_element(
    *,
    separator: str = "",
    key: str = "",
) -> ScopedRoutesScopeKeyBuilderFragmentBuilderHeaderValueExtractorKvElement:
    """envoy.extensions.filters.network.http_connection_manager.v3.ScopedRoutes.ScopeKeyBuilder.FragmentBuilder.HeaderValueExtractor.KvElement."""
    out = b""
    if separator:
        out += _text(b"\x0a", separator)
    if key:
        out += _text(b"\x12", key)
    return ScopedRoutesScopeKeyBuilderFragmentBuilderHeaderValueExtractorKvElement(out)
