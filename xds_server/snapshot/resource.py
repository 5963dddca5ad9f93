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
"""The types that we publish, in the order in which a change reaches a client: what is named comes before what names it."""

TYPES: Final = (CLUSTER, ENDPOINT, LISTENER, ROUTE, SCOPED_ROUTE, VIRTUAL_HOST, SECRET, EXTENSION, RUNTIME)
"""All types that a stream can carry, if its view has a table of them, in the order in which they are sent."""

SHORT: Final = {CLUSTER: "CDS", ENDPOINT: "EDS", LISTENER: "LDS", ROUTE: "RDS"}
"""The discovery service of each type that we publish, as logs and metrics name it."""


class Resource(msgspec.Struct, frozen=True, gc=False):
    """A resource as it goes over the wire, encoded once for everybody.

    Equal content has equal bytes and so an equal version, on every replica and after every restart.
    """

    name: str
    digest: int
    """128-bit digest of `body`: the resource's version."""
    body: bytes
    """The encoded message, without the `Any` around it."""

    @property
    def version(self) -> str:
        """The version as text: 32 hexadecimal digits."""
        return f"{self.digest:032x}"


def resource(name: str, body: bytes) -> Resource:
    """A resource with the digest of its body."""
    return Resource(name, int.from_bytes(blake2b(body, digest_size=16).digest(), "big"), body)
