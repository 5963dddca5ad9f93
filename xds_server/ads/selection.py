"""What a stream is owed of one type: the ways of the state-of-the-world protocol, and what all ways have in common.

A selection takes notes (subscribed, changed, again) and makes the next answer from the table as it is when asked. It is
not told what changed how: the newest wins, and a burst of changes is one answer.
"""

from abc import ABC, abstractmethod
from collections.abc import Collection, Iterable, Iterator, Sequence
from itertools import chain

import msgspec

from xds_server.ads.sent import Sent
from xds_server.ads.subscription import Change, Subscription
from xds_server.snapshot.resource import Resource
from xds_server.snapshot.table import Table
from xds_server.snapshot.whole import Part, portion


class Answer(msgspec.Struct, frozen=True, gc=False):
    """Resources to send, and names of what is no more."""

    resources: Sequence[Resource]
    digest: int
    """Sum of their digests."""
    changed: Collection[str]
    """Names of what the client has not, or not like this; of some there may be no resource."""
    removed: tuple[str, ...] = ()
    beat: bool = False
    """Whether the client has all that, and is only to hear of it again."""


class Selection(ABC):
    """What is owed. A stream may be served something else than the table has: see `overlay`."""

    __slots__ = ("_dirty", "_keeps_removed", "_subscription", "overlay", "withheld")

    def __init__(self, subscription: Subscription, *, keeps_removed: bool) -> None:
        self._subscription = subscription
        self._keeps_removed = keeps_removed
        self._dirty: dict[str, None] = {}
        self.overlay: dict[str, Resource] = {}
        """Served in place of what the table has: removed resources that are kept for a while, good ones for rejected."""
        self.withheld: dict[str, None] = {}
        """Names of those that are kept; and of what a client that came back has to be told of as gone, when it is time."""

    @property
    def due(self) -> bool:
        """Whether there may be something to send."""
        return bool(self._dirty)

    @property
    def silent(self) -> bool:
        """Whether a client that was sent nothing, and is owed nothing, has what it asked for."""
        return False

    @abstractmethod
    def subscribed(self, change: Change, table: Table) -> None:
        """Notes other names."""

    @abstractmethod
    def again(self, names: Iterable[str]) -> None:
        """Notes names that are due whatever was sent before."""

    @abstractmethod
    def answer(self, table: Table) -> Answer | None:
        """What is due, or as much as one response may hold; None if it is nothing after all."""

    def beat(self, table: Table) -> Answer | None:
        """What the client has, and would forget if it did not hear of it again (R103)."""
        alive = (
            self._find(name, table)
            for name in table.mortal
            if self.holds(name) and not self.is_due(name) and name not in table.trial.rejections
        )
        part = Part(item for item in alive if item is not None and item.ttl)
        return Answer(part.resources, part.digest, (), beat=True) if part.resources else None

    def changed(self, names: Iterable[str], table: Table) -> None:
        """Notes names that changed in the table."""
        if self._subscription.wildcard and not self.overlay and not table.removed:
            self._dirty.update(dict.fromkeys(names))
            return
        for name in self._subscription.covered(names):
            self._dirty[name] = None
            if name in table:
                self.restore(name)
            elif self._keeps_removed and self.holds(name) and (old := table.removed.get(name)) is not None:
                self.keep(old)

    def wanted(self, table: Table) -> Iterator[tuple[str, Resource | None]]:
        """What is asked for, by name, with what is served under it."""
        if self._subscription.wildcard:
            yield from ((item.name, self.overlay.get(item.name, item)) for item in table)
        for name in self._subscription.names:
            if not self._subscription.wildcard or name not in table:
                yield name, self._find(name, table)

    def is_due(self, name: str) -> bool:
        """Whether there may be news of that name."""
        return name in self._dirty

    def serves(self, name: str, table: Table) -> bool:
        """Whether there is a resource of that name for this stream."""
        return self._find(name, table) is not None

    def keep(self, item: Resource) -> None:
        """Keeps a removed resource until `withdraw`."""
        self.overlay.setdefault(item.name, item)
        self.withheld[item.name] = None

    def restore(self, name: str) -> None:
        """Serves what the table has under a name again."""
        if self.overlay or self.withheld:
            self.overlay.pop(name, None)
            self.withheld.pop(name, None)

    def withdraw(self) -> None:
        """Keeps removed resources no longer."""
        for name in self.withheld:
            self.overlay.pop(name, None)
        self._dirty.update(dict.fromkeys(self._subscription.covered(self.withheld)))
        self.withheld = {}

    def fall_back(self, names: Iterable[str], table: Table) -> None:
        """Serves, of those *names* that were rejected, what was good before; nothing is sent for that alone (R28, R170)."""
        for name in names:
            if (former := table.trial.former(name)) is not None:
                self.overlay[name] = former

    def _fall_back_from_the_start(self, table: Table) -> None:
        """For a client that comes new: what others rejected is not tried on it, if there is something better."""
        self.fall_back(self._subscription.covered(table.trial.rejections), table)

    @abstractmethod
    def holds(self, name: str) -> bool:
        """Whether the client may have it."""

    def _find(self, name: str, table: Table) -> Resource | None:
        if self.overlay and (item := self.overlay.get(name)) is not None:
            return item
        return table.get(name)

    def _forget(self, name: str) -> None:
        self._dirty.pop(name, None)
        self.restore(name)


