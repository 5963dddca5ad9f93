"""Counts what clients use: requests per second, streams, and bytes. Pure: the time is given.

Counts are kept by stream, by connection, and by the address from which the connection comes.
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
    """A token bucket: *rate* tokens per second, of which up to *burst* are saved."""

    __slots__ = ("_allowance", "_interval", "_next")

    def __init__(self, rate: float, burst: int) -> None:
        self._interval = 1 / rate
        self._allowance = (burst - 1) / rate
        self._next = float("-inf")  # When the next token would be due if none were saved.

    def take(self, now: float, patience: float = float("inf"), count: int = 1) -> float | None:
        """Takes tokens, and returns the seconds until the first is available; None, without taking any, beyond *patience*."""
        due = max(self._next, now)
        wait = max(0.0, due - self._allowance - now)
        if wait > patience:
            return None
        self._next = due + count * self._interval
        return wait

    def has_token(self, now: float) -> bool:
        """Whether a token is available."""
        return max(self._next, now) - self._allowance <= now + 1e-9  # But for rounding.


class TokenBuckets:
    """A token bucket for each owner. Beyond *most* owners, it forgets the one that was not used for longest."""

    def __init__(self, rate: float, burst: int, *, most: int = 4096) -> None:
        self._rate = rate
        self._burst = burst
        self._most = most
        self._buckets: OrderedDict[str, TokenBucket] = OrderedDict()

    def bucket_of(self, owner: str) -> TokenBucket:
        """The owner's bucket, which is full if the owner is new."""
        bucket = self._buckets.get(owner)
        if bucket is None:
            bucket = self._buckets[owner] = TokenBucket(self._rate, self._burst)
            if len(self._buckets) > self._most:
                self._buckets.popitem(last=False)
        else:
            self._buckets.move_to_end(owner)
        return bucket

    def remove(self, owner: str) -> None:
        """Forgets an owner."""
        self._buckets.pop(owner, None)


@lru_cache(512)
def host(peer: str) -> str:
    """The address of a gRPC *peer* such as `ipv4:10.0.0.1:5000`, without the port. Of IPv6 it is the /64 network, since one
    host may use all of its addresses. Any other peer, such as a Unix socket, is returned as it is.
    """  # noqa: D205  One paragraph.
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
    """The slot of one stream, which counts for its connection and its address."""

    peer: str
    host: str
    since: float
    evict: Callable[[], None]
    """Called when another stream needs the slot, while this one has made no request yet."""
    active: bool = False
    """Whether the stream has made its first request."""


class StreamLimiter:
    """Limits the open streams: active ones, which have made a request, and silent ones, which have not.

    Silent streams have slots of their own, so they take none from active streams. When there are too many, the address with
    most of them loses its oldest.
    """

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._by_peer: Counter[str] = Counter()
        self._by_host: Counter[str] = Counter()  # Active streams.
        self._silent: dict[str, dict[StreamSlot, None]] = {}  # By address, the oldest first.
        self.silent = 0
        """Streams that have made no request yet."""
        self.active = 0
        """Streams that have made a request."""

    def open(self, peer: str, now: float, evict: Callable[[], None]) -> StreamSlot | LimitKind:
        """A slot for a new stream on the connection *peer*, or the limit that it exceeds. Call `close` when the stream has ended."""
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
        """Makes a stream active; returns the limit that it exceeds, if it may not go on."""
        if self.active >= self._limits.streams:
            return "streams"
        if self._by_host[slot.host] >= self._limits.per_address:
            return "address"
        self._remove_silent(slot)
        slot.active = True
        self._by_host[slot.host] += 1
        self.active += 1
        return None

    def close(self, slot: StreamSlot) -> None:
        """Gives back the slot of a stream that has ended."""
        _subtract(self._by_peer, slot.peer)
        if slot.active:
            _subtract(self._by_host, slot.host)
            self.active -= 1
        else:
            self._remove_silent(slot)

    def by_address(self) -> Mapping[str, Mapping[str, int]]:
        """Active and silent streams by address, for pages."""
        addresses = sorted(self._by_host.keys() | self._silent.keys())
        return {
            address: {"streams": self._by_host[address], "silent": len(self._silent.get(address, ()))}
            for address in addresses
        }

    def reason(self, kind: LimitKind) -> str:
        """What a client reads when it exceeds that limit."""
        limits = self._limits
        match kind:
            case "streams":
                return f"{limits.streams} streams are open, which is the limit: try another replica"
            case "connection":
                return f"{limits.streams_per_connection} streams are open on this connection, which is the limit: close some"
            case "address":
                return (
                    f"{limits.per_address} streams are open from this address, which is the limit: close some, or raise "
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
                return f"{limits.auxiliary_calls} calls of services other than discovery are open, which is the limit: try again later"
            case "bytes":
                return (
                    f"the server keeps {limits.client_bytes} bytes for its clients, which is the limit: try again later"
                )

    def _remove_silent(self, slot: StreamSlot) -> None:
        of_host = self._silent.get(slot.host, {})
        if slot in of_host:
            del of_host[slot]
            self.silent -= 1
            if not of_host:
                del self._silent[slot.host]


class ClientQuota:
    """The bytes that the server keeps for all clients: at most *total*, of which one address may have half."""

    def __init__(self, total: int) -> None:
        self.total = total
        self.used = 0
        self.by_address: Counter[str] = Counter()

    def reserve(self, owner: str, count: int) -> bool:
        """Reserves bytes for the address *owner*; returns whether the limits allow it."""
        if self.used + count > self.total or self.by_address[owner] + count > self.total // 2:
            return False
        self.used += count
        self.by_address[owner] += count
        return True

    def release(self, owner: str, count: int) -> None:
        """Gives back reserved bytes."""
        self.used -= count
        _subtract(self.by_address, owner, count)


def _subtract(counts: Counter[str], key: str, by: int = 1) -> None:
    counts[key] -= by
    if counts[key] <= 0:
        del counts[key]
