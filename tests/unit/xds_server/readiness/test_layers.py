"""The layers of readiness, and what each verdict rests on."""

from dataclasses import replace

import pytest

from krt import Graph
from probes import Degraded, Failed, Passed, Verdict, Waiting
from xds_server.model.source_state import Phase, SourceState
from xds_server.readiness import layers
from xds_server.xds.cache.resource_cache import ResourceCache

STATE = SourceState(kind="services", required=True)


def state(phase: Phase, *, required: bool = True, epoch: int | None = None) -> SourceState:
    message = "" if phase is Phase.LISTING else "why and what to do"
    return replace(STATE, phase=phase, required=required, epoch=epoch, objects=3, message=message)


@pytest.mark.parametrize(
    ("subject", "expected"),
    [
        (state(Phase.PENDING), Waiting),
        (state(Phase.LISTING), Waiting),
        (state(Phase.SYNCED), Passed),
        (state(Phase.STALE), Degraded),
        (state(Phase.ABSENT), Failed),
        (state(Phase.FORBIDDEN), Failed),
        (state(Phase.ERROR), Failed),
        (state(Phase.ABSENT, required=False), Passed),
        (state(Phase.FORBIDDEN, required=False), Degraded),
        (state(Phase.PENDING, required=False), Degraded),
    ],
)
def test_each_state_of_a_source_has_its_verdict(subject: SourceState, expected: type[Verdict]) -> None:
    """Only a required source holds readiness up, and one that was listed once never again."""
    assert isinstance(layers.of_source(subject), expected)


def test_a_failed_source_says_why() -> None:
    """The source's own message, with the next step, is the reason."""
    assert Failed("forbidden: why and what to do") == layers.of_source(state(Phase.FORBIDDEN))
    waits = replace(state(Phase.FORBIDDEN), retry_seconds=1.25)
    assert Failed("forbidden: why and what to do (tried again 1.2 s after that)") == layers.of_source(waits)
    waits = replace(state(Phase.LISTING), message="for a file")
    assert Waiting("listing, 3 so far: for a file") == layers.of_source(waits)
    assert Waiting("listing, 3 so far") == layers.of_source(state(Phase.LISTING))


def test_problems_with_the_input_are_counted_and_hold_nobody_up() -> None:
    """They cost their own objects."""
    assert Passed("no problem") == layers.of_input(0)
    assert Degraded("1 problem: read /debug/problems") == layers.of_input(1)
    assert Degraded("3 problems: read /debug/problems") == layers.of_input(3)


def test_the_sync_epoch_is_that_of_the_last_required_source() -> None:
    """Unknown while a required source was not listed; optional ones do not count."""
    listed = [state(Phase.SYNCED, epoch=4), state(Phase.STALE, epoch=7), state(Phase.ABSENT, required=False)]

    assert layers.sync_epoch(listed) == 7
    assert layers.sync_epoch([*listed, state(Phase.LISTING)]) is None
    assert layers.sync_epoch([]) == 0


def test_published_is_a_matter_of_numbers() -> None:
    """What is published must have reached the epoch at which the last required source was listed."""
    assert isinstance(layers.of_published(None, 3), Waiting)
    assert isinstance(layers.of_published(2, 3), Waiting)
    assert isinstance(layers.of_published(9, None), Waiting)
    assert Passed("epoch 3") == layers.of_published(3, 3)


def test_a_collection_waits_by_name_and_shows_what_failed() -> None:
    """An incomplete collection names what it waits for; a failed key degrades and does not hold up."""
    graph = Graph()
    source = graph.source("numbers")
    inverses = source.map(lambda _, n: 1 / n, name="inverses")

    assert Waiting("waits for numbers") == layers.of_collection(inverses)

    source.replace({"a": 2, "b": 0})

    verdict = layers.of_collection(inverses)
    assert isinstance(verdict, Degraded)
    assert "'b'" in verdict.reason
    assert "ZeroDivisionError" in verdict.reason


def test_the_gate_goes_through_the_layers_in_order_and_keeps_what_was_known() -> None:
    """Ready when published has reached listed; a source that goes stale later degrades, draining un-readies."""
    sources = {"services": state(Phase.LISTING)}
    graph = Graph()
    derived = graph.source("services", {}).map(lambda _, v: v, name="derived")
    cache = ResourceCache()
    serving: dict[str, Verdict] = {"grpc": Passed()}
    gate = layers.gate(
        base=lambda: {"settings": Passed()},
        sources=lambda: sources,
        derived=[derived],
        cache=cache,
        serving=lambda: serving,
        clock=lambda: 0.0,
        started=0.0,
    )

    assert gate.evaluate().reason == "sources: waiting for services (listing, 3 so far)"
    sources["services"] = state(Phase.SYNCED, epoch=2)
    cache.epoch = 1
    assert "epoch 1 is published, 2 is needed" in gate.evaluate().reason
    cache.epoch = 2
    assert gate.evaluate().ready
    sources["services"] = state(Phase.STALE, epoch=2)
    assert gate.evaluate().ready
    serving["grpc"] = Failed("draining")
    assert not gate.evaluate().ready


def test_the_process_has_begun_when_its_ports_are_open() -> None:
    """A shadow has no gRPC port; what is not checked is not there."""
    checks = layers.base_checks(
        listening=False, shadow=False, http_address="[::]:80", open_files=None, last_good=Degraded("old")
    )
    assert set(checks) == {"settings", "http", "grpc", "last_good"}
    assert checks["grpc"] == Waiting("the gRPC port is not bound yet")
    assert checks["http"] == Passed("[::]:80")

    shadow = layers.base_checks(listening=False, shadow=True, http_address="", open_files=Passed(), last_good=None)
    assert (shadow["grpc"], shadow["open_files"]) == (Passed("a shadow serves nobody"), Passed())


def test_a_server_that_drains_is_not_ready_however_well_it_serves() -> None:
    """With for how long."""
    serving = layers.serving_checks(listening=True, shadow=False, initial_push=Passed(), draining_seconds=None)
    assert set(serving.values()) == {Passed()}

    leaving = layers.serving_checks(listening=True, shadow=False, initial_push=Passed(), draining_seconds=2.6)
    assert leaving["draining"] == Failed("draining for 3 s: this replica is leaving")
