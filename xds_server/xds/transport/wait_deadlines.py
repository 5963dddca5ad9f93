"""How long a stream waits for its client: for an answer, or for the acceptance of another type. Pure: the time is given."""

from collections.abc import Mapping
from typing import Any, Final

from xds_server.model.resource import TypeUrl
from xds_server.xds.transport.limits import Limits
from xds_server.xds.transport.observer import WaitKind
from xds_server.xds.transport.variant import ProtocolStream

NEVER: Final = float("inf")

Deadlines = Mapping[TypeUrl | None, float]
"""Until when the stream waits: by type for the answer to its last response (R146), under None for another type (R125)."""


class WaitDeadlines:
    """Remembers since when a stream waits for what."""

    __slots__ = ("_blocked_since", "_limits", "sent_at")

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._blocked_since: float | None = None
        self.sent_at: dict[TypeUrl, float] = {}
        """When the last response of each type was handed to gRPC. The caller writes it."""

    def update(self, protocol: ProtocolStream[Any, Any], now: float) -> Deadlines:
        """The deadlines of all current waits. Call it whenever the stream has nothing to send."""
        if not protocol.blocked:
            self._blocked_since = None
        elif self._blocked_since is None:
            self._blocked_since = now
        seconds = self._limits.answer_seconds
        deadlines: dict[TypeUrl | None, float] = {
            type_url: self.sent_at[type_url] + seconds for type_url in protocol.unanswered_types()
        }
        if self._blocked_since is not None:
            deadlines[None] = self._blocked_since + self._limits.rollout_seconds
        return deadlines

    def stop_first(self, protocol: ProtocolStream[Any, Any], deadlines: Deadlines) -> list[WaitKind]:
        """Ends the waits with the earliest deadline, and returns what they waited for."""
        first = min(deadlines.values())
        stopped: list[WaitKind] = []
        for type_url, deadline in deadlines.items():
            if deadline > first:
                continue
            if type_url is None:
                protocol.stop_waiting()
                self._blocked_since = None
                stopped.append("make_before_break")
            else:
                protocol.forget_answer(type_url)
                stopped.append("ack")
        return stopped
