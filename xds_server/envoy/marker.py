"""The completeness marker: a listener that answers 200 once Envoy has a complete configuration, and says which.

Its route configuration is the last resource of the last type that Envoy is sent, and Envoy takes connections only when
every listener of its first set has its routes: so whoever asks this port asks whether all of it was accepted.
"""

from typing import Final

from xds_server.envoy.config_source import ADS_WAITS
from xds_server.envoy.protobuf import any_message, field_bytes, field_string, field_varint
from xds_server.snapshot.resource import Resource, resource

MARKER: Final = "xds-server/ready"
"""Name of the listener and of its route configuration; no Gateway's, since those have a port at the end."""
VERSION_HEADER: Final = "x-xds-version"

_PREFIX = "type.googleapis.com/envoy.extensions.filters"
_ROUTER = any_message(f"{_PREFIX}.http.router.v3.Router", b"")
_HTTP_FILTERS = field_bytes(5, field_string(1, "envoy.filters.http.router") + field_bytes(4, _ROUTER))
_ANSWER_200 = field_bytes(7, field_varint(1, 200))  # Route.direct_response
_EVERYTHING = field_bytes(1, field_string(1, "/"))  # Route.match.prefix
_HOST = field_bytes(2, field_string(1, "*") + field_string(2, "*") + field_bytes(3, _EVERYTHING + _ANSWER_200))


def marker_listener(port: int) -> Resource:
    """The listener. On all addresses: a kubelet probes that of the pod."""
    rds = field_bytes(3, field_bytes(1, ADS_WAITS) + field_string(2, MARKER))
    manager = field_string(2, MARKER) + rds + _HTTP_FILTERS
    typed = any_message(f"{_PREFIX}.network.http_connection_manager.v3.HttpConnectionManager", manager)
    network_filter = field_string(1, "envoy.filters.network.http_connection_manager") + field_bytes(4, typed)
    address = field_bytes(1, field_string(2, "0.0.0.0") + field_varint(3, port))  # noqa: S104
    body = field_string(1, MARKER) + field_bytes(2, address) + field_bytes(3, field_bytes(3, network_filter))
    return resource(MARKER, body)


def marker_routes(version: str) -> Resource:
    """The route configuration: 200 for every request, with the version in a header."""
    header = field_bytes(1, field_string(1, VERSION_HEADER) + field_string(2, version))
    return resource(MARKER, field_string(1, MARKER) + _HOST + field_bytes(4, header))
