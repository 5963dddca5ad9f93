"""What a stream is owed of one type, the incremental way: each resource has a version, and removals are told."""

from collections.abc import Iterable, Iterator, Mapping

from xds_server.model.resource import Resource
from xds_server.xds.cache.chunks import Chunk, take_chunk
from xds_server.xds.cache.table import Table
from xds_server.xds.protocol.outbox import Outbox, Update, forget_digests
from xds_server.xds.protocol.quarantine import Contents
from xds_server.xds.protocol.sent_versions import UNKNOWN, SentVersions
from xds_server.xds.protocol.subscription import Subscription, SubscriptionChange


class DeltaOutbox(Outbox):
    """Resources whose digest differs from the one sent last, well received or not, and names of those that went (R80-R84).

    What is asked for is always answered, with the resource or with its removal (R75, R78); it stays subscribed.

    split: whether an answer may come in parts. Not for clusters and listeners: Envoy takes the first answer of these for
    the whole, and would begin to serve with a part of it.
    """

    __slots__ = ("_asked", "_known", "_owed", "_split")

    def __init__(self, subscription: Subscription, *, keeps_removed: bool, split: bool) -> None:
        super().__init__(subscription, keeps_removed=keeps_removed)
        self._known = SentVersions()  # And what the client says it has.
        self._asked: dict[str, None] = {}
        self._owed = False
        self._split = split

    @property
    def due(self) -> bool:
        """Whether there may be something to send."""
        return self._owed or self._known.left or bool(self._dirty) or (self.quarantine is not None and super().due)

    @property
    def silent(self) -> bool:
        """Whether a client that was sent nothing, and is owed nothing, has what it asked for: it is told, otherwise."""
        return True

    def resumed(self, versions: Mapping[str, str], table: Table, *, again: bool) -> None:
        """Notes what a client that comes back says it has; *again*: send it nevertheless what it names (R82, R82a)."""
        self._halt()
        for name in self._subscription.covered(versions):
            item = table.get(name)
            if item is not None and item.version == versions[name] and self.quarantine is not None:
                self._release(name, table)  # Others may reject it, this one has it.
            item = self._find(name, table)
            self._known[name] = item.digest if item is not None and item.version == versions[name] else UNKNOWN
            if item is None and name in self.overlay:
                continue
            if item is None and self._keeps_removed:
                self._dirty.pop(name, None)
                self.withheld[name] = None
            elif self._subscription.wildcard:
                self._dirty[name] = None
        if not again:
            for name in versions:
                self._asked.pop(name, None)

    def subscribed(self, change: SubscriptionChange, table: Table) -> None:
        """Notes other names: those asked for are due whatever the client has."""
        new = not self._known and not self._dirty
        self._halt()
        if change.ended:
            known = {*self._known, *self._dirty, *self.overlay}
            gone: Iterable[str] = [name for name in known if name not in self._subscription]
        else:
            gone = () if self._subscription.wildcard else change.removed
        for name in gone:
            self._known.pop(name)
            self._asked.pop(name, None)
            self._forget(name)
        self._begin(change, table)
        self._owed = self._owed or change.began  # It ends the wait of who asks for all, even if there is nothing (R79).
        exact = all(name in table for name in change.added)  # Of others it has to be told that they do not exist.
        if new and exact and not self.overlay and self._subscription.covers(table):
            self._known.begin(table.whole)
            self._subscription.share(table.whole.digests)
            return
        if change.began:
            self._dirty.update(dict.fromkeys(item.name for item in table))
        self.again(change.added)

    def again(self, names: Iterable[str]) -> None:
        """Notes names that are due whatever was sent before."""
        self._halt()
        for name in self._subscription.covered(names):
            self._dirty[name] = self._asked[name] = None

    def answer(self, table: Table) -> Update | None:
        """What is due, the first of it if it is much; None if there is nothing."""
        removed: list[str] = []
        self._before = {}
        if self._known.left and not self._dirty and not self.overlay and self._known.current(table.generation):
            part = self._known.take(split=self._split)
        else:
            if self._known.left:
                self._halt()
            due = self._due(table, removed)
            part = Chunk(take_chunk(due) if self._split else due)
        owed, self._owed = self._owed, False
        if not part.resources and not removed and not owed:
            return None
        return Update(part.resources, part.digest, part.digests, tuple(removed))

    def _due(self, table: Table, removed: list[str]) -> Iterator[Resource]:
        """Takes names from what is due, and yields resources until it is left; *removed* grows meanwhile."""
        for name in list(self._dirty):
            del self._dirty[name]
            asked = self._asked.pop(name, self) is None
            item = self._find(name, table)
            if item is None:
                if name not in self.overlay and (self._known.pop(name) is not None or asked):
                    removed.append(name)
            elif (before := self._known.put(name, item.digest)) != item.digest or asked:
                self._before[name] = before
                yield item

    def _tried(self, contents: Contents, table: Table) -> Update:  # noqa: ARG002
        self._halt()
        part = Chunk(item for item in contents.values() if item is not None)
        self._before = {item.name: self._known.put(item.name, item.digest) for item in part.resources}
        removed = tuple(name for name, item in contents.items() if item is None)
        for name in removed:
            self._known.pop(name)
        return Update(part.resources, part.digest, part.digests, removed)

    def _take_back(self, flight: Update) -> Contents:
        assert self.quarantine is not None
        self._halt()
        return forget_digests(flight, self._subscription, self._known, self._before, self.quarantine)

    def holds(self, name: str) -> bool:
        """Whether the client may have it."""
        return name in self._known

    def is_due(self, name: str) -> bool:
        """Whether there may be news of that name."""
        return super().is_due(name) or (self._known.left and name not in self._known)

    def _halt(self) -> None:
        """What was to be sent part by part is due name by name: something came in between."""
        for name in self._known.halt():
            self._dirty[name] = None
            if name in self._subscription.names:
                self._asked[name] = None
