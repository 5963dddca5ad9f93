"""The last step to ready: who came before us is served first, so that ready is true for the first of all proxies, too.

Between the moment at which everything is published and the one at which a proxy that waited for it has it lies what it
takes to send it. Whoever reads `/readyz` may take the first for the second. So readiness waits for the streams that were
held then, for a bounded time; and, after the port was opened, for a moment for those who dialled before.
"""

from collections.abc import Callable, Iterable
from typing import Final

from probes import Passed, Verdict, Waiting
from xds_server.transport.observer import CloseReason, Observer, StreamInfo, StreamStatus

OPEN_SECONDS: Final = 0.25
"""Who found the port closed tries again within that time: gRPC and Envoy begin with less."""


class Greeting(Observer):
    """Waits for at most *seconds*; 0 for not at all. Hears of streams as an observer."""

    def __init__(
        self,
        seconds: float,
        *,
        streams: Callable[[], Iterable[StreamStatus]],
        clock: Callable[[], float],
        on_done: Callable[[], None],
    ) -> None:
        """*on_done* is called when nobody is waited for any more."""
        self._seconds = seconds
        self._streams = streams
        self._clock = clock
        self._on_done = on_done
        self._opened_at: float | None = None
        self._until: float | None = None
        self._expected: set[int] = set()
        self._greeted: set[int] = set()
        self.over = not seconds
        """Whether it has waited for long enough, once and for all."""

    def opened(self) -> None:
        """The port is open from now on."""
        self._opened_at = self._clock()

    def verdict(self) -> Verdict:
        """Whether all who came before are served. To be asked when everything is published, and again until it is over."""
        if not self.over:
            now = self._clock()
            if self._until is None:
                self._until = now + self._seconds
                self._expected = {one.stream.id for one in self._streams()} - self._greeted
            open_for = 0.0 if self._opened_at is None else now - self._opened_at
            if open_for < OPEN_SECONDS:
                return Waiting(f"the gRPC port is open for {open_for:.2f} s: who dialled before comes now")
            if self._expected and now < self._until:
                number = len(self._expected)
                return Waiting(f"{number} proxies that came before are not served yet; at most {self._seconds:g} s")
            self.over = True
            self._greeted.clear()
        return Passed()

    # -- what streams do -----------------------------------------------------------------------------

    def first_complete(self, stream: StreamInfo, seconds: float, *, warm: bool) -> None:  # noqa: ARG002
        """It is served."""
        if not self.over:
            self._greeted.add(stream.id)
            self._discard(stream)

    def holding(self, stream: StreamInfo, kind: str) -> None:
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
                self._on_done()
