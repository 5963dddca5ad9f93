"""The probes' HTTP server on a real socket, and the example that uses it."""

import contextlib
import http.client
import logging
import os
import re
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from probes import (
    AddressInUseError,
    CrossOriginProtection,
    Endpoints,
    Gate,
    HttpRequest,
    HttpResponse,
    HttpServer,
    Layer,
    ListenError,
    Passed,
    serve,
)
from probes.connection_table import ConnectionEnd, ConnectionLimits, ConnectionTable

ROOT = Path(__file__).parents[3]
TIMEOUT = 10


def new_endpoints(cross_origin: CrossOriginProtection | None = None) -> Endpoints:
    gate = Gate(Layer("base", lambda: {"settings": Passed()}), clock=lambda: 0.0)
    gate.evaluate()
    return Endpoints(gate, cross_origin=cross_origin)


def wait_until(true: Callable[[], bool]) -> None:
    """Returns when it is true. Raises: AssertionError, if that takes too long."""
    deadline = time.monotonic() + TIMEOUT
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.01)


@pytest.fixture
def endpoints() -> Endpoints:
    return new_endpoints()


@pytest.fixture
def server(endpoints: Endpoints) -> Iterator[HttpServer]:
    with serve(endpoints, "127.0.0.1", 0) as running:
        yield running


@pytest.fixture
def client(server: HttpServer) -> Iterator[http.client.HTTPConnection]:
    connection = http.client.HTTPConnection(server.host, server.port, timeout=TIMEOUT)
    yield connection
    connection.close()


def raw(server: HttpServer, data: bytes) -> bytes:
    """All that the server sends on a connection of its own, until it closes."""
    with socket.create_connection((server.host, server.port), timeout=TIMEOUT) as connection:
        connection.sendall(data)
        return b"".join(iter(lambda: connection.recv(65536), b""))


def test_a_connection_serves_many_requests(client: http.client.HTTPConnection) -> None:
    """A probe does not have to connect each time."""
    client.request("GET", "/readyz")
    first = client.getresponse()
    assert (first.status, first.read(), first.getheader("Cache-Control")) == (200, b"ok\n", "no-store")
    port = client.sock.getsockname()[1]

    client.request("GET", "/readyz?verbose")
    assert client.getresponse().read().endswith(b"readyz check passed\n")
    assert client.sock.getsockname()[1] == port


def test_head_has_a_length_and_no_body(client: http.client.HTTPConnection) -> None:
    """The length is that of the body for GET, and the connection stays usable."""
    client.request("HEAD", "/readyz")
    response = client.getresponse()
    assert (response.status, response.getheader("Content-Length"), response.read()) == (200, "3", b"")

    client.request("GET", "/livez")
    assert client.getresponse().read() == b"ok\n"


def test_a_body_is_not_taken_for_a_request(server: HttpServer) -> None:
    """A request with a body is refused, and the connection ends without an answer to what follows."""
    answer = raw(server, b"POST /readyz HTTP/1.1\r\nHost: a\r\nContent-Length: 22\r\n\r\nGET /livez HTTP/1.1\r\n\r\n")

    assert answer.startswith(b"HTTP/1.1 413 ")
    assert answer.count(b"HTTP/1.1") == 1


@pytest.mark.parametrize(
    ("status", "head"),
    [
        (400, b"GET /readyz HTTP/1.1\r\nHost: a\r\ntransfer-encoding : chunked"),
        (400, b"GET /readyz HTTP/1.1\r\nHost: a\r\n transfer-encoding: chunked"),
        (400, b"GET /readyz HTTP/1.1\r\nHost: a\r\nA: b\r\n\tc: d"),
        (400, b"GET /readyz HTTP/1.1\r\nHost: a\r\nA: b\nTransfer-Encoding: chunked"),
        (400, b"GET /readyz HTTP/1.1\r\nHost: a\r\nA: b\rTransfer-Encoding: chunked"),
        (400, b"GET /readyz HTTP/1.1\r\nHost: a\r\nA: b\0"),
        (413, b"GET /readyz HTTP/1.1\r\nHost: a\r\nContent-Length: +5"),
        (413, b"GET /readyz HTTP/1.1\r\nHost: a\r\nContent-Length: 0, 5"),
        (400, b"GET /readyz HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\nContent-Length: 5"),
        (400, b"GET /readyz HTTP/1.1\r\nHost: a\r\nHost: b"),
        (400, b"GET /readyz HTTP/1.1"),
        (400, b"GET  /readyz HTTP/1.1\r\nHost: a"),
        (400, b"GET http://a/readyz HTTP/1.1\r\nHost: a"),
        (400, b"GET /readyz HTTP/2.0\r\nHost: a"),
        (413, b"GET /readyz HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked"),
        (413, b"GET /readyz HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: identity"),
        (413, b"GET /readyz HTTP/1.1\r\nHost: a\r\nContent-Length: 40"),
        (200, b"GET /readyz HTTP/1.0"),
    ],
)
def test_no_request_hides_in_another(server: HttpServer, status: int, head: bytes) -> None:
    """Requests that parsers of HTTP read differently, and requests with a body, get one answer, and the connection ends."""
    answer = raw(server, head + b"\r\n\r\n0\r\n\r\nGET /livez HTTP/1.1\r\nHost: a\r\n\r\n")

    assert answer.startswith(b"HTTP/1.1 %d " % status), answer
    assert len(re.findall(rb"HTTP/1.1 \d", answer)) == 1


