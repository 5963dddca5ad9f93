"""What is to be written to the status of each Gateway and each route, derived like everything else."""

from dataclasses import dataclass

from krt import Collection, Context
from xds_server.model.conditions import GatewayStatus, RouteStatus
from xds_server.model.objects import Gateway, HTTPRoute, Listener, ObjectKey
from xds_server.translate.gatewayapi.conditions import gateway_status, listener_of, route_status
from xds_server.translate.pipeline import Pipeline


@dataclass(frozen=True, slots=True)
class Statuses:
    """By object: of the Gateways of our class, and of all routes."""

    gateways: Collection[ObjectKey, GatewayStatus]
    routes: Collection[ObjectKey, RouteStatus]


def build(pipeline: Pipeline) -> Statuses:
    """Derives, in the pipeline's graph, the statuses. Nothing that is served depends on them."""
    routes = pipeline.attached_routes
    served_by = routes.index(listener_of, name="listener")

    def of_gateway(ctx: Context, gateway: Gateway) -> GatewayStatus:
        def count(listener: Listener) -> int:
            return len(ctx.lookup(served_by, (gateway.key, listener.port, listener.hostname)))

        return gateway_status(gateway, count)

    def of_route(ctx: Context, route: HTTPRoute) -> RouteStatus | None:
        attached = ctx.get(routes, route.key)
        return None if attached is None else route_status(route, attached)

    return Statuses(
        gateways=pipeline.roles.map(of_gateway, name="gateway_statuses"),
        routes=pipeline.sources["httproutes"].map(of_route, name="route_statuses"),
    )
