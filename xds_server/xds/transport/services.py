"""The discovery services: one handler each, and what it serves.

There is no unary Fetch and no REST: both poll, which is what streams are there to avoid; nothing that we know asks for them
where a stream can be had (R1, R2). Virtual hosts exist only incrementally.
"""

from collections.abc import Awaitable, Callable
from typing import Any, Final

import grpc
import msgspec

from xds_server.model.resource import (
    CLUSTER,
    ENDPOINT,
    EXTENSION,
    LISTENER,
    ROUTE,
    RUNTIME,
    SCOPED_ROUTE,
    SECRET,
    VIRTUAL_HOST,
    TypeUrl,
)
from xds_server.xds.transport.variant import DELTA, SOTW, AnyVariant

Serve = Callable[[Any, AnyVariant, TypeUrl | None], Awaitable[None]]


class Service(msgspec.Struct, frozen=True):
    """A discovery service."""

    name: str
    type_url: TypeUrl | None
    """What it serves; None for everything."""
    sotw: str
    """Its state-of-the-world method; "" if it has none."""
    delta: str


ADS: Final = "envoy.service.discovery.v3.AggregatedDiscoveryService"

SERVICES: Final = (
    Service(ADS, None, "StreamAggregatedResources", "DeltaAggregatedResources"),
    Service("envoy.service.cluster.v3.ClusterDiscoveryService", CLUSTER, "StreamClusters", "DeltaClusters"),
    Service("envoy.service.endpoint.v3.EndpointDiscoveryService", ENDPOINT, "StreamEndpoints", "DeltaEndpoints"),
    Service("envoy.service.listener.v3.ListenerDiscoveryService", LISTENER, "StreamListeners", "DeltaListeners"),
    Service("envoy.service.route.v3.RouteDiscoveryService", ROUTE, "StreamRoutes", "DeltaRoutes"),
    Service("envoy.service.route.v3.VirtualHostDiscoveryService", VIRTUAL_HOST, "", "DeltaVirtualHosts"),
    Service(
        "envoy.service.route.v3.ScopedRoutesDiscoveryService", SCOPED_ROUTE, "StreamScopedRoutes", "DeltaScopedRoutes"
    ),
    Service("envoy.service.secret.v3.SecretDiscoveryService", SECRET, "StreamSecrets", "DeltaSecrets"),
    Service("envoy.service.runtime.v3.RuntimeDiscoveryService", RUNTIME, "StreamRuntime", "DeltaRuntime"),
    Service(
        "envoy.service.extension.v3.ExtensionConfigDiscoveryService",
        EXTENSION,
        "StreamExtensionConfigs",
        "DeltaExtensionConfigs",
    ),
)


def handlers(serve: Serve) -> tuple[Any, ...]:
    """The gRPC handlers of all services, each of which hands its calls to *serve*."""
    return tuple(
        grpc.method_handlers_generic_handler(
            service.name,
            {
                method: _handler(serve, variant, service.type_url)
                for method, variant in ((service.sotw, SOTW), (service.delta, DELTA))
                if method
            },
        )
        for service in SERVICES
    )


def _handler(serve: Serve, variant: AnyVariant, type_url: TypeUrl | None) -> Any:
    async def call(_: object, context: Any) -> None:
        await serve(context, variant, type_url)

    return grpc.stream_stream_rpc_method_handler(call)  # Without (de)serialisers messages are bytes.
