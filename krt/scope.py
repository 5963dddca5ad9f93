"""Scopes: collections and subscriptions that end together."""

from contextlib import ExitStack
from typing import Protocol, TypeVar


class Closable(Protocol):
    """What a scope can own: collections, subscriptions, other scopes."""

    def close(self) -> None:
        """Ends it. May be called twice."""


Owned = TypeVar("Owned", bound=Closable)


class Scope(ExitStack):
    """Closes what it owns, the last first, when it is closed or its `with` block ends. Closing twice is allowed."""

    def own(self, thing: Owned) -> Owned:
        """The thing itself, which the scope will close."""
        self.callback(thing.close)
        return thing
