"""One HTTP connection: its requests in turn, each answered before the next is looked at."""

import asyncio
import logging
import threading
from dataclasses import replace
from http import HTTPStatus
from typing import Final, cast

from probes.connection_table import Connections, Place, State
from probes.endpoints import Endpoints
from probes.http import HttpResponse, text_response
from probes.request_parser import Head, HeadError, cut, read

_log = logging.getLogger("probes")

_FIELDS: Final = (
    ("Cache-Control", "no-store"),
    ("X-Content-Type-Options", "nosniff"),
    ("X-Frame-Options", "DENY"),
    ("Cross-Origin-Resource-Policy", "same-origin"),
)


class HttpConnection(asyncio.Protocol):
    """A connection as a protocol of asyncio. All but the making of pages happens in the loop's thread."""

    place: Place

    def __init__(self, endpoints: Endpoints, connections: Connections, loop: asyncio.AbstractEventLoop) -> None:
        self._endpoints = endpoints
        self._connections = connections
        self._loop = loop
        self._buffer = bytearray()
        self._transport: asyncio.Transport | None = None
        self._aborted = False
        self._last = False
        """Whether the answer that is being sent is the last on this connection."""

    # -- asyncio.Protocol --------------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """The connection is open."""
        self._transport = cast(asyncio.Transport, transport)
        self._transport.set_write_buffer_limits(high=0)
        if self._aborted:
            self._transport.abort()

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002  either way it is gone
        """The connection is closed."""
        self._transport = None
        self._connections.remove(self.place)

    def data_received(self, data: bytes) -> None:
        """Bytes of a request, or of several."""
        if self.place.state is State.LEAVING:
            return
        self._buffer += data
        if self.place.state is State.IDLE:
            self._connections.move(self.place, State.READING)
        if self.place.state is State.READING:
            self._next()

    def eof_received(self) -> None:
        """The client sends no more; what it was owed has been written by now."""

    def resume_writing(self) -> None:
        """All that was written has been sent."""
        self._sent()

    # -- Connection of the table -------------------------------------------------------------------

    def abort(self) -> None:
        """Ends it at once."""
        self._aborted = True
        if self._transport is not None:
            self._transport.abort()

    # ----------------------------------------------------------------------------------------------

    def _next(self) -> None:
        """Answers the next request, if it has come whole."""
        if self.place.state is not State.READING:
            return
        try:
            size = cut(self._buffer)
            if not size:
                return
            head = read(bytes(self._buffer[:size]))
        except HeadError as error:
            self._last = True
            self._send(text_response(str(error), error.status))
            return
        del self._buffer[:size]
        self._last = not head.keep_alive
        if not self._endpoints.needs_thread(head.path):
            self._send(self._response(head), body=head.method != "HEAD")
        elif self._connections.may_make_page(self.place):
            self._begin_page(head)
        else:
            self._send(_BUSY)

    def _begin_page(self, head: Head) -> None:
        assert self._transport is not None
        self._connections.move(self.place, State.ANSWERING)
        self._transport.pause_reading()
        try:
            threading.Thread(target=self._make_page, args=(head,), name="probes-page", daemon=True).start()
        except RuntimeError:  # no more threads are to be had
            self._send(_BUSY)

    def _make_page(self, head: Head) -> None:
        response = self._response(head)
        try:
            self._loop.call_soon_threadsafe(lambda: self._send(response, body=head.method != "HEAD"))
        except RuntimeError:
            return  # the server has been stopped meanwhile

    def _response(self, head: Head) -> HttpResponse:
        try:
            return self._endpoints.respond(
                head.method, head.path, head.query, head.fields.get("accept", ""), headers=head.fields
            )
        except Exception:  # noqa: BLE001  a page that breaks costs its own answer, not the thread
            _log.exception("page %s failed", head.path)
            return text_response(f"{head.path} failed: the log of the process says why", 500)

    def _send(self, response: HttpResponse, *, body: bool = True) -> None:
        if self._transport is None or self._transport.is_closing():
            return
        content = response.body if body else b""
        self._connections.move(self.place, State.WRITING, size=len(content))
        self._transport.pause_reading()
        self._transport.write(_head(response, last=self._last) + content)
        if not self._transport.get_write_buffer_size():
            self._sent()

    def _sent(self) -> None:
        if self.place.state is not State.WRITING or self._transport is None or self._transport.is_closing():
            return
        self._transport.resume_reading()
        if self._last:
            # Closed with bytes unread, the answer might be lost: the client is given the time to read it.
            self._buffer.clear()
            self._connections.move(self.place, State.LEAVING)
            self._transport.write_eof()
            return
        self._connections.move(self.place, State.READING if self._buffer else State.IDLE)
        if self._buffer:
            self._loop.call_soon(self._next)


_BUSY: Final = replace(
    text_response("enough pages are being made: try again, and look at /debug/connections", 503),
    headers=(("Retry-After", "1"),),
)


def _head(response: HttpResponse, *, last: bool) -> bytes:
    fields = [
        *_FIELDS,
        *response.headers,
        ("Content-Type", response.content_type),
        ("Content-Length", str(len(response.body))),
        *((("Connection", "close"),) if last else ()),
    ]
    lines = [f"HTTP/1.1 {response.status} {HTTPStatus(response.status).phrase}", *(f"{n}: {v}" for n, v in fields)]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")
