"""The gate: order, latching, times, transitions."""

import pytest

from probes import Degraded, Failed, Gate, GateError, Layer, Passed, Report, Status, Transition, Verdict, Waiting


class Rig:
    """A gate of three layers whose verdicts and time are set by hand."""

    def __init__(self) -> None:
        self.now = 100.0
        self.base: dict[str, Verdict] = {"settings": Passed()}
        self.sources: dict[str, Verdict] = {"services": Waiting("listing, 3 so far"), "routes": Waiting("pending")}
        self.serving: dict[str, Verdict] = {"port": Passed()}
        self.evaluated: list[str] = []
        self.transitions: list[Transition] = []
        self.changes: list[tuple[Report, Report]] = []
        self.gate = Gate(
            Layer("base", lambda: self._evaluate("base", self.base)),
            Layer("sources", lambda: self._evaluate("sources", self.sources), check_names=("services", "routes")),
            Layer("serving", lambda: self._evaluate("serving", self.serving), latch=False, check_names=("port",)),
            clock=lambda: self.now,
        )
        self.gate.on_transition(self.transitions.append)
        self.gate.on_change(lambda before, after: self.changes.append((before, after)))

    def _evaluate(self, name: str, verdicts: dict[str, Verdict]) -> dict[str, Verdict]:
        self.evaluated.append(name)
        return verdicts

    def evaluate(self, at: float) -> Report:
        self.now = at
        return self.gate.evaluate()

    def pass_sources(self, at: float) -> Report:
        self.sources.update(services=Passed("3 objects"), routes=Passed())
        return self.evaluate(at)


@pytest.fixture
def rig() -> Rig:
    return Rig()


def statuses(report: Report) -> dict[str, Status]:
    return {layer.name: layer.status for layer in report.layers}


def test_before_evaluation_nothing_has_passed(rig: Rig) -> None:
    """A gate that was never evaluated is not ready, and its report lists the checks known in advance."""
    report = rig.gate.report

    assert not report.ready
    assert rig.gate.report.reason == "base: not evaluated yet"
    assert [check.name for check in report.layers[1].checks] == ["services", "routes"]
    assert rig.evaluated == []


def test_a_layer_is_evaluated_only_when_all_before_it_have_passed(rig: Rig) -> None:
    """Later layers are blocked, and their checks are not called."""
    report = rig.evaluate(101)

    assert rig.evaluated == ["base", "sources"]
    assert statuses(report) == {"base": Status.PASSED, "sources": Status.WAITING, "serving": Status.BLOCKED}
    assert [(check.name, check.status) for check in report.layers[2].checks] == [("port", Status.BLOCKED)]
    assert report.layers[2].reason == "waits for sources"


def test_the_reason_names_the_checks_that_have_not_passed(rig: Rig) -> None:
    """It is that of the first layer that has not passed: failed checks first, then waiting ones, each with its own reason."""
    rig.evaluate(101)
    assert rig.gate.report.reason == "sources: waiting for services (listing, 3 so far), routes (pending)"

    rig.sources["services"] = Failed("forbidden: add the verb list")
    rig.evaluate(102)
    assert (
        rig.gate.report.reason
        == "sources: failed: services (forbidden: add the verb list); waiting for routes (pending)"
    )


def test_the_reason_names_four_checks_and_counts_the_rest(rig: Rig) -> None:
    """With a hundred waiting checks it is still one readable line."""
    rig.sources.clear()
    rig.sources.update({f"kind{number}": Waiting("") for number in range(100)})

    assert rig.evaluate(101).reason == "sources: waiting for kind0, kind1, kind2, kind3, and 96 more"


def test_a_gate_is_ready_when_all_layers_have_passed(rig: Rig) -> None:
    """The report then has no reason."""
    report = rig.pass_sources(105)

    assert report.ready
    assert rig.gate.report is report
    assert report.reason == ""


def test_a_layer_without_checks_has_not_passed(rig: Rig) -> None:
    """An empty list of what to wait for may only be incomplete."""
    rig.sources.clear()

    assert rig.evaluate(101).reason == "sources: has no checks yet"


def test_a_latched_layer_stays_passed_and_becomes_degraded(rig: Rig) -> None:
    """A source that is lost after the start does not end readiness, but the report shows it."""
    rig.pass_sources(105)
    rig.sources["services"] = Failed("unreachable")
    rig.sources["routes"] = Waiting("listing again")

    report = rig.evaluate(110)

    assert report.ready
    assert statuses(report)["sources"] is Status.DEGRADED
    assert [(check.status, check.reason) for check in report.layers[1].checks] == [
        (Status.DEGRADED, "unreachable"),
        (Status.DEGRADED, "listing again"),
    ]

    rig.pass_sources(111)
    assert statuses(rig.gate.report)["sources"] is Status.PASSED


def test_a_latched_layer_whose_checks_vanish_is_degraded(rig: Rig) -> None:
    """The report shows that checks are missing, but the layer stays passed."""
    rig.pass_sources(105)
    rig.sources.clear()

    report = rig.evaluate(106)

    assert report.ready
    assert statuses(report)["sources"] is Status.DEGRADED


