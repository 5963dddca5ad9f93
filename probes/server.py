"""The HTTP server of the endpoints. It and its connections are the only modules of this package that do I/O.

It has a thread and an event loop of its own, so that a busy event loop of the program delays no probe. It answers probes in
that thread, and runs each page in another one. Why it does not use an HTTP library: docs/decisions/0011.
"""

import asyncio
import contextlib
import errno
import logging
import os
import socket
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from types import TracebackType
from typing import Final, Self

from probes.connection_table import ConnectionTable
from probes.endpoints import Endpoints
from probes.http_connection import HttpConnection

_log = logging.getLogger("probes")

_BACKLOG: Final = 128
_MAX_ACCEPTS_AT_ONCE: Final = 64
_CHECK_SECONDS: Final = 0.25
"""How often the server looks for overdue connections."""
_ACCEPT_PAUSE_SECONDS: Final = (0.05, 1.0)
"""How long accepting pauses after an error: the first pause, and the longest. Each error doubles it."""
_SPARE_DESCRIPTORS: Final = 4
_NO_DESCRIPTORS = frozenset({errno.EMFILE, errno.ENFILE})
_CLIENT_ERRORS = (BlockingIOError, InterruptedError, ConnectionAbortedError)


class ListenError(OSError):
    """The server cannot listen on the address. The message names the address and the next step."""


class AddressInUseError(ListenError):
    """Another socket listens on the address."""


@dataclass(frozen=True, slots=True)
class HttpServer:
    """A running server. As a context manager, it stops at the end of the block."""

    host: str
    port: int
    """The port it listens on; the one that the operating system chose, if port 0 was asked for."""
    _stop: Callable[[], None]

    @property
    def address(self) -> str:
        """`host:port`, as in a URL."""
        return _format_address(self.host, self.port)

    def stop(self) -> None:
        """Stops listening and ends all connections. When it returns, the port is free. May be called again."""
        self._stop()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.stop()


def serve(endpoints: Endpoints, host: str, port: int, *, connections: ConnectionTable | None = None) -> HttpServer:
    """Starts a server that answers with *endpoints*. Port 0 takes any free one; host `::` takes every address.

    *connections* is the table in which the server keeps its connections; its limits are those of the server.
    Raises: AddressInUseError, ListenError.
    """
    address = _format_address(host, port)
    try:
        listener = _listen(host, port)
    except OSError as error:
        raise _listen_error(error, address) from error
    except OverflowError as error:
        raise ListenError(f"cannot listen on http address {address}: choose a port from 0 to 65535") from error
    except (UnicodeError, TypeError) as error:
        raise ListenError(
            f"cannot listen on http address {address}: {host!r} is not a host name, give a name or an IP address"
        ) from error
    actual_port = int(listener.getsockname()[1])
    table = ConnectionTable(clock=time.monotonic) if connections is None else connections
    loop = _ServerLoop(endpoints, listener, table)
    thread = threading.Thread(target=loop.run, name="probes", daemon=True)
    thread.start()

    def stop() -> None:
        loop.stop()
        thread.join()

    return HttpServer(host, actual_port, stop)


def _listen(host: str, port: int) -> socket.socket:
    """A listening socket. `::` is every address of both families, or of IPv4 alone on a kernel without IPv6."""
    try:
        listener = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_STREAM)
    except OSError as error:
        if host != "::" or error.errno != errno.EAFNOSUPPORT:
            raise
        return _listen("0.0.0.0", port)  # noqa: S104  every address was asked for
    try:
        if host == "::":
            listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        # Not SO_REUSEPORT: a second server would then silently share the port.
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        listener.listen(_BACKLOG)
        listener.settimeout(0)
    except BaseException:
        listener.close()
        raise
    return listener


def _format_address(host: str, port: int) -> str:
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def _listen_error(error: OSError, address: str) -> ListenError:
    if error.errno == errno.EADDRINUSE:
        return AddressInUseError(
            error.errno, f"http address {address} is in use: stop what listens there, or choose another port"
        )
    return ListenError(
        error.errno,
        f"cannot listen on http address {address} ({error.strerror or error}): "
        "choose an address of this machine and a port that this user may bind",
    )


