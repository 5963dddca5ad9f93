"""The outbox of a type whose every response holds all resources: listeners and clusters in the state of the world."""

from collections.abc import Collection, Iterable
from itertools import chain

from xds_server.model.resource import Resource
from xds_server.xds.cache.chunks import Chunk
from xds_server.xds.cache.table import Table
from xds_server.xds.protocol.outbox import Outbox, Update, same_content
from xds_server.xds.protocol.quarantine import Contents, Quarantine, mentions
from xds_server.xds.protocol.subscription import Subscription, SubscriptionChange


class FullStateOutbox(Outbox):
    """Sends the set of all subscribed resources that exist (R60).

    The set is due when it differs from the set sent last, accepted or not, so a rejected set is not sent again before it
    changes. The first set is always due, and so is one with newly subscribed names (R21, R48).
    """

    __slots__ = ("_accepted_set", "_response_owed", "_sent_digest", "_sent_set", "client_set_unknown")

    def __init__(self, subscription: Subscription, *, defers_removals: bool) -> None:
        super().__init__(subscription, defers_removals=defers_removals)
        self._sent_digest: int | None = None
        self._response_owed = True  # Even if the set did not change.
        self._sent_set: Chunk | None = None  # The set in flight.
        self._accepted_set: Chunk | None = None
        self.client_set_unknown = False
        """Whether the client has a set from an earlier stream. It may delete whatever a response leaves out."""

    @property
    def due(self) -> bool:
        """Whether there may be something to send."""
        return self._response_owed or super().due

    @property
    def _holds_full_state(self) -> bool:
        return True

    def subscription_changed(self, change: SubscriptionChange, table: Table) -> None:
        """Makes the set due, unless names were only removed (R49)."""
        for name in (*change.removed, *change.added):
            if name not in self._subscription:
                self._name_unsubscribed(name)
        if change.wildcard_added:
            self._sent_digest, self._response_owed = None, True
        if any(self._served(name, table) is not None for name in change.added):
            self._response_owed = True
            self._dirty.update(dict.fromkeys(change.added))
        self._override_new_names(change, table)

    def table_changed(self, names: Iterable[str], table: Table) -> None:
        """Makes names due that changed in the table, or whose content is accepted now after another client rejected it."""
        quarantine = self.quarantine
        if quarantine is not None and any(
            name in quarantine and not self._client_rejected(name, table) for name in names
        ):
            self._response_owed = (
                True  # The client may have taken parts of a rejected set, so it has to hear of the set.
            )
        super().table_changed(names, table)

    def resend(self, names: Iterable[str]) -> None:
        """Makes names due. The set is sent only if it changed: no resource is sent alone."""
        self._dirty.update(dict.fromkeys(self._subscription.matching(names)))

    def resend_full_set(self, table: Table) -> Update | None:
        """Builds the set once more, even if it did not change."""
        self._response_owed = True
        return self.make_update(table)

    def make_update(self, table: Table) -> Update | None:
        """Builds the set as it is now; None if the client was sent just that."""
        if not self._response_owed and not self._dirty:
            return None
        dirty, owed, first = self._dirty, self._response_owed, self._sent_digest is None
        self._dirty, self._response_owed = {}, False
        full_set = self._full_set(table, {})
        if full_set.digest == self._sent_digest and not owed:
            return None
        changed = full_set.digests if first else [name for name in dirty if name in self._subscription]
        return self._record_set(full_set, changed)

    def update_accepted(self, table: Table, node: str) -> None:
        """Records that the client accepted the set in flight."""
        self.client_set_unknown = False
        if self._sent_set is not None:
            self._accepted_set, self._sent_set = self._sent_set, None
        quarantine = self.quarantine
        for name, rejected in [*quarantine.rejected.items()] if quarantine is not None else ():
            content = rejected.content
            if same_content(self.overrides.get(name), content) and same_content(table.get(name), content):
                self._serve_table(name, table)  # The content was sent although it had been rejected before.
        super().update_accepted(table, node)

    def update_rejected(self, table: Table, node: str, message: str) -> Collection[str]:
        """Records that the client rejected the set in flight; returns the names that may be at fault."""
        if not self.client_set_unknown or self._sent_set is None:
            suspects = super().update_rejected(table, node, message)
            if self._accepted_set is not None and self._full_set(table, {}).digest != self._accepted_set.digest:
                self._response_owed = True  # The rejected set removed resources, which has to be said again.
            return suspects
        # The client takes the good resources of a set, and names the others (R29). A search by halves would make it delete
        # what it has, so only the named ones are isolated.
        contents, self._in_flight, self._sent_set = {item.name: item for item in self._sent_set.resources}, None, None
        suspects = self._likely_culprits(contents, table, message)
        named = {name: contents[name] for name in suspects if mentions(message, name)}
        if named:
            self.quarantine = self.quarantine or Quarantine()
            self.quarantine.message, self.quarantine.trial = message, None
            for name, content in named.items():
                self.overrides.setdefault(name, content)
            self._isolate(named, table, node)
            for name, content in named.items():
                self.overrides[name] = self.overrides.get(name) or content
        elif self.quarantine is not None:
            self.quarantine.trial = None
        return suspects or list(contents)

    def client_may_have(self, name: str) -> bool:
        """Whether the client may have a resource of that name."""
        return any(known is not None and name in known.digests for known in (self._sent_set, self._accepted_set))

    def _record_set(self, full_set: Chunk, changed: Collection[str]) -> Update:
        self._sent_digest, self._sent_set = full_set.digest, full_set
        return Update(full_set.resources, full_set.digest, changed)

    def _trial_update(self, contents: Contents, table: Table) -> Update:
        return self._record_set(self._full_set(table, contents), contents)

    def _take_rejected(self, update: Update) -> Contents:  # noqa: ARG002
        rejected, accepted, self._sent_set = self._sent_set, self._accepted_set, None
        self._sent_digest = None if accepted is None else accepted.digest
        if rejected is None:
            return {}
        old = accepted.digests if accepted is not None else {}
        new = {item.name: item for item in rejected.resources if old.get(item.name) != item.digest}
        assert self.quarantine is not None
        self.quarantine.known_to_client.update(name for name in new if name in old)
        return {name: item for name, item in new.items() if name in self._subscription}

    def _client_content(self, name: str, table: Table) -> Resource | None:  # noqa: ARG002
        return None if self._accepted_set is None else self._accepted_set.get(name)

    def _may_omit(self, name: str) -> bool:  # noqa: ARG002
        return not self.client_set_unknown

    def _full_set(self, table: Table, contents: Contents) -> Chunk:
        """All subscribed resources as they are served, with *contents* in place of what is served otherwise."""
        served = {**self.overrides, **contents} if contents else self.overrides
        if not served and self._subscription.wildcard:
            return table.chunks
        names: Iterable[str] = self._subscription.names
        if self._subscription.wildcard:
            names = chain((item.name for item in table), (name for name in served if name not in table))
        found = (served[name] if name in served else table.get(name) for name in names)
        return Chunk(item for item in found if item is not None)
