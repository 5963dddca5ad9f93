"""The probe advisor."""

from typing import Any

import pytest
import yaml

from xds_server.cli.probe_advice import Measured, lint_probes, measure, render_probes

QUICK = Measured(0.4, 7.4)
SLOW = Measured(45.0, 400.0)


def deployment(**probes: Any) -> dict[str, Any]:
    container = {"name": "xds", "readinessProbe": {"httpGet": {"path": "/readyz"}}, **probes}
    return {"kind": "Deployment", "spec": {"template": {"spec": {"containers": [container]}}}}


def probe(path: str, period: int = 1, failures: int = 60) -> dict[str, Any]:
    return {"httpGet": {"path": path}, "periodSeconds": period, "failureThreshold": failures}


def test_what_was_measured_is_known_once_every_layer_has_passed() -> None:
    """The first layer is what the startup probe waits for."""
    layers = [{"name": "base", "took_seconds": 0.4}, {"name": "sources", "took_seconds": 7.0}]

    assert measure(layers) == QUICK
    assert measure([*layers, {"name": "serving", "took_seconds": None}]) is None
    assert measure([]) is None


@pytest.mark.parametrize(("start", "threshold", "progress"), [(QUICK, 60, 600), (SLOW, 90, 800)])
def test_limits_are_twice_what_was_measured_and_never_small(start: Measured, threshold: int, progress: int) -> None:
    """And the text is YAML."""
    text = render_probes(start)

    assert yaml.safe_load(text)["startupProbe"]["failureThreshold"] == threshold
    assert f"progressDeadlineSeconds: {progress}" in text


def test_what_we_print_is_what_we_want() -> None:
    """Our own advice has no warnings."""
    for start in (QUICK, SLOW):
        assert list(lint_probes(deployment(**yaml.safe_load(render_probes(start))), start)) == []


@pytest.mark.parametrize(
    ("document", "start", "expected"),
    [
        (deployment(startupProbe=probe("/startupz")), SLOW, ["is 60 s, the last start took 45.0 s"]),
        (deployment(startupProbe=probe("/readyz", 1, 120)), QUICK, ["startupProbe asks /readyz"]),
        (
            deployment(startupProbe=probe("/readyz", 1, 120)),
            SLOW,
            ["asks /readyz", "is 120 s, the last start took 400.0 s"],
        ),
        (deployment(livenessProbe={"httpGet": {"path": "/readyz"}}), SLOW, ["ask /livez", "is 30 s"]),
        (deployment(readinessProbe=probe("/livez")), QUICK, ["readinessProbe does not ask /readyz"]),
        ({"spec": {"progressDeadlineSeconds": 600}}, SLOW, ["progressDeadlineSeconds is 600 s"]),
        ({"spec": {"containers": [{"name": "a", "startupProbe": probe("/startupz", 1, 5)}]}}, SLOW, ["container a"]),
        (None, SLOW, []),
        ({"spec": {"template": []}}, SLOW, []),
    ],
)
def test_limits_that_are_too_low_are_named(document: object, start: Measured, expected: list[str]) -> None:
    """Each with what it is, what was measured, and what to say."""
    found = list(lint_probes(document, start))

    assert len(found) == len(expected), found
    assert all(part in line for part, line in zip(expected, found, strict=True)), found
