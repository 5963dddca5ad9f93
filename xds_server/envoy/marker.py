"""The completeness marker: a listener that answers 200 once Envoy has a complete configuration, and says which.

Its route configuration is the last resource of the last type that Envoy is sent, and Envoy takes connections only when
every listener of its first set has its routes: so whoever asks this port asks whether all of it was accepted.
"""

from typing import Final

from xds_server.edge import Families
from xds_server.envoy.config_source import ADS_WAITS
from xds_server.envoy.encoders import envoy_config_core_v3 as core
from xds_server.envoy.encoders import envoy_config_route_v3 as route
from xds_server.envoy.encoders import envoy_extensions_filters_network_http_connection_manager_v3 as hcm
from xds_server.envoy.listeners import HTTP_FILTERS, http_listener
from xds_server.snapshot.resource import Resource, resource

MARKER: Final = "xds-server/ready"
"""Name of the listener and of its route configuration; no Gateway's, since those have a port at the end."""
VERSION_HEADER: Final = "x-xds-version"

_ANSWER_200 = route.route(match=route.route_match(prefix="/"), direct_response=route.direct_response_action(status=200))
_HOST = route.virtual_host(name="*", domains=["*"], routes=[_ANSWER_200])


def marker_listener(port: int, families: Families = "dual") -> Resource:
    """The listener. On all addresses: a kubelet probes that of the pod."""
    manager = hcm.http_connection_manager(
        stat_prefix=MARKER,
        rds=hcm.rds(config_source=ADS_WAITS, route_config_name=MARKER),
        http_filters=HTTP_FILTERS,
    )
    return http_listener(MARKER, port, manager, families=families, always_answers=True)


def marker_routes(version: str) -> Resource:
    """The route configuration: 200 for every request, with the version in a header."""
    header = core.header_value_option(header=core.header_value(key=VERSION_HEADER, value=version))
    body = route.route_configuration(name=MARKER, virtual_hosts=[_HOST], response_headers_to_add=[header])
    return resource(MARKER, body)
