"""The messages and events of the protocol, as values. The codecs and the transport use them, too."""

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
"""Names of the resources that a publication added, changed or removed, by type."""

FULL_STATE: Final = frozenset((CLUSTER, LISTENER, SCOPED_ROUTE))
"""Types whose every state-of-the-world response holds all subscribed resources: the client deletes what is missing (R60)."""

REFERRERS: Final = (LISTENER, ROUTE)
"""Types that name clusters: they wait for added clusters, and removed clusters wait for them (R120, R121)."""

NO_HEARTBEAT: Final = frozenset((VIRTUAL_HOST,))
"""Types without heartbeats: a virtual host without a body means that there is no such virtual host (R100b, R103)."""

RESENT_ON_RECONNECT: Final = frozenset((ENDPOINT, SECRET))
"""Types that are sent to a client that reconnects even if it has them: what waits for them there may still be warming
(R82a)."""

RESEND_AFTER: Final = {CLUSTER: ENDPOINT}
"""Leader to follower: when a leader was sent, the follower of the same name is sent again, even if it did not change.

A changed cluster stays warming until Envoy receives its load assignment (R122).
"""


class ProtocolError(ValueError):
    """The client broke the protocol: its stream ends with INVALID_ARGUMENT and this text."""


class Node(msgspec.Struct, frozen=True, gc=False):
    """The client's description of itself."""

    id: str
    cluster: str = ""
    role: str = ""
    """The Gateway that the proxy serves, `namespace/name`: `metadata.role`, or else `cluster`."""
    user_agent: str = ""
    """Name and version, as in `envoy/1.40.0`; "" if the client does not say."""
    supports_ttl: bool = False
    """Whether the client has the feature for resources that expire, which state of the world needs (R101)."""


class Request(msgspec.Struct, frozen=True, gc=False):
    """A DiscoveryRequest."""

    type_url: TypeUrl
    version: str = ""
    """The version last accepted: for information, never compared (R25, R26)."""
    names: tuple[str, ...] = ()
    nonce: str = ""
    rejection: str | None = None
    """The message of `error_detail`, which may be ""; None if the request is not a NACK."""
    node: Node | None = None

    @property
    def warm(self) -> bool:
        """Whether the client has a configuration already."""
        return bool(self.version)


class Response(msgspec.Struct, frozen=True, gc=False):
    """A DiscoveryResponse. Two responses of a type with equal `version` and `digest` have equal resources, in any order."""

    type_url: TypeUrl
    version: str
    nonce: str
    resources: Sequence[Resource]
    digest: int = 0
    """Sum of the digests of the resources; 0 if the version identifies them."""
    wrapped: bool = False
    """Whether each resource that expires is sent in a wrapper that has its time to live."""


class DeltaRequest(msgspec.Struct, frozen=True, gc=False):
    """A DeltaDiscoveryRequest."""

    type_url: TypeUrl
    subscribe: tuple[str, ...] = ()
    unsubscribe: tuple[str, ...] = ()
    initial_versions: Mapping[str, str] = {}
    """Versions by name of the resources that a reconnecting client has."""
    nonce: str = ""
    rejection: str | None = None
    """The message of `error_detail`, which may be ""; None if the request is not a NACK."""
    node: Node | None = None

    @property
    def names(self) -> tuple[str, ...]:
        """The subscribed names."""
        return self.subscribe

    @property
    def warm(self) -> bool:
        """Whether the client has a configuration already."""
        return bool(self.initial_versions)


class DeltaResponse(msgspec.Struct, frozen=True, gc=False):
    """A DeltaDiscoveryResponse. Equal `version`, `digest` and `removed` of a type mean equal content, in any order."""

    type_url: TypeUrl
    version: str
    """Version of all published resources of the type: for people, since each resource has its own version."""
    nonce: str
    resources: Sequence[Resource]
    removed: tuple[str, ...]
    digest: int
    heartbeat: bool = False
    """Whether it is a heartbeat: each resource has a name, a version and a time to live, and no body."""


class Subscribed(msgspec.Struct, frozen=True, gc=False):
    """The client subscribed to a type for the first time, or to other names than before."""

    type_url: TypeUrl
    count: int
    """Number of names, without the wildcard."""
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
    """Names of the resources in the response that may be at fault: those that the message names; if it names none, those that
    no client has accepted yet; if there are none, all that were new to the client."""


class StaleRequest(msgspec.Struct, frozen=True, gc=False):
    """A request with the nonce of an older response: its names count, its ACK or NACK does not (R23, R24)."""

    type_url: TypeUrl
    nonce: str


class UnservedType(msgspec.Struct, frozen=True, gc=False):
    """A request for a type that this stream does not serve. It gets no response (R7)."""

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
    """The client's own words, if it rejected the last response that it answered."""
    in_flight: bool = False
    due: bool = False
    """Whether there may be something to send."""
    sent: int = 0
    """Number of responses."""
    rejected: int = 0
    """Number of responses that the client rejected."""
    deferred_removals: int = 0
    """Removed resources that the client keeps for a while, since others may still name them."""
    refused: int = 0
    """Resources whose published content the client is not sent, since this client or another rejected it."""
    suspected: int = 0
    """Resources that were rejected together with others, and are tried again."""


class ConfigStatus(IntEnum):
    """The state of a resource at a client. Source: envoy.service.status.v3.ConfigStatus."""

    SYNCED = 1
    """The client accepted the published content."""
    NOT_SENT = 2
    STALE = 3
    """The client has not answered for the published content: it was not sent yet, or is tried again, or is not sent as another
    client rejected it."""
    ERROR = 4
    """The client rejected the published content."""


class ResourceStatus(msgspec.Struct, frozen=True, gc=False):
    """The state of one subscribed resource at a client."""

    type_url: TypeUrl
    name: str
    status: ConfigStatus
    resource: Resource | None
    """The content that the client is served; None if there is no such resource."""
    message: str = ""
    """The words of the client that rejected the published content, if it is not served for that reason."""
