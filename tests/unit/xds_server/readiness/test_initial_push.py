"""Ready is said when those who came before are served, or after a bounded time."""

from probes import Passed, Waiting
from xds_server.readiness.initial_push import ACCEPT_SECONDS, OPEN_SECONDS, InitialPush
from xds_server.xds.protocol.messages import Node
from xds_server.xds.transport.observer import StreamInfo, StreamStatus


class Rig:
    """A initial_push of one second among streams, on a clock set by hand."""

    def __init__(self, *ids: int, seconds: float = 1.0) -> None:
        self.now = 50.0
        self.done = 0
        self.alarms: list[float] = []
        self.streams = {n: StreamInfo(n, "ipv4:x", Node(f"p{n}"), 0.0, warm=False) for n in ids}
        self.initial_push = InitialPush(
            seconds,
            streams=lambda: [StreamStatus(one, None, {}) for one in self.streams.values()],
            clock=lambda: self.now,
            on_change=self.count,
        )
        self.initial_push.port_opened(lambda seconds, _: self.alarms.append(seconds))
        self.now += OPEN_SECONDS

    def derived(self) -> "Rig":
        """All is published, and the moment for those who dialled before is over."""
        if self.initial_push.verdict() != Passed():
            self.now += ACCEPT_SECONDS
        return self

    def count(self) -> None:
        self.done += 1

    def serve(self, number: int) -> None:
        self.initial_push.first_configuration_acked(self.streams[number], 0.1, warm=False)


def test_with_nobody_there_it_is_over_at_once() -> None:
    """And stays so, whoever comes later."""
    rig = Rig().derived()
    assert Passed() == rig.initial_push.verdict()
    rig.streams = Rig(7).streams
    assert (Passed(), True) == (rig.initial_push.verdict(), rig.initial_push.over)


def test_it_waits_for_those_who_were_there_and_says_for_how_many() -> None:
    """Served, gone, or waiting for a Gateway that is not ours: none of them is waited for any longer."""
    rig = Rig(1, 2, 3).derived()
    assert Waiting("3 proxies that connected before are not served yet; at most 1 s") == rig.initial_push.verdict()

    rig.serve(1)
    rig.initial_push.stream_closed(rig.streams[2], "client")
    rig.initial_push.stream_hold_started(rig.streams[3], "not_ready")
    assert Waiting("1 proxies that connected before are not served yet; at most 1 s") == rig.initial_push.verdict()
    assert rig.done == 0
    rig.initial_push.stream_hold_started(rig.streams[3], "unknown_role")
    assert (rig.done, rig.initial_push.verdict()) == (1, Passed())


def test_it_waits_for_a_bounded_time() -> None:
    """A proxy that never answers keeps nobody from being served."""
    rig = Rig(1).derived()
    rig.initial_push.verdict()
    rig.now += 0.99
    assert not rig.initial_push.over
    assert isinstance(rig.initial_push.verdict(), Waiting)
    rig.now += 0.02

    assert Passed() == rig.initial_push.verdict()


def test_who_was_served_meanwhile_is_not_waited_for() -> None:
    """As while replicas compare, before this is asked for the first time."""
    rig = Rig(1)
    rig.serve(1)
    rig.derived()

    assert Passed() == rig.initial_push.verdict()


def test_after_the_port_was_opened_there_is_a_moment_for_those_who_dialled_before() -> None:
    """And it asks to be called when that is over."""
    rig = Rig()
    rig.now -= OPEN_SECONDS

    assert Waiting("proxies that tried to connect before come now; 0.25 s more") == rig.initial_push.verdict()
    rig.now += OPEN_SECONDS
    assert Passed() == rig.initial_push.verdict()
    assert rig.alarms == [OPEN_SECONDS]


def test_who_dialled_while_the_lists_were_derived_is_waited_for() -> None:
    """The event loop sees them only afterwards."""
    rig = Rig()
    assert Waiting("proxies that tried to connect before come now; 0.10 s more") == rig.initial_push.verdict()
    rig.streams = Rig(7).streams
    rig.now += ACCEPT_SECONDS

    assert Waiting("1 proxies that connected before are not served yet; at most 1 s") == rig.initial_push.verdict()


def test_before_the_port_is_open_nothing_is_over() -> None:
    """Nobody can have come."""
    initial_push = InitialPush(1.0, streams=list, clock=lambda: 50.0, on_change=lambda: None)

    assert Waiting("the gRPC port is not open yet") == initial_push.verdict()


def test_it_can_be_left_out() -> None:
    """With 0 s nobody is waited for."""
    assert Passed() == Rig(1, 2, seconds=0.0).initial_push.verdict()
