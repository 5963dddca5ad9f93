"""What a stream is owed of a type of which each answer holds all: listeners and clusters in the state of the world."""

from collections.abc import Collection, Iterable
from itertools import chain

from xds_server.model.resource import Resource
from xds_server.xds.cache.chunks import Chunk
from xds_server.xds.cache.table import Table
from xds_server.xds.protocol.outbox import Outbox, Update, same_content
from xds_server.xds.protocol.quarantine import Contents, Quarantine, mentions
from xds_server.xds.protocol.subscription import Subscription, SubscriptionChange


class FullStateOutbox(Outbox):
    """Listeners and clusters: an answer holds everything that is wanted and exists (R60).

    It is due when the set differs from the one sent last, well received or not; so a rejected one is not sent again
    before it changes. The first one is always due, and so is one with names that were not wanted before (R21, R48).
    """

    __slots__ = ("_accepted", "_offered", "_owed", "_sent", "blind")

    def __init__(self, subscription: Subscription, *, keeps_removed: bool) -> None:
        super().__init__(subscription, keeps_removed=keeps_removed)
        self._sent: int | None = None
        self._owed = True
        self._offered: Chunk | None = None  # The set that was sent last, until it is judged.
        self._accepted: Chunk | None = None
        self.blind = False
        """Whether the client has a set that we do not know: what it is not sent, it may lose."""

    @property
    def due(self) -> bool:
        """Whether there may be something to send."""
        return self._owed or super().due

    @property
    def _whole(self) -> bool:
        return True

    def subscribed(self, change: SubscriptionChange, table: Table) -> None:
        """Notes other names. Narrowing alone asks for no answer (R49)."""
        for name in (*change.removed, *change.added):
            if name not in self._subscription:
                self._forget(name)
        if change.began:
            self._sent, self._owed = None, True
        if any(self._find(name, table) is not None for name in change.added):
            self._owed = True
            self._dirty.update(dict.fromkeys(change.added))
        self._begin(change, table)

    def changed(self, names: Iterable[str], table: Table) -> None:
        """Notes names that changed in the table; or that are good for all, though others had rejected them."""
        quarantine = self.quarantine
        if quarantine is not None and any(name in quarantine and not self._refuses(name, table) for name in names):
            self._owed = True  # It may have taken what it rejected with others, so that it has not what it had.
        super().changed(names, table)

    def again(self, names: Iterable[str]) -> None:
        """Notes names that are due whatever was sent before: none is, alone."""
        self._dirty.update(dict.fromkeys(self._subscription.covered(names)))

    def answer(self, table: Table) -> Update | None:
        """The set as it is now; None if the client was sent just that."""
        if not self._owed and not self._dirty:
            return None
        dirty, owed, first = self._dirty, self._owed, self._sent is None
        self._dirty, self._owed = {}, False
        selected = self._selected(table, {})
        if selected.digest == self._sent and not owed:
            return None
        changed = selected.digests if first else [name for name in dirty if name in self._subscription]
        return self._answered(selected, changed)

    def beat(self, table: Table) -> Update | None:
        """The set once more, with all bodies: a set without them is not what every client takes for the same set (R60)."""
        if not any(name in self._subscription for name in table.mortal):
            return None
        self._owed = True
        return self.answer(table)

    def accepted(self, table: Table, node: str) -> None:
        """Notes that the client accepted what was sent last."""
        self.blind = False
        if self._offered is not None:
            self._accepted, self._offered = self._offered, None
        quarantine = self.quarantine
        for name, refusal in [*quarantine.refused.items()] if quarantine is not None else ():
            if same_content(self.overlay.get(name), refusal.content) and same_content(table.get(name), refusal.content):
                self._release(name, table)  # It was sent in spite of all.
        super().accepted(table, node)

    def rejected(self, table: Table, node: str, message: str) -> Collection[str]:
        """Notes that the client rejected what was sent last; returns the names of what may be at fault."""
        if not self.blind or self._offered is None:
            suspects = super().rejected(table, node, message)
            if self._accepted is not None and self._selected(table, {}).digest != self._accepted.digest:
                self._owed = True  # What was removed with it.
            return suspects
        # It takes what is good of a set, and says what is not (R29). To leave something out may take that away from it.
        contents, self._flight, self._offered = {item.name: item for item in self._offered.resources}, None, None
        suspects = self._likely(contents, table, message)
        named = {name: contents[name] for name in suspects if mentions(message, name)}
        if named:
            self.quarantine = self.quarantine or Quarantine()
            self.quarantine.message, self.quarantine.trying = message, None
            for name, content in named.items():
                self.overlay.setdefault(name, content)
            self._convict(named, table, node)
            for name, content in named.items():
                self.overlay[name] = self.overlay.get(name) or content
        elif self.quarantine is not None:
            self.quarantine.trying = None
        return suspects or list(contents)

    def holds(self, name: str) -> bool:
        """Whether the client may have it."""
        return any(part is not None and name in part.digests for part in (self._offered, self._accepted))

    def _answered(self, selected: Chunk, changed: Collection[str]) -> Update:
        self._sent, self._offered = selected.digest, selected
        return Update(selected.resources, selected.digest, changed)

    def _tried(self, contents: Contents, table: Table) -> Update:
        return self._answered(self._selected(table, contents), contents)

    def _take_back(self, flight: Update) -> Contents:  # noqa: ARG002
        offered, accepted, self._offered = self._offered, self._accepted, None
        self._sent = None if accepted is None else accepted.digest
        if offered is None:
            return {}
        had = accepted.digests if accepted is not None else {}
        fresh = {item.name: item for item in offered.resources if had.get(item.name) != item.digest}
        assert self.quarantine is not None
        self.quarantine.had.update(name for name in fresh if name in had)
        return {name: item for name, item in fresh.items() if name in self._subscription}

    def _kept(self, name: str, table: Table) -> Resource | None:  # noqa: ARG002
        accepted = self._accepted
        if accepted is None or name not in accepted.digests:
            return None
        return next(item for item in accepted.resources if item.name == name)

    def _may_lack(self, name: str) -> bool:  # noqa: ARG002
        return not self.blind

    def _selected(self, table: Table, contents: Contents) -> Chunk:
        served = {**self.overlay, **contents} if contents else self.overlay
        if not served and self._subscription.wildcard:
            return table.whole
        names: Iterable[str] = self._subscription.names
        if self._subscription.wildcard:
            names = chain((item.name for item in table), (name for name in served if name not in table))
        found = (served[name] if name in served else table.get(name) for name in names)
        return Chunk(item for item in found if item is not None)
