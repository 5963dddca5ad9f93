"""envoy.config.listener.v3.Listener: one per port of a Gateway."""

from xds_server.envoy.config_source import ADS_WAITS
from xds_server.envoy.protobuf import any_message, field_bytes, field_string, field_varint
from xds_server.model.routing import Port
from xds_server.snapshot.resource import Resource, resource

_PREFIX = "type.googleapis.com/envoy.extensions.filters"
_TRUE = field_varint(1, 1)
_ROUTER = any_message(f"{_PREFIX}.http.router.v3.Router", b"")
_HTTP_FILTERS = field_bytes(5, field_string(1, "envoy.filters.http.router") + field_bytes(4, _ROUTER))
_HTTP_OPTIONS = b"".join(
    (
        field_varint(34, 2),  # server_header_transformation: PASS_THROUGH
        field_bytes(14, _TRUE),  # use_remote_address: we are the edge
        field_bytes(23, field_string(1, "websocket")),  # upgrade_configs
        field_bytes(30, _TRUE),  # normalize_path
    )
)


def listener(port: Port) -> Resource:
    """The listener of a port: HTTP/1.1 and HTTP/2, routes by the route configuration of the same name."""
    rds = field_bytes(3, field_bytes(1, ADS_WAITS) + field_string(2, port.name))
    manager = field_string(2, port.name) + rds + _HTTP_FILTERS + _HTTP_OPTIONS
    typed = any_message(f"{_PREFIX}.network.http_connection_manager.v3.HttpConnectionManager", manager)
    network_filter = field_string(1, "envoy.filters.network.http_connection_manager") + field_bytes(4, typed)
    address = field_bytes(1, field_string(2, "0.0.0.0") + field_varint(3, port.number))  # noqa: S104 - a gateway serves all
    body = field_string(1, port.name) + field_bytes(2, address) + field_bytes(3, field_bytes(3, network_filter))
    return resource(port.name, body)
