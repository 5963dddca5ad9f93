"""The shrink guard with a clock: how long a suspect change is held, and what ends the hold.

A hold ends when what was missing is back (`converged`), when a fresh list says the same again (`confirmed`), when its
time is up (`budget`), or when an operator says so (`override`).
"""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal

from xds_server.snapshot.shrink import Changes, ShrinkGuard

By = Literal["converged", "confirmed", "budget", "override"]


@dataclass(slots=True)
class Suspect:
    """What is held now."""

    reason: str
    since: float
    """On the clock."""
    epoch: int
    """Of the transaction that is not believed; the last, if there are several."""
    lists: set[str] = field(default_factory=set)
    """Kinds whose list brought it, and must bring it again."""


class Suspicion:
    """Holds what the guard keeps, for at most *seconds*. Raises nothing, and publishes nothing by itself."""

    def __init__(
        self,
        guard: ShrinkGuard,
        seconds: float,
        *,
        clock: Callable[[], float] = time.monotonic,
        on_begin: Callable[[Suspect], None] = lambda _: None,
        on_end: Callable[[Suspect, By, float], None] = lambda *_: None,
    ) -> None:
        """*on_end* is given what was held, by what the hold ended, and after how many seconds."""
        self._guard = guard
        self._seconds = seconds
        self._clock = clock
        self._on_begin = on_begin
        self._on_end = on_end
        self.suspect: Suspect | None = None

    def admit(self, epoch: int, changes: Changes, sizes: Mapping[str, int]) -> Changes:
        """The changes of a transaction that may be published, and what they release."""
        passed = self._guard.admit(changes, sizes)
        if not self._guard.holding:
            self._ended("converged")
        elif self.suspect is None:
            self.suspect = Suspect(self._guard.reason, self._clock(), epoch)
            self._on_begin(self.suspect)
        elif self.suspect.reason != self._guard.reason:
            self.suspect.reason, self.suspect.epoch = self._guard.reason, epoch
        return passed

    def listed(self, kind: str, epoch: int, started: float) -> Changes:
        """Notes that the list of a kind, begun at *started*, was committed at *epoch*; returns what it confirms."""
        suspect = self.suspect
        if suspect is None:
            return {}
        if suspect.lists and started > suspect.since:
            suspect.lists.discard(kind)
            return {} if suspect.lists else self._released("confirmed")
        if epoch == suspect.epoch:
            suspect.lists.add(kind)
        return {}

    def due(self) -> Changes:
        """What is to be published because its time is up."""
        late = self.suspect is not None and self._clock() - self.suspect.since >= self._seconds
        return self._released("budget") if late else {}

    def override(self) -> Changes:
        """What is to be published because somebody says so."""
        return self._released("override") if self.suspect is not None else {}

    def why(self) -> str:
        """What is held, for how long, and until when at the latest, in one line; "" if nothing is."""
        if self.suspect is None:
            return ""
        age = self._clock() - self.suspect.since
        return (
            f"would lose {self.suspect.reason}: held for {age:.0f} s of at most {self._seconds:.0f}, "
            "unless a fresh list confirms it, or POST /debug/release?kind=shrink"
        )

    def _released(self, by: By) -> Changes:
        self._ended(by)
        return self._guard.release()

    def _ended(self, by: By) -> None:
        suspect, self.suspect = self.suspect, None
        if suspect is not None:
            self._on_end(suspect, by, self._clock() - suspect.since)
