"""Our server as one side of a comparison of fan-out: commands come on stdin, answers go to stdout, each a line of JSON.

    python -m benchmarks.fan_out_server --port 18000 [--transport h2]

It serves CDS over plaintext ADS, in both variants. `push COUNTxBYTES TIMES` replaces all clusters TIMES in a row by COUNT
clusters of BYTES each, and is answered with the number of the last change; `mem` with the CPU time so far and the resident
memory. A cluster's `alt_stat_name` says when and as which change it was published. Ends at `quit`, or when stdin does.
"""

import argparse
import asyncio
import contextlib
import gc
import os
import resource as process
import time
from datetime import timedelta

from prometheus_client import CollectorRegistry

from benchmarks.h2.server import H2Server
from benchmarks.server_process import obey
from xds_server.envoy.encoders import envoy_config_cluster_v3 as cluster_v3
from xds_server.envoy.encoders import envoy_config_core_v3 as core
from xds_server.envoy.encoders import envoy_config_endpoint_v3 as endpoint_v3
from xds_server.envoy.encoders import envoy_extensions_transport_sockets_tls_v3 as tls_v3
from xds_server.envoy.encoders import google_protobuf
from xds_server.envoy.wire.writer import field_string
from xds_server.model.address import Address
from xds_server.model.resource import CLUSTER, PUSH_ORDER, resource
from xds_server.observability.metrics import Metrics
from xds_server.observability.observers import ObserverList
from xds_server.xds.cache.table import RoleTables, Table
from xds_server.xds.protocol.messages import Node
from xds_server.xds.transport.admission import Hold
from xds_server.xds.transport.config import AdmissionConfig
from xds_server.xds.transport.debounce import Debounce
from xds_server.xds.transport.limits import Limits
from xds_server.xds.transport.registry import StreamRegistry
from xds_server.xds.transport.server import REST_SECONDS, AdsServer

ALT_STAT_NAME = 28


class Everybody:
    """An admission policy that serves one view to all."""

    def __init__(self, view: RoleTables) -> None:
        self._view = view

    def admit(self, node: Node) -> RoleTables | Hold:
        return self._view

    async def wait_for_change(self) -> None:
        raise NotImplementedError


def cluster(name: str) -> bytes:
    """A cluster with the parts that clusters usually have: 4 endpoints, TLS, circuit breakers, outlier detection."""
    tls = tls_v3.upstream_tls_context(
        sni="svc.example.internal", common_tls_context=tls_v3.common_tls_context(alpn_protocols=["h2", "http/1.1"])
    )
    hosts = [
        endpoint_v3.lb_endpoint(
            endpoint=endpoint_v3.endpoint(
                address=core.address(socket_address=core.socket_address(address=f"10.0.{number}.1", port_value=8080))
            ),
            health_status="HEALTHY",
        )
        for number in range(4)
    ]
    locality = endpoint_v3.locality_lb_endpoints(
        locality=core.locality(region="eu-central-1", zone="eu-central-1a"), lb_endpoints=hosts
    )
    thresholds = cluster_v3.circuit_breakers_thresholds(
        max_connections=1024, max_pending_requests=1024, max_requests=4096, max_retries=3
    )
    return cluster_v3.cluster(
        name=name,
        type="STRICT_DNS",
        connect_timeout=timedelta(seconds=2),
        lb_policy="LEAST_REQUEST",
        load_assignment=endpoint_v3.cluster_load_assignment(cluster_name=name, endpoints=[locality]),
        circuit_breakers=cluster_v3.circuit_breakers(thresholds=[thresholds]),
        outlier_detection=cluster_v3.outlier_detection(
            consecutive_5xx=5, interval=timedelta(seconds=10), max_ejection_percent=50
        ),
        transport_socket=core.transport_socket(
            name="envoy.transport_sockets.tls",
            typed_config=google_protobuf.any(type_url=tls_v3.UPSTREAM_TLS_CONTEXT, value=tls),
        ),
    )


class Driver:
    """Carries out commands."""

    def __init__(self, table: Table, server: AdsServer | H2Server) -> None:
        self._table = table
        self._server = server
        self._number = 0

    def push(self, count: int, size: int, times: int) -> dict[str, object]:
        names = [f"outbound|8080||svc-{number:05}" for number in range(count)]
        heads = {name: cluster(name) for name in names}
        room = size - len(heads[names[0]]) - len(field_string(ALT_STAT_NAME, self._marker()))
        padding = "x" * max(0, room)
        for _ in range(times):
            self._number += 1
            stamp = field_string(ALT_STAT_NAME, self._marker() + padding)  # the clock starts here
            self._replace({name: head + stamp for name, head in heads.items()})
        return {"seq": self._number}

    def _marker(self) -> str:
        return f"@t={time.clock_gettime_ns(time.CLOCK_MONOTONIC):016x}#{self._number:08x}@"

    def _replace(self, bodies: dict[str, bytes]) -> None:
        self._table.begin()
        gone = [item.name for item in self._table if item.name not in bodies]
        for name in gone:
            self._table.remove(name)
        for name, body in bodies.items():
            self._table.put(resource(name, body))
        self._server.publish({None: {CLUSTER: [*gone, *bodies]}})

    async def do(self, command: str) -> dict[str, object]:
        """The answer to a command."""
        verb, *words = command.split()
        if verb == "mem":
            used = process.getrusage(process.RUSAGE_SELF)
            pages = int(open("/proc/self/statm").read().split()[1])  # noqa: SIM115, PTH123
            return {"cpu_s": used.ru_utime + used.ru_stime, "rss_kb": pages * os.sysconf("SC_PAGE_SIZE") // 1024}
        if verb == "push":
            count, size = words[0].split("x")
            return self.push(int(count), int(size), int(words[1]))
        return {"error": f"not a command: {command!r}"}


def _streams(view: RoleTables, limits: Limits) -> StreamRegistry:
    return StreamRegistry(
        admission_policy=Everybody(view), observer=ObserverList(Metrics(CollectorRegistry())), admission=AdmissionConfig(per_second=0), identifier="xds-server",
        clock=time.monotonic, limits=limits, debounce=Debounce(rest_seconds=REST_SECONDS),
    )  # fmt: skip


async def _main(port: int, transport: str) -> None:
    table = Table()
    view = {type_url: Table() for type_url in PUSH_ORDER} | {CLUSTER: table}
    limits = Limits(
        streams=100_000, streams_per_connection=100_000, new_streams_per_second=1e6, new_streams_burst=10**6
    )
    server: AdsServer | H2Server
    if transport == "h2":
        server = H2Server(_streams(view, limits))
        opened = await server.start(port)
    else:
        server = AdsServer(
            Address("127.0.0.1", port),
            admission_policy=Everybody(view),
            observer=ObserverList(Metrics(CollectorRegistry())),
            limits=limits,
        )
        opened = await server.start()
    driver = Driver(table, server)
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)  # as the server does when it is ready
    await obey(opened, driver.do)
    await server.stop(0)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m benchmarks.fan_out_server", description="See the module.")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--transport", choices=("grpc", "h2"), default="grpc")
    arguments = parser.parse_args()
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(_main(arguments.port, arguments.transport))
