"""One HTTP connection, on a transport that records what it is told, in place of a socket."""

import asyncio
import threading
from collections.abc import Callable, Iterator
from typing import cast

import pytest

from probes import ConnectionLimits, ConnectionTable, Endpoints, Gate, HttpResponse, Layer, Passed, text_response
from probes.connection_table import ConnectionState
from probes.http_connection import HttpConnection

GET = b"GET /readyz HTTP/1.1\r\nHost: a\r\n\r\n"
LAST = b"GET /readyz HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
PAGE = b"GET /page HTTP/1.1\r\nHost: a\r\n\r\n"


class FakeTransport:
    """Keeps what is written; with *slow*, as if the client did not read it yet."""

    def __init__(self, *, slow: bool = False) -> None:
        self.slow = slow
        self.written = b""
        self.reading = True
        self.eof = False
        self.aborted = False

    def set_write_buffer_limits(self, high: int) -> None: ...

    def get_write_buffer_size(self) -> int:
        return len(self.written) if self.slow else 0

    def write(self, data: bytes) -> None:
        self.written += data

    def write_eof(self) -> None:
        self.eof = True

    def pause_reading(self) -> None:
        self.reading = False

    def resume_reading(self) -> None:
        self.reading = True

    def is_closing(self) -> bool:
        return self.aborted

    def abort(self) -> None:
        self.aborted = True


class Rig:
    """A connection in a table, on an event loop that runs only in `run_until`."""

    def __init__(self, loop: asyncio.AbstractEventLoop, *, slow: bool = False, pages: int = 32) -> None:
        gate = Gate(Layer("base", lambda: {"settings": Passed()}), clock=lambda: 0.0)
        gate.evaluate()
        self.loop = loop
        self.endpoints = Endpoints(gate)
        self.table = ConnectionTable(ConnectionLimits(pages=pages), clock=lambda: 0.0)
        self.connection = HttpConnection(self.endpoints, self.table, loop)
        entry = self.table.add(self.connection, "10.0.0.1")
        assert entry is not None
        self.connection.entry = entry
        self.transport = FakeTransport(slow=slow)
        self.connection.connection_made(cast(asyncio.Transport, self.transport))

    @property
    def state(self) -> ConnectionState:
        return self.connection.entry.state

    @property
    def statuses(self) -> list[int]:
        return [int(part[:3]) for part in self.transport.written.split(b"HTTP/1.1 ")[1:]]

    def run_until(self, done: Callable[[], bool]) -> None:
        async def wait() -> None:
            while not done():
                await asyncio.sleep(0)

        self.loop.run_until_complete(asyncio.wait_for(wait(), 10))


@pytest.fixture
def loop() -> Iterator[asyncio.AbstractEventLoop]:
    loop = asyncio.new_event_loop()
    yield loop
    loop.close()


def test_a_request_may_arrive_in_pieces(loop: asyncio.AbstractEventLoop) -> None:
    """It is answered when it is complete, and the connection is then idle."""
    rig = Rig(loop)
    for at in range(len(GET) - 1):
        rig.connection.data_received(GET[at : at + 1])
    assert (rig.state, rig.statuses) == (ConnectionState.READING, [])

    rig.connection.data_received(GET[-1:])
    assert (rig.state, rig.statuses) == (ConnectionState.IDLE, [200])


def test_requests_that_arrive_together_are_answered_in_order(loop: asyncio.AbstractEventLoop) -> None:
    """The next one begins when the response before it is written."""
    rig = Rig(loop)
    rig.connection.data_received(GET + GET + GET.replace(b"/readyz", b"/nothing"))

    rig.run_until(lambda: len(rig.statuses) == 3)
    assert rig.statuses == [200, 200, 404]


def test_a_client_that_does_not_read_is_read_no_further(loop: asyncio.AbstractEventLoop) -> None:
    """While a response is being written, no request is read or answered."""
    rig = Rig(loop, slow=True)
    rig.connection.data_received(GET)
    assert (rig.state, rig.transport.reading) == (ConnectionState.WRITING, False)

    rig.connection.data_received(GET)
    assert rig.statuses == [200]

    rig.connection.resume_writing()
    rig.run_until(lambda: len(rig.statuses) == 2)
    assert rig.transport.reading is False


@pytest.mark.parametrize(("request_", "status"), [(LAST, 200), (b"BREW / HTTP/1.1\r\n\r\n", 400)])
def test_the_last_response_closes_our_direction_only(
    loop: asyncio.AbstractEventLoop, request_: bytes, status: int
) -> None:
    """What still arrives is discarded, so that the client can read the response."""
    rig = Rig(loop)
    rig.connection.data_received(request_ + GET)
    rig.connection.data_received(GET)

    assert (rig.statuses, rig.state) == ([status], ConnectionState.CLOSING)
    assert (rig.transport.eof, rig.transport.aborted) == (True, False)
    assert rig.connection._buffer == b""


def test_a_page_runs_in_another_thread(loop: asyncio.AbstractEventLoop) -> None:
    """The connection is handling it meanwhile, and reads no further."""
    rig = Rig(loop)
    threads: list[threading.Thread] = []

    def page(_: object) -> HttpResponse:
        threads.append(threading.current_thread())
        return text_response("page")

    rig.endpoints.add_page("/page", page, description="")
    rig.connection.data_received(PAGE)
    assert (rig.state, rig.transport.reading) == (ConnectionState.HANDLING, False)

    rig.run_until(lambda: rig.statuses == [200])
    assert threads[0] is not threading.current_thread()
    assert rig.state is ConnectionState.IDLE


def test_a_page_over_the_limit_is_refused(loop: asyncio.AbstractEventLoop) -> None:
    """The client is told when to try again."""
    rig = Rig(loop, pages=0)
    rig.endpoints.add_page("/page", lambda _: text_response("page"), description="")
    rig.connection.data_received(PAGE)

    assert rig.statuses == [503]
    assert b"Retry-After: 1\r\n" in rig.transport.written
    assert rig.transport.written.endswith(b"too many pages are being made: try again in 1 s\n")


def test_a_connection_that_is_aborted_before_it_has_a_transport_ends_then(loop: asyncio.AbstractEventLoop) -> None:
    """The table may evict a connection as soon as it is added."""
    rig = Rig(loop)
    early = HttpConnection(rig.endpoints, rig.table, loop)
    early.abort()
    transport = FakeTransport()
    early.connection_made(cast(asyncio.Transport, transport))

    assert transport.aborted


def test_a_lost_connection_leaves_the_table(loop: asyncio.AbstractEventLoop) -> None:
    """Also while a page is being made: its response is then dropped."""
    rig = Rig(loop)
    leave = threading.Event()
    rig.endpoints.add_page("/page", lambda _: (leave.wait(10), text_response("page"))[1], description="")
    rig.connection.data_received(PAGE)
    rig.connection.connection_lost(None)
    leave.set()

    for thread in threading.enumerate():
        if thread.name == "probes-page":
            thread.join()
    rig.run_until(lambda: True)
    assert (len(rig.table), rig.statuses) == (0, [])
