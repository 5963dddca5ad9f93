"""Where what is published is not what is derived: kept as the keys, with what is published under them.

What is derived is always read anew, so that whatever is published late is published as it is by then.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from xds_server.readiness.protections.shrink_guard import Change, Changes

Place = tuple[str, Any]
"""A collection, and a key in it."""


class Divergence:
    """The difference between the published state and *derived*, the present contents of collections by name."""

    def __init__(self, derived: Mapping[str, Mapping[Any, Any]]) -> None:
        self._derived = derived
        self._published: dict[str, dict[Any, Any]] = {name: {} for name in derived}

    def step(self, changes: Changes) -> Changes:
        """Takes in what was derived anew, and returns the same keys: (what is published, what is derived)."""
        for name, by_key in changes.items():
            published = self._published[name]
            for key, (old, _) in by_key.items():
                published.setdefault(key, old)
        return self.changes((name, key) for name, by_key in changes.items() for key in by_key)

    def changes(self, places: Iterable[Place]) -> Changes:
        """(What is published, what is derived) at *places*, but for those where the two were no different."""
        found: dict[str, dict[Any, Change]] = {}
        for name, key in places:
            published = self._published[name]
            if key in published:
                found.setdefault(name, {})[key] = (published[key], self._derived[name].get(key))
        return found

    def back(self, name: str, values: Mapping[Any, Any]) -> Mapping[Any, Change]:
        """(What is published, each of *values*), by key of a collection."""
        published, derived = self._published[name], self._derived[name]
        return {key: (published[key] if key in published else derived.get(key), value) for key, value in values.items()}

    def published(self, name: str, values: Iterable[tuple[Any, Any]]) -> None:
        """Notes what is published in a collection now, as keys with values; None for nothing."""
        published, derived = self._published[name], self._derived[name]
        for key, value in values:
            present = derived.get(key)
            if present is not value and present != value:
                published[key] = value
            elif published:
                published.pop(key, None)

    def keys(self, name: str) -> Iterable[Any]:
        """The keys of a collection at which the two differ."""
        return tuple(self._published[name])


def places(changes: Mapping[str, Iterable[Any]]) -> Iterable[Place]:
    """All places of some changes."""
    return [(name, key) for name, keys in changes.items() for key in keys]
