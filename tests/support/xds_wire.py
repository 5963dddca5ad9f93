"""Between a model proxy and a replica: bytes on a line with a delay, and the client's side of the codec."""

import asyncio
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache

from xds_server.envoy.wire.reader import field_at, varint_at
from xds_server.envoy.wire.writer import field_bytes, field_string

END = None
"""The other side has nothing more to say, or is gone."""


class Line:
    """One direction: what is put in comes out in order, *delay* later. *on_put* sees it at once."""

    def __init__(self, delay: Callable[[], float], on_put: Callable[[bytes | None], None]) -> None:
        self._delay = delay
        self._on_put = on_put
        self._queue: asyncio.Queue[bytes | None] = asyncio.Queue()
        self._last = 0.0

    def put(self, data: bytes | None) -> None:
        self._on_put(data)
        loop = asyncio.get_running_loop()
        # Two timers at the same time may go off in any order: keep them apart.
        self._last = max(self._last + 1e-6, loop.time() + self._delay())
        loop.call_at(self._last, self._queue.put_nowait, data)

    async def get(self) -> bytes | None:
        return await self._queue.get()


class AbortedError(Exception):
    """The server ended the call."""


class Call:
    """What the transport sees of gRPC.

    *on_write* sees each response at the moment at which it was made, *on_message* all that either side sends.
    """

    def __init__(
        self,
        delay: Callable[[], float],
        on_write: Callable[["Call", "Answer"], None],
        on_message: Callable[[bytes | None], None],
        *,
        delta: bool,
        cold: bool,
    ) -> None:
        self.delta = delta
        """Whether the client speaks of changes, and not of the whole state."""
        self.cold = cold
        """Whether it came with nothing."""
        self.last_good = False
        """Whether it was given what was good before."""
        self.held: dict[str, dict[str, bytes]] = {}
        """By type, of a client that speaks of changes: what it has once it took all that was written."""
        self.up, self.down = Line(delay, on_message), Line(delay, on_message)
        self.opened_at = asyncio.get_running_loop().time()
        self.answers = 0
        self.ended_at: float | None = None
        self.details = ""
        self.slow = False
        """Whether the client does not read: writes take long."""
        self._on_write = on_write

    async def read(self) -> object:
        return await self.up.get()

    async def write(self, message: bytes) -> None:
        self.answers += 1
        self._on_write(self, decode(message, delta=self.delta))
        self.down.put(message)
        await asyncio.sleep(0.5 if self.slow else 0)

    async def abort(self, _: object, details: str) -> None:
        self.details = details
        raise AbortedError(details)

    def peer(self) -> str:
        return "model"


@dataclass(frozen=True)
class Answer:
    """A DiscoveryResponse as a client reads it."""

    type_url: str
    version: str
    nonce: str
    resources: dict[str, bytes]
    removed: tuple[str, ...] = ()
    """Of an answer that speaks of changes."""
    versions: Mapping[str, str] = field(default_factory=dict)
    """Of such an answer, by resource."""


def request(
    type_url: str, *, node: tuple[str, str] | None, names: tuple[str, ...], version: str, nonce: str, error: str | None
) -> bytes:
    """A DiscoveryRequest. *node*: (id, role)."""
    data = field_string(1, version) if version else b""
    if node is not None:
        data += field_bytes(2, field_string(1, node[0]) + field_string(2, node[1]))
    data += b"".join(field_string(3, name) for name in names)
    data += field_string(4, type_url)
    data += field_string(5, nonce) if nonce else b""
    return data if error is None else data + field_bytes(6, field_string(2, error))


