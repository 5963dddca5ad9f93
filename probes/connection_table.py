"""The open connections of an HTTP server: how many each peer has, which one makes room, which ones are overdue. No I/O."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from ipaddress import IPv6Address, ip_address
from typing import Final, Protocol

_V6_NETWORK: Final = 64
_V6_BITS: Final = 128


class ConnectionState(StrEnum):
    """What a connection is doing."""

    READING = "reading"
    """Its request has not arrived completely."""
    HANDLING = "handling"
    """A page is making its response."""
    WRITING = "writing"
    """Its response is being sent."""
    IDLE = "idle"
    """It waits for its next request."""
    CLOSING = "closing"
    """Its last response was sent. Data that still arrives is discarded."""


class ConnectionEnd(StrEnum):
    """Why the server ended a connection."""

    DEADLINE = "deadline"
    """The client took too long to send its request, or to read the response."""
    EVICTED = "evicted"
    """A newer connection needed its place."""
    REFUSED = "refused"
    """It was new, and no connection could be evicted for it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectionLimits:
    """How many connections and pages there may be, and how long each connection may take."""

    connections: int = 256
    connections_per_peer: int = 64
    """A peer is an IPv4 address or the /64 network of an IPv6 address."""
    pages: int = 32
    """How many pages may be made at the same time."""
    pages_per_peer: int = 8
    request_seconds: float = 5.0
    """From the opening of a connection, or the first byte of a later request, until the request is complete."""
    idle_seconds: float = 20.0
    """Between requests. Longer than the period of a probe, which can then keep its connection."""
    response_seconds: float = 10.0
    """For the client to read a response, in addition to its size divided by `bytes_per_second`."""
    bytes_per_second: float = 64 * 1024
    closing_seconds: float = 1.0
    """For the client to read the last response and close the connection."""


class Abortable(Protocol):
    """A connection that the table can end."""

    def abort(self) -> None:
        """Ends the connection at once."""
        ...


@dataclass(slots=True, eq=False)
class ConnectionEntry:
    """A connection in the table. Times are seconds on the table's clock."""

    connection: Abortable
    peer: str
    since: float
    """When `state` began."""
    deadline: float
    state: ConnectionState = ConnectionState.READING


