"""The versions that a client was sent last, by name. Streams share the versions of a whole table, and each keeps differences.

A thousand streams that were sent the same table hold one mapping of its digests. A name that differs is copied on write,
into the stream's own mapping; when more than half of the names were removed, the stream stops sharing.
"""

from collections.abc import Iterator, Mapping
from itertools import chain
from typing import Final

from xds_server.xds.cache.chunks import Chunk, TableChunks

_NOTHING: Final[Mapping[str, int]] = {}
_MISSING: Final = -1

UNKNOWN: Final = 0
"""In place of a digest: the client has a content of that name, and we do not know which."""
UNCERTAIN: Final = -2
"""In place of a digest: the client had nothing of that name, and rejected a response with it, of which it may have taken it."""


class SentVersions:
    """Digests by name: those of a whole table, of which perhaps only some chunks were sent yet, and the differences."""

    __slots__ = ("_chunks", "_chunks_taken", "_own", "_removed_count", "_shared", "chunks_left")

    def __init__(self) -> None:
        self._shared = _NOTHING  # Never changed, since other streams have it, too.
        self._own: dict[str, int | None] = {}  # None: the name is in the shared mapping, and not sent.
        self._chunks: TableChunks | None = None
        self._chunks_taken = 0
        self.chunks_left = False
        """Whether there are chunks that were not taken yet."""
        self._removed_count = 0

    def __bool__(self) -> bool:
        """Whether anything was sent, or is about to be."""
        return bool(self._shared or self._own or self._chunks)

    def __contains__(self, name: str) -> bool:
        return self.get(name) is not None

    def __iter__(self) -> Iterator[str]:
        taken = self._chunks.chunks[: self._chunks_taken] if self._chunks is not None else ()
        names = chain.from_iterable(chunk.digests for chunk in taken)
        return (name for name in dict.fromkeys(chain(names, self._shared, self._own)) if name in self)

    def __setitem__(self, name: str, digest: int) -> None:
        self._own[name] = digest

    def put(self, name: str, digest: int) -> int | None:
        """Sets the digest of a name, and returns the one before. Not allowed while chunks are left."""
        old = self._own.get(name, _MISSING)
        if old == _MISSING:
            old = self._shared.get(name)
        if old != digest:
            self._own[name] = digest
        return old

    def get(self, name: str) -> int | None:
        """The digest of a name; None if it was not sent."""
        own = self._own.get(name, _MISSING)
        if own != _MISSING:
            return own
        if self._chunks is not None:
            taken = self._chunks.chunks[: self._chunks_taken]
            return next((chunk.digests[name] for chunk in taken if name in chunk.digests), None)
        return self._shared.get(name)

    def pop(self, name: str) -> int | None:
        """Removes a name, and returns its digest; None if it was not sent. Not allowed while chunks are left."""
        digest = self.get(name)
        if name in self._shared:
            self._own[name] = None
            self._removed_count += 1
            if self._removed_count > len(self._shared) // 2:
                self._unshare()
        else:
            self._own.pop(name, None)
        return digest

    # A whole table, sent chunk by chunk

    def start_chunks(self, chunks: TableChunks) -> None:
        """Begins to send a whole table, where nothing was sent before. `take_chunk` follows, or `stop_chunks`."""
        self._chunks, self._chunks_taken, self.chunks_left = chunks, 0, True
        self._finish_chunks()

    def chunks_current(self, generation: int) -> bool:
        """Whether the chunks that are left are those of the table at *generation*."""
        return self._chunks is not None and self._chunks.generation == generation

    def take_chunk(self, *, chunked: bool = True) -> Chunk:
        """Returns the next chunk, or (not *chunked*) all of them as one, and records it as sent."""
        assert self._chunks is not None
        if chunked:
            chunk = self._chunks.chunks[self._chunks_taken]
            self._chunks_taken += 1
        else:
            chunk = self._chunks
            self._chunks_taken = len(self._chunks.chunks)
        self._finish_chunks()
        return chunk

    def stop_chunks(self) -> list[str]:
        """Stops sending by chunks, and returns the names in those that were left."""
        if self._chunks is None:
            return []
        taken, left = self._chunks.chunks[: self._chunks_taken], self._chunks.chunks[self._chunks_taken :]
        own: dict[str, int | None] = {name: digest for chunk in taken for name, digest in chunk.digests.items()}
        self._own = own | self._own
        self._chunks, self.chunks_left = None, False
        return [name for chunk in left for name in chunk.digests]

    def _unshare(self) -> None:
        self._own = {name: self.get(name) for name in self}
        self._shared, self._removed_count = _NOTHING, 0

    def _finish_chunks(self) -> None:
        if self._chunks is not None and self._chunks_taken == len(self._chunks.chunks):
            self._shared, self._removed_count = self._chunks.digests, 0
            self._chunks, self.chunks_left = None, False
