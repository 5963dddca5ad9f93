"""Overlays: the old values that views need."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Generic

from krt.type_variables import K, V


class Overlay(Generic[K, V]):
    """The old values of the keys that have changed since some epoch. Other keys are read from the collection.

    The collection has weak references to its overlays, so that an overlay ends with the last view that uses it.
    """

    __slots__ = ("__weakref__", "old")

    def __init__(self) -> None:
        self.old: dict[K, V | None] = {}

    def keep(self, old_values: Mapping[K, V | None]) -> bool:
        """Adds the old values of a transaction, except for keys that an earlier transaction changed. Returns True."""
        for key, value in old_values.items():
            self.old.setdefault(key, value)
        return True
