"""What a start says of itself."""

from dataclasses import replace

from xds_server.model.source_state import SourceState
from xds_server.observability.startup_progress import SoftDeadline, summary

SERVICES = SourceState(kind="services", required=True, sync_seconds=0.4, objects=900)
SLICES = replace(SERVICES, kind="endpointslices", sync_seconds=3.1, objects=41_234)


def test_the_summary_says_where_the_time_went() -> None:
    """In the order in which it was spent, and with the source that took longest."""
    phases = {"base": 1.4, "sources": 3.1, "derived": 2.8, "snapshots": 0.1, "serving": 0.0}

    assert summary(phases, [SERVICES, SLICES]) == (
        "ready in 7.4 s: start 1.4, list 3.1, derive 2.8, publish 0.1; slowest endpointslices, 3.1 s, 41k objects"
    )


def test_a_quick_start_has_little_to_say() -> None:
    """Phases that round to nothing, and sources that were not listed, are left out."""
    assert summary({"base": 0.02, "sources": 0.01}, [replace(SERVICES, sync_seconds=None)]) == "ready in 0.0 s"


def test_the_deadline_passes_again_and_again() -> None:
    """Once for each period, however late it is asked."""
    deadline = SoftDeadline(60, started=10)

    assert [deadline.passed(now) for now in (69, 70, 71, 129, 400, 401)] == [False, True, False, False, True, False]
    assert not SoftDeadline(0, started=0).passed(1e9)
    assert SoftDeadline(1e-12, started=0).passed(1e9), "it counted the periods one by one"


def test_it_says_whether_anything_moves() -> None:
    """Objects that still come are a reason for patience."""
    deadline = SoftDeadline(60, started=0)

    assert deadline.progress([SERVICES]) == "900 objects so far"
    assert deadline.progress([SERVICES, SLICES]) == "42134 objects, 41234 more than the last time"
    assert deadline.progress([SERVICES, SLICES]).endswith("nothing moves")
