"""The values that the protocol machine takes and gives; codecs and shells speak in these, too."""

from collections.abc import Collection, Mapping, Sequence
from enum import IntEnum
from typing import Final

import msgspec

from xds_server.model.resource import (
    CLUSTER,
    ENDPOINT,
    LISTENER,
    ROUTE,
    SCOPED_ROUTE,
    SECRET,
    VIRTUAL_HOST,
    Resource,
    TypeUrl,
)

ChangedNames = Mapping[TypeUrl, Collection[str]]
"""Names that changed in the published tables, by type: added, altered or removed."""

FULL_STATE: Final = frozenset((CLUSTER, LISTENER, SCOPED_ROUTE))
"""Types whose every response holds all that the client subscribed to; what is missing is deleted (R60)."""

REFERRERS: Final = (LISTENER, ROUTE)
"""Types that name clusters: they wait for new clusters, and removed clusters wait for them (R120, R121)."""

NO_HEARTBEAT: Final = frozenset((VIRTUAL_HOST,))
"""Types of which there is no heartbeat: without a body it would say that there is no such thing (R100b, R103)."""

RESENT_ON_RECONNECT: Final = frozenset((ENDPOINT, SECRET))
"""Types that are sent to a client that comes back even if it has them: what awaits them may still be warming (R82a)."""

RESEND_AFTER: Final = {CLUSTER: ENDPOINT}
"""What has to be sent again behind what: a changed cluster waits for its load assignment, even for an equal one (R122).

A load assignment bears the name of its cluster.
"""


class ProtocolError(ValueError):
    """The peer broke the protocol: its stream ends with INVALID_ARGUMENT and this text."""


class Node(msgspec.Struct, frozen=True, gc=False):
    """Who is at the other end, as it says itself."""

    id: str
    cluster: str = ""
    role: str = ""
    """`metadata.role`, else `cluster`: the Gateway that the proxy serves, `namespace/name`."""
    user_agent: str = ""
    """Name and version, as in `envoy/1.40.0`; "" if the client does not say."""
    takes_ttl: bool = False
    """Whether it says that it knows resources with a time to live, also in the state of the world (R101)."""


class Request(msgspec.Struct, frozen=True, gc=False):
    """A DiscoveryRequest."""

    type_url: TypeUrl
    version: str = ""
    """The version last accepted; informative, and never compared (R25, R26)."""
    names: tuple[str, ...] = ()
    nonce: str = ""
    rejection: str | None = None
    """Message of `error_detail`: set if the request is a NACK, even if to ""."""
    node: Node | None = None

    @property
    def warm(self) -> bool:
        """Whether the client says that it has something already."""
        return bool(self.version)


class Response(msgspec.Struct, frozen=True, gc=False):
    """A DiscoveryResponse. Equal `version` and `digest` of a type mean equal resources, in some order."""

    type_url: TypeUrl
    version: str
    nonce: str
    resources: Sequence[Resource]
    digest: int = 0
    """Sum of the resources' digests; 0 if the version tells as much."""
    wrapped: bool = False
    """Whether resources with a time to live are sent with it, each in a wrapper."""


class DeltaRequest(msgspec.Struct, frozen=True, gc=False):
    """A DeltaDiscoveryRequest."""

    type_url: TypeUrl
    subscribe: tuple[str, ...] = ()
    unsubscribe: tuple[str, ...] = ()
    initial_versions: Mapping[str, str] = {}
    """What a client that comes back has already: versions by name."""
    nonce: str = ""
    rejection: str | None = None
    """Message of `error_detail`: set if the request is a NACK, even if to ""."""
    node: Node | None = None

    @property
    def names(self) -> tuple[str, ...]:
        """The names that are asked for."""
        return self.subscribe

    @property
    def warm(self) -> bool:
        """Whether the client says that it has something already."""
        return bool(self.initial_versions)


class DeltaResponse(msgspec.Struct, frozen=True, gc=False):
    """A DeltaDiscoveryResponse. Equal `version`, `digest` and `removed` of a type mean equal content, in some order."""

    type_url: TypeUrl
    version: str
    """Of all that is published of the type: for people, since each resource has a version of its own."""
    nonce: str
    resources: Sequence[Resource]
    removed: tuple[str, ...]
    digest: int
    beat: bool = False
    """Whether it is a heartbeat: of each resource the name, the version and the time to live, and no body."""


class Subscribed(msgspec.Struct, frozen=True, gc=False):
    """The client asked for a type for the first time, or for other names than before."""

    type_url: TypeUrl
    count: int
    """Names asked for, the wildcard aside."""
    wildcard: bool


class Acked(msgspec.Struct, frozen=True, gc=False):
    """The client accepted the response in flight."""

    type_url: TypeUrl
    nonce: str
    version: str


class Nacked(msgspec.Struct, frozen=True, gc=False):
    """The client rejected the response in flight, wholly or in part (R29)."""

    type_url: TypeUrl
    nonce: str
    version: str
    """The version that was rejected."""
    message: str
    """The client's own words."""
    suspects: tuple[str, ...] = ()
    """Names of what may be at fault, all of which were in the response: those that the message names, if it does, else those
    that nobody has accepted, if there are such."""


class StaleRequest(msgspec.Struct, frozen=True, gc=False):
    """A request about a response that is not the last one: its names count, its verdict does not (R23, R24)."""

    type_url: TypeUrl
    nonce: str


class UnservedType(msgspec.Struct, frozen=True, gc=False):
    """A request for a type that is not served here; it stays without an answer (R7)."""

    type_url: TypeUrl


class AcceptanceChanged(msgspec.Struct, frozen=True, gc=False):
    """The answer of this client changed what counts as accepted: the cache has to be told, for all other clients.

    Either a client rejected a published content that nobody had accepted, or one accepted what another had rejected.
    """

    type_url: TypeUrl
    names: frozenset[str]
    """Names whose published content was rejected, and is accepted now: it is good for every client."""


Event = Subscribed | Acked | Nacked | AcceptanceChanged | StaleRequest | UnservedType


class TypeStatus(msgspec.Struct, frozen=True, gc=False):
    """Where a stream stands with one type."""

    names: int
    wildcard: bool
    sent_version: str = ""
    """Version of the last response; "" before the first."""
    acked_version: str = ""
    """Version of the last response that was accepted."""
    rejection: str | None = None
    """The client's words, if it rejected the last response that it answered."""
    in_flight: bool = False
    due: bool = False
    """Whether there may be something to send."""
    sent: int = 0
    """Responses so far."""
    rejected: int = 0
    """How many of them were rejected."""
    withheld: int = 0
    """Resources that are no more, and are still kept for what may name them."""
    refused: int = 0
    """Resources of which the client is not sent what is published, since it, or another, rejected that."""
    suspected: int = 0
    """Resources that were rejected with others, and are tried again."""


class ConfigStatus(IntEnum):
    """Where a client stands with a resource. Source: envoy.service.status.v3.ConfigStatus."""

    SYNCED = 1
    """It accepted what is published."""
    NOT_SENT = 2
    STALE = 3
    """It has not said yet what it thinks of what is published: it was not sent that yet, or is tried again, or is withheld
    as another client rejected it."""
    ERROR = 4
    """It rejected what is published."""


class ResourceStatus(msgspec.Struct, frozen=True, gc=False):
    """Where a client stands with one resource that it asked for."""

    type_url: TypeUrl
    name: str
    status: ConfigStatus
    resource: Resource | None
    """What it is served; None if there is no such resource."""
    message: str = ""
    """Why it is not served what is published, in the words of who rejected that."""
