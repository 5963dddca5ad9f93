"""From the graph to the published tables: nothing before everything is known, then each change as it comes."""

from collections.abc import Iterable, Mapping

from krt import Change, Commit, Graph
from xds_server.model.resource import CLUSTER, ENDPOINT, LISTENER, ROUTE, Resource, TypeUrl
from xds_server.readiness.protections.change_set import ChangeSet, collections_of
from xds_server.readiness.protections.protections import Protections
from xds_server.readiness.ready_marker import ReadyMarker
from xds_server.translate.pipeline import Pipeline
from xds_server.xds.cache.resource_cache import ResourceCache


class Publisher:
    """Publishes what the pipeline derived: first everything at once, when every collection is complete.

    It is synchronous: when a transaction of the graph returns, its changes are published, at its epoch, but for those that
    the protections hold.
    """

    def __init__(
        self,
        graph: Graph,
        pipeline: Pipeline,
        cache: ResourceCache,
        *,
        protections: Protections | None = None,
        marker: ReadyMarker | None = None,
    ) -> None:
        """Without *protections* every change is published at once; without *marker* there is no ready marker."""
        collections = collections_of(pipeline)
        self._cache = cache
        self._derived = collections
        self._protections = protections or Protections(collections)
        self._marker = marker or ReadyMarker(cache, 0)
        self._served = (
            pipeline.roles, pipeline.clusters, pipeline.load_assignments,
            pipeline.listeners, pipeline.route_configurations,
        )  # fmt: skip
        cache.on_acceptance_changed(self._acceptance_changed)
        graph.subscribe(self._committed, *self._served, pipeline.attached_routes, replay=False)

    def kind_listed(self, kind: str, started: float) -> None:
        """A list of a kind that began at *started* was committed: it may confirm what is held."""
        self._publish_now(self._protections.kind_listed(kind, started))

    def kind_gone(self, kind: str) -> None:
        """The API server does not know a kind any more: what was lost with it a moment ago is published again."""
        self._publish_now(self._protections.kind_gone(kind))

    def tick(self) -> None:
        """Publishes what was held or retained for as long as it may. To be called several times a second."""
        self._publish_now(self._protections.release_held_due())
        self._publish_now(self._protections.release_retained_due())

    def release_held(self) -> int:
        """Publishes the held change, and returns how many there were."""
        hold = self._protections.shrink_hold
        count = int(hold is not None and hold.held_change is not None)
        self._publish_now(self._protections.release_held())
        return count

    def release_retained(self) -> int:
        """Publishes the changes of all retained resources, and returns how many resources those were."""
        retention = self._protections.retention
        count = 0 if retention is None else len(retention.retained)
        self._publish_now(self._protections.release_retained())
        return count

    def _acceptance_changed(self, role: str, type_url: TypeUrl, names: frozenset[str]) -> None:
        """Updates the marker, and publishes *names* to all again.

        These names were rejected by one proxy, and another proxy of *role* has accepted them now.
        """
        for_all, by_role = self._cache.names_by_role(role, type_url, names)
        changed = self._marker.acceptance_changed(self._cache.roles if type_url == CLUSTER else {role})
        for each, added in changed.items():
            known = by_role.setdefault(each, {})
            by_role[each] = {**known, **{kind: those | known.get(kind, frozenset()) for kind, those in added.items()}}
        if for_all or by_role:
            self._cache.announce(for_all, by_role)

    def _committed(self, commit: Commit) -> None:
        if self._cache.epoch is None:
            if all(collection.synced for collection in self._served):
                self._publish(commit.epoch, ChangeSet.of_contents(self._derived))
            return
        changes = ChangeSet.of_commit(commit)
        admitted = self._protections.admit(changes)
        if admitted is changes and not changes.our_gateways:
            self._apply(
                commit.epoch, changes, {}
            )  # The published state is the derived state: there is nothing to note.
            return
        self._publish(commit.epoch, admitted)
        self._publish_now(self._protections.release_retained_due())

    def _publish_now(self, changes: ChangeSet) -> None:
        if self._cache.epoch is not None and any(changes):
            self._publish(self._cache.epoch, changes)

    def _publish(self, epoch: int, changes: ChangeSet) -> None:
        """Publishes changes, and with them what belongs to roles that come; forgets what belongs to roles that go."""
        roles = {
            role: new is not None for role, (old, new) in changes.our_gateways.items() if (old is None) != (new is None)
        }
        came = {role for role, present in roles.items() if present}
        if came:
            changes = self._protections.changes_of_roles(came).updated(changes)
        self._apply(epoch, changes, roles)
        self._protections.record_published(changes, self._cache.roles)
        self._publish_now(self._protections.forget_roles(roles.keys() - came))

    def _apply(self, epoch: int, changes: ChangeSet, roles: Mapping[str, bool]) -> None:
        """Makes changes, each from what is published, the published state. *roles*: those that come (true) or go."""
        first = self._cache.epoch is None
        shared: dict[TypeUrl, Iterable[Change[Resource]]] = {}
        if changes.clusters or first:
            shared[CLUSTER] = changes.clusters.values()
        if changes.load_assignments or first:
            shared[ENDPOINT] = changes.load_assignments.values()
        own: dict[TypeUrl, Iterable[tuple[str, Change[Resource]]]] = {}
        if changes.listeners:
            own[LISTENER] = [(role, change) for (role, _), change in changes.listeners.items()]
        if changes.route_configurations:
            own[ROUTE] = [(role, change) for (role, _), change in changes.route_configurations.items()]
        for_all, by_role = self._cache.publish(epoch, roles=roles, shared=shared, own=own)
        self._cache.announce(for_all, self._marker.update(for_all, by_role))
