"""The open connections as a table: who has how many, which one makes room, and which one's time is up. Does no I/O."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from ipaddress import IPv6Address, ip_address
from typing import Final, Protocol

_V6_NETWORK: Final = 64
_V6_BITS: Final = 128


class State(StrEnum):
    """What a connection is at."""

    READING = "reading"
    """Its request has not come whole."""
    ANSWERING = "answering"
    """Its answer is being made."""
    WRITING = "writing"
    """Its answer is being sent."""
    IDLE = "idle"
    """It has been answered, and has not asked again."""
    LEAVING = "leaving"
    """It has been answered for the last time, and what it still sends is thrown away."""


class End(StrEnum):
    """Why we ended a connection."""

    DEADLINE = "deadline"
    """It took too long to ask, or to take its answer."""
    DISPLACED = "displaced"
    """A newer one needed its place."""
    REFUSED = "refused"
    """There was no place for it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How many connections there may be, and how long each may take. Units: seconds, and bytes per second."""

    most: int = 256
    per_peer: int = 64
    """A peer is an IP address, or the /64 of an IPv6 address."""
    pages: int = 32
    """How many pages may be made at once ..."""
    pages_per_peer: int = 8
    """... and for one peer."""
    request_seconds: float = 5.0
    """From the opening of a connection, or the first byte of a later request, until the request has come whole."""
    idle_seconds: float = 20.0
    """Between requests: longer than the period of a probe, which then need not connect again."""
    answer_seconds: float = 10.0
    """Until an answer has been taken, beyond what its length takes at ..."""
    bytes_per_second: float = 64 * 1024
    leaving_seconds: float = 1.0


class Connection(Protocol):
    """What ends a connection."""

    def abort(self) -> None:
        """Ends it at once."""
        ...


@dataclass(slots=True, eq=False)
class Place:
    """One connection in the table."""

    connection: Connection
    peer: str
    since: float
    """When its state began."""
    deadline: float
    state: State = State.READING


class Connections:
    """A table of open connections. Deterministic, but for the clock; one thread changes it, and any may read.

    The first to make room for a newcomer are those that have waited longest: idle ones, then those whose request has not
    come whole, then those that are slow to take their answer. A probe is answered within milliseconds of its coming, so
    it is never the oldest, however many connections somebody opens and leaves.
    """

    def __init__(self, limits: Limits = Limits(), *, clock: Callable[[], float]) -> None:
        self.limits = limits
        self._clock = clock
        self._places: dict[int, Place] = {}
        self.ended: Counter[End] = Counter(dict.fromkeys(End, 0))
        """How many connections we ended, and why."""
        self.pages_refused = 0
        """Pages that were not made, since enough were."""
        self.accept_errors = 0
        """Times that a connection could not be taken; mostly for want of file descriptors."""
        self.last_accept_error = ""

    def __len__(self) -> int:
        return len(self._places)

    def add(self, connection: Connection, address: str) -> Place | None:
        """The place of a new connection; None, if it is refused. Another one may be ended for it."""
        name = peer(address)
        if not self._room_for(name):
            self.ended[End.REFUSED] += 1
            return None
        now = self._clock()
        place = Place(connection, name, now, now + self.limits.request_seconds)
        self._places[id(place)] = place
        return place

    def displace(self) -> bool:
        """Ends the connection that is the first to make room; false if none may be ended."""
        return self._displace(self._all())

    def remove(self, place: Place) -> None:
        """The connection has ended."""
        self._places.pop(id(place), None)

    def move(self, place: Place, state: State, *, size: int = 0) -> None:
        """The connection is at something else from now on. Units: *size* of its answer in bytes."""
        limits = self.limits
        seconds = {
            State.READING: limits.request_seconds,
            State.ANSWERING: float("inf"),
            State.WRITING: limits.answer_seconds + size / limits.bytes_per_second,
            State.IDLE: limits.idle_seconds,
            State.LEAVING: limits.leaving_seconds,
        }[state]
        place.state, place.since = state, self._clock()
        place.deadline = place.since + seconds

    def may_make_page(self, place: Place) -> bool:
        """Whether the connection's page may be made now."""
        made = Counter(each.peer for each in self._all() if each.state is State.ANSWERING)
        allowed = made.total() < self.limits.pages and made[place.peer] < self.limits.pages_per_peer
        self.pages_refused += not allowed
        return allowed

    def expire(self) -> None:
        """Ends the connections whose time is up."""
        now = self._clock()
        for place in [each for each in self._all() if each.deadline <= now]:
            self._end(place, None if place.state in {State.IDLE, State.LEAVING} else End.DEADLINE)

    def end_all(self) -> None:
        """Ends every connection: the server stops."""
        for place in self._all():
            self._end(place, None)

    def accept_failed(self, reason: str) -> None:
        """A connection could not be taken."""
        self.accept_errors += 1
        self.last_accept_error = reason

    def states(self) -> Mapping[State, int]:
        """How many connections are at what."""
        found = Counter(place.state for place in self._all())
        return {state: found[state] for state in State}

    def shown(self) -> Mapping[str, object]:
        """The table, for a page: each peer, the one with the most first."""
        now = self._clock()
        peers: dict[str, list[Place]] = {}
        for place in self._all():
            peers.setdefault(place.peer, []).append(place)
        return {
            "open": len(self),
            "most": self.limits.most,
            "most_per_peer": self.limits.per_peer,
            "ended": dict(self.ended),
            "pages_refused": self.pages_refused,
            "accept_errors": self.accept_errors,
            "last_accept_error": self.last_accept_error,
            "peers": [
                {
                    "peer": name,
                    "open": len(places),
                    "oldest_seconds": round(now - min(place.since for place in places), 3),
                    **Counter(str(place.state) for place in places),
                }
                for name, places in sorted(peers.items(), key=lambda item: -len(item[1]))
            ],
        }

    def _all(self) -> Iterator[Place]:
        return iter(list(self._places.values()))

    def _room_for(self, name: str) -> bool:
        """Whether there is room for one more of this peer, after another one has been ended for it if need be."""
        mine = [place for place in self._all() if place.peer == name]
        if len(mine) >= self.limits.per_peer and not self._displace(mine):
            return False
        if len(self._places) < self.limits.most:
            return True
        by_peer = Counter(place.peer for place in self._all())
        most = max(by_peer.values())
        return self._displace(place for place in self._all() if by_peer[place.peer] == most) or self.displace()

    def _displace(self, places: Iterable[Place]) -> bool:
        candidates = [place for place in places if place.state in _MAKE_ROOM]
        if not candidates:
            return False
        self._end(min(candidates, key=lambda place: (_MAKE_ROOM.index(place.state), place.since)), End.DISPLACED)
        return True

    def _end(self, place: Place, why: End | None) -> None:
        self.remove(place)
        if why is not None:
            self.ended[why] += 1
        place.connection.abort()


_MAKE_ROOM = (State.LEAVING, State.IDLE, State.READING, State.WRITING)


def peer(address: str) -> str:
    """Whom an IP address counts for: itself, or its /64, since a machine with IPv6 has as many as it likes."""
    try:
        found = ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if not isinstance(found, IPv6Address):
        return str(found)
    if found.ipv4_mapped is not None:
        return str(found.ipv4_mapped)
    if found.is_loopback:
        return str(found)
    network = int(found) >> (_V6_BITS - _V6_NETWORK) << (_V6_BITS - _V6_NETWORK)
    return f"{IPv6Address(network)}/{_V6_NETWORK}"