def delta_request(
    type_url: str,
    *,
    node: tuple[str, str] | None,
    subscribe: Iterable[str],
    unsubscribe: Iterable[str],
    initial: Mapping[str, str],
    nonce: str,
    error: str | None,
) -> bytes:
    """A DeltaDiscoveryRequest. *node*: (id, role); *initial*: versions by name."""
    data = b"" if node is None else field_bytes(1, field_string(1, node[0]) + field_string(2, node[1]))
    data += field_string(2, type_url)
    data += b"".join(field_string(3, name) for name in subscribe)
    data += b"".join(field_string(4, name) for name in unsubscribe)
    data += b"".join(field_bytes(5, field_string(1, name) + field_string(2, it)) for name, it in initial.items())
    data += field_string(6, nonce) if nonce else b""
    return data if error is None else data + field_bytes(7, field_string(2, error))


def decode(data: bytes, *, delta: bool = False) -> Answer:
    """A DiscoveryResponse, or a DeltaDiscoveryResponse."""
    return _decode_delta(data) if delta else _decode(data)


def _decode_delta(data: bytes) -> Answer:
    strings = {1: "", 4: "", 5: ""}
    resources: dict[str, bytes] = {}
    versions: dict[str, str] = {}
    removed = []
    for number, value in fields(data):
        if number == 2:
            parts = dict(fields(value))
            name = parts[3].decode()
            assert name not in resources, f"{name} is in one response twice"
            resources[name] = dict(fields(parts[2])).get(2, b"")
            versions[name] = parts[1].decode()
        elif number == 6:
            removed.append(value.decode())
        elif number in strings:
            strings[number] = value.decode()
    return Answer(strings[4], strings[1], strings[5], resources, tuple(removed), versions)


def _decode(data: bytes) -> Answer:
    strings = {1: "", 4: "", 5: ""}
    resources: dict[str, bytes] = {}
    for number, value in fields(data):
        if number == 2:
            body = next((inner for n, inner in fields(value) if n == 2), b"")
            name = next(inner for n, inner in fields(body) if n == 1).decode()
            assert name not in resources, f"{name} is in one response twice"
            resources[name] = body
        elif number in strings:
            strings[number] = value.decode()
    return Answer(strings[4], strings[1], strings[5], resources)


def fields(data: bytes) -> Iterator[tuple[int, bytes]]:
    """(number, value) of the length-delimited fields of a message."""
    at = 0
    while at < len(data):
        key, begin, at = field_at(data, at, len(data))
        if key & 7 == 2:
            yield key >> 3, data[begin:at]


@lru_cache(maxsize=4096)
def addresses(assignment: bytes) -> frozenset[tuple[str, int]]:
    """(address, port) of all endpoints of a load assignment."""
    found = set()
    for _, locality in _at(assignment, 2):
        for _, lb_endpoint in _at(locality, 2):
            for _, endpoint in _at(lb_endpoint, 1):
                for _, address in _at(endpoint, 1):
                    for _, socket in _at(address, 1):
                        host = next(value for _, value in _at(socket, 2)).decode()
                        found.add((host, _varint(socket, 3)))
    return frozenset(found)


@lru_cache(maxsize=4096)
def route_targets(configuration: bytes) -> Mapping[str, tuple[str, ...]]:
    """By path: the clusters of a route in order, or `500`."""
    found = {}
    for _, host in _at(configuration, 2):
        for _, route in _at(host, 3):
            match = next(value for _, value in _at(route, 1))
            path = next(value for number, value in fields(match) if number in (1, 2, 14)).decode()
            found[path] = _targets(route)
    return found


def _targets(route: bytes) -> tuple[str, ...]:
    for _, action in _at(route, 2):
        single = [value.decode() for _, value in _at(action, 1)]
        weighted = [
            name.decode()
            for _, clusters in _at(action, 3)
            for _, cluster in _at(clusters, 1)
            for _, name in _at(cluster, 1)
        ]
        return tuple(single or weighted)
    return ("500",)


def _at(data: bytes, wanted: int) -> Iterator[tuple[int, bytes]]:
    return ((number, value) for number, value in fields(data) if number == wanted)


def _varint(data: bytes, wanted: int) -> int:
    at = 0
    while at < len(data):
        key, begin, at = field_at(data, at, len(data))
        if key == wanted << 3:
            return varint_at(data, begin, at)[0]
    return 0
