"""Encoders of envoy.extensions.filters.http.router.v3, made from envoy-data-plane by `make encoders`: do not edit.

Each takes the fields of a message and returns its bytes, which are those that the library writes.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Final, NewType

from xds_server.envoy.wire.fields import blob as _blob
from xds_server.envoy.wire.fields import blobs as _blobs
from xds_server.envoy.wire.fields import duration as _duration
from xds_server.envoy.wire.fields import texts as _texts

if TYPE_CHECKING:
    from xds_server.envoy.encoders import (
        envoy_config_accesslog_v3,
        envoy_extensions_filters_network_http_connection_manager_v3,
    )

Router = NewType("Router", bytes)
ROUTER: Final = "type.googleapis.com/envoy.extensions.filters.http.router.v3.Router"


def router(
    *,
    dynamic_stats: bool | None = None,
    start_child_span: bool = False,
    upstream_log: Sequence[envoy_config_accesslog_v3.AccessLog] = (),
    upstream_log_options: RouterUpstreamAccessLogOptions | None = None,
    suppress_envoy_headers: bool = False,
    strict_check_headers: Sequence[str] = (),
    respect_expected_rq_timeout: bool = False,
    suppress_grpc_request_failure_code_stats: bool = False,
    upstream_http_filters: Sequence[envoy_extensions_filters_network_http_connection_manager_v3.HttpFilter] = (),
    reject_connect_request_early_data: bool | None = None,
) -> Router:
    """envoy.extensions.filters.http.router.v3.Router."""
    out = b""
    if dynamic_stats is not None:
        out += b"\x0a\x02\x08\x01" if dynamic_stats else b"\x0a\x00"
    if start_child_span:
        out += b"\x10\x01"
    if upstream_log:
        out += _blobs(b"\x1a", upstream_log, "Router.upstream_log")
    if upstream_log_options is not None:
        out += _blob(b"\x4a", upstream_log_options)
    if suppress_envoy_headers:
        out += b"\x20\x01"
    if strict_check_headers:
        out += _texts(b"\x2a", strict_check_headers, "Router.strict_check_headers")
    if respect_expected_rq_timeout:
        out += b"\x30\x01"
    if suppress_grpc_request_failure_code_stats:
        out += b"\x38\x01"
    if upstream_http_filters:
        out += _blobs(b"\x42", upstream_http_filters, "Router.upstream_http_filters")
    if reject_connect_request_early_data is not None:
        out += b"\x52\x02\x08\x01" if reject_connect_request_early_data else b"\x52\x00"
    return Router(out)


RouterUpstreamAccessLogOptions = NewType("RouterUpstreamAccessLogOptions", bytes)


def router_upstream_access_log_options(
    *,
    flush_upstream_log_on_upstream_stream: bool = False,
    upstream_log_flush_interval: timedelta | None = None,
) -> RouterUpstreamAccessLogOptions:
    """envoy.extensions.filters.http.router.v3.Router.UpstreamAccessLogOptions."""
    out = b""
    if flush_upstream_log_on_upstream_stream:
        out += b"\x08\x01"
    if upstream_log_flush_interval is not None:
        out += _duration(
            b"\x12", upstream_log_flush_interval, "RouterUpstreamAccessLogOptions.upstream_log_flush_interval"
        )
    return RouterUpstreamAccessLogOptions(out)
