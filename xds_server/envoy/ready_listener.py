"""The completeness marker: a listener that answers 200 once Envoy has a complete configuration, and says which.

Its route configuration that says so is the last resource that Envoy is sent, when it has accepted all others. Until then
there is another one in its place, which answers 503: no listener has to wait for the marker's.
"""

from typing import Final

import msgspec

from xds_server.envoy.config_source import ADS_WAITS
from xds_server.envoy.encoders import envoy_config_core_v3 as core
from xds_server.envoy.encoders import envoy_config_route_v3 as route
from xds_server.envoy.encoders import envoy_extensions_filters_network_http_connection_manager_v3 as hcm
from xds_server.envoy.listeners import HTTP_FILTERS, http_listener
from xds_server.model.edge import Families
from xds_server.model.resource import Resource, resource

MARKER: Final = "xds-server/ready"
"""Name of the listener and of its route configuration; no Gateway's, since those have a port at the end."""
VERSION_HEADER: Final = "x-xds-version"


def _answering(status: int) -> route.VirtualHost:
    answer = route.direct_response_action(status=status)
    routes = [route.route(match=route.route_match(prefix="/"), direct_response=answer)]
    return route.virtual_host(name="*", domains=["*"], routes=routes)


_READY, _NOT_READY = _answering(200), _answering(503)
_PLACEHOLDER: Final = resource(MARKER, route.route_configuration(name=MARKER, virtual_hosts=[_NOT_READY]))


def marker_listener(port: int, families: Families = "dual") -> Resource:
    """The listener. On all addresses: a kubelet probes that of the pod."""
    manager = hcm.http_connection_manager(
        stat_prefix=MARKER,
        rds=hcm.rds(config_source=ADS_WAITS, route_config_name=MARKER),
        http_filters=HTTP_FILTERS,
    )
    return http_listener(MARKER, port, manager, families=families, always_answers=True)


def marker_routes(version: str) -> Resource:
    """The route configuration: 200 for every request, with the version in a header; 503 for who has not all the rest."""
    header = core.header_value_option(header=core.header_value(key=VERSION_HEADER, value=version))
    body = route.route_configuration(name=MARKER, virtual_hosts=[_READY], response_headers_to_add=[header])
    return msgspec.structs.replace(resource(MARKER, body), placeholder=_PLACEHOLDER)
