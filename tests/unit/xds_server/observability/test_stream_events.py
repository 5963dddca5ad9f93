"""Events about streams that the gate holds."""

from xds_server.model.admission import HoldKind
from xds_server.observability.stream_events import StreamEvents
from xds_server.xds.protocol.messages import Node
from xds_server.xds.transport.observer import StreamInfo


class World:
    """Stream events on a clock that is set by hand."""

    def __init__(self) -> None:
        self.now = 0.0
        self.recorded: list[tuple[str, str]] = []
        self.events = StreamEvents(self._record, clock=lambda: self.now)

    def _record(self, kind: str, reason: str, message: str, *, clears: str = "") -> None:
        self.recorded.append((reason, message))

    def hold(self, kind: HoldKind, role: str = "shop/edge", seconds: float = 3.0) -> None:
        """A stream is held, so long after the one before."""
        self.now += seconds
        info = StreamInfo(1, "ipv4:127.0.0.1:1", Node("proxy-1", role=role), self.now, warm=False)
        self.events.stream_hold_started(info, kind)

    def reasons(self) -> list[str]:
        found = [reason for reason, _ in self.recorded]
        self.recorded.clear()
        return found


def test_a_hold_is_one_event_however_often_the_proxies_try() -> None:
    """A queue is none: it goes on by itself."""
    world = World()
    for _ in range(100):
        world.hold("not_ready")
        world.hold("queued")

    assert world.reasons() == ["ProxyHeld"]


def test_another_reason_and_another_role_are_other_events() -> None:
    """Who waited for us may then wait for its role; the role is named."""
    world = World()
    for _ in range(2):
        world.hold("not_ready")
        world.hold("unknown_role")
        world.hold("unknown_role", role="shop/egde")

    assert "'shop/egde'" in world.recorded[2][1]
    assert world.reasons() == ["ProxyHeld", "UnknownRole", "UnknownRole"]


def test_after_a_minute_without_a_hold_the_next_is_news() -> None:
    """And a client that invents roles is not remembered without bound."""
    world = World()
    world.hold("unknown_role")
    world.hold("unknown_role", seconds=60)
    world.hold("unknown_role", seconds=60.1)
    assert world.reasons() == ["UnknownRole"] * 2

    for number in range(2000):
        world.hold("unknown_role", role=f"shop/{number}", seconds=0)
    assert len(world.events._seen) == 1000
