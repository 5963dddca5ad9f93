"""Kubernetes Events about streams that the gate holds."""

from collections import OrderedDict
from collections.abc import Callable
from typing import Final

from xds_server.model.admission import HoldKind
from xds_server.observability.event_recorder import EventRecorder
from xds_server.xds.transport.observer import StreamInfo, StreamObserver

_FORGET_SECONDS: Final = 60.0
"""After so long without a held stream the next one is news: proxies try again within 30 seconds."""
_MAX_ROLES: Final = 1000


class StreamEvents(StreamObserver):
    """Records an Event when proxies begin to wait for this replica, or for a role that is unknown.

    A stream that only waits for its turn is not reported.
    """

    def __init__(self, record_event: EventRecorder, *, clock: Callable[[], float]) -> None:
        self._record_event = record_event
        self._clock = clock
        self._seen: OrderedDict[str, float] = OrderedDict()  # By unknown role, or "" for this replica: when last seen.

    def stream_hold_started(self, stream: StreamInfo, kind: HoldKind) -> None:
        """The gate holds a stream from now on."""
        if kind == "not_ready" and self._is_news(""):
            message = "a proxy waits until this replica is ready: /readyz?verbose says why"
            self._record_event("Warning", "ProxyHeld", message)
        elif kind == "unknown_role" and self._is_news(stream.node.role):
            message = f"a proxy waits for role {stream.node.role!r}: this server has no Gateway of that name"
            self._record_event("Warning", "UnknownRole", message)

    def _is_news(self, role: str) -> bool:
        now = self._clock()
        seen = self._seen.pop(role, None)
        self._seen[role] = now
        if len(self._seen) > _MAX_ROLES:
            self._seen.popitem(last=False)
        return seen is None or now - seen > _FORGET_SECONDS
