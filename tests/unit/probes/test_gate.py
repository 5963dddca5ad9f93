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
        self.asked: list[str] = []
        self.transitions: list[Transition] = []
        self.changes: list[tuple[Report, Report]] = []
        self.gate = Gate(
            Layer("base", lambda: self._ask("base", self.base)),
            Layer("sources", lambda: self._ask("sources", self.sources), check_names=("services", "routes")),
            Layer("serving", lambda: self._ask("serving", self.serving), latch=False, check_names=("port",)),
            clock=lambda: self.now,
        )
        self.gate.on_transition(self.transitions.append)
        self.gate.on_change(lambda before, after: self.changes.append((before, after)))

    def _ask(self, name: str, verdicts: dict[str, Verdict]) -> dict[str, Verdict]:
        self.asked.append(name)
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
    """A gate that was never evaluated is not ready, says so, and lists the checks it knows."""
    report = rig.gate.report

    assert not report.ready
    assert rig.gate.report.reason == "base: not evaluated yet"
    assert [check.name for check in report.layers[1].checks] == ["services", "routes"]
    assert rig.asked == []


def test_a_layer_is_asked_only_when_all_before_it_have_passed(rig: Rig) -> None:
    """Later layers are blocked, listed by name, and not asked."""
    report = rig.evaluate(101)

    assert rig.asked == ["base", "sources"]
    assert statuses(report) == {"base": Status.PASSED, "sources": Status.WAITING, "serving": Status.BLOCKED}
    assert [(check.name, check.status) for check in report.layers[2].checks] == [("port", Status.BLOCKED)]
    assert report.layers[2].reason == "waits for sources"


def test_why_not_names_what_is_awaited(rig: Rig) -> None:
    """The first layer that has not passed says which checks, how far each has got, and what has failed first."""
    rig.evaluate(101)
    assert rig.gate.report.reason == "sources: waiting for services (listing, 3 so far), routes (pending)"

    rig.sources["services"] = Failed("forbidden: add the verb list")
    rig.evaluate(102)
    assert (
        rig.gate.report.reason
        == "sources: failed: services (forbidden: add the verb list); waiting for routes (pending)"
    )


def test_why_not_names_four_and_counts_the_rest(rig: Rig) -> None:
    """A hundred waiting checks still make one readable line."""
    rig.sources.clear()
    rig.sources.update({f"kind{number}": Waiting("") for number in range(100)})

    assert rig.evaluate(101).reason == "sources: waiting for kind0, kind1, kind2, kind3, and 96 more"


def test_all_passed_is_ready(rig: Rig) -> None:
    """The gate is ready when its last layer has passed, and its reason is then empty."""
    report = rig.pass_sources(105)

    assert report.ready
    assert rig.gate.report is report
    assert report.reason == ""


def test_a_layer_without_checks_has_not_passed(rig: Rig) -> None:
    """An empty list of what to wait for proves nothing."""
    rig.sources.clear()

    assert rig.evaluate(101).reason == "sources: has no checks yet"


def test_a_latched_layer_stays_passed_and_shows_what_fails_as_degraded(rig: Rig) -> None:
    """Losing a source after start-up does not un-ready us, and does not go unseen."""
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
    """Checks that are no longer there are remarkable, but what has passed has passed."""
    rig.pass_sources(105)
    rig.sources.clear()

    report = rig.evaluate(106)

    assert report.ready
    assert statuses(report)["sources"] is Status.DEGRADED


def test_a_layer_that_does_not_latch_can_end_readiness(rig: Rig) -> None:
    """Draining makes not ready what was ready, and the reason is said."""
    rig.pass_sources(105)
    rig.serving["port"] = Failed("draining")

    report = rig.evaluate(110)

    assert not report.ready
    assert report.reason == "serving: failed: port (draining)"


def test_latched_layers_are_still_asked_behind_one_that_no_longer_passes() -> None:
    """What has passed for good is not hidden by an earlier layer that comes and goes."""
    live: dict[str, Verdict] = {"lease": Passed()}
    gate = Gate(
        Layer("leader", lambda: live, latch=False), Layer("sources", lambda: {"services": Passed()}), clock=lambda: 0.0
    )
    gate.evaluate()
    live["lease"] = Waiting("lost")

    assert statuses(gate.evaluate()) == {"leader": Status.WAITING, "sources": Status.PASSED}


