"""One encoded xDS resource, and the types of resources."""

from hashlib import blake2b
from typing import Final, NewType

import msgspec

TypeUrl = NewType("TypeUrl", str)

CLUSTER: Final = TypeUrl("type.googleapis.com/envoy.config.cluster.v3.Cluster")
ENDPOINT: Final = TypeUrl("type.googleapis.com/envoy.config.endpoint.v3.ClusterLoadAssignment")
SECRET: Final = TypeUrl("type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.Secret")
LISTENER: Final = TypeUrl("type.googleapis.com/envoy.config.listener.v3.Listener")
ROUTE: Final = TypeUrl("type.googleapis.com/envoy.config.route.v3.RouteConfiguration")
SCOPED_ROUTE: Final = TypeUrl("type.googleapis.com/envoy.config.route.v3.ScopedRouteConfiguration")
VIRTUAL_HOST: Final = TypeUrl("type.googleapis.com/envoy.config.route.v3.VirtualHost")
EXTENSION: Final = TypeUrl("type.googleapis.com/envoy.config.core.v3.TypedExtensionConfig")
RUNTIME: Final = TypeUrl("type.googleapis.com/envoy.service.runtime.v3.Runtime")

PUSH_ORDER: Final = (CLUSTER, ENDPOINT, LISTENER, ROUTE)
"""The types that this server derives, in the order in which a change reaches a client: a resource goes out before one that
names it."""

TYPES: Final = (CLUSTER, ENDPOINT, LISTENER, ROUTE, SCOPED_ROUTE, VIRTUAL_HOST, SECRET, EXTENSION, RUNTIME)
"""The types with a discovery service of their own, in push order; any other type comes after them."""

PASS_THROUGH: Final = (SCOPED_ROUTE, SECRET, EXTENSION, RUNTIME)
"""Types of which this server derives nothing. A caller may publish such resources; a client that asks gets what there is."""

SERVICE_NAMES: Final = {
    CLUSTER: "CDS", ENDPOINT: "EDS", LISTENER: "LDS", ROUTE: "RDS", SCOPED_ROUTE: "SRDS", VIRTUAL_HOST: "VHDS",
    SECRET: "SDS", EXTENSION: "ECDS", RUNTIME: "RTDS",
}  # fmt: skip
"""The short name of each type's discovery service, for logs and metrics."""

_PUSH_RANKS: Final = {type_url: push_rank for push_rank, type_url in enumerate(TYPES)}


def push_rank(type_url: TypeUrl) -> int:
    """The position of a type in push order: a smaller rank is sent first."""
    return _PUSH_RANKS.get(type_url, len(TYPES))


class Resource(msgspec.Struct, frozen=True, gc=False):
    """One encoded resource, shared by all streams.

    Equal content has equal bytes, and so an equal version, on every replica and after every restart.
    """

    name: str
    digest: int
    """128-bit digest of `body`: the resource's version."""
    body: bytes
    """The encoded message, without the `Any` around it."""
    ttl: float = 0.0
    """Time to live in seconds: a client forgets the resource if no heartbeat comes within it. 0: for ever."""
    placeholder: "Resource | None" = None
    """Set if this resource has to be sent last: a client is sent the placeholder in its place until it has accepted all
    other resources."""
    endpoints: int = 0
    """How many endpoints a load assignment has; 0 for all other types."""

    @property
    def version(self) -> str:
        """The version as text: 32 hexadecimal digits."""
        return f"{self.digest:032x}"


def resource(name: str, body: bytes, ttl: float = 0.0, endpoints: int = 0) -> Resource:
    """Makes a resource with the digest of its body, and of *ttl* in seconds if there is one."""
    key = f"ttl {ttl}".encode() if ttl else b""
    digest = int.from_bytes(blake2b(body, digest_size=16, key=key).digest(), "big")
    return Resource(name, digest, body, ttl, endpoints=endpoints)
