"""The server's metrics: what is counted, what is read, and the rules that promtool checks."""

import re
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace

import pytest
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.parser import text_string_to_metric_families

from probes import Gate, Layer, Passed
from probes.metrics import register_gate
from xds_server.model.resource import CLUSTER, ENDPOINT, TypeUrl
from xds_server.model.source_state import Phase, Problem, SourceState
from xds_server.observability.metrics import Metrics
from xds_server.observability.state_metrics import StateReaders

PENDING = SourceState(kind="services", required=True)


@dataclass
class Stream:
    """What the metrics know of a stream."""

    warm: bool = False


class Rig:
    """Metrics over values that are set by hand."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.metrics = Metrics(self.registry)
        self.sources = [PENDING]
        self.problems: list[Problem] = []
        self.derived = {"clusters": False}
        self.published: int | None = None
        self.rejected: dict[tuple[str, str], int] = {}
        self.metrics.export_state(
            StateReaders(
                sources=lambda: self.sources,
                problems=lambda: self.problems,
                derived=lambda: self.derived,
                resources=lambda: {CLUSTER: 7, ENDPOINT: 5},
                rejected=lambda: self.rejected,
                graph_epoch=lambda: 3,
                published_epoch=lambda: self.published,
                sync_epoch=lambda: self.published,
            )
        )

    def value(self, name: str, **labels: str) -> float | None:
        return self.registry.get_sample_value(f"xds_server_{name}", labels)


@pytest.fixture
def rig() -> Rig:
    return Rig()


def test_a_source_shows_its_state(rig: Rig) -> None:
    """One series per state, of which one is 1, and the objects that it holds."""
    rig.sources = [replace(PENDING, phase=Phase.LISTING, objects=12)]
    assert rig.value("source_state", source="services", state="listing") == 1
    assert rig.value("source_state", source="services", state="synced") == 0
    assert rig.value("source_objects", source="services") == 12
    assert rig.value("source_synced", source="services", required="true") == 0

    rig.sources = [replace(PENDING, phase=Phase.SYNCED, epoch=1)]
    assert rig.value("source_synced", source="services", required="true") == 1
    assert rig.value("source_state", source="services", state="listing") == 0


def test_each_complete_list_is_timed_once(rig: Rig) -> None:
    """The first list and later ones are told apart; progress and trouble are no lists."""
    listing = replace(PENDING, phase=Phase.LISTING, objects=5)
    synced = replace(listing, phase=Phase.SYNCED, epoch=4, lists=1, sync_seconds=0.7)
    stale = replace(synced, phase=Phase.STALE, failures=1)
    relisted = replace(stale, phase=Phase.SYNCED, lists=2, sync_seconds=2.0)  # and nothing had changed
    for old, new in (
        (PENDING, listing),
        (listing, synced),
        (synced, stale),
        (stale, relisted),
        (relisted, replace(relisted, objects=6)),
    ):
        rig.metrics.source_changed(old, new)

    assert rig.value("source_sync_duration_seconds_count", source="services", kind="initial") == 1
    assert rig.value("source_sync_duration_seconds_sum", source="services", kind="initial") == 0.7
    assert rig.value("source_sync_duration_seconds_count", source="services", kind="relist") == 1


def test_ends_of_watches_count_by_how(rig: Rig) -> None:
    """So that expired ones, which cost a list, are told apart from ordinary ones."""
    ended = replace(PENDING, restarts=1, ended="eof")
    expired = replace(ended, restarts=2, ended="expired")
    for old, new in ((PENDING, ended), (ended, expired), (expired, replace(expired, objects=1))):
        rig.metrics.source_changed(old, new)

    assert rig.value("source_watch_restarts_total", source="services", reason="eof") == 1
    assert rig.value("source_watch_restarts_total", source="services", reason="expired") == 1


def test_when_a_source_was_heard_is_shown_as_unix_time(rig: Rig) -> None:
    """Nothing before the first word; then a time of which the age is time() minus it."""
    assert rig.value("source_last_event_timestamp_seconds", source="services") is None

    rig.sources = [replace(PENDING, last_contact=time.monotonic() - 60)]

    assert time.time() - rig.value("source_last_event_timestamp_seconds", source="services") == pytest.approx(60, abs=1)


def test_failed_tries_count_by_status(rig: Rig) -> None:
    """Each failed try counts, also if it failed like the one before; without a status it is counted as none."""
    refused = replace(PENDING, phase=Phase.FORBIDDEN, code=403, failures=1)
    again = replace(refused, failures=2)
    unreachable = replace(again, phase=Phase.ERROR, code=None, failures=3)
    for old, new in (
        (PENDING, refused),
        (refused, again),
        (again, unreachable),
        (unreachable, replace(unreachable, objects=1)),
    ):
        rig.metrics.source_changed(old, new)

    assert rig.value("source_errors_total", source="services", code="403") == 2
    assert rig.value("source_errors_total", source="services", code="none") == 1


def test_what_clients_rejected_shows_by_type_and_state(rig: Rig) -> None:
    """Nothing is 0, not absent; types beyond those that we know have no series, as clients choose them."""
    assert rig.value("xds_resources_rejected", type="CDS", state="refused") == 0

    rig.rejected = {(CLUSTER, "refused"): 2, (ENDPOINT, "suspected"): 3, ("of/a/client", "refused"): 1}

    assert rig.value("xds_resources_rejected", type="CDS", state="refused") == 2
    assert rig.value("xds_resources_rejected", type="EDS", state="suspected") == 3
    assert rig.value("xds_resources_rejected", type="CDS", state="suspected") == 0


def test_what_is_not_known_has_no_series(rig: Rig) -> None:
    """An epoch that does not exist is not 0."""
    assert rig.value("published_epoch") is None
    assert rig.value("graph_epoch") == 3

    rig.published = 3
    assert rig.value("published_epoch") == 3
    assert rig.value("sync_epoch") == 3


def test_collections_and_resources_are_shown(rig: Rig) -> None:
    """By name, and by discovery service."""
    assert rig.value("derived_synced", collection="clusters") == 0
    assert rig.value("snapshot_resources", type="CDS") == 7

    rig.derived["clusters"] = True
    assert rig.value("derived_synced", collection="clusters") == 1


def test_problems_are_counted_by_a_label_of_few_values(rig: Rig) -> None:
    """A thousand bad files make one series, not a thousand."""
    rig.problems = [Problem(source=f"dir/{name}.yaml", object="", field="", message="") for name in "abc"]
    rig.problems.append(Problem(source="httproutes", object="HTTPRoute a/b", field="", message=""))

    assert rig.value("input_problems", source="files") == 3
    assert rig.value("input_problems", source="httproutes") == 1


class Growing(list[SourceState]):
    """A list that changes under the first reader."""

    reads = 0

    def __iter__(self) -> Iterator[SourceState]:
        self.reads += 1
        if self.reads == 1:
            raise RuntimeError("dictionary changed size during iteration")
        return super().__iter__()


def test_what_changes_while_it_is_read_is_read_again(rig: Rig) -> None:
    """A scrape, which is in another thread, may meet what its owner is just changing."""
    rig.sources = growing = Growing([PENDING])

    assert rig.value("source_objects", source="services") == 0
    assert growing.reads == 2


def test_streams_are_counted_while_they_are_open(rig: Rig) -> None:
    """What a stream turns out to be after its first request counts, too."""
    cold, warm = Stream(), Stream()
    rig.metrics.stream_opened(cold)
    rig.metrics.stream_opened(warm)
    warm.warm = True
    assert rig.value("xds_streams", warmth="cold") == 1
    assert rig.value("xds_streams", warmth="warm") == 1

    rig.metrics.stream_closed(cold, "client went")
    rig.metrics.stream_closed(cold, "client went")
    assert rig.value("xds_streams", warmth="cold") == 0


def test_holds_are_shown_and_counted_by_their_end(rig: Rig) -> None:
    """A hold is active until it ends, or until its stream does."""
    first, second = Stream(), Stream()
    rig.metrics.stream_hold_started(first, "not_ready")
    rig.metrics.stream_hold_started(second, "not_ready")
    assert rig.value("hold_active", reason="not_ready") == 2

    rig.metrics.stream_hold_ended(first, "not_ready", 1.5, "admitted")
    rig.metrics.stream_closed(second, "client went")
    assert rig.value("hold_active", reason="not_ready") == 0
    assert rig.value("hold_released_total", outcome="admitted", reason="not_ready") == 1
    assert rig.value("hold_released_total", outcome="timeout", reason="not_ready") == 0
    assert rig.value("hold_duration_seconds_sum", reason="not_ready") == 1.5


def test_responses_and_their_answers_are_counted_by_type(rig: Rig) -> None:
    """Sent, accepted, rejected; a type that we do not serve is `other`."""
    stream = Stream()
    rig.metrics.response_sent(stream, CLUSTER, 3, 100)
    rig.metrics.response_acked(stream, CLUSTER, 0.02)
    rig.metrics.response_nacked(stream, ENDPOINT, "1", "no")
    rig.metrics.response_nacked(stream, TypeUrl("x/y"), "1", "no")

    assert rig.value("xds_responses_total", type="CDS") == 1
    assert rig.value("xds_response_bytes_total", type="CDS") == 100
    assert rig.value("xds_resources_sent_total", type="CDS") == 3
    assert rig.value("xds_acks_total", type="CDS") == 1
    assert rig.value("xds_ack_duration_seconds_sum", type="CDS") == 0.02
    assert rig.value("xds_nacks_total", type="EDS") == 1
    assert rig.value("xds_nacks_total", type="other") == 1


def test_how_long_answers_take_is_a_histogram(rig: Rig) -> None:
    """Each answer is in the buckets whose bound it does not exceed; a type that has no service is `other`."""
    for seconds in (0.001, 0.02, 61.0):
        rig.metrics.response_acked(Stream(), CLUSTER, seconds)
    bounds = ("0.001", "0.01", "0.025", "60.0", "+Inf")
    assert [rig.value("xds_ack_duration_seconds_bucket", type="CDS", le=bound) for bound in bounds] == [1, 1, 2, 2, 3]
    assert rig.value("xds_ack_duration_seconds_count", type="CDS") == 3

    rig.metrics.response_sent(Stream(), TypeUrl("example.com/Foo"), 1, 10)
    assert rig.value("xds_responses_total", type="other") == 1


def test_first_configurations_refusals_and_lag_are_counted(rig: Rig) -> None:
    """By warmth, by reason, and never below zero."""
    rig.metrics.first_configuration_acked(Stream(), 0.3, warm=True)
    rig.metrics.stream_refused("not_ready")
    rig.metrics.loop_lagged(-0.001)

    assert rig.value("xds_first_config_seconds_count", warmth="warm") == 1
    assert rig.value("xds_first_config_seconds_count", warmth="cold") == 0
    assert rig.value("xds_streams_refused_total", reason="not_ready") == 1
    assert rig.value("event_loop_lag_seconds_sum") == 0


def test_what_runs_is_said(rig: Rig) -> None:
    """Version and interpreter join old and new instances in a query."""
    assert "xds_server_build_info{python=" in generate_latest(rig.registry).decode()


def metrics_page() -> str:
    """All that a running server exposes, with each label used."""
    rig = Rig()
    rig.sources = [replace(PENDING, phase=Phase.SYNCED, epoch=1, sync_seconds=1.0, failures=1)]
    rig.published = 3
    rig.problems = [Problem(source="a.yaml", object="", field="", message="")]
    rig.metrics.source_changed(PENDING, rig.sources[0])
    rig.metrics.response_sent(Stream(), CLUSTER, 1, 1)
    gate = Gate(Layer("base", lambda: {"settings": Passed()}), clock=lambda: 0.0)
    register_gate(gate, "xds_server_", rig.registry)
    gate.evaluate()
    return generate_latest(rig.registry).decode()


FAMILIES = list(text_string_to_metric_families(metrics_page()))


def complaints(text: str) -> list[str]:
    """What `promtool check metrics` would object to."""
    found = []
    names = re.findall(r"^# TYPE (\S+) ", text, re.MULTILINE)
    found += [f"{name}: twice" for name in names if names.count(name) > 1]
    helped = dict(re.findall(r"^# HELP (\S+) (.*)$", text, re.MULTILINE))
    for name, kind in re.findall(r"^# TYPE (\S+) (\S+)$", text, re.MULTILINE):
        parts = name.split("_")
        if not helped.get(name):
            found.append(f"{name}: no help")
        if not re.fullmatch(r"[a-z][a-z0-9_]*", name):
            found.append(f"{name}: not snake_case")
        if (kind == "counter") != name.endswith("_total"):
            found.append(f"{name}: a counter, and nothing else, ends in _total")
        if kind != "histogram" and name.endswith(("_count", "_sum", "_bucket")):
            found.append(f"{name}: ends as a part of a histogram")
        if {"counter", "gauge", "histogram", "summary"} & set(parts):
            found.append(f"{name}: has a type in its name")
        if {
            "ms",
            "s",
            "us",
            "milliseconds",
            "minutes",
            "hours",
            "kb",
            "mb",
            "kilobytes",
            "megabytes",
            "percent",
            "millis",
        } & set(parts):
            found.append(f"{name}: not in a base unit, or one that is abbreviated")
    for sample, labels in re.findall(r"^([a-z_0-9]+)\{(.*)\} ", text, re.MULTILINE):
        for label in re.findall(r'([^,={"]+)="', labels):
            allowed = label != "le" or sample.endswith("_bucket")
            if not re.fullmatch(r"[a-z][a-z0-9_]*", label) or not allowed or label == "quantile":
                found.append(f"{sample}: label {label}")
    return found


def test_the_exposition_is_clean() -> None:
    """Help for each, base units, counters in _total, no types in names, plain labels."""
    assert complaints(metrics_page()) == []


@pytest.mark.parametrize(
    ("line", "complaint"),
    [
        ("# TYPE a_ms gauge", "base unit"),
        ("# TYPE a_total gauge", "ends in _total"),
        ("# HELP a x\n# TYPE a counter", "ends in _total"),
        ("# TYPE a gauge", "no help"),
        ("# TYPE a_gauge gauge", "type in its name"),
        ("# TYPE aB gauge", "snake_case"),
        ("# TYPE a_count gauge", "part of a histogram"),
        ("# TYPE a gauge\n# TYPE a gauge", "twice"),
        ('a{le="1"} 1', "label le"),
        ('a{b="c",dE="f"} 1', "label dE"),
    ],
)
def test_the_check_of_the_exposition_can_fail(line: str, complaint: str) -> None:
    """Each rule catches what breaks it."""
    assert any(complaint in found for found in complaints(f"{line}\n"))


def test_no_series_names_a_proxy_or_the_time_of_its_making() -> None:
    """Labels are from a short list, and counters have no second series."""
    labels = {
        label
        for family in FAMILIES
        for sample in family.samples
        for label in sample.labels
        if sample.name.startswith("xds_server_")
    }

    assert labels <= {
        "source",
        "required",
        "state",
        "kind",
        "code",
        "collection",
        "type",
        "reason",
        "warmth",
        "outcome",
        "version",
        "python",
        "le",
        "layer",
        "check",
        "from",
        "to",
        "phase",
    }
    assert not [
        family.name for family in FAMILIES if family.name.startswith("xds_server") and family.name.endswith("_created")
    ]


def test_the_process_is_there_too() -> None:
    """Memory, CPU and the interpreter, under the names that dashboards know."""
    names = {family.name for family in FAMILIES}

    assert {"process_resident_memory_bytes", "process_cpu_seconds", "python_info"} <= names
