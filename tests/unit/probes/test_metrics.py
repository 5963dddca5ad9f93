"""The gate as metrics."""

import pytest
from prometheus_client import CollectorRegistry

from probes import Degraded, Failed, Gate, HttpRequest, Layer, Passed, Verdict, Waiting
from probes.metrics import metrics_page, register_gate


class Rig:
    """A gate on a clock that began at 100, where it is 1,000,000 by the wall."""

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
    """One series says whether all is ready, and one for each check."""
    rig.evaluate(101)

    assert rig.value("ready") == 0
    assert rig.value("readiness_check_status", layer="sources", check="services") == 0
    assert rig.value("readiness_check_status", layer="sources", check="routes") == 1
    assert rig.value("readiness_check_status", layer="serving", check="port") == 0


def test_a_degraded_check_passes_and_is_a_gauge_of_its_own(rig: Rig) -> None:
    """So that an alert can tell what works from what only goes on; it ends with the reason."""
    rig.sources |= {"services": Passed(), "routes": Degraded("out of touch")}
    rig.evaluate(101)

    assert rig.value("readiness_check_status", layer="sources", check="routes") == 1
    assert rig.value("readiness_check_degraded", layer="sources", check="routes") == 1
    assert rig.value("readiness_check_degraded", layer="sources", check="services") == 0

    rig.sources["routes"] = Passed()
    rig.evaluate(102)
    assert rig.value("readiness_check_degraded", layer="sources", check="routes") == 0


def test_transitions_count_by_the_layer_that_decided(rig: Rig) -> None:
    """Each change counts once, and its time is by the wall."""
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


def test_phases_are_there_once_they_have_passed(rig: Rig) -> None:
    """A phase that is not over has no duration, rather than a growing one."""
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
def test_the_exposition_is_what_the_scraper_accepts(rig: Rig, accept: str, content_type: str) -> None:
    """Prometheus's text by default, OpenMetrics if it is asked for."""
    response = metrics_page(rig.registry)(HttpRequest(path="/metrics", accept=accept))

    assert response.status == 200
    assert response.content_type.startswith(content_type)
    assert b"test_ready 0.0" in response.body


def test_probes_itself_does_not_import_prometheus_client() -> None:
    """Who wants no metrics needs no prometheus_client."""
    import subprocess
    import sys

    subprocess.run(
        [sys.executable, "-c", "import probes, sys; sys.exit('prometheus_client' in sys.modules)"], check=True
    )