def test_requests_may_be_pipelined(server: HttpServer) -> None:
    """Requests that arrive together are answered in order."""
    one = b"GET /readyz HTTP/1.1\r\nHost: a\r\n\r\n"

    assert (
        raw(server, 3000 * one + one.replace(b"a\r\n", b"a\r\nConnection: close\r\n")).count(b"HTTP/1.1 200 ") == 3001
    )


@pytest.mark.parametrize(
    ("status", "headers"),
    [
        (403, "Content-Type: text/plain"),
        (403, "Content-Type: application/x-www-form-urlencoded\r\nOrigin: http://evil.example"),
        (403, "X-Requested-By: a\r\nOrigin: http://evil.example"),
        (403, "X-Requested-By: a\r\nOrigin: null"),
        (403, "X-Requested-By: a\r\nSec-Fetch-Site: cross-site"),
        (403, "X-Requested-By: a\r\nSec-Fetch-Site: same-site\r\nSec-Fetch-Mode: navigate"),
        (200, "X-Requested-By: a"),
        (200, "X-Requested-By: a\r\nContent-Length: 0"),
        (200, "X-Requested-By: a\r\nOrigin: http://127.0.0.1:1\r\nSec-Fetch-Site: same-origin"),
    ],
)
def test_a_page_of_another_site_changes_nothing(
    endpoints: Endpoints, server: HttpServer, status: int, headers: str
) -> None:
    """A browser sends a POST for any page, but a custom header only after a preflight request."""
    done: list[HttpRequest] = []
    endpoints.add_page(
        "/act", lambda request: (done.append(request), HttpResponse())[1], description="", methods=("POST",)
    )

    answer = raw(server, f"POST /act HTTP/1.1\r\nHost: 127.0.0.1:1\r\nConnection: close\r\n{headers}\r\n\r\n".encode())

    assert answer.startswith(b"HTTP/1.1 %d " % status), answer
    assert len(done) == (status == 200)


def test_a_host_that_another_site_can_have_learns_nothing() -> None:
    """A page whose own name resolves to our address is refused; from a probe it learns the status alone."""
    endpoints = new_endpoints(CrossOriginProtection(["cp.example.com", ".inner.example"]))

    def respond(host: str, path: str) -> bytes:
        return raw(server, f"GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n".encode())

    with serve(endpoints, "127.0.0.1", 0) as server:
        for host in ("evil.example", "evil.example:80", "127.0.0.1.evil.example", "", "a b", "localhost.evil.example"):
            assert respond(host, "/").startswith(b"HTTP/1.1 421 "), host
            probe = respond(host, "/readyz?verbose")
            assert probe.startswith(b"HTTP/1.1 200 ")
            assert probe.endswith(b"\r\n\r\nok\n")
        for host in ("10.0.0.1:18080", "[::1]:18080", "[fe80::1]", "localhost", "xds-server:18080", "a.b.svc", "A.LOCALHOST.",
                     "a.b.svc.cluster.local:1", "cp.example.com", "x.inner.example:1"):  # fmt: skip
            assert respond(host, "/").startswith(b"HTTP/1.1 200 "), host


@pytest.mark.parametrize(
    "data",
    [
        b"\x00" * 20_000,
        b"G" * 20_000,
        b"\x16\x03\x01\x02\x00\x01\x00\r\n\r\n",
        b"GET\r\n\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
        b"BREW / HTTP/1.1\r\n\r\n",
    ],
)
def test_garbage_costs_only_its_own_connection(
    server: HttpServer, client: http.client.HTTPConnection, data: bytes, capfd: pytest.CaptureFixture[str]
) -> None:
    """Other connections are answered, and nothing is printed."""
    raw(server, data)

    client.request("GET", "/readyz")
    assert client.getresponse().status == 200
    assert capfd.readouterr() == ("", "")


