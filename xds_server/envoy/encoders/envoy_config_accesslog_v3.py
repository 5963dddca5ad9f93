"""Encoders of envoy.config.accesslog.v3, made from envoy-data-plane by `make encoders`: do not edit.

Each takes the fields of a message and returns its bytes, which are those that the library writes.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final, Literal, NewType

from xds_server.envoy.wire.fields import blob as _blob
from xds_server.envoy.wire.fields import blobs as _blobs
from xds_server.envoy.wire.fields import conflict as _conflict
from xds_server.envoy.wire.fields import member as _member
from xds_server.envoy.wire.fields import member_but_zero as _member_but_zero
from xds_server.envoy.wire.fields import packed as _packed
from xds_server.envoy.wire.fields import text as _text
from xds_server.envoy.wire.fields import texts as _texts

if TYPE_CHECKING:
    from xds_server.envoy.encoders import (
        envoy_config_core_v3,
        envoy_config_route_v3,
        envoy_data_accesslog_v3,
        envoy_type_matcher_v3,
        envoy_type_v3,
        google_protobuf,
    )

ComparisonFilterOp = Literal["EQ", "GE", "LE", "NE"]
GrpcStatusFilterStatus = Literal[
    "OK",
    "CANCELED",
    "UNKNOWN",
    "INVALID_ARGUMENT",
    "DEADLINE_EXCEEDED",
    "NOT_FOUND",
    "ALREADY_EXISTS",
    "PERMISSION_DENIED",
    "RESOURCE_EXHAUSTED",
    "FAILED_PRECONDITION",
    "ABORTED",
    "OUT_OF_RANGE",
    "UNIMPLEMENTED",
    "INTERNAL",
    "UNAVAILABLE",
    "DATA_LOSS",
    "UNAUTHENTICATED",
]
_AccessLogType: Final = {
    "NotSet": b"\x00",
    "TcpUpstreamConnected": b"\x01",
    "TcpPeriodic": b"\x02",
    "TcpConnectionStart": b"\x0e",
    "TcpConnectionEnd": b"\x03",
    "DownstreamStart": b"\x04",
    "DownstreamPeriodic": b"\x05",
    "DownstreamEnd": b"\x06",
    "UpstreamPoolReady": b"\x07",
    "UpstreamPeriodic": b"\x08",
    "UpstreamEnd": b"\x09",
    "DownstreamTunnelSuccessfullyEstablished": b"\x0a",
    "UdpTunnelUpstreamConnected": b"\x0b",
    "UdpPeriodic": b"\x0c",
    "UdpSessionEnd": b"\x0d",
}
_ComparisonFilterOp: Final = {"EQ": b"\x00", "GE": b"\x01", "LE": b"\x02", "NE": b"\x03"}
_GrpcStatusFilterStatus: Final = {
    "OK": b"\x00",
    "CANCELED": b"\x01",
    "UNKNOWN": b"\x02",
    "INVALID_ARGUMENT": b"\x03",
    "DEADLINE_EXCEEDED": b"\x04",
    "NOT_FOUND": b"\x05",
    "ALREADY_EXISTS": b"\x06",
    "PERMISSION_DENIED": b"\x07",
    "RESOURCE_EXHAUSTED": b"\x08",
    "FAILED_PRECONDITION": b"\x09",
    "ABORTED": b"\x0a",
    "OUT_OF_RANGE": b"\x0b",
    "UNIMPLEMENTED": b"\x0c",
    "INTERNAL": b"\x0d",
    "UNAVAILABLE": b"\x0e",
    "DATA_LOSS": b"\x0f",
    "UNAUTHENTICATED": b"\x10",
}
AccessLog = NewType("AccessLog", bytes)


def access_log(
    *,
    name: str = "",
    filter: AccessLogFilter | None = None,
    typed_config: google_protobuf.Any | None = None,
) -> AccessLog:
    """envoy.config.accesslog.v3.AccessLog."""
    out = b""
    if name:
        out += _text(b"\x0a", name)
    if filter is not None:
        out += _blob(b"\x12", filter)
    if typed_config is not None:
        out += _blob(b"\x22", typed_config)
    return AccessLog(out)


AccessLogFilter = NewType("AccessLogFilter", bytes)


def access_log_filter(
    *,
    status_code_filter: StatusCodeFilter | None = None,
    duration_filter: DurationFilter | None = None,
    not_health_check_filter: NotHealthCheckFilter | None = None,
    traceable_filter: TraceableFilter | None = None,
    runtime_filter: RuntimeFilter | None = None,
    and_filter: AndFilter | None = None,
    or_filter: OrFilter | None = None,
    header_filter: HeaderFilter | None = None,
    response_flag_filter: ResponseFlagFilter | None = None,
    grpc_status_filter: GrpcStatusFilter | None = None,
    extension_filter: ExtensionFilter | None = None,
    metadata_filter: MetadataFilter | None = None,
    log_type_filter: LogTypeFilter | None = None,
) -> AccessLogFilter:
    """envoy.config.accesslog.v3.AccessLogFilter."""
    if (status_code_filter is not None) + (duration_filter is not None) + (not_health_check_filter is not None) + (
        traceable_filter is not None
    ) + (runtime_filter is not None) + (and_filter is not None) + (or_filter is not None) + (
        header_filter is not None
    ) + (response_flag_filter is not None) + (grpc_status_filter is not None) + (extension_filter is not None) + (
        metadata_filter is not None
    ) + (log_type_filter is not None) > 1:
        raise _conflict(
            "AccessLogFilter.filter_specifier",
            status_code_filter=status_code_filter,
            duration_filter=duration_filter,
            not_health_check_filter=not_health_check_filter,
            traceable_filter=traceable_filter,
            runtime_filter=runtime_filter,
            and_filter=and_filter,
            or_filter=or_filter,
            header_filter=header_filter,
            response_flag_filter=response_flag_filter,
            grpc_status_filter=grpc_status_filter,
            extension_filter=extension_filter,
            metadata_filter=metadata_filter,
            log_type_filter=log_type_filter,
        )
    out = b""
    if status_code_filter is not None:
        out += _blob(b"\x0a", status_code_filter)
    if duration_filter is not None:
        out += _blob(b"\x12", duration_filter)
    if not_health_check_filter is not None:
        out += _blob(b"\x1a", not_health_check_filter)
    if traceable_filter is not None:
        out += _blob(b"\x22", traceable_filter)
    if runtime_filter is not None:
        out += _blob(b"\x2a", runtime_filter)
    if and_filter is not None:
        out += _blob(b"\x32", and_filter)
    if or_filter is not None:
        out += _blob(b"\x3a", or_filter)
    if header_filter is not None:
        out += _blob(b"\x42", header_filter)
    if response_flag_filter is not None:
        out += _blob(b"\x4a", response_flag_filter)
    if grpc_status_filter is not None:
        out += _blob(b"\x52", grpc_status_filter)
    if extension_filter is not None:
        out += _blob(b"\x5a", extension_filter)
    if metadata_filter is not None:
        out += _blob(b"\x62", metadata_filter)
    if log_type_filter is not None:
        out += _blob(b"\x6a", log_type_filter)
    return AccessLogFilter(out)


AndFilter = NewType("AndFilter", bytes)


def and_filter(
    *,
    filters: Sequence[AccessLogFilter] = (),
) -> AndFilter:
    """envoy.config.accesslog.v3.AndFilter."""
    out = b""
    if filters:
        out += _blobs(b"\x0a", filters, "AndFilter.filters")
    return AndFilter(out)


ComparisonFilter = NewType("ComparisonFilter", bytes)


def comparison_filter(
    *,
    op: ComparisonFilterOp | None = None,
    value: envoy_config_core_v3.RuntimeUInt32 | None = None,
) -> ComparisonFilter:
    """envoy.config.accesslog.v3.ComparisonFilter."""
    out = b""
    if op is not None:
        out += _member_but_zero(b"\x08", _ComparisonFilterOp, op, "ComparisonFilter.op")
    if value is not None:
        out += _blob(b"\x12", value)
    return ComparisonFilter(out)


DurationFilter = NewType("DurationFilter", bytes)


def duration_filter(
    *,
    comparison: ComparisonFilter | None = None,
) -> DurationFilter:
    """envoy.config.accesslog.v3.DurationFilter."""
    out = b""
    if comparison is not None:
        out += _blob(b"\x0a", comparison)
    return DurationFilter(out)


ExtensionFilter = NewType("ExtensionFilter", bytes)


def extension_filter(
    *,
    name: str = "",
    typed_config: google_protobuf.Any | None = None,
) -> ExtensionFilter:
    """envoy.config.accesslog.v3.ExtensionFilter."""
    out = b""
    if name:
        out += _text(b"\x0a", name)
    if typed_config is not None:
        out += _blob(b"\x1a", typed_config)
    return ExtensionFilter(out)


GrpcStatusFilter = NewType("GrpcStatusFilter", bytes)


def grpc_status_filter(
    *,
    statuses: Sequence[GrpcStatusFilterStatus] = (),
    exclude: bool = False,
) -> GrpcStatusFilter:
    """envoy.config.accesslog.v3.GrpcStatusFilter."""
    out = b""
    if statuses:
        out += _packed(
            b"\x0a", [_member(b"", _GrpcStatusFilterStatus, one, "GrpcStatusFilter.statuses") for one in statuses]
        )
    if exclude:
        out += b"\x10\x01"
    return GrpcStatusFilter(out)


HeaderFilter = NewType("HeaderFilter", bytes)


def header_filter(
    *,
    header: envoy_config_route_v3.HeaderMatcher | None = None,
) -> HeaderFilter:
    """envoy.config.accesslog.v3.HeaderFilter."""
    out = b""
    if header is not None:
        out += _blob(b"\x0a", header)
    return HeaderFilter(out)


LogTypeFilter = NewType("LogTypeFilter", bytes)


def log_type_filter(
    *,
    types: Sequence[envoy_data_accesslog_v3.AccessLogType] = (),
    exclude: bool = False,
) -> LogTypeFilter:
    """envoy.config.accesslog.v3.LogTypeFilter."""
    out = b""
    if types:
        out += _packed(b"\x0a", [_member(b"", _AccessLogType, one, "LogTypeFilter.types") for one in types])
    if exclude:
        out += b"\x10\x01"
    return LogTypeFilter(out)


MetadataFilter = NewType("MetadataFilter", bytes)


def metadata_filter(
    *,
    matcher: envoy_type_matcher_v3.MetadataMatcher | None = None,
    match_if_key_not_found: bool | None = None,
) -> MetadataFilter:
    """envoy.config.accesslog.v3.MetadataFilter."""
    out = b""
    if matcher is not None:
        out += _blob(b"\x0a", matcher)
    if match_if_key_not_found is not None:
        out += b"\x12\x02\x08\x01" if match_if_key_not_found else b"\x12\x00"
    return MetadataFilter(out)


NotHealthCheckFilter = NewType("NotHealthCheckFilter", bytes)


def not_health_check_filter() -> NotHealthCheckFilter:
    """envoy.config.accesslog.v3.NotHealthCheckFilter."""
    return NotHealthCheckFilter(b"")


OrFilter = NewType("OrFilter", bytes)


def or_filter(
    *,
    filters: Sequence[AccessLogFilter] = (),
) -> OrFilter:
    """envoy.config.accesslog.v3.OrFilter."""
    out = b""
    if filters:
        out += _blobs(b"\x12", filters, "OrFilter.filters")
    return OrFilter(out)


ResponseFlagFilter = NewType("ResponseFlagFilter", bytes)


def response_flag_filter(
    *,
    flags: Sequence[str] = (),
) -> ResponseFlagFilter:
    """envoy.config.accesslog.v3.ResponseFlagFilter."""
    out = b""
    if flags:
        out += _texts(b"\x0a", flags, "ResponseFlagFilter.flags")
    return ResponseFlagFilter(out)


RuntimeFilter = NewType("RuntimeFilter", bytes)


def runtime_filter(
    *,
    runtime_key: str = "",
    percent_sampled: envoy_type_v3.FractionalPercent | None = None,
    use_independent_randomness: bool = False,
) -> RuntimeFilter:
    """envoy.config.accesslog.v3.RuntimeFilter."""
    out = b""
    if runtime_key:
        out += _text(b"\x0a", runtime_key)
    if percent_sampled is not None:
        out += _blob(b"\x12", percent_sampled)
    if use_independent_randomness:
        out += b"\x18\x01"
    return RuntimeFilter(out)


StatusCodeFilter = NewType("StatusCodeFilter", bytes)


def status_code_filter(
    *,
    comparison: ComparisonFilter | None = None,
) -> StatusCodeFilter:
    """envoy.config.accesslog.v3.StatusCodeFilter."""
    out = b""
    if comparison is not None:
        out += _blob(b"\x0a", comparison)
    return StatusCodeFilter(out)


TraceableFilter = NewType("TraceableFilter", bytes)


def traceable_filter() -> TraceableFilter:
    """envoy.config.accesslog.v3.TraceableFilter."""
    return TraceableFilter(b"")
