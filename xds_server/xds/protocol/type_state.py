"""One type on one stream: what was sent last, and what the client thought of it."""

from collections.abc import Iterator
from typing import Generic, TypeVar

from xds_server.model.resource import TypeUrl, push_rank
from xds_server.xds.cache.table import Table
from xds_server.xds.protocol.messages import Acked, ConfigStatus, Nacked, ResourceStatus, Subscribed, TypeStatus
from xds_server.xds.protocol.outbox import Outbox, Update
from xds_server.xds.protocol.subscription import Subscription

S = TypeVar("S", bound=Outbox)


class TypeState(Generic[S]):
    """The responses of a type, numbered from 1; at most one of them waits for its answer."""

    __slots__ = (
        "__weakref__", "_doubted", "_place", "_rejected", "_serial", "accepted", "acked_version", "answered", "beaten_at", "beating",
        "beats", "comes_after", "fresh", "in_flight", "node", "nonce", "number", "rejection", "selection", "sent_version",
        "subscription", "type_url", "waits_for",
    )  # fmt: skip

    def __init__(self, type_url: TypeUrl, subscription: Subscription, selection: S, node: str = "") -> None:
        self.type_url = type_url
        self.subscription = subscription
        self.node = node
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
        self._place = push_rank(type_url)
        self._rejected = 0
        self._doubted = False
        self._serial = 0

    @property
    def ready(self) -> bool:
        """Whether there may be something to send, now."""
        return not self.in_flight and (self.beats or self.selection.due)

    @property
    def at_a_loss(self) -> bool:
        """Whether the client rejected something, and has neither accepted it since nor something in its place."""
        quarantine = self.selection.quarantine
        return quarantine is not None and (
            quarantine.searching
            or any(one.own and self.selection.overlay.get(name) is None for name, one in quarantine.refused.items())
        )

    @property
    def idle(self) -> bool:
        """Whether nothing is to be sent or answered, and nothing is missing that the client rejected."""
        return not (self.unanswered or self.selection.due or self.at_a_loss)

    @property
    def has_something(self) -> bool:
        """Whether the client has accepted something, or was told that it has all that there is."""
        return bool(self.acked_version) or (self.selection.silent and not self.sent_version)

    @property
    def unanswered(self) -> bool:
        """Whether the client has yet to say what it thinks of the last response."""
        return self.answered < self.number

    @property
    def mark(self) -> int:
        """Number of the response after whose acceptance the client has what the table has now."""
        return self.number + 1 if self.selection.due else self.number

    def send(self, answer: Update, table: Table) -> None:
        """Notes that *answer* is being sent, under a nonce that this type has not had on this stream (R22).

        Streams that have come equally far use the same one, so that they are sent the very same bytes.
        """
        self._serial = max(self._serial + 1, table.generation)
        self.nonce = f"{self._place}.{self._serial}"
        self.in_flight = True
        self.beating = answer.beat
        self.number += 1
        self.selection.sends(answer, table)

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
        self.selection.abandoned()

    def accept(self, table: Table) -> Acked:
        """Notes an ACK of the last response."""
        self.in_flight = False
        if not self.beating:  # Else it has accepted nothing new.
            self.rejection = None
        self.answered = self.accepted = self.number
        self.acked_version = self.sent_version
        self.selection.accepted(table, self.node)
        self._doubt(table)
        return Acked(self.type_url, self.nonce, self.sent_version)

    def reject(self, table: Table, message: str) -> Nacked:
        """Notes a NACK of the last response."""
        self.in_flight, self.rejection = False, message
        self.answered = self.number
        self._rejected += 1
        suspects = self.selection.rejected(table, self.node, message)
        self._doubt(table)
        return Nacked(self.type_url, self.nonce, self.sent_version, message, tuple(suspects))

    def _doubt(self, table: Table) -> None:
        if self.selection.quarantine is not None:
            table.trial.doubted.add(self)
        elif self._doubted:
            table.trial.doubted.discard(self)
        self._doubted = self.selection.quarantine is not None

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
            *self.rejected_now(),
        )

    def rejected_now(self) -> tuple[int, int]:
        """How many resources are (refused, suspected)."""
        quarantine = self.selection.quarantine
        return (0, 0) if quarantine is None else (len(quarantine.refused), len(quarantine.suspects))

    def resources(self, table: Table) -> Iterator[ResourceStatus]:
        """Where the client stands with each resource that it asked for."""
        quarantine = self.selection.quarantine
        for name, item in self.selection.wanted(table):
            refusal = quarantine.refused.get(name) if quarantine is not None else None
            status, message = ConfigStatus.SYNCED, ""
            if refusal is not None:
                status, message = ConfigStatus.ERROR if refusal.own else ConfigStatus.STALE, refusal.message
            elif quarantine is not None and quarantine.suspected(name):
                status, message = ConfigStatus.STALE, quarantine.message
            elif item is None or not self.selection.holds(name):
                status = ConfigStatus.NOT_SENT
            elif self.unanswered or self.selection.is_due(name):
                status = ConfigStatus.STALE
            yield ResourceStatus(self.type_url, name, status, item, message)
