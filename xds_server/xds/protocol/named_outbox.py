"""The outbox of a type that is subscribed to by name: load assignments and routes in the state of the world."""

from collections.abc import Iterable, Iterator

from xds_server.model.resource import Resource
from xds_server.xds.cache.table import Table
from xds_server.xds.protocol.outbox import Update
from xds_server.xds.protocol.per_resource_outbox import PerResourceOutbox
from xds_server.xds.protocol.subscription import SubscriptionChange


class NamedOutbox(PerResourceOutbox):
    """Sends the resources that changed. A name that is missing in a response means nothing to the client (R61, R62).

    A resource is due when its digest differs from the one sent last under the present subscription, so that an update costs
    what changed. A missing resource is sent once it exists (R63). A removed one is forgotten, and the client is not told.
    """

    __slots__ = ()

    def subscription_changed(self, change: SubscriptionChange, table: Table) -> None:
        """Makes the added names due, even if they were sent before (R48), and forgets the removed ones."""
        nothing_sent = not self._sent and not self._dirty
        self._stop_chunks()
        self._forget_unsubscribed(change)
        self._override_new_names(change, table)
        anything_added = change.wildcard_added or change.added
        if anything_added and nothing_sent and not self.overrides and self._subscription.includes_all(table):
            self._start_chunks(table)
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
        chunk = self._next_chunk(self._take_due(table), table)
        if not chunk.resources:
            return None
        return Update(chunk.resources, chunk.digest, chunk.digests)

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
