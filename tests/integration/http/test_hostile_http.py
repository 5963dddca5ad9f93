"""A whole server that somebody means harm: connections that do nothing, no file descriptors, and a page in a browser."""

import contextlib
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import grpc

from tests.support.control_plane import serve_command
from tests.support.processes import Child, free_port, wait_for
from tests.support.stack import Stack
from tests.support.web import ask
from tests.support.xds_client import Proxy
from xds_server.model.resource import CLUSTER

_CPU_TICKS = 100  # of /proc/PID/stat, a second: sysconf(SC_CLK_TCK) on Linux


@contextlib.contextmanager
def _taken(port: int, count: int, data: bytes = b"") -> Iterator[list[socket.socket]]:
    """So many connections that send *data* and nothing more, and are left open."""
    with contextlib.ExitStack() as held:
        connections = []
        for _ in range(count):
            connection = held.enter_context(socket.create_connection(("127.0.0.1", port), timeout=5))
            with contextlib.suppress(OSError):
                connection.sendall(data)
            connections.append(connection)
        yield connections


def _cpu_seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _CPU_TICKS


def test_connections_that_do_nothing_take_no_probe_away(tmp_path: Path) -> None:
    """More than there are places, on the HTTP port: the probes go on, and who it is and what was ended is shown."""
    with Stack(tmp_path) as stack:
        control_plane = stack.control_plane()
        control_plane.wait_ready()
        with _taken(stack.http_port, 400, b"GET /livez HTTP/1.1\r\nX:") as connections:
            for path in ("/livez", "/startupz", "/readyz"):
                begin = time.monotonic()
                assert ask(f"{control_plane.url}{path}") == (200, "ok\n")
                assert time.monotonic() - begin < 1
                connections[-1].sendall(b"a")
            assert control_plane.metric("http_connections_ended_total", reason="evicted") >= 300
            assert '"peer": "127.0.0.1"' in ask(f"{control_plane.url}/debug/connections")[1]
            wait_for(
                "the deadline", lambda: control_plane.metric("http_connections_ended_total", reason="deadline") >= 60, 15,
                control_plane,
            )  # fmt: skip


async def test_without_file_descriptors_probes_streams_and_files_go_on(tmp_path: Path) -> None:
    """Idle connections to both ports take what they may: the rest is kept, no core is burnt, and a check says it."""
    with Stack(tmp_path) as stack:
        http_port, grpc_port = free_port(), free_port()
        url = f"http://127.0.0.1:{http_port}"
        serve = serve_command(
            tmp_path / "config.yaml", f"--source=files:{stack.manifests}", f"--http-address=127.0.0.1:{http_port}",
            f"--grpc-address=127.0.0.1:{grpc_port}", "server.drain_seconds=0", "server.drain_spread_seconds=0", "--marker-port=0",
        )  # fmt: skip
        limited = ["sh", "-c", 'ulimit -n 128; exec "$@"', "sh", *serve]
        with Child("xds-server", limited, tmp_path / "log", {}) as server:
            wait_for("it to be ready", lambda: ask(f"{url}/readyz")[0] == 200, 20, server)
            async with grpc.aio.insecure_channel(f"127.0.0.1:{grpc_port}") as channel:
                proxy = Proxy(channel, role="demo/edge")
                await proxy.ask(CLUSTER)
                before = await proxy.read()
                await proxy.ask(CLUSTER, nonce=before.nonce)
                with _taken(grpc_port, 200), _taken(http_port, 50):
                    assert ask(f"{url}/livez") == (200, "ok\n")
                    wait_for(
                        "the check",
                        lambda: "[!]base/open_files degraded: " in ask(f"{url}/readyz?verbose")[1],
                        8,
                        server,
                    )
                    assert ask(f"{url}/readyz")[0] == 200
                    cpu, begin = _cpu_seconds(server.process.pid), time.monotonic()
                    service = stack.manifests / "more.yaml"
                    service.write_text(
                        "apiVersion: v1\nkind: Service\nmetadata: {name: x}\nspec: {ports: [{port: 1}]}\n"
                    )
                    assert len(before.resources) + 1 == len((await proxy.read()).resources)
                    time.sleep(1)  # what is measured is the time itself
                    share = (_cpu_seconds(server.process.pid) - cpu) / (time.monotonic() - begin)
                    assert share < 0.5, f"{share:.0%} of a core"
            wait_for(
                "the check to pass", lambda: "[+]base/open_files ok" in ask(f"{url}/readyz?verbose")[1], 75, server
            )


def test_a_handshake_that_never_ends_is_ended(tmp_path: Path) -> None:
    """A connection to the gRPC port that does not speak HTTP/2 is closed within ten seconds or so."""
    with Stack(tmp_path) as stack:
        stack.control_plane().wait_ready()
        with _taken(stack.grpc_port, 3) as connections:
            for connection in connections:
                connection.settimeout(20)
                while connection.recv(1024):
                    pass
