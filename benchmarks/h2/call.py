"""One stream of the transport, and what its messages look like on the wire."""

import asyncio
from collections import OrderedDict, deque
from typing import Final, Protocol

import grpc

from benchmarks.h2.frames import (
    DATA,
    END_HEADERS,
    END_STREAM,
    HEADERS,
    PREFIX,
    Messages,
    data_frames,
    frame,
    window_update,
)
from xds_server.envoy.wire.writer import varint

RECEIVE_WINDOW: Final = 1 << 20
# :status 200 by its index in HPACK's static table, content-type by name index and value.
_RESPONSE: Final = b"\x88\x0f\x10\x10application/grpc"


class Way(Protocol):
    """What a stream uses of its connection."""

    transport: asyncio.Transport
    preframed: "Preframed"
    request_bytes: int
    peer: str
    window: int
    """Bytes that may be sent on it."""
    max_frame: int

    async def send(self, data: bytes) -> None:
        """Returns when *data* has left, or is in the buffer that every connection may have."""

    async def room(self) -> None:
        """Returns when the client has given leave to send more."""


class AbortError(grpc.aio.BaseError):
    """A call was ended by us."""


class Preframed:
    """The latest messages, cut into frames for a stream number: most clients have one stream, and so the same number."""

    def __init__(self, entries: int = 16) -> None:
        self._entries = entries
        self._known: OrderedDict[tuple[int, int, int], tuple[bytes, bytes]] = OrderedDict()

    def frames(self, message: bytes, stream: int, size: int) -> bytes:
        """The frames of *message*; made once for the same object."""
        key = (id(message), stream, size)
        known = self._known.get(key)
        if known is None:
            known = self._known[key] = message, data_frames(message, stream, size)  # The message keeps its id.
            if len(self._known) > self._entries:
                self._known.popitem(last=False)
        return known[1]


class H2Call:
    """One stream: a `transport.stream.Call`."""

    __slots__ = (
        "_asked",
        "_connection",
        "_ended",
        "_inbox",
        "_messages",
        "_opened",
        "_read",
        "number",
        "task",
        "window",
    )

    def __init__(self, connection: Way, number: int, window: int) -> None:
        self._connection = connection
        self._inbox: deque[bytes] = deque()
        self._messages = Messages()
        self._asked: asyncio.Future[None] | None = None
        self._ended = self._opened = False
        self._read = 0
        self.number = number
        self.window = window
        """Bytes that may be sent."""
        self.task: asyncio.Task[None] | None = None

    def received(self, payload: bytes, *, last: bool) -> None:
        """The client sent something, or *last* its last."""
        for message in self._messages.feed(payload, self._connection.request_bytes):
            self._inbox.append(message)
        self._ended = self._ended or last
        if self._asked is not None and not self._asked.done() and (self._inbox or self._ended):
            self._asked.set_result(None)

    async def read(self) -> object:
        """The next message as bytes; None, if there are no more."""
        if not self._inbox and not self._ended:
            self._asked = asyncio.get_running_loop().create_future()
            await self._asked
        if not self._inbox:
            return None
        message = self._inbox.popleft()
        self._read += PREFIX + len(message)
        if self._read > RECEIVE_WINDOW // 2:  # What is not read is not asked for.
            self._connection.transport.write(window_update(self.number, self._read))
            self._read = 0
        return message

    async def write(self, message: bytes) -> None:
        """Returns when the message is on its way, or in the hands of the kernel."""
        connection = self._connection
        if not self._opened:
            self._opened = True
            connection.transport.write(frame(HEADERS, END_HEADERS, self.number, _RESPONSE))
        size = PREFIX + len(message)
        if size <= self.window and size <= connection.window:
            self.window -= size
            connection.window -= size
            await connection.send(connection.preframed.frames(message, self.number, connection.max_frame))
            return
        body = b"".join((b"\0", len(message).to_bytes(4, "big"), message))
        at = 0
        while at < size:
            while (room := min(self.window, connection.window, connection.max_frame, size - at)) <= 0:
                await connection.room()
            self.window -= room
            connection.window -= room
            await connection.send(frame(DATA, 0, self.number, body[at : at + room]))
            at += room

    async def abort(self, code: grpc.StatusCode, details: str) -> None:
        """Ends the call, and raises."""
        self.end(code, details)
        raise AbortError

    def end(self, code: grpc.StatusCode = grpc.StatusCode.OK, details: str = "") -> None:
        """Sends the status; nothing may follow."""
        text = "".join(
            c if 32 <= ord(c) < 127 and c != "%" else "".join(f"%{b:02X}" for b in c.encode()) for c in details
        )
        head = b"" if self._opened else _RESPONSE
        trailer = b"".join(
            _literal(name, value) for name, value in (("grpc-status", str(code.value[0])), ("grpc-message", text))
        )
        self._connection.transport.write(frame(HEADERS, END_HEADERS | END_STREAM, self.number, head + trailer))

    def peer(self) -> str:
        """The address at the other end."""
        return self._connection.peer


def _literal(name: str, value: str) -> bytes:
    """A header as HPACK's literal that is never indexed (RFC 7541 section 6.2.3)."""
    return b"\x10" + _string(name) + _string(value)


def _string(value: str) -> bytes:
    size = len(value)
    return (bytes((size,)) if size < 127 else b"\x7f" + varint(size - 127)) + value.encode()
