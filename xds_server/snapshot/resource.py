"""One encoded xDS resource, and the four types that we serve."""

from hashlib import blake2b
from typing import Final, NewType

import msgspec

TypeUrl = NewType("TypeUrl", str)

CLUSTER: Final = TypeUrl("type.googleapis.com/envoy.config.cluster.v3.Cluster")
ENDPOINT: Final = TypeUrl("type.googleapis.com/envoy.config.endpoint.v3.ClusterLoadAssignment")
LISTENER: Final = TypeUrl("type.googleapis.com/envoy.config.listener.v3.Listener")
ROUTE: Final = TypeUrl("type.googleapis.com/envoy.config.route.v3.RouteConfiguration")

PUSH_ORDER: Final = (CLUSTER, ENDPOINT, LISTENER, ROUTE)
"""The order in which a change reaches a client: what is named comes before what names it."""

SHORT: Final = {CLUSTER: "CDS", ENDPOINT: "EDS", LISTENER: "LDS", ROUTE: "RDS"}
"""The discovery service of each type, as logs and metrics name it."""


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
