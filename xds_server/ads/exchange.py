"""One type on one stream: what was sent last, and what the client thought of it."""

from collections.abc import Collection, Iterator
from typing import Generic, TypeVar

from xds_server.ads.messages import Acked, ConfigStatus, Nacked, ResourceStatus, Subscribed, TypeStatus
from xds_server.ads.selection import Answer, Selection
from xds_server.ads.subscription import Subscription
from xds_server.snapshot.resource import TypeUrl, place
from xds_server.snapshot.table import Table

S = TypeVar("S", bound=Selection)

_MAX_MESSAGE_LOOK = 1 << 14
"""How much of a rejection's text is searched for names."""


class Exchange(Generic[S]):
    """The responses of a type, numbered from 1; at most one of them waits for its answer."""

    __slots__ = (
        "_place", "_rejected", "_serial", "_tried", "_tried_at", "accepted", "acked_version", "answered", "beaten_at", "beating", "beats", "comes_after", "fresh", "in_flight", "nonce", "number",
        "rejection", "selection", "sent_version", "subscription", "type_url", "waits_for",
    )  # fmt: skip

    def __init__(self, type_url: TypeUrl, subscription: Subscription, selection: S) -> None:
        self.type_url = type_url
        self.subscription = subscription
        self.selection = selection
        self.nonce = ""
        self.number = 0
        """Of the last response; 0 before the first."""
        self.answered = 0
        """Of the last response that was answered, well or badly."""
        self.accepted = 0
        """Of the last response that was ACKed."""
        self.in_flight = False
        self.sent_version = ""
        self.acked_version = ""
        self.rejection: str | None = None
        self.fresh = False
        """Whether there are changes for which it is not settled yet what they wait for."""
        self.beaten_at: float | None = None
        """When the client last heard of all that it would forget otherwise; None if there is no such thing yet."""
        self.beats = False
        """Whether it is to hear of that again."""
        self.beating = False
        """Whether the last response was for that."""
        self.waits_for = 0
        """Number of the clusters' response that has to be answered before the next of this type."""
        self.comes_after: int | None = 0
        """Number of the load assignments' response that has to be sent before; None if that is not settled yet."""
        self._place = place(type_url)
        self._tried: Collection[str] = ()
        self._tried_at = 0
        self._rejected = 0
        self._serial = 0

    @property
    def ready(self) -> bool:
        """Whether there may be something to send, now."""
        return not self.in_flight and (self.beats or self.selection.due)

    @property
    def unanswered(self) -> bool:
        """Whether the client has yet to say what it thinks of the last response."""
        return self.answered < self.number

    @property
    def mark(self) -> int:
        """Number of the response after whose acceptance the client has what the table has now."""
        return self.number + 1 if self.selection.due else self.number

    def send(self, answer: Answer, table: Table) -> None:
        """Notes that *answer* is being sent, under a nonce that this type has not had on this stream (R22).

        Streams that have come equally far use the same one, so that they are sent the very same bytes.
        """
        self._serial = max(self._serial + 1, table.generation)
        self.nonce = f"{self._place}.{self._serial}"
        self.in_flight = True
        self.beating = answer.beat
        self.number += 1
        overlay = self.selection.overlay
        self._tried = [name for name in answer.changed if name not in overlay] if overlay else answer.changed
        self._tried_at = table.trial.serial

    def pass_over(self) -> None:
        """Notes that there was nothing to send after all: as good as a response that is answered like the last one."""
        if not self.unanswered:
            accepted = self.accepted == self.number
            self.number += 1
            self.answered = self.number
            self.accepted = self.number if accepted else self.accepted

    def abandon(self) -> None:
        """No longer waits for an answer, which may come yet."""
        self.in_flight = False

    def accept(self, table: Table) -> Acked:
        """Notes an ACK of the last response."""
        self.in_flight = False
        if not self.beating:  # Else it has accepted nothing new.
            self.rejection = None
        self.answered = self.accepted = self.number
        self.acked_version = self.sent_version
        for name in self._on_trial(table):
            table.trial.accepted(name)
        return Acked(self.type_url, self.nonce, self.sent_version)

    def reject(self, table: Table, node: str, message: str) -> Nacked:
        """Notes a NACK of the last response."""
        self.in_flight, self.rejection = False, message
        self.answered = self.number
        self._rejected += 1
        suspects = self._on_trial(table)
        searched = message[:_MAX_MESSAGE_LOOK]
        suspects = [name for name in suspects if _names(searched, name)] or suspects
        for name in suspects:
            if (item := table.get(name)) is not None:
                table.trial.rejected(item, node, message)
        self.selection.fall_back(suspects, table)
        return Nacked(self.type_url, self.nonce, self.sent_version, message, tuple(suspects))

    def subscribed_event(self) -> Subscribed:
        """What the client asks for."""
        return Subscribed(self.type_url, len(self.subscription.names), self.subscription.wildcard)

    def status(self) -> TypeStatus:
        """Where this type stands."""
        return TypeStatus(
            len(self.subscription.names),
            self.subscription.wildcard,
            self.sent_version,
            self.acked_version,
            self.rejection,
            self.in_flight,
            self.selection.due,
            self.number,
            self._rejected,
            len(self.selection.withheld),
        )

    def resources(self, table: Table) -> Iterator[ResourceStatus]:
        """Where the client stands with each resource that it asked for."""
        for name, item in self.selection.wanted(table):
            rejected = table.trial.rejections.get(name) if self.rejection is not None else None
            status = ConfigStatus.SYNCED
            if item is None or not self.selection.holds(name):
                status = ConfigStatus.NOT_SENT
            elif rejected is not None:
                status = ConfigStatus.ERROR
            elif self.unanswered or self.selection.is_due(name):
                status = ConfigStatus.STALE
            yield ResourceStatus(self.type_url, name, status, item, "" if rejected is None else rejected.message)

    def _on_trial(self, table: Table) -> list[str]:
        """Names of contents that were new with the last response, and that nobody has accepted or replaced since."""
        tried, self._tried = self._tried, ()
        return table.trial.open(tried, self._tried_at)


def _names(message: str, name: str) -> bool:
    """Whether *message* has *name* as a word of its own."""
    at = message.find(name) if name else -1
    while at >= 0:
        end = at + len(name)
        if not _in_name(message[at - 1 : at]) and not _in_name(message[end : end + 1]):
            return True
        at = message.find(name, at + 1)
    return False


def _in_name(character: str) -> bool:
    return character.isalnum() or character in {"-", "_", "/", "|"}