class ConnectionTable:
    """The open connections. Deterministic, given the clock. One thread changes the table; any thread may read it.

    When there are too many connections, a new one takes the place of the one that has waited longest: first of those that
    are closing, then of idle ones, of those whose request is incomplete, and of those that read their response slowly.
    A probe is answered within milliseconds, so it is never the oldest, however many connections somebody opens.
    """

    def __init__(self, limits: ConnectionLimits = ConnectionLimits(), *, clock: Callable[[], float]) -> None:
        self.limits = limits
        self.end_counts: Counter[ConnectionEnd] = Counter(dict.fromkeys(ConnectionEnd, 0))
        """How many connections the server ended, by why."""
        self.pages_refused = 0
        """How many requests for pages were refused because too many pages were being made."""
        self.accept_errors = 0
        """How often accepting a connection failed, mostly for lack of file descriptors."""
        self.last_accept_error = ""
        self._clock = clock
        self._entries: dict[int, ConnectionEntry] = {}

    def __len__(self) -> int:
        return len(self._entries)

    def add(self, connection: Abortable, address: str) -> ConnectionEntry | None:
        """Adds a new connection, and evicts another one if there is no room. None: the new one is refused, so close it."""
        peer = peer_of(address)
        if not self._make_room(peer):
            self.end_counts[ConnectionEnd.REFUSED] += 1
            return None
        now = self._clock()
        entry = ConnectionEntry(connection, peer, now, now + self.limits.request_seconds)
        self._entries[id(entry)] = entry
        return entry

    def remove(self, entry: ConnectionEntry) -> None:
        """Removes a connection that has ended. Does nothing if it is not in the table."""
        self._entries.pop(id(entry), None)

    def set_state(self, entry: ConnectionEntry, state: ConnectionState, *, size: int = 0) -> None:
        """Sets the state of a connection and its deadline. *size* is the size of a response in bytes, for WRITING."""
        limits = self.limits
        seconds = {
            ConnectionState.READING: limits.request_seconds,
            ConnectionState.HANDLING: float("inf"),
            ConnectionState.WRITING: limits.response_seconds + size / limits.bytes_per_second,
            ConnectionState.IDLE: limits.idle_seconds,
            ConnectionState.CLOSING: limits.closing_seconds,
        }[state]
        entry.state, entry.since = state, self._clock()
        entry.deadline = entry.since + seconds

    def admit_page(self, entry: ConnectionEntry) -> bool:
        """Whether a page may be made for this connection now; counts a refusal. If true, set the state to HANDLING."""
        handling = Counter(each.peer for each in self._snapshot() if each.state is ConnectionState.HANDLING)
        allowed = handling.total() < self.limits.pages and handling[entry.peer] < self.limits.pages_per_peer
        self.pages_refused += not allowed
        return allowed

    def evict(self) -> bool:
        """Ends the connection that makes room first. False if none may be evicted."""
        return self._evict_from(self._snapshot())

    def end_overdue(self) -> None:
        """Ends the connections whose deadline has passed. Call it several times a second."""
        now = self._clock()
        for entry in [each for each in self._snapshot() if each.deadline <= now]:
            harmless = entry.state in {ConnectionState.IDLE, ConnectionState.CLOSING}
            self._end(entry, None if harmless else ConnectionEnd.DEADLINE)

    def end_all(self) -> None:
        """Ends every connection, because the server stops."""
        for entry in self._snapshot():
            self._end(entry, None)

    def count_accept_error(self, reason: str) -> None:
        """Counts a connection that the operating system did not hand over."""
        self.accept_errors += 1
        self.last_accept_error = reason

    def count_states(self) -> Mapping[ConnectionState, int]:
        """How many connections are in each state."""
        counts = Counter(entry.state for entry in self._snapshot())
        return {state: counts[state] for state in ConnectionState}

    def describe(self) -> Mapping[str, object]:
        """The table as JSON values, for a debug page: limits, counts, and the peers, the one with the most connections first."""
        now = self._clock()
        peers: dict[str, list[ConnectionEntry]] = {}
        for entry in self._snapshot():
            peers.setdefault(entry.peer, []).append(entry)
        return {
            "open": len(self),
            "limit": self.limits.connections,
            "limit_per_peer": self.limits.connections_per_peer,
            "ended": dict(self.end_counts),
            "pages_refused": self.pages_refused,
            "accept_errors": self.accept_errors,
            "last_accept_error": self.last_accept_error,
            "peers": [
                {
                    "peer": peer,
                    "open": len(entries),
                    "oldest_seconds": round(now - min(entry.since for entry in entries), 3),
                    **Counter(str(entry.state) for entry in entries),
                }
                for peer, entries in sorted(peers.items(), key=lambda item: -len(item[1]))
            ],
        }

    def _snapshot(self) -> list[ConnectionEntry]:
        """A copy, because other threads read while one changes the table."""
        return list(self._entries.values())

    def _make_room(self, peer: str) -> bool:
        """Whether there is room for one more connection of *peer*, after evicting another one if necessary."""
        same_peer = [entry for entry in self._snapshot() if entry.peer == peer]
        if len(same_peer) >= self.limits.connections_per_peer and not self._evict_from(same_peer):
            return False
        if len(self._entries) < self.limits.connections:
            return True
        counts = Counter(entry.peer for entry in self._snapshot())
        most = max(counts.values())
        return self._evict_from(entry for entry in self._snapshot() if counts[entry.peer] == most) or self.evict()

    def _evict_from(self, entries: Iterable[ConnectionEntry]) -> bool:
        candidates = [entry for entry in entries if entry.state in _EVICTION_ORDER]
        if not candidates:
            return False
        oldest = min(candidates, key=lambda entry: (_EVICTION_ORDER.index(entry.state), entry.since))
        self._end(oldest, ConnectionEnd.EVICTED)
        return True

    def _end(self, entry: ConnectionEntry, end: ConnectionEnd | None) -> None:
        self.remove(entry)
        if end is not None:
            self.end_counts[end] += 1
        entry.connection.abort()


_EVICTION_ORDER = (
    ConnectionState.CLOSING,
    ConnectionState.IDLE,
    ConnectionState.READING,
    ConnectionState.WRITING,
)


def peer_of(address: str) -> str:
    """The peer that an IP address belongs to: the address itself, or the /64 network of an IPv6 address.

    A machine with IPv6 usually has a whole /64, so that limits by address would not limit it.
    """
    try:
        ip = ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if not isinstance(ip, IPv6Address):
        return str(ip)
    if ip.ipv4_mapped is not None:
        return str(ip.ipv4_mapped)
    if ip.is_loopback:
        return str(ip)
    network = int(ip) >> (_V6_BITS - _V6_NETWORK) << (_V6_BITS - _V6_NETWORK)
    return f"{IPv6Address(network)}/{_V6_NETWORK}"
