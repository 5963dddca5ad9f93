"""The gRPC server: discovery services, health, client status and reflection on one port."""

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
from xds_server.xds.transport.reflection import reflection_handlers
from xds_server.xds.transport.registry import StreamRegistry
from xds_server.xds.transport.services import SERVICES, discovery_handlers

REST_SECONDS: Final = 0.01
"""How long a stream gathers changes after a response. A proxy cannot use more than 100 updates a second."""

_MAX_INT32: Final = (1 << 31) - 1

_OPTIONS: Final = (
    # By default, gRPC takes the keepalive pings of an idle Envoy for abuse, and closes the connection after the fourth.
    # With these options it does so only for thousands of pings.
    ("grpc.http2.max_ping_strikes", 20),
    ("grpc.http2.min_ping_interval_without_data_ms", 200),
    ("grpc.keepalive_permit_without_calls", 1),
    # The server's own pings end the streams of clients that vanished.
    ("grpc.keepalive_time_ms", 30_000),
    ("grpc.keepalive_timeout_ms", 10_000),
    ("grpc.http2.max_pings_without_data", 0),
    # With SO_REUSEPORT, two servers on one port would share its clients, and one of them might not be ready.
    ("grpc.so_reuseport", 0),
    ("grpc.max_send_message_length", -1),
    # By default, gRPC sends a ping with every message that it reads, to estimate the bandwidth: a fifth of the cost of an
    # ACK. A fixed window needs no estimate.
    ("grpc.http2.bdp_probe", 0),
    ("grpc.http2.lookahead_bytes", 1 << 20),
)


class AdsServer:
    """Serves discovery to the nodes that the admission policy admits.

    Its gRPC health is NOT_SERVING from before the port is open until `set_health` changes it.
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
        """*identifier*: the name of this control plane in responses.

        *debounce*: of each stream. By default a single change is sent at once, and a burst of changes in steps.

        *connections*: how many may be open; further ones are closed at once. None for the sum of the limits on streams.

        *acceptance_changed*: called when a client's answer changed what counts as accepted; the cache takes it.
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
        """Opens the port, and returns its number. Raises BindError if the server cannot listen on the address."""
        await check_address(self._address)
        limits, limit = self._limits, self._auxiliary_calls.limit
        server = grpc.aio.server(options=(*_OPTIONS, *_options(limits, self._connections)))
        status = ClientStatusService(
            self._streams.resource_statuses,
            self._streams.time_slices,
            max_bytes=limits.answer_bytes,
            idle_seconds=limits.idle_seconds,
        )
        server.add_generic_rpc_handlers(discovery_handlers(self._streams.serve))
        server.add_generic_rpc_handlers((status.handler(limit), self._health.handler(limit)))
        server.add_generic_rpc_handlers(reflection_handlers(limit, limits.first_request_seconds))
        try:
            port: int = server.add_insecure_port(str(self._address))
        except RuntimeError as error:  # Another process took the port after the check.
            await server.stop(None)
            raise BindError(self._address, str(error)) from error
        await server.start()
        self._server, self.port = server, port
        return port

    async def set_health(self, *, serving: bool) -> None:
        """Changes the health of the server and of each discovery service."""
        self._health.set(serving=serving)

    def publish(self, changes: Mapping[str | None, ChangedNames]) -> None:
        """Tells streams which names changed in their tables, by role; under None what all roles share."""
        self._streams.publish(changes)

    def streams(self) -> list[StreamStatus]:
        """Every open stream, the oldest first."""
        return list(self._streams.statuses())

    def statuses(self) -> Iterator[StreamStatus]:
        """Every open stream, the oldest first. Each is read when it is asked for; streams may end and begin meanwhile."""
        return self._streams.statuses()

    def client_use(self) -> ClientUse:
        """How much of the limits the clients use."""
        return msgspec.structs.replace(self._streams.client_use(), auxiliary_calls=self._auxiliary_calls.open)

    def release(self, kind: HoldKind) -> int:
        """Ends the waits for admission that have a reason of that kind, and returns of how many streams."""
        return self._streams.release(kind)

    async def stop(
        self,
        grace: float,
        reason: str = "xds-server is shutting down: try another replica, or again",
        spread: float = 0.0,
    ) -> None:
        """Accepts no more streams, ends the open ones with UNAVAILABLE and *reason*, and returns within *grace* + *spread* seconds.

        Health becomes NOT_SERVING first. *spread*: over how many seconds the streams end, so that their clients do not all
        connect to the other replicas at once.
        """
        if self._server is None:
            return
        self._health.end()
        self._streams.end(reason, spread)
        await self._server.stop(grace + spread)


def _options(limits: Limits, connections: int | None) -> list[tuple[str, int]]:
    of_connection = limits.streams_per_connection + limits.auxiliary_calls // 4
    wanted = limits.streams + limits.silent_streams + limits.auxiliary_calls
    options = [
        # We refuse a message beyond our limit with a reason. gRPC refuses one beyond this limit before it is in memory.
        ("grpc.max_receive_message_length", limits.request_bytes + limits.request_bytes // 4),
        # We refuse a stream beyond our limit with a reason. HTTP/2 refuses one beyond this limit.
        ("grpc.max_concurrent_streams", min(2 * of_connection, _MAX_INT32)),
        # A connection that does not start HTTP/2, or that has no stream, wastes a file descriptor.
        ("grpc.server_handshake_timeout_ms", milliseconds(limits.first_request_seconds)),
        ("grpc.max_connection_idle_ms", milliseconds(limits.idle_seconds)),
        ("grpc.max_allowed_incoming_connections", min(wanted, connections or wanted, _MAX_INT32)),
    ]
    if limits.connection_seconds:
        options.append(("grpc.max_connection_age_ms", milliseconds(limits.connection_seconds)))
        options.append(("grpc.max_connection_age_grace_ms", milliseconds(limits.goodbye_seconds)))
    return options


def milliseconds(seconds: float) -> int:
    """Milliseconds for a gRPC option: at least 1, at most the largest int32."""
    return max(1, min(round(seconds * 1000), _MAX_INT32))
