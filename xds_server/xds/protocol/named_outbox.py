"""What a stream is owed of a type that is asked for by name: load assignments and routes in the state of the world."""

from collections.abc import Iterable, Iterator

from xds_server.model.resource import Resource
from xds_server.xds.cache.chunks import Chunk, take_chunk
from xds_server.xds.cache.table import Table
from xds_server.xds.protocol.outbox import Outbox, Update, forget_digests
from xds_server.xds.protocol.quarantine import Contents
from xds_server.xds.protocol.sent_versions import SentVersions
from xds_server.xds.protocol.subscription import Subscription, SubscriptionChange


class NamedOutbox(Outbox):
    """Load assignments and route configurations: an answer holds what changed, and silence means nothing (R61, R62).

    A resource is due when its digest differs from the one sent last under the present subscription, so that an answer
    costs what changed. What does not exist is sent once it does (R63); what vanishes is forgotten, and never told.
    """

    __slots__ = ("_sent",)

    def __init__(self, subscription: Subscription, *, keeps_removed: bool) -> None:
        super().__init__(subscription, keeps_removed=keeps_removed)
        self._sent = SentVersions()

    @property
    def due(self) -> bool:
        """Whether there may be something to send."""
        return self._sent.left or bool(self._dirty) or (self.quarantine is not None and super().due)

    def subscribed(self, change: SubscriptionChange, table: Table) -> None:
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
        self._begin(change, table)
        if (change.began or change.added) and new and not self.overlay and self._subscription.covers(table):
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

    def answer(self, table: Table) -> Update | None:
        """The resources that are due and exist, the first of them if they are many; None if there are none."""
        self._before = {}
        if self._sent.left and not self._dirty and not self.overlay and self._sent.current(table.generation):
            part = self._sent.take()
        else:
            if self._sent.left:
                self._halt()
            part = Chunk(take_chunk(self._due(table)))
        if not part.resources:
            return None
        return Update(part.resources, part.digest, part.digests)

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
                if name not in self.overlay:
                    self._sent.pop(name)
            elif (before := self._sent.put(name, item.digest)) != item.digest:
                self._before[name] = before
                yield item

    def _tried(self, contents: Contents, table: Table) -> Update:  # noqa: ARG002
        self._halt()
        part = Chunk(item for item in contents.values() if item is not None)
        self._before = {item.name: self._sent.put(item.name, item.digest) for item in part.resources}
        return Update(part.resources, part.digest, part.digests)

    def _take_back(self, flight: Update) -> Contents:
        assert self.quarantine is not None
        self._halt()
        return forget_digests(flight, self._subscription, self._sent, self._before, self.quarantine)

    def _halt(self) -> None:
        """What was to be sent part by part is due name by name: something came in between."""
        self._dirty.update(dict.fromkeys(self._sent.halt()))