def test_a_layer_that_does_not_latch_can_end_readiness(rig: Rig) -> None:
    """A draining process is not ready any more, and the reason says so."""
    rig.pass_sources(105)
    rig.serving["port"] = Failed("draining")

    report = rig.evaluate(110)

    assert not report.ready
    assert report.reason == "serving: failed: port (draining)"


def test_latched_layers_are_evaluated_behind_one_that_stopped_passing() -> None:
    """An earlier layer that does not latch does not block a layer that has latched."""
    live: dict[str, Verdict] = {"lease": Passed()}
    gate = Gate(
        Layer("leader", lambda: live, latch=False), Layer("sources", lambda: {"services": Passed()}), clock=lambda: 0.0
    )
    gate.evaluate()
    live["lease"] = Waiting("lost")

    assert statuses(gate.evaluate()) == {"leader": Status.WAITING, "sources": Status.PASSED}


def test_degraded_counts_as_passed(rig: Rig) -> None:
    """A layer with a degraded check passes, and is degraded."""
    rig.sources.update(services=Degraded("stale"), routes=Passed())

    report = rig.evaluate(101)

    assert report.ready
    assert statuses(report)["sources"] is Status.DEGRADED


def test_a_check_that_raises_has_failed(rig: Rig) -> None:
    """A broken check makes the gate unready instead of keeping its last verdict, and the reason has its message."""

    def broken() -> dict[str, Verdict]:
        raise ZeroDivisionError("by zero")

    gate = Gate(Layer("sources", broken, check_names=("services",)), clock=lambda: 0.0)

    assert gate.evaluate().reason == "sources: failed: services (the check itself raised ZeroDivisionError: by zero)"


def test_since_is_when_the_status_began(rig: Rig) -> None:
    """A new reason for the same status does not change it; a new status does."""
    rig.evaluate(101)
    rig.sources["services"] = Waiting("listing, 9 so far")
    waiting = rig.evaluate(104).layers[1]

    assert (waiting.checks[0].reason, waiting.checks[0].since) == ("listing, 9 so far", 101)
    assert waiting.since == 101

    passed = rig.pass_sources(106).layers[1]
    assert (passed.checks[0].since, passed.since) == (106, 106)
    assert rig.gate.report.since == 106
    assert rig.pass_sources(108).since == 106


def test_a_blocked_layer_names_the_first_layer_that_has_not_passed(rig: Rig) -> None:
    """Not the layer just before it, which is blocked itself. `since` is when it was first blocked."""
    rig.base["settings"] = Failed("unreadable")
    rig.evaluate(101)
    serving = rig.evaluate(104).layers[2]

    assert serving.reason == "waits for base"
    assert (serving.since, serving.checks[0].since) == (100, 100)


def test_startup_seconds_count_from_layer_to_layer(rig: Rig) -> None:
    """The time of a layer begins when the one before it passes; that of the first, when the gate starts."""
    rig.evaluate(101)
    assert rig.gate.startup_seconds() == {"base": 1}

    rig.pass_sources(105)
    rig.serving["port"] = Failed("draining")
    rig.evaluate(200)

    assert rig.gate.startup_seconds() == {"base": 1, "sources": 4, "serving": 0}
    assert rig.gate.passed_at("sources") == 105


def test_the_start_may_be_before_the_gate_was_made() -> None:
    """The first layer's time can count from the start of the process."""
    gate = Gate(Layer("base", lambda: {"settings": Passed()}), clock=lambda: 100.0, started_at=99.5)
    gate.evaluate()

    assert gate.startup_seconds() == {"base": 0.5}


def test_passed_at_is_none_or_a_time(rig: Rig) -> None:
    """None before the layer has passed; KeyError if the gate has no such layer."""
    assert rig.gate.passed_at("sources") is None
    with pytest.raises(KeyError):
        rig.gate.passed_at("source")


def test_a_transition_names_the_layer_that_decided(rig: Rig) -> None:
    """The last layer to pass, or the first that stopped passing; evaluations in between call nobody."""
    rig.evaluate(101)
    rig.pass_sources(105)
    rig.evaluate(106)
    rig.serving["port"] = Failed("draining")
    rig.evaluate(107)

    up, down = rig.transitions
    assert (up.at, up.ready, up.layer) == (105, True, "serving")
    assert (down.at, down.ready, down.layer) == (107, False, "serving")
    assert down.reason == "serving: failed: port (draining)"


def test_a_change_is_a_new_status_and_not_a_new_reason(rig: Rig) -> None:
    """A log of changes has a line when a check passes, not for each object listed."""
    rig.evaluate(101)
    rig.sources["services"] = Waiting("listing, 4 so far")
    rig.evaluate(102)
    rig.sources["services"] = Passed()
    rig.evaluate(103)

    assert [after.at for _, after in rig.changes] == [101, 103]


@pytest.mark.parametrize(
    ("names", "message"),
    [
        ((), "no layers"),
        (("base", "base"), "'base' is given twice"),
        (("a/b",), "'a/b': use lower-case letters"),
        (("",), "'': use lower-case letters"),
    ],
)
def test_layers_that_make_no_gate_are_refused(names: tuple[str, ...], message: str) -> None:
    """No layers, two with the same name, or a name that does not fit into a path or label."""
    with pytest.raises(GateError, match=message):
        Gate(*(Layer(name, dict) for name in names), clock=lambda: 0.0)
