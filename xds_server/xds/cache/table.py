"""A table: the published resources of one type, with a version that is updated at the cost of what changed."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Final

from xds_server.model.resource import CLUSTER, LISTENER, ROUTE, Resource, TypeUrl
from xds_server.xds.cache.acceptance import Acceptance
from xds_server.xds.cache.chunks import TableChunks

_MODULUS: Final = 1 << 128
_MAX_TOMBSTONES: Final = 1000

Reconstruct = Callable[[str], Resource | None]
"""Makes the resource that a name most likely had, from the name alone; None if this server cannot have published the name."""


class Table:
    """The published resources of one type, by name.

    The version is the sum of the digests modulo 2^128. It depends on the content alone, neither on the order of changes nor
    on this process, and a change updates it by an addition. (A sum, not an exclusive or: two equal digests would cancel
    each other out.)
    """

    __slots__ = (
        "_chunks", "_reconstruct", "_resources", "_tombstones", "acceptance", "digest", "expiring", "generation", "placeholders",
        "removed",
    )  # fmt: skip

    def __init__(self, resources: Iterable[Resource] = (), *, reconstruct: Reconstruct | None = None) -> None:
        self._resources: dict[str, Resource] = {}
        self._chunks: TableChunks | None = None
        self._tombstones: dict[str, Resource] = {}
        self._reconstruct = reconstruct
        self.digest = 0
        """Sum of the digests, not reduced."""
        self.generation = 0
        """Counts the changes of this table."""
        self.removed: dict[str, Resource] = {}
        """Resources that were removed since `begin`: a stream may have to keep one for a while."""
        self.expiring: dict[str, float] = {}
        """Time to live in seconds of each resource that has one, by name."""
        self.placeholders: dict[str, Resource] = {}
        """The placeholder of each resource that has to be sent last, by name: see `Resource.placeholder`."""
        self.acceptance = Acceptance()
        for item in resources:
            self.put(item)

    def begin(self) -> None:
        """Starts a change. Streams must have been told of the change before."""
        self.removed.clear()

    def put(self, item: Resource) -> None:
        """Adds or replaces a resource."""
        old = self._resources.get(item.name)
        self.digest += item.digest - (old.digest if old is not None else 0)
        self._resources[item.name] = item
        self._chunks = None
        self.generation += 1
        self._tombstones.pop(item.name, None)
        if item.ttl:
            self.expiring[item.name] = item.ttl
        elif self.expiring:
            self.expiring.pop(item.name, None)
        if item.placeholder is not None:
            self.placeholders[item.name] = item.placeholder
        elif self.placeholders:
            self.placeholders.pop(item.name, None)
        self.acceptance.published(old, item)

    def remove(self, name: str) -> None:
        """Removes the resource of that name; does nothing if there is none."""
        old = self._resources.pop(name, None)
        if old is not None:
            self._chunks = None
            self.generation += 1
            self.expiring.pop(name, None)
            self.placeholders.pop(name, None)
            self.digest -= old.digest
            rejected = name in self.acceptance.rejections
            left = (self.acceptance.last_accepted(name) if rejected else None) or old  # The content that clients have.
            self.removed[name] = self._tombstones[name] = left
            if len(self._tombstones) > _MAX_TOMBSTONES:
                del self._tombstones[next(iter(self._tombstones))]
            self.acceptance.removed(name)

    @property
    def version(self) -> str:
        """Version of all resources: 32 hexadecimal digits."""
        return self.version_of(self.digest)

    def version_of(self, digest: int) -> str:
        """Version of those resources whose digests have the sum *digest*."""
        return version_of(digest)

    def accepted_digest(self, *, without: str = "") -> int:
        """Sum of the digests, where the content that was accepted before replaces each rejected content.

        *without*: a name that does not count.
        """
        item = self._resources.get(without)
        digest = self.digest - (item.digest if item is not None else 0)
        for name in self.acceptance.rejections:
            if name != without:
                former = self.acceptance.last_accepted(name)
                digest += (former.digest if former is not None else 0) - self._resources[name].digest
        return digest

    @property
    def chunks(self) -> TableChunks:
        """All resources, in chunks: the same object for all streams until the next change."""
        if self._chunks is None:
            self._chunks = TableChunks(self._resources.values(), self.digest, self.generation)
        return self._chunks

    def includes_only(self, names: Mapping[str, object]) -> bool:
        """Whether *names* contains the name of every resource."""
        return self._resources.keys() <= names.keys()

    def missing(self, names: Iterable[str]) -> list[str]:
        """Those of *names* that have no resource."""
        resources = self._resources
        return [name for name in names if name not in resources]

    def get(self, name: str) -> Resource | None:
        """The resource of that name; None if there is none."""
        return self._resources.get(name)

    def tombstone(self, name: str) -> Resource | None:
        """A removed resource as it was, or most likely was; None if it exists, or never did as far as we know.

        The last 1,000 removed resources are remembered. Others, also those removed before a restart, are reconstructed.
        """
        if name in self._resources:
            return None
        return self._tombstones.get(name) or (None if self._reconstruct is None else self._reconstruct(name))

    @property
    def may_have_tombstones(self) -> bool:
        """Whether `tombstone` may return anything."""
        return self._reconstruct is not None or bool(self._tombstones)

    def __len__(self) -> int:
        return len(self._resources)

    def __iter__(self) -> Iterator[Resource]:
        return iter(self._resources.values())

    def __contains__(self, name: object) -> bool:
        return name in self._resources


def version_of(digests: int) -> str:
    """Version of a set of resources whose digests have this sum."""
    return f"{digests % _MODULUS:032x}"


RoleTables = Mapping[TypeUrl, Table]
"""The tables of one role, by type. Roles share tables, such as those of clusters and load assignments."""


def accepted_version(view: RoleTables, *, but_route: str) -> str:
    """Version of what clients of a role have accepted: of its clusters, listeners and routes, without *but_route*.

    A rejected resource counts with the content that was accepted before. Load assignments do not count.
    """
    shared, own = view[CLUSTER].accepted_digest(), view[LISTENER].accepted_digest()
    return version_of(shared + own + view[ROUTE].accepted_digest(without=but_route))
