"""One HTTP connection: answers its requests one after another."""

import asyncio
import logging
import threading
from dataclasses import replace
from http import HTTPStatus
from typing import Final, cast

from probes.connection_table import ConnectionEntry, ConnectionState, ConnectionTable
from probes.endpoints import Endpoints
from probes.http import HttpResponse, text_response
from probes.request_parser import RequestError, RequestHead, find_head_end, parse_head

_log = logging.getLogger("probes")

_COMMON_HEADERS: Final = (
    ("Cache-Control", "no-store"),
    ("X-Content-Type-Options", "nosniff"),
    ("X-Frame-Options", "DENY"),
    ("Cross-Origin-Resource-Policy", "same-origin"),
)
_TOO_MANY_PAGES: Final = replace(
    text_response("too many pages are being made: try again in 1 s", 503), headers=(("Retry-After", "1"),)
)


class HttpConnection(asyncio.Protocol):
    """A connection as an asyncio protocol. Pages run in threads; everything else runs in the thread of the event loop.

    After creating it, add it to the table and set `entry`, before the transport is made.
    """

    entry: ConnectionEntry

    def __init__(self, endpoints: Endpoints, table: ConnectionTable, loop: asyncio.AbstractEventLoop) -> None:
        self._endpoints = endpoints
        self._table = table
        self._loop = loop
        self._buffer = bytearray()
        self._transport: asyncio.Transport | None = None
        self._aborted = False
        self._close_after_response = False

    # -- asyncio.Protocol --------------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keeps the transport."""
        self._transport = cast(asyncio.Transport, transport)
        self._transport.set_write_buffer_limits(high=0)
        if self._aborted:
            self._transport.abort()

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002  the reason does not matter
        """Removes the connection from the table."""
        self._transport = None
        self._table.remove(self.entry)

    def data_received(self, data: bytes) -> None:
        """Answers the next request, if it is complete."""
        if self.entry.state is ConnectionState.CLOSING:
            return
        self._buffer += data
        if self.entry.state is ConnectionState.IDLE:
            self._table.set_state(self.entry, ConnectionState.READING)
        self._answer_next_request()

    def eof_received(self) -> None:
        """Lets asyncio close the transport, which first sends what is already written."""

    def resume_writing(self) -> None:
        """The operating system has taken the whole response."""
        self._finish_response()

    # -- Abortable ---------------------------------------------------------------------------------

    def abort(self) -> None:
        """Ends the connection at once, also before it has a transport."""
        self._aborted = True
        if self._transport is not None:
            self._transport.abort()

    # ----------------------------------------------------------------------------------------------

    def _answer_next_request(self) -> None:
        """Does nothing while a response is under way: `_finish_response` calls it again."""
        if self.entry.state is not ConnectionState.READING:
            return
        try:
            size = find_head_end(self._buffer)
            if not size:
                return
            head = parse_head(bytes(self._buffer[:size]))
        except RequestError as error:
            self._close_after_response = True
            self._send_response(text_response(str(error), error.status))
            return
        del self._buffer[:size]
        self._close_after_response = not head.keep_alive
        if not self._endpoints.needs_thread(head.path):
            self._send_response(self._make_response(head), body=head.method != "HEAD")
        elif self._table.admit_page(self.entry):
            self._start_page(head)
        else:
            self._send_response(_TOO_MANY_PAGES)

    def _start_page(self, head: RequestHead) -> None:
        assert self._transport is not None
        self._table.set_state(self.entry, ConnectionState.HANDLING)
        self._transport.pause_reading()
        try:
            threading.Thread(target=self._run_page, args=(head,), name="probes-page", daemon=True).start()
        except RuntimeError:  # the operating system gives no more threads
            self._send_response(_TOO_MANY_PAGES)

    def _run_page(self, head: RequestHead) -> None:
        response = self._make_response(head)
        try:
            self._loop.call_soon_threadsafe(lambda: self._send_response(response, body=head.method != "HEAD"))
        except RuntimeError:
            return  # the server has stopped in the meantime

    def _make_response(self, head: RequestHead) -> HttpResponse:
        try:
            accept = head.headers.get("accept", "")
            return self._endpoints.respond(head.method, head.path, head.query, accept, headers=head.headers)
        except Exception:  # noqa: BLE001  a broken page costs its own response, not the server
            _log.exception("page %s failed", head.path)
            return text_response(f"{head.path} failed: see the traceback in the log of this process", 500)

    def _send_response(self, response: HttpResponse, *, body: bool = True) -> None:
        if self._transport is None or self._transport.is_closing():
            return
        content = response.body if body else b""
        self._table.set_state(self.entry, ConnectionState.WRITING, size=len(content))
        self._transport.pause_reading()
        self._transport.write(_encode_head(response, close=self._close_after_response) + content)
        if not self._transport.get_write_buffer_size():
            self._finish_response()

    def _finish_response(self) -> None:
        writing = self.entry.state is ConnectionState.WRITING
        if not writing or self._transport is None or self._transport.is_closing():
            return
        self._transport.resume_reading()
        if self._close_after_response:
            # Closing a socket with unread data resets the connection, and the client may lose the response. So we close
            # our direction only, discard what still arrives, and wait for the client to close.
            self._buffer.clear()
            self._table.set_state(self.entry, ConnectionState.CLOSING)
            self._transport.write_eof()
            return
        self._table.set_state(self.entry, ConnectionState.READING if self._buffer else ConnectionState.IDLE)
        if self._buffer:
            self._loop.call_soon(self._answer_next_request)


def _encode_head(response: HttpResponse, *, close: bool) -> bytes:
    headers = [
        *_COMMON_HEADERS,
        *response.headers,
        ("Content-Type", response.content_type),
        ("Content-Length", str(len(response.body))),
        *((("Connection", "close"),) if close else ()),
    ]
    status_line = f"HTTP/1.1 {response.status} {HTTPStatus(response.status).phrase}"
    lines = [status_line, *(f"{name}: {value}" for name, value in headers)]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")
