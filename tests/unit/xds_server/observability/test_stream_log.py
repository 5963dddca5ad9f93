"""The log lines about streams."""

import logging
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from xds_server.model.admission import HoldKind
from xds_server.model.resource import CLUSTER, TypeUrl
from xds_server.observability.observers import ObserverList
from xds_server.observability.stream_log import StreamLog
from xds_server.xds.protocol.messages import Node
from xds_server.xds.transport.observer import StreamInfo

LOG = logging.getLogger("xds_server")
STREAM = StreamInfo(7, "ipv4:127.0.0.1:1", Node("proxy-1", role="shop/edge"), 0.0, warm=True)


def _stream(number: int, node: str = "proxy-1", peer: str = "ipv4:127.0.0.1:1") -> StreamInfo:
    return StreamInfo(number, peer, Node(node, role="shop/edge"), 0.0, warm=True)


class Kept(logging.Handler):
    """Keeps log lines as values."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: list[Mapping[str, Any]] = []

    def emit(self, record: logging.LogRecord) -> None:
        fields: Mapping[str, Any] = record.fields  # type: ignore[attr-defined]
        self.lines.append({"event": record.getMessage(), "level": record.levelname, **fields})


class World:
    """A log on a clock of its own, and what it wrote."""

    def __init__(self) -> None:
        self.kept = Kept()
        self.now = 0.0
        self.suppressed = 0
        self.log = StreamLog(
            clock=lambda: self.now,
            on_suppressed=self._count,
        )

    def _count(self) -> None:
        self.suppressed += 1

    def lines(self) -> list[Mapping[str, Any]]:
        """Those since the last time."""
        found, self.kept.lines = self.kept.lines, []
        return found

    def tries(self, number: int, *, node: str = "proxy-1", kind: HoldKind = "not_ready", ends: str = "timeout") -> None:
        """A stream that is held for three seconds, and comes to nothing."""
        stream = _stream(number, node)
        self.log.stream_opened(stream)
        self.log.stream_hold_started(stream, kind)
        self.now += 3
        self.log.stream_hold_ended(stream, kind, 3.0, ends)  # type: ignore[arg-type]
        if ends == "timeout":
            self.log.stream_closed(stream, "refused")


@pytest.fixture
def world() -> Iterator[World]:
    made, level = World(), LOG.level
    LOG.setLevel(logging.INFO)
    LOG.addHandler(made.kept)
    yield made
    LOG.removeHandler(made.kept)
    LOG.setLevel(level)


def test_a_nack_is_a_warning_with_envoys_words(world: World) -> None:
    """With the type, the version, and who it was."""
    world.log.response_nacked(STREAM, CLUSTER, "v1", "Proto constraint validation failed")

    (line,) = world.lines()
    assert {"event": "stream.nack", "level": "WARNING", "type": "CDS", "version": "v1"}.items() <= line.items()
    assert (line["message"], line["node"]) == ("Proto constraint validation failed", "proxy-1")


def test_everything_that_matters_of_a_stream_is_a_line(world: World) -> None:
    """Holds and their ends, the first configuration, the end; not each response."""
    log = ObserverList(world.log)
    log.stream_opened(STREAM)
    log.stream_hold_started(STREAM, "not_ready")
    log.stream_hold_ended(STREAM, "not_ready", 3.0, "admitted")
    log.stream_refused("not_ready")
    log.response_sent(STREAM, CLUSTER, 1, 10)
    log.response_acked(STREAM, CLUSTER, 0.1)
    log.request_ignored(STREAM, CLUSTER, "stale_nonce")
    log.request_ignored(STREAM, TypeUrl("x"), "unserved_type")
    log.wait_timed_out(STREAM, "ack")
    log.first_configuration_acked(STREAM, 0.2, warm=True)
    log.stream_closed(STREAM, "client")

    assert [line["event"] for line in world.lines()] == [
        "stream.held", "stream.released", "stream.unserved_type", "stream.wait_timeout", "stream.complete", "stream.closed",
    ]  # fmt: skip


def test_a_node_that_is_held_for_long_has_two_lines(world: World) -> None:
    """However often it tries: one when it begins, and one when it is served, with the tries."""
    for number in range(100):
        world.tries(number)
        world.now += 1
    world.tries(100, ends="admitted")
    world.log.stream_closed(_stream(100), "client")

    held, released, closed = world.lines()
    assert (held["event"], held["reason"]) == ("stream.held", "not_ready")
    assert {
        "event": "stream.released",
        "outcome": "admitted",
        "attempts": 101,
        "seconds": 403,
    }.items() <= released.items()
    assert closed["event"] == "stream.closed"


def test_another_reason_is_another_line(world: World) -> None:
    """Who was held until we were ready, and then for its role, is said to be."""
    world.tries(1)
    world.tries(2, kind="unknown_role")
    world.tries(3, kind="unknown_role")

    assert [(line["event"], line["reason"]) for line in world.lines()] == [
        ("stream.held", "not_ready"), ("stream.held", "unknown_role"),
    ]  # fmt: skip


def test_a_held_node_that_comes_no_more_is_gone(world: World) -> None:
    """After a minute; one that still waits is not."""
    world.tries(1, node="gone")
    world.log.stream_hold_started(_stream(2, "waits"), "not_ready")
    world.lines()
    world.now += 61
    world.log.tick()

    (line,) = world.lines()
    assert {
        "event": "stream.released",
        "outcome": "client_left",
        "node": "gone",
        "attempts": 1,
        "seconds": 3,
    }.items() <= line.items()


def test_one_client_has_so_many_lines_and_no_more(world: World) -> None:
    """It may ask for thousands of types, and reject as often; what is left out is counted, and said in one line."""
    for number in range(5000):
        world.log.request_ignored(STREAM, TypeUrl(f"type-{number}"), "unserved_type")
        world.log.response_nacked(STREAM, CLUSTER, "v1", "no")
    assert len(world.lines()) == 10
    assert world.suppressed == 9990
    world.log.response_nacked(_stream(8, peer="ipv4:10.0.0.2:1"), CLUSTER, "v1", "no")
    world.now += 10
    world.log.tick()
    world.log.tick()
    assert [line["event"] for line in world.lines()] == ["stream.nack", "stream.lines_suppressed"]


def test_one_address_has_so_many_lines_and_no_more(world: World) -> None:
    """It may open streams as fast as it can, or say that it is ten thousand nodes; others are heard all the same."""
    for number in range(10_000):
        stream = _stream(number, f"node-{number}")
        world.log.stream_hold_started(stream, "not_ready")
        world.log.stream_hold_ended(stream, "not_ready", 0.0, "client_left")
        world.log.stream_closed(stream, "client")
        world.log.stream_closed(_stream(20_000 + number), "client")
    other = StreamInfo(99_999, "ipv4:10.0.0.2:1", Node("other", role="shop/edge"), 0.0, warm=True)
    world.log.stream_closed(other, "client")

    counts = Counter(line.get("node") == "other" for line in world.lines())
    assert counts == {False: 200, True: 1}
    assert len(world.log._held) <= 1000
    assert not world.log._refused
