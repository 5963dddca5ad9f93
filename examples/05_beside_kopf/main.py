"""Your kopf operator and our control plane in one process, neither of which ends the other.

    python examples/05_beside_kopf/main.py --source kube

The control plane has the main thread: the signals, and an event loop that nobody else uses. The operator has a thread
and a loop of its own, and somebody who looks after it. It must be so: in one event loop, kopf.operator cancels every
task that began after it when it ends, ours among them, and takes SIGTERM for itself.

This operator notes each Service that comes. It fails at its start as long as the file named by CRASH exists.
"""

import asyncio
import contextlib
import functools
import logging
import os
import threading
from collections.abc import Callable
from pathlib import Path

import click
import kopf

from xds_server.server import app
from xds_server.server.settings_parser import read_settings

log = logging.getLogger("operator")
registry = kopf.OperatorRegistry()
kopf.on.login(registry=registry, id="account")(kopf.login_with_service_account)
kopf.on.login(registry=registry, id="kubeconfig")(kopf.login_with_kubeconfig)


@kopf.on.startup(registry=registry)
def begin(**_: object) -> None:
    if Path(os.environ.get("CRASH", "/nowhere")).exists():
        raise kopf.PermanentError("as it was told to")


@kopf.on.event("v1", "services", registry=registry)
def service(name: str, type: str | None, **_: object) -> None:  # noqa: A002 - kopf's name
    log.info("operator saw service %s (%s)", name, type or "LISTED")


class Operator:
    """A kopf operator in a thread of its own, begun again whenever it ends before it is told to."""

    def __init__(self, pause_seconds: float = 1.0) -> None:
        self._pause_seconds = pause_seconds
        self._leaving = threading.Event()
        self._leave: Callable[[], object] = lambda: None
        self._thread = threading.Thread(target=self._stay, name="operator", daemon=True)

    def __enter__(self) -> None:
        self._thread.start()

    def __exit__(self, *_: object) -> None:
        self._leaving.set()
        with contextlib.suppress(RuntimeError):  # its loop may have ended by itself
            self._leave()
        self._thread.join(timeout=10)

    def _stay(self) -> None:
        while not self._leaving.is_set():
            try:
                asyncio.run(self._run())
            except Exception as error:  # noqa: BLE001 - whatever it is, it is the operator's, and must stay so
                log.error("operator failed: %r", error)  # noqa: TRY400
            if not self._leaving.wait(self._pause_seconds):
                log.warning("operator ended; beginning again")

    async def _run(self) -> None:
        # Not a threading.Event: kopf waits for one in a thread of the loop's, which then cannot end without it.
        stop, loop = asyncio.Event(), asyncio.get_running_loop()
        self._leave = functools.partial(loop.call_soon_threadsafe, stop.set)
        if not self._leaving.is_set():
            await kopf.operator(registry=registry, standalone=True, clusterwide=True, stop_flag=stop)


@click.command(context_settings={"ignore_unknown_options": True})
@click.option("--source", default="kube")
@click.option("--kubeconfig")
@click.option("--grpc-address", default="127.0.0.1:18000")
@click.option("--http-address", default="127.0.0.1:18080")
def main(**values: str | None) -> None:
    with Operator():
        app.main(read_settings(values))


if __name__ == "__main__":
    main()
