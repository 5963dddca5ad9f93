"""One type on one stream: the responses that were sent, and how the client answered."""

from collections.abc import Iterator, Mapping
from typing import Any, Generic, TypeVar

from xds_server.model.resource import TypeUrl, push_rank
from xds_server.xds.cache.table import Table
from xds_server.xds.protocol.heartbeat import Heartbeat
from xds_server.xds.protocol.messages import Acked, ConfigStatus, Nacked, ResourceStatus, Subscribed, TypeStatus
from xds_server.xds.protocol.outbox import Outbox, Update
from xds_server.xds.protocol.subscription import Subscription

S = TypeVar("S", bound=Outbox)


class TypeState(Generic[S]):
    """The responses of a type, numbered from 1. At most one of them waits for its answer."""

    __slots__ = (
        "__weakref__", "_is_rejecting", "_push_rank", "_rejected", "_serial", "acked_version", "dependencies_stale",
        "follows_assignments", "heartbeat", "heartbeat_in_flight", "in_flight", "last_accepted", "last_answered", "last_sent",
        "node", "nonce", "outbox", "rejection", "sent_version", "subscription", "type_url", "waits_for_clusters",
    )  # fmt: skip

    def __init__(
        self,
        type_url: TypeUrl,
        subscription: Subscription,
        outbox: S,
        node: str = "",
        *,
        heartbeat: Heartbeat | None = None,
    ) -> None:
        """*node*: the id of the client. *heartbeat*: None if the client is sent no heartbeats of this type."""
        self.type_url = type_url
        self.subscription = subscription
        self.node = node
        self.outbox = outbox
        self.heartbeat = heartbeat
        self.nonce = ""
        self.last_sent = 0
        """Number of the last response; 0 before the first."""
        self.last_answered = 0
        """Number of the last response that was ACKed or NACKed."""
        self.last_accepted = 0
        """Number of the last response that was ACKed."""
        self.in_flight = False
        """Whether the stream waits for an answer before it sends the next response."""
        self.heartbeat_in_flight = False
        """Whether the last response was a heartbeat."""
        self.sent_version = ""
        self.acked_version = ""
        self.rejection: str | None = None
        self.dependencies_stale = False
        """Whether there were changes since the two numbers below were computed."""
        self.waits_for_clusters = 0
        """Number of the response with clusters that has to be answered before the next response of this type."""
        self.follows_assignments: int | None = 0
        """Number of the response with load assignments that has to be sent before; None until it is computed."""
        self._push_rank = push_rank(type_url)
        self._rejected = 0
        self._is_rejecting = False
        self._serial = 0

    @property
    def ready(self) -> bool:
        """Whether there may be something to send, and nothing is in flight."""
        return not self.in_flight and (self.outbox.due or (self.heartbeat is not None and self.heartbeat.due))

    @property
    def lacks_rejected(self) -> bool:
        """Whether the client lacks a resource that it rejected: it accepted neither it nor a substitute."""
        quarantine = self.outbox.quarantine
        return quarantine is not None and (
            quarantine.searching
            or any(one.own and self.outbox.overrides.get(name) is None for name, one in quarantine.rejected.items())
        )

    @property
    def settled(self) -> bool:
        """Whether nothing is due or unanswered, and the client lacks nothing that it rejected."""
        return not (self.awaits_answer or self.outbox.due or self.lacks_rejected)

    @property
    def has_configuration(self) -> bool:
        """Whether the client has accepted a response, or knows without one that it has all there is."""
        return bool(self.acked_version) or (self.outbox.reports_missing and not self.sent_version)

    @property
    def awaits_answer(self) -> bool:
        """Whether the client has not answered the last response, even if the stream does not wait for the answer."""
        return self.last_answered < self.last_sent

    @property
    def target_number(self) -> int:
        """Number of the response that, once ACKed, brings the client up to date with the table."""
        return self.last_sent + 1 if self.outbox.due else self.last_sent

    def record_response(self, update: Update, table: Table) -> None:
        """Records that *update* is being sent, with a nonce that this type did not have before on this stream (R22).

        Streams whose last response was made at the same table generation use the same nonce, so that they are sent the same
        bytes: see "How one push is shared" in docs/ads.md.
        """
        self._serial = max(self._serial + 1, table.generation)
        self.nonce = f"{self._push_rank}.{self._serial}"
        self.in_flight = True
        self.heartbeat_in_flight = update.heartbeat
        self.last_sent += 1
        self.outbox.record_sent(update, table)

    def skip_response(self) -> None:
        """Records that nothing had to be sent after all, so that nobody waits for the answer.

        It counts as a response that was answered as the last one was.
        """
        if not self.awaits_answer:
            accepted = self.last_accepted == self.last_sent
            self.last_sent += 1
            self.last_answered = self.last_sent
            self.last_accepted = self.last_sent if accepted else self.last_accepted

    def forget_answer(self) -> None:
        """Stops waiting for the answer to the last response. It may still come."""
        self.in_flight = False
        self.outbox.forget_answer()

    def receive_ack(self, table: Table) -> Acked:
        """Records an ACK of the last response."""
        self.in_flight = False
        if not self.heartbeat_in_flight:  # Otherwise the client accepted nothing new.
            self.rejection = None
        self.last_answered = self.last_accepted = self.last_sent
        self.acked_version = self.sent_version
        self.outbox.update_accepted(table, self.node)
        self._note_rejecting(table)
        return Acked(self.type_url, self.nonce, self.sent_version)

    def receive_nack(self, table: Table, message: str) -> Nacked:
        """Records a NACK of the last response."""
        self.in_flight, self.rejection = False, message
        self.last_answered = self.last_sent
        self._rejected += 1
        suspects = self.outbox.update_rejected(table, self.node, message)
        self._note_rejecting(table)
        return Nacked(self.type_url, self.nonce, self.sent_version, message, tuple(suspects))

    def _note_rejecting(self, table: Table) -> None:
        if self.outbox.quarantine is not None:
            table.acceptance.rejecting_streams.add(self)
        elif self._is_rejecting:
            table.acceptance.rejecting_streams.discard(self)
        self._is_rejecting = self.outbox.quarantine is not None

    def subscribed_event(self) -> Subscribed:
        """The event that tells what the client subscribed to."""
        return Subscribed(self.type_url, len(self.subscription.names), self.subscription.wildcard)

    def status(self) -> TypeStatus:
        """The state of this type, for pages."""
        return TypeStatus(
            len(self.subscription.names),
            self.subscription.wildcard,
            self.sent_version,
            self.acked_version,
            self.rejection,
            self.in_flight,
            self.outbox.due,
            self.last_sent,
            self._rejected,
            len(self.outbox.deferred_removals),
            *self.count_rejected(),
        )

    def count_rejected(self) -> tuple[int, int]:
        """The number of (rejected, suspected) resources."""
        quarantine = self.outbox.quarantine
        return (0, 0) if quarantine is None else (len(quarantine.rejected), len(quarantine.suspects))

    def resource_statuses(self, table: Table) -> Iterator[ResourceStatus]:
        """The state of each subscribed resource at the client."""
        quarantine = self.outbox.quarantine
        for name, item in self.outbox.subscribed_resources(table):
            rejected = quarantine.rejected.get(name) if quarantine is not None else None
            status, message = ConfigStatus.SYNCED, ""
            if rejected is not None:
                status, message = ConfigStatus.ERROR if rejected.own else ConfigStatus.STALE, rejected.message
            elif quarantine is not None and quarantine.is_suspect(name):
                status, message = ConfigStatus.STALE, quarantine.message
            elif item is None or not self.outbox.client_may_have(name):
                status = ConfigStatus.NOT_SENT
            elif self.awaits_answer or self.outbox.is_due(name):
                status = ConfigStatus.STALE
            yield ResourceStatus(self.type_url, name, status, item, message)


TypeStates = Mapping[TypeUrl, TypeState[Any]]
"""The subscribed types of one stream."""
