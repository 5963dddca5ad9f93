"""The discovery services, as a table, and their gRPC handlers.

There is no unary Fetch and no REST: both poll, and no known client uses them where it can have a stream (R1, R2). Virtual
hosts are served in the delta variant only, as the protocol defines.
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

ServeCall = Callable[[Any, AnyVariant, TypeUrl | None], Awaitable[None]]


class Service(msgspec.Struct, frozen=True):
    """A discovery service."""

    name: str
    type_url: TypeUrl | None
    """The type that it serves; None for all types."""
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


def discovery_handlers(serve: ServeCall) -> tuple[Any, ...]:
    """The gRPC handlers of all services. Each passes its calls to *serve*."""
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


def _handler(serve: ServeCall, variant: AnyVariant, type_url: TypeUrl | None) -> Any:
    async def call(_: object, context: Any) -> None:
        await serve(context, variant, type_url)

    return grpc.stream_stream_rpc_method_handler(call)  # Without serialisers, messages are bytes.
