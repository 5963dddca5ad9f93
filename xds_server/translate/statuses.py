"""Derives the status of each Gateway and each route."""

from dataclasses import dataclass

from krt import Collection, Context
from xds_server.model.conditions import GatewayStatus, RouteStatus
from xds_server.model.objects import Gateway, HTTPRoute, Listener, ObjectKey
from xds_server.model.routing import Attached
from xds_server.translate.gatewayapi.conditions import gateway_status, listener_of, route_status


@dataclass(frozen=True, slots=True)
class Statuses:
    """The statuses of the Gateways of our class, and of all routes."""

    gateways: Collection[ObjectKey, GatewayStatus]
    routes: Collection[ObjectKey, RouteStatus]


def derive_statuses(
    our_gateways: Collection[ObjectKey, Gateway],
    httproutes: Collection[ObjectKey, HTTPRoute],
    attached_routes: Collection[ObjectKey, Attached],
) -> Statuses:
    """Derives the statuses. A Gateway's status counts the routes that each listener serves."""
    served_by = attached_routes.index(listener_of, name="listener")

    def of_gateway(ctx: Context, gateway: Gateway) -> GatewayStatus:
        def count(listener: Listener) -> int:
            return len(ctx.lookup(served_by, (gateway.key, listener.port, listener.hostname)))

        return gateway_status(gateway, count)

    def of_route(ctx: Context, route: HTTPRoute) -> RouteStatus | None:
        attached = ctx.get(attached_routes, route.key)
        return None if attached is None else route_status(route, attached)

    return Statuses(
        gateways=our_gateways.map(of_gateway, name="gateway_statuses"),
        routes=httproutes.map(of_route, name="route_statuses"),
    )
