"""What a client wants of one type: some names, or all there is. Shared by every variant of the protocol.

Source: xDS protocol, "How the client specifies what resources to return"; rules R40-R50.
"""

from collections.abc import Iterable, Mapping
from typing import Final

import msgspec

from xds_server.xds.cache.table import Table

WILDCARD: Final = "*"


class SubscriptionChange(msgspec.Struct, frozen=True, gc=False):
    """What a request altered: the difference between two subscriptions."""

    added: tuple[str, ...] = ()
    """Names to be answered: not asked for by name before, or asked for again (R75), or left in doubt (R77)."""
    removed: tuple[str, ...] = ()
    began: bool = False
    """Whether everything is wanted now, and was not before."""
    ended: bool = False

    def __bool__(self) -> bool:
        return bool(self.added or self.removed or self.began or self.ended)


class Subscription:
    """Names, and whether there is a wildcard.

    legacy: whether an empty list means everything, until the first name on the stream (R41, R44).
    """

    __slots__ = ("_last", "_legacy", "_own", "names", "wildcard")

    def __init__(self, *, legacy: bool) -> None:
        self._own: dict[str, object] = {}
        self.names: Mapping[str, object] = self._own
        self.wildcard = False
        self._legacy = legacy
        self._last: tuple[str, ...] | None = None

    @property
    def begun(self) -> bool:
        """Whether there was a request yet."""
        return self._last is not None

    def __contains__(self, name: object) -> bool:
        return self.wildcard or name in self.names

    def covered(self, names: Iterable[str]) -> Iterable[str]:
        """Those of *names* that are wanted, at the cost of *names*."""
        return names if self.wildcard else (name for name in names if name in self.names)

    def covers(self, table: Table) -> bool:
        """Whether all that is in *table* is wanted."""
        return self.wildcard or table.within(self.names)

    def share(self, names: Mapping[str, object]) -> None:
        """Keeps *names*, all of which are wanted, in place of its own, if those are the same: nobody alters them."""
        if not self.wildcard and len(names) == len(self.names):
            self.names, self._own = names, {}

    def replace(self, names: tuple[str, ...]) -> SubscriptionChange:
        """Takes the list of a request, which is complete and replaces the former one (R40)."""
        if names is self._last:  # The decoder gives the same object for the same bytes.
            return SubscriptionChange()
        self._last = names
        # An empty list after any name, also after an explicit `*`, asks for nothing (R42).
        self._legacy = self._legacy and not names
        wanted: dict[str, object] = dict.fromkeys(names)
        wildcard = self._legacy or WILDCARD in wanted
        wanted.pop(WILDCARD, None)
        change = _difference(self.names, wanted, before=self.wildcard, after=wildcard)
        self.names = self._own = wanted
        self.wildcard = wildcard
        return change

    def alter(self, subscribe: tuple[str, ...], unsubscribe: tuple[str, ...]) -> SubscriptionChange:
        """Takes the additions and removals of an incremental request; a name in both ends up subscribed (R70)."""
        if self._last is not None and not subscribe and not unsubscribe:
            return SubscriptionChange()
        before = self.wildcard
        if self._last is None:
            self._last = ()
            self.wildcard = self._legacy and not subscribe  # R72: the first request alone decides.
        wanted, unwanted = dict.fromkeys(subscribe), dict.fromkeys(unsubscribe)
        if WILDCARD in wanted:
            self.wildcard = True
        elif WILDCARD in unwanted:
            self.wildcard = False
        wanted.pop(WILDCARD, None)
        unwanted.pop(WILDCARD, None)
        gone = [name for name in unwanted if name not in wanted]
        removed = tuple(name for name in gone if name in self.names)
        own = self._altered()
        for name in removed:
            del own[name]
        own.update(wanted)
        # The client cannot know whether the wildcard covers a name that it gives back: it is told (R77).
        answered = (*wanted, *gone) if self.wildcard else tuple(wanted)
        return SubscriptionChange(
            answered, removed, began=self.wildcard and not before, ended=before and not self.wildcard
        )

    def _altered(self) -> dict[str, object]:
        if self.names is not self._own:
            self.names = self._own = dict(self.names)
        return self._own


def _difference(
    old: Mapping[str, object], new: Mapping[str, object], *, before: bool, after: bool
) -> SubscriptionChange:
    added = tuple(name for name in new if name not in old)
    kept = len(new) - len(added)
    removed = tuple(name for name in old if name not in new) if kept < len(old) else ()
    return SubscriptionChange(added, removed, began=after and not before, ended=before and not after)
