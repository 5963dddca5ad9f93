"""300 proxies come within a second, by real gRPC, to a real process. The figures are in `python -m benchmarks herd`."""

from pathlib import Path

import pytest

from benchmarks.blip.thundering_herd import PROXIES, visited
from tests.support.control_plane import late_lists
from tests.support.processes import wait_for
from tests.support.stack import Stack
from tests.support.web import ask


@pytest.mark.alone
@pytest.mark.parametrize("late", [0.0, 2.0])
def test_a_herd_is_served_at_a_pace_and_the_probe_answers(late: float, tmp_path: Path) -> None:
    """All of them, most after their turn in the queue, whether we know everything by then or not; each probe is answered."""
    with Stack(tmp_path) as stack:
        plane = stack.control_plane(
            late_lists(f"endpointslices={late:g}"),
            "xds.admission.per_second=35",
            "xds.admission.queue_seconds=60",
        )
        wait_for("the gRPC port", lambda: "[+]base ok" in plane.why(), 20, plane)
        if not late:
            plane.wait_ready()

        visit = visited(plane)

        assert (visit.served, visit.probes - {503} if late else visit.probes) == (PROXIES, frozenset({200}))
        assert plane.metric("hold_released_total", reason="queued", outcome="admitted") > 0
        assert 0 == plane.metric("hold_active")
        assert 0 == plane.metric("xds_streams_refused_total")
        assert 200 == ask(f"{plane.url}/livez")[0]
