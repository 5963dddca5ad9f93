"""The gRPC server: ADS in bytes, and health, on one port."""

import time
from collections.abc import Mapping
from typing import Any, Final

import grpc
from grpc_health.v1 import health, health_pb2, health_pb2_grpc

from xds_server.ads.messages import Changes
from xds_server.transport.address import PortInUse, check_address
from xds_server.transport.admission import Admission, Clock, Doorkeeper, HoldKind
from xds_server.transport.observer import Observer, StreamStatus
from xds_server.transport.streams import Streams

SERVICE: Final = "envoy.service.discovery.v3.AggregatedDiscoveryService"

_OPTIONS: Final = (
    # By default the core takes the pings of an idle Envoy for abuse, and ends its stream after the fourth.
    ("grpc.http2.max_ping_strikes", 0),
    ("grpc.keepalive_permit_without_calls", 1),
    # Our own pings free the streams of peers that vanished.
    ("grpc.keepalive_time_ms", 30_000),
    ("grpc.keepalive_timeout_ms", 10_000),
    ("grpc.http2.max_pings_without_data", 0),
    # Two servers on a port would share its clients, one of them perhaps not ready.
    ("grpc.so_reuseport", 0),
    ("grpc.max_receive_message_length", 16 << 20),
    ("grpc.max_send_message_length", -1),
)


class AdsServer:
    """Serves ADS to all whom the doorkeeper admits, and says by gRPC health whether it is worth asking.

    Health is NOT_SERVING from before the port is open until `set_health` says otherwise.
    """

    def __init__(
        self,
        address: str,
        *,
        doorkeeper: Doorkeeper,
        observer: Observer,
        admission: Admission = Admission(),  # noqa: B008  Immutable.
        identifier: str = "xds-server",
        clock: Clock = time.monotonic,
    ) -> None:
        self._address = address
        self._streams = Streams(
            doorkeeper=doorkeeper, observer=observer, admission=admission, identifier=identifier, clock=clock
        )
        self._health = health.aio.HealthServicer()
        self._server: Any = None
        self.port = 0
        """The port that is open; 0 before `start`."""

    async def start(self) -> int:
        """Opens the port, and returns its number. Raises PortInUse, if the address cannot be listened on."""
        await check_address(self._address)
        await self.set_health(serving=False)
        server = grpc.aio.server(options=_OPTIONS)
        server.add_generic_rpc_handlers((self._ads_handlers(),))
        health_pb2_grpc.add_HealthServicer_to_server(self._health, server)
        try:
            port: int = server.add_insecure_port(self._address)
        except RuntimeError as error:  # Taken between the check and here.
            await server.stop(None)
            raise PortInUse(self._address, str(error)) from error
        await server.start()
        self._server, self.port = server, port
        return port

    async def set_health(self, *, serving: bool) -> None:
        """Answers health checks, of the server and of ADS, from now on so."""
        status = health_pb2.HealthCheckResponse.SERVING if serving else health_pb2.HealthCheckResponse.NOT_SERVING
        for service in ("", SERVICE):
            await self._health.set(service, status)

    def publish(self, changes: Mapping[str | None, Changes]) -> None:
        """Tells streams which names changed in their tables, by role; under None what all roles share."""
        self._streams.publish(changes)

    def streams(self) -> list[StreamStatus]:
        """Every open stream, the oldest first."""
        return self._streams.status()

    def release(self, kind: HoldKind | None = None) -> int:
        """Ends waits at the gate for a reason of that kind (None: of any), and returns of how many streams."""
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

    def _ads_handlers(self) -> Any:
        return grpc.method_handlers_generic_handler(
            SERVICE,
            {
                # Without (de)serialisers messages are bytes.
                "StreamAggregatedResources": grpc.stream_stream_rpc_method_handler(self._stream_aggregated),
                "DeltaAggregatedResources": grpc.stream_stream_rpc_method_handler(_refuse_delta),
            },
        )

    async def _stream_aggregated(self, _: object, call: Any) -> None:
        await self._streams.serve(call)


async def _refuse_delta(_: object, call: Any) -> None:
    await call.abort(
        grpc.StatusCode.UNIMPLEMENTED,
        "delta xDS is not served yet: set ads_config.api_type to GRPC (state of the world) in the bootstrap",
    )
