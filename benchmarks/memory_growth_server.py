"""The server of `benchmarks.memory_growth`, in a process of its own: a whole replica, whose objects come and go as it is told.

python -m benchmarks.memory_growth_server
"""

import asyncio
import ctypes
import gc
import logging
import os
import sys
import threading
import time
from pathlib import Path
from typing import Any

os.environ.setdefault("GRPC_ENABLE_FORK_SUPPORT", "0")

from benchmarks.server_process import obey
from xds_server.model.address import Address
from xds_server.model.admission import GateMode
from xds_server.model.objects import (
    BackendRef,
    EndpointSlice,
    Gateway,
    HTTPRoute,
    Listener,
    Match,
    ParentRef,
    Rule,
    Service,
    ServicePort,
)
from xds_server.readiness.config import ReadinessConfig
from xds_server.server import app
from xds_server.server.settings import FilesSourceSetting, Settings
from xds_server.server.wiring import ControlPlane
from xds_server.xds.transport.config import AdmissionConfig, TransportConfig
from xds_server.xds.transport.limits import Limits
from xds_server.xds.transport.server import AdsServer

ROLE = "soak/edge"
_ROUND_SECONDS = 0.5
"""On the clock of the replica, a round of objects takes so long: less than what is taken for a pause."""


class Allocated(ctypes.Structure):
    """What glibc says of the memory that it has given out. Source: mallinfo(3)."""

    _fields_ = tuple((name, ctypes.c_size_t) for name in (
        "arena", "ordblks", "smblks", "hblks", "hblkhd", "usmblks", "fsmblks", "uordblks", "fordblks", "keepcost",
    ))  # fmt: skip


def allocated() -> int:
    """Bytes that the process has taken from glibc and not given back, without Python's small objects."""
    libc = ctypes.CDLL(None)
    libc.mallinfo2.restype = Allocated
    found = libc.mallinfo2()
    return int(found.uordblks + found.hblkhd)


def open_files() -> int:
    """How many descriptors the process has."""
    return sum(1 for _ in Path("/proc/self/fd").iterdir())


def objects(name: str) -> dict[str, Any]:
    """One object of each kind, that belong together."""
    key, gateway = f"soak/{name}", f"soak/gateway-{name}"
    listener = Listener(name="http", port=8080, protocol="HTTP")
    backend = BackendRef(service=key, port=80, weight=1)
    parents = (ParentRef(gateway=ROLE), ParentRef(gateway=gateway))
    rules = (Rule(matches=(Match(),), backends=(backend,)),)
    return {
        "gateways": Gateway(key=gateway, class_name="xds-server", listeners=(listener,)),
        "httproutes": HTTPRoute(key=key, created="", parents=parents, hostnames=(f"{name}.example.com",), rules=rules),
        "services": Service(key=key, ports=(ServicePort(name="http", port=80),)),
        "endpointslices": EndpointSlice(key=key, service=key, ports=(("http", 8080),), ready=("10.0.0.1",)),
    }


class Soaking:
    """Serves, and does what it is told: `objects FROM TO` for objects that come and go; anything for a report alone."""

    def __init__(self) -> None:
        self._files = self._tasks = 0
        """As many as are open when nobody is there."""
        logging.basicConfig(level=logging.ERROR)
        settings = Settings(
            source=FilesSourceSetting(Path()), gate=GateMode.REFUSE,
            readiness=ReadinessConfig(initial_push_seconds=0, retention_seconds=0),
            xds=TransportConfig(
                admission=AdmissionConfig(per_second=0),
                limits=Limits(new_streams_per_second=1_000_000, new_streams_burst=1_000_000),
            ),
        )  # fmt: skip
        self._now = time.monotonic()
        self.control_plane = control_plane = ControlPlane(settings, clock=lambda: self._now)
        logging.getLogger("xds_server").addHandler(control_plane.timeline)
        self.server = AdsServer(
            Address("127.0.0.1", 0),
            admission_policy=control_plane.admission_policy,
            observer=control_plane.observer,
            admission=app.admission_config(settings),
            limits=settings.xds.limits,
        )
        edge = Gateway(
            key=ROLE, class_name="xds-server", listeners=(Listener(name="http", port=8080, protocol="HTTP"),)
        )  # fmt: skip
        for plural, source in control_plane.pipeline.sources.items():
            source.replace({ROLE: edge} if plural == "gateways" else {})
            control_plane.tracker.record_list(plural, epoch=control_plane.graph.epoch, objects=len(source))

    async def come_and_go(self, number: int) -> None:
        """Objects of each kind come one by one, and go in another order each time."""
        self._now += _ROUND_SECONDS
        made = objects(f"n{number}")
        sources = self.control_plane.pipeline.sources
        for plural, one in made.items():
            sources[plural].set(one.key, one)
        await asyncio.sleep(0)
        kinds = tuple(made)
        at = number % len(kinds)
        for plural in (*kinds[at:], *kinds[:at]):
            sources[plural].delete(made[plural].key)
        self.control_plane.tick()
        await asyncio.sleep(0.001)

    async def do(self, command: str) -> dict[str, Any]:
        """The answer to a command."""
        verb, *words = command.split()
        if verb == "objects":
            for number in range(*map(int, words)):
                await self.come_and_go(number)
        if not self._files:
            self._files, self._tasks = open_files(), len(asyncio.all_tasks())
        for _ in range(500):  # What is over ends first.
            await asyncio.sleep(0.01)
            use = self.server.client_use()
            files = open_files()
            if (
                not (use.streams or use.silent or use.auxiliary_calls or self.server._streams._unfinished_reads)
                and files <= self._files
                and len(asyncio.all_tasks()) <= self._tasks
            ):
                break
        self.control_plane.tick()
        gc.collect()
        return {
            "malloc": allocated(),
            "blocks": sys.getallocatedblocks(),
            "tasks": len(asyncio.all_tasks()),
            "threads": threading.active_count(),
            "files": files,
            "streams": use.streams + use.silent + use.auxiliary_calls + len(self.server._streams._unfinished_reads),
        }

    async def run(self) -> None:
        """Serves until it is told to end."""
        port = await self.server.start()
        self.control_plane.server_started(self.server, asyncio.get_running_loop().call_later)
        await obey(port, self.do)
        await self.server.stop(0)


if __name__ == "__main__":
    asyncio.run(Soaking().run())
