"""Carry-over: what is published, and would be lost for a reason that may not be so, stays for a bounded time.

A resource is derived from several kinds of objects. While one of them is out of touch, what another says of it may be
half of the truth: a route moved to a Service that we have not heard of, endpoints follow a port that was renamed. So
such a loss is not believed until all kinds that it rests on are in touch, each resource by its own clock.

Pure: what is a loss, and which kinds it rests on, is told; who is in touch, too.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Protocol

from xds_server.model.admission import ChangeOutcome
from xds_server.readiness.protections.shrink_guard import Change, Changes

Key = tuple[str, Any]
"""The collection, and the key in it."""

# A watch that goes on tells at once what was missed, and nothing says that this was all: wait so long for it.
CATCH_UP_SECONDS: Final = 1.0
NO_KINDS: Final = frozenset[str]()
"""What rests on nothing that could be in doubt rests on these kinds: none."""


class LossRules(Protocol):
    """Knows what is a loss."""

    def note(self, changes: Changes) -> None:
        """Takes in all changes of one step, before it is asked about any of them."""
        ...

    def depends_on(self, key: Key, change: Change) -> frozenset[str]:
        """The kinds on which it rests that the change takes something away; none, if it does not."""
        ...

    def keep(self, keys: Iterable[Key]) -> None:
        """Of the steps before this one only what concerns *keys* matters from now on."""
        ...


class SourceFreshness:
    """Which kinds are out of touch, or were a moment ago."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._lost: set[str] = set()
        self._back: dict[str, float] = {}

    def note(self, kind: str, *, lost: bool) -> None:
        """A kind is out of touch from now on, or is not."""
        if lost:
            self._lost.add(kind)
        elif kind in self._lost:
            self._lost.discard(kind)
            self._back[kind] = self._clock()

    def lacks(self, kinds: Iterable[str]) -> list[str]:
        """Those of *kinds* of which we may not know all."""
        recent = self._clock() - CATCH_UP_SECONDS
        return sorted(kind for kind in kinds if kind in self._lost or self._back.get(kind, recent) > recent)


@dataclass(slots=True)
class Retained:
    """One resource that stays."""

    change: Change
    """From what is published to what is derived."""
    since: float
    """On the clock."""
    reason: str


class Retention:
    """Keeps back what takes something away as long as it is in doubt, each for at most *seconds*."""

    def __init__(
        self,
        seconds: float,
        freshness: SourceFreshness,
        loss_rules: LossRules,
        *,
        clock: Callable[[], float],
        on_begin: Callable[[Mapping[Key, Retained]], None] = lambda _: None,
        on_end: Callable[[Mapping[Key, Retained], ChangeOutcome], None] = lambda *_: None,
    ) -> None:
        """*on_begin* and *on_end* are given all that one step keeps or lets go."""
        self._seconds = seconds
        self._freshness = freshness
        self._loss_rules = loss_rules
        self._clock = clock
        self._on_begin = on_begin
        self._on_end = on_end
        self.retained: dict[Key, Retained] = {}
        """What stays now."""

    def admit(self, changes: Changes, *, certain: bool = False) -> Changes:
        """The changes that may be published now. *certain*: whether somebody has vouched for them."""
        passed: dict[str, dict[Any, Change]] = {}
        begun: dict[Key, Retained] = {}
        ended: dict[ChangeOutcome, dict[Key, Retained]] = {"recovered": {}, "confirmed": {}}
        self._loss_rules.note(changes)
        for name, by_key in changes.items():
            for key, (old, new) in by_key.items():
                place = name, key
                known = self.retained.get(place)
                change = (old if known is None else known.change[0], new)  # what is published is still what it was
                level = change[0] == change[1]
                kinds = NO_KINDS if certain or level else self._loss_rules.depends_on(place, change)
                if lacking := self._freshness.lacks(kinds):
                    since = self._clock() if known is None else known.since
                    self.retained[place] = Retained(change, since, f"{' and '.join(lacking)} out of touch")
                    if known is None:
                        begun[place] = self.retained[place]
                    continue
                if known is not None:
                    ended["confirmed" if kinds or certain else "recovered"][place] = self.retained.pop(place)
                if not level:
                    passed.setdefault(name, {})[key] = change
        self._loss_rules.keep(self.retained)
        if begun:
            self._on_begin(begun)
        for by, which in ended.items():
            if which:
                self._on_end(which, by)
        return passed

    def forget(self, places: Iterable[Key]) -> None:
        """Nothing is published at these places any more, so nothing stays there."""
        gone = {place: self.retained.pop(place) for place in places if place in self.retained}
        if gone:
            self._loss_rules.keep(self.retained)
            self._on_end(gone, "recovered")

    def due(self) -> Changes:
        """What is to be published: its time is up, all that it rests on is in touch, or it takes nothing away any more."""
        late = self._clock() - self._seconds
        ends: dict[ChangeOutcome, dict[Key, Retained]] = {"timeout": {}, "confirmed": {}, "recovered": {}}
        for place, one in self.retained.items():
            kinds = self._loss_rules.depends_on(place, one.change)
            if one.since <= late:
                ends["timeout"][place] = one
            elif not kinds:
                ends["recovered"][place] = one
            elif not self._freshness.lacks(kinds):
                ends["confirmed"][place] = one
        return self._released(ends)

    def override(self) -> Changes:
        """What is to be published because somebody says so: everything."""
        return self._released({"operator": dict(self.retained)})

    def why(self) -> str:
        """What stays, for how long, and why, in one line; "" if nothing does."""
        if not self.retained:
            return ""
        (name, key), first = min(self.retained.items(), key=lambda item: item[1].since)
        age = self._clock() - first.since
        return (
            f"{len(self.retained)} lost by halves and carried over, {name} {key!r} for {age:.0f} s of at most "
            f"{self._seconds:.0f}: {first.reason}"
        )

    def _released(self, ends: Mapping[ChangeOutcome, Mapping[Key, Retained]]) -> Changes:
        changes: dict[str, dict[Any, Change]] = {}
        for by, which in ends.items():
            for name, key in which:
                changes.setdefault(name, {})[key] = self.retained.pop((name, key)).change
            if which:
                self._on_end(which, by)
        self._loss_rules.keep(self.retained)
        return changes
