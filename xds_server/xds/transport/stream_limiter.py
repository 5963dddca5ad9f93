"""Who has taken how much of what a client may ask of us. Pure: the time is given.

What there is belongs to owners: a stream, the connection that it is on, and the address that the connection comes from.
"""

from collections import Counter, OrderedDict
from collections.abc import Callable, Mapping
from functools import lru_cache
from ipaddress import IPv4Address, ip_address, ip_network
from typing import Final
from urllib.parse import unquote

import msgspec

from xds_server.model.admission import LimitKind
from xds_server.xds.transport.limits import Limits

_NETWORK_BITS: Final = 64


class TokenBucket:
    """Tokens that come at a rate, and of which *burst* may be saved."""

    __slots__ = ("_allowance", "_interval", "_next")

    def __init__(self, rate: float, burst: int) -> None:
        self._interval = 1 / rate
        self._allowance = (burst - 1) / rate
        self._next = float("-inf")  # When the next token would be due, had none been saved.

    def take(self, now: float, patience: float = float("inf"), count: int = 1) -> float | None:
        """Takes tokens, and returns in how many seconds the first is there; None, and none taken, if that is too long."""
        due = max(self._next, now)
        wait = max(0.0, due - self._allowance - now)
        if wait > patience:
            return None
        self._next = due + count * self._interval
        return wait

    def has_token(self, now: float) -> bool:
        """Whether a token is there."""
        return max(self._next, now) - self._allowance <= now + 1e-9  # but for rounding


class TokenBuckets:
    """A bucket for each owner; of those that were not used for longest it forgets what is more than *most*."""

    def __init__(self, rate: float, burst: int, *, most: int = 4096) -> None:
        self._rate = rate
        self._burst = burst
        self._most = most
        self._buckets: OrderedDict[str, TokenBucket] = OrderedDict()

    def bucket_of(self, owner: str) -> TokenBucket:
        """The owner's bucket."""
        bucket = self._buckets.get(owner)
        if bucket is None:
            bucket = self._buckets[owner] = TokenBucket(self._rate, self._burst)
            if len(self._buckets) > self._most:
                self._buckets.popitem(last=False)
        else:
            self._buckets.move_to_end(owner)
        return bucket

    def remove(self, owner: str) -> None:
        """Forgets an owner that is no more."""
        self._buckets.pop(owner, None)


@lru_cache(512)
def host(peer: str) -> str:
    """The address of a peer without its port, as in `ipv4:10.0.0.1:5000`; of IPv6 the network, of which a host has many.

    Whatever is no such thing is its own address.
    """
    family, _, rest = unquote(peer).partition(":")
    if family not in {"ipv4", "ipv6"}:
        return peer
    text = rest.rpartition(":")[0].strip("[]").partition("%")[0]
    try:
        address = ip_address(text)
    except ValueError:
        return peer
    if isinstance(address, IPv4Address):
        return text
    if address.ipv4_mapped is not None:
        return str(address.ipv4_mapped)
    return str(ip_network((address, _NETWORK_BITS), strict=False))


class StreamSlot(msgspec.Struct, eq=False):
    """What a stream takes: a place on its connection and at its address."""

    peer: str
    host: str
    since: float
    evict: Callable[[], None]
    """Is called when another needs the place of a stream that has not asked for anything yet."""
    active: bool = False
    """Whether it has made its first request."""


class StreamLimiter:
    """Counts the streams that are open: those that have asked for something, and those that have not yet.

    Those that have not have places of their own, and none of them is a right: when there are too many, the address that
    has most of them loses its oldest. So they take nothing away from anybody else.
    """

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._by_peer: Counter[str] = Counter()
        self._by_host: Counter[str] = Counter()  # Those that spoke.
        self._silent: dict[str, dict[StreamSlot, None]] = {}  # By address, the oldest first.
        self.silent = 0
        """Streams that have asked for nothing yet."""
        self.active = 0
        """Streams that have asked for something."""

    def open(self, peer: str, now: float, evict: Callable[[], None]) -> StreamSlot | LimitKind:
        """A place for a new stream on the connection *peer*; or why there is none. What entered has to `close`."""
        if self._by_peer[peer] >= self._limits.streams_per_connection:
            return "connection"
        slot = StreamSlot(peer, host(peer), now, evict)
        self._by_peer[peer] += 1
        self._silent.setdefault(slot.host, {})[slot] = None
        self.silent += 1
        if self.silent > self._limits.silent_streams:
            most = max(self._silent, key=lambda one: len(self._silent[one]))
            oldest = next(iter(self._silent[most]))
            self._remove_silent(oldest)
            oldest.evict()
        return slot

    def first_request(self, slot: StreamSlot) -> LimitKind | None:
        """Notes that a stream has made its first request; or says why it may not go on."""
        if self.active >= self._limits.streams:
            return "streams"
        if self._by_host[slot.host] >= self._limits.of_address:
            return "address"
        self._remove_silent(slot)
        slot.active = True
        self._by_host[slot.host] += 1
        self.active += 1
        return None

    def close(self, slot: StreamSlot) -> None:
        """Counts a stream as gone."""
        _subtract(self._by_peer, slot.peer)
        if slot.active:
            _subtract(self._by_host, slot.host)
            self.active -= 1
        else:
            self._remove_silent(slot)

    def by_address(self) -> Mapping[str, Mapping[str, int]]:
        """Streams by address: those that spoke and the silent ones, for pages."""
        hosts = sorted(self._by_host.keys() | self._silent.keys())
        return {one: {"streams": self._by_host[one], "silent": len(self._silent.get(one, ()))} for one in hosts}

    def reason(self, kind: LimitKind) -> str:
        """What a client is told."""
        limits = self._limits
        match kind:
            case "streams":
                return f"{limits.streams} streams are open, which is the limit: try another replica"
            case "connection":
                return f"{limits.streams_per_connection} streams are open on this connection, which is the limit: close some"
            case "address":
                return (
                    f"{limits.of_address} streams are open from this address, which is the limit: close some, or raise "
                    "streams_per_address in the server's limits"
                )
            case "rate":
                return f"more than {limits.new_streams_per_second:g} streams are opened per second: try again later"
            case "silent":
                return (
                    f"no request came within {limits.first_request_seconds:g} s, or before there were "
                    f"{limits.silent_streams} such streams: begin a stream with a request"
                )
            case "auxiliary":
                return f"{limits.side_streams} calls beside discovery are open, which is the limit: try again later"
            case "bytes":
                return f"what clients have the server keep takes {limits.client_bytes} bytes, which is the limit: try again later"

    def _remove_silent(self, slot: StreamSlot) -> None:
        of_host = self._silent.get(slot.host, {})
        if slot in of_host:
            del of_host[slot]
            self.silent -= 1
            if not of_host:
                del self._silent[slot.host]


class ClientQuota:
    """Bytes that clients have the server keep: so many in all, and one address may take half of them."""

    def __init__(self, total: int) -> None:
        self.total = total
        self.used = 0
        self.by_address: Counter[str] = Counter()

    def reserve(self, owner: str, count: int) -> bool:
        """Takes so many for the address *owner*; returns whether there were as many."""
        if self.used + count > self.total or self.by_address[owner] + count > self.total // 2:
            return False
        self.used += count
        self.by_address[owner] += count
        return True

    def release(self, owner: str, count: int) -> None:
        """Gives back what was taken."""
        self.used -= count
        _subtract(self.by_address, owner, count)


def _subtract(counts: Counter[str], key: str, by: int = 1) -> None:
    counts[key] -= by
    if counts[key] <= 0:
        del counts[key]
