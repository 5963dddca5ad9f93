"""The tracker: a subscriber that asserts which events it got."""

from __future__ import annotations

from typing import Any

from krt.collection import Collection
from krt.delta import Change, Delta


class Tracker:
    """Subscribes to a collection, and checks each old value against the deltas before.

    Events are texts: "add/KEY", "update/KEY", "delete/KEY", with `str` of the key. Each `expect` asserts that exactly
    these events came since the last one.
    """

    def __init__(self, collection: Collection[Any, Any], *, replay: bool = True) -> None:
        self.mirror: dict[Any, Any] = {} if replay else dict(collection)
        """The contents of the collection, folded from its deltas."""
        self._collection = collection
        self._batches: list[list[str]] = []
        self.subscription = collection.subscribe(self._receive, replay=replay)

    def _receive(self, delta: Delta[Any, Any]) -> None:
        self._batches.append([_event(key, change) for key, change in delta])
        for key, (old, new) in delta:
            mirrored = self.mirror.get(key)
            assert mirrored == old, (
                f"{delta.collection}[{key!r}] was {old!r} in its delta, but {mirrored!r} by the deltas before"
            )
            assert old != new, f"{delta.collection}[{key!r}] changed from {old!r} to the same"
            if new is None:
                del self.mirror[key]
            else:
                self.mirror[key] = new

    def expect(self, *events: str) -> None:
        """Asserts that exactly these events came, in any order, in any number of transactions."""
        received = sorted(event for batch in self._take() for event in batch)
        assert received == sorted(events), f"{self._collection.name!r} sent {received}, expected {sorted(events)}"

    def expect_batches(self, *batches: str) -> None:
        """Asserts that exactly these transactions came. Each is one text: its events, sorted and joined by commas."""
        received = [",".join(sorted(batch)) for batch in self._take()]
        assert received == list(batches), f"{self._collection.name!r} sent {received}, expected {list(batches)}"

    def expect_silence(self) -> None:
        """Asserts that no event came."""
        self.expect_batches()

    def _take(self) -> list[list[str]]:
        contents = dict(self._collection)
        assert self.mirror == contents, (
            f"the deltas of {self._collection.name!r} give {self.mirror}, but it holds {contents}"
        )
        batches, self._batches = self._batches, []
        return batches


def _event(key: Any, change: Change[Any]) -> str:
    kind = "add" if change.old is None else "delete" if change.new is None else "update"
    return f"{kind}/{key}"
