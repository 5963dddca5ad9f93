"""The outbox of a type that is subscribed to by name: load assignments and routes in the state of the world."""

from collections.abc import Iterable, Iterator

from xds_server.model.resource import Resource
from xds_server.xds.cache.chunks import Chunk, take_chunk
from xds_server.xds.cache.table import Table
from xds_server.xds.protocol.outbox import Outbox, Update, take_rejected
from xds_server.xds.protocol.quarantine import Contents
from xds_server.xds.protocol.sent_versions import SentVersions
from xds_server.xds.protocol.subscription import Subscription, SubscriptionChange


class NamedOutbox(Outbox):
    """Sends the resources that changed. A name that is missing in a response means nothing to the client (R61, R62).

    A resource is due when its digest differs from the one sent last under the present subscription, so that an update costs
    what changed. A missing resource is sent once it exists (R63). A removed one is forgotten, and the client is not told.
    """

    __slots__ = ("_sent",)

    def __init__(self, subscription: Subscription, *, defers_removals: bool) -> None:
        super().__init__(subscription, defers_removals=defers_removals)
        self._sent = SentVersions()

    @property
    def due(self) -> bool:
        """Whether there may be something to send."""
        return self._sent.chunks_left or bool(self._dirty) or (self.quarantine is not None and super().due)

    def subscription_changed(self, change: SubscriptionChange, table: Table) -> None:
        """Makes the added names due, even if they were sent before (R48), and forgets the removed ones."""
        nothing_sent = not self._sent and not self._dirty
        self._stop_chunks()
        if change.wildcard_removed:
            known = {*self._sent, *self._dirty, *self.overrides}
            removed: Iterable[str] = [name for name in known if name not in self._subscription]
        else:
            removed = () if self._subscription.wildcard else change.removed
        for name in removed:
            self._sent.pop(name)
            self._name_unsubscribed(name)
        self._override_new_names(change, table)
        anything_added = change.wildcard_added or change.added
        if anything_added and nothing_sent and not self.overrides and self._subscription.includes_all(table):
            self._sent.start_chunks(table.chunks)
            self._subscription.share(table.chunks.digests)
            return
        if change.wildcard_added:
            self.resend(item.name for item in table)
        self.resend(change.added)

    def resend(self, names: Iterable[str]) -> None:
        """Makes names due, even if the client has their present content."""
        self._stop_chunks()
        for name in self._subscription.matching(names):
            self._sent.pop(name)
            self._dirty[name] = None

    def make_update(self, table: Table) -> Update | None:
        """Builds an update of the due resources that exist, or of the first ones if they are many; None if there are none."""
        self._previous_digests = {}
        sent = self._sent
        if sent.chunks_left and not self._dirty and not self.overrides and sent.chunks_current(table.generation):
            chunk = sent.take_chunk()
        else:
            if sent.chunks_left:
                self._stop_chunks()
            chunk = Chunk(take_chunk(self._take_due(table)))
        if not chunk.resources:
            return None
        return Update(chunk.resources, chunk.digest, chunk.digests)

    def client_may_have(self, name: str) -> bool:
        """Whether the client may have a resource of that name."""
        return name in self._sent

    def is_due(self, name: str) -> bool:
        """Whether that name may have to be sent."""
        return super().is_due(name) or (self._sent.chunks_left and name not in self._sent)

    def _take_due(self, table: Table) -> Iterator[Resource]:
        # A copy: taking the first name of a dict again and again gets the slower, the more names were taken.
        for name in list(self._dirty):
            del self._dirty[name]
            item = self._served(name, table)
            if item is None:
                if name not in self.overrides:
                    self._sent.pop(name)
            elif (before := self._sent.put(name, item.digest)) != item.digest:
                self._previous_digests[name] = before
                yield item

    def _trial_update(self, contents: Contents, table: Table) -> Update:  # noqa: ARG002
        self._stop_chunks()
        chunk = Chunk(item for item in contents.values() if item is not None)
        self._previous_digests = {item.name: self._sent.put(item.name, item.digest) for item in chunk.resources}
        return Update(chunk.resources, chunk.digest, chunk.digests)

    def _take_rejected(self, update: Update) -> Contents:
        assert self.quarantine is not None
        self._stop_chunks()
        return take_rejected(update, self._subscription, self._sent, self._previous_digests, self.quarantine)

    def _stop_chunks(self) -> None:
        """Makes the names due that chunks were left for: from now on resources are sent by name."""
        self._dirty.update(dict.fromkeys(self._sent.stop_chunks()))
