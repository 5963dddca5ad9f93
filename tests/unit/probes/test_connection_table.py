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


class FakeConnection:
    """A connection that remembers whether the table ended it."""

    aborted = False

    def abort(self) -> None:
        self.aborted = True


class Rig:
    def __init__(self, **limits: float) -> None:
        self.now = 0.0
        self.table = ConnectionTable(ConnectionLimits(**limits), clock=lambda: self.now)  # type: ignore[arg-type]

    def open(
        self, address: str, state: ConnectionState = ConnectionState.READING
    ) -> tuple[FakeConnection, ConnectionEntry | None]:
        connection = FakeConnection()
        entry = self.table.add(connection, address)
        if entry is not None and state is not ConnectionState.READING:
            self.table.set_state(entry, state)
        self.now += 0.001
        return connection, entry


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
def test_a_peer_is_an_ipv4_address_or_an_ipv6_network(address: str, name: str) -> None:
    """A machine with IPv6 has more addresses than the table has room for."""
    assert peer_of(address) == name


def test_a_peer_over_its_limit_loses_its_own_oldest_connection() -> None:
    """A peer that opens too many connections costs no other peer one."""
    rig = Rig(connections=10, connections_per_peer=2)
    other, _ = rig.open("10.0.0.9")
    mine = [rig.open("10.0.0.1")[0] for _ in range(5)]

    assert [connection.aborted for connection in mine] == [True, True, True, False, False]
    assert not other.aborted
    assert rig.table.end_counts[ConnectionEnd.EVICTED] == 3


def test_a_full_table_evicts_from_the_peer_with_the_most_connections() -> None:
    """That peer loses its oldest connection, whichever peer the new one is from."""
    rig = Rig(connections=4, connections_per_peer=3)
    alone, _ = rig.open("10.0.0.9")
    many = [rig.open("10.0.0.1")[0] for _ in range(3)]
    new, entry = rig.open("10.0.0.2")

    assert entry is not None
    assert [connection.aborted for connection in (alone, *many, new)] == [False, True, False, False, False]
    assert len(rig.table) == 4


def test_the_order_of_eviction() -> None:
    """Closing, idle, reading, writing; a connection whose page is being made is never evicted."""
    order = (ConnectionState.CLOSING, ConnectionState.IDLE, ConnectionState.READING, ConnectionState.WRITING)
    rig = Rig(connections=5, connections_per_peer=5)
    opened = {state: rig.open("10.0.0.1", state)[0] for state in (ConnectionState.HANDLING, *reversed(order))}

    for state in order:
        assert rig.table.evict()
        assert opened[state].aborted
    assert not rig.table.evict()
    assert not opened[ConnectionState.HANDLING].aborted


def test_a_new_connection_is_refused_if_none_can_be_evicted() -> None:
    """The table counts it as refused."""
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
    """A client that was too slow is counted; one that was only idle is not."""
    rig = Rig()
    connection, entry = rig.open("10.0.0.1")
    assert entry is not None
    rig.table.set_state(entry, state)
    began = rig.now

    rig.now = began + seconds - 0.1
    rig.table.end_overdue()
    assert not connection.aborted
    rig.now = began + seconds
    rig.table.end_overdue()
    assert (connection.aborted, len(rig.table), rig.table.end_counts[ConnectionEnd.DEADLINE]) == (True, 0, counted)


def test_a_page_has_no_deadline_and_a_long_response_a_later_one() -> None:
    """Pages have a time limit of their own; a client must read at least 64 KiB/s."""
    rig = Rig()
    handling, entry = rig.open("10.0.0.1", ConnectionState.HANDLING)
    assert entry is not None
    rig.now = 1e6
    rig.table.end_overdue()
    assert not handling.aborted

    rig.table.set_state(entry, ConnectionState.WRITING, size=64 * 1024 * 100)
    assert entry.deadline == rig.now + 110


def test_pages_are_limited_in_all_and_for_each_peer() -> None:
    """The table counts the pages that it refuses."""
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


def test_the_description_lists_the_peers() -> None:
    """The peer with the most connections first, with the states of its connections."""
    rig = Rig()
    rig.open("10.0.0.2", ConnectionState.IDLE)
    for _ in range(2):
        rig.open("10.0.0.1")
    rig.table.count_accept_error("Too many open files")
    description = rig.table.describe()

    assert (description["open"], description["accept_errors"], description["last_accept_error"]) == (
        3,
        1,
        "Too many open files",
    )
    assert description["peers"] == [
        {"peer": "10.0.0.1", "open": 2, "oldest_seconds": 0.002, "reading": 2},
        {"peer": "10.0.0.2", "open": 1, "oldest_seconds": 0.003, "idle": 1},
    ]
