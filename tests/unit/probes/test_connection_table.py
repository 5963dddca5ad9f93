"""The table of connections: shares, displacement, deadlines."""

import pytest

from probes.connection_table import Connections, End, Limits, Place, State, peer


class Sock:
    """A connection that remembers whether it was ended."""

    ended = False

    def abort(self) -> None:
        self.ended = True


class Rig:
    def __init__(self, **limits: float) -> None:
        self.now = 0.0
        self.table = Connections(Limits(**limits), clock=lambda: self.now)  # type: ignore[arg-type]

    def open(self, address: str, state: State = State.READING) -> tuple[Sock, Place | None]:
        sock = Sock()
        place = self.table.add(sock, address)
        if place is not None and state is not State.READING:
            self.table.move(place, state)
        self.now += 0.001
        return sock, place


@pytest.mark.parametrize(
    ("address", "name"),
    [
        ("10.0.0.1", "10.0.0.1"),
        ("::ffff:10.0.0.1", "10.0.0.1"),
        ("::1", "::1"),
        ("2001:db8:0:1:2:3:4:5", "2001:db8:0:1::/64"),
        ("2001:db8:0:1::9", "2001:db8:0:1::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("", ""),
        ("@unix", "@unix"),
    ],
)
def test_a_peer_is_an_address_or_a_network_of_ipv6(address: str, name: str) -> None:
    """A machine with IPv6 has more addresses than there are places."""
    assert peer(address) == name


def test_a_newcomer_takes_the_place_of_its_own_peers_oldest() -> None:
    """Whoever opens more than its share ends its own, and nobody else's."""
    rig = Rig(most=10, per_peer=2)
    other, _ = rig.open("10.0.0.9")
    mine = [rig.open("10.0.0.1")[0] for _ in range(5)]

    assert [one.ended for one in mine] == [True, True, True, False, False]
    assert not other.ended
    assert rig.table.ended[End.DISPLACED] == 3


def test_a_full_table_makes_room_where_most_are() -> None:
    """The peer with the most connections gives up its oldest, whoever comes."""
    rig = Rig(most=4, per_peer=3)
    alone, _ = rig.open("10.0.0.9")
    many = [rig.open("10.0.0.1")[0] for _ in range(3)]
    new, place = rig.open("10.0.0.2")

    assert place is not None
    assert [one.ended for one in (alone, *many, new)] == [False, True, False, False, False]
    assert len(rig.table) == 4


def test_what_waits_makes_room_before_what_is_answered() -> None:
    """First what has been answered for the last time, then idle, then unasked, then slow to read; never what is being made."""
    order = (State.LEAVING, State.IDLE, State.READING, State.WRITING)
    rig = Rig(most=5, per_peer=5)
    opened = {state: rig.open("10.0.0.1", state)[0] for state in (State.ANSWERING, *reversed(order))}

    for state in order:
        assert rig.table.displace()
        assert opened[state].ended
    assert not rig.table.displace()
    assert not opened[State.ANSWERING].ended


def test_where_nothing_may_be_ended_the_newcomer_is_refused() -> None:
    """And counted."""
    rig = Rig(most=2, per_peer=2)
    for _ in range(2):
        rig.open("10.0.0.1", State.ANSWERING)

    assert rig.open("10.0.0.2")[1] is None
    assert rig.table.ended[End.REFUSED] == 1


@pytest.mark.parametrize(
    ("state", "seconds", "counted"),
    [(State.READING, 5, 1), (State.IDLE, 20, 0), (State.WRITING, 10, 1), (State.LEAVING, 1, 0)],
)
def test_each_state_has_its_deadline(state: State, seconds: float, counted: int) -> None:
    """A client that was too slow is counted; one that just stayed is not."""
    rig = Rig()
    sock, place = rig.open("10.0.0.1")
    assert place is not None
    rig.table.move(place, state)
    began = rig.now

    rig.now = began + seconds - 0.1
    rig.table.expire()
    assert not sock.ended
    rig.now = began + seconds
    rig.table.expire()
    assert (sock.ended, len(rig.table), rig.table.ended[End.DEADLINE]) == (True, 0, counted)


def test_a_page_that_is_being_made_is_waited_for_and_a_long_answer_has_longer() -> None:
    """The page has a limit of its own; 64 KiB/s are time enough for any client."""
    rig = Rig()
    making, place = rig.open("10.0.0.1", State.ANSWERING)
    assert place is not None
    rig.now = 1e6
    rig.table.expire()
    assert not making.ended

    rig.table.move(place, State.WRITING, size=64 * 1024 * 100)
    assert place.deadline == rig.now + 110


def test_pages_are_bounded_in_all_and_for_each_peer() -> None:
    """What is refused is counted."""
    rig = Rig(pages=3, pages_per_peer=2)
    places = [rig.open(address)[1] for address in ("10.0.0.1", "10.0.0.1", "10.0.0.1", "10.0.0.2", "10.0.0.3")]
    allowed = []
    for place in places:
        assert place is not None
        allowed.append(rig.table.may_make_page(place))
        if allowed[-1]:
            rig.table.move(place, State.ANSWERING)

    assert allowed == [True, True, False, True, False]
    assert rig.table.pages_refused == 2


def test_the_table_shows_who_has_how_many() -> None:
    """The peer with the most first, with what its connections are at."""
    rig = Rig()
    rig.open("10.0.0.2", State.IDLE)
    for _ in range(2):
        rig.open("10.0.0.1")
    rig.table.accept_failed("Too many open files")
    shown = rig.table.shown()

    assert (shown["open"], shown["accept_errors"], shown["last_accept_error"]) == (3, 1, "Too many open files")
    assert shown["peers"] == [
        {"peer": "10.0.0.1", "open": 2, "oldest_seconds": 0.002, "reading": 2},
        {"peer": "10.0.0.2", "open": 1, "oldest_seconds": 0.003, "idle": 1},
    ]
