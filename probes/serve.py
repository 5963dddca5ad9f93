"""The HTTP server in front of the endpoints: the only input and output in this package.

It runs in threads of its own, so that a busy event loop does not keep a probe waiting.
"""

import errno
import logging
import socket
import threading
from collections.abc import Callable
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socketserver import TCPServer
from types import TracebackType
from typing import ClassVar, Self

from probes.endpoints import Endpoints
from probes.message import Response, plain

_log = logging.getLogger("probes")

_IDLE_SECONDS = 20.0
"""How long a connection may be silent: longer than the period of a probe, which then need not connect again."""
_MAX_CONNECTIONS = 64
_POLL_SECONDS = 0.1
_HEADERS = (("Cache-Control", "no-store"), ("X-Content-Type-Options", "nosniff"))


class ServeError(OSError):
    """The address cannot be listened on; the message says which and what to do."""


class AddressInUse(ServeError):  # noqa: N818  it is the state of the address, and reads so
    """Something else listens there."""


@dataclass(frozen=True, slots=True)
class Server:
    """A running server."""

    host: str
    port: int
    """The real one, if port 0 was asked for."""
    _stop: Callable[[], None]

    @property
    def address(self) -> str:
        """`host:port`, as in a URL."""
        return _shown(self.host, self.port)

    def stop(self) -> None:
        """Stops listening and ends all connections; when it returns, the port is free. May be called again."""
        self._stop()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.stop()


def serve(endpoints: Endpoints, host: str, port: int) -> Server:
    """A server that answers by *endpoints* from now on. Port 0 takes any free one.

    Raises: AddressInUse, ServeError.
    """
    try:
        server = _HTTPServer(endpoints, host, port)
    except OSError as error:
        raise _explained(error, _shown(host, port)) from error
    except OverflowError as error:
        raise ServeError(f"http address {_shown(host, port)}: a port is a number from 0 to 65535") from error
    thread = threading.Thread(target=server.serve_forever, args=(_POLL_SECONDS,), name="probes", daemon=True)
    thread.start()

    def stop() -> None:
        if thread.is_alive():
            server.shutdown()
            thread.join()
            server.end()

    return Server(host, int(server.server_address[1]), stop)


def _shown(host: str, port: int) -> str:
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def _explained(error: OSError, address: str) -> ServeError:
    if error.errno == errno.EADDRINUSE:
        return AddressInUse(
            error.errno, f"http address {address} is in use: stop what listens there, or choose another port"
        )
    reason = error.strerror or str(error)
    return ServeError(
        error.errno,
        f"http address {address} cannot be listened on ({reason}): choose one that this machine has and we may use",
    )


class _HTTPServer(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    allow_reuse_address = True
    # Some versions of Python set this, and a second server would then silently share the port.
    allow_reuse_port = False
    request_queue_size = 128

    def __init__(self, endpoints: Endpoints, host: str, port: int) -> None:
        self.endpoints = endpoints
        self.address_family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self._connections: set[socket.socket] = set()
        super().__init__((host, port), _Handler)

    def server_bind(self) -> None:
        # Not HTTPServer's own: that asks DNS for our name, which may take seconds.
        TCPServer.server_bind(self)
        self.server_name, self.server_port = str(self.server_address[0]), int(self.server_address[1])

    def process_request(self, request: socket.socket, client_address: tuple[str, int]) -> None:  # type: ignore[override]
        if len(self._connections) >= _MAX_CONNECTIONS:
            self.shutdown_request(request)
            return
        self._connections.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: socket.socket) -> None:  # type: ignore[override]
        self._connections.discard(request)
        super().shutdown_request(request)

    def handle_error(self, request: object, client_address: object) -> None:
        """A client went away in the middle: nobody's error."""

    def end(self) -> None:
        """Frees the port, and wakes the threads that wait for a request on an open connection."""
        self.server_close()
        for connection in list(self._connections):
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                continue


class _Handler(BaseHTTPRequestHandler):
    server: _HTTPServer
    protocol_version = "HTTP/1.1"
    timeout: ClassVar[float] = _IDLE_SECONDS
    disable_nagle_algorithm = True
    wbufsize = -1

    def _answer(self) -> None:
        path, _, query = self.path.partition("?")
        try:
            response = self.server.endpoints.respond(self.command, path, query, self.headers.get("Accept", ""))
        except Exception:  # noqa: BLE001  a page that breaks costs its own answer, not the thread
            _log.exception("page %s failed", path)
            response = plain(f"{path} failed: the log of the process says why", 500)
        # A body is never read, so what follows on this connection would be taken for a request.
        if (
            self.command not in {"GET", "HEAD"}
            or "Content-Length" in self.headers
            or "Transfer-Encoding" in self.headers
        ):
            self.close_connection = True
        self._send(response)

    def _send(self, response: Response) -> None:
        self.send_response(response.status)
        for name, value in (*_HEADERS, *response.headers):
            self.send_header(name, value)
        self.send_header("Content-Type", response.content_type)
        self.send_header("Content-Length", str(len(response.body)))
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(response.body)

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = _answer  # noqa: N815  the base class looks for these names

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  the name is the base class's
        """Says nothing: a probe every second is no news."""

    def version_string(self) -> str:
        return "probes"
