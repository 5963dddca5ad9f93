"""Log lines."""

import json
import logging

import pytest

from xds_server.observability.logs import configure_logging, event
from xds_server.observability.timeline import Timeline

LOG = logging.getLogger("xds_server")


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


LOUD = "a\r\n\x1b[31m\x00\u2028\x85\u202eb"


@pytest.mark.parametrize("log_format", ["text", "json"])
def test_a_line_is_one_line_and_acts_on_no_terminal(log_format: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Whatever is in a field, in an exception, or in the words of another library; and it is cut."""
    configure_logging(log_format)
    timeline = Timeline(0.0)
    LOG.addHandler(timeline)
    try:
        event(LOG, logging.INFO, "stream.nack", node=LOUD, error=ValueError(LOUD), message="x" * 100_000)
        LOG.error("failed", exc_info=ValueError(LOUD))
        logging.getLogger("other").warning("they say %s", LOUD)
    finally:
        LOG.removeHandler(timeline)
    timeline.add("check", reason=LOUD)

    written = capsys.readouterr().err + timeline.text().rstrip("\n")
    lines = written.split("\n")
    assert all(line.isprintable() for line in lines)
    assert len(lines[0]) < 2500
    assert sum("they say" in line for line in lines) == 1
    assert all(str(one["fields"]).isprintable() for one in timeline.entries())
