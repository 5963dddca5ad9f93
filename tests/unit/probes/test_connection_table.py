"""The table of connections: shares, displacement, deadlines."""

import pytest

from probes.connection_table import (
    ConnectionEnd,
    ConnectionEntry,
    ConnectionLimits,
    ConnectionState,
    ConnectionTable,
    peer_of,
)


class Sock:
    """A connection that remembers whether it was ended."""

    ended = False

    def abort(self) -> None:
        self.ended = True


class Rig:
    def __init__(self, **limits: float) -> None:
        self.now = 0.0
        self.table = ConnectionTable(ConnectionLimits(**limits), clock=lambda: self.now)  # type: ignore[arg-type]

    def open(
        self, address: str, state: ConnectionState = ConnectionState.READING
    ) -> tuple[Sock, ConnectionEntry | None]:
        sock = Sock()
        entry = self.table.add(sock, address)
        if entry is not None and state is not ConnectionState.READING:
            self.table.set_state(entry, state)
        self.now += 0.001
        return sock, entry


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
    """A machine with IPv6 has more addresses than there are entries."""
    assert peer_of(address) == name


def test_a_newcomer_takes_the_place_of_its_own_peers_oldest() -> None:
    """Whoever opens more than its share ends its own, and nobody else's."""
    rig = Rig(connections=10, connections_per_peer=2)
    other, _ = rig.open("10.0.0.9")
    mine = [rig.open("10.0.0.1")[0] for _ in range(5)]

    assert [one.ended for one in mine] == [True, True, True, False, False]
    assert not other.ended
    assert rig.table.end_counts[ConnectionEnd.EVICTED] == 3


def test_a_full_table_makes_room_where_most_are() -> None:
    """The peer with the most connections gives up its oldest, whoever comes."""
    rig = Rig(connections=4, connections_per_peer=3)
    alone, _ = rig.open("10.0.0.9")
    many = [rig.open("10.0.0.1")[0] for _ in range(3)]
    new, entry = rig.open("10.0.0.2")

    assert entry is not None
    assert [one.ended for one in (alone, *many, new)] == [False, True, False, False, False]
    assert len(rig.table) == 4


def test_what_waits_makes_room_before_what_is_answered() -> None:
    """First what has been answered for the last time, then idle, then unasked, then slow to read; never what is being made."""
    order = (ConnectionState.CLOSING, ConnectionState.IDLE, ConnectionState.READING, ConnectionState.WRITING)
    rig = Rig(connections=5, connections_per_peer=5)
    opened = {state: rig.open("10.0.0.1", state)[0] for state in (ConnectionState.HANDLING, *reversed(order))}

    for state in order:
        assert rig.table.evict()
        assert opened[state].ended
    assert not rig.table.evict()
    assert not opened[ConnectionState.HANDLING].ended


def test_where_nothing_may_be_ended_the_newcomer_is_refused() -> None:
    """And counted."""
    rig = Rig(connections=2, connections_per_peer=2)
    for _ in range(2):
        rig.open("10.0.0.1", ConnectionState.HANDLING)

    assert rig.open("10.0.0.2")[1] is None
    assert rig.table.end_counts[ConnectionEnd.REFUSED] == 1


@pytest.mark.parametrize(
    ("state", "seconds", "counted"),
    [
        (ConnectionState.READING, 5, 1),
        (ConnectionState.IDLE, 20, 0),
        (ConnectionState.WRITING, 10, 1),
        (ConnectionState.CLOSING, 1, 0),
    ],
)
def test_each_state_has_its_deadline(state: ConnectionState, seconds: float, counted: int) -> None:
    """A client that was too slow is counted; one that just stayed is not."""
    rig = Rig()
    sock, entry = rig.open("10.0.0.1")
    assert entry is not None
    rig.table.set_state(entry, state)
    began = rig.now

    rig.now = began + seconds - 0.1
    rig.table.end_overdue()
    assert not sock.ended
    rig.now = began + seconds
    rig.table.end_overdue()
    assert (sock.ended, len(rig.table), rig.table.end_counts[ConnectionEnd.DEADLINE]) == (True, 0, counted)


def test_a_page_that_is_being_made_is_waited_for_and_a_long_answer_has_longer() -> None:
    """The page has a limit of its own; 64 KiB/s are time enough for any client."""
    rig = Rig()
    making, entry = rig.open("10.0.0.1", ConnectionState.HANDLING)
    assert entry is not None
    rig.now = 1e6
    rig.table.end_overdue()
    assert not making.ended

    rig.table.set_state(entry, ConnectionState.WRITING, size=64 * 1024 * 100)
    assert entry.deadline == rig.now + 110


def test_pages_are_bounded_in_all_and_for_each_peer() -> None:
    """What is refused is counted."""
    rig = Rig(pages=3, pages_per_peer=2)
    entries = [rig.open(address)[1] for address in ("10.0.0.1", "10.0.0.1", "10.0.0.1", "10.0.0.2", "10.0.0.3")]
    allowed = []
    for entry in entries:
        assert entry is not None
        allowed.append(rig.table.admit_page(entry))
        if allowed[-1]:
            rig.table.set_state(entry, ConnectionState.HANDLING)

    assert allowed == [True, True, False, True, False]
    assert rig.table.pages_refused == 2


def test_the_table_shows_who_has_how_many() -> None:
    """The peer with the most first, with what its connections are at."""
    rig = Rig()
    rig.open("10.0.0.2", ConnectionState.IDLE)
    for _ in range(2):
        rig.open("10.0.0.1")
    rig.table.count_accept_error("Too many open files")
    shown = rig.table.describe()

    assert (shown["open"], shown["accept_errors"], shown["last_accept_error"]) == (3, 1, "Too many open files")
    assert shown["peers"] == [
        {"peer": "10.0.0.1", "open": 2, "oldest_seconds": 0.002, "reading": 2},
        {"peer": "10.0.0.2", "open": 1, "oldest_seconds": 0.003, "idle": 1},
    ]
