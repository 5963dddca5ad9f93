"""The demo's parts together: manifests, two backends, the control plane, Envoy."""

from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Self

from tests.support.control_plane import ControlPlane, bootstrap
from tests.support.envoy import ROOT, Envoy
from tests.support.processes import free_port, wait_for
from tests.support.web import Backend, ask

MANIFESTS = ROOT / "examples/demo/manifests"
GATEWAY = "demo/edge"
GATEWAY_PORT, BLUE_PORT, GREEN_PORT = 10080, 18081, 18082


class Stack:
    """Two backends on *host*, and a copy of the demo's manifests in *directory* that says where they are.

    The control plane and Envoy are started by their methods, and end with the block.
    """

    def __init__(self, directory: Path, *, free_ports: bool = True, host: str = "127.0.0.1") -> None:
        def port(preferred: int) -> int:
            return free_port(0 if free_ports else preferred)

        self.directory = directory
        self.manifests = directory / "manifests"
        self.gateway_port = port(GATEWAY_PORT)
        self.grpc_port = port(18000)
        self.http_port = port(18080)
        self.admin_port = port(19000)
        self._children = ExitStack()
        self.blue = self._children.enter_context(Backend("blue", port(BLUE_PORT), host))
        self.green = self._children.enter_context(Backend("green", port(GREEN_PORT), host))
        ports = {GATEWAY_PORT: self.gateway_port, BLUE_PORT: self.blue.port, GREEN_PORT: self.green.port}
        self.manifests.mkdir(parents=True, exist_ok=True)
        for manifest in MANIFESTS.glob("*.yaml"):
            text = manifest.read_text().replace("[127.0.0.1]", f"[{host}]")
            for default, chosen in ports.items():
                text = text.replace(f"port: {default}", f"port: {chosen}")
            (self.manifests / manifest.name).write_text(text)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._children.close()

    @property
    def url(self) -> str:
        """Where Envoy takes requests."""
        return f"http://127.0.0.1:{self.gateway_port}"

    def control_plane(self, *options: str, source: str = "") -> ControlPlane:
        """Starts it, on the manifests unless another source is given."""
        child = ControlPlane(
            source or f"files:{self.manifests}",
            self.directory,
            *options,
            grpc_port=self.grpc_port,
            http_port=self.http_port,
        )
        return self._children.enter_context(child)

    def wait_live(self, envoy: Envoy, control_plane: ControlPlane) -> float:
        """Waits until Envoy is ready for traffic; returns how many seconds it took."""
        return wait_for("Envoy to be live", lambda: envoy.live, 20, envoy, control_plane)

    def answers(self, path: str = "/", number: int = 20) -> set[str]:
        """What requests through Envoy are answered: names of backends, or status codes."""
        asked = (ask(f"{self.url}{path}") for _ in range(number))
        return {body.strip() if status == 200 else str(status) for status, body in asked}

    def wait_answers(self, expected: set[str], path: str = "/", seconds: float = 20) -> float:
        """Waits until requests are answered by *expected* and nobody else; returns how many seconds it took."""
        return wait_for(f"{path} to be answered by {expected}", lambda: self.answers(path) == expected, seconds)

    def envoy(self, gateway: str = GATEWAY, *options: str) -> Envoy:
        """Starts it on what `xds-server bootstrap` prints, with these options."""
        text = bootstrap(gateway, self.grpc_port, self.admin_port, *options)
        return self._children.enter_context(Envoy(text, self.admin_port, self.directory))
