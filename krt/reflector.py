"""Reflectors: keep a source equal to what a server or a directory lists."""

from __future__ import annotations

from typing import Generic

from krt.source import Source
from krt.type_variables import K, V


class Reflector(Generic[K, V]):
    """Feeds one source from lists and the changes between them.

    `begin` starts a list, and `listed` ends it: in one transaction, the objects of the list replace the contents
    of the source. Until then they are buffered, so that nothing sees half a list, and a list that breaks off
    leaves no trace. Changes (`apply`, `delete`) outside a list take effect at once.
    """

    def __init__(self, source: Source[K, V]) -> None:
        self.source = source
        self._seen: dict[K, V | None] | None = None  # the value None: keep the present one

    @property
    def listing(self) -> bool:
        """Whether a list is under way."""
        return self._seen is not None

    @property
    def count(self) -> int:
        """Number of objects: in the list that is under way, or else in the source."""
        return len(self.source) if self._seen is None else len(self._seen)

    def begin(self) -> None:
        """A list starts. Drops a list that has not ended."""
        self._seen = {}

    def apply(self, key: K, value: V) -> None:
        """The object exists and has this value."""
        if self._seen is None:
            self.source.set(key, value)
        else:
            self._seen[key] = value

    def keep(self, key: K) -> None:
        """The object exists, but its new value is unusable: the last one stays, if there is one."""
        if self._seen is not None:
            self._seen.setdefault(key, None)

    def delete(self, key: K) -> None:
        """The object was deleted."""
        if self._seen is None:
            self.source.delete(key)
        else:
            self._seen.pop(key, None)

    def listed(self) -> None:
        """The list is complete: the source is synced, and has exactly its objects. `begin` must have been called."""
        seen, self._seen = self._seen, None
        if seen is None:
            raise RuntimeError(
                f"source {self.source.name!r}: listed() without begin(): call begin() when a list starts"
            )
        source = self.source
        source.replace(
            {
                key: now
                for key, value in seen.items()
                if (now := source.get(key) if value is None else value) is not None
            }
        )
