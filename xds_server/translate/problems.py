"""Derives the problems between objects, such as a route that names an unknown Gateway."""

from dataclasses import dataclass

from krt import Collection, Context
from xds_server.model.objects import Gateway, ObjectKey
from xds_server.model.routing import Attached
from xds_server.model.source_state import Problem
from xds_server.translate.gatewayapi.problems import of_gateway, of_route


@dataclass(frozen=True, slots=True)
class Problems:
    """By object; an object without problems has no entry."""

    gateways: Collection[ObjectKey, tuple[Problem, ...]]
    routes: Collection[ObjectKey, tuple[Problem, ...]]


def derive_problems(
    gateways: Collection[ObjectKey, Gateway],
    attached_routes: Collection[ObjectKey, Attached],
    *,
    gateway_class: str,
    shared: bool,
) -> Problems:
    """Derives the problems of all Gateways and routes. *shared* and *gateway_class*: as of `build_pipeline`."""

    def route_problems(ctx: Context, attached: Attached) -> tuple[Problem, ...] | None:
        def class_of(key: ObjectKey) -> str | None:
            return ctx.get(gateways, key, select=_class_name)

        return tuple(of_route(attached, class_of, gateway_class, shared=shared)) or None

    def gateway_problems(_: Context, gateway: Gateway) -> tuple[Problem, ...] | None:
        return tuple(of_gateway(gateway, gateway_class, shared=shared)) or None

    return Problems(
        gateways=gateways.map(gateway_problems, name="gateway_problems"),
        routes=attached_routes.map(route_problems, name="route_problems"),
    )


def _class_name(gateway: Gateway) -> str:
    return gateway.class_name
