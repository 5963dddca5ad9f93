"""All that is held, in one place: what it is, what its beginning and end say, and how an operator ends it."""

import functools
import itertools
import logging
from collections.abc import Callable, Iterable, Mapping
from typing import Protocol

from xds_server.model.admission import STREAM_HOLDS, ChangeOutcome, HoldKind
from xds_server.model.source_state import Phase, SourceState
from xds_server.observability.event_recorder import EventRecorder
from xds_server.observability.logs import event
from xds_server.observability.metrics import Metrics
from xds_server.providers import Source
from xds_server.readiness.protections.loss_rules import PipelineLossRules, shrink_guard, sources_of
from xds_server.readiness.protections.retention import Key, Retained, Retention, SourceFreshness
from xds_server.readiness.protections.shrink_guard import Tolerance
from xds_server.readiness.protections.shrink_hold import HeldChange, ShrinkHold
from xds_server.readiness.publisher import Publisher
from xds_server.translate.pipeline import Pipeline
from xds_server.xds.transport.observer import StreamInfo, StreamStatus

_log = logging.getLogger("xds_server")


class Settings(Protocol):
    """How long, and when; 0 seconds: not at all."""

    @property
    def shrink_hold_seconds(self) -> float:
        """How long a change that shrinks what is served is held at most."""
        ...

    @property
    def shrink_share(self) -> float:
        """The share of a collection that a change may take away."""
        ...

    @property
    def shrink_at_least(self) -> int:
        """So much a change may take away in any case."""
        ...

    @property
    def retention_seconds(self) -> float:
        """How long what a stale source lost is served on at most."""
        ...


class Streams(Protocol):
    """The streams, of which some may be held."""

    def streams(self) -> Iterable[StreamStatus]:
        """Every open stream."""
        ...

    def release(self, kind: HoldKind) -> int:
        """Ends waits for a reason of that kind, and returns of how many streams."""
        ...


