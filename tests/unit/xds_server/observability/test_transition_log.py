"""What is reported of readiness and of the sources."""

import logging
from dataclasses import replace

import pytest

from probes import Gate, Layer, Passed, Verdict, Waiting
from xds_server.model.source_state import Phase, SourceState
from xds_server.observability.startup_progress import SoftDeadline
from xds_server.observability.timeline import Timeline
from xds_server.observability.transition_log import TransitionLog

SERVICES = SourceState(kind="services", required=True, objects=7)


class World:
    """A gate with one layer, whose verdict a test sets, on a clock of its own."""

    def __init__(self) -> None:
        self.now = 0.0
        self.verdict: Verdict = Waiting("nothing is listed")
        self.events: list[tuple[str, str, str]] = []
        self.deadlines = 0
        self.timeline = Timeline(0.0)
        self.gate = Gate(
            Layer("serving", lambda: {"grpc": self.verdict}, latch=False), clock=lambda: self.now, started_at=0.0
        )
        self.log = TransitionLog(
            self.gate, sources=lambda: [SERVICES], timeline=self.timeline, record_event=self._record,
            deadline=SoftDeadline(60, 0.0), on_deadline=self._deadline, clock=lambda: self.now,
        )  # fmt: skip
        self.gate.evaluate()

    def _record(self, kind: str, reason: str, message: str, *, clears: str = "") -> None:
        self.events.append((kind, reason, message))

    def _deadline(self) -> None:
        self.deadlines += 1


def test_ready_and_not_ready_are_a_line_and_an_event_each(caplog: pytest.LogCaptureFixture) -> None:
    """With the number of objects, and with the reason."""
    caplog.set_level(logging.INFO, "xds_server")
    world = World()
    world.verdict = Passed()
    world.gate.evaluate()
    world.verdict = Waiting("draining")
    world.gate.evaluate()

    assert [(kind, reason) for kind, reason, _ in world.events] == [("Normal", "Ready"), ("Warning", "NotReady")]
    assert world.events[1][2] == "serving: waiting for grpc (draining)"
    assert [record.getMessage() for record in caplog.records] == ["ready", "not_ready"]


def test_each_check_that_changes_is_in_the_timeline() -> None:
    """With what it was before."""
    world = World()
    world.verdict = Passed()
    world.gate.evaluate()

    fields = [entry["fields"] for entry in world.timeline.entries() if entry["event"] == "check"]
    assert [(one["check"], one["status"]) for one in fields][-1] == ("serving/grpc", "passed")


def test_a_start_that_takes_long_is_reported_at_each_deadline_and_never_once_ready() -> None:
    """With what it waits for."""
    world = World()
    for _ in range(2):
        world.now += 61
        world.log.tick()
        world.log.tick()
    assert (world.deadlines, [reason for _, reason, _ in world.events]) == (2, ["StillNotReady"] * 2)
    assert "nothing is listed" in world.events[0][2]

    world.verdict = Passed()
    world.gate.evaluate()
    world.now += 1000
    world.log.tick()
    assert world.deadlines == 2


def test_a_source_is_a_line_when_its_phase_is_another_one(caplog: pytest.LogCaptureFixture) -> None:
    """A stale one is a warning."""
    caplog.set_level(logging.INFO, "xds_server")
    world = World()
    stale = replace(SERVICES, phase=Phase.STALE)
    world.log.source_changed(SERVICES, replace(SERVICES, objects=8))
    world.log.source_changed(SERVICES, stale)

    assert [(record.getMessage(), record.levelname) for record in caplog.records] == [("source.stale", "WARNING")]
