"""The gate as metrics."""

import pytest
from prometheus_client import CollectorRegistry

from probes import Degraded, Failed, Gate, HttpRequest, Layer, Passed, Verdict, Waiting
from probes.metrics import metrics_page, register_gate


class Rig:
    """A gate whose clock starts at 100 when the wall clock says 1,000,000."""

    def __init__(self) -> None:
        self.now = 100.0
        self.sources: dict[str, Verdict] = {"services": Waiting("listing"), "routes": Passed()}
        self.serving: dict[str, Verdict] = {"port": Passed()}
        self.gate = Gate(
            Layer("sources", lambda: self.sources),
            Layer("serving", lambda: self.serving, latch=False, check_names=("port",)),
            clock=lambda: self.now,
        )
        self.registry = CollectorRegistry()
        register_gate(self.gate, "test_", self.registry, wall_clock=lambda: 1_000_000 + self.now - 100)

    def evaluate(self, at: float) -> None:
        self.now = at
        self.gate.evaluate()

    def value(self, name: str, **labels: str) -> float | None:
        return self.registry.get_sample_value(f"test_{name}", labels)


@pytest.fixture
def rig() -> Rig:
    return Rig()


def test_readiness_and_checks_are_gauges(rig: Rig) -> None:
    """One series for readiness, and one for each check."""
    rig.evaluate(101)

    assert rig.value("ready") == 0
    assert rig.value("readiness_check_status", layer="sources", check="services") == 0
    assert rig.value("readiness_check_status", layer="sources", check="routes") == 1
    assert rig.value("readiness_check_status", layer="serving", check="port") == 0


def test_a_degraded_check_passes_and_has_a_second_gauge(rig: Rig) -> None:
    """An alert can tell a check that passes from one that is degraded."""
    rig.sources |= {"services": Passed(), "routes": Degraded("out of touch")}
    rig.evaluate(101)

    assert rig.value("readiness_check_status", layer="sources", check="routes") == 1
    assert rig.value("readiness_check_degraded", layer="sources", check="routes") == 1
    assert rig.value("readiness_check_degraded", layer="sources", check="services") == 0

    rig.sources["routes"] = Passed()
    rig.evaluate(102)
    assert rig.value("readiness_check_degraded", layer="sources", check="routes") == 0


def test_transitions_count_by_the_layer_that_decided(rig: Rig) -> None:
    """Each transition counts once, and its time is that of the wall clock."""
    up = {"from": "not_ready", "to": "ready", "reason": "serving"}
    down = {"from": "ready", "to": "not_ready", "reason": "serving"}
    assert (rig.value("readiness_transitions_total", **up), rig.value("readiness_transitions_total", **down)) == (0, 0)

    rig.sources["services"] = Passed()
    rig.evaluate(105)
    rig.evaluate(106)
    rig.serving["port"] = Failed("draining")
    rig.evaluate(107)

    assert (rig.value("readiness_transitions_total", **up), rig.value("readiness_transitions_total", **down)) == (1, 1)
    assert rig.value("ready") == 0
    assert rig.value("readiness_last_transition_timestamp_seconds") == 1_000_007


def test_a_layer_has_a_duration_once_it_has_passed(rig: Rig) -> None:
    """Before that, there is no series, rather than one that grows."""
    rig.evaluate(101)
    assert rig.value("startup_phase_duration_seconds", phase="sources") is None

    rig.sources["services"] = Passed()
    rig.evaluate(105)
    assert rig.value("startup_phase_duration_seconds", phase="sources") == 5
    assert rig.value("startup_phase_duration_seconds", phase="serving") == 0


@pytest.mark.parametrize(
    ("accept", "content_type"),
    [("", "text/plain"), ("application/openmetrics-text; version=1.0.0", "application/openmetrics-text")],
)
def test_the_metrics_page_has_the_format_that_the_scraper_accepts(rig: Rig, accept: str, content_type: str) -> None:
    """Prometheus text by default, OpenMetrics if the scraper asks for it."""
    response = metrics_page(rig.registry)(HttpRequest(path="/metrics", accept=accept))

    assert response.status == 200
    assert response.content_type.startswith(content_type)
    assert b"test_ready 0.0" in response.body


def test_probes_does_not_import_prometheus_client() -> None:
    """A program without metrics does not need it."""
    import subprocess
    import sys

    subprocess.run(
        [sys.executable, "-c", "import probes, sys; sys.exit('prometheus_client' in sys.modules)"], check=True
    )
