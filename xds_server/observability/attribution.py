"""Which objects a rejected resource comes from, as near as it can be told: a proxy knows resources only.

Of a route configuration these are the HTTPRoutes of which it holds something that the one before it, which a proxy
accepted, does not hold; all of them, if none was accepted before.
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

_MOST: Final = 10
_MOST_WORDS: Final = 300


def blamed(
    store: ResourceCache,
    routes: Mapping[ObjectKey, Attached],
    role: str | None,
    type_url: TypeUrl,
    rejection: Rejection,
) -> list[str]:
    """The objects that a rejected resource comes from, as `Kind namespace/name`: the newest first, at most ten."""
    if role is None:
        # Clusters and load assignments are named for their Service and its port; listeners and routes are a Gateway's.
        return [f"Service {rejection.name.rpartition(':')[0]}"]
    if type_url != ROUTE:
        return [f"Gateway {role}"]
    view = store.view(role)
    former = view[type_url].trial.former(rejection.name) if view is not None else None
    gateway, _, port = rejection.name.rpartition("/")
    known = b"" if former is None else former.body
    found = _new_routes(routes.values(), gateway, int(port) if port.isdecimal() else 0, known)
    newest = sorted(found, key=lambda key: (routes[key].route.created, key), reverse=True)
    return [f"HTTPRoute {key}" for key in newest[:_MOST]] or [f"Gateway {role}"]


def problems(store: ResourceCache, routes: Mapping[ObjectKey, Attached]) -> Iterator[Problem]:
    """What proxies reject now, one for each object that it comes from."""
    for role, type_url, rejection in store.rejections():
        for name in blamed(store, routes, role, type_url, rejection):
            said = f"{rejection.node} rejected what is made of it, or of another one changed with it: look for it in"
            yield Problem(
                source=SOURCE, object=name, field="", message=f"{said} {rejection.message.strip()[:_MOST_WORDS]!r}"
            )


def _new_routes(routes: Iterable[Attached], gateway: ObjectKey, port: int, known: bytes) -> set[ObjectKey]:
    """Routes at a port of which something is not in *known*, an encoded route configuration."""
    accepted = encoded_routes(known)
    at_port = [one.route for one in routes if any(domain[:2] == (gateway, port) for domain in one.domains)]
    return {route.key for route in at_port if any(encoded_route(entry) not in accepted for _, entry in ranked(route))}