def test_degraded_counts_as_passed(rig: Rig) -> None:
    """A degraded check lets its layer pass, marked."""
    rig.sources.update(services=Degraded("stale"), routes=Passed())

    report = rig.evaluate(101)

    assert report.ready
    assert statuses(report)["sources"] is Status.DEGRADED


def test_a_check_that_raises_has_failed(rig: Rig) -> None:
    """A broken check closes the gate instead of leaving its last good word, and its message is shown."""

    def broken() -> dict[str, Verdict]:
        raise ZeroDivisionError("by zero")

    gate = Gate(Layer("sources", broken, check_names=("services",)), clock=lambda: 0.0)

    assert gate.evaluate().reason == "sources: failed: services (the check itself raised ZeroDivisionError: by zero)"


def test_since_is_when_the_status_began(rig: Rig) -> None:
    """Progress changes the reason and not the time at which the waiting began; a new status begins anew."""
    rig.evaluate(101)
    rig.sources["services"] = Waiting("listing, 9 so far")
    waiting = rig.evaluate(104).layers[1]

    assert (waiting.checks[0].reason, waiting.checks[0].since) == ("listing, 9 so far", 101)
    assert waiting.since == 101

    passed = rig.pass_sources(106).layers[1]
    assert (passed.checks[0].since, passed.since) == (106, 106)
    assert rig.gate.report.since == 106
    assert rig.pass_sources(108).since == 106


def test_the_blocked_name_the_first_layer_that_has_not_passed(rig: Rig) -> None:
    """Not the one just before them, which waits itself; and they have been blocked since they were first."""
    rig.base["settings"] = Failed("unreadable")
    rig.evaluate(101)
    serving = rig.evaluate(104).layers[2]

    assert serving.reason == "waits for base"
    assert (serving.since, serving.checks[0].since) == (100, 100)


def test_phases_are_the_seconds_from_layer_to_layer(rig: Rig) -> None:
    """Each layer's time counts from the moment at which the one before it had passed; the first, from the beginning."""
    rig.evaluate(101)
    assert rig.gate.startup_seconds() == {"base": 1}

    rig.pass_sources(105)
    rig.serving["port"] = Failed("draining")
    rig.evaluate(200)

    assert rig.gate.startup_seconds() == {"base": 1, "sources": 4, "serving": 0}
    assert rig.gate.passed_at("sources") == 105


def test_time_may_have_begun_before_the_gate() -> None:
    """The first layer's time can count from the start of the process."""
    gate = Gate(Layer("base", lambda: {"settings": Passed()}), clock=lambda: 100.0, started_at=99.5)
    gate.evaluate()

    assert gate.startup_seconds() == {"base": 0.5}


def test_passed_at_knows_its_layers(rig: Rig) -> None:
    """None before a layer has passed, and a KeyError for a layer that is not there."""
    assert rig.gate.passed_at("sources") is None
    with pytest.raises(KeyError):
        rig.gate.passed_at("source")


def test_transitions_are_told_once_with_the_layer_that_decided(rig: Rig) -> None:
    """Becoming ready names the last layer to pass, ceasing names the first that does not; nothing in between is told."""
    rig.evaluate(101)
    rig.pass_sources(105)
    rig.evaluate(106)
    rig.serving["port"] = Failed("draining")
    rig.evaluate(107)

    up, down = rig.transitions
    assert (up.at, up.ready, up.layer) == (105, True, "serving")
    assert (down.at, down.ready, down.layer) == (107, False, "serving")
    assert down.reason == "serving: failed: port (draining)"


def test_changes_are_told_when_a_status_changed_and_not_for_progress(rig: Rig) -> None:
    """A log of changes has a line when something passed, not for each object listed."""
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
    """No layers, two of one name, or a name that no path or label could hold."""
    with pytest.raises(GateError, match=message):
        Gate(*(Layer(name, dict) for name in names), clock=lambda: 0.0)
