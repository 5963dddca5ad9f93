"""The shrink guard: a change that would take away much of what is served is not believed at once.

A list that comes back short, through a wrong filter or a cut-off answer, looks just like a mass deletion, and harms as
much; so do the events of a kind that goes and takes all its objects with it. What is deleted one by one, by somebody who
looks, never looks like that. Pure: who holds, for how long, is `shrink_hold`'s business.
"""

from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Any

import msgspec

from xds_server.readiness.protections.recent_removals import RecentRemovals

Change = tuple[Any, Any]
"""(old, new); None on a side: it was not, or is no more."""

Changes = Mapping[str, Mapping[Any, Change]]
"""By collection and key."""

IsLoss = Callable[[Change], bool]
"""Whether a change takes something away from the proxies."""


def removed(change: Change) -> bool:
    """Whether it is no more."""
    return change[1] is None


class Tolerance(msgspec.Struct, frozen=True, kw_only=True):
    """What one transaction may take away of a collection without being held."""

    share: float = 0.5
    """The part of what was there, from 0 to 1 ..."""
    at_least: int = 10
    """... or less than so many."""

    def exceeded(self, lost: int, of: int) -> bool:
        """Whether so many lost, of so many, are too many."""
        return lost >= self.at_least and lost > self.share * of


class ShrinkGuard:
    """Lets changes pass, but keeps those of a transaction in which a collection loses more than is tolerated.

    Kept are all changes of that transaction, since they belong together: when Services are gone, their routes answer
    500. What only adds to a collection in *additive*, or alters it without loss, passes: nobody is hurt by a cluster
    more. And what is removed from one, later on, is kept, too: what is kept may name it. Of a key that is kept the newest
    state is kept. When what is kept ceases to be too much, all of it passes.

    Transactions that take something away, with less than a second between them, count as one: what the first of them took
    away is to be published again (`taken_back`).
    """

    def __init__(self, tolerance: Tolerance, losses: Mapping[str, IsLoss], *, additive: frozenset[str]) -> None:
        """*losses*: what counts as a loss, for each collection that is watched; others are kept along with them."""
        self._tolerance = tolerance
        self._losses = losses
        self._additive = additive
        self._held: dict[str, dict[Any, Change]] = {}
        self._lost: dict[str, set[Any]] = {name: set() for name in losses}
        self._of: dict[str, int] = {}
        self._never: set[str] = set()
        self._recent = RecentRemovals(losses)
        self._back: dict[str, dict[Any, Change]] = {}

    @property
    def holding(self) -> bool:
        """Whether something is kept."""
        return bool(self._held)

    @property
    def watched(self) -> Iterable[str]:
        """The collections of which something can be lost."""
        return self._losses

    @property
    def lost(self) -> Mapping[str, int]:
        """How much of what is kept is a loss, by collection; those that lose nothing are not there."""
        return {name: len(keys) for name, keys in self._lost.items() if keys}

    @property
    def reason(self) -> str:
        """What would be lost, in words; "" if nothing is kept."""
        return ", ".join(f"{n} of {self._of.get(name, n)} {name}" for name, n in self.lost.items())

    def admit(self, changes: Changes, sizes: Mapping[str, int], now: float = 0.0) -> Changes:
        """The changes that may be published at *now*, in seconds. *sizes*: how many keys each collection has after them."""
        lost = {name: sum(map(is_loss, changes.get(name, {}).values())) for name, is_loss in self._losses.items()}
        suspect = self._suspect(changes, sizes, lost, now)
        passed: dict[str, dict[Any, Change]] = {}
        for name, by_key in changes.items():
            for key, change in by_key.items():
                self._sort(name, key, change, passed, now, suspect=suspect)
        self._recent.note(passed, now, lossy=any(lost.values()))
        if suspect:
            self._take_back()
        return joined(passed, self.settle())

    def holds(self, name: str, key: Any) -> bool:
        """Whether this key is kept."""
        return key in self._held.get(name, {})

    def recall(self, collections: Collection[str], now: float) -> None:
        """Believes no loss in *collections* any more, however small, and takes back those of a moment ago."""
        held = any(self._lost[name] for name in collections)
        burst = self._recent.changes
        lost = any(self._losses[name](one) for name in collections for one in burst.get(name, {}).values())
        if held or (lost and self._recent.recent(now)):
            self._never.update(collections)
            self._take_back()

    def taken_back(self) -> Mapping[str, Mapping[Any, Any]]:
        """What is to be published again, by collection and key: asked once."""
        back, self._back = self._back, {}
        return {name: {key: to for key, (_, to) in by_key.items()} for name, by_key in back.items()}

    def forget(self, name: str, key: Any) -> None:
        """Keeps this key no longer: there is nothing left to publish. `settle` tells what that releases."""
        self._let_go(name, key)

    def settle(self) -> Changes:
        """All that is kept, if it is not too much any more; else nothing."""
        return {} if not self._held or self._excessive() else self.release()

    def release(self, *, listed: float | None = None) -> Changes:
        """All that is kept, to be published; nothing is kept from then on.

        *listed*: when a list said so, if one did; should the kind turn out to be gone, it may be taken back again.
        """
        held, self._held, self._of = self._held, {}, {}
        for name, by_key in self._back.items():
            kept = held.get(name, {})
            for key in [key for key in by_key if key in kept]:  # it was not published again yet
                published, now = by_key.pop(key)[0], kept.pop(key)[1]
                if published != now:
                    kept[key] = (published, now)
        self._lost = {name: set() for name in self._losses}
        self._never.clear()
        self._recent.clear()
        if listed is not None:
            self._recent.released(held, listed)
        return held

    def _suspect(self, changes: Changes, sizes: Mapping[str, int], losses: Mapping[str, int], now: float) -> bool:
        found = False
        goes_on = self._recent.lives(now)
        for name, lost in losses.items():
            if not lost:
                continue
            by_key = changes[name]
            came = sum(old is None for old, _ in by_key.values())
            before = sizes.get(name, 0) + sum(map(removed, by_key.values())) - came
            earlier = 0
            if goes_on:
                before = max(before + self._recent.removed(name), self._of.get(name, 0))
                earlier = len(self._lost[name]) + self._recent.lost(name)
            if self._tolerance.exceeded(lost + earlier, before):
                self._of[name] = max(before, self._of.get(name, 0))
                found = True
        return found

    def _sort(
        self, name: str, key: Any, change: Change, passed: dict[str, dict[Any, Change]], now: float, *, suspect: bool
    ) -> None:
        was = self._let_go(name, key)
        if was is not None:
            change = (was[0], change[1])  # what is published is still what it was
        if change[0] == change[1]:
            self._recent.returned(name, key, change, now)
            return
        shared = name in self._additive
        harmless = shared and not self._losses[name](change)
        named = shared and self.holding and removed(change)
        if (was is not None or suspect or named) and not harmless:
            self._keep(name, key, change)
        else:
            passed.setdefault(name, {})[key] = change

    def _keep(self, name: str, key: Any, change: Change) -> None:
        self._held.setdefault(name, {})[key] = change
        if name in self._losses and self._losses[name](change):
            self._lost[name].add(key)

    def _let_go(self, name: str, key: Any) -> Change | None:
        held = self._held.get(name, {})
        was = held.pop(key, None)
        if was is not None and not held:
            del self._held[name]
        if was is not None and name in self._lost:
            self._lost[name].discard(key)
        return was

    def _take_back(self) -> None:
        """Keeps the changes of the burst as if they had not passed, but for what came with them."""
        for name, by_key in self._recent.changes.items():
            for key, (first, last) in by_key.items():
                if name in self._additive and not self._losses[name]((first, last)):
                    continue
                was = self._let_go(name, key)
                now = last if was is None else was[1]
                self._back.setdefault(name, {})[key] = (last, first)
                if first != now:
                    self._keep(name, key, (first, now))
        self._recent.clear()

    def _excessive(self) -> bool:
        return any(
            name in self._never or (name in self._of and self._tolerance.exceeded(len(keys), self._of[name]))
            for name, keys in self._lost.items()
            if keys
        )


def joined(first: Changes, second: Changes) -> dict[str, dict[Any, Change]]:
    """Changes of both; where both change something, the second's."""
    return {name: {**first.get(name, {}), **second.get(name, {})} for name in {**first, **second}}
