"""Retention: a published resource that would be lost for a reason that may not be true stays for a bounded time.

A resource is derived from several kinds of objects. While one kind is stale, another kind may tell half of the truth: a
route moved to a Service that we have not heard of, or endpoints follow a port that was renamed. Such a loss is not believed
until all kinds that it depends on are fresh. Each resource has its own clock.

This module is pure: it is told which kinds are stale, and LossRules knows what is a loss and on which kinds it depends.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Final, Protocol

from krt import Change
from xds_server.model.admission import ChangeOutcome
from xds_server.readiness.protections.change_set import Changes, Place, ResourceChange

CATCH_UP_SECONDS: Final = 1.0
"""A watch that goes on tells at once what was missed, but not when that was all: a kind counts as stale for so long."""

NO_KINDS: Final = frozenset[str]()
"""No kinds: the change is certain, so it is never retained."""


class LossRules(Protocol):
    """Knows what is a loss."""

    def record_step(self, changes: Changes) -> None:
        """Takes in all changes of one step. Call it before `depends_on` for any of them, and `keep` after the last."""
        ...

    def depends_on(self, place: Place, change: ResourceChange) -> frozenset[str]:
        """The kinds on which it depends whether the change takes something away; NO_KINDS if it does not."""
        ...

    def keep(self, places: Iterable[Place]) -> None:
        """Forgets the steps so far, but for what concerns *places*."""
        ...


class SourceFreshness:
    """Which kinds are stale, or were a moment ago."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._stale: set[str] = set()
        self._fresh_since: dict[str, float] = {}

    def record(self, kind: str, *, stale: bool) -> None:
        """A kind is stale from now on, or is not."""
        if stale:
            self._stale.add(kind)
        elif kind in self._stale:
            self._stale.discard(kind)
            self._fresh_since[kind] = self._clock()

    def is_complete(self) -> bool:
        """Whether all kinds are fresh, and have been for long enough."""
        if self._fresh_since and not self.stale_of(self._fresh_since):
            self._fresh_since.clear()
        return not self._stale and not self._fresh_since

    def stale_of(self, kinds: Iterable[str]) -> list[str]:
        """Those of *kinds* of which we may not know all."""
        recent = self._clock() - CATCH_UP_SECONDS
        return sorted(kind for kind in kinds if kind in self._stale or self._fresh_since.get(kind, recent) > recent)


@dataclass(slots=True)
class Retained:
    """One resource that is retained."""

    change: ResourceChange
    """From what is published to what is derived."""
    since: float
    """Seconds on the clock."""
    reason: str


class Retention:
    """Holds changes that take something away as long as that is in doubt, each for at most *seconds*."""

    def __init__(
        self,
        seconds: float,
        freshness: SourceFreshness,
        loss_rules: LossRules,
        *,
        clock: Callable[[], float],
        on_begin: Callable[[Mapping[Place, Retained]], None] = lambda _: None,
        on_end: Callable[[Mapping[Place, Retained], ChangeOutcome], None] = lambda *_: None,
    ) -> None:
        """*on_begin* and *on_end* are given all resources whose retention one step begins or ends."""
        self._seconds = seconds
        self._freshness = freshness
        self._loss_rules = loss_rules
        self._clock = clock
        self._on_begin = on_begin
        self._on_end = on_end
        self.retained: dict[Place, Retained] = {}

    def has_nothing_to_do(self) -> bool:
        """Whether every change passes, so that `admit` need not be called: nothing is retained, and no kind is stale."""
        return not self.retained and self._freshness.is_complete()

    def admit(self, changes: Changes, *, certain: bool = False) -> Changes:
        """The changes that may be published now. *certain*: they were confirmed, so none of them is retained."""
        passed: dict[Place, ResourceChange] = {}
        begun: dict[Place, Retained] = {}
        ended: dict[ChangeOutcome, dict[Place, Retained]] = {"recovered": {}, "confirmed": {}}
        self._loss_rules.record_step(changes)
        for place, (old, new) in changes.items():
            known = self.retained.get(place)
            change = Change(
                old if known is None else known.change.old, new
            )  # The published value is still what it was.
            unchanged = change.old == change.new
            kinds = NO_KINDS if certain or unchanged else self._loss_rules.depends_on(place, change)
            if stale := self._freshness.stale_of(kinds):
                since = self._clock() if known is None else known.since
                self.retained[place] = Retained(change, since, f"{' and '.join(stale)} out of touch")
                if known is None:
                    begun[place] = self.retained[place]
                continue
            if known is not None:
                ended["confirmed" if kinds or certain else "recovered"][place] = self.retained.pop(place)
            if not unchanged:
                passed[place] = change
        self._loss_rules.keep(self.retained)
        if begun:
            self._on_begin(begun)
        for by, which in ended.items():
            if which:
                self._on_end(which, by)
        return passed

    def forget(self, places: Iterable[Place]) -> None:
        """Retains these places no more, since nothing is published there any more."""
        gone = {place: self.retained.pop(place) for place in places if place in self.retained}
        if gone:
            self._loss_rules.keep(self.retained)
            self._on_end(gone, "recovered")

    def release_due(self) -> Changes:
        """The changes to publish: their time is up, the kinds they depend on are fresh, or they take nothing away any more."""
        late = self._clock() - self._seconds
        ends: dict[ChangeOutcome, dict[Place, Retained]] = {"timeout": {}, "confirmed": {}, "recovered": {}}
        for place, one in self.retained.items():
            kinds = self._loss_rules.depends_on(place, one.change)
            if one.since <= late:
                ends["timeout"][place] = one
            elif not kinds:
                ends["recovered"][place] = one
            elif not self._freshness.stale_of(kinds):
                ends["confirmed"][place] = one
        return self._release(ends)

    def release_all(self) -> Changes:
        """The changes to publish because an operator ends the retention."""
        return self._release({"operator": dict(self.retained)})

    def why(self) -> str:
        """What is retained, for how long, and why, in one line; "" if nothing is."""
        if not self.retained:
            return ""
        (collection, key), oldest = min(self.retained.items(), key=lambda item: item[1].since)
        age = self._clock() - oldest.since
        return (
            f"{len(self.retained)} resources retained although they were removed (oldest: {collection} {key!r}, "
            f"{age:.0f} s of at most {self._seconds:.0f} s): {oldest.reason}"
        )

    def _release(self, ends: Mapping[ChangeOutcome, Mapping[Place, Retained]]) -> Changes:
        changes: dict[Place, ResourceChange] = {}
        for by, which in ends.items():
            for place in which:
                changes[place] = self.retained.pop(place).change
            if which:
                self._on_end(which, by)
        self._loss_rules.keep(self.retained)
        return changes
