"""The HTTP server in front of the endpoints: the only input and output in this package.

It has a thread and an event loop of its own, so that a busy event loop elsewhere keeps no probe waiting. Probes are
answered in that thread, and each page is made in another one. Why it is not a library's: docs/decisions/0011.
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

from probes.connection_table import Connections
from probes.endpoints import Endpoints
from probes.http_connection import HttpConnection

_log = logging.getLogger("probes")

_BACKLOG: Final = 128
_ACCEPT_AT_ONCE: Final = 64
_SWEEP_SECONDS: Final = 0.25
_PAUSE_SECONDS: Final = (0.05, 1.0)
"""How long accepting rests after an error: at first, doubled with each one that follows, and at most."""
_RESERVED: Final = 4
_OUT_OF = frozenset({errno.EMFILE, errno.ENFILE})
_OF_ONE_CLIENT = (BlockingIOError, InterruptedError, ConnectionAbortedError)


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


def serve(endpoints: Endpoints, host: str, port: int, *, connections: Connections | None = None) -> Server:
    """A server that answers by *endpoints* from now on. Port 0 takes any free one.

    *connections* is the table in which it keeps its connections, with their limits.
    Raises: AddressInUse, ServeError.
    """
    try:
        listening = _listening(host, port)
    except OSError as error:
        raise _explained(error, _shown(host, port)) from error
    except OverflowError as error:
        raise ServeError(f"http address {_shown(host, port)}: a port is a number from 0 to 65535") from error
    except (UnicodeError, TypeError) as error:
        raise ServeError(f"http address {_shown(host, port)}: {host!r} cannot be the name of a host") from error
    real_port = int(listening.getsockname()[1])
    table = Connections(clock=time.monotonic) if connections is None else connections
    listener = _Listener(endpoints, listening, table)
    thread = threading.Thread(target=listener.run, name="probes", daemon=True)
    thread.start()

    def stop() -> None:
        listener.stop()
        thread.join()

    return Server(host, real_port, stop)


def _listening(host: str, port: int) -> socket.socket:
    """A socket that listens; `::` is every address, of either family, or of IPv4 on a kernel without IPv6."""
    try:
        listening = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_STREAM)
    except OSError as error:
        if host != "::" or error.errno != errno.EAFNOSUPPORT:
            raise
        return _listening("0.0.0.0", port)  # noqa: S104 - what was asked for, as far as there is any of it
    try:
        if host == "::":
            listening.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        # Not SO_REUSEPORT: a second server would then silently share the port.
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind((host, port))
        listening.listen(_BACKLOG)
        listening.settimeout(0)
    except BaseException:
        listening.close()
        raise
    return listening


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


class _Reserve:
    """A few file descriptors that are kept open for nothing, and given up when there are no others."""

    def __init__(self) -> None:
        self._kept: list[int] = []
        self.refill()

    def lend(self) -> bool:
        """Whether there is one more free descriptor now."""
        if not self._kept:
            return False
        os.close(self._kept.pop())
        return True

    def refill(self) -> None:
        """Takes back what was lent, as far as that can be had."""
        with contextlib.suppress(OSError):
            while len(self._kept) < _RESERVED:
                self._kept.append(os.open(os.devnull, os.O_RDONLY | os.O_CLOEXEC))

    def close(self) -> None:
        while self.lend():
            pass


class _Listener:
    """Accepts connections, and ends those whose time is up, in a thread of its own."""

    def __init__(self, endpoints: Endpoints, listening: socket.socket, connections: Connections) -> None:
        self._endpoints = endpoints
        self._listening = listening
        self._connections = connections
        self._reserve = _Reserve()
        self._pause = _PAUSE_SECONDS[0]
        self._tasks: set[asyncio.Task[object]] = set()
        self._loop = asyncio.new_event_loop()
        self._loop.set_exception_handler(_unexpected)
        self._stopped = asyncio.Event()

    def run(self) -> None:
        """Serves until it is stopped."""
        try:
            self._loop.run_until_complete(self._serve())
        finally:
            self._loop.close()

    def stop(self) -> None:
        """Ends `run`; may be called from any thread, and again."""
        with contextlib.suppress(RuntimeError):  # the loop is closed already
            self._loop.call_soon_threadsafe(self._stopped.set)

    async def _serve(self) -> None:
        self._listen()
        try:
            while not self._stopped.is_set():
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._stopped.wait(), _SWEEP_SECONDS)
                self._connections.expire()
                self._reserve.refill()
        finally:
            self._loop.remove_reader(self._listening)
            self._listening.close()
            self._reserve.close()
            self._connections.end_all()
            await asyncio.gather(*self._tasks, return_exceptions=True)
            await asyncio.sleep(0)  # the transports close their sockets

    def _listen(self) -> None:
        if not self._stopped.is_set():
            self._loop.add_reader(self._listening, self._accept)

    def _accept(self) -> None:
        for _ in range(_ACCEPT_AT_ONCE):
            try:
                accepted, address = self._listening.accept()
            except _OF_ONE_CLIENT:
                return
            except OSError as error:
                self._not_accepted(error)
                return
            self._pause = _PAUSE_SECONDS[0]
            self._take(accepted, str(address[0]))

    def _not_accepted(self, error: OSError) -> None:
        """Makes room, or else rests: the listening socket stays readable, and would be looked at without end."""
        self._connections.accept_failed(error.strerror or str(error))
        if error.errno in _OUT_OF and (self._reserve.lend() or self._connections.displace()):
            return
        self._loop.remove_reader(self._listening)
        self._loop.call_later(self._pause, self._listen)
        self._pause = min(2 * self._pause, _PAUSE_SECONDS[1])

    def _take(self, accepted: socket.socket, address: str) -> None:
        connection = HttpConnection(self._endpoints, self._connections, self._loop)
        place = self._connections.add(connection, address)
        if place is None:
            accepted.close()
            return
        connection.place = place
        accepted.settimeout(0)
        task = self._loop.create_task(self._loop.connect_accepted_socket(lambda: connection, accepted))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


def _unexpected(_: asyncio.AbstractEventLoop, context: dict[str, object]) -> None:
    error = context.get("exception")
    if not isinstance(error, OSError):  # else a client went away in the middle: nobody's error
        _log.error("%s", context.get("message"), exc_info=error if isinstance(error, BaseException) else None)
