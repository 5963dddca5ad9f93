"""The last step to ready: proxies that connected before the server was ready are served first.

Publishing is not delivery: a proxy that was held still has to be sent its configuration. `/readyz` stays 503 until these
proxies have acknowledged theirs, or until a timeout. Before that it waits a moment for proxies that tried to connect
earlier: the port may have been closed, or the event loop too busy with the lists to accept them.
"""

from collections.abc import Callable, Iterable
from typing import Final

from probes import Passed, Verdict, Waiting
from xds_server.model.admission import HoldKind
from xds_server.xds.transport.observer import CloseReason, StreamInfo, StreamObserver, StreamStatus

OPEN_SECONDS: Final = 0.25
"""A client that found the port closed tries again within this time: gRPC and Envoy begin with less."""

ACCEPT_SECONDS: Final = 0.1
"""Clients that connected while the event loop was busy with the lists are accepted within this time."""

Later = Callable[[float, Callable[[], None]], object]
"""Calls a function after so many seconds, as `loop.call_later` does."""


class InitialPush(StreamObserver):
    """Waits for at most *seconds*; 0: not at all."""

    def __init__(
        self,
        seconds: float,
        *,
        streams: Callable[[], Iterable[StreamStatus]],
        clock: Callable[[], float],
        on_change: Callable[[], None],
    ) -> None:
        """*on_change* is called when the verdict may have changed."""
        self._seconds = seconds
        self._streams = streams
        self._clock = clock
        self._on_change = on_change
        self._later: Later | None = None
        self._opened_at = self._counts_at = 0.0
        self._until: float | None = None
        self._expected: set[int] = set()
        self._served: set[int] = set()
        self.over = not seconds
        """Whether the wait is over. It never begins again."""

    def port_opened(self, later: Later) -> None:
        """The gRPC port is open from now on. *later* calls back on the event loop."""
        self._opened_at = self._clock()
        self._later = later

    def verdict(self) -> Verdict:
        """Whether all proxies that connected before are served. Ask when everything is published, and again until `over`."""
        if self.over:
            return Passed()
        if self._later is None:
            return Waiting("the gRPC port is not open yet")
        now = self._clock()
        if not self._counts_at:
            self._counts_at = max(self._opened_at + OPEN_SECONDS, now + ACCEPT_SECONDS)
            self._later(self._counts_at - now, self._on_change)
        if now < self._counts_at:
            return Waiting(f"proxies that tried to connect before come now; {self._counts_at - now:.2f} s more")
        if self._until is None:
            self._until = now + self._seconds
            self._expected = {one.stream.id for one in self._streams()} - self._served
        if self._expected and now < self._until:
            number = len(self._expected)
            return Waiting(f"{number} proxies that connected before are not served yet; at most {self._seconds:g} s")
        self.over = True
        self._served.clear()
        return Passed()

    # -- what streams do -----------------------------------------------------------------------------

    def first_configuration_acked(self, stream: StreamInfo, seconds: float, *, warm: bool) -> None:  # noqa: ARG002
        """The proxy is served."""
        if not self.over:
            self._served.add(stream.id)
            self._discard(stream)

    def stream_hold_started(self, stream: StreamInfo, kind: HoldKind) -> None:
        """A proxy whose role is unknown does not wait for this server, so it is not waited for."""
        if kind == "unknown_role":
            self._discard(stream)

    def stream_closed(self, stream: StreamInfo, why: CloseReason) -> None:  # noqa: ARG002
        """The proxy is gone."""
        self._discard(stream)

    def _discard(self, stream: StreamInfo) -> None:
        if stream.id in self._expected:
            self._expected.discard(stream.id)
            if not self._expected:
                self._on_change()
