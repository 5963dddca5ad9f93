"""What is published: the tables from which every stream is served, changed in one step at a time."""

from collections.abc import Iterable, Mapping

from xds_server.snapshot.resource import CLUSTER, ENDPOINT, LISTENER, ROUTE, Resource, TypeUrl
from xds_server.snapshot.table import Table, View

Change = tuple[Resource | None, Resource | None]
"""(old, new); None on a side: it was not, or is no more."""

Names = Mapping[TypeUrl, frozenset[str]]
"""Names of changed resources, by type."""


class Store:
    """The published tables. All roles share those of clusters and load assignments; listeners and routes are a role's own.

    A role is the key of a Gateway. `epoch` is the epoch of the graph that is published; None before the first.
    """

    def __init__(self) -> None:
        self.epoch: int | None = None
        self.roles: set[str] = set()
        """The roles that can be served."""
        self._shared = {CLUSTER: Table(), ENDPOINT: Table()}
        self._views: dict[str, View] = {}  # also of roles that went: their streams keep what they were given

    def view(self, role: str) -> View | None:
        """What a role is served; None if there is no such role."""
        return self._views[role] if role in self.roles else None

    def prepared(self, role: str) -> View:
        """The tables that a role has or will have. Before it is known they are empty, so: for gate mode `off` only."""
        return self._views.setdefault(role, {**self._shared, LISTENER: Table(), ROUTE: Table()})

    def counts(self) -> Mapping[TypeUrl, int]:
        """Published resources by type, those of all roles together."""
        own = {type_url: sum(len(self._views[role][type_url]) for role in self.roles) for type_url in (LISTENER, ROUTE)}
        return {type_url: len(table) for type_url, table in self._shared.items()} | own

    def publish(
        self,
        epoch: int,
        *,
        roles: Mapping[str, bool],
        shared: Mapping[TypeUrl, Iterable[Change]],
        own: Mapping[TypeUrl, Iterable[tuple[str, Change]]],
    ) -> tuple[Names, Mapping[str, Names]]:
        """Makes a change the published state, and returns the names that changed: (for all roles, by role).

        *roles*: those that came (true) or went (false). *own*: (role, change) by type.
        A change of a role that went is not applied: unknown roles are not served, and not emptied either.
        """
        by_role: dict[str, dict[TypeUrl, frozenset[str]]] = {}
        for role, present in roles.items():
            if present:
                by_role[role] = self._enter(role)
            else:
                self.roles.discard(role)
        for type_url, changes in own.items():
            for role, change in changes:
                if role in self.roles:
                    names = by_role.setdefault(role, {})
                    names[type_url] = names.get(type_url, frozenset()) | _apply(self._views[role][type_url], (change,))
        self.epoch = epoch
        return {type_url: _apply(self._shared[type_url], changes) for type_url, changes in shared.items()}, by_role

    def put(self, role: str, type_url: TypeUrl, item: Resource | None, name: str) -> frozenset[str]:
        """Adds, replaces or (None) removes one resource of a role's own; returns its name, if that changed anything."""
        table = self._views[role][type_url]
        old = table.get(name)
        if (old and old.digest) == (item and item.digest):
            return frozenset()
        return _apply(table, ((old, item),))

    def _enter(self, role: str) -> dict[TypeUrl, frozenset[str]]:
        """Adds a role. If it was there before, what it left behind goes, and counts as changed."""
        self.roles.add(role)
        view = self.prepared(role)
        left = {type_url: tuple(view[type_url]) for type_url in (LISTENER, ROUTE)}
        return {type_url: _apply(view[type_url], ((item, None) for item in items)) for type_url, items in left.items()}


def _apply(table: Table, changes: Iterable[Change]) -> frozenset[str]:
    """Applies changes to a table; returns the names of what changed."""
    names = set()
    for old, new in changes:
        if old is not None and (new is None or new.name != old.name):
            table.discard(old.name)
            names.add(old.name)
        if new is not None:
            table.put(new)
            names.add(new.name)
    return frozenset(names)
