"""From the graph to the published tables: nothing before everything is known, then each change as it comes."""

from collections.abc import Callable, Mapping
from typing import Any

from krt import Change, Collection, Commit, Graph
from xds_server.pipeline import Pipeline
from xds_server.snapshot.resource import CLUSTER, ENDPOINT, LISTENER, ROUTE
from xds_server.snapshot.store import Names, Store

OnPublish = Callable[[Names, Mapping[str, Names]], None]
"""Called with the names that changed: for all roles, and by role."""


class Publisher:
    """Publishes what the pipeline derived: first all of it at once, when every collection is complete.

    Synchronous: when a transaction of the graph returns, its changes are published, at its epoch.
    """

    def __init__(self, graph: Graph, pipeline: Pipeline, store: Store, on_publish: OnPublish) -> None:
        self._pipeline = pipeline
        self._store = store
        self._on_publish = on_publish
        self._served = (
            pipeline.roles,
            pipeline.clusters,
            pipeline.load_assignments,
            pipeline.listeners,
            pipeline.route_configurations,
        )
        graph.subscribe(self._committed, *self._served, replay=False)

    def _committed(self, commit: Commit) -> None:
        if self._store.epoch is not None:
            changes: Mapping[str, Mapping[Any, Change[Any]]] = {
                name: delta.changes for name, delta in commit.deltas.items()
            }
        elif all(collection.synced for collection in self._served):
            changes = {collection.name: _all_of(collection) for collection in self._served}
        else:
            return
        self._on_publish(*self._publish(commit.epoch, changes))

    def _publish(
        self, epoch: int, changes: Mapping[str, Mapping[Any, Change[Any]]]
    ) -> tuple[Names, Mapping[str, Names]]:
        pipeline = self._pipeline
        roles = changes.get(pipeline.roles.name, {})
        shared = {CLUSTER: pipeline.clusters, ENDPOINT: pipeline.load_assignments}
        own = {LISTENER: pipeline.listeners, ROUTE: pipeline.route_configurations}
        return self._store.publish(
            epoch,
            roles={role: new is not None for role, (old, new) in roles.items() if (old is None) != (new is None)},
            shared={type_url: changes[c.name].values() for type_url, c in shared.items() if c.name in changes},
            own={
                type_url: [(key[0], change) for key, change in changes[c.name].items()]
                for type_url, c in own.items()
                if c.name in changes
            },
        )


def _all_of(collection: Collection[Any, Any]) -> Mapping[Any, Change[Any]]:
    return {key: Change(None, value) for key, value in collection.items()}
