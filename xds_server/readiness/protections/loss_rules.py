"""What a change takes away from the proxies, and which kinds of objects have a say in whether that is so."""

import functools
from collections import defaultdict
from collections.abc import Callable, Iterable
from typing import Any, Final, NamedTuple

from xds_server.envoy.endpoints import has_endpoints
from xds_server.model.objects import ObjectKey
from xds_server.model.routing import Attached, PortKey
from xds_server.readiness.protections.retention import NO_KINDS, Key
from xds_server.readiness.protections.shrink_guard import Change, Changes, IsLoss, ShrinkGuard, Tolerance, removed
from xds_server.translate.pipeline import Pipeline

# A route that names a Service which we do not know, or that we know to be gone: the Service may be new, the route old.
_REFERENCES: Final = frozenset({"httproutes", "services"})
_ENDPOINTS: Final = frozenset({"services", "endpointslices"})
# A route that moved to a Service of which we know no endpoint: its endpoints may be new, too.
_LEADS: Final = _REFERENCES | _ENDPOINTS


def shrink_guard(pipeline: Pipeline, tolerance: Tolerance) -> ShrinkGuard:
    """The guard over what a pipeline serves: a load assignment is lost also if it is emptied, a route if it is detached."""
    losses: dict[str, IsLoss] = {
        pipeline.roles.name: removed,
        pipeline.clusters.name: removed,
        pipeline.load_assignments.name: functools.partial(_less, of=has_endpoints),
        pipeline.listeners.name: removed,
        pipeline.attached_routes.name: functools.partial(_less, of=lambda route: bool(route.domains)),
    }
    additive = frozenset({pipeline.clusters.name, pipeline.load_assignments.name})
    return ShrinkGuard(tolerance, losses, additive=additive)


def sources_of(pipeline: Pipeline, collections: Iterable[str]) -> frozenset[str]:
    """The kinds of objects whose lists may have brought a loss in *collections*."""
    by = {
        pipeline.roles.name: {"gateways"},
        pipeline.clusters.name: {"services"},
        pipeline.load_assignments.name: _ENDPOINTS,
        pipeline.listeners.name: {"gateways"},
        pipeline.attached_routes.name: {"gateways", "httproutes"},
    }
    return frozenset(kind for name in collections for kind in by.get(name, ()))


class PipelineLossRules:
    """What may be lost only because some kind is out of touch. A Gateway, and what is its own, never is.

    A cluster goes though a route may lead to it; a load assignment is emptied; a reference of a route that was found is
    found no longer; a route newly leads to a cluster of which no endpoint is known. A new route takes nothing away,
    wherever it leads, unless another one of that port goes or changes in the same step: it may have its place.

    A route configuration that is retained leads to clusters that routes have left since: these are lost with it, not before.
    """

    def __init__(self, pipeline: Pipeline) -> None:
        self._clusters = pipeline.clusters.name
        self._assignments = pipeline.load_assignments
        self._routes = pipeline.route_configurations.name
        self._attached = pipeline.attached_routes.name
        self._missing: defaultdict[PortKey, set[_Lead]] = defaultdict(set)
        self._new: defaultdict[PortKey, set[_Lead]] = defaultdict(set)
        self._left: dict[str, set[tuple[PortKey, ObjectKey]]] = {}
        """By cluster: the routes that led there, and do so no longer."""

    def note(self, changes: Changes) -> None:
        """Takes in how routes changed."""
        steps = [
            (route, _leads(old), _leads(new)) for route, (old, new) in changes.get(self._attached, {}).items()
        ]  # fmt: skip
        left = {port for _, before, _ in steps for port in before}
        for route, before, after in steps:
            for port in before.keys() | after.keys():
                was, now = before.get(port, _NOWHERE), after.get(port, _NOWHERE)
                for known, had, has in (
                    (self._missing[port], was.unfound, now.unfound),
                    (self._new[port], was.found, now.found),
                ):
                    known -= {(route, cluster) for cluster in had - has}
                    if port in left:
                        known |= {(route, cluster) for cluster in has - had}
                for cluster in was.found - now.found:
                    self._left.setdefault(cluster, set()).add((port, route))
                for cluster in now.found - was.found:
                    self._left.get(cluster, set()).discard((port, route))

    def depends_on(self, key: Key, change: Change) -> frozenset[str]:
        """The kinds on which it rests that the change takes something away; none, if it does not."""
        name, place = key
        old, new = change
        if name == self._routes:
            return NO_KINDS if old is None or new is None else self._led_astray(place)
        if name in (self._clusters, self._assignments.name) and new is None:
            # The routes of these ports lead there as long as they are kept as they were.
            ports = {port for port, _ in self._left.get(place, ())}
            return _REFERENCES.union(*map(self._led_astray, ports))
        emptied = name == self._assignments.name and old is not None and has_endpoints(old) and not has_endpoints(new)
        return _ENDPOINTS if emptied else NO_KINDS

    def keep(self, keys: Iterable[Key]) -> None:
        """Forgets what was lost at all ports but those of *keys*."""
        ports = {place: None for name, place in keys if name == self._routes}
        self._missing = defaultdict(set, {port: self._missing[port] for port in ports if port in self._missing})
        self._new = defaultdict(set, {port: self._new[port] for port in ports if port in self._new})
        left = {cluster: {one for one in routes if one[0] in ports} for cluster, routes in self._left.items()}
        self._left = {cluster: routes for cluster, routes in left.items() if routes}

    def _led_astray(self, port: PortKey) -> frozenset[str]:
        """On what it rests that routes of a port lead where nobody answers."""
        idle = any(self._is_idle(cluster) for _, cluster in self._new.get(port, ()))
        return (_REFERENCES if self._missing.get(port) else NO_KINDS) | (_LEADS if idle else NO_KINDS)

    def _is_idle(self, cluster: str) -> bool:
        assignment = self._assignments.get(cluster)
        return assignment is None or not has_endpoints(assignment)


_Lead = tuple[ObjectKey, str]
"""A route, and a cluster to which it leads."""


class _Leads(NamedTuple):
    """The clusters to which a route leads at a port."""

    found: frozenset[str]
    unfound: frozenset[str]


_NOWHERE: Final = _Leads(frozenset(), frozenset())


def _leads(route: Attached | None) -> dict[PortKey, _Leads]:
    """Where a route leads, at each port where it is attached."""
    if route is None:
        return {}
    targets = [target for rule in route.route.rules for target in rule.targets]
    leads = _Leads(
        frozenset(target.cluster for target in targets if target.found and target.weight),
        frozenset(target.cluster for target in targets if not target.found),
    )
    return {(gateway, port): leads for gateway, port, _, _ in route.domains}


def _less(change: tuple[Any, Any], *, of: Callable[[Any], bool]) -> bool:
    old, new = change
    return old is not None and of(old) and (new is None or not of(new))
