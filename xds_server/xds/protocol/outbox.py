"""What a stream is owed of one type: what all ways of the protocol have in common.

A selection takes notes (subscribed, changed, again) and makes the next answer from the table as it is when asked. It is
not told what changed how: the newest wins, and a burst of changes is one answer.
"""

from abc import ABC, abstractmethod
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

import msgspec

from xds_server.model.resource import Resource
from xds_server.xds.cache.chunks import Chunk
from xds_server.xds.cache.table import Table
from xds_server.xds.protocol.quarantine import Contents, Quarantine, RejectedContent, mentions
from xds_server.xds.protocol.sent_versions import UNCERTAIN, UNKNOWN, SentVersions
from xds_server.xds.protocol.subscription import Subscription, SubscriptionChange


class Update(msgspec.Struct, frozen=True, gc=False):
    """Resources to send, and names of what is no more."""

    resources: Sequence[Resource]
    digest: int
    """Sum of their digests."""
    changed: Collection[str]
    """Names of what the client has not, or not like this; of some there may be no resource."""
    removed: tuple[str, ...] = ()
    beat: bool = False
    """Whether the client has all that, and is only to hear of it again."""


class Outbox(ABC):
    """What is owed. A stream may be served something else than the table has: see `overlay`."""

    __slots__ = (
        "_before", "_dirty", "_flight", "_keeps_removed", "_serial", "_subscription", "opened", "overlay", "quarantine",
        "withheld",
    )  # fmt: skip

    def __init__(self, subscription: Subscription, *, keeps_removed: bool) -> None:
        self._subscription = subscription
        self._keeps_removed = keeps_removed
        self._dirty: dict[str, None] = {}
        self.overlay: dict[str, Resource | None] = {}
        """Served in place of what the table has: removed resources that are kept for a while, what is sent in place of
        what comes last, good ones for rejected (None: nothing is). Every name of the quarantine is in here."""
        self.withheld: dict[str, None] = {}
        """Names of those that are kept; and of what a client that came back has to be told of as gone, when it is time."""
        self.quarantine: Quarantine | None = None
        """What the client rejected, once it has rejected anything."""
        self.opened = False
        """Whether the client is sent what comes last (`Table.sealed`)."""
        self._flight: Update | None = None  # What the client has yet to judge.
        self._before: dict[str, int | None] = {}  # The digests of what it had of that, by name, if that is noted.
        self._serial = 0  # Of the trial, when that was sent.

    @property
    def due(self) -> bool:
        """Whether there may be something to send."""
        return bool(self._dirty) or (self.quarantine is not None and self.quarantine.pending)

    @property
    def silent(self) -> bool:
        """Whether a client that was sent nothing, and is owed nothing, has what it asked for."""
        return False

    @abstractmethod
    def subscribed(self, change: SubscriptionChange, table: Table) -> None:
        """Notes other names."""

    @abstractmethod
    def again(self, names: Iterable[str]) -> None:
        """Notes names that are due whatever was sent before."""

    def take(self, table: Table) -> Update | None:
        """What is to be sent next; None if it is nothing after all."""
        quarantine = self.quarantine
        if quarantine is None:
            answer = self.answer(table)
        elif quarantine.turn and quarantine.pending and not self._whole:
            answer = self._try(quarantine, table)
        else:  # In turns, so that neither waits for the other for long.
            answer = self.answer(table)
            quarantine.turn = answer is not None
            if answer is None and quarantine.pending:
                answer = self._try(quarantine, table)
        return answer

    def sends(self, answer: Update, table: Table) -> None:
        """Notes that *answer* is being sent."""
        self._flight, self._serial = answer, table.trial.serial

    @abstractmethod
    def answer(self, table: Table) -> Update | None:
        """What is due, or as much as one response may hold; None if it is nothing after all."""

    @property
    def _whole(self) -> bool:
        """Whether an answer holds all that there is."""
        return False

    @abstractmethod
    def _tried(self, contents: Contents, table: Table) -> Update:
        """The answer with *contents*, whatever is served otherwise."""

    @abstractmethod
    def _take_back(self, flight: Update) -> Contents:
        """Notes that *flight* was rejected, and returns what was in it that the client had not."""

    def _try(self, quarantine: Quarantine, table: Table) -> Update:
        quarantine.turn = False
        return self._tried(quarantine.take(), table)

    def abandoned(self) -> None:
        """Notes that nobody waits for an answer any longer."""
        if self.quarantine is not None:
            self.quarantine.abandoned()

    def accepted(self, table: Table, node: str) -> None:
        """Notes that the client accepted what was sent last."""
        flight, self._flight = self._flight, None
        self._before = {}
        quarantine = self.quarantine
        trying = quarantine.trying if quarantine is not None else None
        if flight is not None and not flight.beat:
            for name in table.trial.open(flight.changed, self._serial):
                if name not in self.overlay or (
                    trying is not None and same_content(trying.contents.get(name), table.get(name))
                ):
                    table.trial.accepted(name)
        if quarantine is not None and trying is not None:
            self._accepted_trial(quarantine, trying.contents, table, node)
        if not quarantine:
            self.quarantine = None

    def _accepted_trial(self, quarantine: Quarantine, contents: Contents, table: Table, node: str) -> None:
        culprits = quarantine.accepted()
        for name, content in list(contents.items()):
            refusal = quarantine.refused.get(name)
            if refusal is not None and not same_content(refusal.content, content):
                self.overlay[name] = content  # A substitute, which is good.
            else:
                self._release(name, table)
        self._convict(culprits, table, node)

    def rejected(self, table: Table, node: str, message: str) -> Collection[str]:
        """Notes that the client rejected what was sent last; returns the names of what may be at fault."""
        flight, self._flight = self._flight, None
        if flight is None or flight.beat:
            return ()
        quarantine = self.quarantine = self.quarantine or Quarantine()
        fresh = self._take_back(flight)
        if quarantine.trying is not None:
            fresh = quarantine.trying.contents
            likely = self._likely(fresh, table, message)
            culprits = quarantine.rejected(likely, message)
        else:
            fresh = {name: item for name, item in fresh.items() if same_content(self._find(name, table), item)}
            for name in [name for name in fresh if name in self.withheld]:  # It is to go anyway.
                del fresh[name]
                self._keep_former(name, table)
            likely = self._likely(fresh, table, message)
            culprits = quarantine.suspect(fresh, likely, message)
            for name, item in fresh.items():
                if item is not None and same_content(table.get(name), item) and mentions(message, name):
                    table.trial.rejected(item, node, message)
                self._dirty.pop(name, None)
                if name not in quarantine.refused:
                    self.overlay[name] = self._kept(name, table)
        self._convict(culprits, table, node)
        if not quarantine:
            self.quarantine = None
        return likely or list(fresh)

    def _likely(self, contents: Contents, table: Table, message: str) -> Collection[str]:
        """The names of what is most likely at fault: those that the client names, else those that nobody accepted yet."""
        return [name for name in contents if mentions(message, name)] or table.trial.open(contents, self._serial)

    def _convict(self, culprits: Contents, table: Table, node: str) -> None:
        """Does not send *culprits* any more, and in their place what was good before, if the client has not that."""
        quarantine = self.quarantine
        assert quarantine is not None
        for name, content in culprits.items():
            refusal = quarantine.refused.get(name)
            if refusal is not None and not same_content(refusal.content, content):
                self.overlay[name] = None  # It rejects the substitute as well.
                continue
            quarantine.refuse(name, RejectedContent(content, quarantine.message))
            if content is not None and same_content(table.get(name), content):
                table.trial.rejected(content, node, quarantine.message)
            if self.overlay.get(name) is None and name not in table.sealed:
                former = table.trial.former(name)
                self.overlay[name] = None if same_content(former, content) else former
            if self.overlay[name] is not None and name not in quarantine.had:
                self._dirty[name] = None

    def _keep_former(self, name: str, table: Table) -> None:
        """Keeps, of a removed resource that was rejected, what the client has of it, if anything."""
        if (former := self._kept(name, table)) is None:
            self.overlay.pop(name, None)
        else:
            self.overlay[name] = former

    def _kept(self, name: str, table: Table) -> Resource | None:
        """What the client has of a name of which it rejected another content, if that is known."""
        quarantine = self.quarantine
        return table.trial.former(name) if quarantine is not None and name in quarantine.had else None

    def _release(self, name: str, table: Table) -> None:
        """Serves what the table has under a name again, or what is sent in its place."""
        if self.overlay or self.withheld:
            if self.quarantine is not None:
                self.quarantine.forget(name)
            self.restore(name)
        if table.sealed and not self.opened and (item := table.sealed.get(name)) is not None:
            self.overlay[name] = item

    def open(self, table: Table) -> None:
        """Sends what comes last: the client has all the rest."""
        self.opened = True
        for name in self._subscription.covered(table.sealed):
            self._release(name, table)
            self._dirty[name] = None

    def beat(self, table: Table) -> Update | None:
        """What the client has, and would forget if it did not hear of it again (R103)."""
        alive = (
            self._find(name, table)
            for name in table.mortal
            if self.holds(name) and not self.is_due(name) and name not in self.overlay
        )
        part = Chunk(item for item in alive if item is not None and item.ttl)
        return Update(part.resources, part.digest, (), beat=True) if part.resources else None

    def changed(self, names: Iterable[str], table: Table) -> None:
        """Notes names that changed in the table; or that are good for all, though others had rejected them."""
        if self._subscription.wildcard and not self.overlay and not table.removed and not table.sealed:
            self._dirty.update(dict.fromkeys(names))
            return
        for name in self._subscription.covered(names):
            if self.quarantine is not None and self._refuses(name, table):
                continue
            self._dirty[name] = None
            if name not in table:
                self._gone(name, table)
            elif self.overlay or self.withheld or table.sealed:
                self._release(name, table)

    def _refuses(self, name: str, table: Table) -> bool:
        """Whether the client itself rejected just what the table has of that name."""
        refusal = self.quarantine.refused.get(name) if self.quarantine is not None else None
        return refusal is not None and refusal.own and same_content(refusal.content, table.get(name))

    def _gone(self, name: str, table: Table) -> None:
        """Keeps what is no more, if the client has it and may need it; and nothing in its place."""
        old = table.removed.get(name)
        if self.quarantine is not None and name in self.quarantine:
            old = self.overlay.get(name)
        holds = self.holds(name)
        self._release(name, table)
        if self._keeps_removed and holds and old is not None:
            self.keep(name, old)

    def covered(self, names: Iterable[str]) -> list[str]:
        """Those of *names* that are asked for."""
        return list(self._subscription.covered(names))

    def wanted(self, table: Table) -> Iterator[tuple[str, Resource | None]]:
        """What is asked for, by name, with what is served under it."""
        if self._subscription.wildcard:
            yield from ((item.name, self._find(item.name, table)) for item in table)
        for name in self._subscription.names:
            if not self._subscription.wildcard or name not in table:
                yield name, self._find(name, table)

    def is_due(self, name: str) -> bool:
        """Whether there may be news of that name."""
        return name in self._dirty

    def serves(self, name: str, table: Table) -> bool:
        """Whether there is a resource of that name for this stream."""
        return self._find(name, table) is not None

    def keep(self, name: str, item: Resource | None) -> None:
        """Keeps a removed resource until `withdraw`; None: it is not told of either, as nobody knows what it was."""
        self.overlay.setdefault(name, item)
        self.withheld[name] = None

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

    def _begin(self, change: SubscriptionChange, table: Table) -> None:
        """Notes what is not sent at once to a client that asks for more: what others rejected, and what comes last."""
        if not (change.began or change.added) or not (table.trial.rejections or table.sealed):
            return
        wanted = self._subscription if change.began else frozenset(change.added)
        for name, rejection in table.trial.rejections.items():
            if name not in wanted or (self.quarantine is not None and name in self.quarantine):
                continue
            item, former = table.get(name), table.trial.former(name)
            if item is None or (former is None and not self._may_lack(name)):
                continue
            self.quarantine = self.quarantine or Quarantine()
            self.overlay[name] = former
            if former is None:
                self.quarantine.aside(name, item, rejection.message)
            else:
                self.quarantine.refuse(name, RejectedContent(item, rejection.message, own=False))
        for name in table.sealed if not self.opened else ():
            if name in wanted:
                self.overlay[name] = table.sealed[name]

    def _may_lack(self, name: str) -> bool:  # noqa: ARG002
        """Whether it costs the client nothing if that is not sent at once."""
        return True

    @abstractmethod
    def holds(self, name: str) -> bool:
        """Whether the client may have it."""

    def _find(self, name: str, table: Table) -> Resource | None:
        if self.overlay and name in self.overlay:
            return self.overlay[name]
        return table.get(name)

    def _forget(self, name: str) -> None:
        """Notes that a name is not wanted any more."""
        self._dirty.pop(name, None)
        if self.quarantine is not None:
            self.quarantine.forget(name)
        self.restore(name)


def forget_digests(
    flight: Update,
    subscription: Subscription,
    sent: SentVersions,
    before: Mapping[str, int | None],
    quarantine: Quarantine,
) -> Contents:
    """What was in *flight*, now that it was rejected, and is wanted; notes in *sent* that we do not know what became of it."""
    contents: dict[str, Resource | None] = dict.fromkeys(subscription.covered(flight.removed))
    contents |= {item.name: item for item in flight.resources if item.name in subscription}
    for name, item in contents.items():
        had = item is None or before.get(name) not in {None, UNCERTAIN}
        sent[name] = UNKNOWN if had else UNCERTAIN
        if had:
            quarantine.had.add(name)
    return contents


def same_content(one: Resource | None, other: Resource | None) -> bool:
    """Whether both are the same content, or none."""
    return one is other or (one is not None and other is not None and one.digest == other.digest)
