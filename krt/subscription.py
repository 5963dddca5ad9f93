"""Subscriptions: who is called after a transaction."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from krt.delta import Commit


class Subscribable(Protocol):
    """What a subscription has to know of a collection."""

    name: str
    synced: bool
    _subscriptions: dict[Subscription, None]


class Subscription:
    """The right to be called; ends with `close`."""

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
        self._due = False
        self.order = order
        """Subscriptions are called in the order in which they were made."""

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the collections that it is about."""
        return tuple(collection.name for collection in self._collections)

    @property
    def synced(self) -> bool:
        """Whether it has been called with all that its collections held when the last of them became complete."""
        return not self._due and all(collection.synced for collection in self._collections)

    def close(self) -> None:
        """No more calls. Closing twice is allowed, and so is closing within a call."""
        for collection in self._collections:
            collection._subscriptions.pop(self, None)
        self._every_commit.pop(self, None)

    def _drop(self, closed: Subscribable) -> None:
        """Goes on without a collection that was closed."""
        closed._subscriptions.pop(self, None)
        self._collections = tuple(collection for collection in self._collections if collection is not closed)

    def _is_open(self) -> bool:
        return self in self._every_commit or any(self in c._subscriptions for c in self._collections)
