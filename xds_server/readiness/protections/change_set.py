"""A change of the served state as one value: from the graph, through the protections, to the cache."""

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any, Final, NamedTuple, TypeAlias, cast

from krt import Change, Commit
from xds_server.model.objects import Gateway, ObjectKey
from xds_server.model.resource import Resource
from xds_server.model.routing import Attached, PortKey
from xds_server.translate.pipeline import Pipeline

_UNCHANGED: Final[Mapping[Any, Any]] = MappingProxyType({})

ResourceChange: TypeAlias = Change[Any]
"""(old, new) of one key; None on a side: it did not exist, or exists no more."""

Place = tuple[str, Any]
"""A collection of the graph, and a key in it."""

Changes = Mapping[Place, ResourceChange]
"""Changes by place, for policies that treat all collections alike."""


class ChangeSet(NamedTuple):
    """What changes, by collection of the graph and by key: each change from what is published to what is to be."""

    our_gateways: Mapping[ObjectKey, Change[Gateway]] = _UNCHANGED
    clusters: Mapping[str, Change[Resource]] = _UNCHANGED
    load_assignments: Mapping[str, Change[Resource]] = _UNCHANGED
    listeners: Mapping[PortKey, Change[Resource]] = _UNCHANGED
    route_configurations: Mapping[PortKey, Change[Resource]] = _UNCHANGED
    attached_routes: Mapping[ObjectKey, Change[Attached]] = _UNCHANGED
    """Not published: the loss rules read where a route leads."""

    @classmethod
    def of_commit(cls, commit: Commit) -> "ChangeSet":
        """The changes of one transaction of the graph."""
        changes: dict[str, Mapping[Any, ResourceChange]] = {}
        for name, delta in commit.deltas.items():
            changes[name] = delta.changes
        return cls(**changes)

    @classmethod
    def of_contents(cls, derived: Mapping[str, Mapping[Any, Any]]) -> "ChangeSet":
        """The changes that lead from nothing to the contents of collections."""
        return cls(**{
            name: {key: Change(None, value) for key, value in contents.items()} for name, contents in derived.items()
        })  # fmt: skip

    @classmethod
    def of_places(cls, changes: Changes) -> "ChangeSet":
        """The same changes, by collection."""
        by_collection: dict[str, dict[Any, ResourceChange]] = {}
        for (collection, key), change in changes.items():
            by_collection.setdefault(collection, {})[key] = change
        return cls(**by_collection)

    def by_collection(self) -> Iterator[tuple[str, Mapping[Any, ResourceChange]]]:
        """The changes of each collection, by its name."""
        return zip(self._fields, cast(tuple[Mapping[Any, ResourceChange], ...], self), strict=True)

    def updated(self, newer: "ChangeSet") -> "ChangeSet":
        """The changes of both; where both change a key, those of *newer*."""
        theirs = dict(newer.by_collection())
        return ChangeSet(**{name: {**mine, **theirs[name]} for name, mine in self.by_collection()})

    def by_place(self) -> Changes:
        """The same changes, by place."""
        return {
            (collection, key): change for collection, by_key in self.by_collection() for key, change in by_key.items()
        }


def collections_of(pipeline: Pipeline) -> Mapping[str, Mapping[Any, Any]]:
    """The collections of a ChangeSet with their present contents, by name."""
    collections = (
        pipeline.roles, pipeline.clusters, pipeline.load_assignments, pipeline.listeners,
        pipeline.route_configurations, pipeline.attached_routes,
    )  # fmt: skip
    assert tuple(collection.name for collection in collections) == ChangeSet._fields
    return {collection.name: collection for collection in collections}
