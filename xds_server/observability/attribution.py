"""Which objects a rejected resource comes from, as far as that can be known: a proxy names resources only.

A rejected route configuration is compared with the last one that a proxy accepted. The HTTPRoutes that it comes from are
those that added something since; if none was accepted before, all of them.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from xds_server.envoy.routes import encoded_route, encoded_routes
from xds_server.model.objects import ObjectKey
from xds_server.model.resource import ROUTE, TypeUrl
from xds_server.model.routing import Attached
from xds_server.model.source_state import Problem
from xds_server.translate.gatewayapi.precedence import ranked
from xds_server.xds.cache.acceptance import Rejection
from xds_server.xds.cache.resource_cache import ResourceCache

SOURCE: Final = "proxies"

_MAX_OBJECTS: Final = 10
_MAX_MESSAGE: Final = 300


def origin_objects(
    cache: ResourceCache,
    routes: Mapping[ObjectKey, Attached],
    role: str | None,
    type_url: TypeUrl,
    rejection: Rejection,
) -> list[str]:
    """The objects that a rejected resource comes from, as `Kind namespace/name`: the newest first, at most ten.

    *role* is that of the table that holds the resource; None for a table that all roles share.
    """
    if role is None:
        # Clusters and load assignments are shared. They are named `namespace/name:port`, after a Service and its port.
        return [f"Service {rejection.name.rpartition(':')[0]}"]
    if type_url != ROUTE:
        return [f"Gateway {role}"]
    view = cache.role_tables(role)
    former = view[type_url].acceptance.last_accepted(rejection.name) if view is not None else None
    gateway, _, port = rejection.name.rpartition("/")
    accepted = b"" if former is None else former.body
    added = _added_routes(routes.values(), gateway, int(port) if port.isdecimal() else 0, accepted)
    newest = sorted(added, key=lambda key: (routes[key].route.created, key), reverse=True)
    return [f"HTTPRoute {key}" for key in newest[:_MAX_OBJECTS]] or [f"Gateway {role}"]


def problems(cache: ResourceCache, routes: Mapping[ObjectKey, Attached]) -> Iterator[Problem]:
    """The rejections of proxies as problems, one for each object that a rejected resource comes from."""
    for role, type_url, rejection in cache.rejections():
        for name in origin_objects(cache, routes, role, type_url, rejection):
            words = rejection.message.strip()[:_MAX_MESSAGE]
            yield Problem(
                source=SOURCE,
                object=name,
                field="",
                message=f"{rejection.node} rejected a resource that is made from it, or from an object that changed at"
                f" the same time: fix what its message names: {words!r}",
            )


def _added_routes(routes: Iterable[Attached], gateway: ObjectKey, port: int, accepted: bytes) -> set[ObjectKey]:
    """HTTPRoutes at a port of which some entry is not in *accepted*, an encoded route configuration."""
    known = encoded_routes(accepted)
    at_port = [
        attached.route for attached in routes if any(domain[:2] == (gateway, port) for domain in attached.domains)
    ]
    return {route.key for route in at_port if any(encoded_route(entry) not in known for _, entry in ranked(route))}
