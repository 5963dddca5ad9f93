"""From the graph to the published tables: nothing before everything is known, then each change as it comes."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from krt import Change, Collection, Commit, Graph
from xds_server.envoy.ready_listener import MARKER, marker_listener, marker_routes
from xds_server.model.edge import Families
from xds_server.model.resource import CLUSTER, ENDPOINT, LISTENER, ROUTE, TypeUrl
from xds_server.readiness.protections.divergence import Divergence, Place, places
from xds_server.readiness.protections.retention import Retention
from xds_server.readiness.protections.shrink_guard import Changes, joined
from xds_server.readiness.protections.shrink_hold import ShrinkHold
from xds_server.translate.pipeline import Pipeline
from xds_server.xds.cache.resource_cache import ChangedNames, ResourceCache
from xds_server.xds.cache.table import RoleTables, version_of

OnPublish = Callable[[ChangedNames, Mapping[str, ChangedNames]], None]
"""Called with the names that changed: for all roles, and by role."""


class Publisher:
    """Publishes what the pipeline derived: first all of it at once, when every collection is complete.

    Synchronous: when a transaction of the graph returns, its changes are published, at its epoch; or they are held,
    because they would take away too much, or what we may only not know of.
    """

    def __init__(
        self,
        graph: Graph,
        pipeline: Pipeline,
        store: ResourceCache,
        on_publish: OnPublish,
        *,
        shrink_hold: ShrinkHold | None = None,
        retention: Retention | None = None,
        marker_port: int = 0,
        families: Families = "dual",
    ) -> None:
        """Without *shrink_hold* and *retention* every change is believed; with *marker_port* 0 there is no completeness marker."""
        self._pipeline = pipeline
        self._store = store
        self._on_publish = on_publish
        self._shrink_hold = shrink_hold
        self._retention = retention
        self._marker = Marker(store, marker_port, families)
        self._shared = {CLUSTER: pipeline.clusters, ENDPOINT: pipeline.load_assignments}
        self._own = {LISTENER: pipeline.listeners, ROUTE: pipeline.route_configurations}
        self._names_of_own = tuple(collection.name for collection in self._own.values())
        self._served: tuple[Collection[Any, Any], ...] = (pipeline.roles, *self._shared.values(), *self._own.values())
        counted = () if shrink_hold is None and retention is None else (pipeline.attached_routes,)
        self._watched: tuple[Collection[Any, Any], ...] = (*self._served, *counted)
        self._divergence = Divergence({collection.name: collection for collection in self._watched})
        store.on_acceptance_changed(self._acceptance_changed)
        graph.subscribe(self._committed, *self._watched, replay=False)

    def listed(self, kind: str, started: float) -> None:
        """Notes that a list of a kind, begun at *started*, was committed: it may confirm what is held."""
        if self._shrink_hold is not None:
            self._release(self._shrink_hold.listed(kind, started))

    def gone(self, kind: str) -> None:
        """Notes that the server does not know a kind any more: what went with it a moment ago is published again."""
        if self._shrink_hold is not None:
            self._shrink_hold.gone(kind)
            self._put(self._back())

    def tick(self) -> None:
        """Publishes what was held, or carried over, for as long as it may."""
        if self._shrink_hold is not None:
            self._release(self._shrink_hold.due())
        self._look_after_carried()

    def override(self) -> bool:
        """Publishes what is held, and returns whether anything was."""
        held = {} if self._shrink_hold is None else self._shrink_hold.override()
        self._release(held)
        return bool(held)

    def drop(self) -> int:
        """Publishes what is carried over, as it is derived, and returns how many resources those were."""
        if self._retention is None:
            return 0
        count = len(self._retention.retained)
        self._drop(self._retention.override())
        return count

    def _acceptance_changed(self, role: str, type_url: TypeUrl, names: frozenset[str]) -> None:
        """Brings the marker up to date, which shows what is accepted, and publishes *names* to all again.

        Those were rejected by a proxy, and a proxy of *role* has accepted them now.
        """
        for_all, by_role = self._store.addressed(role, type_url, names)
        changed = self._marker.acceptance_changed(self._store.roles if type_url == CLUSTER else {role})
        for each, added in changed.items():
            mine = by_role.setdefault(each, {})
            by_role[each] = {**mine, **{kind: those | mine.get(kind, frozenset()) for kind, those in added.items()}}
        if for_all or by_role:
            self._on_publish(for_all, by_role)

    def _committed(self, commit: Commit) -> None:
        if self._store.epoch is None:
            if all(collection.synced for collection in self._served):
                self._publish(commit.epoch, {collection.name: _all_of(collection) for collection in self._served})
            return
        changes = step = self._divergence.step({name: delta.changes for name, delta in commit.deltas.items()})
        if self._shrink_hold is not None:
            sizes = {collection.name: len(collection) for collection in self._watched}
            changes = self._shrink_hold.admit(changes, sizes)
        if self._retention is not None:
            changes = self._retention.admit(joined(_level(step), changes))
        self._publish(commit.epoch, joined(changes, self._back()))
        self._look_after_carried()

    def _look_after_carried(self) -> None:
        if self._retention is not None and self._retention.retained:
            self._drop(self._retention.due())

    def _back(self) -> Changes:
        """What is to be published again: from what is published."""
        back = {} if self._shrink_hold is None else self._shrink_hold.taken_back()
        return {name: self._divergence.back(name, values) for name, values in back.items()}

    def _release(self, held: Changes) -> None:
        """Publishes, as it is derived now, what was held, and is believed."""
        changes = self._divergence.changes(places(held))
        if changes and self._retention is not None:
            changes = self._retention.admit(changes, certain=True)
        self._put(changes)

    def _drop(self, carried: Changes) -> None:
        """Publishes, as it is derived now, what was carried over, but for what is held for another reason."""
        shrink_hold = self._shrink_hold
        self._put(
            self._divergence.changes(p for p in places(carried) if shrink_hold is None or not shrink_hold.holds(p))
        )

    def _put(self, changes: Changes) -> None:
        if changes and self._store.epoch is not None:
            self._publish(self._store.epoch, changes)

    def _publish(self, epoch: int, changes: Changes) -> None:
        """Makes changes, each from what is published, the published state."""
        roles = changes.get(self._pipeline.roles.name, {})
        turned = {role: new is not None for role, (old, new) in roles.items() if (old is None) != (new is None)}
        came = {role for role, present in turned.items() if present}
        if came:
            changes = joined(self._awaiting(came), changes)
        for_all, by_role = self._store.publish(
            epoch,
            roles=turned,
            shared={type_url: changes[c.name].values() for type_url, c in self._shared.items() if c.name in changes},
            own={
                type_url: [(key[0], change) for key, change in changes[c.name].items()]
                for type_url, c in self._own.items()
                if c.name in changes
            },
        )
        for name, by_key in changes.items():
            own, present = name in self._names_of_own, self._store.roles
            self._divergence.published(
                name, ((key, new if not own or key[0] in present else None) for key, (_, new) in by_key.items())
            )
        self._on_publish(for_all, self._marker.put(for_all, by_role))
        self._forget({role for role, present in turned.items() if not present})

    def _awaiting(self, roles: set[str]) -> Changes:
        """What was derived for roles that were not published, and that nobody holds."""
        return self._divergence.changes(place for place in self._of(roles) if not self._holds(place))

    def _forget(self, roles: set[str]) -> None:
        """Of roles that are published no longer nothing is: what is held of them is held no longer."""
        gone = self._of(roles)
        if not gone:
            return
        for name, key in gone:
            self._divergence.published(name, ((key, None),))
        if self._retention is not None:
            self._retention.forget(gone)
        if self._shrink_hold is not None:
            self._release(self._shrink_hold.forget(gone))

    def _of(self, roles: set[str]) -> list[Place]:
        """Where what is a role's own is behind."""
        if not roles:
            return []
        return [(name, key) for name in self._names_of_own for key in self._divergence.keys(name) if key[0] in roles]

    def _holds(self, place: Place) -> bool:
        suspected = self._shrink_hold is not None and self._shrink_hold.holds(place)
        return suspected or (self._retention is not None and place in self._retention.retained)


