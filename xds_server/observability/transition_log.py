"""Reports each change of readiness and of the sources: to the log, to the timeline and as Kubernetes Events."""

import logging
from collections.abc import Callable, Iterable

from probes import Gate, Report, Transition
from xds_server.model.source_state import SourceState
from xds_server.observability.event_recorder import EventRecorder
from xds_server.observability.logs import event
from xds_server.observability.startup_progress import SoftDeadline, summary
from xds_server.observability.timeline import Timeline

_log = logging.getLogger("xds_server")


class TransitionLog:
    """Follows *gate*, from the moment at which it is made. Call `tick` several times a second."""

    def __init__(
        self,
        gate: Gate,
        *,
        sources: Callable[[], Iterable[SourceState]],
        timeline: Timeline,
        record_event: EventRecorder,
        deadline: SoftDeadline,
        on_deadline: Callable[[], None],
        clock: Callable[[], float],
    ) -> None:
        """*on_deadline* is called each time that *deadline* passes before the server is ready."""
        self._gate = gate
        self._sources = sources
        self._timeline = timeline
        self._record_event = record_event
        self._deadline = deadline
        self._on_deadline = on_deadline
        self._clock = clock
        gate.on_transition(self._gate_turned)
        gate.on_change(self._checks_changed)

    def source_changed(self, old: SourceState, new: SourceState) -> None:
        """Logs the phase of a source, if it is another one."""
        if old.phase is new.phase:
            return
        level = logging.INFO if new.phase in ("listing", "synced") else logging.WARNING
        event(
            _log, level, f"source.{new.phase}", kind=new.kind, objects=new.objects,
            seconds=new.sync_seconds, code=new.code, message=new.message or None,
        )  # fmt: skip

    def tick(self) -> None:
        """Reports what the server waits for, if the start has taken long."""
        if self._gate.passed_at("serving") is not None or not self._deadline.passed(self._clock()):
            return
        self._on_deadline()
        progress, waits_for = self._deadline.progress(self._sources()), self._gate.report.reason
        event(_log, logging.WARNING, "still_not_ready", waits_for=waits_for, progress=progress)
        self._record_event("Warning", "StillNotReady", f"waits for {waits_for}; {progress}")

    def _gate_turned(self, transition: Transition) -> None:
        if not transition.ready:
            event(_log, logging.WARNING, "not_ready", layer=transition.layer, reason=transition.reason)
            self._record_event("Warning", "NotReady", transition.reason, clears="Ready")
            return
        seconds = self._gate.startup_seconds()
        phases = {name: round(phase, 3) for name, phase in seconds.items()}
        objects = sum(state.objects for state in self._sources())
        text = summary(seconds, self._sources())
        self._record_event("Normal", "Ready", text, clears="NotReady")
        event(_log, logging.INFO, "ready", summary=text, seconds=sum(phases.values()), objects=objects, **phases)

    def _checks_changed(self, before: Report, after: Report) -> None:
        known = {(layer.name, check.name): check.status for layer in before.layers for check in layer.checks}
        for layer in after.layers:
            for check in layer.checks:
                was = known.get((layer.name, check.name))
                if was is not check.status:
                    name = f"{layer.name}/{check.name}"
                    self._timeline.add("check", check=name, was=was, status=check.status, reason=check.reason)
