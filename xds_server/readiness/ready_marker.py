"""The ready marker: a listener on each proxy that answers 200 once the proxy has a complete configuration."""

from collections.abc import Iterable, Mapping

from xds_server.envoy.ready_listener import MARKER, marker_listener, marker_routes
from xds_server.model.edge import Families
from xds_server.model.resource import CLUSTER, LISTENER, ROUTE, TypeUrl
from xds_server.xds.cache.resource_cache import ChangedNames, ResourceCache
from xds_server.xds.cache.table import accepted_version


class ReadyMarker:
    """Keeps the ready marker of each role up to date. *port* 0: there is no marker.

    Its version is the digest of all clusters and of the role's listeners and routes. A rejected resource that no proxy has
    accepted counts with its former content, since that is what proxies have. Load assignments do not count: otherwise each
    change of an endpoint would rewrite a route configuration of every proxy.
    """

    def __init__(self, cache: ResourceCache, port: int, families: Families = "dual") -> None:
        self._cache = cache
        self._port = port
        self._listener = marker_listener(port, families)

    def update(self, for_all: ChangedNames, by_role: Mapping[str, ChangedNames]) -> Mapping[str, ChangedNames]:
        """Updates the marker of each role whose configuration changed; returns *by_role* with the names that this changed."""
        if not self._port or not (by_role or for_all.get(CLUSTER)):
            return by_role
        roles = self._cache.roles if for_all.get(CLUSTER) else self._cache.roles & by_role.keys()
        return {**by_role, **{role: self._update(role, by_role.get(role, {})) for role in roles}}

    def acceptance_changed(self, roles: Iterable[str]) -> Mapping[str, ChangedNames]:
        """Updates the marker of *roles* after an ACK or a NACK; returns the names that this changed, by role."""
        if not self._port:
            return {}
        changed = {role: self._update(role, {}) for role in self._cache.roles.intersection(roles)}
        return {role: names for role, names in changed.items() if names}

    def _update(self, role: str, changed: ChangedNames) -> ChangedNames:
        view = self._cache.role_tables(role)
        assert view is not None
        names: dict[TypeUrl, frozenset[str]] = dict(changed)
        # A listener of the Gateway on this very port takes the marker's place.
        wanted = f"{role}/{self._port}" not in view[LISTENER]
        added = self._cache.put(role, LISTENER, self._listener if wanted else None, MARKER)
        names[LISTENER] = names.get(LISTENER, frozenset()) | added
        routes = marker_routes(accepted_version(view, but_route=MARKER)) if wanted else None
        added = self._cache.put(role, ROUTE, routes, MARKER)
        names[ROUTE] = names.get(ROUTE, frozenset()) | added
        return {type_url: those for type_url, those in names.items() if those}