class Marker:
    """Keeps the completeness marker of each role up to date.

    Its version is the digest of all clusters and of the role's listeners and routes, with what was good before in place
    of what was rejected and nobody accepted: that is what proxies have. Load assignments are not in it:
    each change of an endpoint would rewrite a route configuration of every proxy.
    """

    def __init__(self, store: ResourceCache, port: int, families: Families) -> None:
        self._store = store
        self._port = port
        self._listener = marker_listener(port, families)

    def put(self, for_all: ChangedNames, by_role: Mapping[str, ChangedNames]) -> Mapping[str, ChangedNames]:
        """Brings it up to date for the roles whose configuration changed; returns *by_role*, and what that changed."""
        if not self._port:
            return by_role
        touched = self._store.roles if for_all.get(CLUSTER) else self._store.roles & by_role.keys()
        return {**by_role, **{role: self._of(role, by_role.get(role, {})) for role in touched}}

    def acceptance_changed(self, roles: Iterable[str]) -> Mapping[str, ChangedNames]:
        """Brings it up to date after an answer of a proxy; returns what that changed, by role."""
        if not self._port:
            return {}
        changed = {role: self._of(role, {}) for role in self._store.roles.intersection(roles)}
        return {role: names for role, names in changed.items() if names}

    def _of(self, role: str, changed: ChangedNames) -> ChangedNames:
        view = self._store.view(role)
        assert view is not None
        names: dict[TypeUrl, frozenset[str]] = dict(changed)
        # A Gateway that has a listener on this very port has our place.
        wanted = f"{role}/{self._port}" not in view[LISTENER]
        added = self._store.put(role, LISTENER, self._listener if wanted else None, MARKER)
        names[LISTENER] = names.get(LISTENER, frozenset()) | added
        added = self._store.put(role, ROUTE, marker_routes(marked_version(view)) if wanted else None, MARKER)
        names[ROUTE] = names.get(ROUTE, frozenset()) | added
        return {type_url: those for type_url, those in names.items() if those}


def marked_version(view: RoleTables) -> str:
    """The version that the marker of a role shows: of what is published, but for what was rejected."""
    shared, own = view[CLUSTER].accepted_digest(), view[LISTENER].accepted_digest()
    return version_of(shared + own + view[ROUTE].accepted_digest(but=MARKER))


def _all_of(collection: Collection[Any, Any]) -> Mapping[Any, Change[Any]]:
    return {key: Change(None, value) for key, value in collection.items()}


def _level(changes: Changes) -> Changes:
    """Those that lead back to what is published."""
    return {
        name: {key: change for key, change in by_key.items() if change[0] == change[1]}
        for name, by_key in changes.items()
    }
