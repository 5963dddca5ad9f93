"""Tables of resources: what is published, with a version that a change alters at the cost of the change."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Final

from xds_server.model.resource import CLUSTER, LISTENER, ROUTE, Resource, TypeUrl
from xds_server.xds.cache.acceptance import Acceptance
from xds_server.xds.cache.chunks import TableChunks

_MODULUS: Final = 1 << 128
_MAX_TOMBSTONES: Final = 1000

Reconstruct = Callable[[str], Resource | None]
"""What a resource of that name was most likely like; None if it can have been none of ours."""


class Table:
    """The published resources of one type, by name.

    The version is the sum of the digests modulo 2^128: it depends on the content alone, not on the
    order of changes or on this process, and is kept at the cost of what changed. (A sum, not an
    exclusive or: two equal digests would cancel each other out.)
    """

    __slots__ = (
        "_departed",
        "_remake",
        "_resources",
        "_whole",
        "digest",
        "generation",
        "mortal",
        "removed",
        "sealed",
        "trial",
    )

    def __init__(self, resources: Iterable[Resource] = (), *, remake: Reconstruct | None = None) -> None:
        self._resources: dict[str, Resource] = {}
        self._whole: TableChunks | None = None
        self._departed: dict[str, Resource] = {}
        self._remake = remake
        self.digest = 0
        """Sum of the digests; not reduced."""
        self.generation = 0
        """Counts the changes."""
        self.removed: dict[str, Resource] = {}
        """What went since `begin`: streams take leave of it in their own time."""
        self.mortal: dict[str, float] = {}
        """Names of what has a time to live, with that: in seconds."""
        self.sealed: dict[str, Resource] = {}
        """By name, what is sent in place of what is to be sent last (`Resource.meanwhile`)."""
        self.trial = Acceptance()
        for item in resources:
            self.put(item)

    def begin(self) -> None:
        """Another change begins; streams have been told of the one before."""
        self.removed.clear()

    def put(self, item: Resource) -> None:
        """Adds or replaces a resource."""
        old = self._resources.get(item.name)
        self.digest += item.digest - (old.digest if old is not None else 0)
        self._resources[item.name] = item
        self._whole = None
        self.generation += 1
        self._departed.pop(item.name, None)
        if item.ttl:
            self.mortal[item.name] = item.ttl
        elif self.mortal:
            self.mortal.pop(item.name, None)
        if item.meanwhile is not None:
            self.sealed[item.name] = item.meanwhile
        elif self.sealed:
            self.sealed.pop(item.name, None)
        self.trial.published(old, item)

    def discard(self, name: str) -> None:
        """Removes a resource, if it is there."""
        old = self._resources.pop(name, None)
        if old is not None:
            self._whole = None
            self.generation += 1
            self.mortal.pop(name, None)
            self.sealed.pop(name, None)
            self.digest -= old.digest
            rejected = name in self.trial.rejections
            left = (self.trial.former(name) if rejected else None) or old  # What clients have of it.
            self.removed[name] = self._departed[name] = left
            if len(self._departed) > _MAX_TOMBSTONES:
                del self._departed[next(iter(self._departed))]
            self.trial.removed(name)

    @property
    def version(self) -> str:
        """Version of the whole table: 32 hexadecimal digits."""
        return self.version_of(self.digest)

    def version_of(self, digest: int) -> str:
        """The version of some of the resources, of which *digest* is the sum."""
        return version_of(digest)

    def accepted_digest(self, *, but: str = "") -> int:
        """Sum of the digests of what nobody rejected, and, in place of the rest, of what was good before; *but* one name."""
        item = self._resources.get(but)
        digest = self.digest - (item.digest if item is not None else 0)
        for name in self.trial.rejections:
            if name != but:
                former = self.trial.former(name)
                digest += (former.digest if former is not None else 0) - self._resources[name].digest
        return digest

    @property
    def whole(self) -> TableChunks:
        """All resources: one object for all who ask before the next change."""
        if self._whole is None:
            self._whole = TableChunks(self._resources.values(), self.digest, self.generation)
        return self._whole

    def within(self, names: Mapping[str, object]) -> bool:
        """Whether all its names are among *names*."""
        return self._resources.keys() <= names.keys()

    def missing(self, names: Iterable[str]) -> list[str]:
        """Those of *names* of which there is no resource."""
        resources = self._resources
        return [name for name in names if name not in resources]

    def get(self, name: str) -> Resource | None:
        """The resource of that name, if there is one."""
        return self._resources.get(name)

    def departed(self, name: str) -> Resource | None:
        """What was of that name, and is not now: as it was, if that is remembered, or most likely was (*remake*)."""
        if name in self._resources:
            return None
        return self._departed.get(name) or (None if self._remake is None else self._remake(name))

    @property
    def remembers(self) -> bool:
        """Whether there may be something that `departed` knows of."""
        return self._remake is not None or bool(self._departed)

    def __len__(self) -> int:
        return len(self._resources)

    def __iter__(self) -> Iterator[Resource]:
        return iter(self._resources.values())

    def __contains__(self, name: object) -> bool:
        return name in self._resources


def version_of(digests: int) -> str:
    """The version of a set of resources with this sum of digests."""
    return f"{digests % _MODULUS:032x}"


RoleTables = Mapping[TypeUrl, Table]
"""What one role is served: a table per type. Roles share the tables of clusters and load assignments."""


def accepted_version(view: RoleTables, *, but_route: str) -> str:
    """Version of what clients of a role have accepted: of its clusters, listeners and routes, without *but_route*.

    A rejected resource counts with its former content. Load assignments do not count.
    """
    shared, own = view[CLUSTER].accepted_digest(), view[LISTENER].accepted_digest()
    return version_of(shared + own + view[ROUTE].accepted_digest(but=but_route))
