"""All resources of a table, cut into parts once for all streams that are sent them from the beginning."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from operator import attrgetter
from typing import Final

from xds_server.model.resource import Resource

MAX_RESOURCES: Final = 1000
"""Resources in one response, where a set may come in parts."""
MAX_BYTES: Final = 2 << 20
"""Size of their bodies, but for a single larger one: half of what a gRPC client takes by default."""


_DIGEST: Final = attrgetter("digest")


class Chunk:
    """Resources that go out together, with what streams want to know of them; never altered, so that they may keep it."""

    __slots__ = ("_digests", "digest", "resources")

    def __init__(self, resources: Iterable[Resource], digest: int | None = None) -> None:
        self.resources = tuple(resources)
        self.digest = sum(map(_DIGEST, self.resources)) if digest is None else digest
        """Sum of their digests."""
        self._digests: dict[str, int] | None = None

    @property
    def digests(self) -> Mapping[str, int]:
        """The digest of each, by name."""
        if self._digests is None:
            self._digests = {item.name: item.digest for item in self.resources}
        return self._digests


class TableChunks(Chunk):
    """All of a table at one generation, in parts if need be."""

    __slots__ = ("_parts", "generation")

    def __init__(self, resources: Iterable[Resource], digest: int, generation: int) -> None:
        super().__init__(resources, digest)
        self.generation = generation
        self._parts: list[Chunk] | None = None

    @property
    def parts(self) -> Sequence[Chunk]:
        """The same, as many responses may hold it."""
        if self._parts is None:
            self._parts, left = [], iter(self.resources)
            while (part := Chunk(take_chunk(left))).resources:
                self._parts.append(part)
        return self._parts


def take_chunk(resources: Iterator[Resource]) -> Iterator[Resource]:
    """The first of *resources*, as many as one response may hold; the rest is not even looked at."""
    size = 0
    for count, item in enumerate(resources, 1):
        yield item
        size += len(item.body)
        if count >= MAX_RESOURCES or size >= MAX_BYTES:
            return