def test_a_page_that_raises_costs_only_its_own_response(
    endpoints: Endpoints, client: http.client.HTTPConnection, caplog: pytest.LogCaptureFixture
) -> None:
    """The client gets a 500, the log the traceback, and the connection stays open."""

    def broken(_: HttpRequest) -> HttpResponse:
        raise ZeroDivisionError

    endpoints.add_page("/broken", broken, description="")
    with caplog.at_level(logging.ERROR, "probes"):
        client.request("GET", "/broken")
        response = client.getresponse()
        assert (response.status, response.read()) == (
            500,
            b"/broken failed: see the traceback in the log of this process\n",
        )
    assert "ZeroDivisionError" in caplog.text

    client.request("GET", "/readyz")
    assert client.getresponse().status == 200


def test_a_page_that_hangs_delays_no_probe(
    endpoints: Endpoints, server: HttpServer, client: http.client.HTTPConnection
) -> None:
    """Each page runs in a thread of its own."""
    entered, leave = threading.Event(), threading.Event()

    def slow(_: HttpRequest) -> HttpResponse:
        entered.set()
        leave.wait(TIMEOUT)
        return HttpResponse(body=b"at last")

    endpoints.add_page("/slow", slow, description="")
    other = http.client.HTTPConnection(server.host, server.port, timeout=TIMEOUT)
    other.request("GET", "/slow")
    assert entered.wait(TIMEOUT)

    client.request("GET", "/readyz")
    assert client.getresponse().status == 200
    leave.set()
    assert other.getresponse().read() == b"at last"
    other.close()


