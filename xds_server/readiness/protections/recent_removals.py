"""What was taken away lately, in changes that followed each other without a pause: a purge comes as events, not as one list.

For each place it keeps the value that was published before the first of these changes, and the value after the last.
"""

from collections import Counter, deque
from collections.abc import Callable, Mapping
from typing import Final

from krt import Change
from xds_server.readiness.protections.change_set import Changes, Place, ResourceChange

PAUSE_SECONDS: Final = 1.0
"""A loss that comes so long after the last one is another matter. An API server deletes 250 objects of a kind per second."""
WINDOW_SECONDS: Final = 60.0
"""A change counts for so long. Where an object is deleted every second the series would otherwise never end."""
MEMORY_SECONDS: Final = 10.0
"""For so long after the last loss its cause may become known. A watch of a kind that is gone ends within two seconds."""


class RecentRemovals:
    """Changes of transactions that took something away, with less than a pause between them.

    *losses*: what counts as a loss, by collection.
    """

    def __init__(self, losses: Mapping[str, Callable[[ResourceChange], bool]]) -> None:
        self._losses = losses
        self._last = float("-inf")
        self.changes: dict[Place, ResourceChange] = {}
        """From the value before the first change to the value after the last."""
        self._lost: dict[str, set[Place]] = {name: set() for name in losses}
        self._removed: dict[str, set[Place]] = {name: set() for name in losses}
        self._grown: Counter[str] = Counter()
        self._added_at: deque[tuple[float, str]] = deque()  # When a key was added to a collection, the oldest first.
        self._noted_at: deque[tuple[float, Place]] = deque()  # When a place was noted, the oldest first.
        self._latest: dict[Place, float] = {}

    def includes(self, now: float) -> bool:
        """Whether a loss at *now* belongs to the same series."""
        return now - self._last < PAUSE_SECONDS

    def may_matter(self, now: float) -> bool:
        """Whether the last loss is recent enough for its cause to become known still."""
        return now - self._last < MEMORY_SECONDS

    def count_lost(self, collection: str) -> int:
        """How much less is published of a collection than before the series."""
        return max(0, len(self._lost[collection]) - self._grown[collection])

    def count_removed(self, collection: str) -> int:
        """How many keys of a collection were removed in the series."""
        return len(self._removed[collection])

    def record(self, passed: Changes, now: float, *, lossy: bool) -> None:
        """Takes in what was published of a transaction. *lossy*: the transaction took something away, or would have."""
        if lossy and not self.includes(now):
            self.clear()
        if lossy:
            self._last = now
        elif not self.changes:
            return
        self._expire(now - WINDOW_SECONDS)
        for place, change in passed.items():
            if change.old is None and place not in self.changes:
                self._grown[place[0]] += 1
                self._added_at.append((now, place[0]))
            elif lossy or place in self.changes:
                self._record(place, change, now)

    def record_return(self, place: Place, change: ResourceChange, now: float) -> None:
        """Notes that the published value of a place, whose loss was held, is derived again."""
        if place in self.changes:
            self._record(place, change, now)

    def restart(self, changes: Changes, now: float) -> None:
        """Begins anew with changes that a list has confirmed: no sign of a purge, unless the kind turns out to be gone."""
        self.clear()
        self._last = now
        for place, change in changes.items():
            self._remember(place, change, now)

    def clear(self) -> None:
        """Forgets everything."""
        self.changes = {}
        for places in (*self._lost.values(), *self._removed.values()):
            places.clear()
        for noted in (self._grown, self._added_at, self._noted_at, self._latest):
            noted.clear()

    def _expire(self, before: float) -> None:
        """Forgets what was noted before that time, and not since."""
        while self._added_at and self._added_at[0][0] < before:
            self._grown[self._added_at.popleft()[1]] -= 1
        while self._noted_at and self._noted_at[0][0] < before:
            at, place = self._noted_at.popleft()
            if self._latest.get(place) == at:
                self._forget(place)

    def _forget(self, place: Place) -> None:
        self._latest.pop(place, None)
        self.changes.pop(place, None)
        if place[0] in self._losses:
            self._lost[place[0]].discard(place)
            self._removed[place[0]].discard(place)

    def _remember(self, place: Place, change: ResourceChange, now: float) -> None:
        self.changes[place] = change
        self._latest[place] = now
        self._noted_at.append((now, place))

    def _record(self, place: Place, change: ResourceChange, now: float) -> None:
        whole = Change(self.changes.get(place, change).old, change.new)
        if whole.old == whole.new:
            self._forget(place)
            return
        self._remember(place, whole, now)
        collection = place[0]
        if collection in self._losses:
            lost = self._losses[collection](whole)
            (self._lost[collection].add if lost else self._lost[collection].discard)(place)
            gone = lost and whole.new is None
            (self._removed[collection].add if gone else self._removed[collection].discard)(place)
