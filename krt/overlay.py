"""Old values, kept for views."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Generic

from krt.type_variables import K, V


class Overlay(Generic[K, V]):
    """The old values of the keys that have changed since some epoch; all else is in the collection itself.

    The collection knows its overlays weakly, so that one which no view holds any more costs nothing.
    """

    __slots__ = ("__weakref__", "old")

    def __init__(self) -> None:
        self.old: dict[K, V | None] = {}

    def keep(self, before: Mapping[K, V | None]) -> bool:
        """Takes note of a transaction; what is known from an earlier one stands. Always true."""
        for key, value in before.items():
            self.old.setdefault(key, value)
        return True
