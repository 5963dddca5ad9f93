"""All protections of the published state, one after the other: which part of a change may be published now."""

from collections.abc import Mapping
from typing import Any

from xds_server.readiness.protections.change_set import Changes, ChangeSet, Place
from xds_server.readiness.protections.divergence import Divergence, returns_to_published
from xds_server.readiness.protections.retention import Retention
from xds_server.readiness.protections.shrink_hold import ShrinkHold

_NOTHING = ChangeSet()
_OF_A_ROLE = ("listeners", "route_configurations")


class Protections:
    """Holds a change that would take away too much, and retains resources whose loss may not be true.

    Each method that returns a ChangeSet returns what is to be published now; the caller publishes it at once, and then
    calls `record_published`. A change passes at no cost while nothing is held, retained, lost or stale.
    """

    def __init__(
        self,
        derived: Mapping[str, Mapping[Any, Any]],
        shrink_hold: ShrinkHold | None = None,
        retention: Retention | None = None,
    ) -> None:
        """*derived*: the present contents of the collections by name (`collections_of`). None: no such protection."""
        self._derived = derived
        self._divergence = Divergence(derived)
        self.shrink_hold = shrink_hold
        self.retention = retention

    @property
    def differs(self) -> bool:
        """Whether the published state differs from the derived one anywhere."""
        return bool(self._divergence.places)

    def admit(self, changes: ChangeSet) -> ChangeSet:
        """The part of a transaction that may be published, and what it releases; *changes* itself if all of it passes."""
        if (
            not self._divergence.places
            and (self.retention is None or self.retention.has_nothing_to_do())
            and (self.shrink_hold is None or self.shrink_hold.has_nothing_to_do(changes))
        ):
            return changes
        step = admitted = self._divergence.begin(changes.by_place())
        if self.shrink_hold is not None:
            admitted = self.shrink_hold.admit(step, {name: len(contents) for name, contents in self._derived.items()})
        unchanged = {place: change for place, change in step.items() if returns_to_published(change)}
        if self.retention is not None:
            admitted = self.retention.admit({**unchanged, **admitted})
        for place, change in unchanged.items():
            self._divergence.record_published(place, change.old)
        return ChangeSet.of_places({**admitted, **self._restored()})

    def kind_listed(self, kind: str, started: float) -> ChangeSet:
        """A list of a kind that began at *started* was committed: it may confirm what is held."""
        return _NOTHING if self.shrink_hold is None else self._released(self.shrink_hold.kind_listed(kind, started))

    def kind_gone(self, kind: str) -> ChangeSet:
        """The API server does not know a kind any more: what was lost with it a moment ago is to be published again."""
        if self.shrink_hold is None:
            return _NOTHING
        self.shrink_hold.kind_gone(kind)
        return ChangeSet.of_places(self._restored())

    def release_held_due(self) -> ChangeSet:
        """The held changes whose time is up."""
        return _NOTHING if self.shrink_hold is None else self._released(self.shrink_hold.release_due())

    def release_held(self) -> ChangeSet:
        """The held changes, because an operator ends the hold."""
        return _NOTHING if self.shrink_hold is None else self._released(self.shrink_hold.release_all())

    def release_retained_due(self) -> ChangeSet:
        """The changes of retained resources whose time is up, or that are certain now."""
        if self.retention is None or not self.retention.retained:
            return _NOTHING
        return self._not_held(self.retention.release_due())

    def release_retained(self) -> ChangeSet:
        """The changes of all retained resources, because an operator ends the retention."""
        return _NOTHING if self.retention is None else self._not_held(self.retention.release_all())

    def record_published(self, changes: ChangeSet, roles: frozenset[str] | set[str]) -> None:
        """Notes that *changes* are published, but for what belongs to a role that is not among the published *roles*."""
        for place, change in changes.by_place().items():
            published = place[0] not in _OF_A_ROLE or place[1][0] in roles
            self._divergence.record_published(place, change.new if published else None)

    def changes_of_roles(self, roles: set[str]) -> ChangeSet:
        """What was derived for roles that are about to be published, and that no protection holds."""
        return ChangeSet.of_places(
            self._divergence.changes_at(place for place in self._places_of(roles) if not self._protects(place))
        )

    def forget_roles(self, roles: set[str]) -> ChangeSet:
        """Forgets what is held of roles that are not published any more; returns what that releases."""
        gone = self._places_of(roles)
        if not gone:
            return _NOTHING
        for place in gone:
            self._divergence.record_published(place, None)
        if self.retention is not None:
            self.retention.forget(gone)
        return _NOTHING if self.shrink_hold is None else self._released(self.shrink_hold.forget(gone))

    def _restored(self) -> Changes:
        """What is to be published again, as changes from what is published."""
        return {} if self.shrink_hold is None else self._divergence.changes_to(self.shrink_hold.take_restored())

    def _released(self, held: Changes) -> ChangeSet:
        """What was held and is confirmed, as it is derived now."""
        changes = self._divergence.changes_at(held)
        if changes and self.retention is not None:
            changes = self.retention.admit(changes, certain=True)
        return ChangeSet.of_places(changes)

    def _not_held(self, retained: Changes) -> ChangeSet:
        """What was retained, as it is derived now, but for what is held for another reason."""
        hold = self.shrink_hold
        return ChangeSet.of_places(
            self._divergence.changes_at(place for place in retained if hold is None or not hold.holds(place))
        )

    def _places_of(self, roles: set[str]) -> list[Place]:
        """The places at which what belongs to *roles* differs from what is derived."""
        if not roles:
            return []
        return [place for place in self._divergence.places if place[0] in _OF_A_ROLE and place[1][0] in roles]

    def _protects(self, place: Place) -> bool:
        held = self.shrink_hold is not None and self.shrink_hold.holds(place)
        return held or (self.retention is not None and place in self.retention.retained)
