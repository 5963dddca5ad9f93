"""Views: collections as they were at one epoch."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any
from weakref import ref

from krt.collection import Collection
from krt.overlay import Overlay
from krt.type_variables import K, V


class FrozenCollection(Mapping[K, V]):
    """One collection at one epoch. A read costs one more look-up than a read of the collection."""

    __slots__ = ("_collection", "_length", "_overlay")

    def __init__(self, collection: Collection[K, V]) -> None:
        self._collection = collection
        self._length = len(collection._values)
        newest = collection._overlays[-1]() if collection._overlays else None
        if newest is None or newest.old:
            newest = Overlay()
            collection._overlays.append(ref(newest))
        self._overlay = newest

    def __getitem__(self, key: K) -> V:
        value = self._value(key)
        if value is None:
            raise KeyError(key)
        return value

    def _value(self, key: K) -> V | None:
        for changed in (self._overlay.old, self._collection._old_values):
            if key in changed:
                return changed[key]
        return self._collection._values.get(key)

    def __iter__(self) -> Iterator[K]:
        # A list, because the collection may change during the iteration.
        collection = self._collection
        keys = {**collection._values, **collection._old_values, **self._overlay.old}
        return iter([key for key, value in keys.items() if value is not None])

    def __len__(self) -> int:
        return self._length

    def __repr__(self) -> str:
        return f"<view of {self._collection.name!r}, {self._length} keys>"


class View:
    """Some collections of a graph at one epoch: `view[collection]` is a Mapping that never changes."""

    def __init__(self, epoch: int, collections: Iterable[Collection[Any, Any]]) -> None:
        self.epoch = epoch
        self._mappings: dict[Collection[Any, Any], FrozenCollection[Any, Any]] = {
            c: FrozenCollection(c) for c in collections
        }

    def __getitem__(self, collection: Collection[K, V]) -> Mapping[K, V]:
        return self._mappings[collection]
