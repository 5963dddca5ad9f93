"""The published resources: the tables from which all streams are served, changed by one publication at a time."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from weakref import WeakValueDictionary

from xds_server.model.resource import CLUSTER, ENDPOINT, LISTENER, PASS_THROUGH, PUSH_ORDER, ROUTE, Resource, TypeUrl
from xds_server.xds.cache.acceptance import Rejection
from xds_server.xds.cache.table import Reconstruct, RoleTables, Table

ResourceChange = tuple[Resource | None, Resource | None]
"""(old, new): old is None for an added resource, new for a removed one."""

ChangedNames = Mapping[TypeUrl, frozenset[str]]
"""Names of changed resources, by type."""


AcceptanceListener = Callable[[str, TypeUrl, frozenset[str]], None]
"""Called with a role, a type and names: see `ResourceCache.acceptance_changed`."""


Publication = Mapping[str | None, ChangedNames]
"""Names that changed, by role; under None those of the tables that all roles share."""

PublicationListener = Callable[[Publication], None]


class _RoleTables(dict[TypeUrl, Table]):
    """The tables of one role; unlike a dict it may be referred to weakly."""

    __slots__ = ("__weakref__",)


class ResourceCache:
    """The published tables by role, where a role is the key of a Gateway: `namespace/name`.

    A role owns its tables of listeners and routes, and shares all others with the other roles.
    """

    def __init__(self, *, reconstruct_cluster: Reconstruct | None = None) -> None:
        self.epoch: int | None = None
        """The epoch of the graph that is published; None before the first publication."""
        self.roles: set[str] = set()
        """The published roles."""
        self._shared = {CLUSTER: Table(reconstruct=reconstruct_cluster), ENDPOINT: Table()}
        self._shared |= {type_url: Table() for type_url in PASS_THROUGH}
        self._by_role: dict[str, RoleTables] = {}
        # Also the tables of roles that are not published, for as long as a stream is served from them.
        self._all_tables: WeakValueDictionary[str, _RoleTables] = WeakValueDictionary()
        self._acceptance_listeners: list[AcceptanceListener] = []
        self._publication_listeners: list[PublicationListener] = []

    def role_tables(self, role: str) -> RoleTables | None:
        """The tables of a published role; None if the role is not published."""
        return self._by_role[role] if role in self.roles else None

    def prepared_tables(self, role: str) -> RoleTables:
        """The tables that a role has, or will have once it is published.

        Until then its own tables are empty, or preloaded. An empty table does not mean that there are no resources, so
        only gate mode `off` and the last good configuration may serve a stream from them.
        """
        tables = self._all_tables.get(role)
        if tables is None:
            tables = self._all_tables[role] = _RoleTables({**self._shared, LISTENER: Table(), ROUTE: Table()})
        if self.epoch is None:
            self._by_role[role] = tables
        return tables

    def preload(
        self,
        shared: Mapping[TypeUrl, Iterable[Resource]],
        own: Mapping[str, Mapping[TypeUrl, Iterable[Resource]]],
    ) -> None:
        """Fills the tables before the first `publish`, which removes whatever it does not contain."""
        assert self.epoch is None
        for type_url, table in self._shared.items():
            for item in shared.get(type_url, ()):
                table.put(item)
        for role, resources in own.items():
            tables = self.prepared_tables(role)
            for type_url in (LISTENER, ROUTE):
                for item in resources.get(type_url, ()):
                    tables[type_url].put(item)

    def count_resources(self) -> Mapping[TypeUrl, int]:
        """The number of published resources by type, over all roles. A type that this server derives counts even at 0."""
        own = {
            type_url: sum(len(self._by_role[role][type_url]) for role in self.roles) for type_url in (LISTENER, ROUTE)
        }
        shared = {type_url: len(table) for type_url, table in self._shared.items() if table or type_url in PUSH_ORDER}
        return shared | own

    def rejections(self) -> Iterator[tuple[str | None, TypeUrl, Rejection]]:
        """(role, type, rejection) of each published content that a client rejected and no client has accepted since.

        The role is None for types that all roles share.
        """
        tables: list[tuple[str | None, TypeUrl, Table]] = [(None, *item) for item in self._shared.items()]
        tables += [(role, *item) for role in sorted(self.roles) for item in self._own_tables(role)]
        for role, type_url, table in tables:
            for rejection in table.acceptance.rejections.values():
                yield role, type_url, rejection

    def count_rejected(self) -> Mapping[tuple[TypeUrl, str], int]:
        """The number of resources that open streams are "refused" or "suspected", by type and state; once per stream."""
        counts: Counter[tuple[TypeUrl, str]] = Counter()
        for type_url, table in self._tables():
            for stream in list(table.acceptance.rejecting_streams):
                rejected, suspected = stream.count_rejected()
                counts[type_url, "refused"] += rejected
                counts[type_url, "suspected"] += suspected
        return +counts  # Without zeros.

    def _tables(self) -> Iterator[tuple[TypeUrl, Table]]:
        yield from self._shared.items()
        for role in self._by_role:
            yield from self._own_tables(role)

    def on_publication(self, listener: PublicationListener) -> None:
        """Has *listener* called by every `announce`."""
        self._publication_listeners.append(listener)

    def announce(self, for_all: ChangedNames, by_role: Mapping[str, ChangedNames]) -> None:
        """Tells the listeners which names changed. To be called once after `publish`, and the calls of `put` that follow it."""
        publication: dict[str | None, ChangedNames] = {None: for_all}
        publication.update(by_role)
        for listener in self._publication_listeners:
            listener(publication)

    def on_acceptance_changed(self, listener: AcceptanceListener) -> None:
        """Calls *listener* at each later `acceptance_changed`."""
        self._acceptance_listeners.append(listener)

    def acceptance_changed(self, role: str, type_url: TypeUrl, names: frozenset[str]) -> None:
        """Takes the protocol's event `AcceptanceChanged` from a stream of *role*, after the request that caused it."""
        for listener in self._acceptance_listeners:
            listener(role, type_url, names)

    def names_by_role(
        self, role: str, type_url: TypeUrl, names: frozenset[str]
    ) -> tuple[ChangedNames, dict[str, ChangedNames]]:
        """Returns *names*, seen by a stream of *role*, as (for all roles, by role); nothing if the role is not published."""
        if not names or role not in self._by_role:
            return {}, {}
        return ({type_url: names}, {}) if type_url in self._shared else ({}, {role: {type_url: names}})

    def publish(
        self,
        epoch: int,
        *,
        roles: Mapping[str, bool],
        shared: Mapping[TypeUrl, Iterable[ResourceChange]],
        own: Mapping[TypeUrl, Iterable[tuple[str, ResourceChange]]],
    ) -> tuple[ChangedNames, Mapping[str, ChangedNames]]:
        """Publishes a change, and returns the names that changed: (for all roles, by role).

        After this call the streams have to be told of those names, before the next one.

        *roles*: added (true) or removed (false). *shared*: changes by type. *own*: (role, change) by type. A change of a
        role that is not published is ignored: such a role is not served, and its tables are not emptied either.
        """
        for table in self._shared.values():
            if table.removed:
                table.begin()
        by_role: dict[str, dict[TypeUrl, frozenset[str]]] = {}
        for role, present in roles.items():
            if present:
                by_role[role] = self._add_role(role)
            else:
                self.roles.discard(role)
                self._by_role.pop(role, None)
        for type_url, changes in own.items():
            for role, change in changes:
                if role in self.roles:
                    names, table = by_role.setdefault(role, {}), self._by_role[role][type_url]
                    if type_url not in names:
                        table.begin()
                    names[type_url] = names.get(type_url, frozenset()) | _apply(table, (change,))
        if self.epoch is None:
            self._by_role = {role: tables for role, tables in self._by_role.items() if role in self.roles}
        removed = self._remove_preloaded() if self.epoch is None else {}
        self.epoch = epoch
        for_all: dict[TypeUrl, frozenset[str]] = {}
        for type_url, of_type in shared.items():
            for_all[type_url] = removed.get(type_url, frozenset()) | _apply(self._shared[type_url], of_type)
        return for_all, by_role

    def _remove_preloaded(self) -> dict[TypeUrl, frozenset[str]]:
        """Removes the preloaded resources from the shared tables, and returns their names."""
        return {
            type_url: _apply(table, [(item, None) for item in table])
            for type_url, table in self._shared.items()
            if len(table)
        }

    def put(self, role: str, type_url: TypeUrl, item: Resource | None, name: str) -> frozenset[str]:
        """Adds, replaces or (None) removes a resource that a role owns; returns its name if that changed anything."""
        table = self._by_role[role][type_url]
        old = table.get(name)
        if (old and old.digest) == (item and item.digest):
            return frozenset()
        return _apply(table, ((old, item),))

    def _own_tables(self, role: str) -> list[tuple[TypeUrl, Table]]:
        return [(type_url, self._by_role[role][type_url]) for type_url in (LISTENER, ROUTE)]

    def _add_role(self, role: str) -> dict[TypeUrl, frozenset[str]]:
        """Adds a role, and removes what its tables still hold from earlier; returns the removed names."""
        self.roles.add(role)
        tables = self._by_role[role] = self.prepared_tables(role)
        old = {type_url: tuple(tables[type_url]) for type_url in (LISTENER, ROUTE)}
        return {type_url: _apply(tables[type_url], ((item, None) for item in items)) for type_url, items in old.items()}


def _apply(table: Table, changes: Iterable[ResourceChange]) -> frozenset[str]:
    """Applies changes to a table; returns the names that changed."""
    names = set()
    for old, new in changes:
        if old is not None and (new is None or new.name != old.name):
            table.remove(old.name)
            names.add(old.name)
        if new is not None:
            table.put(new)
            names.add(new.name)
    return frozenset(names)
