"""envoy.config.listener.v3.Listener: one per port of a Gateway."""

from datetime import timedelta
from typing import Final

from xds_server.envoy.config_source import ADS_WAITS
from xds_server.envoy.encoders import envoy_config_core_v3 as core
from xds_server.envoy.encoders import envoy_config_listener_v3 as listener_v3
from xds_server.envoy.encoders import envoy_extensions_filters_http_router_v3 as router
from xds_server.envoy.encoders import envoy_extensions_filters_network_http_connection_manager_v3 as hcm
from xds_server.envoy.encoders import google_protobuf
from xds_server.model.edge import Edge, EscapedSlashes, Families, Underscores
from xds_server.model.resource import Resource, resource
from xds_server.model.routing import Port

# One socket for both families, so that an IPv4 client is an IPv4 address to Envoy, too. Envoy sets IPV6_V6ONLY itself,
# whatever net.ipv6.bindv6only says.
_EVERYWHERE: Final = {
    "dual": ("::", True),
    "ipv4": ("0.0.0.0", False),  # noqa: S104 - a gateway serves all
    "ipv6": ("::", False),
}
_ESCAPED_SLASHES: Final[dict[EscapedSlashes, hcm.HttpConnectionManagerPathWithEscapedSlashesAction]] = {
    "redirect": "UNESCAPE_AND_REDIRECT",
    "forward": "UNESCAPE_AND_FORWARD",
    "reject": "REJECT_REQUEST",
    "keep": "KEEP_UNCHANGED",
}
_UNDERSCORES: Final[dict[Underscores, core.HttpProtocolOptionsHeadersWithUnderscoresAction]] = {
    "reject": "REJECT_REQUEST",
    "drop": "DROP_HEADER",
    "allow": "ALLOW",
}
_UPGRADES = [hcm.http_connection_manager_upgrade_config(upgrade_type="websocket")]

HTTP_FILTERS: Final = [
    hcm.http_filter(
        name="envoy.filters.http.router",
        typed_config=google_protobuf.any(type_url=router.ROUTER, value=router.router()),
    )
]
"""The filters of every listener: the router, which must be there."""


def listener(port: Port, edge: Edge = Edge(), families: Families = "dual") -> Resource:  # noqa: B008 - immutable
    """The listener of a port: HTTP/1.1 and HTTP/2, routes by the route configuration of the same name."""
    manager = hcm.http_connection_manager(
        stat_prefix=port.name,
        rds=hcm.rds(config_source=ADS_WAITS, route_config_name=port.name),
        http_filters=HTTP_FILTERS,
        common_http_protocol_options=core.http_protocol_options(
            idle_timeout=timedelta(seconds=edge.idle_seconds),
            headers_with_underscores_action=_UNDERSCORES[edge.underscores],
        ),
        http2_protocol_options=core.http2_protocol_options(
            max_concurrent_streams=edge.http2_streams,
            initial_stream_window_size=edge.http2_stream_window_bytes,
            initial_connection_window_size=edge.http2_connection_window_bytes,
        ),
        server_header_transformation="PASS_THROUGH",
        stream_idle_timeout=timedelta(seconds=edge.stream_idle_seconds),
        request_headers_timeout=timedelta(seconds=edge.headers_seconds),
        use_remote_address=True,  # we are the edge
        upgrade_configs=_UPGRADES,
        normalize_path=True,
        merge_slashes=True,
        path_with_escaped_slashes_action=_ESCAPED_SLASHES[edge.escaped_slashes],
        strip_trailing_host_dot=True,  # a port in the host is left to it: the routes match without, and backends see it
    )
    return http_listener(port.name, port.number, manager, families=families, buffer_bytes=edge.buffer_bytes)


def http_listener(
    name: str,
    number: int,
    manager: hcm.HttpConnectionManager,
    *,
    families: Families,
    buffer_bytes: int | None = None,
    always_answers: bool = False,
) -> Resource:
    """A listener on all addresses of *families* that speaks HTTP as *manager* says.

    *always_answers*: also when the proxy has as many connections as its bootstrap lets it have.
    """
    network_filter = listener_v3.filter(
        name="envoy.filters.network.http_connection_manager",
        typed_config=google_protobuf.any(type_url=hcm.HTTP_CONNECTION_MANAGER, value=manager),
    )
    address, both = _EVERYWHERE[families]
    body = listener_v3.listener(
        name=name,
        address=core.address(socket_address=core.socket_address(address=address, port_value=number, ipv4_compat=both)),
        filter_chains=[listener_v3.filter_chain(filters=[network_filter])],
        per_connection_buffer_limit_bytes=buffer_bytes,
        ignore_global_conn_limit=always_answers,
    )
    return resource(name, body)
