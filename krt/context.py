"""The context of a transform: reads that are remembered, so that a change of what was read runs it again."""

from __future__ import annotations

from collections.abc import Hashable
from typing import TYPE_CHECKING, Any, TypeVar

from krt.errors import ContextExpiredError, Parked, RankError

if TYPE_CHECKING:
    from krt.collection import Collection, Reader
    from krt.derived import Derived
    from krt.index import Index

I = TypeVar("I", bound=Hashable)  # noqa: E741 - an index's values
K = TypeVar("K", bound=Hashable)
V = TypeVar("V")

Read = tuple[dict[Any, dict["Reader", None]] | None, Any]
"""Where a reader is to be entered: readers by key, and the key; or (None, collection) for a whole collection."""


class Context:
    """Given to a transform for the time of one run.

    A read of a collection that has not synced does not return: the run ends, its input key is parked,
    and it is run again when that collection has synced. Unknown is never read as empty.
    """

    __slots__ = ("_node", "_reads")

    def __init__(self, node: Derived[Any, Any]) -> None:
        self._node = node
        self._reads: list[Read] = []

    def get(self, of: Collection[K, V], key: K) -> V | None:
        """The value under a key, or None. Wakes on changes of that key."""
        self._admit(of)
        self._reads.append((of._key_readers, key))
        return of._values.get(key)

    def lookup(self, index: Index[I, K, V], at: I) -> tuple[V, ...]:
        """The values at an index value. Wakes on changes of those values only."""
        self._admit(index.collection)
        self._reads.append((index._readers, at))
        bucket = index._buckets.get(at)
        return tuple(bucket.values()) if bucket else ()

    def fetch(self, of: Collection[K, V]) -> tuple[V, ...]:
        """All values of a collection. Wakes on every change of it."""
        self._admit(of)
        self._reads.append((None, of))
        return tuple(of._values.values())

    def _admit(self, of: Collection[Any, Any]) -> None:
        node = self._node
        running = of.graph._running
        if running is not node:
            raise ContextExpiredError(
                f"a context of {node.name!r} was used outside its run to read {of.name!r}: a context is good for one run"
            )
        if of.rank >= node.rank:
            raise RankError(
                f"transform of {node.name!r} read {of.name!r}: a transform may read only collections created "
                f"before its own ({node.name} has rank {node.rank}, {of.name} {of.rank}); create {of.name!r} first"
            )
        if not of.synced:
            raise Parked(of)
