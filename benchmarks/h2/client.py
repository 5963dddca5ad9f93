"""Streams to a server of xDS, of which one process can have a thousand: it reads frames, and looks into nothing.

It gives leave to send all at once, as an Envoy does.
"""

import asyncio
from collections.abc import Callable
from typing import Final, cast

import hpack

from benchmarks.h2.frames import (
    ACK,
    DATA,
    END_HEADERS,
    END_STREAM,
    FRAME,
    GOAWAY,
    HEADERS,
    INITIAL_WINDOW_SIZE,
    PING,
    PREFACE,
    SETTINGS,
    WINDOW,
    WINDOW_UPDATE,
    Frames,
    Messages,
    frame,
    settings,
    window_update,
)  # fmt: skip
from xds_server.envoy.wire.reader import field_at

METHOD: Final = "/envoy.service.discovery.v3.AggregatedDiscoveryService/StreamAggregatedResources"
LARGEST: Final = (1 << 31) - 1
_WINDOW: Final = 1 << 30
_LIMIT: Final = 1 << 30
_LOOK: Final = 400


class LoadStream(asyncio.Protocol):
    """One connection with one stream. *on_message* gets it and each message."""

    transport: asyncio.Transport

    def __init__(self, on_message: Callable[["LoadStream", bytes], None], window: int = _WINDOW) -> None:
        self._on_message = on_message
        self._window = window
        self._frames = Frames()
        self._messages = Messages()
        self._read = 0
        self._unsent = b""
        self._initial = WINDOW
        self._room = [WINDOW, WINDOW]  # Of the connection, and of the stream.
        self.ended: asyncio.Future[dict[str, str]] = asyncio.get_running_loop().create_future()
        """The trailers; an error, if the connection ends without."""
        self.ended.add_done_callback(lambda ended: ended.cancelled() or ended.exception())  # Who wants to know asks.

    @classmethod
    async def open(
        cls, port: int, on_message: Callable[["LoadStream", bytes], None], method: str = METHOD, window: int = _WINDOW
    ) -> "LoadStream":
        """A stream on a connection of its own. *window*: what may be sent to it without its leave, in bytes."""
        loop = asyncio.get_running_loop()
        _, made = await loop.create_connection(lambda: cls(on_message, window), "127.0.0.1", port)
        headers = [
            (":method", "POST"), (":scheme", "http"), (":path", method), (":authority", f"127.0.0.1:{port}"),
            ("content-type", "application/grpc"), ("te", "trailers"),
        ]  # fmt: skip
        made.transport.write(
            PREFACE
            + settings({INITIAL_WINDOW_SIZE: window})
            + window_update(0, _WINDOW)
            + frame(HEADERS, END_HEADERS, 1, hpack.Encoder().encode(headers))
        )
        return made

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)

    def connection_lost(self, exc: Exception | None) -> None:
        if not self.ended.done():
            self.ended.set_exception(exc or ConnectionError("connection was closed"))

    def data_received(self, data: bytes) -> None:
        for kind, flags, stream, payload in self._frames.feed(data, LARGEST):
            if kind == DATA:
                self._take(payload)
            elif kind == HEADERS and flags & END_STREAM:
                self.ended.set_result(dict(hpack.Decoder().decode(payload)))
            elif kind == SETTINGS and not flags & ACK:
                self._take_settings(payload)
            elif kind == WINDOW_UPDATE:
                self._room[min(stream, 1)] += int.from_bytes(payload, "big")
                self._flush()
            elif kind == PING and not flags & ACK:
                self.transport.write(frame(PING, ACK, stream, payload))
            elif kind == GOAWAY and not self.ended.done():
                self.ended.set_exception(ConnectionError(payload[8:].decode()))

    def ask(self, request: bytes) -> None:
        """Sends a message, as far as there is leave to; the rest when there is."""
        self._unsent += b"".join((b"\0", len(request).to_bytes(4, "big"), request))
        self._flush()

    def close(self) -> None:
        """Hangs up."""
        self.ended.cancel()
        self.transport.close()

    def _flush(self) -> None:
        while (size := min(len(self._unsent), FRAME, *self._room)) > 0:
            self.transport.write(frame(DATA, 0, 1, self._unsent[:size]))
            self._unsent = self._unsent[size:]
            self._room = [room - size for room in self._room]

    def _take_settings(self, payload: bytes) -> None:
        for at in range(0, len(payload), 6):
            if int.from_bytes(payload[at : at + 2], "big") == INITIAL_WINDOW_SIZE:
                window = int.from_bytes(payload[at + 2 : at + 6], "big")
                self._room[1] += window - self._initial
                self._initial = window
        self.transport.write(frame(SETTINGS, ACK, 0))
        self._flush()

    def _take(self, payload: bytes) -> None:
        self._read += len(payload)
        if self._read > self._window // 2:
            self.transport.write(window_update(0, self._read) + window_update(1, self._read))
            self._read = 0
        for message in self._messages.feed(payload, _LIMIT):
            self._on_message(self, message)


def nonce_of(response: bytes, type_url: bytes) -> bytes:
    """The nonce in a response, which our server writes behind the type's name."""
    tail = response[-_LOOK:]
    tail = tail[tail.rindex(type_url) + len(type_url) :]
    _, begin, end = field_at(tail, 0, len(tail))
    return tail[begin:end]
