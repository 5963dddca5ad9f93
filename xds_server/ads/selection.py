"""What a stream is owed of one type: the two ways of the state-of-the-world protocol.

Both take the same four notes (subscribed, changed, again, and none) and make the next answer from the table as it is
when asked. Neither is told the old or the new value: the newest wins, and a burst of changes is one answer.
"""

from collections.abc import Iterable

import msgspec

from xds_server.ads.subscription import Change, Subscription
from xds_server.snapshot.resource import Resource
from xds_server.snapshot.table import Table, version_of


class Answer(msgspec.Struct, frozen=True, gc=False):
    """Resources to send, and their version."""

    version: str
    resources: list[Resource]
    changed: tuple[str, ...]
    """Names of the resources that the client has not, or not like this."""


class FullState:
    """Listeners and clusters: an answer holds everything that is wanted and exists (R60).

    It is due when the set differs from the one sent last, well received or not; so a rejected one is not sent again
    before it changes. The first one is always due, and so is one with names that were not wanted before (R21, R48).
    """

    __slots__ = ("_dirty", "_owed", "_sent", "_subscription")

    def __init__(self, subscription: Subscription) -> None:
        self._subscription = subscription
        self._sent: str | None = None
        self._owed = True
        self._dirty: dict[str, None] = {}

    @property
    def due(self) -> bool:
        """Whether there may be something to send."""
        return self._owed or bool(self._dirty)

    def subscribed(self, change: Change, table: Table) -> None:
        """Notes other names. Narrowing alone asks for no answer (R49)."""
        if change.began:
            self._sent, self._owed = None, True
        if any(name in table for name in change.added):
            self._owed = True
            self._dirty.update(dict.fromkeys(change.added))

    def changed(self, names: Iterable[str]) -> None:
        """Notes names that changed in the table."""
        self._dirty.update(dict.fromkeys(self._subscription.covered(names)))

    again = changed

    def answer(self, table: Table) -> Answer | None:
        """The set as it is now; None if the client was sent just that."""
        resources, version = self._selection(table)
        dirty, owed, first = self._dirty, self._owed, self._sent is None
        self._dirty, self._owed = {}, False
        if version == self._sent and not owed:
            return None
        self._sent = version
        changed = (item.name for item in resources) if first else (name for name in dirty if name in table)
        return Answer(version, resources, tuple(changed))

    def _selection(self, table: Table) -> tuple[list[Resource], str]:
        if self._subscription.wildcard:
            return list(table), table.version
        resources = [item for name in self._subscription.names if (item := table.get(name)) is not None]
        return resources, version_of(sum(item.digest for item in resources))


class Named:
    """Load assignments and route configurations: an answer holds what changed, and silence means nothing (R61, R62).

    A resource is due when its digest differs from the one sent last under the present subscription, so that an answer
    costs what changed. What does not exist is sent once it does (R63); what vanishes is forgotten, and never told.
    """

    __slots__ = ("_dirty", "_sent", "_subscription")

    def __init__(self, subscription: Subscription) -> None:
        self._subscription = subscription
        self._sent: dict[str, int] = {}
        self._dirty: dict[str, None] = {}

    @property
    def due(self) -> bool:
        """Whether there may be something to send."""
        return bool(self._dirty)

    def subscribed(self, change: Change, table: Table) -> None:
        """Notes other names: the new ones alone are due, even if they were sent before (R48)."""
        if change.ended:
            self._forget([name for name in self._sent.keys() | self._dirty.keys() if name not in self._subscription])
        elif not self._subscription.wildcard:
            self._forget(change.removed)
        if change.began:
            self.again(item.name for item in table)
        self.again(change.added)

    def changed(self, names: Iterable[str]) -> None:
        """Notes names that changed in the table."""
        self._dirty.update(dict.fromkeys(self._subscription.covered(names)))

    def again(self, names: Iterable[str]) -> None:
        """Notes names that are due whatever was sent before."""
        for name in self._subscription.covered(names):
            self._sent.pop(name, None)
            self._dirty[name] = None

    def answer(self, table: Table) -> Answer | None:
        """The resources that are due and exist; None if there are none."""
        dirty, self._dirty = self._dirty, {}
        resources = [item for name in dirty if (item := self._news(name, table)) is not None]
        if not resources:
            return None
        self._sent.update((item.name, item.digest) for item in resources)
        version = version_of(sum(item.digest for item in resources))
        return Answer(version, resources, tuple(item.name for item in resources))

    def _news(self, name: str, table: Table) -> Resource | None:
        item = table.get(name)
        if item is None:
            self._sent.pop(name, None)
            return None
        return item if self._sent.get(name) != item.digest else None

    def _forget(self, names: Iterable[str]) -> None:
        for name in names:
            self._sent.pop(name, None)
            self._dirty.pop(name, None)
