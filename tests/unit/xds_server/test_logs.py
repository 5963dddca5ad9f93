"""Log lines."""

import json
import logging

import pytest

from xds_server.ads.messages import Node
from xds_server.logs import StreamLog, Timeline, configure_logging, event, every
from xds_server.snapshot.resource import CLUSTER, TypeUrl
from xds_server.transport.observer import StreamInfo

LOG = logging.getLogger("xds_server")
STREAM = StreamInfo(7, "ipv4:127.0.0.1:1", Node("proxy-1", role="shop/edge"), 0.0, warm=True)


@pytest.fixture(autouse=True)
def _handlers() -> object:
    before = logging.root.handlers[:], logging.root.level
    yield
    logging.root.handlers[:], level = before
    logging.root.setLevel(level)


def test_text_is_an_event_with_fields(capsys: pytest.CaptureFixture[str]) -> None:
    """None is left out, and what has spaces is quoted."""
    configure_logging("text")

    event(LOG, logging.WARNING, "source.error", kind="services", code=None, message="try again", seconds=0.12345)

    line = capsys.readouterr().err.rstrip()
    assert line.endswith('WARNING source.error kind=services message="try again" seconds=0.123')


def test_json_is_one_object_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    """Time, level and event first, then the fields; an exception is in it, too."""
    configure_logging("json")

    try:
        _ = 1 / 0
    except ZeroDivisionError:
        LOG.exception("failed")
    event(LOG, logging.INFO, "ready", seconds=1.5)

    failed, ready = (json.loads(line) for line in capsys.readouterr().err.splitlines())
    assert "ZeroDivisionError" in failed["exception"]
    assert (ready["level"], ready["event"], ready["seconds"]) == ("INFO", "ready", 1.5)


def test_a_nack_is_a_warning_with_envoys_words(capsys: pytest.CaptureFixture[str]) -> None:
    """With the type, the version, and who it was."""
    configure_logging("json")

    StreamLog().nacked(STREAM, CLUSTER, "v1", "Proto constraint validation failed")

    line = json.loads(capsys.readouterr().err)
    assert {"event": "stream.nack", "level": "WARNING", "type": "CDS", "version": "v1"}.items() <= line.items()
    assert (line["message"], line["node"]) == ("Proto constraint validation failed", "proxy-1")


def test_everything_that_matters_of_a_stream_is_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    """Holds and their ends, the first configuration, the end; not each response."""
    configure_logging("json")
    log = every(StreamLog())

    log.stream_opened(STREAM)
    log.holding(STREAM, "not_ready")
    log.held(STREAM, "not_ready", 3.0, "budget")
    log.refused("not_ready")
    log.sent(STREAM, CLUSTER, 1, 10)
    log.acked(STREAM, CLUSTER, 0.1)
    log.ignored(STREAM, CLUSTER, "stale")
    log.ignored(STREAM, TypeUrl("x"), "unserved")
    log.first_complete(STREAM, 0.2, warm=True)
    log.stream_closed(STREAM, "client")

    lines = [json.loads(line)["event"] for line in capsys.readouterr().err.splitlines()]
    assert lines == ["stream.held", "stream.released", "stream.unserved_type", "stream.complete", "stream.closed"]


def test_every_observer_is_told() -> None:
    """In the order in which they were given."""
    told: list[str] = []

    class Observer:
        def __init__(self, name: str) -> None:
            self.name = name

        def refused(self, kind: str) -> None:
            told.append(f"{self.name} {kind}")

    every(Observer("a"), Observer("b")).refused("not_ready")  # type: ignore[arg-type]

    assert told == ["a not_ready", "b not_ready"]


def test_the_timeline_keeps_the_few_beside_the_many() -> None:
    """A thousand streams do not push out the one transition; what is logged is kept with its fields, in order."""
    timeline = Timeline(0.0, most=3)
    logger = logging.getLogger("timeline_test")
    logger.setLevel(logging.INFO)
    logger.addHandler(timeline)
    event(logger, logging.INFO, "ready", seconds=1.5)
    for n in range(1000):
        timeline.add("stream.opened", stream=n)

    found = timeline.entries()
    assert [one["event"] for one in found] == ["ready", *["stream.opened"] * 3]
    assert [one["fields"] for one in found] == [{"seconds": 1.5}, *[{"stream": n} for n in (997, 998, 999)]]
    assert all(isinstance(one["since_start"], float) for one in found)
    assert "ready seconds=1.500" in timeline.text()
