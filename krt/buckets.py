"""Buckets: the values of a collection, filed under what a function yields for each."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Generic

from krt.engine import Engine
from krt.errors import OutputTypeError
from krt.failures import Failure, failure
from krt.key_order import follows, in_order
from krt.reads import Readers, Wakeable, wake
from krt.type_variables import A, K, V

_TEXTS = (str, bytes)


class Buckets(Generic[A, K, V]):
    """How an index is kept up to date, at the cost of the change."""

    def __init__(
        self, engine: Engine, of: str, values: Mapping[K, V], by: Callable[[V], Iterable[A]], name: str
    ) -> None:
        self.name = name
        self._engine = engine
        self._of = of  # name of the collection
        self._by = by
        self._buckets: dict[A, dict[K, V]] = {}
        self._unsorted: set[A] = set()  # buckets whose keys may be out of order
        self._filed: dict[K, tuple[A, ...]] = {}
        self._moved: dict[K, tuple[A, ...]] = {}  # where the keys changed in this transaction were before, if anywhere
        self._failures: dict[K, Failure] = {}
        self._readers: Readers = {}
        self._groups: dict[Wakeable, None] = {}
        for key, value in values.items():
            self._file(key, None, value, None)

    @property
    def label(self) -> str:
        """What explanations call it."""
        return f"{self._of} by {self.name}"

    def _read(self, at: A) -> tuple[V, ...]:
        return tuple(self._bucket(at).values())

    def _bucket(self, at: A) -> Mapping[K, V]:
        """The values at an index value by key, in order."""
        bucket = self._buckets.get(at)
        if bucket is None:
            return {}
        if at in self._unsorted:
            self._unsorted.discard(at)
            bucket = self._buckets[at] = {key: bucket[key] for key in in_order(bucket)}
        return bucket

    def _all(self, places: Iterable[A]) -> tuple[A, tuple[V, ...]]:
        """The values filed at every one of *places*, and the one place that sees all changes of that.

        What enters or leaves the intersection is in each place, after or before; so the smallest will do.
        """
        smallest, *others = sorted(places, key=lambda at: len(self._buckets.get(at, ())))
        found = self._bucket(smallest).items()
        return smallest, tuple(value for key, value in found if all(key in self._buckets[at] for at in others))

    def _within(self, places: Iterable[A]) -> tuple[V, ...]:
        """The values that are filed somewhere, and only at *places*."""
        places = dict.fromkeys(places)
        found = {
            key: value
            for at in places
            for key, value in self._buckets.get(at, {}).items()
            if all(filed in places for filed in self._filed[key])
        }
        return tuple(found[key] for key in in_order(found)) if len(found) > 1 else tuple(found.values())

    def _file(self, key: K, old: V | None, value: V | None, start: V | None) -> None:
        """Files a value, or with None removes it. Never raises: what the index function raises is a failure.

        *old* is what was there, *start* what was there when the transaction began.
        """
        before: tuple[A, ...] = ()
        if old is not None:
            before = self._filed.get(key, ())
            if old is start:
                self._moved[key] = before
        if self._failures:
            self._failures.pop(key, None)
        after: tuple[A, ...] = ()
        if value is not None:
            try:
                after = self._places(self._by(value))
            except Exception as error:  # noqa: BLE001 - law 8: one value that cannot be filed costs nobody else
                self._fail(key, error)
                after = before
        if before != after:
            self._move(key, before, after)
        if value is not None:
            for at in after:
                bucket = self._buckets.get(at)
                if bucket is None:
                    self._buckets[at] = {key: value}
                else:
                    if key not in bucket and not follows(key, next(reversed(bucket))):
                        self._unsorted.add(at)
                    bucket[key] = value

    def _places(self, found: Iterable[A]) -> tuple[A, ...]:
        """What an index function yielded, each once. Raises, if it is not what it has to be."""
        if isinstance(found, _TEXTS):
            raise OutputTypeError(
                f"index {self.name!r} of {self._of!r}: its function returned the text {found!r}, "
                f"which would be filed by letters: return a list of it"
            )
        places = tuple(found)
        if len(places) == 1:
            self._buckets.get(places[0])  # so that what is not hashable is known before anything is moved
            return places
        return tuple(dict.fromkeys(places))

    def _move(self, key: K, before: tuple[A, ...], after: tuple[A, ...]) -> None:
        """Takes a key out of the buckets in which it is not any more, and notes where it is to be."""
        for at in before:
            if at not in after:
                bucket = self._buckets[at]
                del bucket[key]
                if not bucket:
                    del self._buckets[at]
                    self._unsorted.discard(at)
        if after:
            self._filed[key] = after
        else:
            del self._filed[key]

    def _restore(self, key: K, value: V | None, places: tuple[A, ...]) -> None:
        """Files a value where it was filed before, whatever the index function says of it now."""
        self._file(key, value, value, None)
        filed = self._filed.get(key, ())
        if value is not None and filed != places:
            self._move(key, filed, places)
            for at in places:
                self._buckets.setdefault(at, {})[key] = value
                self._unsorted.add(at)

    def _fail(self, key: K, error: Exception) -> None:
        self._failures[key] = failure(error, self._engine.epoch)
        self._engine._failures.add(f"index {self.name!r} of {self._of!r}", key, error)

    def _flush(self, changed: Mapping[K, Any]) -> None:
        """Wakes what depends on the places at which a changed key was, or is, filed."""
        moved, self._moved = self._moved, {}
        if not (self._readers or self._groups):
            return
        touched: dict[A, None] = {}
        for key in changed:
            touched.update(dict.fromkeys(moved.get(key, ())))
            touched.update(dict.fromkeys(self._filed.get(key, ())))
        for group in self._groups:
            group._wake_all(touched, self)
        if self._readers:
            for at in touched:
                wake(self._readers.get(at), self)
