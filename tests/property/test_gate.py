"""The gate under any sequence of verdicts, against its rules."""

from dataclasses import dataclass

from hypothesis import given
from hypothesis import strategies as st

from probes import Degraded, Failed, Gate, Layer, LayerReport, Passed, Report, Status, Transition, Verdict, Waiting

LATCHING = (True, False, True)
NAMES = ("first", "second", "third")

verdicts = st.sampled_from([Passed(), Degraded("d"), Waiting("w"), Failed("f")])
checks = st.dictionaries(st.sampled_from("abc"), verdicts, max_size=3)


@dataclass(frozen=True)
class Step:
    """The verdicts of all layers at one evaluation, *seconds* after the one before."""

    seconds: float
    layers: tuple[dict[str, Verdict], ...]


steps = st.lists(st.builds(Step, st.integers(0, 5), st.tuples(checks, checks, checks)), min_size=1, max_size=12)


class Run:
    """A gate that was evaluated at each step, with its reports and transitions."""

    def __init__(self, sequence: list[Step]) -> None:
        self.now = 0.0
        self.verdicts: tuple[dict[str, Verdict], ...] = ({}, {}, {})
        self.transitions: list[Transition] = []
        self.gate = Gate(
            *(
                Layer(name, lambda index=index: self.verdicts[index], latch=latch)  # type: ignore[misc]
                for index, (name, latch) in enumerate(zip(NAMES, LATCHING, strict=True))
            ),
            clock=lambda: self.now,
        )
        self.gate.on_transition(self.transitions.append)
        self.reports = [self.gate.report]
        for step in sequence:
            self.now += step.seconds
            self.verdicts = step.layers
            self.reports.append(self.gate.evaluate())


def good(verdicts: dict[str, Verdict]) -> bool:
    return bool(verdicts) and all(isinstance(verdict, Passed | Degraded) for verdict in verdicts.values())


def expected(sequence: list[Step]) -> list[list[bool]]:
    """Which layers count as passed after each step, computed from the rule alone."""
    latched = [False, False, False]
    result = []
    for step in sequence:
        before, row = True, []
        for index, latch in enumerate(LATCHING):
            passed = latched[index] or (before and good(step.layers[index]))
            latched[index] = latched[index] or (latch and passed)
            before = before and passed
            row.append(passed)
        result.append(row)
    return result


@given(steps)
def test_layers_pass_by_the_rule(sequence: list[Step]) -> None:
    """A layer passes if its checks do and all layers before it pass, or if it latched before. Ready means that all pass."""
    reports = Run(sequence).reports[1:]

    passed = [[layer.status.ok for layer in report.layers] for report in reports]
    assert passed == expected(sequence)
    assert [report.ready for report in reports] == [all(row) for row in passed]
    assert all(report.ready is (report.reason == "") for report in reports)


@given(steps)
def test_each_change_of_ready_is_one_transition(sequence: list[Step]) -> None:
    """In order, each with a layer that decided it."""
    run = Run(sequence)

    changes = [
        (now.at, now.ready)
        for before, now in zip(run.reports, run.reports[1:], strict=False)
        if before.ready is not now.ready
    ]
    assert [(each.at, each.ready) for each in run.transitions] == changes
    assert all(each.layer in NAMES for each in run.transitions)


def began(reports: list[Report], index: int) -> float:
    """When the last status of a layer began, found by searching backwards."""
    status = reports[-1].layers[index].status
    at = reports[-1].at
    for report in reversed(reports):
        if report.layers[index].status is not status:
            return at
        at = report.at
    return at


@given(steps)
def test_times_agree_with_the_history(sequence: list[Step]) -> None:
    """`since` is the time of the first of the reports with that status; startup seconds add up to `passed_at`."""
    run = Run(sequence)
    for end in range(1, len(run.reports)):
        history = run.reports[: end + 1]
        assert [layer.since for layer in history[-1].layers] == [began(history, index) for index in range(len(NAMES))]

    ends = [layer.passed_at for layer in run.reports[-1].layers if layer.passed_at is not None]
    total = 0.0
    for end, seconds in zip(ends, run.gate.startup_seconds().values(), strict=True):
        total += seconds
        assert total == end


@given(steps)
def test_a_blocked_layer_is_not_evaluated(sequence: list[Step]) -> None:
    """It is behind a layer that has not passed, and all its checks are blocked, too."""

    def claims(layer: LayerReport) -> set[Status]:
        return {check.status for check in layer.checks}

    for report in Run(sequence).reports[1:]:
        for index, layer in enumerate(report.layers):
            if layer.status is Status.BLOCKED:
                assert not all(before.status.ok for before in report.layers[:index])
                assert claims(layer) <= {Status.BLOCKED}
            else:
                assert Status.BLOCKED not in claims(layer)
