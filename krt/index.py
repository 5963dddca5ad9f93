"""Secondary indexes: the values of a collection by something else than their key."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable
from typing import TYPE_CHECKING, Any, Generic, TypeVar

if TYPE_CHECKING:
    from krt.collection import Collection, Reader
    from krt.derived import Derived

I = TypeVar("I", bound=Hashable)  # noqa: E741 - an index's values
K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class Index(Generic[I, K, V]):
    """The values of a collection by what a function yields for each: any number of index values per value.

    Kept up to date at the cost of the change. Inside transforms it is read with `Context.lookup`.
    """

    def __init__(self, collection: Collection[K, V], by: Callable[[V], Iterable[I]], name: str) -> None:
        self.collection = collection
        self.name = name
        self._by = by
        self._buckets: dict[I, dict[K, V]] = {}
        self._touched: dict[I, None] = {}  # buckets changed in this transaction
        self._readers: dict[I, dict[Reader, None]] = {}
        self._groups: list[Derived[Any, Any]] = []
        for key, value in collection._values.items():
            self._update(key, None, value)
        self._touched.clear()

    def lookup(self, at: I) -> tuple[V, ...]:
        """The values at an index value, in the order in which they came there. Outside transforms only."""
        self.collection._forbid_untracked()
        return tuple(self._buckets.get(at, {}).values())

    def group(self, *, name: str) -> Collection[I, tuple[V, ...]]:
        """The index as a collection: for each index value, the tuple of its values, in the order of `lookup`."""
        from krt.derived import Group

        return Group(self, name)

    def _update(self, key: K, old: V | None, new: V | None) -> None:
        before = () if old is None else tuple(self._by(old))
        after = () if new is None else tuple(self._by(new))
        for at in before:
            self._touched[at] = None
            if at not in after:
                bucket = self._buckets[at]
                bucket.pop(key, None)
                if not bucket:
                    del self._buckets[at]
        if new is not None:
            for at in after:
                self._touched[at] = None
                self._buckets.setdefault(at, {})[key] = new

    def _flush(self) -> None:
        touched, self._touched = self._touched, {}
        for group in self._groups:
            group._wake_all(touched)
        if self._readers:
            for at in touched:
                for node, key in tuple(self._readers.get(at, ())):
                    node._wake(key)
