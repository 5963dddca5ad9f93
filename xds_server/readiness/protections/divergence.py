"""Where the published state differs from the derived state: the published value of each such place.

The derived value is always read from the graph, so that a change that is published late is published as it is by then.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from krt import Change
from xds_server.readiness.protections.change_set import Changes, Place, ResourceChange


class Divergence:
    """The difference between the published state and *derived*, the present contents of collections by name."""

    def __init__(self, derived: Mapping[str, Mapping[Any, Any]]) -> None:
        self._derived = derived
        self._published: dict[Place, Any] = {}
        self.places = self._published.keys()
        """The places at which the two differ; empty if the published state is the derived state."""

    def begin(self, changes: Changes) -> Changes:
        """Takes in changes of the derived state: until `record_published` their places count as different.

        Returns the changes from what is published to what is derived, at the same places.
        """
        for place, (old, _) in changes.items():
            self._published.setdefault(place, old)
        return self.changes_at(changes)

    def changes_at(self, places: Iterable[Place]) -> Changes:
        """The changes from what is published to what is derived, at those of *places* where the two may differ."""
        return {
            place: Change(self._published[place], self._derived_at(place))
            for place in places
            if place in self._published
        }

    def changes_to(self, values: Mapping[Place, Any]) -> Changes:
        """The changes from what is published to *values*."""
        return {
            place: Change(self._published[place] if place in self._published else self._derived_at(place), value)
            for place, value in values.items()
        }

    def record_published(self, place: Place, value: Any) -> None:
        """Notes what is published at a place from now on; None for nothing."""
        derived = self._derived_at(place)
        if derived is not value and derived != value:
            self._published[place] = value
        else:
            self._published.pop(place, None)

    def _derived_at(self, place: Place) -> Any:
        collection, key = place
        return self._derived[collection].get(key)


def returns_to_published(change: ResourceChange) -> bool:
    """Whether a change leads back to what is published, so that there is nothing to publish."""
    return bool(change.old == change.new)
