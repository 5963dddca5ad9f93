"""A subscriber that remembers what it was told, and asserts that there was nothing else."""

from __future__ import annotations

from typing import Any

from krt.collection import Collection
from krt.delta import Change, Delta


class Tracker:
    """Subscribes to a collection, and checks every old value against what it was told before.

    Events are texts: "add/KEY", "update/KEY", "delete/KEY", with the key as `str` shows it. Every `expect` asserts
    that these came since the last one, and that nothing else did.
    """

    def __init__(self, collection: Collection[Any, Any], *, replay: bool = True) -> None:
        self.mirror: dict[Any, Any] = {} if replay else dict(collection)
        """The collection as its deltas alone tell it."""
        self._collection = collection
        self._batches: list[list[str]] = []
        self.subscription = collection.subscribe(self._told, replay=replay)

    def _told(self, delta: Delta[Any, Any]) -> None:
        self._batches.append([_event(key, change) for key, change in delta])
        for key, (old, new) in delta:
            mine = self.mirror.get(key)
            assert mine == old, f"{delta.collection}[{key!r}] was {old!r} by its delta, but {mine!r} by those before"
            assert old != new, f"{delta.collection}[{key!r}] changed from {old!r} to the same"
            if new is None:
                del self.mirror[key]
            else:
                self.mirror[key] = new

    def expect(self, *events: str) -> None:
        """Asserts that exactly these events came, in any order, over any number of transactions."""
        came = sorted(event for batch in self._take() for event in batch)
        assert came == sorted(events), f"{self._collection.name!r} told {came}, expected {sorted(events)}"

    def expect_batches(self, *batches: str) -> None:
        """Asserts that exactly these came, one text per transaction: its events in the order of the texts, by commas."""
        came = [",".join(sorted(batch)) for batch in self._take()]
        assert came == list(batches), f"{self._collection.name!r} told {came}, expected {list(batches)}"

    def expect_silence(self) -> None:
        """Asserts that nothing came."""
        self.expect_batches()

    def _take(self) -> list[list[str]]:
        contents = dict(self._collection)
        assert self.mirror == contents, f"deltas of {self._collection.name!r} gave {self.mirror}, it holds {contents}"
        batches, self._batches = self._batches, []
        return batches


def _event(key: Any, change: Change[Any]) -> str:
    kind = "add" if change.old is None else "delete" if change.new is None else "update"
    return f"{kind}/{key}"
