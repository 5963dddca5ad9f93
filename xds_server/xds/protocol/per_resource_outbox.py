"""The outbox of types whose resources are sent one by one: what the two that do so have in common."""

from collections.abc import Iterable, Iterator

from xds_server.model.resource import Resource
from xds_server.xds.cache.chunks import Chunk, take_chunk
from xds_server.xds.cache.table import Table
from xds_server.xds.protocol.outbox import Outbox, Update
from xds_server.xds.protocol.quarantine import Contents
from xds_server.xds.protocol.sent_versions import UNCERTAIN, UNKNOWN, SentVersions
from xds_server.xds.protocol.subscription import Subscription, SubscriptionChange


class PerResourceOutbox(Outbox):
    """Knows the version of each resource that the client was sent last."""

    __slots__ = ("_previous_digests", "_sent")

    def __init__(self, subscription: Subscription, *, defers_removals: bool) -> None:
        super().__init__(subscription, defers_removals=defers_removals)
        self._sent = SentVersions()
        self._previous_digests: dict[str, int | None] = {}  # Of the update in flight, before it was sent.

    @property
    def due(self) -> bool:
        """Whether there may be something to send."""
        return self._sent.chunks_left or bool(self._dirty) or (self.quarantine is not None and super().due)

    def client_may_have(self, name: str) -> bool:
        """Whether the client may have a resource of that name."""
        return name in self._sent

    def is_due(self, name: str) -> bool:
        """Whether that name may have to be sent."""
        return super().is_due(name) or (self._sent.chunks_left and name not in self._sent)

    def update_accepted(self, table: Table, node: str) -> None:
        """Records that the client accepted the update in flight."""
        self._previous_digests = {}
        super().update_accepted(table, node)

    def _forget_unsubscribed(self, change: SubscriptionChange) -> None:
        if change.wildcard_removed:
            known = {*self._sent, *self._dirty, *self.overrides}
            removed: Iterable[str] = [name for name in known if name not in self._subscription]
        else:
            removed = () if self._subscription.wildcard else change.removed
        for name in removed:
            self._name_unsubscribed(name)

    def _name_unsubscribed(self, name: str) -> None:
        self._sent.pop(name)
        super()._name_unsubscribed(name)

    def _next_chunk(self, due: Iterator[Resource], table: Table, *, chunked: bool = True) -> Chunk:
        """The next chunk of the table, or else what is *due*."""
        self._previous_digests = {}
        sent = self._sent
        if sent.chunks_left:
            if not self._dirty and not self.overrides and sent.chunks_current(table.generation):
                return sent.take_chunk(chunked=chunked)
            self._stop_chunks()
        return Chunk(take_chunk(due) if chunked else due)

    def _start_chunks(self, table: Table) -> None:
        self._sent.start_chunks(table.chunks)
        self._subscription.share(table.chunks.digests)

    def _trial_update(self, contents: Contents, table: Table) -> Update:  # noqa: ARG002
        self._stop_chunks()
        chunk = Chunk(item for item in contents.values() if item is not None)
        self._previous_digests = {item.name: self._sent.put(item.name, item.digest) for item in chunk.resources}
        removed = tuple(name for name, item in contents.items() if item is None)
        for name in removed:
            self._sent.pop(name)
        return Update(chunk.resources, chunk.digest, chunk.digests, removed)

    def _take_rejected(self, update: Update) -> Contents:
        assert self.quarantine is not None
        self._stop_chunks()
        subscription = self._subscription
        contents: dict[str, Resource | None] = dict.fromkeys(subscription.matching(update.removed))
        contents |= {item.name: item for item in update.resources if item.name in subscription}
        for name, item in contents.items():
            client_has_older = item is None or self._previous_digests.get(name) not in {None, UNCERTAIN}
            self._sent[name] = UNKNOWN if client_has_older else UNCERTAIN
            if client_has_older:
                self.quarantine.known_to_client.add(name)
        return contents

    def _stop_chunks(self) -> None:
        """Makes the names due that chunks were left for: from now on resources are sent by name."""
        self._dirty.update(dict.fromkeys(self._sent.stop_chunks()))
