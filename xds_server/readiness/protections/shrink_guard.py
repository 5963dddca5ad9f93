"""The shrink guard: it holds a change that would take away much of what is served.

A list that comes back short, because of a wrong filter or a response that was cut off, looks like a mass deletion and does
the same harm. So do the events of a kind that is removed with all its objects. An operator who deletes objects one by one
never looks like that. The guard is pure: `shrink_hold` knows who holds a change, and for how long.
"""

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Any

import msgspec

from krt import Change
from xds_server.readiness.protections.change_set import Changes, ChangeSet, Place, ResourceChange
from xds_server.readiness.protections.recent_removals import RecentRemovals

IsLoss = Callable[[ResourceChange], bool]
"""Whether a change takes something away from the proxies."""


def is_removal(change: ResourceChange) -> bool:
    """Whether the key exists no more."""
    return change.new is None


class Tolerance(msgspec.Struct, frozen=True, kw_only=True):
    """What one transaction may take away of a collection without being held."""

    share: float
    """The part of the collection, from 0 to 1 ..."""
    at_least: int
    """... or fewer keys than this."""

    def is_exceeded(self, lost: int, of: int) -> bool:
        """Whether *lost* keys of a collection that had *of* keys are too many."""
        return lost >= self.at_least and lost > self.share * of


