"""The shrink guard with a clock: how long a change that loses much is held, and what ends the hold.

A hold ends when what was missing is back (`recovered`), when a fresh list confirms the loss (`confirmed`), when its time is
up (`timeout`), or when an operator ends it (`operator`).
"""

import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from xds_server.model.admission import ChangeOutcome
from xds_server.readiness.protections.change_set import Changes, Place
from xds_server.readiness.protections.shrink_guard import ShrinkGuard

RELIST_AFTER_SECONDS: Final = 2.0
"""After so long the kinds are listed anew. A server that has cut off one response may cut off the next, if asked at once."""


@dataclass(slots=True)
class HeldChange:
    """The change that is held now. Times are seconds on the clock."""

    reason: str
    since: float
    grown: float
    """When it took its present form. A list that began before that confirms nothing."""
    awaits: set[str]
    """Kinds whose list has yet to confirm the loss; empty if a kind is gone, since its empty list proves nothing."""
    asked: bool = False
    """Whether these lists were asked for."""
    gone: str = ""
    """The kind that the API server does not know any more, if that is the cause."""


class ShrinkHold:
    """Holds what the guard holds, for at most *seconds*. It neither raises nor publishes anything."""

    def __init__(
        self,
        guard: ShrinkGuard,
        seconds: float,
        *,
        sources_of: Callable[[Iterable[str]], frozenset[str]],
        clock: Callable[[], float] = time.monotonic,
        on_begin: Callable[[HeldChange], None] = lambda _: None,
        on_end: Callable[[HeldChange, ChangeOutcome, float], None] = lambda *_: None,
        relist: Callable[[frozenset[str]], None] = lambda _: None,
    ) -> None:
        """*sources_of*: the kinds that may have caused a loss in some collections. *relist* has kinds listed anew.

        *on_end* is given the held change, how the hold ended, and after how many seconds.
        """
        self._guard = guard
        self._seconds = seconds
        self._sources_of = sources_of
        self._clock = clock
        self._on_begin = on_begin
        self._on_end = on_end
        self._relist = relist
        self.held_change: HeldChange | None = None
        self.has_nothing_to_do = guard.has_nothing_to_do
        """Whether all changes of a ChangeSet pass, so that `admit` need not be called."""

    def admit(self, changes: Changes, sizes: Mapping[str, int]) -> Changes:
        """The changes of a transaction that may be published, and the held ones that they release."""
        passed = self._guard.admit(changes, sizes, self._clock())
        self._update("" if self.held_change is None else self.held_change.gone)
        return passed

    def kind_gone(self, kind: str) -> None:
        """The API server does not know a kind any more: what was lost a moment ago was lost with it.

        Call `take_restored` afterwards.
        """
        self._guard.recall([name for name in self._guard.watched if kind in self._sources_of([name])], self._clock())
        self._update(kind)

    def take_restored(self) -> Mapping[Place, Any]:
        """The values that are to be published again, by place. Each is returned once."""
        return self._guard.take_restored()

    def _update(self, gone: str) -> None:
        """Begins or ends the hold, as the guard holds something or not, or notes that it has grown."""
        if not self._guard.holding:
            self._end("recovered")
            return
        reason, now, held = self._guard.reason, self._clock(), self.held_change
        if held is None or (held.reason, held.gone) != (reason, gone):
            since = now if held is None else held.since
            awaits = set() if gone else set(self._sources_of(self._guard.lost))
            self.held_change = HeldChange(reason, since, now, awaits, gone=gone)
            if held is None:
                self._on_begin(self.held_change)

    def holds(self, place: Place) -> bool:
        """Whether a change at this place is held."""
        return self._guard.holds(place)

    def forget(self, places: Iterable[Place]) -> Changes:
        """Holds these places no more, since nothing is published there any more; returns what that releases."""
        for place in places:
            self._guard.forget(place)
        released = self._guard.release_if_tolerable()
        if not self._guard.holding:
            self._end("recovered")
        return released

    def kind_listed(self, kind: str, started: float) -> Changes:
        """A list of a kind that began at *started* is complete and committed; returns the changes that it confirms."""
        held = self.held_change
        if held is None or started <= held.grown or kind not in held.awaits:
            return {}
        held.awaits.discard(kind)
        return {} if held.awaits else self._release("confirmed")

    def release_due(self) -> Changes:
        """The changes to publish because their time is up. Asks for fresh lists when it is time for that."""
        held = self.held_change
        if (
            held is not None
            and held.awaits
            and not held.asked
            and self._clock() - held.grown >= RELIST_AFTER_SECONDS
        ):  # fmt: skip
            held.asked = True
            self._relist(frozenset(held.awaits))
        late = self.held_change is not None and self._clock() - self.held_change.since >= self._seconds
        return self._release("timeout") if late else {}

    def release_all(self) -> Changes:
        """The changes to publish because an operator ends the hold."""
        return self._release("operator") if self.held_change is not None else {}

    def why(self) -> str:
        """What is held, for how long, and until when at the latest, in one line; "" if nothing is."""
        if self.held_change is None:
            return ""
        age = self._clock() - self.held_change.since
        held = f"would lose {self.held_change.reason}: held for {age:.0f} s of at most {self._seconds:.0f}"
        if self.held_change.gone:
            return f"{held}, since the kind {self.held_change.gone} is gone: install it again, or xds-server release --kind shrink"
        return f"{held}, unless a fresh list confirms it, or xds-server release --kind shrink"

    def _release(self, by: ChangeOutcome) -> Changes:
        self._end(by)
        return self._guard.release(listed=self._clock() if by == "confirmed" else None)

    def _end(self, by: ChangeOutcome) -> None:
        held, self.held_change = self.held_change, None
        if held is not None:
            self._on_end(held, by, self._clock() - held.since)
