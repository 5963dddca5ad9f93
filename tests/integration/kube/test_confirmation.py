"""A hold of a change that is meant, and of one that is not, against an API server to order: real HTTP, a real process."""

import pytest

from benchmarks.blip.bench import Bench
from benchmarks.blip.faulty_api_server import FaultyApiServer

SERVICES = 30


@pytest.mark.parametrize("meant", [True, False])
def test_a_fresh_list_is_asked_for_and_decides(meant: bool) -> None:
    """Most Services go: by deletion, and the list says so again; or by a list that is cut short, and the next one is not."""
    with Bench(services=SERVICES) as bench, FaultyApiServer(bench) as api:
        plane = bench.start(f"--kubeconfig={api.kubeconfig}", "readiness.shrink_hold_seconds=600", source="kube")
        plane.wait_ready()
        clusters = plane.metric("snapshot_resources", type="CDS")
        if meant:
            api.delete("services", [f"demo/many{n}" for n in range(SERVICES)])
        else:
            api.cut_short("services", 2)
            api.expire("services")

        bench.wait_metric(plane, "hold_released_total", reason="shrink", outcome="confirmed" if meant else "recovered")

        assert plane.metric("source_watch_restarts_total", source="services", reason="relist") == 1
        assert plane.metric("snapshot_resources", type="CDS") == (clusters - SERVICES if meant else clusters)
        assert plane.ready
