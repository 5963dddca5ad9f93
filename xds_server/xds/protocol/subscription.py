"""The names of one type that a client subscribed to. Both variants of the protocol share it.

Source: xDS protocol, "How the client specifies what resources to return"; rules R40-R50.
"""

from collections.abc import Iterable, Mapping
from typing import Final

import msgspec

from xds_server.xds.cache.table import Table

WILDCARD: Final = "*"


class SubscriptionChange(msgspec.Struct, frozen=True, gc=False):
    """The difference that a request makes to a subscription. False if there is none."""

    added: tuple[str, ...] = ()
    """Names that need a response: new ones, those subscribed to again (R75), and those that the client cannot know to be
    covered by the wildcard (R77)."""
    removed: tuple[str, ...] = ()
    wildcard_added: bool = False
    """Whether the client wants all resources now, and did not before."""
    wildcard_removed: bool = False

    def __bool__(self) -> bool:
        return bool(self.added or self.removed or self.wildcard_added or self.wildcard_removed)


class Subscription:
    """The subscribed names, and whether there is a wildcard.

    legacy: whether an empty list means the wildcard, until the first name on the stream (R41, R44).
    """

    __slots__ = ("_last", "_legacy", "_own", "names", "wildcard")

    def __init__(self, *, legacy: bool) -> None:
        self._own: dict[str, object] = {}
        self.names: Mapping[str, object] = self._own
        """Without the wildcard. The mapping may be shared with other streams: see `share`."""
        self.wildcard = False
        self._legacy = legacy
        self._last: tuple[str, ...] | None = None

    @property
    def has_request(self) -> bool:
        """Whether there was a request yet."""
        return self._last is not None

    def __contains__(self, name: object) -> bool:
        return self.wildcard or name in self.names

    def matching(self, names: Iterable[str]) -> Iterable[str]:
        """Those of *names* that are subscribed, at a cost in the number of *names*."""
        return names if self.wildcard else (name for name in names if name in self.names)

    def includes_all(self, table: Table) -> bool:
        """Whether all resources in *table* are subscribed."""
        return self.wildcard or table.includes_only(self.names)

    def share(self, names: Mapping[str, object]) -> None:
        """Keeps *names* in place of its own mapping, if the names are equal: all streams share one mapping.

        All of *names* must be subscribed, and nobody may change the mapping afterwards.
        """
        if not self.wildcard and len(names) == len(self.names):
            self.names, self._own = names, {}

    def replace(self, names: tuple[str, ...]) -> SubscriptionChange:
        """Takes the names of a state-of-the-world request, which replace those of the request before (R40)."""
        if names is self._last:  # The decoder returns the same object for the same bytes.
            return SubscriptionChange()
        self._last = names
        # An empty list after any name, also after an explicit `*`, subscribes to nothing (R42).
        self._legacy = self._legacy and not names
        wanted: dict[str, object] = dict.fromkeys(names)
        wildcard = self._legacy or WILDCARD in wanted
        wanted.pop(WILDCARD, None)
        change = _difference(self.names, wanted, before=self.wildcard, after=wildcard)
        self.names = self._own = wanted
        self.wildcard = wildcard
        return change

    def alter(self, subscribe: tuple[str, ...], unsubscribe: tuple[str, ...]) -> SubscriptionChange:
        """Takes the names of a delta request; a name in both lists ends up subscribed (R70)."""
        if self._last is not None and not subscribe and not unsubscribe:
            return SubscriptionChange()
        before = self.wildcard
        if self._last is None:
            self._last = ()
            self.wildcard = self._legacy and not subscribe  # Only the first request can be a legacy wildcard (R72).
        added, removed = dict.fromkeys(subscribe), dict.fromkeys(unsubscribe)
        if WILDCARD in added:
            self.wildcard = True
        elif WILDCARD in removed:
            self.wildcard = False
        added.pop(WILDCARD, None)
        removed.pop(WILDCARD, None)
        unsubscribed = [name for name in removed if name not in added]
        dropped = tuple(name for name in unsubscribed if name in self.names)
        own = self._own_names()
        for name in dropped:
            del own[name]
        own.update(added)
        # The client cannot know whether the wildcard covers a name that it unsubscribed from, so it gets a response (R77).
        answered = (*added, *unsubscribed) if self.wildcard else tuple(added)
        return SubscriptionChange(
            answered,
            dropped,
            wildcard_added=self.wildcard and not before,
            wildcard_removed=before and not self.wildcard,
        )

    def _own_names(self) -> dict[str, object]:
        if self.names is not self._own:
            self.names = self._own = dict(self.names)
        return self._own


def _difference(
    old: Mapping[str, object], new: Mapping[str, object], *, before: bool, after: bool
) -> SubscriptionChange:
    added = tuple(name for name in new if name not in old)
    kept = len(new) - len(added)
    removed = tuple(name for name in old if name not in new) if kept < len(old) else ()
    return SubscriptionChange(
        added, removed, wildcard_added=after and not before, wildcard_removed=before and not after
    )
