"""The timeline."""

import logging

from xds_server.observability.logs import event
from xds_server.observability.timeline import Timeline


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
