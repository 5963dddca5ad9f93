"""What a change takes away from the proxies, and on which kinds of objects it depends whether that is so."""

from collections import defaultdict
from collections.abc import Iterable
from typing import Any, Final, NamedTuple

from krt import Change, Collection
from xds_server.model.objects import ObjectKey
from xds_server.model.resource import Resource
from xds_server.model.routing import Attached, PortKey
from xds_server.readiness.protections.change_set import Changes, Place, ResourceChange
from xds_server.readiness.protections.retention import NO_KINDS
from xds_server.readiness.protections.shrink_guard import IsLoss, ShrinkGuard, Tolerance, is_removal
from xds_server.translate.pipeline import Pipeline

# A route names a Service that we do not know, or that is gone: the Service may be new, or the route old.
_REFERENCES: Final = frozenset({"httproutes", "services"})
_ENDPOINTS: Final = frozenset({"services", "endpointslices"})
# A route moved to a Service of which we know no endpoint: its endpoints may be new, too.
_TARGETS: Final = _REFERENCES | _ENDPOINTS


def is_emptied(change: Change[Resource]) -> bool:
    """Whether a load assignment had endpoints and has none any more."""
    old, new = change
    return old is not None and old.endpoints > 0 and (new is None or not new.endpoints)


def is_detached(change: Change[Attached]) -> bool:
    """Whether a route was attached to a Gateway and is so no more."""
    old, new = change
    return old is not None and bool(old.domains) and (new is None or not new.domains)


class _Guarded(NamedTuple):
    """A collection of which the shrink guard counts the losses."""

    collection: Collection[Any, Any]
    is_loss: IsLoss
    kinds: frozenset[str]
    """The kinds of objects whose lists may have caused a loss in it."""


def _guarded(pipeline: Pipeline) -> tuple[_Guarded, ...]:
    gateways = frozenset({"gateways"})
    return (
        _Guarded(pipeline.roles, is_removal, gateways),
        _Guarded(pipeline.clusters, is_removal, frozenset({"services"})),
        _Guarded(pipeline.load_assignments, is_emptied, _ENDPOINTS),
        _Guarded(pipeline.listeners, is_removal, gateways),
        _Guarded(pipeline.attached_routes, is_detached, gateways | {"httproutes"}),
    )


def shrink_guard(pipeline: Pipeline, tolerance: Tolerance) -> ShrinkGuard:
    """The guard over what a pipeline serves."""
    losses = {guarded.collection.name: guarded.is_loss for guarded in _guarded(pipeline)}
    additive = frozenset({pipeline.clusters.name, pipeline.load_assignments.name})
    return ShrinkGuard(tolerance, losses, additive=additive)


def sources_of(pipeline: Pipeline, collections: Iterable[str]) -> frozenset[str]:
    """The kinds of objects whose lists may have caused a loss in *collections*."""
    names = frozenset(collections)
    return frozenset().union(*(guarded.kinds for guarded in _guarded(pipeline) if guarded.collection.name in names))


class PipelineLossRules:
    """The loss rules of a pipeline. A Gateway and what belongs to it alone are never retained.

    These are losses that depend on several kinds: a cluster is removed although a route may lead to it; a load assignment is
    emptied; a route refers to a Service that is not found any more; a route newly leads to a cluster without endpoints.
    A new route takes nothing away, wherever it leads, unless another route of that port goes or changes in the same step:
    the new route may have taken its place.

    A retained route configuration leads to clusters that its routes have left since: they go when it goes, not before.
    """

    def __init__(self, pipeline: Pipeline) -> None:
        self._clusters = pipeline.clusters.name
        self._assignments = pipeline.load_assignments
        self._route_configurations = pipeline.route_configurations.name
        self._attached = pipeline.attached_routes.name
        self._not_found: defaultdict[PortKey, set[_Target]] = defaultdict(set)
        self._new: defaultdict[PortKey, set[_Target]] = defaultdict(set)
        self._left: dict[str, set[tuple[PortKey, ObjectKey]]] = {}
        """By cluster: the ports and routes that led there, and do so no longer."""

    def record_step(self, changes: Changes) -> None:
        """Takes in how routes changed."""
        steps = [
            (key, _targets(old), _targets(new))
            for (collection, key), (old, new) in changes.items()
            if collection == self._attached
        ]
        ports_left = {port for _, before, _ in steps for port in before}
        for route, before, after in steps:
            for port in before.keys() | after.keys():
                was, now = before.get(port, _NOWHERE), after.get(port, _NOWHERE)
                for known, had, has in (
                    (self._not_found[port], was.not_found, now.not_found),
                    (self._new[port], was.found, now.found),
                ):
                    known -= {(route, cluster) for cluster in had - has}
                    if port in ports_left:
                        known |= {(route, cluster) for cluster in has - had}
                for cluster in was.found - now.found:
                    self._left.setdefault(cluster, set()).add((port, route))
                for cluster in now.found - was.found:
                    self._left.get(cluster, set()).discard((port, route))

    def depends_on(self, place: Place, change: ResourceChange) -> frozenset[str]:
        """The kinds on which it depends whether the change takes something away; NO_KINDS if it does not."""
        collection, key = place
        old, new = change
        if collection == self._route_configurations:
            return NO_KINDS if old is None or new is None else self._misrouted(key)
        if collection in (self._clusters, self._assignments.name) and new is None:
            # The routes of these ports lead there as long as their route configuration is retained.
            ports = {port for port, _ in self._left.get(key, ())}
            return _REFERENCES.union(*map(self._misrouted, ports))
        return _ENDPOINTS if collection == self._assignments.name and is_emptied(change) else NO_KINDS

    def keep(self, places: Iterable[Place]) -> None:
        """Forgets what was lost, but for the ports of the route configurations in *places*."""
        if not (self._not_found or self._new or self._left):
            return
        ports = {key for collection, key in places if collection == self._route_configurations}
        self._not_found = defaultdict(set, {port: self._not_found[port] for port in ports if port in self._not_found})
        self._new = defaultdict(set, {port: self._new[port] for port in ports if port in self._new})
        left = {cluster: {one for one in routes if one[0] in ports} for cluster, routes in self._left.items()}
        self._left = {cluster: routes for cluster, routes in left.items() if routes}

    def _misrouted(self, port: PortKey) -> frozenset[str]:
        """The kinds on which it depends whether routes of a port lead where nobody answers."""
        idle = any(self._is_idle(cluster) for _, cluster in self._new.get(port, ()))
        return (_REFERENCES if self._not_found.get(port) else NO_KINDS) | (_TARGETS if idle else NO_KINDS)

    def _is_idle(self, cluster: str) -> bool:
        assignment = self._assignments.get(cluster)
        return assignment is None or not assignment.endpoints


_Target = tuple[ObjectKey, str]
"""A route, and a cluster to which it leads."""


class _Targets(NamedTuple):
    """The clusters to which a route leads at a port."""

    found: frozenset[str]
    not_found: frozenset[str]


_NOWHERE: Final = _Targets(frozenset(), frozenset())


def _targets(route: Attached | None) -> dict[PortKey, _Targets]:
    """Where a route leads, at each port where it is attached."""
    if route is None:
        return {}
    targets = [target for rule in route.route.rules for target in rule.targets]
    clusters = _Targets(
        frozenset(target.cluster for target in targets if target.found and target.weight),
        frozenset(target.cluster for target in targets if not target.found),
    )
    return {(gateway, port): clusters for gateway, port, _, _ in route.domains}
