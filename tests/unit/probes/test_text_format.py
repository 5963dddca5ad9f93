"""Reports as text lines and as JSON values."""

import pytest

from probes import CheckReport, LayerReport, Status
from probes.report import check_as_layer, exclude_checks
from probes.text_format import json_values, text_lines

CHECKS = (
    CheckReport(name="a", status=Status.PASSED, reason="12 objects", since=0.0),
    CheckReport(name="b", status=Status.FAILED, reason="forbidden", since=1.0),
)
LAYERS = [
    LayerReport(name="base", status=Status.PASSED, since=0.0, passed_at=0.5, took_seconds=0.5),
    LayerReport(name="sources", status=Status.FAILED, reason="failed: b (forbidden)", since=1.0, checks=CHECKS),
]


def test_a_report_has_a_line_for_each_layer_and_check() -> None:
    """The reason of a layer is in the lines of its checks."""
    assert list(text_lines(LAYERS, (), now=3.0)) == [
        "[+]base ok, took 0.50 s",
        "[-]sources failed, for 2.0 s",
        "[+]sources/a ok (12 objects)",
        "[-]sources/b failed: forbidden, for 2.0 s",
    ]


@pytest.mark.parametrize(
    ("excluded", "status", "reason"),
    [
        ("sources/b", Status.PASSED, ""),
        ("sources/a", Status.FAILED, "failed: b (forbidden)"),
        ("nothing", Status.FAILED, "failed: b (forbidden)"),
    ],
)
def test_the_remaining_checks_decide_the_status(excluded: str, status: Status, reason: str) -> None:
    """A layer whose failed check is excluded passes."""
    _, sources = exclude_checks(LAYERS, {excluded})

    assert (sources.status, sources.reason) == (status, reason)


def test_a_layer_without_remaining_checks_is_excluded() -> None:
    """It does not wait for checks that are never there."""
    assert [layer.name for layer in exclude_checks(LAYERS, {"sources/a", "sources/b"})] == ["base"]


def test_an_excluded_check_has_a_line_that_says_so() -> None:
    """As kube-apiserver prints it."""
    assert list(text_lines(LAYERS, {"base", "sources/b"}, now=3.0)) == [
        "[+]base excluded: ok",
        "[+]sources ok",
        "[+]sources/a ok (12 objects)",
        "[+]sources/b excluded: ok",
    ]


def test_json_values_have_seconds() -> None:
    """Rounded to milliseconds; null for a layer that has not passed."""
    base, sources = json_values(LAYERS, now=3.00049)

    assert base == {
        "name": "base", "status": "passed", "reason": "", "for_seconds": 3.0, "took_seconds": 0.5, "checks": [],
    }  # fmt: skip
    assert sources["took_seconds"] is None


def test_a_check_alone_has_the_reason_that_blocks_it() -> None:
    """A blocked check has no reason of its own."""
    check = CheckReport(name="a", status=Status.BLOCKED, since=0.0)
    layer = LayerReport(name="sources", status=Status.BLOCKED, reason="waits for base", since=0.0, checks=(check,))

    alone = check_as_layer(layer, check)
    assert (alone.name, alone.reason) == ("sources/a", "waits for base")
