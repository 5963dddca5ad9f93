"""The last step to ready: who came before us is served first, so that ready is true for the first of all proxies, too.

Between the moment at which everything is published and the one at which a proxy that waited for it has it lies what it
takes to send it. Whoever reads `/readyz` may take the first for the second. So readiness waits for the streams that were
held then, for a bounded time; and first for a moment for those who dialled before: the port may have been closed then, or
the event loop too busy with the lists to see that somebody came.
"""

from collections.abc import Callable, Iterable
from typing import Final

from probes import Passed, Verdict, Waiting
from xds_server.model.admission import HoldKind
from xds_server.xds.transport.observer import CloseReason, StreamInfo, StreamObserver, StreamStatus

OPEN_SECONDS: Final = 0.25
"""Who found the port closed tries again within that time: gRPC and Envoy begin with less."""

BREATH_SECONDS: Final = 0.1
"""Who dialled while the lists were derived is taken in within that time, now that the event loop is free."""

Later = Callable[[float, Callable[[], None]], object]
"""Calls something after so many seconds, as `loop.call_later` does."""


class InitialPush(StreamObserver):
    """Waits for at most *seconds*; 0 for not at all. Hears of streams as an observer."""

    def __init__(
        self,
        seconds: float,
        *,
        streams: Callable[[], Iterable[StreamStatus]],
        clock: Callable[[], float],
        on_change: Callable[[], None],
    ) -> None:
        """*on_change* is called when the verdict may be another one."""
        self._seconds = seconds
        self._streams = streams
        self._clock = clock
        self._on_change = on_change
        self._later: Later | None = None
        self._opened_at = self._look_at = 0.0
        self._until: float | None = None
        self._expected: set[int] = set()
        self._greeted: set[int] = set()
        self.over = not seconds
        """Whether it has waited for long enough, once and for all."""

    def opened(self, later: Later) -> None:
        """The port is open from now on; *later* calls back."""
        self._opened_at = self._clock()
        self._later = later

    def verdict(self) -> Verdict:
        """Whether all who came before are served. To be asked when everything is published, and again until it is over."""
        if self.over:
            return Passed()
        if self._later is None:
            return Waiting("the gRPC port is not open yet")
        now = self._clock()
        if not self._look_at:
            self._look_at = max(self._opened_at + OPEN_SECONDS, now + BREATH_SECONDS)
            self._later(self._look_at - now, self._on_change)
        if now < self._look_at:
            return Waiting(f"who dialled before comes now; {self._look_at - now:.2f} s more")
        if self._until is None:
            self._until = now + self._seconds
            self._expected = {one.stream.id for one in self._streams()} - self._greeted
        if self._expected and now < self._until:
            number = len(self._expected)
            return Waiting(f"{number} proxies that came before are not served yet; at most {self._seconds:g} s")
        self.over = True
        self._greeted.clear()
        return Passed()

    # -- what streams do -----------------------------------------------------------------------------

    def first_configuration_acked(self, stream: StreamInfo, seconds: float, *, warm: bool) -> None:  # noqa: ARG002
        """It is served."""
        if not self.over:
            self._greeted.add(stream.id)
            self._discard(stream)

    def stream_hold_started(self, stream: StreamInfo, kind: HoldKind) -> None:
        """One that waits for something else than us is not waited for."""
        if kind == "unknown_role":
            self._discard(stream)

    def stream_closed(self, stream: StreamInfo, why: CloseReason) -> None:  # noqa: ARG002
        """It is gone."""
        self._discard(stream)

    def _discard(self, stream: StreamInfo) -> None:
        if stream.id in self._expected:
            self._expected.discard(stream.id)
            if not self._expected:
                self._on_change()
