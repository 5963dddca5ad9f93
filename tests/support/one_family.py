"""What answers on a machine of one IP family, or of both: run in a network namespace, it prints JSON and ends.

    python -m tests.support.one_family DIRECTORY BACKEND_ADDRESS [OPTION ...]

The addresses of requests to Envoy's listener and to the marker, each 127.0.0.1 and ::1, by the status they got (0 for
no answer), the peers that Envoy names to the backend, asked at addresses that are not loopback, and what was rejected.
"""

import http.client
import http.server
import json
import socket
import sys
import threading
from contextlib import suppress
from pathlib import Path
from typing import Any

from tests.support.control_plane import ControlPlane
from tests.support.envoy import Envoy
from tests.support.processes import NotInTimeError, wait_for
from xds_server.cli.bootstrap import render_bootstrap

GATEWAY, MARKER, GRPC, HTTP, ADMIN, BACKEND = 8080, 19002, 18000, 18080, 19000, 18081  # nobody else is in the namespace
OUTSIDE = ("10.244.0.1", "fd00:244::1")  # of a client on loopback, Envoy names its own address
MANIFEST = """
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {{name: edge, namespace: demo}}
spec: {{gatewayClassName: xds-server, listeners: [{{name: http, port: {gateway}, protocol: HTTP}}]}}
---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {{name: shop, namespace: demo}}
spec: {{parentRefs: [{{name: edge}}], rules: [{{backendRefs: [{{name: blue, port: 80}}]}}]}}
---
apiVersion: v1
kind: Service
metadata: {{name: blue, namespace: demo}}
spec: {{ports: [{{name: http, port: 80}}]}}
---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: {{name: blue-1, namespace: demo, labels: {{kubernetes.io/service-name: blue}}}}
addressType: {family}
ports: [{{name: http, port: {backend}, protocol: TCP}}]
endpoints: [{{addresses: ["{address}"]}}]
"""


class Handler(http.server.BaseHTTPRequestHandler):
    """Answers with the peer that the proxy names."""

    def do_GET(self) -> None:
        body = self.headers.get("X-Forwarded-For", "").encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Is quiet."""


def ask(host: str, port: int, path: str = "/") -> tuple[int, str]:
    """(status, body); (0, "") if nobody answers."""
    connection = http.client.HTTPConnection(host, port, timeout=5)
    try:
        connection.request("GET", path)
        response = connection.getresponse()
        return response.status, response.read().decode()
    except OSError:
        return 0, ""
    finally:
        connection.close()


def backend(address: str) -> None:
    """A backend on an address of either family, until the process ends."""

    class Server(http.server.ThreadingHTTPServer):
        address_family = socket.AF_INET6 if ":" in address else socket.AF_INET
        daemon_threads = True

    threading.Thread(target=Server((address, BACKEND), Handler).serve_forever, daemon=True).start()


def found(directory: Path, address: str, options: list[str]) -> dict[str, Any]:
    """What answers. All that talks to another of our processes does so by the family of *address*."""
    host = f"[{address}]" if ":" in address else address
    manifests = directory / "manifests"
    manifests.mkdir()
    family = "IPv6" if ":" in address else "IPv4"
    text = MANIFEST.format(family=family, address=address, gateway=GATEWAY, backend=BACKEND)
    (manifests / "all.yaml").write_text(text)
    backend(address)
    anywhere = [f"--grpc-address=[::]:{GRPC}", f"--http-address=[::]:{HTTP}", "--insecure", f"--marker-port={MARKER}"]
    with ControlPlane(f"files:{manifests}", directory, *anywhere, *options, grpc_port=GRPC, http_port=HTTP) as plane:
        plane.url = f"http://{host}:{HTTP}"
        plane.wait_ready()
        probe = {one: ask(one, HTTP, "/readyz")[0] for one in ("127.0.0.1", "::1")}
        config = render_bootstrap("demo/edge", xds_address=f"{host}:{GRPC}", admin_address=f"{host}:{ADMIN}")
        with Envoy(config, ADMIN, directory) as envoy:
            envoy.admin = f"http://{host}:{ADMIN}"
            with suppress(NotInTimeError):
                wait_for("an answer", lambda: ask(address, GATEWAY)[0] == 200, 15, envoy, plane)
            return {
                "probe": probe,
                "gateway": {one: ask(one, GATEWAY)[0] for one in ("127.0.0.1", "::1")},
                "peers": [peer for one in OUTSIDE if (peer := ask(one, GATEWAY)[1])],
                "marker": {one: ask(one, MARKER)[0] for one in ("127.0.0.1", "::1")},
                "rejected": envoy.stat("listener_manager.lds.update_rejected"),
            }


if __name__ == "__main__":
    print(json.dumps(found(Path(sys.argv[1]), sys.argv[2], sys.argv[3:])))  # noqa: T201 - its result
