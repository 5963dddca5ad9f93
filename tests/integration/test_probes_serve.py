"""The probes' HTTP server on a real socket, and the example that uses it."""

import http.client
import logging
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from probes import AddressInUse, Endpoints, Gate, Layer, Passed, Request, Response, ServeError, Server, serve
from probes.serve import _MAX_CONNECTIONS

ROOT = Path(__file__).parents[2]
TIMEOUT = 10


def new_endpoints() -> Endpoints:
    gate = Gate(Layer("base", lambda: {"settings": Passed()}), clock=lambda: 0.0)
    gate.evaluate()
    return Endpoints(gate)


@pytest.fixture
def endpoints() -> Endpoints:
    return new_endpoints()


@pytest.fixture
def server(endpoints: Endpoints) -> Iterator[Server]:
    with serve(endpoints, "127.0.0.1", 0) as running:
        yield running


@pytest.fixture
def client(server: Server) -> Iterator[http.client.HTTPConnection]:
    connection = http.client.HTTPConnection(server.host, server.port, timeout=TIMEOUT)
    yield connection
    connection.close()


def raw(server: Server, data: bytes) -> bytes:
    """All that the server sends on a connection of its own, until it closes."""
    with socket.create_connection((server.host, server.port), timeout=TIMEOUT) as connection:
        connection.sendall(data)
        return b"".join(iter(lambda: connection.recv(65536), b""))


def test_connections_are_kept_open(client: http.client.HTTPConnection) -> None:
    """A probe need not connect anew each time."""
    client.request("GET", "/readyz")
    first = client.getresponse()
    assert (first.status, first.read(), first.getheader("Cache-Control")) == (200, b"ok\n", "no-store")
    port = client.sock.getsockname()[1]

    client.request("GET", "/readyz?verbose")
    assert client.getresponse().read().endswith(b"readyz check passed\n")
    assert client.sock.getsockname()[1] == port


def test_head_has_a_length_and_no_body(client: http.client.HTTPConnection) -> None:
    """HEAD says how long the body would be, and the connection stays usable."""
    client.request("HEAD", "/readyz")
    response = client.getresponse()
    assert (response.status, response.getheader("Content-Length"), response.read()) == (200, "3", b"")

    client.request("GET", "/livez")
    assert client.getresponse().read() == b"ok\n"


def test_a_body_is_not_taken_for_a_request(server: Server) -> None:
    """What follows a request that has a body is not answered: the connection ends."""
    answer = raw(server, b"POST /readyz HTTP/1.1\r\nHost: a\r\nContent-Length: 22\r\n\r\nGET /livez HTTP/1.1\r\n\r\n")

    assert answer.startswith(b"HTTP/1.1 405 ")
    assert answer.count(b"HTTP/1.1") == 1


@pytest.mark.parametrize(
    "data",
    [b"\x16\x03\x01\x02\x00\x01\x00\r\n\r\n", b"GET\r\n\r\n", b"GET / HTTP/9.9\r\n\r\n", b"BREW / HTTP/1.1\r\n\r\n"],
)
def test_garbage_costs_its_own_connection(
    server: Server, client: http.client.HTTPConnection, data: bytes, capfd: pytest.CaptureFixture[str]
) -> None:
    """Others are answered, and nothing is printed."""
    raw(server, data)

    client.request("GET", "/readyz")
    assert client.getresponse().status == 200
    assert capfd.readouterr() == ("", "")


def test_a_page_that_raises_costs_its_own_answer(
    endpoints: Endpoints, client: http.client.HTTPConnection, caplog: pytest.LogCaptureFixture
) -> None:
    """The client gets a 500, the log the traceback, and the connection lives on."""

    def broken(_: Request) -> Response:
        raise ZeroDivisionError

    endpoints.page("/broken", broken, about="")
    with caplog.at_level(logging.ERROR, "probes"):
        client.request("GET", "/broken")
        response = client.getresponse()
        assert (response.status, response.read()) == (500, b"/broken failed: the log of the process says why\n")
    assert "ZeroDivisionError" in caplog.text

    client.request("GET", "/readyz")
    assert client.getresponse().status == 200


