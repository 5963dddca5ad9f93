"""Scopes: collections and subscriptions that are closed together."""

from contextlib import ExitStack
from typing import Protocol, TypeVar


class Closable(Protocol):
    """A collection, a subscription or another scope."""

    def close(self) -> None:
        """Ends it. Closing twice is allowed."""


Owned = TypeVar("Owned", bound=Closable)


class Scope(ExitStack):
    """Closes what it owns, in reverse order, when it is closed or its `with` block ends. Closing twice is allowed."""

    def own(self, thing: Owned) -> Owned:
        """Adds *thing* to what the scope will close. Returns *thing*."""
        self.callback(thing.close)
        return thing
