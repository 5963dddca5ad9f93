"""docs/metrics.md, the alert rules and the dashboard name metrics and labels that there are, and are what their readers take."""

import json
import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from xds_server.observability import metrics_reference
from xds_server.server.app import Server
from xds_server.server.settings import FilesSourceSetting, Settings

ROOT = Path(__file__).resolve().parents[2]
RULES = yaml.safe_load((ROOT / "deploy/prometheus/rules.yaml").read_text())
RULES_TESTS = yaml.safe_load((ROOT / "deploy/prometheus/rules_test.yaml").read_text())
DASHBOARD = json.loads((ROOT / "deploy/grafana/xds-server.json").read_text())
ALL_RULES = [rule for group in RULES["groups"] for rule in group["rules"]]
TARGETS = [(panel["title"], target) for panel in DASHBOARD["panels"] for target in panel["targets"]]
EXPRESSIONS = [(rule.get("alert") or rule["record"], rule["expr"]) for rule in ALL_RULES] + [
    (title, target["expr"]) for title, target in TARGETS
]
FOREIGN = {"instance", "le"}
"""Labels that Prometheus adds, or that histograms have."""


@pytest.fixture(scope="module")
def metrics() -> dict[str, set[str]]:
    """Labels of each series that is exported, by name; histograms by those of their series."""
    found: dict[str, set[str]] = {}
    for row in metrics_reference.rows(Server(Settings(source=FilesSourceSetting(Path()))).registry):
        suffixes = ("_bucket", "_sum", "_count") if row.kind == "histogram" else ("",)
        found |= {row.name + suffix: set(row.labels) for suffix in suffixes}
    return found


def test_the_page_of_metrics_is_what_the_command_prints() -> None:
    """If not: xds-server metrics > docs/metrics.md."""
    app = Server(Settings(source=FilesSourceSetting(Path())))

    assert (ROOT / "docs/metrics.md").read_text() == metrics_reference.page(app.registry)


@pytest.mark.parametrize(("name", "expression"), EXPRESSIONS, ids=[name for name, _ in EXPRESSIONS])
def test_what_an_expression_names_is_exported(name: str, expression: str, metrics: dict[str, set[str]]) -> None:
    """Each metric is there, each label that it selects by is one of its own, and the braces and brackets close."""
    recorded = {rule["record"] for rule in ALL_RULES if "record" in rule}
    named = re.findall(r"(xds_server[a-z0-9_:]+)(?:\{([^}]*)\})?", expression)

    assert named, name
    for metric, selector in named:
        assert metric in metrics or metric in recorded, metric
        chosen = set(re.findall(r"([a-z_]+)\s*(?:=~|!=|!~|=)", selector))
        assert chosen <= metrics.get(metric, set()) | FOREIGN, (metric, selector)
    for opening, closing in ("()", "[]", "{}"):
        assert expression.count(opening) == expression.count(closing), name


@pytest.mark.parametrize(("name", "expression"), EXPRESSIONS, ids=[name for name, _ in EXPRESSIONS])
def test_labels_that_are_kept_are_of_the_metric(name: str, expression: str, metrics: dict[str, set[str]]) -> None:
    """What `by` keeps belongs to a metric of the expression, or to what it is joined with."""
    known = FOREIGN.union(*(labels for metric, labels in metrics.items() if metric in expression))

    for kept in re.findall(r"by \(([^)]*)\)", expression):
        assert {label.strip() for label in kept.split(",")} <= known, name


@pytest.mark.parametrize("rule", [rule for rule in ALL_RULES if "alert" in rule], ids=lambda rule: rule["alert"])
def test_an_alert_says_how_bad_it_is_and_what_to_do(rule: dict[str, Any], metrics: dict[str, set[str]]) -> None:
    """And its words use only labels that the expression leaves."""
    assert rule["labels"]["severity"] in {"critical", "warning", "info"}
    known = FOREIGN.union(*(labels for metric, labels in metrics.items() if metric in rule["expr"]))
    kept = re.findall(r"by \(([^)]*)\)", rule["expr"])
    left = {label.strip() for label in kept[0].split(",")} if kept else known
    text = rule["annotations"]["summary"] + rule["annotations"]["description"]
    assert set(re.findall(r"\$labels\.([a-z_]+)", text)) <= left
    assert len(rule["annotations"]["description"]) > 20


def test_the_rules_own_tests_expect_the_words_of_the_rules() -> None:
    """Also where there is no promtool: the summary and description of an expected alert are those of its rule."""
    rules = {rule["alert"]: rule["annotations"] for rule in ALL_RULES if "alert" in rule}
    expected = [
        (case["alertname"], alert)
        for test in RULES_TESTS["tests"]
        for case in test.get("alert_rule_test", ())
        for alert in case["exp_alerts"]
    ]

    assert expected
    for name, alert in expected:
        labels = {"instance": "", **alert["exp_labels"]}
        words = {
            part: re.sub(r"{{ \$labels\.(\w+) }}", lambda match, labels=labels: labels[match[1]], text)
            for part, text in rules[name].items()
        }
        assert alert["exp_annotations"] == words, name


def test_names_and_places_are_not_taken_twice() -> None:
    """Alerts by name, panels by number and by where they stand."""
    names = [rule.get("alert") or rule["record"] for rule in ALL_RULES]
    assert len(set(names)) == len(names)
    cells = [
        (panel["gridPos"]["x"] + dx, panel["gridPos"]["y"] + dy)
        for panel in DASHBOARD["panels"]
        for dx in range(panel["gridPos"]["w"])
        for dy in range(panel["gridPos"]["h"])
    ]
    assert len(set(cells)) == len(cells)
    assert max(x for x, _ in cells) == 23
    numbers = [panel["id"] for panel in DASHBOARD["panels"]]
    assert len(set(numbers)) == len(numbers)


def _promtool() -> str | None:
    return os.environ.get("PROMTOOL") or shutil.which("promtool")


@pytest.mark.skipif(_promtool() is None, reason="there is no promtool: set PROMTOOL to the path of one")
@pytest.mark.parametrize("command", [("check", "rules", "rules.yaml"), ("test", "rules", "rules_test.yaml")])
def test_prometheus_takes_the_rules_and_their_own_tests_pass(command: tuple[str, ...]) -> None:
    """Each alert that is tested fires when it should, and not before."""
    result = subprocess.run(
        [_promtool() or "", *command], cwd=ROOT / "deploy/prometheus", capture_output=True, text=True, check=False
    )

    assert result.returncode == 0, result.stdout + result.stderr