def probed(server: HttpServer) -> tuple[bytes, float]:
    """The first line of a probe's answer, and how long it took."""
    begin = time.monotonic()
    answer = raw(server, b"GET /livez HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
    return answer.partition(b"\r\n")[0], time.monotonic() - begin


@pytest.mark.parametrize("first", [b"", b"G", b"GET /livez HTTP/1.1\r\nX:", b"GET /livez HTTP/1.1\r\nHost: a\r\n\r\n"])
def test_too_many_connections_delay_no_probe(endpoints: Endpoints, first: bytes) -> None:
    """Ten times as many connections as the limit, left open at each stage: every probe in between is answered at once."""
    connections = ConnectionTable(ConnectionLimits(connections=32, connections_per_peer=16), clock=time.monotonic)
    with serve(endpoints, "127.0.0.1", 0, connections=connections) as server, contextlib.ExitStack() as held:
        for _ in range(320):
            one = held.enter_context(socket.create_connection((server.host, server.port), timeout=TIMEOUT))
            one.sendall(first)
            if _ % 16 == 0:
                answer, seconds = probed(server)
                assert (answer, seconds < 1) == (b"HTTP/1.1 200 OK", True)

        assert len(connections) <= 16, "one peer has more than its share"
        assert connections.end_counts[ConnectionEnd.EVICTED] >= 280


def test_an_incomplete_request_has_a_deadline(endpoints: Endpoints) -> None:
    """It counts from the opening of the connection, and more bytes do not extend it."""
    connections = ConnectionTable(ConnectionLimits(request_seconds=0.5), clock=time.monotonic)
    with serve(endpoints, "127.0.0.1", 0, connections=connections) as server:
        begin = time.monotonic()
        with socket.create_connection((server.host, server.port), timeout=TIMEOUT) as silent:
            with socket.create_connection((server.host, server.port), timeout=0.05) as dripping:
                ended = b"x"
                while ended:
                    try:
                        dripping.sendall(b"G")
                        ended = dripping.recv(1)
                    except TimeoutError:
                        continue
                    except OSError:
                        break
            assert silent.recv(1) == b""
        assert 0.4 < time.monotonic() - begin < 5
        assert connections.end_counts[ConnectionEnd.DEADLINE] == 2


def test_a_response_that_is_not_read_has_a_deadline(endpoints: Endpoints) -> None:
    """A client that reads nothing does not keep the response in memory."""
    connections = ConnectionTable(ConnectionLimits(response_seconds=0.5, bytes_per_second=1e9), clock=time.monotonic)
    endpoints.add_page("/large", lambda _: HttpResponse(body=bytes(50 << 20)), description="")
    with serve(endpoints, "127.0.0.1", 0, connections=connections) as server:
        with socket.create_connection((server.host, server.port), timeout=TIMEOUT) as slow:
            slow.sendall(b"GET /large HTTP/1.1\r\nHost: a\r\n\r\n")
            wait_until(lambda: connections.end_counts[ConnectionEnd.DEADLINE] == 1)
        assert not len(connections)


def test_a_few_pages_are_made_at_a_time(endpoints: Endpoints) -> None:
    """Further requests are told to try again, and probes are answered in the meantime."""
    leave = threading.Event()
    endpoints.add_page("/slow", lambda _: (leave.wait(TIMEOUT), HttpResponse())[1], description="")
    connections = ConnectionTable(ConnectionLimits(pages_per_peer=2), clock=time.monotonic)
    request = b"GET /slow HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
    with serve(endpoints, "127.0.0.1", 0, connections=connections) as server, contextlib.ExitStack() as held:
        busy = [
            held.enter_context(socket.create_connection((server.host, server.port), timeout=TIMEOUT)) for _ in range(2)
        ]
        for one in busy:
            one.sendall(request)
        wait_until(lambda: connections.count_states()["handling"] == 2)

        assert raw(server, request).startswith(b"HTTP/1.1 503 ")
        assert probed(server)[0] == b"HTTP/1.1 200 OK"
        leave.set()
        assert [one.recv(15) for one in busy] == [b"HTTP/1.1 200 OK"] * 2


OUT_OF_DESCRIPTORS = """
import os, resource, socket, sys, time
from probes import Endpoints, Gate, Layer, Passed, serve
resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64))
gate = Gate(Layer("base", lambda: {"settings": Passed()}), clock=time.monotonic)
gate.evaluate()
with serve(Endpoints(gate), "127.0.0.1", 0) as server:
    taken = []
    try:
        while True:
            taken.append(os.dup(0))
    except OSError:
        pass
    print(server.port, flush=True)
    for line in sys.stdin:
        print(time.process_time(), flush=True)
"""


def test_without_descriptors_probes_are_answered_and_no_core_is_busy(tmp_path: Path) -> None:
    """No descriptor is free but the spare ones: probes come one after another, beside connections that stay open."""
    process = subprocess.Popen(
        [sys.executable, "-c", OUT_OF_DESCRIPTORS],
        env={**os.environ, "PYTHONPATH": str(ROOT)}, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert process.stdin is not None
    assert process.stdout is not None

    def used() -> float:
        process.stdin.write("\n")  # type: ignore[union-attr]
        process.stdin.flush()  # type: ignore[union-attr]
        return float(process.stdout.readline())  # type: ignore[union-attr]

    with process, contextlib.ExitStack() as held:
        server = HttpServer("127.0.0.1", int(process.stdout.readline()), lambda: None)
        for _ in range(20):
            held.enter_context(socket.create_connection((server.host, server.port), timeout=TIMEOUT))
            assert probed(server)[0] == b"HTTP/1.1 200 OK"
        before, begin = used(), time.monotonic()
        time.sleep(1)  # what is measured is the time itself
        share = (used() - before) / (time.monotonic() - begin)
        process.stdin.close()
    assert share < 0.2, f"it used {share:.0%} of a core while nothing was asked"


def test_a_port_in_use_is_named(server: HttpServer) -> None:
    """The message names the address and the next step."""
    with pytest.raises(
        AddressInUseError, match=f"http address 127.0.0.1:{server.port} is in use: stop what listens there"
    ):
        serve(new_endpoints(), "127.0.0.1", server.port)


@pytest.mark.parametrize(
    ("host", "port", "words"),
    [
        ("192.0.2.1", 0, "cannot listen on"),
        ("127.0.0.1", 70000, "choose a port from 0 to 65535"),
        ("no.such.host.invalid", 0, "cannot listen on"),
        ("a..b", 0, "cannot listen on"),
        ("\u00e4" * 64, 0, "is not a host name"),
    ],
)
def test_an_address_that_does_not_work_is_named(host: str, port: int, words: str) -> None:
    """The message names the address and why."""
    with pytest.raises(ListenError, match=words) as raised:
        serve(new_endpoints(), host, port)
    assert host in str(raised.value)


def test_stopping_frees_the_port_and_ends_open_connections(endpoints: Endpoints) -> None:
    """Afterwards no request is answered, not even on an open connection, and the port is free at once."""
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


def test_a_server_can_listen_on_ipv6(endpoints: Endpoints) -> None:
    """The address is shown in brackets."""
    with serve(endpoints, "::1", 0) as server:
        assert server.address == f"[::1]:{server.port}"
        connection = http.client.HTTPConnection("::1", server.port, timeout=TIMEOUT)
        connection.request("GET", "/readyz")
        assert connection.getresponse().status == 200
        connection.close()


def test_the_example_shows_before_and_after() -> None:
    """examples/02_readiness runs alone, ends by itself, and prints the probes before and after."""
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
