"""The shrink guard with a clock: how long a suspicious change is held, and what ends the hold.

A hold ends when what was missing is back (`recovered`), when a fresh list says the same again (`confirmed`), when its
time is up (`timeout`), or when an operator says so (`operator`).
"""

import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from xds_server.model.admission import ChangeOutcome
from xds_server.readiness.protections.shrink_guard import Changes, ShrinkGuard

# A server that has cut off one answer may cut off the next: it is asked again after so long.
ASK_AFTER_SECONDS: Final = 2.0


@dataclass(slots=True)
class HeldChange:
    """What is held now. Times are on the clock."""

    reason: str
    since: float
    grown: float
    """When it became what it is; a list that was begun before confirms nothing."""
    awaits: set[str]
    """Kinds whose list has yet to say it again; none, if a kind is gone: that it is empty then says nothing."""
    asked: bool = False
    """Whether these lists were asked for."""
    gone: str = ""
    """The kind that the server does not know any more, if that is why."""


class ShrinkHold:
    """Holds what the guard keeps, for at most *seconds*. Raises nothing, and publishes nothing by itself."""

    def __init__(
        self,
        guard: ShrinkGuard,
        seconds: float,
        *,
        sources_of: Callable[[Iterable[str]], frozenset[str]],
        clock: Callable[[], float] = time.monotonic,
        on_begin: Callable[[HeldChange], None] = lambda _: None,
        on_end: Callable[[HeldChange, ChangeOutcome, float], None] = lambda *_: None,
        ask: Callable[[frozenset[str]], None] = lambda _: None,
    ) -> None:
        """*sources_of*: which kinds may have brought a loss in some collections; *ask* has them listed anew.

        *on_end* is given what was held, by what the hold ended, and after how many seconds.
        """
        self._guard = guard
        self._seconds = seconds
        self._sources_of = sources_of
        self._clock = clock
        self._on_begin = on_begin
        self._on_end = on_end
        self._ask = ask
        self.held_change: HeldChange | None = None

    def admit(self, changes: Changes, sizes: Mapping[str, int]) -> Changes:
        """The changes of a transaction that may be published, and what they release."""
        passed = self._guard.admit(changes, sizes, self._clock())
        self._note("" if self.held_change is None else self.held_change.gone)
        return passed

    def gone(self, kind: str) -> None:
        """Notes that the server does not know a kind any more: what it took away a moment ago, it took with it."""
        self._guard.recall([name for name in self._guard.watched if kind in self._sources_of([name])], self._clock())
        self._note(kind)

    def taken_back(self) -> Mapping[str, Mapping[Any, Any]]:
        """What was published as gone, and is to be published again, by collection and key: asked once."""
        return self._guard.taken_back()

    def _note(self, gone: str) -> None:
        """Begins or ends the hold, as the guard holds something or not, or lets it grow."""
        reason, now, held = self._guard.reason, self._clock(), self.held_change
        if not self._guard.holding:
            self._ended("recovered")
        elif held is None or (held.reason, held.gone) != (reason, gone):
            since = now if held is None else held.since
            awaits = set() if gone else set(self._sources_of(self._guard.lost))
            self.held_change = HeldChange(reason, since, now, awaits, gone=gone)
            if held is None:
                self._on_begin(self.held_change)

    def holds(self, place: tuple[str, Any]) -> bool:
        """Whether a key of a collection is held."""
        return self._guard.holds(*place)

    def forget(self, places: Iterable[tuple[str, Any]]) -> Changes:
        """Holds these keys no longer, since nothing is published there any more; returns what that releases."""
        for name, key in places:
            self._guard.forget(name, key)
        released = self._guard.settle()
        if not self._guard.holding:
            self._ended("recovered")
        return released

    def listed(self, kind: str, started: float) -> Changes:
        """Notes that a list of a kind, begun at *started*, is complete and committed; returns what it confirms."""
        held = self.held_change
        if held is None or started <= held.grown or kind not in held.awaits:
            return {}
        held.awaits.discard(kind)
        return {} if held.awaits else self._released("confirmed")

    def due(self) -> Changes:
        """What is to be published because its time is up. Asks for a fresh list, if it is time for that."""
        held = self.held_change
        if held is not None and held.awaits and not held.asked and self._clock() - held.grown >= ASK_AFTER_SECONDS:
            held.asked = True
            self._ask(frozenset(held.awaits))
        late = self.held_change is not None and self._clock() - self.held_change.since >= self._seconds
        return self._released("timeout") if late else {}

    def override(self) -> Changes:
        """What is to be published because somebody says so."""
        return self._released("operator") if self.held_change is not None else {}

    def why(self) -> str:
        """What is held, for how long, and until when at the latest, in one line; "" if nothing is."""
        if self.held_change is None:
            return ""
        age = self._clock() - self.held_change.since
        held = f"would lose {self.held_change.reason}: held for {age:.0f} s of at most {self._seconds:.0f}"
        if self.held_change.gone:
            return f"{held}, since the kind {self.held_change.gone} is gone: install it again, or xds-server release --kind shrink"
        return f"{held}, unless a fresh list confirms it, or xds-server release --kind shrink"

    def _released(self, by: ChangeOutcome) -> Changes:
        self._ended(by)
        return self._guard.release(listed=self._clock() if by == "confirmed" else None)

    def _ended(self, by: ChangeOutcome) -> None:
        held, self.held_change = self.held_change, None
        if held is not None:
            self._on_end(held, by, self._clock() - held.since)
