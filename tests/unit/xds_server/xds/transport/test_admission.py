"""What a stream that cannot be served does, decided without an event loop."""

import pytest

from tests.support.views import EMPTY_VIEW
from xds_server.model.admission import GateMode, HoldKind
from xds_server.xds.transport.admission import (
    AdmissionWait,
    Admit,
    Hold,
    Queued,
    Refuse,
    WaitUntil,
)
from xds_server.xds.transport.config import AdmissionConfig

NOT_READY = Hold("waiting for services", "not_ready")
UNKNOWN = Hold("no such Gateway", "unknown_role")
QUEUED = Queued(EMPTY_VIEW, Hold("3 streams wait before this one", "queued"))
OFFERED = Hold("no API server", "not_ready", EMPTY_VIEW)


def _wait(mode: GateMode = GateMode.BOUNDED, *, cold: bool = False) -> AdmissionWait:
    return AdmissionWait(AdmissionConfig(mode=mode, hold_seconds=3, role_hold_seconds=2, queue_seconds=5), cold=cold)


@pytest.mark.parametrize(
    ("mode", "kind", "waits"),
    [
        (GateMode.BOUNDED, "not_ready", "bounded"),
        (GateMode.BOUNDED, "unknown_role", "bounded"),
        (GateMode.REFUSE, "not_ready", "never"),
        (GateMode.REFUSE, "unknown_role", "never"),
        (GateMode.PARK, "not_ready", "forever"),
        (GateMode.PARK, "unknown_role", "bounded"),
        (GateMode.OFF, "not_ready", "bounded"),
        (GateMode.OFF, "unknown_role", "bounded"),
    ],
)
def test_how_a_hold_is_borne(mode: GateMode, kind: HoldKind, waits: str) -> None:
    """Only readiness is worth waiting for without a bound."""
    assert AdmissionConfig(mode=mode).waits(kind) == waits


@pytest.mark.parametrize("mode", GateMode)
def test_tables_admit_at_once(mode: GateMode) -> None:
    """No mode makes a difference to a node that may be served."""
    wait = _wait(mode)
    assert wait.step(0, EMPTY_VIEW) == Admit(EMPTY_VIEW)
    assert (wait.hold, wait.outcome) == (None, "admitted")


def test_a_wait_ends_at_its_bound_however_often_it_is_asked() -> None:
    """Each step names the same deadline; a step at the deadline refuses with the newest reason."""
    wait = _wait()
    assert wait.step(10, NOT_READY) == WaitUntil(NOT_READY, 13, started=True)
    assert wait.step(12, NOT_READY) == WaitUntil(NOT_READY, 13, started=False)
    newer = Hold("waiting for routes", "not_ready")
    assert wait.step(13, newer) == Refuse(newer)
    assert (wait.hold, wait.outcome) == (newer, "timeout")


def test_each_kind_of_hold_has_its_own_bound() -> None:
    """Two seconds of the first kind do not shorten the wait of the second; coming back to the first continues its bound."""
    wait = _wait()
    assert wait.step(0, NOT_READY) == WaitUntil(NOT_READY, 3, started=True)
    assert wait.step(2, UNKNOWN) == WaitUntil(UNKNOWN, 4, started=True)
    assert wait.step(3, NOT_READY) == WaitUntil(NOT_READY, 4, started=True)
    assert wait.step(4, NOT_READY) == Refuse(NOT_READY)


def test_a_parked_stream_has_no_deadline_and_spends_nothing() -> None:
    """After an hour in the park, an unknown role has its whole bound."""
    wait = _wait(GateMode.PARK)
    assert wait.step(0, NOT_READY) == WaitUntil(NOT_READY, None, started=True)
    assert wait.step(3600, UNKNOWN) == WaitUntil(UNKNOWN, 3602, started=True)


def test_mode_refuse_refuses_at_once_but_lets_streams_queue() -> None:
    """A queued stream can be served: it only waits for its turn."""
    wait = _wait(GateMode.REFUSE)
    assert wait.step(0, QUEUED) == WaitUntil(QUEUED.hold, 5, started=True)
    assert wait.step(1, NOT_READY) == Refuse(NOT_READY)
    assert wait.outcome == "refused"


def test_a_queued_stream_is_refused_when_its_turn_does_not_come() -> None:
    """It reads how many wait, and tries another replica."""
    wait = _wait()
    wait.step(0, QUEUED)
    assert wait.step(5, QUEUED) == Refuse(QUEUED.hold)
    assert wait.outcome == "timeout"


@pytest.mark.parametrize("mode", [GateMode.PARK, GateMode.BOUNDED])
def test_a_release_admits_a_queued_stream_and_refuses_a_held_one(mode: GateMode) -> None:
    """An operator cannot have served what is not known."""
    queued, held = _wait(mode), _wait(mode)
    queued.step(0, QUEUED)
    held.step(0, NOT_READY)
    queued.release()
    held.release()
    assert (queued.step(1, QUEUED), queued.outcome) == (Admit(EMPTY_VIEW), "operator")
    assert (held.step(1, NOT_READY), held.outcome) == (Refuse(NOT_READY), "operator")


@pytest.mark.parametrize("mode", [GateMode.PARK, GateMode.BOUNDED, GateMode.REFUSE])
def test_a_cold_client_takes_the_fallback(mode: GateMode) -> None:
    """It has nothing to lose."""
    wait = _wait(mode, cold=True)
    assert (wait.step(0, OFFERED), wait.outcome) == (Admit(EMPTY_VIEW), "last_good")


def test_a_warm_client_is_held_without_the_fallback() -> None:
    """What it has may be newer. The tables of the fallback are not kept for a page."""
    wait = _wait()
    assert wait.step(0, OFFERED) == WaitUntil(Hold("no API server", "not_ready"), 3, started=True)


def test_a_wait_that_nothing_ended_was_left_by_the_client() -> None:
    """The outcome says so from the beginning, since a cancelled task decides nothing."""
    wait = _wait()
    wait.step(0, NOT_READY)
    assert wait.outcome == "client_left"
