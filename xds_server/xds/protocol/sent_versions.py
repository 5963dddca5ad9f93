"""What a client was sent last, by name: what streams have in common is kept once, and each one's differences by itself."""

from collections.abc import Iterator, Mapping
from itertools import chain
from typing import Final

from xds_server.xds.cache.chunks import Chunk, TableChunks

_NOTHING: Final[Mapping[str, int]] = {}
_MISSING: Final = -1

UNKNOWN: Final = 0
"""In place of the digest of a content that we do not know: the client has something of that name."""
UNCERTAIN: Final = -2
"""The same of what it had nothing of, and rejected in a response with others: it may have taken that, or not."""


class SentVersions:
    """Digests by name, as differences from those of a whole table; that may have been sent in part only, so far."""

    __slots__ = ("_base", "_own", "_popped", "_taken", "_whole", "left")

    def __init__(self) -> None:
        self._base = _NOTHING  # Shared, and never altered.
        self._own: dict[str, int | None] = {}  # None for a name that is in the base, and not here.
        self._whole: TableChunks | None = None
        self._taken = 0  # So many of its parts.
        self.left = False
        """Whether there are parts that were not taken yet."""
        self._popped = 0

    def __bool__(self) -> bool:
        """Whether anything was sent, or is about to be."""
        return bool(self._base or self._own or self._whole)

    def __contains__(self, name: str) -> bool:
        return self.get(name) is not None

    def __iter__(self) -> Iterator[str]:
        taken = self._whole.parts[: self._taken] if self._whole is not None else ()
        parts = chain.from_iterable(part.digests for part in taken)
        return (name for name in dict.fromkeys(chain(parts, self._base, self._own)) if name in self)

    def __setitem__(self, name: str, digest: int) -> None:
        self._own[name] = digest

    def put(self, name: str, digest: int) -> int | None:
        """Notes that this is what is sent, and returns what was before, which may be the same. Not between parts."""
        old = self._own.get(name, _MISSING)
        if old == _MISSING:
            old = self._base.get(name)
        if old != digest:
            self._own[name] = digest
        return old

    def get(self, name: str) -> int | None:
        """The digest of that name; None if it was not sent."""
        own = self._own.get(name, _MISSING)
        if own != _MISSING:
            return own
        if self._whole is not None:
            return next((part.digests[name] for part in self._whole.parts[: self._taken] if name in part.digests), None)
        return self._base.get(name)

    def pop(self, name: str) -> int | None:
        """Forgets a name, and returns its digest; None if it was not sent. Not between parts."""
        digest = self.get(name)
        if name in self._base:
            self._own[name] = None
            self._popped += 1
            if self._popped > len(self._base) // 2:
                self._part()
        else:
            self._own.pop(name, None)
        return digest

    # What is sent from the beginning, and undisturbed

    def begin(self, whole: TableChunks) -> None:
        """Sends all of *whole*, part by part; nothing was sent before."""
        self._whole, self._taken, self.left = whole, 0, True
        self._end()

    def current(self, generation: int) -> bool:
        """Whether what is left is what the table has still."""
        return self._whole is not None and self._whole.generation == generation

    def take(self, *, split: bool = True) -> Chunk:
        """The next part, or all of them as one, which count as sent now."""
        assert self._whole is not None
        if split:
            part = self._whole.parts[self._taken]
            self._taken += 1
        else:
            part = self._whole
            self._taken = len(self._whole.parts)
        self._end()
        return part

    def halt(self) -> list[str]:
        """Sends no more parts, and returns the names in those that are left."""
        if self._whole is None:
            return []
        taken, left = self._whole.parts[: self._taken], self._whole.parts[self._taken :]
        own: dict[str, int | None] = {name: digest for part in taken for name, digest in part.digests.items()}
        self._own = own | self._own
        self._whole, self.left = None, False
        return [name for part in left for name in part.digests]

    def _part(self) -> None:
        """Has nothing in common with others any more: too much is different."""
        self._own = {name: self.get(name) for name in self}
        self._base, self._popped = _NOTHING, 0

    def _end(self) -> None:
        if self._whole is not None and self._taken == len(self._whole.parts):
            self._base, self._popped = self._whole.digests, 0
            self._whole, self.left = None, False
