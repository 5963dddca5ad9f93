"""What was taken away lately, one change after the other without a pause: a purge comes as events, not as one list.

Kept is, for each key, what was published before the first of these changes, and what is after the last.
"""

from collections import Counter, deque
from collections.abc import Callable, Mapping
from typing import Any, Final

PAUSE_SECONDS: Final = 1.0
"""So long after a loss the next one is another matter. An API server that deletes all objects of a kind makes 250 a second."""
WINDOW_SECONDS: Final = 60.0
"""So long a change counts. Where something is deleted every second, a burst would never end, and grow for ever."""
MEMORY_SECONDS: Final = 10.0
"""So long after the last loss it may turn out what it was. A watch of a kind that is gone ends within two seconds."""

_Change = tuple[Any, Any]
_Changes = Mapping[str, Mapping[Any, _Change]]


class RecentRemovals:
    """Changes that took something away, in transactions with less than a pause between them."""

    def __init__(self, losses: Mapping[str, Callable[[_Change], bool]]) -> None:
        self._losses = losses
        self._last = float("-inf")
        self.changes: dict[str, dict[Any, _Change]] = {}
        """(Before, after) by collection and key."""
        self._lost: dict[str, set[Any]] = {name: set() for name in losses}
        self._removed: dict[str, set[Any]] = {name: set() for name in losses}
        self._grown: Counter[str] = Counter()
        self._came: deque[tuple[float, str]] = deque()  # When a collection grew by a key, the oldest first.
        self._noted: deque[tuple[float, str, Any]] = deque()  # When a key was noted, the oldest first.
        self._latest: dict[tuple[str, Any], float] = {}

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
        self._expire(now - WINDOW_SECONDS)
        for name, by_key in passed.items():
            known = self.changes.get(name, {})
            for key, change in by_key.items():
                if change[0] is None and key not in known:
                    self._grown[name] += 1
                    self._came.append((now, name))
                elif lossy or key in known:
                    self._note(name, key, change, now)

    def returned(self, name: str, key: Any, change: _Change, now: float) -> None:
        """Notes that what is published under a key, since its loss was not believed, is derived again."""
        if key in self.changes.get(name, {}):
            self._note(name, key, change, now)

    def released(self, changes: _Changes, now: float) -> None:
        """Begins anew with changes that somebody vouched for: no sign of a purge, unless the kind is gone."""
        self.clear()
        self._last = now
        for name, by_key in changes.items():
            for key, change in by_key.items():
                self._remember(name, key, change, now)

    def clear(self) -> None:
        """Forgets all."""
        self.changes = {}
        for keys in (*self._lost.values(), *self._removed.values()):
            keys.clear()
        for noted in (self._grown, self._came, self._noted, self._latest):
            noted.clear()

    def _expire(self, before: float) -> None:
        """Forgets what was noted earlier, and not since."""
        while self._came and self._came[0][0] < before:
            self._grown[self._came.popleft()[1]] -= 1
        while self._noted and self._noted[0][0] < before:
            at, name, key = self._noted.popleft()
            if self._latest.get((name, key)) == at:
                self._forget(name, key)

    def _forget(self, name: str, key: Any) -> None:
        self._latest.pop((name, key), None)
        self.changes.get(name, {}).pop(key, None)
        if name in self._losses:
            self._lost[name].discard(key)
            self._removed[name].discard(key)

    def _remember(self, name: str, key: Any, change: _Change, now: float) -> None:
        self.changes.setdefault(name, {})[key] = change
        self._latest[name, key] = now
        self._noted.append((now, name, key))

    def _note(self, name: str, key: Any, change: _Change, now: float) -> None:
        first = self.changes.get(name, {}).get(key, change)[0]
        if first == change[1]:
            self._forget(name, key)
            return
        self._remember(name, key, (first, change[1]), now)
        if name in self._losses:
            lost = self._losses[name]((first, change[1]))
            (self._lost[name].add if lost else self._lost[name].discard)(key)
            (self._removed[name].add if lost and change[1] is None else self._removed[name].discard)(key)