class FullState(Selection):
    """Listeners and clusters: an answer holds everything that is wanted and exists (R60).

    It is due when the set differs from the one sent last, well received or not; so a rejected one is not sent again
    before it changes. The first one is always due, and so is one with names that were not wanted before (R21, R48).
    """

    __slots__ = ("_new", "_owed", "_sent")

    def __init__(self, subscription: Subscription, *, keeps_removed: bool) -> None:
        super().__init__(subscription, keeps_removed=keeps_removed)
        self._sent: int | None = None
        self._owed = True
        self._new: set[str] = set()  # Names of what came since the last answer.

    @property
    def due(self) -> bool:
        """Whether there may be something to send."""
        return self._owed or bool(self._dirty)

    def subscribed(self, change: Change, table: Table) -> None:
        """Notes other names. Narrowing alone asks for no answer (R49)."""
        for name in (*change.removed, *change.added):
            if name not in self._subscription:
                self.restore(name)
        if change.began:
            self._sent, self._owed = None, True
        if any(self._find(name, table) is not None for name in change.added):
            self._owed = True
            self._dirty.update(dict.fromkeys(change.added))
        if change.began or change.added:
            self._fall_back_from_the_start(table)

    def changed(self, names: Iterable[str], table: Table) -> None:
        """Notes names that changed in the table."""
        if table.added:
            self._new |= table.added.intersection(names) - self._dirty.keys() - self.overlay.keys()
        super().changed(names, table)

    def again(self, names: Iterable[str]) -> None:
        """Notes names that are due whatever was sent before: none is, alone."""
        self._dirty.update(dict.fromkeys(self._subscription.covered(names)))

    def answer(self, table: Table) -> Answer | None:
        """The set as it is now; None if the client was sent just that."""
        dirty, owed, first = self._dirty, self._owed, self._sent is None
        self._dirty, self._owed = {}, False
        selected = self._selected(table)
        if selected.digest == self._sent and not owed:
            return None
        self._sent = selected.digest
        self._new.clear()
        return Answer(selected.resources, selected.digest, selected.digests if first else dirty)

    def beat(self, table: Table) -> Answer | None:
        """The set once more, with all bodies: a set without them is not what every client takes for the same set (R60)."""
        if not any(name in self._subscription for name in table.mortal):
            return None
        self._owed = True
        return self.answer(table)

    def holds(self, name: str) -> bool:
        """Whether the client may have it."""
        return self._sent is not None and name not in self._new

    def _selected(self, table: Table) -> Part:
        if not self._subscription.wildcard:
            return Part(item for name in self._subscription.names if (item := self._find(name, table)) is not None)
        if not self.overlay:
            return table.whole
        resources = [self.overlay.get(item.name, item) for item in table]
        return Part(chain(resources, (item for name, item in self.overlay.items() if name not in table)))


class Named(Selection):
    """Load assignments and route configurations: an answer holds what changed, and silence means nothing (R61, R62).

    A resource is due when its digest differs from the one sent last under the present subscription, so that an answer
    costs what changed. What does not exist is sent once it does (R63); what vanishes is forgotten, and never told.
    """

    __slots__ = ("_sent",)

    def __init__(self, subscription: Subscription, *, keeps_removed: bool) -> None:
        super().__init__(subscription, keeps_removed=keeps_removed)
        self._sent = Sent()

    @property
    def due(self) -> bool:
        """Whether there may be something to send."""
        return bool(self._dirty) or self._sent.left

    def subscribed(self, change: Change, table: Table) -> None:
        """Notes other names: the new ones alone are due, even if they were sent before (R48)."""
        new = not self._sent and not self._dirty
        self._halt()
        if change.ended:
            known = {*self._sent, *self._dirty, *self.overlay}
            gone: Iterable[str] = [name for name in known if name not in self._subscription]
        else:
            gone = () if self._subscription.wildcard else change.removed
        for name in gone:
            self._sent.pop(name)
            self._forget(name)
        if change.began or change.added:
            self._fall_back_from_the_start(table)
            if new and not self.overlay and self._subscription.covers(table):
                self._sent.begin(table.whole)
                self._subscription.share(table.whole.digests)
                return
        if change.began:
            self.again(item.name for item in table)
        self.again(change.added)

    def again(self, names: Iterable[str]) -> None:
        """Notes names that are due whatever was sent before."""
        self._halt()
        for name in self._subscription.covered(names):
            self._sent.pop(name)
            self._dirty[name] = None

    def answer(self, table: Table) -> Answer | None:
        """The resources that are due and exist, the first of them if they are many; None if there are none."""
        if self._sent.left and not self._dirty and not self.overlay and self._sent.current(table.generation):
            part = self._sent.take()
        else:
            if self._sent.left:
                self._halt()
            part = Part(portion(self._due(table)))
        if not part.resources:
            return None
        return Answer(part.resources, part.digest, part.digests)

    def holds(self, name: str) -> bool:
        """Whether the client may have it."""
        return name in self._sent

    def is_due(self, name: str) -> bool:
        """Whether there may be news of that name."""
        return super().is_due(name) or (self._sent.left and name not in self._sent)

    def _due(self, table: Table) -> Iterator[Resource]:
        # Not the first of them again and again: a dict finds that the slower, the more have gone.
        for name in list(self._dirty):
            del self._dirty[name]
            item = self._find(name, table)
            if item is None:
                self._sent.pop(name)
            elif self._sent.put(name, item.digest):
                yield item

    def _halt(self) -> None:
        """What was to be sent part by part is due name by name: something came in between."""
        self._dirty.update(dict.fromkeys(self._sent.halt()))
