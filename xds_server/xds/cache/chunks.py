"""The resources of a table, cut into chunks once for all streams that are sent the whole table."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from operator import attrgetter
from typing import Final

from xds_server.model.resource import Resource

MAX_RESOURCES: Final = 1000
"""Resources in one response, if the response may be split."""
MAX_BYTES: Final = 2 << 20
"""Size of all bodies in such a response, except for a single larger body: half of what a gRPC client accepts by default."""


_DIGEST: Final = attrgetter("digest")


class Chunk:
    """Resources that are sent together. A chunk never changes, so streams may keep and share it."""

    __slots__ = ("_by_name", "_digests", "digest", "resources")

    def __init__(self, resources: Iterable[Resource], digest: int | None = None) -> None:
        self.resources = tuple(resources)
        self.digest = sum(map(_DIGEST, self.resources)) if digest is None else digest
        """Sum of the digests of the resources."""
        self._digests: dict[str, int] | None = None
        self._by_name: dict[str, Resource] | None = None

    @property
    def digests(self) -> Mapping[str, int]:
        """The digest of each resource, by name. Computed at the first use."""
        if self._digests is None:
            self._digests = {item.name: item.digest for item in self.resources}
        return self._digests

    def get(self, name: str) -> Resource | None:
        """The resource of that name. The first call makes a dict of all."""
        if self._by_name is None:
            self._by_name = {item.name: item for item in self.resources}
        return self._by_name.get(name)


class TableChunks(Chunk):
    """All resources of a table at one generation, as one chunk or as several."""

    __slots__ = ("_chunks", "generation")

    def __init__(self, resources: Iterable[Resource], digest: int, generation: int) -> None:
        super().__init__(resources, digest)
        self.generation = generation
        self._chunks: list[Chunk] | None = None

    @property
    def chunks(self) -> Sequence[Chunk]:
        """The resources, cut so that each chunk fits into one response. Computed at the first use."""
        if self._chunks is None:
            self._chunks, remaining = [], iter(self.resources)
            while (chunk := Chunk(take_chunk(remaining))).resources:
                self._chunks.append(chunk)
        return self._chunks


def take_chunk(resources: Iterator[Resource]) -> Iterator[Resource]:
    """Takes as many of *resources* as one response may hold, and does not read the rest."""
    size = 0
    for count, item in enumerate(resources, 1):
        yield item
        size += len(item.body)
        if count >= MAX_RESOURCES or size >= MAX_BYTES:
            return
