"""The shrink guard: a change that would take away much of what is served is not believed at once.

A list that comes back short, through a wrong filter or a cut-off answer, looks just like a mass deletion, and harms as
much. What is deleted one by one never looks like that. Pure: who holds, for how long, is `suspicion`'s business.
"""

from collections.abc import Callable, Mapping
from typing import Any

import msgspec

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
    """

    def __init__(self, tolerance: Tolerance, losses: Mapping[str, IsLoss], *, additive: frozenset[str]) -> None:
        """*losses*: what counts as a loss, for each collection that is watched; others are kept along with them."""
        self._tolerance = tolerance
        self._losses = losses
        self._additive = additive
        self._held: dict[str, dict[Any, Change]] = {}
        self._of: dict[str, int] = {}

    @property
    def holding(self) -> bool:
        """Whether something is kept."""
        return bool(self._held)

    @property
    def lost(self) -> Mapping[str, int]:
        """How much of what is kept is a loss, by collection; those that lose nothing are not there."""
        lost = {name: sum(map(is_loss, self._held.get(name, {}).values())) for name, is_loss in self._losses.items()}
        return {name: number for name, number in lost.items() if number}

    @property
    def reason(self) -> str:
        """What would be lost, in words; "" if nothing is kept."""
        return ", ".join(f"{n} of {self._of.get(name, n)} {name}" for name, n in self.lost.items())

    def admit(self, changes: Changes, sizes: Mapping[str, int]) -> Changes:
        """The changes that may be published now. *sizes*: how many keys each collection has after them."""
        suspect = self._suspect(changes, sizes)
        passed: dict[str, dict[Any, Change]] = {}
        for name, by_key in changes.items():
            for key, change in by_key.items():
                self._sort(name, key, change, passed, suspect=suspect)
        if self._held and not self._excessive():
            passed = joined(passed, self.release())
        return passed

    def holds(self, name: str, key: Any) -> bool:
        """Whether this key is kept."""
        return key in self._held.get(name, {})

    def forget(self, name: str, key: Any) -> None:
        """Keeps this key no longer: there is nothing left to publish. `settle` tells what that releases."""
        held = self._held.get(name, {})
        if held.pop(key, None) is not None and not held:
            del self._held[name]

    def settle(self) -> Changes:
        """All that is kept, if it is not too much any more; else nothing."""
        return {} if self._excessive() else self.release()

    def release(self) -> Changes:
        """All that is kept, to be published; nothing is kept from then on."""
        held, self._held, self._of = self._held, {}, {}
        return held

    def _suspect(self, changes: Changes, sizes: Mapping[str, int]) -> bool:
        found = False
        for name, is_loss in self._losses.items():
            by_key = changes.get(name, {})
            came = sum(old is None for old, _ in by_key.values())
            before = sizes.get(name, 0) + sum(map(removed, by_key.values())) - came
            if self._tolerance.exceeded(sum(map(is_loss, by_key.values())), before):
                self._of[name] = max(before, self._of.get(name, 0))
                found = True
        return found

    def _sort(
        self, name: str, key: Any, change: Change, passed: dict[str, dict[Any, Change]], *, suspect: bool
    ) -> None:
        held = self._held.get(name, {})
        kept = key in held
        if kept:
            change = (held.pop(key)[0], change[1])  # what is published is still what it was
            if not held:
                self._held.pop(name)
        if change[0] == change[1]:
            return
        shared = name in self._additive
        harmless = shared and not self._losses[name](change)
        named = shared and self.holding and removed(change)
        target = self._held if (kept or suspect or named) and not harmless else passed
        target.setdefault(name, {})[key] = change

    def _excessive(self) -> bool:
        return any(
            self._tolerance.exceeded(sum(map(is_loss, self._held[name].values())), self._of[name])
            for name, is_loss in self._losses.items()
            if name in self._held and name in self._of
        )


def joined(first: Changes, second: Changes) -> dict[str, dict[Any, Change]]:
    """Changes of both; where both change something, the second's."""
    return {name: {**first.get(name, {}), **second.get(name, {})} for name in first.keys() | second.keys()}
