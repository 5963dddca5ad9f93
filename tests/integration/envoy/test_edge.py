"""What strangers may send to an edge, and what the backends get of it: real requests, byte for byte, to a real Envoy."""

import http.server
import json
import re
import socket
import struct
import threading
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Self

import pytest

from tests.support.control_plane import bootstrap
from tests.support.envoy import Envoy, NoEnvoyError, binary
from tests.support.load import Load
from tests.support.processes import free_port, wait_for
from tests.support.stack import Stack
from tests.support.web import ask

pytestmark = pytest.mark.envoy

MODIFIED = "listener_manager.listener_modified"
OBJECT = "---\napiVersion: {group}\nkind: {kind}\nmetadata: {{name: {name}, namespace: demo{labels}}}\n{rest}\n"
ROUTES = {
    "admin": ["/admin", "/a.b", "/caf%C3%A9", "/s%65cret%2D1%7Ex%5F%41"],
    "web": ["/"],
}


class Echo:
    """Says of each request who got it, and how it looked; a request for /slow stays without an end."""

    def __init__(self, name: str) -> None:
        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                if self.headers.get("Upgrade") == "websocket":
                    self._websocket()
                    return
                headers = {key.lower(): value for key, value in self.headers.items()}
                body = json.dumps({"backend": name, "path": self.path, "headers": headers}).encode()
                self.send_response(200)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def _websocket(self) -> None:
                """Agrees, and says back what it hears."""
                self.send_response(101)
                self.send_header("Connection", "Upgrade")
                self.send_header("Upgrade", "websocket")
                self.end_headers()
                while heard := self.connection.recv(1024):
                    self.connection.sendall(heard)
                self.close_connection = True

            def log_message(self, *_: object) -> None:
                """Is quiet."""

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.port = int(self._server.server_address[1])
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()


class Edge:
    """An Envoy that passes /admin on to one backend and all else to another."""

    def __init__(self, directory: Path, *options: str) -> None:
        self._stack = Stack(directory)
        for manifest in self._stack.manifests.iterdir():
            manifest.unlink()
        self._backends = {name: Echo(name) for name in ROUTES}
        (self._stack.manifests / "all.yaml").write_text(self._manifest())
        self._control_plane = self._stack.control_plane(*options)
        self._control_plane.wait_ready()
        self.envoy = self._stack.envoy()
        self._stack.wait_live(self.envoy, self._control_plane)
        self.port = self._stack.gateway_port

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.__exit__(None, None, None)
        for backend in self._backends.values():
            backend.stop()

    def _manifest(self) -> str:
        api = "gateway.networking.k8s.io/v1"
        listener = f"{{name: http, port: {self._stack.gateway_port}, protocol: HTTP}}"
        spec = f"spec: {{gatewayClassName: xds-server, listeners: [{listener}]}}"
        text = OBJECT.format(group=api, kind="Gateway", name="edge", labels="", rest=spec)
        for name, paths in ROUTES.items():
            port = self._backends[name].port
            matches = ", ".join(f"{{path: {{value: {path}}}}}" for path in paths)
            # By a hostname as well, for what is done to hosts.
            for host, route in (("", name), ("shop.example", f"{name}-shop")):
                hostnames = f"hostnames: [{host}], " if host else ""
                rule = f"{{matches: [{matches}], backendRefs: [{{name: {name}, port: 80}}]}}"
                if host and name == "admin":
                    rule = "{matches: [{path: {value: /only-here}}], backendRefs: [{name: admin, port: 80}]}"
                spec = f"spec: {{parentRefs: [{{name: edge}}], {hostnames}rules: [{rule}]}}"
                text += OBJECT.format(group=api, kind="HTTPRoute", name=route, labels="", rest=spec)
            text += OBJECT.format(
                group="v1", kind="Service", name=name, labels="", rest="spec: {ports: [{name: http, port: 80}]}"
            )
            ports = f"ports: [{{name: http, port: {port}, protocol: TCP}}]"
            text += OBJECT.format(
                group="discovery.k8s.io/v1",
                kind="EndpointSlice",
                name=name,
                labels=f", labels: {{kubernetes.io/service-name: {name}}}",
                rest=f"addressType: IPv4\n{ports}\nendpoints: [{{addresses: [127.0.0.1]}}]",
            )
        return text

    def connect(self) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.port), timeout=10)

    def ask(self, target: str, *headers: str, host: str = "x") -> tuple[int, dict[str, str], Any]:
        """(status, headers, what the backend says) of a request with that very target."""
        lines = [f"GET {target} HTTP/1.1", f"Host: {host}", "Connection: close", *headers, "", ""]
        with self.connect() as connection:
            connection.sendall("\r\n".join(lines).encode("latin-1"))
            answer = everything(connection)
        head, _, body = answer.partition(b"\r\n\r\n")
        status, *rest = head.decode("latin-1").split("\r\n")
        found = {name.lower(): value for name, _, value in (line.partition(": ") for line in rest)}
        return int(status.split()[1]), found, json.loads(body) if body.startswith(b"{") else None