class Holds:
    """Held changes, resources that are carried over, and held streams.

    *server* gives None as long as there is none; *record_event* writes an Event.
    """

    def __init__(
        self,
        settings: Settings,
        pipeline: Pipeline,
        metrics: Metrics,
        server: Callable[[], Streams | None],
        record_event: EventRecorder,
        *,
        clock: Callable[[], float],
    ) -> None:
        self._seconds = settings.shrink_hold_seconds
        self._record_event = record_event
        self._clock = clock
        self._metrics = metrics
        self._server = server
        self.relist: Callable[[frozenset[str]], None] = lambda _: None
        """Has kinds listed anew; for the source to set."""
        self.source: Source | None = None
        """Where objects come from, and may be held; None until that runs."""
        self._freshness = SourceFreshness(clock)
        self.shrink_hold: ShrinkHold | None = None
        """None, if every change is believed."""
        self.retention: Retention | None = None
        """None, if nothing is carried over."""
        if self._seconds:
            tolerance = Tolerance(share=settings.shrink_share, at_least=settings.shrink_at_least)
            self.shrink_hold = ShrinkHold(
                shrink_guard(pipeline, tolerance), self._seconds, sources_of=lambda lost: sources_of(pipeline, lost), clock=clock,
                on_begin=self._begun, on_end=self._ended, ask=self._ask,
            )  # fmt: skip
        if settings.retention_seconds:
            self.retention = Retention(
                settings.retention_seconds, self._freshness, PipelineLossRules(pipeline), clock=clock,
                on_begin=self._carried, on_end=self._let_go,
            )  # fmt: skip

    def source_changed(self, state: SourceState) -> None:
        """A source is in another phase."""
        self._freshness.note(state.kind, lost=state.phase is Phase.STALE)

    def why(self) -> str:
        """What is held or carried over, in one line; "" if nothing is."""
        both = (self.shrink_hold, self.retention)
        files = (f"{path} {reason}" for path, reason in itertools.islice(self._files().items(), 1))
        return "; ".join((*(why for one in both if one is not None and (why := one.why())), *files))

    def active(self) -> Mapping[str, int]:
        """How many changes are held, and resources carried over, by kind of hold."""
        suspected = self.shrink_hold is not None and self.shrink_hold.held_change is not None
        carried = 0 if self.retention is None else len(self.retention.retained)
        return {"shrink": int(suspected), "retained": carried, "file": len(self._files())}

    def _files(self) -> Mapping[str, str]:
        return {} if self.source is None else self.source.held

    def page(self) -> Mapping[str, object]:
        """Everything that is held, with reasons."""
        now = self._clock()
        server = self._server()
        held = [
            {"kind": one.hold.kind, "node": one.stream.node.id, "seconds": now - one.stream.opened_at, "reason": one.hold.reason}
            for one in (() if server is None else server.streams())
            if one.hold is not None
        ]  # fmt: skip
        carried = [
            {"collection": name, "key": key, "seconds": now - one.since, "reason": one.reason}
            for (name, key), one in ({} if self.retention is None else self.retention.retained).items()
        ]
        return {
            "streams": held,
            "shrink": "" if self.shrink_hold is None else self.shrink_hold.why(),
            "retained": carried,
            "files": self._files(),
        }

    def release(self, kind: str, publisher: Publisher) -> Mapping[str, int]:
        """Ends the holds of a kind, or of all kinds (""), and returns how many.

        Changes are published; streams are told why they wait, and may go elsewhere.
        """
        ends: dict[str, Callable[[], int]] = {"shrink": publisher.override, "retained": publisher.drop}
        if self.source is not None:
            ends["file"] = self.source.release
        server = self._server()
        for reason in STREAM_HOLDS:
            ends[reason] = functools.partial(_nothing if server is None else server.release, reason)
        released = {name: int(end()) for name, end in ends.items() if kind in {"", name}}
        event(_log, logging.WARNING, "holds.released", **released)
        return released

    def _ask(self, kinds: frozenset[str]) -> None:
        event(_log, logging.INFO, "change.relist", kinds=",".join(sorted(kinds)))
        self.relist(kinds)

    def _carried(self, which: Mapping[Key, Retained]) -> None:
        (name, key), first = next(iter(which.items()))
        event(
            _log, logging.WARNING, "resources.retained", resources=len(which), first=f"{name} {key}", reason=first.reason,
            release="all kinds in touch, or xds-server release --kind retained",
        )  # fmt: skip
        message = f"{len(which)} resources that were taken away are served on: {first.reason}"
        self._record_event("Warning", "ResourcesRetained", message, clears="ResourcesReleased")

    def _let_go(self, which: Mapping[Key, Retained], by: ChangeOutcome) -> None:
        now = self._clock()
        for one in which.values():
            self._metrics.hold_ended("retained", now - one.since, by)
        (name, key), first = next(iter(which.items()))
        level = logging.WARNING if by == "timeout" else logging.INFO
        event(
            _log, level, "resources.released", resources=len(which), first=f"{name} {key}", outcome=by, seconds=now - first.since
        )  # fmt: skip
        message = f"{len(which)} resources are not served on, ended by {by}: {first.reason}"
        self._record_event(
            "Warning" if by == "timeout" else "Normal", "ResourcesReleased", message, clears="ResourcesRetained"
        )

    def stream_held(self, stream: StreamInfo, kind: HoldKind) -> None:
        """A proxy waits: an Event for the first while we are not ready, and for each role that is unknown.

        None for one that only waits for its turn.
        """
        if kind == "not_ready":
            self._record_event(
                "Warning", "ProxyHeld", "a proxy waits until this replica is ready: /readyz?verbose says why"
            )
        elif kind == "unknown_role":
            message = f"a proxy waits for role {stream.node.role!r}: no Gateway of ours has that name"
            self._record_event("Warning", "UnknownRole", message)

    def _begun(self, change: HeldChange) -> None:
        event(
            _log, logging.WARNING, "change.held", would_lose=change.reason, seconds=self._seconds,
            release="a fresh list that says the same, or xds-server release --kind shrink",
        )  # fmt: skip
        message = f"would lose {change.reason}: held for at most {self._seconds:g} s"
        self._record_event("Warning", "ChangeHeld", message, clears="ChangeReleased")

    def _ended(self, change: HeldChange, by: ChangeOutcome, seconds: float) -> None:
        self._metrics.hold_ended("shrink", seconds, by)
        level = logging.WARNING if by == "timeout" else logging.INFO
        event(_log, level, "change.released", would_lose=change.reason, outcome=by, seconds=seconds)
        message = f"held for {seconds:.0f} s, ended by {by}: {change.reason}"
        self._record_event("Warning" if by == "timeout" else "Normal", "ChangeReleased", message, clears="ChangeHeld")


def _nothing(_: HoldKind) -> int:
    return 0
