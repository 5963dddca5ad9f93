"""What is published: the tables from which every stream is served, changed in one step at a time."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from weakref import WeakValueDictionary

from xds_server.model.resource import CLUSTER, ENDPOINT, LISTENER, PASS_THROUGH, PUSH_ORDER, ROUTE, Resource, TypeUrl
from xds_server.xds.cache.acceptance import Rejection
from xds_server.xds.cache.table import Reconstruct, RoleTables, Table

ResourceChange = tuple[Resource | None, Resource | None]
"""(old, new); None on a side: it was not, or is no more."""

ChangedNames = Mapping[TypeUrl, frozenset[str]]
"""Names of changed resources, by type."""


AcceptanceListener = Callable[[str, TypeUrl, frozenset[str]], None]
"""Called with a role, a type and names: see `ResourceCache.acceptance_changed`."""


Publication = Mapping[str | None, ChangedNames]
"""Names that changed, by role; under None those of the tables that all roles share."""

PublicationListener = Callable[[Publication], None]


class _RoleTables(dict[TypeUrl, Table]):
    """The tables of one role."""

    __slots__ = ("__weakref__",)


class ResourceCache:
    """The published tables. Listeners and routes are a role's own, all others are shared.

    A role is the key of a Gateway. `epoch` is the epoch of the graph that is published; None before the first.
    """

    def __init__(self, *, remake_cluster: Reconstruct | None = None) -> None:
        self.epoch: int | None = None
        self.roles: set[str] = set()
        """The roles that can be served."""
        self._shared = {CLUSTER: Table(remake=remake_cluster), ENDPOINT: Table()}
        self._shared |= {type_url: Table() for type_url in PASS_THROUGH}
        self._views: dict[str, RoleTables] = {}
        # Also of roles that went, or were never there, as long as a stream is served from them.
        self._known: WeakValueDictionary[str, _RoleTables] = WeakValueDictionary()
        self._acceptance_listeners: list[AcceptanceListener] = []
        self._publication_listeners: list[PublicationListener] = []

    def view(self, role: str) -> RoleTables | None:
        """What a role is served; None if there is no such role."""
        return self._views[role] if role in self.roles else None

    def prepared(self, role: str) -> RoleTables:
        """The tables that a role has or will have. Before it is known they are empty, so: for gate mode `off` only."""
        view = self._known.get(role)
        if view is None:
            view = self._known[role] = _RoleTables({**self._shared, LISTENER: Table(), ROUTE: Table()})
        if self.epoch is None:
            self._views[role] = view
        return view

    def prepare(
        self,
        shared: Mapping[TypeUrl, Iterable[Resource]],
        own: Mapping[str, Mapping[TypeUrl, Iterable[Resource]]],
    ) -> None:
        """Fills tables before anything is published: what the first publication does not contain goes with it."""
        assert self.epoch is None
        for type_url, table in self._shared.items():
            for item in shared.get(type_url, ()):
                table.put(item)
        for role, resources in own.items():
            view = self.prepared(role)
            for type_url in (LISTENER, ROUTE):
                for item in resources.get(type_url, ()):
                    view[type_url].put(item)

    def counts(self) -> Mapping[TypeUrl, int]:
        """Published resources by type, those of all roles together; of the types that we derive, also if there are none."""
        own = {type_url: sum(len(self._views[role][type_url]) for role in self.roles) for type_url in (LISTENER, ROUTE)}
        shared = {type_url: len(table) for type_url, table in self._shared.items() if table or type_url in PUSH_ORDER}
        return shared | own

    def rejections(self) -> Iterator[tuple[str | None, TypeUrl, Rejection]]:
        """What is published although a client rejected it, and none has accepted it since: (role, type, rejection).

        Of what roles share the role is None.
        """
        tables: list[tuple[str | None, TypeUrl, Table]] = [(None, *item) for item in self._shared.items()]
        tables += [(role, *item) for role in sorted(self.roles) for item in self._own(role)]
        for role, type_url, table in tables:
            for rejection in table.trial.rejections.values():
                yield role, type_url, rejection

    def rejected(self) -> Mapping[tuple[TypeUrl, str], int]:
        """Resources that open streams are refused or suspect, by type and by which of the two; counted by stream."""
        counts: Counter[tuple[TypeUrl, str]] = Counter()
        for type_url, table in self._tables():
            for stream in list(table.trial.doubted):
                refused, suspected = stream.rejected_now()
                counts[type_url, "refused"] += refused
                counts[type_url, "suspected"] += suspected
        return +counts  # Without zeros.

    def _tables(self) -> Iterator[tuple[TypeUrl, Table]]:
        yield from self._shared.items()
        for view in self._views.values():
            yield from ((type_url, view[type_url]) for type_url in (LISTENER, ROUTE))

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
        """Has *listener* called by every `acceptance_changed`."""
        self._acceptance_listeners.append(listener)

    def acceptance_changed(self, role: str, type_url: TypeUrl, names: frozenset[str]) -> None:
        """Takes the protocol's event `AcceptanceChanged` from a stream of *role*, after the request that caused it."""
        for listener in self._acceptance_listeners:
            listener(role, type_url, names)

    def addressed(
        self, role: str, type_url: TypeUrl, names: frozenset[str]
    ) -> tuple[ChangedNames, dict[str, ChangedNames]]:
        """*names* of a type, seen by a stream of *role*, as (for all roles, by role). Nothing of a role that went."""
        if not names or role not in self._views:
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
        """Makes a change the published state, and returns the names that changed: (for all roles, by role).

        *roles*: those that came (true) or went (false). *own*: (role, change) by type.
        A change of a role that went is not applied: unknown roles are not served, and not emptied either.
        """
        for table in self._shared.values():
            if table.removed:
                table.begin()
        by_role: dict[str, dict[TypeUrl, frozenset[str]]] = {}
        for role, present in roles.items():
            if present:
                by_role[role] = self._enter(role)
            else:
                self.roles.discard(role)
                self._views.pop(role, None)
        for type_url, changes in own.items():
            for role, change in changes:
                if role in self.roles:
                    names, table = by_role.setdefault(role, {}), self._views[role][type_url]
                    if type_url not in names:
                        table.begin()
                    names[type_url] = names.get(type_url, frozenset()) | _apply(table, (change,))
        if self.epoch is None:
            self._views = {role: view for role, view in self._views.items() if role in self.roles}
        left = self._left() if self.epoch is None else {}
        self.epoch = epoch
        for_all: dict[TypeUrl, frozenset[str]] = {}
        for type_url, of_type in shared.items():
            for_all[type_url] = left.get(type_url, frozenset()) | _apply(self._shared[type_url], of_type)
        return for_all, by_role

    def _left(self) -> dict[TypeUrl, frozenset[str]]:
        """Takes from the shared tables what they were prepared with, and returns the names."""
        return {
            type_url: _apply(table, [(item, None) for item in table])
            for type_url, table in self._shared.items()
            if len(table)
        }

    def put(self, role: str, type_url: TypeUrl, item: Resource | None, name: str) -> frozenset[str]:
        """Adds, replaces or (None) removes one resource of a role's own; returns its name, if that changed anything."""
        table = self._views[role][type_url]
        old = table.get(name)
        if (old and old.digest) == (item and item.digest):
            return frozenset()
        return _apply(table, ((old, item),))

    def _own(self, role: str) -> list[tuple[TypeUrl, Table]]:
        return [(type_url, self._views[role][type_url]) for type_url in (LISTENER, ROUTE)]

    def _enter(self, role: str) -> dict[TypeUrl, frozenset[str]]:
        """Adds a role. If it was there before, what it left behind goes, and counts as changed."""
        self.roles.add(role)
        view = self._views[role] = self.prepared(role)
        left = {type_url: tuple(view[type_url]) for type_url in (LISTENER, ROUTE)}
        return {type_url: _apply(view[type_url], ((item, None) for item in items)) for type_url, items in left.items()}


def _apply(table: Table, changes: Iterable[ResourceChange]) -> frozenset[str]:
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