def test_a_page_that_hangs_keeps_no_probe_waiting(
    endpoints: Endpoints, server: Server, client: http.client.HTTPConnection
) -> None:
    """Each connection has a thread of its own."""
    entered, leave = threading.Event(), threading.Event()

    def slow(_: Request) -> Response:
        entered.set()
        leave.wait(TIMEOUT)
        return Response(body=b"at last")

    endpoints.page("/slow", slow, about="")
    other = http.client.HTTPConnection(server.host, server.port, timeout=TIMEOUT)
    other.request("GET", "/slow")
    assert entered.wait(TIMEOUT)

    client.request("GET", "/readyz")
    assert client.getresponse().status == 200
    leave.set()
    assert other.getresponse().read() == b"at last"
    other.close()


def test_connections_are_bounded(server: Server) -> None:
    """Whoever opens very many is turned away, and those who are there are served on."""
    held = []
    for _ in range(_MAX_CONNECTIONS):
        connection = http.client.HTTPConnection(server.host, server.port, timeout=TIMEOUT)
        connection.request("GET", "/readyz")
        connection.getresponse().read()
        held.append(connection)

    assert raw(server, b"") == b""

    held[0].request("GET", "/readyz")
    assert held[0].getresponse().read() == b"ok\n"
    for connection in held:
        connection.close()


def test_a_port_in_use_is_named(server: Server) -> None:
    """The message says which address, and what to do."""
    with pytest.raises(AddressInUse, match=f"http address 127.0.0.1:{server.port} is in use: stop what listens there"):
        serve(new_endpoints(), "127.0.0.1", server.port)


@pytest.mark.parametrize(
    ("host", "port", "words"),
    [
        ("192.0.2.1", 0, "cannot be listened on"),
        ("127.0.0.1", 70000, "from 0 to 65535"),
        ("no.such.host.invalid", 0, "cannot be listened on"),
    ],
)
def test_an_address_that_cannot_be_had_is_named(host: str, port: int, words: str) -> None:
    """One line that says which address and why."""
    with pytest.raises(ServeError, match=words) as raised:
        serve(new_endpoints(), host, port)
    assert host in str(raised.value)


def test_stopping_frees_the_port_and_ends_open_connections(endpoints: Endpoints) -> None:
    """Afterwards nobody is answered, not even on a connection that was open, and the port can be had at once."""
    server = serve(endpoints, "127.0.0.1", 0)
    connection = http.client.HTTPConnection(server.host, server.port, timeout=TIMEOUT)
    connection.request("GET", "/readyz")
    connection.getresponse().read()

    server.stop()
    server.stop()

    assert connection.sock.recv(1) == b""
    connection.close()
    with serve(endpoints, "127.0.0.1", server.port) as again:
        assert again.port == server.port


def test_ipv6_can_be_listened_on(endpoints: Endpoints) -> None:
    """An address with colons is shown in brackets."""
    with serve(endpoints, "::1", 0) as server:
        assert server.address == f"[::1]:{server.port}"
        connection = http.client.HTTPConnection("::1", server.port, timeout=TIMEOUT)
        connection.request("GET", "/readyz")
        assert connection.getresponse().status == 200
        connection.close()


def test_the_example_shows_before_and_after() -> None:
    """examples/02_readiness runs alone, ends by itself, and shows what it promises."""
    result = subprocess.run(
        [sys.executable, ROOT / "examples/02_readiness/main.py"],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )

    assert result.stderr == ""
    before, after = result.stdout.split("ready: all layers have passed")
    assert "GET /readyz -> 503\nnot ready: sources: waiting for routes (listing, 400 so far)\n" in before
    assert "[-]sources/routes waiting: listing, 400 so far" in before
    assert "readyz check failed" in before
    assert "[+]sources/routes ok (1000 objects)" in after
    assert "readyz check passed" in after
