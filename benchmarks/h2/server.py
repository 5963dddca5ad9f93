"""The transport: it serves the discovery services over HTTP/2 by itself, for what `Streams.serve` takes.

A message that many streams are sent is cut into frames once; for each of them that is one write to its socket. It has what
a comparison needs: flow control both ways, PING, RST_STREAM, GOAWAY, limits of what arrives. It has no TLS, no health, and
no defence against a client that means harm.
"""

import asyncio
from collections.abc import Mapping
from typing import Any, Final, cast

import grpc
import hpack

from benchmarks.h2.call import RECEIVE_WINDOW, AbortError, H2Call, Preframed
from benchmarks.h2.frames import (
    ACK,
    CONTINUATION,
    DATA,
    END_HEADERS,
    END_STREAM,
    FRAME,
    GOAWAY,
    HEADERS,
    INITIAL_WINDOW_SIZE,
    MAX_FRAME_SIZE,
    PADDED,
    PING,
    PREFACE,
    PRIORITY,
    RST_STREAM,
    SETTINGS,
    WINDOW,
    WINDOW_UPDATE,
    Frames,
    ProtocolError,
    frame,
    settings,
    window_update,
)  # fmt: skip
from xds_server.xds.transport.registry import StreamRegistry
from xds_server.xds.transport.services import SERVICES
from xds_server.xds.transport.variant import DELTA, SOTW

MAX_HEADERS: Final = 1 << 14
SLICE: Final = 1 << 17
"""So much is handed to the socket at once: what it does not take is copied."""
METHODS: Final = {
    f"/{service.name}/{method}": (variant, service.type_url)
    for service in SERVICES
    for method, variant in ((service.sotw, SOTW), (service.delta, DELTA))
    if method
}


