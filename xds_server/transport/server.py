"""The gRPC server: ADS in bytes, and health, on one port."""

import time
from collections.abc import Mapping
from typing import Any, Final

import grpc
from grpc_health.v1 import health, health_pb2, health_pb2_grpc

from xds_server.ads.messages import Changes
from xds_server.gating import HoldKind
from xds_server.limits import Limits
from xds_server.settings import Address
from xds_server.transport.address import PortInUse, check_address
from xds_server.transport.admission import Admission, Clock, Doorkeeper
from xds_server.transport.client_status import client_status
from xds_server.transport.debounce import Debounce
from xds_server.transport.observer import Observer, StreamStatus
from xds_server.transport.reflection import reflection
from xds_server.transport.services import SERVICES, handlers
from xds_server.transport.streams import Streams

REST_SECONDS: Final = 0.01
"""How long what changes after a response is gathered, on each stream: 100 steps a second are more than a proxy can use."""

_OPTIONS: Final = (
    # By default the core takes the pings of an idle Envoy for abuse, and ends its stream after the fourth.
    ("grpc.http2.max_ping_strikes", 0),
    ("grpc.keepalive_permit_without_calls", 1),
    # Our own pings free the streams of peers that vanished.
    ("grpc.keepalive_time_ms", 30_000),
    ("grpc.keepalive_timeout_ms", 10_000),
    ("grpc.http2.max_pings_without_data", 0),
    # A connection that does not begin to speak HTTP/2, or that has no stream, takes a file descriptor for nothing.
    ("grpc.server_handshake_timeout_ms", 10_000),
    ("grpc.max_connection_idle_ms", 60_000),
    # Two servers on a port would share its clients, one of them perhaps not ready.
    ("grpc.so_reuseport", 0),
    ("grpc.max_send_message_length", -1),
    # By default the core sends a ping with every message that it reads, to learn how much it may take: a fifth of what an
    # ACK costs. It may take so much without.
    ("grpc.http2.bdp_probe", 0),
    ("grpc.http2.lookahead_bytes", 1 << 20),
)


class AdsServer:
    """Serves ADS to all whom the doorkeeper admits, and says by gRPC health whether it is worth asking.

    Health is NOT_SERVING from before the port is open until `set_health` says otherwise.
    """

    def __init__(
        self,
        address: Address,
        *,
        doorkeeper: Doorkeeper,
        observer: Observer,
        admission: Admission = Admission(),  # noqa: B008  Immutable.
        identifier: str = "xds-server",
        clock: Clock = time.monotonic,
        limits: Limits = Limits(),  # noqa: B008
        debounce: Debounce = Debounce(rest_seconds=REST_SECONDS),  # noqa: B008  Each stream has a copy.
        connections: int | None = None,
    ) -> None:
        """*debounce*: of each stream. By default a change by itself is sent at once, and a burst in steps.

        *connections*: how many there may be, more are closed at once; None for as many as come.
        """
        self._connections = connections
        self._address = address
        self._limits = limits
        self._streams = Streams(
            doorkeeper=doorkeeper,
            observer=observer,
            admission=admission,
            identifier=identifier,
            clock=clock,
            limits=limits,
            debounce=debounce,
        )
        self._health = health.aio.HealthServicer()
        self._server: Any = None
        self.port = 0
        """The port that is open; 0 before `start`."""

    async def start(self) -> int:
        """Opens the port, and returns its number. Raises PortInUse, if the address cannot be listened on."""
        await check_address(self._address)
        await self.set_health(serving=False)
        server = grpc.aio.server(options=(*_OPTIONS, *_options(self._limits, self._connections)))
        server.add_generic_rpc_handlers(handlers(self._streams.serve))
        server.add_generic_rpc_handlers((client_status(self._streams.resources), *reflection()))
        health_pb2_grpc.add_HealthServicer_to_server(self._health, server)
        try:
            port: int = server.add_insecure_port(str(self._address))
        except RuntimeError as error:  # Taken between the check and here.
            await server.stop(None)
            raise PortInUse(self._address, str(error)) from error
        await server.start()
        self._server, self.port = server, port
        return port

    async def set_health(self, *, serving: bool) -> None:
        """Answers health checks, of the server and of each discovery service, from now on so."""
        status = health_pb2.HealthCheckResponse.SERVING if serving else health_pb2.HealthCheckResponse.NOT_SERVING
        for service in ("", *(one.name for one in SERVICES)):
            await self._health.set(service, status)

    def publish(self, changes: Mapping[str | None, Changes]) -> None:
        """Tells streams which names changed in their tables, by role; under None what all roles share."""
        self._streams.publish(changes)

    def streams(self) -> list[StreamStatus]:
        """Every open stream, the oldest first."""
        return self._streams.status()

    def release(self, kind: HoldKind) -> int:
        """Ends waits at the gate for a reason of that kind, and returns of how many streams."""
        return self._streams.release(kind)

    async def stop(
        self,
        grace: float,
        reason: str = "xds-server is shutting down: try another replica, or again",
        spread: float = 0.0,
    ) -> None:
        """Takes no more streams, ends those that are open with UNAVAILABLE, and returns within *grace* seconds.

        Health comes first. *spread*: over how many seconds more the streams end, so that they do not all come to the
        other replicas at once.
        """
        if self._server is None:
            return
        await self._health.enter_graceful_shutdown()
        self._streams.end(reason, spread)
        await self._server.stop(grace + spread)


def _options(limits: Limits, connections: int | None) -> list[tuple[str, int]]:
    # A message beyond our own limit is refused in our words; one beyond twice that, by gRPC before it is in memory.
    options = [("grpc.max_receive_message_length", 2 * limits.request_bytes)]
    if connections is not None:
        options.append(("grpc.max_allowed_incoming_connections", connections))
    if limits.connection_seconds:
        options.append(("grpc.max_connection_age_ms", round(limits.connection_seconds * 1000)))
        options.append(("grpc.max_connection_age_grace_ms", round(limits.goodbye_seconds * 1000)))
    return options
