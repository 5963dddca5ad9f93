"""What still has to be sent of one type on one stream: the part that all variants of the protocol share.

An outbox records which names are due, and builds the next update from the table as it is when the stream asks for one. So
the newest content wins, and a burst of changes becomes one update.
"""

from abc import ABC, abstractmethod
from collections.abc import Collection, Iterable, Iterator, Sequence

import msgspec

from xds_server.model.resource import Resource
from xds_server.xds.cache.table import Table
from xds_server.xds.protocol.quarantine import Contents, Quarantine, RejectedContent, mentions
from xds_server.xds.protocol.subscription import Subscription, SubscriptionChange


class Update(msgspec.Struct, frozen=True, gc=False):
    """The content of a response."""

    resources: Sequence[Resource]
    digest: int
    """Sum of the digests of the resources."""
    changed: Collection[str]
    """Names that are new to the client or have a new content; some may be of removed resources."""
    removed: tuple[str, ...] = ()
    heartbeat: bool = False
    """Whether the client has all of the resources: see `heartbeat`."""


class Outbox(ABC):
    """The names of one type that are due, and the contents that this client is served instead of those in the table.

    After `next_update` returned an update, the caller must call `record_sent`; then, when the client answers it,
    `update_accepted` or `update_rejected`, or else `forget_answer`.
    """

    __slots__ = (
        "_defers_removals", "_dirty", "_in_flight", "_serial", "_subscription", "deferred_removals",
        "overrides", "quarantine", "sends_last",
    )  # fmt: skip

    def __init__(self, subscription: Subscription, *, defers_removals: bool) -> None:
        """*defers_removals*: whether the client keeps a removed resource until `remove_deferred`."""
        self._subscription = subscription
        self._defers_removals = defers_removals
        self._dirty: dict[str, None] = {}
        self.overrides: dict[str, Resource | None] = {}
        """Contents that are served instead of those in the table: removed resources whose removal is deferred, placeholders,
        and the last accepted content of a rejected one (None: nothing is served). Has every name in the quarantine."""
        self.deferred_removals: dict[str, None] = {}
        """Names whose removal is deferred. Also names that a reconnecting client has, and that do not exist any more."""
        self.quarantine: Quarantine | None = None
        """None as long as the client has rejected nothing."""
        self.sends_last = False
        """Whether the client is sent the resources that have to be sent last; otherwise their placeholders."""
        self._in_flight: Update | None = None  # Sent, and not answered.
        self._serial = 0  # `Acceptance.serial` when it was sent.

    @property
    def due(self) -> bool:
        """Whether there may be something to send."""
        return bool(self._dirty) or (self.quarantine is not None and self.quarantine.has_trials)

    @property
    def reports_missing(self) -> bool:
        """Whether a client is told of missing resources, so that silence means that it is up to date."""
        return False

    @abstractmethod
    def subscription_changed(self, change: SubscriptionChange, table: Table) -> None:
        """Makes the added names due, and forgets the removed ones."""

    @abstractmethod
    def resend(self, names: Iterable[str]) -> None:
        """Makes names due, even if the client has their present content."""

    def next_update(self, table: Table) -> Update | None:
        """Builds the next update, and takes its names off the due ones; None if nothing was due after all."""
        quarantine = self.quarantine
        if quarantine is None:
            update = self.make_update(table)
        elif quarantine.trial_turn and quarantine.has_trials and not self._holds_full_state:
            update = self._next_trial_update(quarantine, table)
        else:  # Changes and trials take turns, so that neither has to wait for long.
            update = self.make_update(table)
            quarantine.trial_turn = update is not None
            if update is None and quarantine.has_trials:
                update = self._next_trial_update(quarantine, table)
        return update

    def record_sent(self, update: Update, table: Table) -> None:
        """Records that *update* is being sent."""
        self._in_flight, self._serial = update, table.acceptance.serial

    @abstractmethod
    def make_update(self, table: Table) -> Update | None:
        """Builds an update of the due names, or of as many as one response may hold; None if nothing was due after all."""

    @property
    def _holds_full_state(self) -> bool:
        """Whether an update holds all subscribed resources."""
        return False

    @abstractmethod
    def _trial_update(self, contents: Contents, table: Table) -> Update:
        """Builds an update with *contents*, which are not served otherwise."""

    @abstractmethod
    def _take_rejected(self, update: Update) -> Contents:
        """Records that *update* was rejected, so that we do not know what the client has of it; returns what was new in it."""

    def _next_trial_update(self, quarantine: Quarantine, table: Table) -> Update:
        quarantine.trial_turn = False
        return self._trial_update(quarantine.next_trial(), table)

    def forget_answer(self) -> None:
        """Records that nobody waits for an answer any more."""
        if self.quarantine is not None:
            self.quarantine.trial_forgotten()

    def update_accepted(self, table: Table, node: str) -> None:
        """Records that the client accepted the update in flight."""
        update, self._in_flight = self._in_flight, None
        quarantine = self.quarantine
        trial = quarantine.trial if quarantine is not None else None
        if update is not None and not update.heartbeat:
            for name in table.acceptance.pending(update.changed, self._serial):
                if name not in self.overrides or (
                    trial is not None and same_content(trial.contents.get(name), table.get(name))
                ):
                    table.acceptance.accepted(name)
        if quarantine is not None and trial is not None:
            self._trial_accepted(quarantine, trial.contents, table, node)
        if not quarantine:
            self.quarantine = None

    def _trial_accepted(self, quarantine: Quarantine, contents: Contents, table: Table, node: str) -> None:
        culprits = quarantine.trial_accepted()
        for name, content in list(contents.items()):
            rejected = quarantine.rejected.get(name)
            if rejected is not None and not same_content(rejected.content, content):
                self.overrides[name] = content  # The client accepts a substitute for the rejected content.
            else:
                self._serve_table(name, table)
        self._isolate(culprits, table, node)

    def update_rejected(self, table: Table, node: str, message: str) -> Collection[str]:
        """Records that the client rejected the update in flight; returns the names that may be at fault."""
        update, self._in_flight = self._in_flight, None
        if update is None or update.heartbeat:
            return ()
        quarantine = self.quarantine = self.quarantine or Quarantine()
        suspects = self._take_rejected(update)
        if quarantine.trial is not None:
            suspects = quarantine.trial.contents
            likely = self._likely_culprits(suspects, table, message)
            culprits = quarantine.trial_rejected(likely, message)
        else:
            suspects = {name: item for name, item in suspects.items() if same_content(self._served(name, table), item)}
            for name in [name for name in suspects if name in self.deferred_removals]:  # It will be removed anyway.
                del suspects[name]
                self._serve_client_content(name, table)
            likely = self._likely_culprits(suspects, table, message)
            culprits = quarantine.suspect(suspects, likely, message)
            for name, item in suspects.items():
                if item is not None and same_content(table.get(name), item) and mentions(message, name):
                    table.acceptance.rejected(item, node, message)
                self._dirty.pop(name, None)
                if name not in quarantine.rejected:
                    self.overrides[name] = self._client_content(name, table)
        self._isolate(culprits, table, node)
        if not quarantine:
            self.quarantine = None
        return likely or list(suspects)

    def _likely_culprits(self, contents: Contents, table: Table, message: str) -> Collection[str]:
        """The names that the client mentions; if there are none, those whose content no client has accepted yet."""
        return [name for name in contents if mentions(message, name)] or table.acceptance.pending(
            contents, self._serial
        )

    def _isolate(self, culprits: Contents, table: Table, node: str) -> None:
        """Sends *culprits* no more, and instead the content that was accepted before, unless the client has that."""
        quarantine = self.quarantine
        assert quarantine is not None
        for name, content in culprits.items():
            rejected = quarantine.rejected.get(name)
            if rejected is not None and not same_content(rejected.content, content):
                self.overrides[name] = None  # The client rejected the substitute as well.
                continue
            quarantine.add_rejected(name, RejectedContent(content, quarantine.message))
            if content is not None and same_content(table.get(name), content):
                table.acceptance.rejected(content, node, quarantine.message)
            if self.overrides.get(name) is None and name not in table.placeholders:
                last_accepted = table.acceptance.last_accepted(name)
                self.overrides[name] = None if same_content(last_accepted, content) else last_accepted
            if self.overrides[name] is not None and name not in quarantine.known_to_client:
                self._dirty[name] = None

    def _serve_client_content(self, name: str, table: Table) -> None:
        """Serves, of a removed resource that was rejected, the content that the client has, if any."""
        if (content := self._client_content(name, table)) is None:
            self.overrides.pop(name, None)
        else:
            self.overrides[name] = content

    def _client_content(self, name: str, table: Table) -> Resource | None:
        """The content that the client has of a name of which it rejected another content; None if it has none we know."""
        quarantine = self.quarantine
        known = quarantine is not None and name in quarantine.known_to_client
        return table.acceptance.last_accepted(name) if known else None

    def _serve_table(self, name: str, table: Table) -> None:
        """Serves the content in the table again, or its placeholder."""
        if self.overrides or self.deferred_removals:
            if self.quarantine is not None:
                self.quarantine.forget(name)
            self.drop_override(name)
        if table.placeholders and not self.sends_last and (item := table.placeholders.get(name)) is not None:
            self.overrides[name] = item

    def send_last(self, table: Table) -> None:
        """Makes the resources due that have to be sent last. The client must have accepted all others."""
        self.sends_last = True
        for name in self._subscription.matching(table.placeholders):
            self._serve_table(name, table)
            self._dirty[name] = None

    def table_changed(self, names: Iterable[str], table: Table) -> None:
        """Makes names due that changed in the table, or whose content is accepted now after another client rejected it."""
        if self._subscription.wildcard and not self.overrides and not table.removed and not table.placeholders:
            self._dirty.update(dict.fromkeys(names))
            return
        for name in self._subscription.matching(names):
            if self.quarantine is not None and self._client_rejected(name, table):
                continue
            self._dirty[name] = None
            if name not in table:
                self._resource_removed(name, table)
            elif self.overrides or self.deferred_removals or table.placeholders:
                self._serve_table(name, table)

    def _client_rejected(self, name: str, table: Table) -> bool:
        """Whether this client rejected the content in the table."""
        rejected = self.quarantine.rejected.get(name) if self.quarantine is not None else None
        return rejected is not None and rejected.own and same_content(rejected.content, table.get(name))

    def _resource_removed(self, name: str, table: Table) -> None:
        """Defers the removal, if the client has the resource and this type defers removals."""
        old = table.removed.get(name)
        if self.quarantine is not None and name in self.quarantine:
            old = self.overrides.get(name)
        client_may_have = self.client_may_have(name)
        self._serve_table(name, table)
        if self._defers_removals and client_may_have and old is not None:
            self.defer_removal(name, old)

    def matching(self, names: Iterable[str]) -> list[str]:
        """Those of *names* that are subscribed."""
        return list(self._subscription.matching(names))

    def subscribed_resources(self, table: Table) -> Iterator[tuple[str, Resource | None]]:
        """Each subscribed name with the content that is served; None if there is no such resource."""
        if self._subscription.wildcard:
            yield from ((item.name, self._served(item.name, table)) for item in table)
        for name in self._subscription.names:
            if not self._subscription.wildcard or name not in table:
                yield name, self._served(name, table)

    def is_due(self, name: str) -> bool:
        """Whether that name may have to be sent."""
        return name in self._dirty

    def has_resource(self, name: str, table: Table) -> bool:
        """Whether this stream is served a resource of that name."""
        return self._served(name, table) is not None

    def defer_removal(self, name: str, item: Resource | None) -> None:
        """Serves a removed resource until `remove_deferred`; None: its content is unknown, so nothing is sent for the name."""
        self.overrides.setdefault(name, item)
        self.deferred_removals[name] = None

    def drop_override(self, name: str) -> None:
        """Serves the content in the table again, and does not defer a removal of it."""
        if self.overrides or self.deferred_removals:
            self.overrides.pop(name, None)
            self.deferred_removals.pop(name, None)

    def remove_deferred(self) -> None:
        """Removes all resources whose removal was deferred."""
        for name in self.deferred_removals:
            self.overrides.pop(name, None)
        self._dirty.update(dict.fromkeys(self._subscription.matching(self.deferred_removals)))
        self.deferred_removals = {}

    def _override_new_names(self, change: SubscriptionChange, table: Table) -> None:
        """Overrides, of newly subscribed names, contents that others rejected, and those that have to be sent last."""
        if not (change.wildcard_added or change.added) or not (table.acceptance.rejections or table.placeholders):
            return
        new = self._subscription if change.wildcard_added else frozenset(change.added)
        for name, rejection in table.acceptance.rejections.items():
            if name not in new or (self.quarantine is not None and name in self.quarantine):
                continue
            item, last_accepted = table.get(name), table.acceptance.last_accepted(name)
            if item is None or (last_accepted is None and not self._may_omit(name)):
                continue
            self.quarantine = self.quarantine or Quarantine()
            self.overrides[name] = last_accepted
            if last_accepted is None:
                self.quarantine.try_alone(name, item, rejection.message)
            else:
                self.quarantine.add_rejected(name, RejectedContent(item, rejection.message, own=False))
        for name in table.placeholders if not self.sends_last else ():
            if name in new:
                self.overrides[name] = table.placeholders[name]

    def _may_omit(self, name: str) -> bool:  # noqa: ARG002
        """Whether the client loses nothing if that name is not in the next update."""
        return True

    @abstractmethod
    def client_may_have(self, name: str) -> bool:
        """Whether the client may have a resource of that name."""

    def _served(self, name: str, table: Table) -> Resource | None:
        if self.overrides and name in self.overrides:
            return self.overrides[name]
        return table.get(name)

    def _name_unsubscribed(self, name: str) -> None:
        self._dirty.pop(name, None)
        if self.quarantine is not None:
            self.quarantine.forget(name)
        self.drop_override(name)


def same_content(one: Resource | None, other: Resource | None) -> bool:
    """Whether both have the same content, or both are None."""
    return one is other or (one is not None and other is not None and one.digest == other.digest)