class ShrinkGuard:
    """Lets changes pass, but holds a transaction in which a collection loses more than is tolerated.

    It holds all changes of that transaction, since they belong together: when Services are gone, their routes answer 500.
    A change of a collection in *additive* that adds something, or alters it without loss, passes: one more cluster harms
    nobody. While something is held, nothing is removed from an additive collection, since what is held may name it. The
    guard holds the newest state of each key. It releases everything when what it holds is not too much any more.

    Transactions that take something away less than a second apart count as one. What the first of them took away is to be
    published again (`take_restored`).
    """

    def __init__(self, tolerance: Tolerance, losses: Mapping[str, IsLoss], *, additive: frozenset[str]) -> None:
        """*losses*: what counts as a loss, by collection. Changes of other collections are held along with them."""
        self._tolerance = tolerance
        self._losses = losses
        self._additive = additive
        self._held: dict[Place, ResourceChange] = {}
        self._lost: dict[str, set[Place]] = {name: set() for name in losses}
        self._sizes: dict[str, int] = {}  # Of collections that lost too much: how many keys there were before.
        self._disbelieved: set[str] = set()
        self._recent = RecentRemovals(losses)
        self._restored: dict[Place, ResourceChange] = {}

    @property
    def holding(self) -> bool:
        """Whether a change is held."""
        return bool(self._held)

    @property
    def watched(self) -> Iterable[str]:
        """The collections of which something can be lost."""
        return self._losses

    @property
    def lost(self) -> Mapping[str, int]:
        """How many of the held changes are losses, by collection; without collections that lose nothing."""
        return {name: len(places) for name, places in self._lost.items() if places}

    @property
    def reason(self) -> str:
        """What would be lost, in words; "" if nothing is held."""
        return ", ".join(f"{n} of {self._sizes.get(name, n)} {name}" for name, n in self.lost.items())

    def has_nothing_to_do(self, changes: ChangeSet) -> bool:
        """Whether all *changes* pass and need not be remembered: nothing is held, or was lost lately, or is lost now."""
        if self._held or self._recent.changes:
            return False
        for collection, is_loss in self._losses.items():
            for change in getattr(changes, collection).values():
                if is_loss(change):
                    return False
        return True

    def admit(self, changes: Changes, sizes: Mapping[str, int], now: float = 0.0) -> Changes:
        """The changes that may be published at *now*, in seconds. *sizes*: how many keys each collection has after them."""
        lost = Counter(place[0] for place, change in changes.items() if self._is_loss(place, change))
        too_much = self._exceeds(changes, sizes, lost, now)
        passed: dict[Place, ResourceChange] = {}
        for place, change in changes.items():
            self._sort(place, change, passed, now, too_much=too_much)
        self._recent.record(passed, now, lossy=bool(lost))
        if too_much:
            self._take_back()
        return {**passed, **self.release_if_tolerable()}

    def holds(self, place: Place) -> bool:
        """Whether a change at this place is held."""
        return place in self._held

    def recall(self, collections: Collection[str], now: float) -> None:
        """Believes no loss in *collections* any more, however small, and takes back the recent ones."""
        held = any(self._lost[name] for name in collections)
        lost = any(
            place[0] in collections and self._is_loss(place, change) for place, change in self._recent.changes.items()
        )
        if held or (lost and self._recent.may_matter(now)):
            self._disbelieved.update(collections)
            self._take_back()

    def take_restored(self) -> Mapping[Place, Any]:
        """The values that are to be published again, by place. Each is returned once."""
        restored, self._restored = self._restored, {}
        return {place: change.new for place, change in restored.items()}

    def forget(self, place: Place) -> None:
        """Holds this place no more: there is nothing to publish. Call `release_if_tolerable` after the last one."""
        self._let_go(place)

    def release_if_tolerable(self) -> Changes:
        """All held changes, to be published, if they are not too much any more; else nothing."""
        return {} if not self._held or self._is_excessive() else self.release()

    def release(self, *, listed: float | None = None) -> Changes:
        """All held changes, to be published; nothing is held afterwards.

        *listed*: when a list confirmed them, if one did. They may be taken back if the kind then turns out to be gone.
        """
        held, self._held, self._sizes = self._held, {}, {}
        for place in [place for place in self._restored if place in held]:  # Not published again yet.
            published, derived = self._restored.pop(place).old, held.pop(place).new
            if published != derived:
                held[place] = Change(published, derived)
        self._lost = {name: set() for name in self._losses}
        self._disbelieved.clear()
        self._recent.clear()
        if listed is not None:
            self._recent.restart(held, listed)
        return held

    def _exceeds(self, changes: Changes, sizes: Mapping[str, int], losses: Mapping[str, int], now: float) -> bool:
        """Whether a transaction loses too much; notes how many keys its collections had before."""
        found = False
        continues = self._recent.includes(now)
        for name, lost in losses.items():
            of_collection = [change for place, change in changes.items() if place[0] == name]
            added = sum(change.old is None for change in of_collection)
            before = sizes.get(name, 0) + sum(map(is_removal, of_collection)) - added
            earlier = 0
            if continues:
                before = max(before + self._recent.count_removed(name), self._sizes.get(name, 0))
                earlier = len(self._lost[name]) + self._recent.count_lost(name)
            if self._tolerance.is_exceeded(lost + earlier, before):
                self._sizes[name] = max(before, self._sizes.get(name, 0))
                found = True
        return found

    def _sort(
        self, place: Place, change: ResourceChange, passed: dict[Place, ResourceChange], now: float, *, too_much: bool
    ) -> None:
        """Holds a change, or lets it pass, or drops it if it leads back to what is published."""
        was = self._let_go(place)
        if was is not None:
            change = Change(was.old, change.new)  # The published value is still what it was.
        if change.old == change.new:
            self._recent.record_return(place, change, now)
            return
        shared = place[0] in self._additive
        harmless = shared and not self._is_loss(place, change)
        may_be_named = shared and self.holding and is_removal(change)
        if (was is not None or too_much or may_be_named) and not harmless:
            self._hold(place, change)
        else:
            passed[place] = change

    def _is_loss(self, place: Place, change: ResourceChange) -> bool:
        is_loss = self._losses.get(place[0])
        return is_loss is not None and is_loss(change)

    def _hold(self, place: Place, change: ResourceChange) -> None:
        self._held[place] = change
        if self._is_loss(place, change):
            self._lost[place[0]].add(place)

    def _let_go(self, place: Place) -> ResourceChange | None:
        was = self._held.pop(place, None)
        if was is not None and place[0] in self._lost:
            self._lost[place[0]].discard(place)
        return was

    def _take_back(self) -> None:
        """Holds the recent changes as if they had not passed, but for additions that came with them."""
        for place, (first, last) in self._recent.changes.items():
            if place[0] in self._additive and not self._is_loss(place, Change(first, last)):
                continue
            was = self._let_go(place)
            derived = last if was is None else was.new
            self._restored[place] = Change(last, first)
            if first != derived:
                self._hold(place, Change(first, derived))
        self._recent.clear()

    def _is_excessive(self) -> bool:
        return any(
            name in self._disbelieved
            or (name in self._sizes and self._tolerance.is_exceeded(len(places), self._sizes[name]))
            for name, places in self._lost.items()
            if places
        )
