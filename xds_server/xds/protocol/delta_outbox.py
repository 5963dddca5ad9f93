"""The outbox of the delta protocol: each resource has its own version, and removals are sent."""

from collections.abc import Iterable, Iterator, Mapping

from xds_server.model.resource import Resource
from xds_server.xds.cache.table import Table
from xds_server.xds.protocol.outbox import Update
from xds_server.xds.protocol.per_resource_outbox import PerResourceOutbox
from xds_server.xds.protocol.sent_versions import UNKNOWN
from xds_server.xds.protocol.subscription import Subscription, SubscriptionChange


class DeltaOutbox(PerResourceOutbox):
    """Sends the resources whose digest differs from the one sent last, accepted or not, and the removed names (R80-R84).

    A newly subscribed name always gets a response, with the resource or with its removal, and stays subscribed (R75, R78).

    chunked: whether an update may come in chunks. Clusters and listeners may not: Envoy takes the first response of these
    types for all of them, and would begin to serve with a part.
    """

    __slots__ = ("_chunked", "_requested", "_response_owed")

    def __init__(self, subscription: Subscription, *, defers_removals: bool, chunked: bool) -> None:
        super().__init__(subscription, defers_removals=defers_removals)
        self._requested: dict[str, None] = {}  # Names that get a response in any case.
        self._response_owed = False
        self._chunked = chunked

    @property
    def due(self) -> bool:
        """Whether there may be something to send."""
        return self._response_owed or super().due

    @property
    def reports_missing(self) -> bool:
        """True: missing resources are sent as removals, so silence means that the client is up to date."""
        return True

    def resume(self, versions: Mapping[str, str], table: Table, *, resend: bool) -> None:
        """Takes the *versions* by name that a reconnecting client has; *resend*: send them nevertheless (R82, R82a)."""
        self._stop_chunks()
        for name in self._subscription.matching(versions):
            item = table.get(name)
            if item is not None and item.version == versions[name] and self.quarantine is not None:
                self._serve_table(name, table)  # Others may reject the content, this client has it.
            item = self._served(name, table)
            self._sent[name] = item.digest if item is not None and item.version == versions[name] else UNKNOWN
            if item is None and name in self.overrides:
                continue
            if item is None and self._defers_removals:
                self._dirty.pop(name, None)
                self.deferred_removals[name] = None
            elif self._subscription.wildcard:
                self._dirty[name] = None
        if not resend:
            for name in versions:
                self._requested.pop(name, None)

    def subscription_changed(self, change: SubscriptionChange, table: Table) -> None:
        """Makes the added names due, even if the client has them, and forgets the removed ones."""
        nothing_sent = not self._sent and not self._dirty
        self._stop_chunks()
        self._forget_unsubscribed(change)
        self._override_new_names(change, table)
        # A client that subscribes to all waits for a response, even if there is nothing (R79).
        self._response_owed = self._response_owed or change.wildcard_added
        all_exist = all(name in table for name in change.added)  # Else the client has to be told which do not.
        if nothing_sent and all_exist and not self.overrides and self._subscription.includes_all(table):
            self._start_chunks(table)
            return
        if change.wildcard_added:
            self._dirty.update(dict.fromkeys(item.name for item in table))
        self.resend(change.added)

    def resend(self, names: Iterable[str]) -> None:
        """Makes names due, even if the client has their present content."""
        self._stop_chunks()
        for name in self._subscription.matching(names):
            self._dirty[name] = self._requested[name] = None

    def make_update(self, table: Table) -> Update | None:
        """Builds an update of what is due, or of the first part if it is much; None if nothing is due."""
        removed: list[str] = []
        chunk = self._next_chunk(self._take_due(table, removed), table, chunked=self._chunked)
        owed, self._response_owed = self._response_owed, False
        if not chunk.resources and not removed and not owed:
            return None
        return Update(chunk.resources, chunk.digest, chunk.digests, tuple(removed))

    def _take_due(self, table: Table, removed: list[str]) -> Iterator[Resource]:
        """Takes names off the due ones and yields their resources; appends to *removed* those that do not exist."""
        for name in list(self._dirty):
            del self._dirty[name]
            requested = self._requested.pop(name, self) is None
            item = self._served(name, table)
            if item is None:
                if name not in self.overrides and (self._sent.pop(name) is not None or requested):
                    removed.append(name)
            elif (before := self._sent.put(name, item.digest)) != item.digest or requested:
                self._previous_digests[name] = before
                yield item

    def _name_unsubscribed(self, name: str) -> None:
        self._requested.pop(name, None)
        super()._name_unsubscribed(name)

    def _stop_chunks(self) -> None:
        """Makes the names due that chunks were left for: from now on resources are sent by name."""
        for name in self._sent.stop_chunks():
            self._dirty[name] = None
            if name in self._subscription.names:
                self._requested[name] = None
