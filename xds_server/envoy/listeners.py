"""envoy.config.listener.v3.Listener: one per port of a Gateway."""

from typing import Final

from xds_server.envoy.config_source import ADS_WAITS
from xds_server.envoy.encoders import envoy_config_core_v3 as core
from xds_server.envoy.encoders import envoy_config_listener_v3 as listener_v3
from xds_server.envoy.encoders import envoy_extensions_filters_http_router_v3 as router
from xds_server.envoy.encoders import envoy_extensions_filters_network_http_connection_manager_v3 as hcm
from xds_server.envoy.encoders import google_protobuf
from xds_server.model.routing import Port
from xds_server.snapshot.resource import Resource, resource

_EVERYWHERE: Final = "0.0.0.0"  # noqa: S104 - a gateway serves all
_UPGRADES = [hcm.http_connection_manager_upgrade_config(upgrade_type="websocket")]

HTTP_FILTERS: Final = [
    hcm.http_filter(
        name="envoy.filters.http.router",
        typed_config=google_protobuf.any(type_url=router.ROUTER, value=router.router()),
    )
]
"""The filters of every listener: the router, which must be there."""


def listener(port: Port) -> Resource:
    """The listener of a port: HTTP/1.1 and HTTP/2, routes by the route configuration of the same name."""
    manager = hcm.http_connection_manager(
        stat_prefix=port.name,
        rds=hcm.rds(config_source=ADS_WAITS, route_config_name=port.name),
        http_filters=HTTP_FILTERS,
        server_header_transformation="PASS_THROUGH",
        use_remote_address=True,  # we are the edge
        upgrade_configs=_UPGRADES,
        normalize_path=True,
    )
    return http_listener(port.name, port.number, manager)


def http_listener(name: str, number: int, manager: hcm.HttpConnectionManager) -> Resource:
    """A listener on all addresses that speaks HTTP as *manager* says."""
    network_filter = listener_v3.filter(
        name="envoy.filters.network.http_connection_manager",
        typed_config=google_protobuf.any(type_url=hcm.HTTP_CONNECTION_MANAGER, value=manager),
    )
    body = listener_v3.listener(
        name=name,
        address=core.address(socket_address=core.socket_address(address=_EVERYWHERE, port_value=number)),
        filter_chains=[listener_v3.filter_chain(filters=[network_filter])],
    )
    return resource(name, body)
