"""What was taken away lately, one change after the other without a pause: a purge comes as events, not as one list.

Kept is, for each key, what was published before the first of these changes, and what is after the last.
"""

from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any, Final

PAUSE_SECONDS: Final = 1.0
"""So long after a loss the next one is another matter. An API server that deletes all objects of a kind makes 250 a second."""
MEMORY_SECONDS: Final = 10.0
"""So long after the last loss it may turn out what it was. A watch of a kind that is gone ends within two seconds."""

_Change = tuple[Any, Any]
_Changes = Mapping[str, Mapping[Any, _Change]]


class Burst:
    """Changes that took something away, in transactions with less than a pause between them."""

    def __init__(self, losses: Mapping[str, Callable[[_Change], bool]]) -> None:
        self._losses = losses
        self._last = float("-inf")
        self.changes: dict[str, dict[Any, _Change]] = {}
        """(Before, after) by collection and key."""
        self._lost: dict[str, set[Any]] = {name: set() for name in losses}
        self._removed: dict[str, set[Any]] = {name: set() for name in losses}
        self._grown: Counter[str] = Counter()

    def lives(self, now: float) -> bool:
        """Whether a loss at *now* is a part of it."""
        return now - self._last < PAUSE_SECONDS

    def recent(self, now: float) -> bool:
        """Whether it is no longer ago than it may matter."""
        return now - self._last < MEMORY_SECONDS

    def lost(self, name: str) -> int:
        """How much less was published of a collection after it than before."""
        return max(0, len(self._lost[name]) - self._grown[name])

    def removed(self, name: str) -> int:
        """How many keys of a collection there were before it, and are not now."""
        return len(self._removed[name])

    def note(self, passed: _Changes, now: float, *, lossy: bool) -> None:
        """Takes in what was published of a transaction; *lossy*: whether that took something away, or would have."""
        if lossy and not self.lives(now):
            self.clear()
        if lossy:
            self._last = now
        elif not self.changes:
            return
        for name, by_key in passed.items():
            known = self.changes.get(name, {})
            for key, change in by_key.items():
                if change[0] is None and key not in known:
                    self._grown[name] += 1
                elif lossy or key in known:
                    self._note(name, key, change)

    def released(self, changes: _Changes, now: float) -> None:
        """Begins anew with changes that somebody vouched for: no sign of a purge, unless the kind is gone."""
        self.clear()
        self.changes = {name: dict(by_key) for name, by_key in changes.items()}
        self._last = now

    def clear(self) -> None:
        """Forgets all."""
        self.changes = {}
        for keys in (*self._lost.values(), *self._removed.values()):
            keys.clear()
        self._grown.clear()

    def _note(self, name: str, key: Any, change: _Change) -> None:
        known = self.changes.setdefault(name, {})
        first = known.pop(key, change)[0]
        if first != change[1]:
            known[key] = (first, change[1])
        if name in self._losses:
            lost = first != change[1] and self._losses[name]((first, change[1]))
            (self._lost[name].add if lost else self._lost[name].discard)(key)
            (self._removed[name].add if lost and change[1] is None else self._removed[name].discard)(key)
