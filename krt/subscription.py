"""Subscriptions: a function that is called after transactions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from krt.delta import Commit


class Subscribable(Protocol):
    """What a subscription needs of a collection."""

    name: str
    synced: bool
    _subscriptions: dict[Subscription, None]


class Subscription:
    """A function that is called after transactions, until `close`."""

    def __init__(
        self,
        on_commit: Callable[[Commit], None],
        collections: tuple[Subscribable, ...],
        every_commit: dict[Subscription, None],
        order: int,
    ) -> None:
        self._on_commit = on_commit
        self._collections = collections
        self._every_commit = every_commit
        self._call_due = False
        self.order = order
        """Subscriptions are called in ascending order of this number."""

    @property
    def names(self) -> tuple[str, ...]:
        """Names of its collections."""
        return tuple(collection.name for collection in self._collections)

    @property
    def synced(self) -> bool:
        """Whether its collections are synced, and it was called with all that they held when they became so."""
        return not self._call_due and all(collection.synced for collection in self._collections)

    def close(self) -> None:
        """Ends the calls. Closing twice is allowed, and so is closing within a call."""
        for collection in self._collections:
            collection._subscriptions.pop(self, None)
        self._every_commit.pop(self, None)

    def _remove_collection(self, closed: Subscribable) -> None:
        """Drops a collection that was closed."""
        closed._subscriptions.pop(self, None)
        self._collections = tuple(collection for collection in self._collections if collection is not closed)

    def _is_open(self) -> bool:
        return self in self._every_commit or any(self in c._subscriptions for c in self._collections)