def everything(connection: socket.socket) -> bytes:
    """What comes until the other side ends."""
    return b"".join(iter(lambda: connection.recv(65536), b""))


def until(connection: socket.socket, part: bytes) -> bytes:
    """What comes until that part has come."""
    heard = b""
    while part not in heard:
        more = connection.recv(65536)
        assert more, heard
        heard += more
    return heard


@pytest.fixture(scope="module")
def edge(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Edge]:
    try:
        binary()
    except NoEnvoyError as error:
        pytest.skip(str(error))
    with Edge(tmp_path_factory.mktemp("edge")) as made:
        yield made


PATHS = {
    "/admin": "/admin",
    "/admin/x?a=//b%2Fc": "/admin/x?a=//b%2Fc",
    "//admin": "/admin",
    "///admin//x": "/admin/x",
    "/x/../admin": "/admin",
    "/./admin/.": "/admin/",
    "/%2e/admin": "/admin",
    "/x/%2E%2e/admin": "/admin",
    "/x//../admin": None,
    "/%61dmin": "/admin",
    "/x\\..\\admin": "/admin",
    "/a%2Eb": "/a.b",
    "/caf%C3%A9": "/caf%C3%A9",
    "/secret-1~x_A": "/secret-1~x_A",
    "/%73ecret%2d1%7ex%5f%41": "/secret-1~x_A",
    "/administrator": None,
    "/admin;x": None,
    "/ADMIN": None,
    "/%252e/admin": None,
    "/%2561dmin": None,
}


@pytest.mark.parametrize(("target", "path"), PATHS.items())
def test_a_path_is_routed_as_the_backend_reads_it(edge: Edge, target: str, path: str | None) -> None:
    """Routed and passed on is the same path: with single slashes, without dot segments, unescaped where that is equal."""
    status, _, said = edge.ask(target)

    assert status == 200
    assert said["backend"] == ("web" if path is None else "admin")
    if path is not None:
        assert said["path"] == path
    assert "//" not in said["path"].partition("?")[0]


@pytest.mark.parametrize(
    ("target", "to"),
    [
        ("/admin%2Fx", "/admin/x"),
        ("/%2fadmin", "/admin"),
        ("/admin%5Cx", "/admin/x"),
        ("/x%2f..%2Fadmin?q=1%2F2", "/admin?q=1%2F2"),
        ("/x/..%2f..%2f%2fadmin", "/admin"),
    ],
)
def test_an_escaped_slash_is_answered_with_a_redirect(edge: Edge, target: str, to: str) -> None:
    """The client is told which path that is, and comes back with it, query and all."""
    status, headers, _ = edge.ask(target)

    assert (status, headers["location"]) == (307, to)


@pytest.mark.parametrize("target", ["/admin%00", "/admin#x", "/admin\x01", "admin", "*"])
def test_a_path_that_is_none_is_refused(edge: Edge, target: str) -> None:
    """No backend sees it."""
    status, _, said = edge.ask(target)

    assert (status, said) in ((400, None), (404, None))


@pytest.mark.parametrize(
    ("host", "seen"),
    [
        ("shop.example", "shop.example"),
        ("shop.example.", "shop.example"),
        ("shop.example:8080", "shop.example:8080"),
        ("shop.example.:8080", "shop.example:8080"),
        ("SHOP.example", "SHOP.example"),
        ("Shop.Example.:80", "Shop.Example:80"),
    ],
)
def test_a_host_is_matched_without_dot_port_and_case(edge: Edge, host: str, seen: str) -> None:
    """The hostname's route gets it. The backend sees the host with its port, since it makes URLs of it."""
    status, _, said = edge.ask("/only-here", host=host)

    assert (status, said["backend"], said["headers"]["host"]) == (200, "admin", seen)


@pytest.mark.parametrize(
    "host", ["shop.example..", ".shop.example", "shop.example%2e", "x@shop.example", "shop_example"]
)
def test_another_host_is_another_host(edge: Edge, host: str) -> None:
    """What is no such hostname gets none of its routes."""
    status, _, said = edge.ask("/only-here", host=host)

    assert status == 400 or said["backend"] == "web"


def test_a_header_with_an_underscore_is_refused(edge: Edge) -> None:
    """Many a backend takes X_Real_Ip for X-Real-Ip, which only we may say."""
    assert edge.ask("/", "X_Forwarded_For: 10.0.0.1")[0] == 400


def test_who_the_client_is_says_nobody_but_us(edge: Edge) -> None:
    """What it says of itself is appended to, or taken away."""
    _, _, said = edge.ask("/", "X-Forwarded-For: 10.9.9.9", "X-Envoy-Internal: true", "X-Forwarded-Proto: https")

    assert said["headers"]["x-forwarded-for"].startswith("10.9.9.9,")
    assert said["headers"]["x-forwarded-proto"] == "http"


