"""All that is held, in one place: what it is, what its beginning and end say, and how an operator ends it."""

import logging
import time
from collections.abc import Callable, Iterable, Mapping
from typing import Protocol

from xds_server.logs import event
from xds_server.metrics import Metrics
from xds_server.pipeline import Pipeline
from xds_server.publisher import shrink_guard
from xds_server.settings import Settings
from xds_server.snapshot.shrink import Limits
from xds_server.suspicion import By, Suspect, Suspicion
from xds_server.transport.admission import HoldKind
from xds_server.transport.observer import StreamStatus

_log = logging.getLogger("xds_server")


class Streams(Protocol):
    """The streams, of which some may be held."""

    def streams(self) -> Iterable[StreamStatus]:
        """Every open stream."""
        ...

    def release(self, kind: HoldKind) -> int:
        """Ends waits for a reason of that kind, and returns of how many streams."""
        ...


class Holds:
    """Held changes and held streams. *server* gives None as long as there is none."""

    def __init__(
        self, settings: Settings, pipeline: Pipeline, metrics: Metrics, server: Callable[[], Streams | None]
    ) -> None:
        self._seconds = settings.shrink_hold_seconds
        self._metrics = metrics
        self._server = server
        self.suspicion: Suspicion | None = None
        """None, if every change is believed."""
        if self._seconds:
            limits = Limits(share=settings.shrink_share, at_least=settings.shrink_at_least)
            guard = shrink_guard(pipeline, limits)
            self.suspicion = Suspicion(guard, self._seconds, on_begin=self._begun, on_end=self._ended)

    def why(self) -> str:
        """Which change is held, in one line; "" if none is."""
        return "" if self.suspicion is None else self.suspicion.why()

    def page(self) -> Mapping[str, object]:
        """Everything that is held, with reasons."""
        now = time.monotonic()
        server = self._server()
        held = [
            {"kind": one.hold.kind, "node": one.stream.node.id, "seconds": now - one.stream.opened_at, "reason": one.hold.reason}
            for one in (() if server is None else server.streams())
            if one.hold is not None
        ]  # fmt: skip
        return {"streams": held, "shrink": self.why()}

    def release(self, kind: str, publish: Callable[[], bool]) -> Mapping[str, int]:
        """Ends the holds of a kind, or of all kinds (""), and returns how many.

        Changes are published, by *publish*; streams are told why they wait, and may go elsewhere.
        """
        released = {"shrink": int(kind in {"", "shrink"} and publish())}
        server = self._server()
        reasons: tuple[HoldKind, ...] = ("not_ready", "unknown_role")
        for reason in reasons:
            if kind in {"", reason}:
                released[reason] = 0 if server is None else server.release(reason)
        event(_log, logging.WARNING, "released", **released)
        return released

    def _begun(self, suspect: Suspect) -> None:
        event(
            _log, logging.WARNING, "change.held", would_lose=suspect.reason, seconds=self._seconds,
            release="a fresh list that says the same, or xds-server release --kind shrink",
        )  # fmt: skip

    def _ended(self, suspect: Suspect, by: By, seconds: float) -> None:
        self._metrics.change_held(seconds, by)
        level = logging.WARNING if by == "budget" else logging.INFO
        event(_log, level, "change.released", would_lose=suspect.reason, by=by, seconds=seconds)