class _SpareDescriptors:
    """Open file descriptors to give up when the process has no others, so that a connection can still be accepted."""

    def __init__(self) -> None:
        self._descriptors: list[int] = []
        self.refill()

    def release_one(self) -> bool:
        """Closes one, so that the process has a free descriptor. False if none is left."""
        if not self._descriptors:
            return False
        os.close(self._descriptors.pop())
        return True

    def refill(self) -> None:
        """Opens new ones in place of the released ones, as far as the process has free descriptors."""
        with contextlib.suppress(OSError):
            while len(self._descriptors) < _SPARE_DESCRIPTORS:
                self._descriptors.append(os.open(os.devnull, os.O_RDONLY | os.O_CLOEXEC))

    def close(self) -> None:
        while self.release_one():
            pass


class _ServerLoop:
    """Accepts connections and ends overdue ones, on an event loop of its own. `run` is the body of the server's thread."""

    def __init__(self, endpoints: Endpoints, listener: socket.socket, table: ConnectionTable) -> None:
        self._endpoints = endpoints
        self._listener = listener
        self._table = table
        self._spares = _SpareDescriptors()
        self._accept_pause = _ACCEPT_PAUSE_SECONDS[0]
        self._tasks: set[asyncio.Task[object]] = set()
        self._loop = asyncio.new_event_loop()
        self._loop.set_exception_handler(_log_loop_error)
        self._stopped = asyncio.Event()

    def run(self) -> None:
        """Serves until `stop` is called."""
        try:
            self._loop.run_until_complete(self._serve())
        finally:
            self._loop.close()

    def stop(self) -> None:
        """Ends `run`. Any thread may call it, also again."""
        with contextlib.suppress(RuntimeError):  # the loop is closed already
            self._loop.call_soon_threadsafe(self._stopped.set)

    async def _serve(self) -> None:
        self._start_accepting()
        try:
            while not self._stopped.is_set():
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._stopped.wait(), _CHECK_SECONDS)
                self._table.end_overdue()
                self._spares.refill()
        finally:
            self._loop.remove_reader(self._listener)
            self._listener.close()
            self._spares.close()
            self._table.end_all()
            await asyncio.gather(*self._tasks, return_exceptions=True)
            await asyncio.sleep(0)  # lets the transports close their sockets

    def _start_accepting(self) -> None:
        if not self._stopped.is_set():
            self._loop.add_reader(self._listener, self._accept_connections)

    def _accept_connections(self) -> None:
        for _ in range(_MAX_ACCEPTS_AT_ONCE):
            try:
                accepted, address = self._listener.accept()
            except _CLIENT_ERRORS:
                return
            except OSError as error:
                self._handle_accept_error(error)
                return
            self._accept_pause = _ACCEPT_PAUSE_SECONDS[0]
            self._add_connection(accepted, str(address[0]))

    def _handle_accept_error(self, error: OSError) -> None:
        """Frees a descriptor, or else pauses: the listener stays readable, so that the loop would spin without a pause."""
        self._table.count_accept_error(error.strerror or str(error))
        if error.errno in _NO_DESCRIPTORS and (self._spares.release_one() or self._table.evict()):
            return
        self._loop.remove_reader(self._listener)
        self._loop.call_later(self._accept_pause, self._start_accepting)
        self._accept_pause = min(2 * self._accept_pause, _ACCEPT_PAUSE_SECONDS[1])

    def _add_connection(self, accepted: socket.socket, address: str) -> None:
        connection = HttpConnection(self._endpoints, self._table, self._loop)
        entry = self._table.add(connection, address)
        if entry is None:
            accepted.close()
            return
        connection.entry = entry
        accepted.settimeout(0)
        task = self._loop.create_task(self._loop.connect_accepted_socket(lambda: connection, accepted))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


def _log_loop_error(_: asyncio.AbstractEventLoop, context: dict[str, object]) -> None:
    error = context.get("exception")
    if not isinstance(error, OSError):  # an OSError means that a client has left, which is not an error here
        _log.error("%s", context.get("message"), exc_info=error if isinstance(error, BaseException) else None)
