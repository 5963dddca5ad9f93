"""Buckets: the values of a collection by index value, which is how an index works."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Generic

from krt.engine import Engine
from krt.errors import OutputTypeError
from krt.failures import Failure, describe_failure
from krt.key_order import sort_keys, sorts_after
from krt.reads import Readers, Wakeable, wake_readers
from krt.type_variables import A, K, V

_STRINGS = (str, bytes)


class Buckets(Generic[A, K, V]):
    """The values of a collection by index value, updated at the cost of the change.

    The index function yields index values for each value; the value is filed in the bucket of each. The places of a
    key are the index values under which its value is filed.
    """

    def __init__(
        self, engine: Engine, of: str, values: Mapping[K, V], by: Callable[[V], Iterable[A]], name: str
    ) -> None:
        self.name = name
        self._engine = engine
        self._collection_name = of
        self._index_function = by
        self._buckets: dict[A, dict[K, V]] = {}
        self._unsorted: set[A] = set()  # index values whose bucket may be out of order
        self._places_of: dict[K, tuple[A, ...]] = {}
        self._old_places: dict[K, tuple[A, ...]] = {}  # changed keys -> places at the start of this transaction
        self._failures: dict[K, Failure] = {}
        self._readers: Readers = {}
        self._groups: dict[Wakeable, None] = {}
        for key, value in values.items():
            self._file_value(key, None, value, None)

    @property
    def label(self) -> str:
        """Its name in explanations."""
        return f"{self._collection_name} by {self.name}"

    def _values_at(self, at: A) -> tuple[V, ...]:
        return tuple(self._bucket_at(at).values())

    def _bucket_at(self, at: A) -> Mapping[K, V]:
        """The bucket of an index value, by key, in the order of the keys."""
        bucket = self._buckets.get(at)
        if bucket is None:
            return {}
        if at in self._unsorted:
            self._unsorted.discard(at)
            bucket = self._buckets[at] = {key: bucket[key] for key in sort_keys(bucket)}
        return bucket

    def _values_at_every(self, places: Iterable[A]) -> tuple[A, tuple[V, ...]]:
        """The values that are filed at every one of *places*, and the one of these places whose changes matter.

        A value that joins or leaves the result joins, leaves or changes in each of the places; so it is enough to
        watch the place with the fewest values.
        """
        smallest, *others = sorted(places, key=lambda at: len(self._buckets.get(at, ())))
        found = self._bucket_at(smallest).items()
        return smallest, tuple(value for key, value in found if all(key in self._buckets[at] for at in others))

    def _values_within(self, places: Iterable[A]) -> tuple[V, ...]:
        """The values that are filed at some of *places* and nowhere else."""
        places = dict.fromkeys(places)
        found = {
            key: value
            for at in places
            for key, value in self._buckets.get(at, {}).items()
            if all(filed in places for filed in self._places_of[key])
        }
        return tuple(found[key] for key in sort_keys(found)) if len(found) > 1 else tuple(found.values())

    def _file_value(self, key: K, old: V | None, value: V | None, start: V | None) -> None:
        """Files a value, or with None removes it. Never raises: an error of the index function is a failure.

        *old*: the value until now; *start*: the value at the start of the transaction.
        """
        before: tuple[A, ...] = ()
        if old is not None:
            before = self._places_of.get(key, ())
            if old is start:
                self._old_places[key] = before
        if self._failures:
            self._failures.pop(key, None)
        after: tuple[A, ...] = ()
        if value is not None:
            try:
                after = self._checked_places(self._index_function(value))
            except Exception as error:  # noqa: BLE001 - law 8: a value that cannot be filed affects no other
                self._note_failure(key, error)
                after = before
        if before != after:
            self._move(key, before, after)
        if value is not None:
            for at in after:
                bucket = self._buckets.get(at)
                if bucket is None:
                    self._buckets[at] = {key: value}
                else:
                    if key not in bucket and not sorts_after(key, next(reversed(bucket))):
                        self._unsorted.add(at)
                    bucket[key] = value

    def _checked_places(self, found: Iterable[A]) -> tuple[A, ...]:
        """The index values of *found* without duplicates. Raises: OutputTypeError; TypeError if one is not hashable."""
        if isinstance(found, _STRINGS):
            raise OutputTypeError(
                f"index {self.name!r} of {self._collection_name!r}: its function returned the string {found!r}, "
                f"which would be filed by its letters: return a list with the string in it"
            )
        places = tuple(found)
        if len(places) == 1:
            self._buckets.get(places[0])  # raises if it is not hashable, before anything has moved
            return places
        return tuple(dict.fromkeys(places))

    def _move(self, key: K, before: tuple[A, ...], after: tuple[A, ...]) -> None:
        """Removes a key from the buckets that it left, and notes its new places."""
        for at in before:
            if at not in after:
                bucket = self._buckets[at]
                del bucket[key]
                if not bucket:
                    del self._buckets[at]
                    self._unsorted.discard(at)
        if after:
            self._places_of[key] = after
        else:
            del self._places_of[key]

    def _restore_value(self, key: K, value: V | None, places: tuple[A, ...]) -> None:
        """Files a value at *places*, even if the index function returns others now."""
        self._file_value(key, value, value, None)
        filed = self._places_of.get(key, ())
        if value is not None and filed != places:
            self._move(key, filed, places)
            for at in places:
                self._buckets.setdefault(at, {})[key] = value
                self._unsorted.add(at)

    def _note_failure(self, key: K, error: Exception) -> None:
        self._failures[key] = describe_failure(error, self._engine.epoch)
        self._engine._failure_reports.add(f"index {self.name!r} of {self._collection_name!r}", key, error)

    def _flush(self, changed: Mapping[K, Any]) -> None:
        """Wakes the readers and groups of the old and the new places of changed keys."""
        old_places, self._old_places = self._old_places, {}
        if not (self._readers or self._groups):
            return
        touched: dict[A, None] = {}
        for key in changed:
            touched.update(dict.fromkeys(old_places.get(key, ())))
            touched.update(dict.fromkeys(self._places_of.get(key, ())))
        for group in self._groups:
            group._wake_all(touched, self)
        if self._readers:
            for at in touched:
                wake_readers(self._readers.get(at), self)
