"""The gRPC server: ADS in bytes, and health, on one port."""

import time
from collections.abc import Iterator, Mapping
from typing import Any, Final

import grpc
import msgspec

from probes import Clock
from xds_server.model.address import Address
from xds_server.model.admission import HoldKind
from xds_server.xds.cache.resource_cache import AcceptanceListener
from xds_server.xds.protocol.messages import ChangedNames
from xds_server.xds.transport.admission import AdmissionPolicy
from xds_server.xds.transport.auxiliary_calls import AuxiliaryCalls
from xds_server.xds.transport.bind_check import BindError, check_address
from xds_server.xds.transport.client_status import ClientStatusService
from xds_server.xds.transport.config import AdmissionConfig
from xds_server.xds.transport.debounce import Debounce
from xds_server.xds.transport.health import HealthService
from xds_server.xds.transport.limits import Limits
from xds_server.xds.transport.observer import ClientUse, StreamObserver, StreamStatus
from xds_server.xds.transport.reflection import reflection
from xds_server.xds.transport.registry import StreamRegistry
from xds_server.xds.transport.services import SERVICES, handlers

REST_SECONDS: Final = 0.01
"""How long what changes after a response is gathered, on each stream: 100 steps a second are more than a proxy can use."""

_LARGEST: Final = (1 << 31) - 1

_OPTIONS: Final = (
    # By default the core takes the pings of an idle Envoy for abuse, and ends its stream after the fourth; these it takes
    # for abuse that come by the thousand.
    ("grpc.http2.max_ping_strikes", 20),
    ("grpc.http2.min_ping_interval_without_data_ms", 200),
    ("grpc.keepalive_permit_without_calls", 1),
    # Our own pings free the streams of peers that vanished.
    ("grpc.keepalive_time_ms", 30_000),
    ("grpc.keepalive_timeout_ms", 10_000),
    ("grpc.http2.max_pings_without_data", 0),
    # Two servers on a port would share its clients, one of them perhaps not ready.
    ("grpc.so_reuseport", 0),
    ("grpc.max_send_message_length", -1),
    # By default the core sends a ping with every message that it reads, to learn how much it may take: a fifth of what an
    # ACK costs. It may take so much without.
    ("grpc.http2.bdp_probe", 0),
    ("grpc.http2.lookahead_bytes", 1 << 20),
)


class AdsServer:
    """Serves ADS to all whom the admission policy admits, and says by gRPC health whether it is worth asking.

    Health is NOT_SERVING from before the port is open until `set_health` says otherwise.
    """

    def __init__(
        self,
        address: Address,
        *,
        admission_policy: AdmissionPolicy,
        observer: StreamObserver,
        admission: AdmissionConfig = AdmissionConfig(),  # noqa: B008  Immutable.
        identifier: str = "xds-server",
        clock: Clock = time.monotonic,
        limits: Limits = Limits(),  # noqa: B008
        debounce: Debounce = Debounce(rest_seconds=REST_SECONDS),  # noqa: B008  Each stream has a copy.
        connections: int | None = None,
        acceptance_changed: AcceptanceListener = lambda *_: None,
    ) -> None:
        """*debounce*: of each stream. By default a change by itself is sent at once, and a burst in steps.

        *connections*: how many there may be, more are closed at once; None for as many as come.

        *acceptance_changed*: called when a client's answer changed what counts as accepted; what the cache takes.
        """
        self._connections = connections
        self._address = address
        self._limits = limits
        self._streams = StreamRegistry(
            admission_policy=admission_policy,
            observer=observer,
            admission=admission,
            identifier=identifier,
            clock=clock,
            limits=limits,
            debounce=debounce,
            acceptance_changed=acceptance_changed,
        )
        self._health = HealthService(("", *(one.name for one in SERVICES)))
        self._auxiliary_calls = AuxiliaryCalls(limits, lambda: observer.stream_refused("auxiliary"))
        self._server: Any = None
        self.port = 0
        """The port that is open; 0 before `start`."""

    async def start(self) -> int:
        """Opens the port, and returns its number. Raises BindError, if the address cannot be listened on."""
        await check_address(self._address)
        limits, counted = self._limits, self._auxiliary_calls.counted
        server = grpc.aio.server(options=(*_OPTIONS, *_options(limits, self._connections)))
        status = ClientStatusService(
            self._streams.resource_statuses,
            self._streams.time_slices,
            most=limits.answer_bytes,
            idle_seconds=limits.idle_seconds,
        )
        server.add_generic_rpc_handlers(handlers(self._streams.serve))
        server.add_generic_rpc_handlers((status.handler(counted), self._health.handler(counted)))
        server.add_generic_rpc_handlers(reflection(counted, limits.first_request_seconds))
        try:
            port: int = server.add_insecure_port(str(self._address))
        except RuntimeError as error:  # Taken between the check and here.
            await server.stop(None)
            raise BindError(self._address, str(error)) from error
        await server.start()
        self._server, self.port = server, port
        return port

    async def set_health(self, *, serving: bool) -> None:
        """Answers health checks, of the server and of each discovery service, from now on so."""
        self._health.set(serving=serving)

    def publish(self, changes: Mapping[str | None, ChangedNames]) -> None:
        """Tells streams which names changed in their tables, by role; under None what all roles share."""
        self._streams.publish(changes)

    def streams(self) -> list[StreamStatus]:
        """Every open stream, the oldest first."""
        return self._streams.status()

    def statuses(self) -> Iterator[StreamStatus]:
        """The same one by one, each as it is when it is asked for; streams may end and begin meanwhile."""
        return self._streams.statuses()

    def client_use(self) -> ClientUse:
        """What clients have taken of what there is."""
        return msgspec.structs.replace(self._streams.client_use(), auxiliary_calls=self._auxiliary_calls.open)

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
        self._health.end()
        self._streams.end(reason, spread)
        await self._server.stop(grace + spread)


def _options(limits: Limits, connections: int | None) -> list[tuple[str, int]]:
    of_connection = limits.streams_per_connection + limits.side_streams // 4
    wanted = limits.streams + limits.silent_streams + limits.side_streams
    options = [
        # A message beyond our own limit is refused in our words; one beyond this, by gRPC before it is in memory.
        ("grpc.max_receive_message_length", limits.request_bytes + limits.request_bytes // 4),
        # What is beyond our own limit is refused in our words; what is beyond this, by HTTP/2.
        ("grpc.max_concurrent_streams", min(2 * of_connection, _LARGEST)),
        # A connection that does not begin to speak HTTP/2, or that has no stream, takes a file descriptor for nothing.
        ("grpc.server_handshake_timeout_ms", milliseconds(limits.first_request_seconds)),
        ("grpc.max_connection_idle_ms", milliseconds(limits.idle_seconds)),
        ("grpc.max_allowed_incoming_connections", min(wanted, connections or wanted, _LARGEST)),
    ]
    if limits.connection_seconds:
        options.append(("grpc.max_connection_age_ms", milliseconds(limits.connection_seconds)))
        options.append(("grpc.max_connection_age_grace_ms", milliseconds(limits.goodbye_seconds)))
    return options


def milliseconds(seconds: float) -> int:
    """At least one, and no more than gRPC's options can hold."""
    return max(1, min(round(seconds * 1000), _LARGEST))
