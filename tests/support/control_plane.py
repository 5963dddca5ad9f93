"""Our control plane as a process of its own, asked through its HTTP port."""

import os
import re
import subprocess
import sys
from pathlib import Path

from tests.support.processes import Child, free_port, wait_for
from tests.support.web import ask

COMMAND = (sys.executable, "-m", "xds_server")
_LATE = "XDS_SERVER_INJECT_LIST_DELAY="


def serve_command(file: Path, *options: str) -> list[str]:
    """`xds-server serve` with flags, such as `--gate=park`, and with settings of the file, such as `server.drain_seconds=0`.

    The latter are written into *file*.
    """
    settings = dict(option.split("=", 1) for option in options if not option.startswith("--"))
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("".join(f"{key}: {value}\n" for key, value in settings.items()))
    return [*COMMAND, "serve", f"--config={file}", *(option for option in options if option.startswith("--"))]


def late_lists(delays: str) -> str:
    """The option by which the first lists come late; *delays* as in `services=2,endpointslices=0.5`."""
    return f"{_LATE}{delays}"


class ControlPlane(Child):
    """`xds-server serve` on free ports; *options* are as in `serve_command`, or `late_lists`."""

    def __init__(self, source: str, directory: Path, *options: str, grpc_port: int = 0, http_port: int = 0) -> None:
        self.grpc_port = grpc_port or free_port()
        self.http_port = http_port or free_port()
        self.url = f"http://127.0.0.1:{self.http_port}"
        addresses = (f"--grpc-address=127.0.0.1:{self.grpc_port}", f"--http-address=127.0.0.1:{self.http_port}")
        brief = ("server.drain_seconds=0", "server.drain_spread_seconds=0", "--marker-port=0")
        late = dict(option.split("=", 1) for option in options if option.startswith(_LATE))
        others = (option for option in options if not option.startswith(_LATE))
        super().__init__(
            "xds-server",
            serve_command(
                directory / f"xds-server-{self.grpc_port}.yaml", f"--source={source}", *addresses, *brief, *others
            ),
            directory / "xds-server.log",
            {"PYTHONUNBUFFERED": "1", **late},
        )

    @property
    def ready(self) -> bool:
        """Whether `/readyz` says so."""
        return ask(f"{self.url}/readyz")[0] == 200

    def wait_ready(self, seconds: float = 20) -> float:
        """Waits for it; returns how many seconds it took."""
        return wait_for("xds-server to be ready", lambda: self.ready, seconds, self)

    def why(self) -> str:
        """What `/readyz?verbose` says."""
        return ask(f"{self.url}/readyz?verbose")[1]

    def metric(self, name: str, **labels: str) -> float:
        """The sum of all series of a metric with these labels; 0 if there is none."""
        total = 0.0
        for line in ask(f"{self.url}/metrics")[1].splitlines():
            match = re.fullmatch(rf"xds_server_{name}(?:{{(.*)}})? (\S+)", line)
            if match and all(f'{key}="{value}"' in (match[1] or "") for key, value in labels.items()):
                total += float(match[2])
        return total


def bootstrap(gateway: str, grpc_port: int, admin_port: int, *options: str) -> str:
    """What `xds-server bootstrap` prints."""
    addresses = (f"--xds-address=127.0.0.1:{grpc_port}", f"--admin-address=127.0.0.1:{admin_port}")
    command = [*COMMAND, "bootstrap", f"--gateway={gateway}", *addresses, *options]
    return subprocess.run(command, check=True, capture_output=True, text=True, env=os.environ).stdout
