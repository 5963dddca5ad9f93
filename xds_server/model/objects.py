"""The Kubernetes objects that the pipeline reads, flat and frozen: only the fields that it uses.

`providers.decode` makes them and compares them, so a change of an annotation or of
managedFields never gets further. `gc=False`: they hold strings and tuples only, so the garbage
collector need not look at a hundred thousand of them.
"""

from collections.abc import Iterator, Mapping
from typing import Final, Literal, NamedTuple

import msgspec

ObjectKey = str
"""`namespace/name`."""

GATEWAY_API: Final = "gateway.networking.k8s.io"
"""The group of Gateways, routes and their classes."""

RoutesFrom = Literal["Same", "All", "None", "Selector"]
PathType = Literal["Exact", "PathPrefix", "RegularExpression", "StringPrefix"]
"""The last two are for rules that answer an error. `StringPrefix` is none of the API's: any path that begins so."""


class Struct(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """Base of the flat values: immutable, compared by content."""


class ServicePort(Struct, frozen=True):
    """One port of a Service; slices refer to it by `name`."""

    name: str
    port: int
    app_protocol: str = ""


class Service(Struct, frozen=True):
    """A Service: where routes point. One cluster per TCP port."""

    key: ObjectKey
    ports: tuple[ServicePort, ...]
    families: tuple[str, ...] = ()
    """`ipv4` and `ipv6`, its first one first; empty if it does not say."""
    external: bool = False
    """Whether it is an alias for a DNS name (ExternalName): it has no endpoints, and no port is taken."""


class EndpointSlice(Struct, frozen=True):
    """Addresses of one slice of a Service."""

    key: ObjectKey
    service: ObjectKey
    """Empty for a slice that belongs to no Service."""
    ports: tuple[tuple[str, int], ...]
    """(port name, number), as the slice has them; "" for an unnamed port."""
    ready: tuple[str, ...]
    """Addresses whose condition `ready` is not false, in the slice's order."""

    @property
    def family(self) -> str:
        """The family of its addresses: `ipv4` or `ipv6`, and "" if it has none."""
        return "" if not self.ready else "ipv6" if ":" in self.ready[0] else "ipv4"


class Listener(Struct, frozen=True):
    """One listener of a Gateway."""

    name: str
    port: int
    protocol: str
    hostname: str = ""
    """Lower case; "" for any."""
    routes_from: RoutesFrom = "Same"
    invalid: str = ""
    """Why no proxy can have it; "" for a good one."""
    unsupported_kinds: tuple[str, ...] = ()
    """Kinds of routes that it asks for and that are not served here."""
    takes_routes: bool = True
    """Whether HTTPRoute is among the kinds that it allows."""


class Reference(NamedTuple):
    """What somebody refers to by name: a Secret or a ConfigMap."""

    plural: str
    key: ObjectKey


class Content(Mapping[str, bytes]):
    """Of a Secret or a ConfigMap, by name of the entry. No text that is made of it shows more than the names."""

    __slots__ = ("_entries",)

    def __init__(self, entries: Mapping[str, bytes]) -> None:
        self._entries: Final = dict(entries)

    def __getitem__(self, name: str) -> bytes:
        return self._entries[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._entries)

    def __len__(self) -> int:
        return len(self._entries)

    def __hash__(self) -> int:
        return hash(frozenset(self._entries.items()))

    def __repr__(self) -> str:
        return f"<{', '.join(sorted(self._entries)) or 'nothing'}: withheld>"


class Stored(Struct, frozen=True):
    """A Secret or a ConfigMap."""

    key: ObjectKey
    version: str = ""
    """resourceVersion; "" for an object from a file."""
    content: Content | None = None
    """None, if it is not here yet: an API server is asked for it once somebody refers to the object."""


class Gateway(Struct, frozen=True):
    """A Gateway: a proxy's role."""

    key: ObjectKey
    class_name: str
    listeners: tuple[Listener, ...]
    references: tuple[Reference, ...] = ()
    """Certificates of its listeners and authorities of their clients, in its own namespace; sorted."""
    generation: int = 0
    """Counts the changes of its specification; 0 for an object from a file."""


class ParentRef(Struct, frozen=True):
    """A route's wish to be attached to a Gateway, or to one listener or port of it."""

    gateway: ObjectKey
    section_name: str = ""
    port: int = 0
    """0 for any."""


class Match(Struct, frozen=True):
    """One of a rule's alternatives; what it names must all hold."""

    path_type: PathType = "PathPrefix"
    path: str = "/"
    headers: tuple[tuple[str, str | None], ...] = ()
    """(lower-case name, exact value, or None for any), the first of each name."""
    method: str = ""
    query: tuple[tuple[str, str | None], ...] = ()
    """Parameters: (name, exact value, or None for any), the first of each name."""


class BackendRef(Struct, frozen=True):
    """Where a share of a rule's requests goes."""

    service: ObjectKey
    port: int
    weight: int = 1
    kind: str = "Service"
    """`Service`, or what else was asked for, as `group/kind`: such a reference is invalid here."""


class Rule(Struct, frozen=True):
    """Matches, any of which sends a request to the backends."""

    matches: tuple[Match, ...]
    backends: tuple[BackendRef, ...]
    dropped: str = ""
    """Why it is not served: then it answers 500, to all that it would match at the least. "" if it is served."""


class HTTPRoute(Struct, frozen=True):
    """An HTTPRoute."""

    key: ObjectKey
    created: str
    """creationTimestamp in RFC 3339 (UTC), which sorts as it is; "" if the object has none."""
    parents: tuple[ParentRef, ...]
    hostnames: tuple[str, ...]
    """Lower case; empty for any, unless some were dropped."""
    rules: tuple[Rule, ...]
    other_parents: tuple[str, ...] = ()
    """Parents of other kinds than Gateway, as `group/kind`."""
    dropped_hostnames: tuple[str, ...] = ()
    """What is wrong with hostnames that are not served, a sentence each."""
    generation: int = 0
    """Counts the changes of its specification; 0 for an object from a file."""