class Connection(asyncio.Protocol):
    """One client."""

    transport: asyncio.Transport

    def __init__(self, server: "H2Server") -> None:
        self.server = server
        self.preframed = server.preframed
        self.request_bytes = server.request_bytes
        self.peer = ""
        self.window = WINDOW
        self.max_frame = FRAME
        self._initial = WINDOW
        self._frames = Frames()
        self._preface = PREFACE
        self._hpack = hpack.Decoder(max_header_list_size=MAX_HEADERS)
        self._block: tuple[int, int, bytes] | None = None  # Stream, flags and beginning of headers that are continued.
        self._calls: dict[int, H2Call] = {}
        self._received = 0
        self._drained: asyncio.Future[None] | None = None
        self._room: asyncio.Future[None] | None = None

    # asyncio's side

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)
        self.transport.set_write_buffer_limits(high=SLICE)
        host, port = transport.get_extra_info("peername")[:2]
        self.peer = f"ipv4:{host}:{port}"
        self.server.connections.add(self)
        self.transport.write(
            settings({INITIAL_WINDOW_SIZE: RECEIVE_WINDOW}) + window_update(0, RECEIVE_WINDOW - WINDOW)
        )

    def connection_lost(self, exc: Exception | None) -> None:
        self.server.connections.discard(self)
        for call in self._calls.values():
            if call.task is not None:
                call.task.cancel()
        self.resume_writing()

    def pause_writing(self) -> None:
        self._drained = asyncio.get_running_loop().create_future()

    def resume_writing(self) -> None:
        drained, self._drained = self._drained, None
        if drained is not None and not drained.done():
            drained.set_result(None)

    def data_received(self, data: bytes) -> None:
        try:
            if self._preface:
                data = self._begin(data)
            for kind, flags, stream, payload in self._frames.feed(data):
                self._take(kind, flags, stream, payload)
        except (ProtocolError, hpack.HPACKError) as error:
            self.transport.write(frame(GOAWAY, 0, 0, bytes(7) + b"\x01" + str(error).encode()))
            self.transport.close()

    # The calls' side

    async def send(self, data: bytes) -> None:
        """Returns when *data* has left, or is in the buffer that every connection may have."""
        if len(data) <= SLICE:
            self.transport.write(data)
        else:
            view = memoryview(data)
            for at in range(0, len(data), SLICE):
                self.transport.write(view[at : at + SLICE])
                if self._drained is not None:
                    await asyncio.shield(self._drained)
        if self._drained is not None:
            await asyncio.shield(self._drained)

    async def room(self) -> None:
        """Returns when the client has given leave to send more."""
        if self._room is None:
            self._room = asyncio.get_running_loop().create_future()
        await asyncio.shield(self._room)

    # Frames

    def _begin(self, data: bytes) -> bytes:
        got, self._preface = data[: len(self._preface)], self._preface[len(data) :]
        if not PREFACE.endswith(got + self._preface):
            raise ProtocolError("no HTTP/2")
        return data[len(got) :]

    def _take(self, kind: int, flags: int, stream: int, payload: bytes) -> None:
        if self._block is not None and kind != CONTINUATION:
            raise ProtocolError("headers are cut off")
        if kind == DATA:
            self._take_data(flags, stream, payload)
        elif kind in (HEADERS, CONTINUATION):
            self._take_headers(kind, flags, stream, payload)
        elif kind == WINDOW_UPDATE:
            self._widen(stream, int.from_bytes(payload, "big"))
        elif kind == SETTINGS and not flags & ACK:
            self._take_settings(payload)
        elif kind == PING and not flags & ACK:
            self.transport.write(frame(PING, ACK, 0, payload))
        elif kind == RST_STREAM and (call := self._calls.get(stream)) is not None and call.task is not None:
            call.task.cancel()

    def _take_data(self, flags: int, stream: int, payload: bytes) -> None:
        self._received += len(payload)
        if self._received > RECEIVE_WINDOW // 2:
            self.transport.write(window_update(0, self._received))
            self._received = 0
        if (call := self._calls.get(stream)) is not None:
            if flags & PADDED:
                payload = payload[1 : len(payload) - payload[0]]
            call.received(payload, last=bool(flags & END_STREAM))

    def _take_headers(self, kind: int, flags: int, stream: int, payload: bytes) -> None:
        if kind == HEADERS:
            if flags & PADDED:
                payload = payload[1 : len(payload) - payload[0]]
            payload = payload[5:] if flags & PRIORITY else payload
            self._block = stream, flags, b""
        if self._block is None or self._block[0] != stream:
            raise ProtocolError("a continuation of nothing")
        stream, first, block = self._block[0], self._block[1], self._block[2] + payload
        if len(block) > MAX_HEADERS:
            raise ProtocolError(f"more than {MAX_HEADERS} bytes of headers")
        self._block = stream, first, block
        if flags & END_HEADERS:
            self._block = None
            self._open(stream, dict(self._hpack.decode(block)), last=bool(first & END_STREAM))

    def _open(self, stream: int, headers: Mapping[str, str], *, last: bool) -> None:
        if (known := self._calls.get(stream)) is not None:  # Trailers.
            known.received(b"", last=last)
            return
        call = self._calls[stream] = H2Call(self, stream, self._initial)
        call.task = asyncio.create_task(self._serve(call, headers.get(":path", "")))

    async def _serve(self, call: H2Call, path: str) -> None:
        try:
            method = METHODS.get(path)
            if method is None:
                call.end(grpc.StatusCode.UNIMPLEMENTED, f"there is no {path} here")
            else:
                await self.server.streams.serve(call, *method)
                call.end()
        except AbortError:
            pass
        finally:
            del self._calls[call.number]

    def _take_settings(self, payload: bytes) -> None:
        for at in range(0, len(payload), 6):
            key, value = int.from_bytes(payload[at : at + 2], "big"), int.from_bytes(payload[at + 2 : at + 6], "big")
            if key == INITIAL_WINDOW_SIZE:
                for call in self._calls.values():
                    call.window += value - self._initial
                self._initial = value
                self._widen(0, 0)
            elif key == MAX_FRAME_SIZE:
                self.max_frame = min(value, 1 << 20)
        self.transport.write(frame(SETTINGS, ACK, 0))

    def _widen(self, stream: int, more: int) -> None:
        if not stream:
            self.window += more
        elif (call := self._calls.get(stream)) is not None:
            call.window += more
        room, self._room = self._room, None
        if room is not None and not room.done():
            room.set_result(None)


class H2Server:
    """Serves *streams* on a port of 127.0.0.1, with what `AdsServer` has for a benchmark."""

    def __init__(self, streams: StreamRegistry, request_bytes: int = 16 << 20) -> None:
        self.streams = streams
        self.request_bytes = request_bytes
        self.preframed = Preframed()
        self.connections: set[Connection] = set()
        self._server: asyncio.Server | None = None

    async def start(self, port: int = 0) -> int:
        """Opens the port, and returns its number."""
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(lambda: Connection(self), "127.0.0.1", port, backlog=4096)
        return int(self._server.sockets[0].getsockname()[1])

    def publish(self, changes: Mapping[str | None, Any]) -> None:
        """Tells streams what changed."""
        self.streams.publish(changes)

    async def stop(self, grace: float = 0) -> None:
        """Ends all connections."""
        assert self._server is not None
        self._server.close()
        for connection in list(self.connections):
            connection.transport.close()
        await self._server.wait_closed()
