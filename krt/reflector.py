"""A Reflector keeps a source equal to what a server or a directory lists, over any number of lists."""

from __future__ import annotations

from typing import Generic

from krt.source import Source
from krt.type_variables import K, V


class Reflector(Generic[K, V]):
    """Feeds one source from lists and the changes between them.

    Every start of a list opens an epoch (`begin`), and `listed` closes it: one transaction in which
    the objects of the list replace the contents. What is seen meanwhile is buffered, so that nobody
    ever sees half a list, and a list that breaks off leaves no trace. Changes (`apply`, `delete`)
    outside a list take effect at once.
    """

    def __init__(self, source: Source[K, V]) -> None:
        self.source = source
        self._seen: dict[K, V | None] | None = None  # None as value: keep what there is

    @property
    def listing(self) -> bool:
        """Whether a list is under way."""
        return self._seen is not None

    @property
    def count(self) -> int:
        """Objects seen in the list that is under way, or else held."""
        return len(self.source) if self._seen is None else len(self._seen)

    def begin(self) -> None:
        """A list starts; one that had not ended is forgotten."""
        self._seen = {}

    def apply(self, key: K, value: V) -> None:
        """The object is there and looks like this."""
        if self._seen is None:
            self.source.set(key, value)
        else:
            self._seen[key] = value

    def keep(self, key: K) -> None:
        """The object is there, but cannot be used as it is: what was known of it, if anything, stays."""
        if self._seen is not None:
            self._seen.setdefault(key, None)

    def delete(self, key: K) -> None:
        """The object is gone."""
        if self._seen is None:
            self.source.delete(key)
        else:
            self._seen.pop(key, None)

    def listed(self) -> None:
        """The list is complete: what it did not contain is gone, and the source is synced."""
        seen, self._seen = self._seen, None
        if seen is None:
            raise RuntimeError(
                f"source {self.source.name!r}: listed() without begin(): call begin() when a list starts"
            )
        held = self.source
        self.source.replace(
            {key: now for key, value in seen.items() if (now := held.get(key) if value is None else value) is not None}
        )
