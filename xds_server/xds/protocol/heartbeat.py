"""Heartbeats: what keeps a resource with a time to live at a client (R101-R104). No other module computes with times to live.

A client forgets a resource if it has not heard of it for its time to live. So it is sent a heartbeat after a third of the
shortest time to live of the type: two heartbeats may be lost, or late. In the delta protocol a heartbeat has no bodies. A
full state is sent once more as it is: not every client takes a set without bodies for the same set (R60).

The server derives no resource with a time to live (R105), so that normally `Heartbeat.advance_time` finds nothing to do.
"""

from collections.abc import Mapping
from typing import Final

from xds_server.xds.cache.chunks import Chunk
from xds_server.xds.cache.table import Table
from xds_server.xds.protocol.full_state_outbox import FullStateOutbox
from xds_server.xds.protocol.outbox import Outbox, Update

HEARTBEAT_SHARE: Final = 1 / 3
"""The part of the shortest time to live after which the client is sent a heartbeat."""


class Heartbeat:
    """The heartbeats of one type on one stream."""

    __slots__ = ("_last_at", "due")

    def __init__(self) -> None:
        self._last_at: float | None = None  # When the client last heard of all; None if there was nothing that expires.
        self.due = False
        """Whether a heartbeat has to be sent. Whoever sends it, or finds that there is nothing to send, clears it."""

    @property
    def scheduled(self) -> bool:
        """Whether `advance_time` knows when the next heartbeat is due."""
        return self._last_at is not None

    def advance_time(self, now: float, expiring: Mapping[str, float]) -> float | None:
        """Sets `due` if it is time for a heartbeat; returns when the next one is due, None if nothing expires.

        *now*: seconds on any clock. *expiring*: times to live, by name, of what the client was sent.
        """
        if not expiring:
            self._last_at = None
            return None
        period = min(expiring.values()) * HEARTBEAT_SHARE
        if self._last_at is None:
            self._last_at = now
        elif now >= self._last_at + period:
            self._last_at, self.due = now, True
        return self._last_at + period


def heartbeat_update(outbox: Outbox, table: Table) -> Update | None:
    """The heartbeat of all that the client has and that expires; None if there is no such resource."""
    if isinstance(outbox, FullStateOutbox):
        return outbox.resend_full_set(table) if any(outbox.matching(table.expiring)) else None
    names = (
        name
        for name in table.expiring
        if outbox.client_may_have(name) and not outbox.is_due(name) and name not in outbox.overrides
    )
    items = (table.get(name) for name in names)
    chunk = Chunk(item for item in items if item is not None)
    return Update(chunk.resources, chunk.digest, (), heartbeat=True) if chunk.resources else None
