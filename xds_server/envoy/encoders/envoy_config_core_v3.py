"""Encoders of envoy.config.core.v3, made from envoy-data-plane by `make encoders`: do not edit.

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
from xds_server.envoy.wire.fields import int64 as _int64
from xds_server.envoy.wire.fields import member as _member
from xds_server.envoy.wire.fields import member_but_zero as _member_but_zero
from xds_server.envoy.wire.fields import packed as _packed
from xds_server.envoy.wire.fields import text as _text
from xds_server.envoy.wire.fields import texts as _texts
from xds_server.envoy.wire.fields import uint32 as _uint32
from xds_server.envoy.wire.fields import uint64 as _uint64

if TYPE_CHECKING:
    from xds_server.envoy.encoders import envoy_type_matcher_v3, envoy_type_v3, google_protobuf, xds_core_v3

ApiConfigSourceApiType = Literal[
    "DEPRECATED_AND_UNAVAILABLE_DO_NOT_USE", "REST", "GRPC", "DELTA_GRPC", "AGGREGATED_GRPC", "AGGREGATED_DELTA_GRPC"
]
ApiVersion = Literal["AUTO", "V2", "V3"]
HeaderValueOptionHeaderAppendAction = Literal[
    "APPEND_IF_EXISTS_OR_ADD", "ADD_IF_ABSENT", "OVERWRITE_IF_EXISTS_OR_ADD", "OVERWRITE_IF_EXISTS"
]
HealthStatus = Literal["UNKNOWN", "HEALTHY", "UNHEALTHY", "DRAINING", "TIMEOUT", "DEGRADED"]
HttpProtocolOptionsHeadersWithUnderscoresAction = Literal["ALLOW", "REJECT_REQUEST", "DROP_HEADER"]
KeyValueAppendKeyValueAppendAction = Literal[
    "APPEND_IF_EXISTS_OR_ADD", "ADD_IF_ABSENT", "OVERWRITE_IF_EXISTS_OR_ADD", "OVERWRITE_IF_EXISTS"
]
ProxyProtocolConfigVersion = Literal["V1", "V2"]
ProxyProtocolPassThroughTlVsPassTlVsMatchType = Literal["INCLUDE_ALL", "INCLUDE"]
RequestMethod = Literal[
    "METHOD_UNSPECIFIED", "GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH"
]
RoutingPriority = Literal["DEFAULT", "HIGH"]
SocketAddressProtocol = Literal["TCP", "UDP"]
SocketOptionSocketIpVersion = Literal["UNSPECIFIED", "IPV4", "IPV6"]
SocketOptionSocketState = Literal["STATE_PREBIND", "STATE_BOUND", "STATE_LISTENING"]
TrafficDirection = Literal["UNSPECIFIED", "INBOUND", "OUTBOUND"]
_ApiConfigSourceApiType: Final = {
    "DEPRECATED_AND_UNAVAILABLE_DO_NOT_USE": b"\x00",
    "REST": b"\x01",
    "GRPC": b"\x02",
    "DELTA_GRPC": b"\x03",
    "AGGREGATED_GRPC": b"\x05",
    "AGGREGATED_DELTA_GRPC": b"\x06",
}
_ApiVersion: Final = {"AUTO": b"\x00", "V2": b"\x01", "V3": b"\x02"}
_CodecClientType: Final = {"HTTP1": b"\x00", "HTTP2": b"\x01", "HTTP3": b"\x02"}
_HeaderValueOptionHeaderAppendAction: Final = {
    "APPEND_IF_EXISTS_OR_ADD": b"\x00",
    "ADD_IF_ABSENT": b"\x01",
    "OVERWRITE_IF_EXISTS_OR_ADD": b"\x02",
    "OVERWRITE_IF_EXISTS": b"\x03",
}
_HealthStatus: Final = {
    "UNKNOWN": b"\x00",
    "HEALTHY": b"\x01",
    "UNHEALTHY": b"\x02",
    "DRAINING": b"\x03",
    "TIMEOUT": b"\x04",
    "DEGRADED": b"\x05",
}
_HttpProtocolOptionsHeadersWithUnderscoresAction: Final = {
    "ALLOW": b"\x00",
    "REJECT_REQUEST": b"\x01",
    "DROP_HEADER": b"\x02",
}
_KeyValueAppendKeyValueAppendAction: Final = {
    "APPEND_IF_EXISTS_OR_ADD": b"\x00",
    "ADD_IF_ABSENT": b"\x01",
    "OVERWRITE_IF_EXISTS_OR_ADD": b"\x02",
    "OVERWRITE_IF_EXISTS": b"\x03",
}
_ProxyProtocolConfigVersion: Final = {"V1": b"\x00", "V2": b"\x01"}
_ProxyProtocolPassThroughTlVsPassTlVsMatchType: Final = {"INCLUDE_ALL": b"\x00", "INCLUDE": b"\x01"}
_RequestMethod: Final = {
    "METHOD_UNSPECIFIED": b"\x00",
    "GET": b"\x01",
    "HEAD": b"\x02",
    "POST": b"\x03",
    "PUT": b"\x04",
    "DELETE": b"\x05",
    "CONNECT": b"\x06",
    "OPTIONS": b"\x07",
    "TRACE": b"\x08",
    "PATCH": b"\x09",
}
_SocketAddressProtocol: Final = {"TCP": b"\x00", "UDP": b"\x01"}
_SocketOptionSocketIpVersion: Final = {"UNSPECIFIED": b"\x00", "IPV4": b"\x01", "IPV6": b"\x02"}
_SocketOptionSocketState: Final = {"STATE_PREBIND": b"\x00", "STATE_BOUND": b"\x01", "STATE_LISTENING": b"\x02"}
Address = NewType("Address", bytes)


def address(
    *,
    socket_address: SocketAddress | None = None,
    pipe: Pipe | None = None,
    envoy_internal_address: EnvoyInternalAddress | None = None,
) -> Address:
    """envoy.config.core.v3.Address."""
    if (socket_address is not None) + (pipe is not None) + (envoy_internal_address is not None) > 1:
        raise _conflict(
            "Address.address", socket_address=socket_address, pipe=pipe, envoy_internal_address=envoy_internal_address
        )
    out = b""
    if socket_address is not None:
        out += _blob(b"\x0a", socket_address)
    if pipe is not None:
        out += _blob(b"\x12", pipe)
    if envoy_internal_address is not None:
        out += _blob(b"\x1a", envoy_internal_address)
    return Address(out)


AggregatedConfigSource = NewType("AggregatedConfigSource", bytes)


def aggregated_config_source() -> AggregatedConfigSource:
    """envoy.config.core.v3.AggregatedConfigSource."""
    return AggregatedConfigSource(b"")


AlternateProtocolsCacheOptions = NewType("AlternateProtocolsCacheOptions", bytes)


def alternate_protocols_cache_options(
    *,
    name: str = "",
    max_entries: int | None = None,
    key_value_store_config: TypedExtensionConfig | None = None,
    prepopulated_entries: Sequence[AlternateProtocolsCacheOptionsAlternateProtocolsCacheEntry] = (),
    canonical_suffixes: Sequence[str] = (),
) -> AlternateProtocolsCacheOptions:
    """envoy.config.core.v3.AlternateProtocolsCacheOptions."""
    out = b""
    if name:
        out += _text(b"\x0a", name)
    if max_entries is not None:
        out += _blob(
            b"\x12", _uint32(b"\x08", max_entries, "AlternateProtocolsCacheOptions.max_entries") if max_entries else b""
        )
    if key_value_store_config is not None:
        out += _blob(b"\x1a", key_value_store_config)
    if prepopulated_entries:
        out += _blobs(b"\x22", prepopulated_entries, "AlternateProtocolsCacheOptions.prepopulated_entries")
    if canonical_suffixes:
        out += _texts(b"\x2a", canonical_suffixes, "AlternateProtocolsCacheOptions.canonical_suffixes")
    return AlternateProtocolsCacheOptions(out)


AlternateProtocolsCacheOptionsAlternateProtocolsCacheEntry = NewType(
    "AlternateProtocolsCacheOptionsAlternateProtocolsCacheEntry", bytes
)


def alternate_protocols_cache_options_alternate_protocols_cache_entry(
    *,
    hostname: str = "",
    port: int = 0,
) -> AlternateProtocolsCacheOptionsAlternateProtocolsCacheEntry:
    """envoy.config.core.v3.AlternateProtocolsCacheOptions.AlternateProtocolsCacheEntry."""
    out = b""
    if hostname:
        out += _text(b"\x0a", hostname)
    if port:
        out += _uint32(b"\x10", port, "AlternateProtocolsCacheOptionsAlternateProtocolsCacheEntry.port")
    return AlternateProtocolsCacheOptionsAlternateProtocolsCacheEntry(out)


ApiConfigSource = NewType("ApiConfigSource", bytes)


def api_config_source(
    *,
    api_type: ApiConfigSourceApiType | None = None,
    transport_api_version: ApiVersion | None = None,
    cluster_names: Sequence[str] = (),
    grpc_services: Sequence[GrpcService] = (),
    refresh_delay: timedelta | None = None,
    request_timeout: timedelta | None = None,
    rate_limit_settings: RateLimitSettings | None = None,
    set_node_on_first_message_only: bool = False,
    config_validators: Sequence[TypedExtensionConfig] = (),
) -> ApiConfigSource:
    """envoy.config.core.v3.ApiConfigSource."""
    out = b""
    if api_type is not None:
        out += _member_but_zero(b"\x08", _ApiConfigSourceApiType, api_type, "ApiConfigSource.api_type")
    if transport_api_version is not None:
        out += _member_but_zero(b"\x40", _ApiVersion, transport_api_version, "ApiConfigSource.transport_api_version")
    if cluster_names:
        out += _texts(b"\x12", cluster_names, "ApiConfigSource.cluster_names")
    if grpc_services:
        out += _blobs(b"\x22", grpc_services, "ApiConfigSource.grpc_services")
    if refresh_delay is not None:
        out += _duration(b"\x1a", refresh_delay, "ApiConfigSource.refresh_delay")
    if request_timeout is not None:
        out += _duration(b"\x2a", request_timeout, "ApiConfigSource.request_timeout")
    if rate_limit_settings is not None:
        out += _blob(b"\x32", rate_limit_settings)
    if set_node_on_first_message_only:
        out += b"\x38\x01"
    if config_validators:
        out += _blobs(b"\x4a", config_validators, "ApiConfigSource.config_validators")
    return ApiConfigSource(out)


BackoffStrategy = NewType("BackoffStrategy", bytes)


def backoff_strategy(
    *,
    base_interval: timedelta | None = None,
    max_interval: timedelta | None = None,
) -> BackoffStrategy:
    """envoy.config.core.v3.BackoffStrategy."""
    out = b""
    if base_interval is not None:
        out += _duration(b"\x0a", base_interval, "BackoffStrategy.base_interval")
    if max_interval is not None:
        out += _duration(b"\x12", max_interval, "BackoffStrategy.max_interval")
    return BackoffStrategy(out)


BindConfig = NewType("BindConfig", bytes)


def bind_config(
    *,
    source_address: SocketAddress | None = None,
    freebind: bool | None = None,
    socket_options: Sequence[SocketOption] = (),
    extra_source_addresses: Sequence[ExtraSourceAddress] = (),
    additional_source_addresses: Sequence[SocketAddress] = (),
    local_address_selector: TypedExtensionConfig | None = None,
) -> BindConfig:
    """envoy.config.core.v3.BindConfig."""
    out = b""
    if source_address is not None:
        out += _blob(b"\x0a", source_address)
    if freebind is not None:
        out += b"\x12\x02\x08\x01" if freebind else b"\x12\x00"
    if socket_options:
        out += _blobs(b"\x1a", socket_options, "BindConfig.socket_options")
    if extra_source_addresses:
        out += _blobs(b"\x2a", extra_source_addresses, "BindConfig.extra_source_addresses")
    if additional_source_addresses:
        out += _blobs(b"\x22", additional_source_addresses, "BindConfig.additional_source_addresses")
    if local_address_selector is not None:
        out += _blob(b"\x32", local_address_selector)
    return BindConfig(out)


CidrRange = NewType("CidrRange", bytes)


def cidr_range(
    *,
    address_prefix: str = "",
    prefix_len: int | None = None,
) -> CidrRange:
    """envoy.config.core.v3.CidrRange."""
    out = b""
    if address_prefix:
        out += _text(b"\x0a", address_prefix)
    if prefix_len is not None:
        out += _blob(b"\x12", _uint32(b"\x08", prefix_len, "CidrRange.prefix_len") if prefix_len else b"")
    return CidrRange(out)


ConfigSource = NewType("ConfigSource", bytes)


def config_source(
    *,
    authorities: Sequence[xds_core_v3.Authority] = (),
    path: str | None = None,
    path_config_source: PathConfigSource | None = None,
    api_config_source: ApiConfigSource | None = None,
    ads: AggregatedConfigSource | None = None,
    self: SelfConfigSource | None = None,
    initial_fetch_timeout: timedelta | None = None,
    resource_api_version: ApiVersion | None = None,
) -> ConfigSource:
    """envoy.config.core.v3.ConfigSource."""
    if (path is not None) + (path_config_source is not None) + (api_config_source is not None) + (ads is not None) + (
        self is not None
    ) > 1:
        raise _conflict(
            "ConfigSource.config_source_specifier",
            path=path,
            path_config_source=path_config_source,
            api_config_source=api_config_source,
            ads=ads,
            self=self,
        )
    out = b""
    if authorities:
        out += _blobs(b"\x3a", authorities, "ConfigSource.authorities")
    if path is not None:
        out += _text(b"\x0a", path)
    if path_config_source is not None:
        out += _blob(b"\x42", path_config_source)
    if api_config_source is not None:
        out += _blob(b"\x12", api_config_source)
    if ads is not None:
        out += _blob(b"\x1a", ads)
    if self is not None:
        out += _blob(b"\x2a", self)
    if initial_fetch_timeout is not None:
        out += _duration(b"\x22", initial_fetch_timeout, "ConfigSource.initial_fetch_timeout")
    if resource_api_version is not None:
        out += _member_but_zero(b"\x30", _ApiVersion, resource_api_version, "ConfigSource.resource_api_version")
    return ConfigSource(out)


DataSource = NewType("DataSource", bytes)


def data_source(
    *,
    filename: str | None = None,
    inline_bytes: bytes | None = None,
    inline_string: str | None = None,
    environment_variable: str | None = None,
    watched_directory: WatchedDirectory | None = None,
) -> DataSource:
    """envoy.config.core.v3.DataSource."""
    if (filename is not None) + (inline_bytes is not None) + (inline_string is not None) + (
        environment_variable is not None
    ) > 1:
        raise _conflict(
            "DataSource.specifier",
            filename=filename,
            inline_bytes=inline_bytes,
            inline_string=inline_string,
            environment_variable=environment_variable,
        )
    out = b""
    if filename is not None:
        out += _text(b"\x0a", filename)
    if inline_bytes is not None:
        out += _blob(b"\x12", inline_bytes)
    if inline_string is not None:
        out += _text(b"\x1a", inline_string)
    if environment_variable is not None:
        out += _text(b"\x22", environment_variable)
    if watched_directory is not None:
        out += _blob(b"\x2a", watched_directory)
    return DataSource(out)


DnsResolutionConfig = NewType("DnsResolutionConfig", bytes)


def dns_resolution_config(
    *,
    resolvers: Sequence[Address] = (),
    dns_resolver_options: DnsResolverOptions | None = None,
) -> DnsResolutionConfig:
    """envoy.config.core.v3.DnsResolutionConfig."""
    out = b""
    if resolvers:
        out += _blobs(b"\x0a", resolvers, "DnsResolutionConfig.resolvers")
    if dns_resolver_options is not None:
        out += _blob(b"\x12", dns_resolver_options)
    return DnsResolutionConfig(out)


DnsResolverOptions = NewType("DnsResolverOptions", bytes)


def dns_resolver_options(
    *,
    use_tcp_for_dns_lookups: bool = False,
    no_default_search_domain: bool = False,
) -> DnsResolverOptions:
    """envoy.config.core.v3.DnsResolverOptions."""
    out = b""
    if use_tcp_for_dns_lookups:
        out += b"\x08\x01"
    if no_default_search_domain:
        out += b"\x10\x01"
    return DnsResolverOptions(out)


EnvoyInternalAddress = NewType("EnvoyInternalAddress", bytes)


def envoy_internal_address(
    *,
    server_listener_name: str | None = None,
    endpoint_id: str = "",
) -> EnvoyInternalAddress:
    """envoy.config.core.v3.EnvoyInternalAddress."""
    out = b""
    if server_listener_name is not None:
        out += _text(b"\x0a", server_listener_name)
    if endpoint_id:
        out += _text(b"\x12", endpoint_id)
    return EnvoyInternalAddress(out)


EventServiceConfig = NewType("EventServiceConfig", bytes)


def event_service_config(
    *,
    grpc_service: GrpcService | None = None,
) -> EventServiceConfig:
    """envoy.config.core.v3.EventServiceConfig."""
    out = b""
    if grpc_service is not None:
        out += _blob(b"\x0a", grpc_service)
    return EventServiceConfig(out)


ExtensionConfigSource = NewType("ExtensionConfigSource", bytes)


def extension_config_source(
    *,
    config_source: ConfigSource | None = None,
    default_config: google_protobuf.Any | None = None,
    apply_default_config_without_warming: bool = False,
    type_urls: Sequence[str] = (),
) -> ExtensionConfigSource:
    """envoy.config.core.v3.ExtensionConfigSource."""
    out = b""
    if config_source is not None:
        out += _blob(b"\x0a", config_source)
    if default_config is not None:
        out += _blob(b"\x12", default_config)
    if apply_default_config_without_warming:
        out += b"\x18\x01"
    if type_urls:
        out += _texts(b"\x22", type_urls, "ExtensionConfigSource.type_urls")
    return ExtensionConfigSource(out)


ExtraSourceAddress = NewType("ExtraSourceAddress", bytes)


def extra_source_address(
    *,
    address: SocketAddress | None = None,
    socket_options: SocketOptionsOverride | None = None,
) -> ExtraSourceAddress:
    """envoy.config.core.v3.ExtraSourceAddress."""
    out = b""
    if address is not None:
        out += _blob(b"\x0a", address)
    if socket_options is not None:
        out += _blob(b"\x12", socket_options)
    return ExtraSourceAddress(out)


GrpcService = NewType("GrpcService", bytes)


def grpc_service(
    *,
    envoy_grpc: GrpcServiceEnvoyGrpc | None = None,
    google_grpc: GrpcServiceGoogleGrpc | None = None,
    timeout: timedelta | None = None,
    initial_metadata: Sequence[HeaderValue] = (),
    retry_policy: RetryPolicy | None = None,
) -> GrpcService:
    """envoy.config.core.v3.GrpcService."""
    if (envoy_grpc is not None) + (google_grpc is not None) > 1:
        raise _conflict("GrpcService.target_specifier", envoy_grpc=envoy_grpc, google_grpc=google_grpc)
    out = b""
    if envoy_grpc is not None:
        out += _blob(b"\x0a", envoy_grpc)
    if google_grpc is not None:
        out += _blob(b"\x12", google_grpc)
    if timeout is not None:
        out += _duration(b"\x1a", timeout, "GrpcService.timeout")
    if initial_metadata:
        out += _blobs(b"\x2a", initial_metadata, "GrpcService.initial_metadata")
    if retry_policy is not None:
        out += _blob(b"\x32", retry_policy)
    return GrpcService(out)


GrpcServiceEnvoyGrpc = NewType("GrpcServiceEnvoyGrpc", bytes)


def grpc_service_envoy_grpc(
    *,
    cluster_name: str = "",
    authority: str = "",
    retry_policy: RetryPolicy | None = None,
    max_receive_message_length: int | None = None,
    skip_envoy_headers: bool = False,
) -> GrpcServiceEnvoyGrpc:
    """envoy.config.core.v3.GrpcService.EnvoyGrpc."""
    out = b""
    if cluster_name:
        out += _text(b"\x0a", cluster_name)
    if authority:
        out += _text(b"\x12", authority)
    if retry_policy is not None:
        out += _blob(b"\x1a", retry_policy)
    if max_receive_message_length is not None:
        out += _blob(
            b"\x22",
            _uint32(b"\x08", max_receive_message_length, "GrpcServiceEnvoyGrpc.max_receive_message_length")
            if max_receive_message_length
            else b"",
        )
    if skip_envoy_headers:
        out += b"\x28\x01"
    return GrpcServiceEnvoyGrpc(out)


GrpcServiceGoogleGrpc = NewType("GrpcServiceGoogleGrpc", bytes)


def grpc_service_google_grpc(
    *,
    target_uri: str = "",
    channel_credentials: GrpcServiceGoogleGrpcChannelCredentials | None = None,
    channel_credentials_plugin: Sequence[google_protobuf.Any] = (),
    call_credentials: Sequence[GrpcServiceGoogleGrpcCallCredentials] = (),
    call_credentials_plugin: Sequence[google_protobuf.Any] = (),
    stat_prefix: str = "",
    credentials_factory_name: str = "",
    config: google_protobuf.Struct | None = None,
    per_stream_buffer_limit_bytes: int | None = None,
    channel_args: GrpcServiceGoogleGrpcChannelArgs | None = None,
) -> GrpcServiceGoogleGrpc:
    """envoy.config.core.v3.GrpcService.GoogleGrpc."""
    out = b""
    if target_uri:
        out += _text(b"\x0a", target_uri)
    if channel_credentials is not None:
        out += _blob(b"\x12", channel_credentials)
    if channel_credentials_plugin:
        out += _blobs(b"\x4a", channel_credentials_plugin, "GrpcServiceGoogleGrpc.channel_credentials_plugin")
    if call_credentials:
        out += _blobs(b"\x1a", call_credentials, "GrpcServiceGoogleGrpc.call_credentials")
    if call_credentials_plugin:
        out += _blobs(b"\x52", call_credentials_plugin, "GrpcServiceGoogleGrpc.call_credentials_plugin")
    if stat_prefix:
        out += _text(b"\x22", stat_prefix)
    if credentials_factory_name:
        out += _text(b"\x2a", credentials_factory_name)
    if config is not None:
        out += _blob(b"\x32", config)
    if per_stream_buffer_limit_bytes is not None:
        out += _blob(
            b"\x3a",
            _uint32(b"\x08", per_stream_buffer_limit_bytes, "GrpcServiceGoogleGrpc.per_stream_buffer_limit_bytes")
            if per_stream_buffer_limit_bytes
            else b"",
        )
    if channel_args is not None:
        out += _blob(b"\x42", channel_args)
    return GrpcServiceGoogleGrpc(out)


GrpcServiceGoogleGrpcCallCredentials = NewType("GrpcServiceGoogleGrpcCallCredentials", bytes)


def grpc_service_google_grpc_call_credentials(
    *,
    access_token: str | None = None,
    google_compute_engine: google_protobuf.Empty | None = None,
    google_refresh_token: str | None = None,
    service_account_jwt_access: GrpcServiceGoogleGrpcCallCredentialsServiceAccountJwtAccessCredentials | None = None,
    google_iam: GrpcServiceGoogleGrpcCallCredentialsGoogleIamCredentials | None = None,
    from_plugin: GrpcServiceGoogleGrpcCallCredentialsMetadataCredentialsFromPlugin | None = None,
    sts_service: GrpcServiceGoogleGrpcCallCredentialsStsService | None = None,
) -> GrpcServiceGoogleGrpcCallCredentials:
    """envoy.config.core.v3.GrpcService.GoogleGrpc.CallCredentials."""
    if (access_token is not None) + (google_compute_engine is not None) + (google_refresh_token is not None) + (
        service_account_jwt_access is not None
    ) + (google_iam is not None) + (from_plugin is not None) + (sts_service is not None) > 1:
        raise _conflict(
            "GrpcServiceGoogleGrpcCallCredentials.credential_specifier",
            access_token=access_token,
            google_compute_engine=google_compute_engine,
            google_refresh_token=google_refresh_token,
            service_account_jwt_access=service_account_jwt_access,
            google_iam=google_iam,
            from_plugin=from_plugin,
            sts_service=sts_service,
        )
    out = b""
    if access_token is not None:
        out += _text(b"\x0a", access_token)
    if google_compute_engine is not None:
        out += _blob(b"\x12", google_compute_engine)
    if google_refresh_token is not None:
        out += _text(b"\x1a", google_refresh_token)
    if service_account_jwt_access is not None:
        out += _blob(b"\x22", service_account_jwt_access)
    if google_iam is not None:
        out += _blob(b"\x2a", google_iam)
    if from_plugin is not None:
        out += _blob(b"\x32", from_plugin)
    if sts_service is not None:
        out += _blob(b"\x3a", sts_service)
    return GrpcServiceGoogleGrpcCallCredentials(out)


GrpcServiceGoogleGrpcCallCredentialsGoogleIamCredentials = NewType(
    "GrpcServiceGoogleGrpcCallCredentialsGoogleIamCredentials", bytes
)


def grpc_service_google_grpc_call_credentials_google_iam_credentials(
    *,
    authorization_token: str = "",
    authority_selector: str = "",
) -> GrpcServiceGoogleGrpcCallCredentialsGoogleIamCredentials:
    """envoy.config.core.v3.GrpcService.GoogleGrpc.CallCredentials.GoogleIAMCredentials."""
    out = b""
    if authorization_token:
        out += _text(b"\x0a", authorization_token)
    if authority_selector:
        out += _text(b"\x12", authority_selector)
    return GrpcServiceGoogleGrpcCallCredentialsGoogleIamCredentials(out)


GrpcServiceGoogleGrpcCallCredentialsMetadataCredentialsFromPlugin = NewType(
    "GrpcServiceGoogleGrpcCallCredentialsMetadataCredentialsFromPlugin", bytes
)


def grpc_service_google_grpc_call_credentials_metadata_credentials_from_plugin(
    *,
    name: str = "",
    typed_config: google_protobuf.Any | None = None,
) -> GrpcServiceGoogleGrpcCallCredentialsMetadataCredentialsFromPlugin:
    """envoy.config.core.v3.GrpcService.GoogleGrpc.CallCredentials.MetadataCredentialsFromPlugin."""
    out = b""
    if name:
        out += _text(b"\x0a", name)
    if typed_config is not None:
        out += _blob(b"\x1a", typed_config)
    return GrpcServiceGoogleGrpcCallCredentialsMetadataCredentialsFromPlugin(out)


GrpcServiceGoogleGrpcCallCredentialsServiceAccountJwtAccessCredentials = NewType(
    "GrpcServiceGoogleGrpcCallCredentialsServiceAccountJwtAccessCredentials", bytes
)


def grpc_service_google_grpc_call_credentials_service_account_jwt_access_credentials(
    *,
    json_key: str = "",
    token_lifetime_seconds: int = 0,
) -> GrpcServiceGoogleGrpcCallCredentialsServiceAccountJwtAccessCredentials:
    """envoy.config.core.v3.GrpcService.GoogleGrpc.CallCredentials.ServiceAccountJWTAccessCredentials."""
    out = b""
    if json_key:
        out += _text(b"\x0a", json_key)
    if token_lifetime_seconds:
        out += _uint64(
            b"\x10",
            token_lifetime_seconds,
            "GrpcServiceGoogleGrpcCallCredentialsServiceAccountJwtAccessCredentials.token_lifetime_seconds",
        )
    return GrpcServiceGoogleGrpcCallCredentialsServiceAccountJwtAccessCredentials(out)


GrpcServiceGoogleGrpcCallCredentialsStsService = NewType("GrpcServiceGoogleGrpcCallCredentialsStsService", bytes)


def grpc_service_google_grpc_call_credentials_sts_service(
    *,
    token_exchange_service_uri: str = "",
    resource: str = "",
    audience: str = "",
    scope: str = "",
    requested_token_type: str = "",
    subject_token_path: str = "",
    subject_token_type: str = "",
    actor_token_path: str = "",
    actor_token_type: str = "",
) -> GrpcServiceGoogleGrpcCallCredentialsStsService:
    """envoy.config.core.v3.GrpcService.GoogleGrpc.CallCredentials.StsService."""
    out = b""
    if token_exchange_service_uri:
        out += _text(b"\x0a", token_exchange_service_uri)
    if resource:
        out += _text(b"\x12", resource)
    if audience:
        out += _text(b"\x1a", audience)
    if scope:
        out += _text(b"\x22", scope)
    if requested_token_type:
        out += _text(b"\x2a", requested_token_type)
    if subject_token_path:
        out += _text(b"\x32", subject_token_path)
    if subject_token_type:
        out += _text(b"\x3a", subject_token_type)
    if actor_token_path:
        out += _text(b"\x42", actor_token_path)
    if actor_token_type:
        out += _text(b"\x4a", actor_token_type)
    return GrpcServiceGoogleGrpcCallCredentialsStsService(out)


GrpcServiceGoogleGrpcChannelArgs = NewType("GrpcServiceGoogleGrpcChannelArgs", bytes)


def grpc_service_google_grpc_channel_args(
    *,
    args: Mapping[str, GrpcServiceGoogleGrpcChannelArgsValue] | None = None,
) -> GrpcServiceGoogleGrpcChannelArgs:
    """envoy.config.core.v3.GrpcService.GoogleGrpc.ChannelArgs."""
    out = b""
    if args:
        out += _blobs(
            b"\x0a",
            [_text(b"\x0a", key) + _blob(b"\x12", one) for key, one in args.items()],
            "GrpcServiceGoogleGrpcChannelArgs.args",
        )
    return GrpcServiceGoogleGrpcChannelArgs(out)


GrpcServiceGoogleGrpcChannelArgsValue = NewType("GrpcServiceGoogleGrpcChannelArgsValue", bytes)


def grpc_service_google_grpc_channel_args_value(
    *,
    string_value: str | None = None,
    int_value: int | None = None,
) -> GrpcServiceGoogleGrpcChannelArgsValue:
    """envoy.config.core.v3.GrpcService.GoogleGrpc.ChannelArgs.Value."""
    if (string_value is not None) + (int_value is not None) > 1:
        raise _conflict(
            "GrpcServiceGoogleGrpcChannelArgsValue.value_specifier", string_value=string_value, int_value=int_value
        )
    out = b""
    if string_value is not None:
        out += _text(b"\x0a", string_value)
    if int_value is not None:
        out += _int64(b"\x10", int_value, "GrpcServiceGoogleGrpcChannelArgsValue.int_value")
    return GrpcServiceGoogleGrpcChannelArgsValue(out)


GrpcServiceGoogleGrpcChannelCredentials = NewType("GrpcServiceGoogleGrpcChannelCredentials", bytes)


def grpc_service_google_grpc_channel_credentials(
    *,
    ssl_credentials: GrpcServiceGoogleGrpcSslCredentials | None = None,
    google_default: google_protobuf.Empty | None = None,
    local_credentials: GrpcServiceGoogleGrpcGoogleLocalCredentials | None = None,
) -> GrpcServiceGoogleGrpcChannelCredentials:
    """envoy.config.core.v3.GrpcService.GoogleGrpc.ChannelCredentials."""
    if (ssl_credentials is not None) + (google_default is not None) + (local_credentials is not None) > 1:
        raise _conflict(
            "GrpcServiceGoogleGrpcChannelCredentials.credential_specifier",
            ssl_credentials=ssl_credentials,
            google_default=google_default,
            local_credentials=local_credentials,
        )
    out = b""
    if ssl_credentials is not None:
        out += _blob(b"\x0a", ssl_credentials)
    if google_default is not None:
        out += _blob(b"\x12", google_default)
    if local_credentials is not None:
        out += _blob(b"\x1a", local_credentials)
    return GrpcServiceGoogleGrpcChannelCredentials(out)


GrpcServiceGoogleGrpcGoogleLocalCredentials = NewType("GrpcServiceGoogleGrpcGoogleLocalCredentials", bytes)


def grpc_service_google_grpc_google_local_credentials() -> GrpcServiceGoogleGrpcGoogleLocalCredentials:
    """envoy.config.core.v3.GrpcService.GoogleGrpc.GoogleLocalCredentials."""
    return GrpcServiceGoogleGrpcGoogleLocalCredentials(b"")


GrpcServiceGoogleGrpcSslCredentials = NewType("GrpcServiceGoogleGrpcSslCredentials", bytes)


def grpc_service_google_grpc_ssl_credentials(
    *,
    root_certs: DataSource | None = None,
    private_key: DataSource | None = None,
    cert_chain: DataSource | None = None,
) -> GrpcServiceGoogleGrpcSslCredentials:
    """envoy.config.core.v3.GrpcService.GoogleGrpc.SslCredentials."""
    out = b""
    if root_certs is not None:
        out += _blob(b"\x0a", root_certs)
    if private_key is not None:
        out += _blob(b"\x12", private_key)
    if cert_chain is not None:
        out += _blob(b"\x1a", cert_chain)
    return GrpcServiceGoogleGrpcSslCredentials(out)


HeaderValue = NewType("HeaderValue", bytes)


def header_value(
    *,
    key: str = "",
    value: str = "",
    raw_value: bytes = b"",
) -> HeaderValue:
    """envoy.config.core.v3.HeaderValue."""
    out = b""
    if key:
        out += _text(b"\x0a", key)
    if value:
        out += _text(b"\x12", value)
    if raw_value:
        out += _blob(b"\x1a", raw_value)
    return HeaderValue(out)


HeaderValueOption = NewType("HeaderValueOption", bytes)


def header_value_option(
    *,
    header: HeaderValue | None = None,
    append: bool | None = None,
    append_action: HeaderValueOptionHeaderAppendAction | None = None,
    keep_empty_value: bool = False,
) -> HeaderValueOption:
    """envoy.config.core.v3.HeaderValueOption."""
    out = b""
    if header is not None:
        out += _blob(b"\x0a", header)
    if append is not None:
        out += b"\x12\x02\x08\x01" if append else b"\x12\x00"
    if append_action is not None:
        out += _member_but_zero(
            b"\x18", _HeaderValueOptionHeaderAppendAction, append_action, "HeaderValueOption.append_action"
        )
    if keep_empty_value:
        out += b"\x20\x01"
    return HeaderValueOption(out)


HealthCheck = NewType("HealthCheck", bytes)


def health_check(
    *,
    timeout: timedelta | None = None,
    interval: timedelta | None = None,
    initial_jitter: timedelta | None = None,
    interval_jitter: timedelta | None = None,
    interval_jitter_percent: int = 0,
    unhealthy_threshold: int | None = None,
    healthy_threshold: int | None = None,
    alt_port: int | None = None,
    reuse_connection: bool | None = None,
    http_health_check: HealthCheckHttpHealthCheck | None = None,
    tcp_health_check: HealthCheckTcpHealthCheck | None = None,
    grpc_health_check: HealthCheckGrpcHealthCheck | None = None,
    custom_health_check: HealthCheckCustomHealthCheck | None = None,
    no_traffic_interval: timedelta | None = None,
    no_traffic_healthy_interval: timedelta | None = None,
    unhealthy_interval: timedelta | None = None,
    unhealthy_edge_interval: timedelta | None = None,
    healthy_edge_interval: timedelta | None = None,
    event_log_path: str = "",
    event_logger: Sequence[TypedExtensionConfig] = (),
    event_service: EventServiceConfig | None = None,
    always_log_health_check_failures: bool = False,
    always_log_health_check_success: bool = False,
    tls_options: HealthCheckTlsOptions | None = None,
    transport_socket_match_criteria: google_protobuf.Struct | None = None,
) -> HealthCheck:
    """envoy.config.core.v3.HealthCheck."""
    if (http_health_check is not None) + (tcp_health_check is not None) + (grpc_health_check is not None) + (
        custom_health_check is not None
    ) > 1:
        raise _conflict(
            "HealthCheck.health_checker",
            http_health_check=http_health_check,
            tcp_health_check=tcp_health_check,
            grpc_health_check=grpc_health_check,
            custom_health_check=custom_health_check,
        )
    out = b""
    if timeout is not None:
        out += _duration(b"\x0a", timeout, "HealthCheck.timeout")
    if interval is not None:
        out += _duration(b"\x12", interval, "HealthCheck.interval")
    if initial_jitter is not None:
        out += _duration(b"\xa2\x01", initial_jitter, "HealthCheck.initial_jitter")
    if interval_jitter is not None:
        out += _duration(b"\x1a", interval_jitter, "HealthCheck.interval_jitter")
    if interval_jitter_percent:
        out += _uint32(b"\x90\x01", interval_jitter_percent, "HealthCheck.interval_jitter_percent")
    if unhealthy_threshold is not None:
        out += _blob(
            b"\x22",
            _uint32(b"\x08", unhealthy_threshold, "HealthCheck.unhealthy_threshold") if unhealthy_threshold else b"",
        )
    if healthy_threshold is not None:
        out += _blob(
            b"\x2a", _uint32(b"\x08", healthy_threshold, "HealthCheck.healthy_threshold") if healthy_threshold else b""
        )
    if alt_port is not None:
        out += _blob(b"\x32", _uint32(b"\x08", alt_port, "HealthCheck.alt_port") if alt_port else b"")
    if reuse_connection is not None:
        out += b"\x3a\x02\x08\x01" if reuse_connection else b"\x3a\x00"
    if http_health_check is not None:
        out += _blob(b"\x42", http_health_check)
    if tcp_health_check is not None:
        out += _blob(b"\x4a", tcp_health_check)
    if grpc_health_check is not None:
        out += _blob(b"\x5a", grpc_health_check)
    if custom_health_check is not None:
        out += _blob(b"\x6a", custom_health_check)
    if no_traffic_interval is not None:
        out += _duration(b"\x62", no_traffic_interval, "HealthCheck.no_traffic_interval")
    if no_traffic_healthy_interval is not None:
        out += _duration(b"\xc2\x01", no_traffic_healthy_interval, "HealthCheck.no_traffic_healthy_interval")
    if unhealthy_interval is not None:
        out += _duration(b"\x72", unhealthy_interval, "HealthCheck.unhealthy_interval")
    if unhealthy_edge_interval is not None:
        out += _duration(b"\x7a", unhealthy_edge_interval, "HealthCheck.unhealthy_edge_interval")
    if healthy_edge_interval is not None:
        out += _duration(b"\x82\x01", healthy_edge_interval, "HealthCheck.healthy_edge_interval")
    if event_log_path:
        out += _text(b"\x8a\x01", event_log_path)
    if event_logger:
        out += _blobs(b"\xca\x01", event_logger, "HealthCheck.event_logger")
    if event_service is not None:
        out += _blob(b"\xb2\x01", event_service)
    if always_log_health_check_failures:
        out += b"\x98\x01\x01"
    if always_log_health_check_success:
        out += b"\xd0\x01\x01"
    if tls_options is not None:
        out += _blob(b"\xaa\x01", tls_options)
    if transport_socket_match_criteria is not None:
        out += _blob(b"\xba\x01", transport_socket_match_criteria)
    return HealthCheck(out)


HealthCheckCustomHealthCheck = NewType("HealthCheckCustomHealthCheck", bytes)


def health_check_custom_health_check(
    *,
    name: str = "",
    typed_config: google_protobuf.Any | None = None,
) -> HealthCheckCustomHealthCheck:
    """envoy.config.core.v3.HealthCheck.CustomHealthCheck."""
    out = b""
    if name:
        out += _text(b"\x0a", name)
    if typed_config is not None:
        out += _blob(b"\x1a", typed_config)
    return HealthCheckCustomHealthCheck(out)


HealthCheckGrpcHealthCheck = NewType("HealthCheckGrpcHealthCheck", bytes)


def health_check_grpc_health_check(
    *,
    service_name: str = "",
    authority: str = "",
    initial_metadata: Sequence[HeaderValueOption] = (),
) -> HealthCheckGrpcHealthCheck:
    """envoy.config.core.v3.HealthCheck.GrpcHealthCheck."""
    out = b""
    if service_name:
        out += _text(b"\x0a", service_name)
    if authority:
        out += _text(b"\x12", authority)
    if initial_metadata:
        out += _blobs(b"\x1a", initial_metadata, "HealthCheckGrpcHealthCheck.initial_metadata")
    return HealthCheckGrpcHealthCheck(out)


HealthCheckHttpHealthCheck = NewType("HealthCheckHttpHealthCheck", bytes)


def health_check_http_health_check(
    *,
    host: str = "",
    path: str = "",
    send: HealthCheckPayload | None = None,
    receive: Sequence[HealthCheckPayload] = (),
    response_buffer_size: int | None = None,
    request_headers_to_add: Sequence[HeaderValueOption] = (),
    request_headers_to_remove: Sequence[str] = (),
    expected_statuses: Sequence[envoy_type_v3.Int64Range] = (),
    retriable_statuses: Sequence[envoy_type_v3.Int64Range] = (),
    codec_client_type: envoy_type_v3.CodecClientType | None = None,
    service_name_matcher: envoy_type_matcher_v3.StringMatcher | None = None,
    method: RequestMethod | None = None,
) -> HealthCheckHttpHealthCheck:
    """envoy.config.core.v3.HealthCheck.HttpHealthCheck."""
    out = b""
    if host:
        out += _text(b"\x0a", host)
    if path:
        out += _text(b"\x12", path)
    if send is not None:
        out += _blob(b"\x1a", send)
    if receive:
        out += _blobs(b"\x22", receive, "HealthCheckHttpHealthCheck.receive")
    if response_buffer_size is not None:
        out += _blob(
            b"\x72",
            _uint64(b"\x08", response_buffer_size, "HealthCheckHttpHealthCheck.response_buffer_size")
            if response_buffer_size
            else b"",
        )
    if request_headers_to_add:
        out += _blobs(b"\x32", request_headers_to_add, "HealthCheckHttpHealthCheck.request_headers_to_add")
    if request_headers_to_remove:
        out += _texts(b"\x42", request_headers_to_remove, "HealthCheckHttpHealthCheck.request_headers_to_remove")
    if expected_statuses:
        out += _blobs(b"\x4a", expected_statuses, "HealthCheckHttpHealthCheck.expected_statuses")
    if retriable_statuses:
        out += _blobs(b"\x62", retriable_statuses, "HealthCheckHttpHealthCheck.retriable_statuses")
    if codec_client_type is not None:
        out += _member_but_zero(
            b"\x50", _CodecClientType, codec_client_type, "HealthCheckHttpHealthCheck.codec_client_type"
        )
    if service_name_matcher is not None:
        out += _blob(b"\x5a", service_name_matcher)
    if method is not None:
        out += _member_but_zero(b"\x68", _RequestMethod, method, "HealthCheckHttpHealthCheck.method")
    return HealthCheckHttpHealthCheck(out)


HealthCheckPayload = NewType("HealthCheckPayload", bytes)


def health_check_payload(
    *,
    text: str | None = None,
    binary: bytes | None = None,
) -> HealthCheckPayload:
    """envoy.config.core.v3.HealthCheck.Payload."""
    if (text is not None) + (binary is not None) > 1:
        raise _conflict("HealthCheckPayload.payload", text=text, binary=binary)
    out = b""
    if text is not None:
        out += _text(b"\x0a", text)
    if binary is not None:
        out += _blob(b"\x12", binary)
    return HealthCheckPayload(out)


HealthCheckTcpHealthCheck = NewType("HealthCheckTcpHealthCheck", bytes)


def health_check_tcp_health_check(
    *,
    send: HealthCheckPayload | None = None,
    receive: Sequence[HealthCheckPayload] = (),
    proxy_protocol_config: ProxyProtocolConfig | None = None,
) -> HealthCheckTcpHealthCheck:
    """envoy.config.core.v3.HealthCheck.TcpHealthCheck."""
    out = b""
    if send is not None:
        out += _blob(b"\x0a", send)
    if receive:
        out += _blobs(b"\x12", receive, "HealthCheckTcpHealthCheck.receive")
    if proxy_protocol_config is not None:
        out += _blob(b"\x1a", proxy_protocol_config)
    return HealthCheckTcpHealthCheck(out)


HealthCheckTlsOptions = NewType("HealthCheckTlsOptions", bytes)


def health_check_tls_options(
    *,
    alpn_protocols: Sequence[str] = (),
) -> HealthCheckTlsOptions:
    """envoy.config.core.v3.HealthCheck.TlsOptions."""
    out = b""
    if alpn_protocols:
        out += _texts(b"\x0a", alpn_protocols, "HealthCheckTlsOptions.alpn_protocols")
    return HealthCheckTlsOptions(out)


HealthStatusSet = NewType("HealthStatusSet", bytes)


def health_status_set(
    *,
    statuses: Sequence[HealthStatus] = (),
) -> HealthStatusSet:
    """envoy.config.core.v3.HealthStatusSet."""
    out = b""
    if statuses:
        out += _packed(b"\x0a", [_member(b"", _HealthStatus, one, "HealthStatusSet.statuses") for one in statuses])
    return HealthStatusSet(out)


Http1ProtocolOptions = NewType("Http1ProtocolOptions", bytes)


def http1_protocol_options(
    *,
    allow_absolute_url: bool | None = None,
    accept_http_10: bool = False,
    default_host_for_http_10: str = "",
    header_key_format: Http1ProtocolOptionsHeaderKeyFormat | None = None,
    enable_trailers: bool = False,
    allow_chunked_length: bool = False,
    override_stream_error_on_invalid_http_message: bool | None = None,
    send_fully_qualified_url: bool = False,
    use_balsa_parser: bool | None = None,
    allow_custom_methods: bool = False,
    ignore_http_11_upgrade: Sequence[envoy_type_matcher_v3.StringMatcher] = (),
) -> Http1ProtocolOptions:
    """envoy.config.core.v3.Http1ProtocolOptions."""
    out = b""
    if allow_absolute_url is not None:
        out += b"\x0a\x02\x08\x01" if allow_absolute_url else b"\x0a\x00"
    if accept_http_10:
        out += b"\x10\x01"
    if default_host_for_http_10:
        out += _text(b"\x1a", default_host_for_http_10)
    if header_key_format is not None:
        out += _blob(b"\x22", header_key_format)
    if enable_trailers:
        out += b"\x28\x01"
    if allow_chunked_length:
        out += b"\x30\x01"
    if override_stream_error_on_invalid_http_message is not None:
        out += b"\x3a\x02\x08\x01" if override_stream_error_on_invalid_http_message else b"\x3a\x00"
    if send_fully_qualified_url:
        out += b"\x40\x01"
    if use_balsa_parser is not None:
        out += b"\x4a\x02\x08\x01" if use_balsa_parser else b"\x4a\x00"
    if allow_custom_methods:
        out += b"\x50\x01"
    if ignore_http_11_upgrade:
        out += _blobs(b"\x5a", ignore_http_11_upgrade, "Http1ProtocolOptions.ignore_http_11_upgrade")
    return Http1ProtocolOptions(out)


Http1ProtocolOptionsHeaderKeyFormat = NewType("Http1ProtocolOptionsHeaderKeyFormat", bytes)


def http1_protocol_options_header_key_format(
    *,
    proper_case_words: Http1ProtocolOptionsHeaderKeyFormatProperCaseWords | None = None,
    stateful_formatter: TypedExtensionConfig | None = None,
) -> Http1ProtocolOptionsHeaderKeyFormat:
    """envoy.config.core.v3.Http1ProtocolOptions.HeaderKeyFormat."""
    if (proper_case_words is not None) + (stateful_formatter is not None) > 1:
        raise _conflict(
            "Http1ProtocolOptionsHeaderKeyFormat.header_format",
            proper_case_words=proper_case_words,
            stateful_formatter=stateful_formatter,
        )
    out = b""
    if proper_case_words is not None:
        out += _blob(b"\x0a", proper_case_words)
    if stateful_formatter is not None:
        out += _blob(b"\x42", stateful_formatter)
    return Http1ProtocolOptionsHeaderKeyFormat(out)


Http1ProtocolOptionsHeaderKeyFormatProperCaseWords = NewType(
    "Http1ProtocolOptionsHeaderKeyFormatProperCaseWords", bytes
)


def http1_protocol_options_header_key_format_proper_case_words() -> Http1ProtocolOptionsHeaderKeyFormatProperCaseWords:
    """envoy.config.core.v3.Http1ProtocolOptions.HeaderKeyFormat.ProperCaseWords."""
    return Http1ProtocolOptionsHeaderKeyFormatProperCaseWords(b"")


Http2ProtocolOptions = NewType("Http2ProtocolOptions", bytes)


def http2_protocol_options(
    *,
    hpack_table_size: int | None = None,
    max_concurrent_streams: int | None = None,
    initial_stream_window_size: int | None = None,
    initial_connection_window_size: int | None = None,
    allow_connect: bool = False,
    allow_metadata: bool = False,
    max_outbound_frames: int | None = None,
    max_outbound_control_frames: int | None = None,
    max_consecutive_inbound_frames_with_empty_payload: int | None = None,
    max_inbound_priority_frames_per_stream: int | None = None,
    max_inbound_window_update_frames_per_data_frame_sent: int | None = None,
    stream_error_on_invalid_http_messaging: bool = False,
    override_stream_error_on_invalid_http_message: bool | None = None,
    custom_settings_parameters: Sequence[Http2ProtocolOptionsSettingsParameter] = (),
    connection_keepalive: KeepaliveSettings | None = None,
    use_oghttp2_codec: bool | None = None,
    max_metadata_size: int | None = None,
    enable_huffman_encoding: bool | None = None,
    max_header_field_size_kb: int | None = None,
    disallow_obs_text: bool | None = None,
    stream_reset_burst: int | None = None,
    stream_reset_rate: int | None = None,
) -> Http2ProtocolOptions:
    """envoy.config.core.v3.Http2ProtocolOptions."""
    out = b""
    if hpack_table_size is not None:
        out += _blob(
            b"\x0a",
            _uint32(b"\x08", hpack_table_size, "Http2ProtocolOptions.hpack_table_size") if hpack_table_size else b"",
        )
    if max_concurrent_streams is not None:
        out += _blob(
            b"\x12",
            _uint32(b"\x08", max_concurrent_streams, "Http2ProtocolOptions.max_concurrent_streams")
            if max_concurrent_streams
            else b"",
        )
    if initial_stream_window_size is not None:
        out += _blob(
            b"\x1a",
            _uint32(b"\x08", initial_stream_window_size, "Http2ProtocolOptions.initial_stream_window_size")
            if initial_stream_window_size
            else b"",
        )
    if initial_connection_window_size is not None:
        out += _blob(
            b"\x22",
            _uint32(b"\x08", initial_connection_window_size, "Http2ProtocolOptions.initial_connection_window_size")
            if initial_connection_window_size
            else b"",
        )
    if allow_connect:
        out += b"\x28\x01"
    if allow_metadata:
        out += b"\x30\x01"
    if max_outbound_frames is not None:
        out += _blob(
            b"\x3a",
            _uint32(b"\x08", max_outbound_frames, "Http2ProtocolOptions.max_outbound_frames")
            if max_outbound_frames
            else b"",
        )
    if max_outbound_control_frames is not None:
        out += _blob(
            b"\x42",
            _uint32(b"\x08", max_outbound_control_frames, "Http2ProtocolOptions.max_outbound_control_frames")
            if max_outbound_control_frames
            else b"",
        )
    if max_consecutive_inbound_frames_with_empty_payload is not None:
        out += _blob(
            b"\x4a",
            _uint32(
                b"\x08",
                max_consecutive_inbound_frames_with_empty_payload,
                "Http2ProtocolOptions.max_consecutive_inbound_frames_with_empty_payload",
            )
            if max_consecutive_inbound_frames_with_empty_payload
            else b"",
        )
    if max_inbound_priority_frames_per_stream is not None:
        out += _blob(
            b"\x52",
            _uint32(
                b"\x08",
                max_inbound_priority_frames_per_stream,
                "Http2ProtocolOptions.max_inbound_priority_frames_per_stream",
            )
            if max_inbound_priority_frames_per_stream
            else b"",
        )
    if max_inbound_window_update_frames_per_data_frame_sent is not None:
        out += _blob(
            b"\x5a",
            _uint32(
                b"\x08",
                max_inbound_window_update_frames_per_data_frame_sent,
                "Http2ProtocolOptions.max_inbound_window_update_frames_per_data_frame_sent",
            )
            if max_inbound_window_update_frames_per_data_frame_sent
            else b"",
        )
    if stream_error_on_invalid_http_messaging:
        out += b"\x60\x01"
    if override_stream_error_on_invalid_http_message is not None:
        out += b"\x72\x02\x08\x01" if override_stream_error_on_invalid_http_message else b"\x72\x00"
    if custom_settings_parameters:
        out += _blobs(b"\x6a", custom_settings_parameters, "Http2ProtocolOptions.custom_settings_parameters")
    if connection_keepalive is not None:
        out += _blob(b"\x7a", connection_keepalive)
    if use_oghttp2_codec is not None:
        out += b"\x82\x01\x02\x08\x01" if use_oghttp2_codec else b"\x82\x01\x00"
    if max_metadata_size is not None:
        out += _blob(
            b"\x8a\x01",
            _uint64(b"\x08", max_metadata_size, "Http2ProtocolOptions.max_metadata_size") if max_metadata_size else b"",
        )
    if enable_huffman_encoding is not None:
        out += b"\x92\x01\x02\x08\x01" if enable_huffman_encoding else b"\x92\x01\x00"
    if max_header_field_size_kb is not None:
        out += _blob(
            b"\x9a\x01",
            _uint32(b"\x08", max_header_field_size_kb, "Http2ProtocolOptions.max_header_field_size_kb")
            if max_header_field_size_kb
            else b"",
        )
    if disallow_obs_text is not None:
        out += b"\xa2\x01\x02\x08\x01" if disallow_obs_text else b"\xa2\x01\x00"
    if stream_reset_burst is not None:
        out += _blob(
            b"\xaa\x01",
            _uint64(b"\x08", stream_reset_burst, "Http2ProtocolOptions.stream_reset_burst")
            if stream_reset_burst
            else b"",
        )
    if stream_reset_rate is not None:
        out += _blob(
            b"\xb2\x01",
            _uint64(b"\x08", stream_reset_rate, "Http2ProtocolOptions.stream_reset_rate") if stream_reset_rate else b"",
        )
    return Http2ProtocolOptions(out)


Http2ProtocolOptionsSettingsParameter = NewType("Http2ProtocolOptionsSettingsParameter", bytes)


def http2_protocol_options_settings_parameter(
    *,
    identifier: int | None = None,
    value: int | None = None,
) -> Http2ProtocolOptionsSettingsParameter:
    """envoy.config.core.v3.Http2ProtocolOptions.SettingsParameter."""
    out = b""
    if identifier is not None:
        out += _blob(
            b"\x0a",
            _uint32(b"\x08", identifier, "Http2ProtocolOptionsSettingsParameter.identifier") if identifier else b"",
        )
    if value is not None:
        out += _blob(b"\x12", _uint32(b"\x08", value, "Http2ProtocolOptionsSettingsParameter.value") if value else b"")
    return Http2ProtocolOptionsSettingsParameter(out)


Http3ProtocolOptions = NewType("Http3ProtocolOptions", bytes)


def http3_protocol_options(
    *,
    quic_protocol_options: QuicProtocolOptions | None = None,
    override_stream_error_on_invalid_http_message: bool | None = None,
    allow_extended_connect: bool = False,
    allow_metadata: bool = False,
    disable_qpack: bool = False,
    disable_connection_flow_control_for_streams: bool = False,
    disallow_obs_text: bool | None = None,
) -> Http3ProtocolOptions:
    """envoy.config.core.v3.Http3ProtocolOptions."""
    out = b""
    if quic_protocol_options is not None:
        out += _blob(b"\x0a", quic_protocol_options)
    if override_stream_error_on_invalid_http_message is not None:
        out += b"\x12\x02\x08\x01" if override_stream_error_on_invalid_http_message else b"\x12\x00"
    if allow_extended_connect:
        out += b"\x28\x01"
    if allow_metadata:
        out += b"\x30\x01"
    if disable_qpack:
        out += b"\x38\x01"
    if disable_connection_flow_control_for_streams:
        out += b"\x40\x01"
    if disallow_obs_text is not None:
        out += b"\x4a\x02\x08\x01" if disallow_obs_text else b"\x4a\x00"
    return Http3ProtocolOptions(out)


HttpProtocolOptions = NewType("HttpProtocolOptions", bytes)


def http_protocol_options(
    *,
    idle_timeout: timedelta | None = None,
    max_connection_duration: timedelta | None = None,
    max_connection_duration_jitter: envoy_type_v3.Percent | None = None,
    max_headers_count: int | None = None,
    max_response_headers_kb: int | None = None,
    max_stream_duration: timedelta | None = None,
    headers_with_underscores_action: HttpProtocolOptionsHeadersWithUnderscoresAction | None = None,
    max_requests_per_connection: int | None = None,
) -> HttpProtocolOptions:
    """envoy.config.core.v3.HttpProtocolOptions."""
    out = b""
    if idle_timeout is not None:
        out += _duration(b"\x0a", idle_timeout, "HttpProtocolOptions.idle_timeout")
    if max_connection_duration is not None:
        out += _duration(b"\x1a", max_connection_duration, "HttpProtocolOptions.max_connection_duration")
    if max_connection_duration_jitter is not None:
        out += _blob(b"\x42", max_connection_duration_jitter)
    if max_headers_count is not None:
        out += _blob(
            b"\x12",
            _uint32(b"\x08", max_headers_count, "HttpProtocolOptions.max_headers_count") if max_headers_count else b"",
        )
    if max_response_headers_kb is not None:
        out += _blob(
            b"\x3a",
            _uint32(b"\x08", max_response_headers_kb, "HttpProtocolOptions.max_response_headers_kb")
            if max_response_headers_kb
            else b"",
        )
    if max_stream_duration is not None:
        out += _duration(b"\x22", max_stream_duration, "HttpProtocolOptions.max_stream_duration")
    if headers_with_underscores_action is not None:
        out += _member_but_zero(
            b"\x28",
            _HttpProtocolOptionsHeadersWithUnderscoresAction,
            headers_with_underscores_action,
            "HttpProtocolOptions.headers_with_underscores_action",
        )
    if max_requests_per_connection is not None:
        out += _blob(
            b"\x32",
            _uint32(b"\x08", max_requests_per_connection, "HttpProtocolOptions.max_requests_per_connection")
            if max_requests_per_connection
            else b"",
        )
    return HttpProtocolOptions(out)


JsonFormatOptions = NewType("JsonFormatOptions", bytes)


def json_format_options(
    *,
    sort_properties: bool = False,
) -> JsonFormatOptions:
    """envoy.config.core.v3.JsonFormatOptions."""
    out = b""
    if sort_properties:
        out += b"\x08\x01"
    return JsonFormatOptions(out)


KeepaliveSettings = NewType("KeepaliveSettings", bytes)


def keepalive_settings(
    *,
    interval: timedelta | None = None,
    timeout: timedelta | None = None,
    interval_jitter: envoy_type_v3.Percent | None = None,
    connection_idle_interval: timedelta | None = None,
) -> KeepaliveSettings:
    """envoy.config.core.v3.KeepaliveSettings."""
    out = b""
    if interval is not None:
        out += _duration(b"\x0a", interval, "KeepaliveSettings.interval")
    if timeout is not None:
        out += _duration(b"\x12", timeout, "KeepaliveSettings.timeout")
    if interval_jitter is not None:
        out += _blob(b"\x1a", interval_jitter)
    if connection_idle_interval is not None:
        out += _duration(b"\x22", connection_idle_interval, "KeepaliveSettings.connection_idle_interval")
    return KeepaliveSettings(out)


KeyValue = NewType("KeyValue", bytes)


def key_value(
    *,
    key: str = "",
    value: bytes = b"",
) -> KeyValue:
    """envoy.config.core.v3.KeyValue."""
    out = b""
    if key:
        out += _text(b"\x0a", key)
    if value:
        out += _blob(b"\x12", value)
    return KeyValue(out)


KeyValueAppend = NewType("KeyValueAppend", bytes)


def key_value_append(
    *,
    record: KeyValuePair | None = None,
    entry: KeyValue | None = None,
    action: KeyValueAppendKeyValueAppendAction | None = None,
) -> KeyValueAppend:
    """envoy.config.core.v3.KeyValueAppend."""
    out = b""
    if record is not None:
        out += _blob(b"\x1a", record)
    if entry is not None:
        out += _blob(b"\x0a", entry)
    if action is not None:
        out += _member_but_zero(b"\x10", _KeyValueAppendKeyValueAppendAction, action, "KeyValueAppend.action")
    return KeyValueAppend(out)


KeyValueMutation = NewType("KeyValueMutation", bytes)


def key_value_mutation(
    *,
    append: KeyValueAppend | None = None,
    remove: str = "",
) -> KeyValueMutation:
    """envoy.config.core.v3.KeyValueMutation."""
    out = b""
    if append is not None:
        out += _blob(b"\x0a", append)
    if remove:
        out += _text(b"\x12", remove)
    return KeyValueMutation(out)


KeyValuePair = NewType("KeyValuePair", bytes)


def key_value_pair(
    *,
    key: str = "",
    value: google_protobuf.Value | None = None,
) -> KeyValuePair:
    """envoy.config.core.v3.KeyValuePair."""
    out = b""
    if key:
        out += _text(b"\x0a", key)
    if value is not None:
        out += _blob(b"\x12", value)
    return KeyValuePair(out)


Locality = NewType("Locality", bytes)


def locality(
    *,
    region: str = "",
    zone: str = "",
    sub_zone: str = "",
) -> Locality:
    """envoy.config.core.v3.Locality."""
    out = b""
    if region:
        out += _text(b"\x0a", region)
    if zone:
        out += _text(b"\x12", zone)
    if sub_zone:
        out += _text(b"\x1a", sub_zone)
    return Locality(out)


Metadata = NewType("Metadata", bytes)


def metadata(
    *,
    filter_metadata: Mapping[str, google_protobuf.Struct] | None = None,
    typed_filter_metadata: Mapping[str, google_protobuf.Any] | None = None,
) -> Metadata:
    """envoy.config.core.v3.Metadata."""
    out = b""
    if filter_metadata:
        out += _blobs(
            b"\x0a",
            [_text(b"\x0a", key) + _blob(b"\x12", one) for key, one in filter_metadata.items()],
            "Metadata.filter_metadata",
        )
    if typed_filter_metadata:
        out += _blobs(
            b"\x12",
            [_text(b"\x0a", key) + _blob(b"\x12", one) for key, one in typed_filter_metadata.items()],
            "Metadata.typed_filter_metadata",
        )
    return Metadata(out)


PathConfigSource = NewType("PathConfigSource", bytes)


def path_config_source(
    *,
    path: str = "",
    watched_directory: WatchedDirectory | None = None,
) -> PathConfigSource:
    """envoy.config.core.v3.PathConfigSource."""
    out = b""
    if path:
        out += _text(b"\x0a", path)
    if watched_directory is not None:
        out += _blob(b"\x12", watched_directory)
    return PathConfigSource(out)


Pipe = NewType("Pipe", bytes)


def pipe(
    *,
    path: str = "",
    mode: int = 0,
) -> Pipe:
    """envoy.config.core.v3.Pipe."""
    out = b""
    if path:
        out += _text(b"\x0a", path)
    if mode:
        out += _uint32(b"\x10", mode, "Pipe.mode")
    return Pipe(out)


ProxyProtocolConfig = NewType("ProxyProtocolConfig", bytes)


def proxy_protocol_config(
    *,
    version: ProxyProtocolConfigVersion | None = None,
    pass_through_tlvs: ProxyProtocolPassThroughTlVs | None = None,
    added_tlvs: Sequence[TlvEntry] = (),
) -> ProxyProtocolConfig:
    """envoy.config.core.v3.ProxyProtocolConfig."""
    out = b""
    if version is not None:
        out += _member_but_zero(b"\x08", _ProxyProtocolConfigVersion, version, "ProxyProtocolConfig.version")
    if pass_through_tlvs is not None:
        out += _blob(b"\x12", pass_through_tlvs)
    if added_tlvs:
        out += _blobs(b"\x1a", added_tlvs, "ProxyProtocolConfig.added_tlvs")
    return ProxyProtocolConfig(out)


ProxyProtocolPassThroughTlVs = NewType("ProxyProtocolPassThroughTlVs", bytes)


def proxy_protocol_pass_through_tl_vs(
    *,
    match_type: ProxyProtocolPassThroughTlVsPassTlVsMatchType | None = None,
    tlv_type: Sequence[int] = (),
) -> ProxyProtocolPassThroughTlVs:
    """envoy.config.core.v3.ProxyProtocolPassThroughTLVs."""
    out = b""
    if match_type is not None:
        out += _member_but_zero(
            b"\x08",
            _ProxyProtocolPassThroughTlVsPassTlVsMatchType,
            match_type,
            "ProxyProtocolPassThroughTlVs.match_type",
        )
    if tlv_type:
        out += _packed(b"\x12", [_uint32(b"", one, "ProxyProtocolPassThroughTlVs.tlv_type") for one in tlv_type])
    return ProxyProtocolPassThroughTlVs(out)


QuicKeepAliveSettings = NewType("QuicKeepAliveSettings", bytes)


def quic_keep_alive_settings(
    *,
    max_interval: timedelta | None = None,
    initial_interval: timedelta | None = None,
) -> QuicKeepAliveSettings:
    """envoy.config.core.v3.QuicKeepAliveSettings."""
    out = b""
    if max_interval is not None:
        out += _duration(b"\x0a", max_interval, "QuicKeepAliveSettings.max_interval")
    if initial_interval is not None:
        out += _duration(b"\x12", initial_interval, "QuicKeepAliveSettings.initial_interval")
    return QuicKeepAliveSettings(out)


QuicProtocolOptions = NewType("QuicProtocolOptions", bytes)


def quic_protocol_options(
    *,
    max_concurrent_streams: int | None = None,
    initial_stream_window_size: int | None = None,
    initial_connection_window_size: int | None = None,
    num_timeouts_to_trigger_port_migration: int | None = None,
    connection_keepalive: QuicKeepAliveSettings | None = None,
    connection_options: str = "",
    client_connection_options: str = "",
    idle_network_timeout: timedelta | None = None,
    max_packet_length: int | None = None,
    client_packet_writer: TypedExtensionConfig | None = None,
    connection_migration: QuicProtocolOptionsConnectionMigrationSettings | None = None,
    memory_reduction_timeout: timedelta | None = None,
    enable_scone: bool | None = None,
) -> QuicProtocolOptions:
    """envoy.config.core.v3.QuicProtocolOptions."""
    out = b""
    if max_concurrent_streams is not None:
        out += _blob(
            b"\x0a",
            _uint32(b"\x08", max_concurrent_streams, "QuicProtocolOptions.max_concurrent_streams")
            if max_concurrent_streams
            else b"",
        )
    if initial_stream_window_size is not None:
        out += _blob(
            b"\x12",
            _uint32(b"\x08", initial_stream_window_size, "QuicProtocolOptions.initial_stream_window_size")
            if initial_stream_window_size
            else b"",
        )
    if initial_connection_window_size is not None:
        out += _blob(
            b"\x1a",
            _uint32(b"\x08", initial_connection_window_size, "QuicProtocolOptions.initial_connection_window_size")
            if initial_connection_window_size
            else b"",
        )
    if num_timeouts_to_trigger_port_migration is not None:
        out += _blob(
            b"\x22",
            _uint32(
                b"\x08",
                num_timeouts_to_trigger_port_migration,
                "QuicProtocolOptions.num_timeouts_to_trigger_port_migration",
            )
            if num_timeouts_to_trigger_port_migration
            else b"",
        )
    if connection_keepalive is not None:
        out += _blob(b"\x2a", connection_keepalive)
    if connection_options:
        out += _text(b"\x32", connection_options)
    if client_connection_options:
        out += _text(b"\x3a", client_connection_options)
    if idle_network_timeout is not None:
        out += _duration(b"\x42", idle_network_timeout, "QuicProtocolOptions.idle_network_timeout")
    if max_packet_length is not None:
        out += _blob(
            b"\x4a",
            _uint64(b"\x08", max_packet_length, "QuicProtocolOptions.max_packet_length") if max_packet_length else b"",
        )
    if client_packet_writer is not None:
        out += _blob(b"\x52", client_packet_writer)
    if connection_migration is not None:
        out += _blob(b"\x5a", connection_migration)
    if memory_reduction_timeout is not None:
        out += _duration(b"\x62", memory_reduction_timeout, "QuicProtocolOptions.memory_reduction_timeout")
    if enable_scone is not None:
        out += b"\x6a\x02\x08\x01" if enable_scone else b"\x6a\x00"
    return QuicProtocolOptions(out)


QuicProtocolOptionsConnectionMigrationSettings = NewType("QuicProtocolOptionsConnectionMigrationSettings", bytes)


def quic_protocol_options_connection_migration_settings(
    *,
    migrate_idle_connections: QuicProtocolOptionsConnectionMigrationSettingsMigrateIdleConnectionSettings | None = None,
    max_time_on_non_default_network: timedelta | None = None,
) -> QuicProtocolOptionsConnectionMigrationSettings:
    """envoy.config.core.v3.QuicProtocolOptions.ConnectionMigrationSettings."""
    out = b""
    if migrate_idle_connections is not None:
        out += _blob(b"\x0a", migrate_idle_connections)
    if max_time_on_non_default_network is not None:
        out += _duration(
            b"\x12",
            max_time_on_non_default_network,
            "QuicProtocolOptionsConnectionMigrationSettings.max_time_on_non_default_network",
        )
    return QuicProtocolOptionsConnectionMigrationSettings(out)


QuicProtocolOptionsConnectionMigrationSettingsMigrateIdleConnectionSettings = NewType(
    "QuicProtocolOptionsConnectionMigrationSettingsMigrateIdleConnectionSettings", bytes
)


def quic_protocol_options_connection_migration_settings_migrate_idle_connection_settings(
    *,
    max_idle_time_before_migration: timedelta | None = None,
) -> QuicProtocolOptionsConnectionMigrationSettingsMigrateIdleConnectionSettings:
    """envoy.config.core.v3.QuicProtocolOptions.ConnectionMigrationSettings.MigrateIdleConnectionSettings."""
    out = b""
    if max_idle_time_before_migration is not None:
        out += _duration(
            b"\x0a",
            max_idle_time_before_migration,
            "QuicProtocolOptionsConnectionMigrationSettingsMigrateIdleConnectionSettings.max_idle_time_before_migration",
        )
    return QuicProtocolOptionsConnectionMigrationSettingsMigrateIdleConnectionSettings(out)


RateLimitSettings = NewType("RateLimitSettings", bytes)


def rate_limit_settings(
    *,
    max_tokens: int | None = None,
    fill_rate: float | None = None,
) -> RateLimitSettings:
    """envoy.config.core.v3.RateLimitSettings."""
    out = b""
    if max_tokens is not None:
        out += _blob(b"\x0a", _uint32(b"\x08", max_tokens, "RateLimitSettings.max_tokens") if max_tokens else b"")
    if fill_rate is not None:
        out += _blob(b"\x12", _fixed(b"\x09", "d", fill_rate, "RateLimitSettings.fill_rate") if fill_rate else b"")
    return RateLimitSettings(out)


RetryPolicy = NewType("RetryPolicy", bytes)


def retry_policy(
    *,
    retry_back_off: BackoffStrategy | None = None,
    num_retries: int | None = None,
    retry_on: str = "",
    retry_priority: RetryPolicyRetryPriority | None = None,
    retry_host_predicate: Sequence[RetryPolicyRetryHostPredicate] = (),
    host_selection_retry_max_attempts: int = 0,
) -> RetryPolicy:
    """envoy.config.core.v3.RetryPolicy."""
    out = b""
    if retry_back_off is not None:
        out += _blob(b"\x0a", retry_back_off)
    if num_retries is not None:
        out += _blob(b"\x12", _uint32(b"\x08", num_retries, "RetryPolicy.num_retries") if num_retries else b"")
    if retry_on:
        out += _text(b"\x1a", retry_on)
    if retry_priority is not None:
        out += _blob(b"\x22", retry_priority)
    if retry_host_predicate:
        out += _blobs(b"\x2a", retry_host_predicate, "RetryPolicy.retry_host_predicate")
    if host_selection_retry_max_attempts:
        out += _int64(b"\x30", host_selection_retry_max_attempts, "RetryPolicy.host_selection_retry_max_attempts")
    return RetryPolicy(out)


RetryPolicyRetryHostPredicate = NewType("RetryPolicyRetryHostPredicate", bytes)


def retry_policy_retry_host_predicate(
    *,
    name: str = "",
    typed_config: google_protobuf.Any | None = None,
) -> RetryPolicyRetryHostPredicate:
    """envoy.config.core.v3.RetryPolicy.RetryHostPredicate."""
    out = b""
    if name:
        out += _text(b"\x0a", name)
    if typed_config is not None:
        out += _blob(b"\x12", typed_config)
    return RetryPolicyRetryHostPredicate(out)


RetryPolicyRetryPriority = NewType("RetryPolicyRetryPriority", bytes)


def retry_policy_retry_priority(
    *,
    name: str = "",
    typed_config: google_protobuf.Any | None = None,
) -> RetryPolicyRetryPriority:
    """envoy.config.core.v3.RetryPolicy.RetryPriority."""
    out = b""
    if name:
        out += _text(b"\x0a", name)
    if typed_config is not None:
        out += _blob(b"\x12", typed_config)
    return RetryPolicyRetryPriority(out)


RuntimeDouble = NewType("RuntimeDouble", bytes)


def runtime_double(
    *,
    default_value: float = 0.0,
    runtime_key: str = "",
) -> RuntimeDouble:
    """envoy.config.core.v3.RuntimeDouble."""
    out = b""
    if default_value:
        out += _fixed(b"\x09", "d", default_value, "RuntimeDouble.default_value")
    if runtime_key:
        out += _text(b"\x12", runtime_key)
    return RuntimeDouble(out)


RuntimeFeatureFlag = NewType("RuntimeFeatureFlag", bytes)


def runtime_feature_flag(
    *,
    default_value: bool | None = None,
    runtime_key: str = "",
) -> RuntimeFeatureFlag:
    """envoy.config.core.v3.RuntimeFeatureFlag."""
    out = b""
    if default_value is not None:
        out += b"\x0a\x02\x08\x01" if default_value else b"\x0a\x00"
    if runtime_key:
        out += _text(b"\x12", runtime_key)
    return RuntimeFeatureFlag(out)


RuntimeFractionalPercent = NewType("RuntimeFractionalPercent", bytes)


def runtime_fractional_percent(
    *,
    default_value: envoy_type_v3.FractionalPercent | None = None,
    runtime_key: str = "",
) -> RuntimeFractionalPercent:
    """envoy.config.core.v3.RuntimeFractionalPercent."""
    out = b""
    if default_value is not None:
        out += _blob(b"\x0a", default_value)
    if runtime_key:
        out += _text(b"\x12", runtime_key)
    return RuntimeFractionalPercent(out)


RuntimeUInt32 = NewType("RuntimeUInt32", bytes)


def runtime_u_int32(
    *,
    default_value: int = 0,
    runtime_key: str = "",
) -> RuntimeUInt32:
    """envoy.config.core.v3.RuntimeUInt32."""
    out = b""
    if default_value:
        out += _uint32(b"\x10", default_value, "RuntimeUInt32.default_value")
    if runtime_key:
        out += _text(b"\x1a", runtime_key)
    return RuntimeUInt32(out)


SchemeHeaderTransformation = NewType("SchemeHeaderTransformation", bytes)


def scheme_header_transformation(
    *,
    scheme_to_overwrite: str | None = None,
    match_upstream: bool = False,
) -> SchemeHeaderTransformation:
    """envoy.config.core.v3.SchemeHeaderTransformation."""
    out = b""
    if scheme_to_overwrite is not None:
        out += _text(b"\x0a", scheme_to_overwrite)
    if match_upstream:
        out += b"\x10\x01"
    return SchemeHeaderTransformation(out)


SelfConfigSource = NewType("SelfConfigSource", bytes)


def self_config_source(
    *,
    transport_api_version: ApiVersion | None = None,
) -> SelfConfigSource:
    """envoy.config.core.v3.SelfConfigSource."""
    out = b""
    if transport_api_version is not None:
        out += _member_but_zero(b"\x08", _ApiVersion, transport_api_version, "SelfConfigSource.transport_api_version")
    return SelfConfigSource(out)


SocketAddress = NewType("SocketAddress", bytes)


def socket_address(
    *,
    protocol: SocketAddressProtocol | None = None,
    address: str = "",
    port_value: int | None = None,
    named_port: str | None = None,
    resolver_name: str = "",
    ipv4_compat: bool = False,
    network_namespace_filepath: str = "",
) -> SocketAddress:
    """envoy.config.core.v3.SocketAddress."""
    if (port_value is not None) + (named_port is not None) > 1:
        raise _conflict("SocketAddress.port_specifier", port_value=port_value, named_port=named_port)
    out = b""
    if protocol is not None:
        out += _member_but_zero(b"\x08", _SocketAddressProtocol, protocol, "SocketAddress.protocol")
    if address:
        out += _text(b"\x12", address)
    if port_value is not None:
        out += _uint32(b"\x18", port_value, "SocketAddress.port_value")
    if named_port is not None:
        out += _text(b"\x22", named_port)
    if resolver_name:
        out += _text(b"\x2a", resolver_name)
    if ipv4_compat:
        out += b"\x30\x01"
    if network_namespace_filepath:
        out += _text(b"\x3a", network_namespace_filepath)
    return SocketAddress(out)


SocketCmsgHeaders = NewType("SocketCmsgHeaders", bytes)


def socket_cmsg_headers(
    *,
    level: int | None = None,
    type: int | None = None,
    expected_size: int = 0,
) -> SocketCmsgHeaders:
    """envoy.config.core.v3.SocketCmsgHeaders."""
    out = b""
    if level is not None:
        out += _blob(b"\x0a", _uint32(b"\x08", level, "SocketCmsgHeaders.level") if level else b"")
    if type is not None:
        out += _blob(b"\x12", _uint32(b"\x08", type, "SocketCmsgHeaders.type") if type else b"")
    if expected_size:
        out += _uint32(b"\x18", expected_size, "SocketCmsgHeaders.expected_size")
    return SocketCmsgHeaders(out)


SocketOption = NewType("SocketOption", bytes)


def socket_option(
    *,
    description: str = "",
    level: int = 0,
    name: int = 0,
    int_value: int | None = None,
    buf_value: bytes | None = None,
    state: SocketOptionSocketState | None = None,
    type: SocketOptionSocketType | None = None,
    ip_version: SocketOptionSocketIpVersion | None = None,
) -> SocketOption:
    """envoy.config.core.v3.SocketOption."""
    if (int_value is not None) + (buf_value is not None) > 1:
        raise _conflict("SocketOption.value", int_value=int_value, buf_value=buf_value)
    out = b""
    if description:
        out += _text(b"\x0a", description)
    if level:
        out += _int64(b"\x10", level, "SocketOption.level")
    if name:
        out += _int64(b"\x18", name, "SocketOption.name")
    if int_value is not None:
        out += _int64(b"\x20", int_value, "SocketOption.int_value")
    if buf_value is not None:
        out += _blob(b"\x2a", buf_value)
    if state is not None:
        out += _member_but_zero(b"\x30", _SocketOptionSocketState, state, "SocketOption.state")
    if type is not None:
        out += _blob(b"\x3a", type)
    if ip_version is not None:
        out += _member_but_zero(b"\x40", _SocketOptionSocketIpVersion, ip_version, "SocketOption.ip_version")
    return SocketOption(out)


SocketOptionSocketType = NewType("SocketOptionSocketType", bytes)


def socket_option_socket_type(
    *,
    stream: SocketOptionSocketTypeStream | None = None,
    datagram: SocketOptionSocketTypeDatagram | None = None,
) -> SocketOptionSocketType:
    """envoy.config.core.v3.SocketOption.SocketType."""
    out = b""
    if stream is not None:
        out += _blob(b"\x0a", stream)
    if datagram is not None:
        out += _blob(b"\x12", datagram)
    return SocketOptionSocketType(out)


SocketOptionSocketTypeDatagram = NewType("SocketOptionSocketTypeDatagram", bytes)


def socket_option_socket_type_datagram() -> SocketOptionSocketTypeDatagram:
    """envoy.config.core.v3.SocketOption.SocketType.Datagram."""
    return SocketOptionSocketTypeDatagram(b"")


SocketOptionSocketTypeStream = NewType("SocketOptionSocketTypeStream", bytes)


def socket_option_socket_type_stream() -> SocketOptionSocketTypeStream:
    """envoy.config.core.v3.SocketOption.SocketType.Stream."""
    return SocketOptionSocketTypeStream(b"")


SocketOptionsOverride = NewType("SocketOptionsOverride", bytes)


def socket_options_override(
    *,
    socket_options: Sequence[SocketOption] = (),
) -> SocketOptionsOverride:
    """envoy.config.core.v3.SocketOptionsOverride."""
    out = b""
    if socket_options:
        out += _blobs(b"\x0a", socket_options, "SocketOptionsOverride.socket_options")
    return SocketOptionsOverride(out)


SubstitutionFormatString = NewType("SubstitutionFormatString", bytes)


def substitution_format_string(
    *,
    text_format: str | None = None,
    json_format: google_protobuf.Struct | None = None,
    text_format_source: DataSource | None = None,
    omit_empty_values: bool = False,
    content_type: str = "",
    formatters: Sequence[TypedExtensionConfig] = (),
    json_format_options: JsonFormatOptions | None = None,
) -> SubstitutionFormatString:
    """envoy.config.core.v3.SubstitutionFormatString."""
    if (text_format is not None) + (json_format is not None) + (text_format_source is not None) > 1:
        raise _conflict(
            "SubstitutionFormatString.format",
            text_format=text_format,
            json_format=json_format,
            text_format_source=text_format_source,
        )
    out = b""
    if text_format is not None:
        out += _text(b"\x0a", text_format)
    if json_format is not None:
        out += _blob(b"\x12", json_format)
    if text_format_source is not None:
        out += _blob(b"\x2a", text_format_source)
    if omit_empty_values:
        out += b"\x18\x01"
    if content_type:
        out += _text(b"\x22", content_type)
    if formatters:
        out += _blobs(b"\x32", formatters, "SubstitutionFormatString.formatters")
    if json_format_options is not None:
        out += _blob(b"\x3a", json_format_options)
    return SubstitutionFormatString(out)


TcpKeepalive = NewType("TcpKeepalive", bytes)


def tcp_keepalive(
    *,
    keepalive_probes: int | None = None,
    keepalive_time: int | None = None,
    keepalive_interval: int | None = None,
) -> TcpKeepalive:
    """envoy.config.core.v3.TcpKeepalive."""
    out = b""
    if keepalive_probes is not None:
        out += _blob(
            b"\x0a", _uint32(b"\x08", keepalive_probes, "TcpKeepalive.keepalive_probes") if keepalive_probes else b""
        )
    if keepalive_time is not None:
        out += _blob(
            b"\x12", _uint32(b"\x08", keepalive_time, "TcpKeepalive.keepalive_time") if keepalive_time else b""
        )
    if keepalive_interval is not None:
        out += _blob(
            b"\x1a",
            _uint32(b"\x08", keepalive_interval, "TcpKeepalive.keepalive_interval") if keepalive_interval else b"",
        )
    return TcpKeepalive(out)


TlvEntry = NewType("TlvEntry", bytes)


def tlv_entry(
    *,
    type: int = 0,
    value: bytes = b"",
    format_string: SubstitutionFormatString | None = None,
) -> TlvEntry:
    """envoy.config.core.v3.TlvEntry."""
    out = b""
    if type:
        out += _uint32(b"\x08", type, "TlvEntry.type")
    if value:
        out += _blob(b"\x12", value)
    if format_string is not None:
        out += _blob(b"\x1a", format_string)
    return TlvEntry(out)


TransportSocket = NewType("TransportSocket", bytes)


def transport_socket(
    *,
    name: str = "",
    typed_config: google_protobuf.Any | None = None,
) -> TransportSocket:
    """envoy.config.core.v3.TransportSocket."""
    out = b""
    if name:
        out += _text(b"\x0a", name)
    if typed_config is not None:
        out += _blob(b"\x1a", typed_config)
    return TransportSocket(out)


TypedExtensionConfig = NewType("TypedExtensionConfig", bytes)


def typed_extension_config(
    *,
    name: str = "",
    typed_config: google_protobuf.Any | None = None,
) -> TypedExtensionConfig:
    """envoy.config.core.v3.TypedExtensionConfig."""
    out = b""
    if name:
        out += _text(b"\x0a", name)
    if typed_config is not None:
        out += _blob(b"\x12", typed_config)
    return TypedExtensionConfig(out)


UdpSocketConfig = NewType("UdpSocketConfig", bytes)


def udp_socket_config(
    *,
    max_rx_datagram_size: int | None = None,
    prefer_gro: bool | None = None,
) -> UdpSocketConfig:
    """envoy.config.core.v3.UdpSocketConfig."""
    out = b""
    if max_rx_datagram_size is not None:
        out += _blob(
            b"\x0a",
            _uint64(b"\x08", max_rx_datagram_size, "UdpSocketConfig.max_rx_datagram_size")
            if max_rx_datagram_size
            else b"",
        )
    if prefer_gro is not None:
        out += b"\x12\x02\x08\x01" if prefer_gro else b"\x12\x00"
    return UdpSocketConfig(out)


UpstreamHttpProtocolOptions = NewType("UpstreamHttpProtocolOptions", bytes)


def upstream_http_protocol_options(
    *,
    auto_sni: bool = False,
    auto_san_validation: bool = False,
    override_auto_sni_header: str = "",
) -> UpstreamHttpProtocolOptions:
    """envoy.config.core.v3.UpstreamHttpProtocolOptions."""
    out = b""
    if auto_sni:
        out += b"\x08\x01"
    if auto_san_validation:
        out += b"\x10\x01"
    if override_auto_sni_header:
        out += _text(b"\x1a", override_auto_sni_header)
    return UpstreamHttpProtocolOptions(out)


WatchedDirectory = NewType("WatchedDirectory", bytes)


def watched_directory(
    *,
    path: str = "",
    watch_modify: bool = False,
) -> WatchedDirectory:
    """envoy.config.core.v3.WatchedDirectory."""
    out = b""
    if path:
        out += _text(b"\x0a", path)
    if watch_modify:
        out += b"\x10\x01"
    return WatchedDirectory(out)
