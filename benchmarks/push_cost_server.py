"""The server of `benchmarks.push_cost`, in a process of its own: all four types, with a load assignment for each cluster.

python -m benchmarks.push_cost_server CLUSTERS
"""

import asyncio
import os
import resource as process
import sys
import time
from typing import Any

os.environ.setdefault("GRPC_ENABLE_FORK_SUPPORT", "0")

from prometheus_client import CollectorRegistry

from benchmarks.fan_out_server import Everybody
from benchmarks.server_process import obey
from xds_server.envoy.endpoints import assignments
from xds_server.envoy.wire.writer import field_bytes, field_string
from xds_server.model.address import Address
from xds_server.model.objects import EndpointSlice, Service, ServicePort
from xds_server.model.resource import CLUSTER, ENDPOINT, LISTENER, ROUTE, Resource, TypeUrl, resource
from xds_server.observability.metrics import Metrics
from xds_server.observability.observers import ObserverList
from xds_server.xds.cache.table import Table
from xds_server.xds.transport.limits import Limits
from xds_server.xds.transport.server import AdsServer


def filled(clusters: int) -> dict[TypeUrl, Table]:
    """Tables of so many clusters, with a load assignment of ten endpoints each."""
    names = [f"bench-{number % 100}/svc-{number:05}:80" for number in range(clusters)]
    padding = field_bytes(99, b"x" * 150)
    return {
        CLUSTER: Table(resource(name, field_string(1, name) + padding) for name in names),
        ENDPOINT: Table(assignment(name, 0) for name in names),
        LISTENER: Table([resource("edge/80", field_string(1, "edge/80"))]),
        ROUTE: Table([resource("edge/80", field_string(1, "edge/80"))]),
    }


def assignment(name: str, number: int) -> Resource:
    """A load assignment whose first endpoint tells the number of the change."""
    key = name.partition(":")[0]
    first = f"10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}"
    ready = (first, *(f"10.200.0.{host}" for host in range(9)))
    one = EndpointSlice(key=f"{key}-1", service=key, ports=(("http", 8080),), ready=ready)
    service = Service(key=key, ports=(ServicePort(name="http", port=80, app_protocol=""),))
    return assignments(service, [one])[name]


class Changing:
    """Serves, and does what it is told: `change`; `rate PER_SECOND SECONDS`; `mem`, or anything, for a report alone."""

    def __init__(self, clusters: int) -> None:
        self.tables = filled(clusters)
        self.names = [item.name for item in self.tables[ENDPOINT]]
        self.published: list[float] = []
        self._worst = 0.0
        limits = Limits(streams_per_connection=1000)
        self.server = AdsServer(
            Address("127.0.0.1", 0),
            admission_policy=Everybody(self.tables),
            observer=ObserverList(Metrics(CollectorRegistry())),
            limits=limits,
        )

    def change(self) -> None:
        """Publishes another load assignment."""
        number = len(self.published)
        name = self.names[(number * 7919) % len(self.names)]
        item = assignment(name, number + 1)
        table = self.tables[ENDPOINT]
        self.published.append(time.monotonic())
        table.begin()
        table.put(item)
        self.server.publish({None: {ENDPOINT: [name]}})

    async def rate(self, per_second: float, seconds: float) -> None:
        """Publishes at a steady rate."""
        begin = time.monotonic()
        for number in range(int(per_second * seconds)):
            await asyncio.sleep(max(0.0, begin + number / per_second - time.monotonic()))
            self.change()

    async def lag(self) -> None:
        """Notes by how much the event loop is late."""
        while True:
            due = time.monotonic() + 0.005
            await asyncio.sleep(0.005)
            self._worst = max(self._worst, time.monotonic() - due)

    async def do(self, command: str) -> dict[str, Any]:
        """The answer to a command."""
        verb, *words = command.split()
        if verb == "change":
            self.change()
            return {}  # Nothing that takes time: what was changed is yet to be sent.
        if verb == "rate":
            await self.rate(*map(float, words))
        usage = process.getrusage(process.RUSAGE_SELF)
        worst, self._worst = self._worst, 0.0
        return {
            "cpu": usage.ru_utime + usage.ru_stime,
            "lag": worst,
            "published": self.published,
            "rss": usage.ru_maxrss / 1024,
        }

    async def run(self) -> None:
        """Serves until it is told to end."""
        lag = asyncio.create_task(self.lag())
        await obey(await self.server.start(), self.do)
        lag.cancel()
        await self.server.stop(0)


if __name__ == "__main__":
    asyncio.run(Changing(int(sys.argv[1])).run())