def settings_of_http2(port: int) -> dict[int, int]:
    """What a server says in its SETTINGS frame, and under 0 the window of the connection. Source: RFC 9113."""
    with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
        connection.sendall(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + bytes((0, 0, 0, 4, 0, 0, 0, 0, 0)))
        found: dict[int, int] = {}
        heard = b""
        while 0 not in found or len(found) == 1:
            more = connection.recv(4096)
            assert more
            heard += more
            while len(heard) >= 9 and len(heard) >= 9 + (size := int.from_bytes(heard[:3])):
                kind, payload, heard = heard[3], heard[9 : 9 + size], heard[9 + size :]
                if kind == 4 and payload:
                    found |= dict(struct.iter_unpack(">HI", payload))
                if kind == 8:
                    found[0] = 65535 + int.from_bytes(payload)
        return found


def test_what_http2_may_take_is_bounded(edge: Edge) -> None:
    """Streams at once, the window of each, and of all; buffers of listener and clusters."""
    found = settings_of_http2(edge.port)

    assert (found[3], found[4], found[0]) == (100, 65536, 1 << 20)
    dump = json.dumps(edge.envoy.config_dump())
    buffers = re.findall(r'"per_connection_buffer_limit_bytes": (\d+)', dump)
    assert buffers == ["32768"] * 3  # a listener and two clusters


def test_a_websocket_goes_through(edge: Edge) -> None:
    """Both ways, for as long as something is said."""
    with edge.connect() as connection:
        connection.sendall(b"GET /ws HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n")
        assert b" 101 " in until(connection, b"\r\n\r\n")
        for word in (b"one", b"two"):
            connection.sendall(word)
            assert until(connection, word)


@pytest.mark.usefixtures("edge")
def test_clocks_end_what_stands_still_and_nothing_else(tmp_path: Path) -> None:
    """Headers in their time; a stream that is silent ends; one that speaks outlives every clock; all can be told."""
    clocks = "headers_seconds=0.5,stream_idle_seconds=1,idle_seconds=2,underscores=drop,escaped_slashes=keep"
    with Edge(tmp_path, *(f"translate.edge.{clock}" for clock in clocks.split(","))) as edge:
        with edge.connect() as connection:
            connection.sendall(b"GET / HTTP/1.1\r\nHost:")
            assert b" 408 " in everything(connection)
        with edge.connect() as connection:
            connection.sendall(b"GET /ws HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n")
            until(connection, b"\r\n\r\n")
            for _ in range(8):  # each well within the time of silence, all of them together beyond all clocks
                connection.settimeout(0.4)
                with pytest.raises(TimeoutError):
                    connection.recv(1)
                connection.settimeout(10)
                connection.sendall(b"x")
                until(connection, b"x")
            assert everything(connection) == b""  # and then nothing is said
        with edge.connect() as connection:
            assert everything(connection) == b""  # a connection without a request

        assert edge.ask("/", "X_A: 1")[2]["headers"].keys().isdisjoint({"x_a", "x-a"})
        assert edge.ask("/x%2Fy")[2]["path"] == "/x%2Fy"


@pytest.mark.usefixtures("edge")
def test_the_probe_answers_when_a_proxy_has_all_the_connections_it_may(tmp_path: Path) -> None:
    """Of those, the rest is refused; the marker, which a kubelet asks, is not among them."""
    marker = free_port()
    with Stack(tmp_path) as stack:
        control_plane = stack.control_plane(f"--marker-port={marker}")
        control_plane.wait_ready()
        config = bootstrap("demo/edge", stack.grpc_port, stack.admin_port).replace("50000", "2")
        with Envoy(config, stack.admin_port, tmp_path) as envoy:
            stack.wait_live(envoy, control_plane)
            _fill(stack.gateway_port, marker)
            assert envoy.live


def _fill(port: int, marker: int) -> None:
    """Opens as many connections as may be, one more, and asks the marker."""
    request = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"
    with ExitStack() as stack:
        for _ in range(2):
            held = stack.enter_context(socket.create_connection(("127.0.0.1", port), timeout=10))
            held.sendall(request)
            assert b" 200 " in until(held, b"\r\n\r\n")
        refused = stack.enter_context(socket.create_connection(("127.0.0.1", port), timeout=10))
        try:
            refused.sendall(request)
            answered = refused.recv(1)
        except ConnectionError:
            answered = b""

        assert (answered, ask(f"http://127.0.0.1:{marker}/")[0]) == (b"", 200)


@pytest.mark.usefixtures("edge")
def test_the_edge_changes_under_load(tmp_path: Path) -> None:
    """Other families, and then other limits, for a listener that serves: no request fails."""
    with Stack(tmp_path) as stack:
        control_plane = stack.control_plane("translate.ip_families=ipv4")
        control_plane.wait_ready()
        envoy = stack.envoy()
        stack.wait_live(envoy, control_plane)
        with Load(stack.gateway_port, keep_alive=100, new=50) as load:
            for options in ((), ("translate.edge.escaped_slashes=keep",), ("translate.ip_families=ipv4",)):
                before = envoy.stat(MODIFIED)
                control_plane.stop()
                control_plane = stack.control_plane(*options)
                control_plane.wait_ready()
                wait_for("the change", lambda before=before: envoy.stat(MODIFIED) > before, 20, envoy, control_plane)
        assert 0 == load.failures, load.statuses()
