"""The Kubernetes objects that the pipeline reads, flat and frozen: only the fields that it uses.

They are made at the door (`sources.decode`) and compared there, so a change of an annotation or of
managedFields never gets further. `gc=False`: they hold strings and tuples only, so the garbage
collector need not look at a hundred thousand of them.
"""

from typing import Literal

import msgspec

ObjectKey = str
"""`namespace/name`."""

RoutesFrom = Literal["Same", "All", "None", "Selector"]
PathType = Literal["Exact", "PathPrefix", "RegularExpression"]


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


class EndpointSlice(Struct, frozen=True):
    """Addresses of one slice of a Service."""

    key: ObjectKey
    service: ObjectKey
    """Empty for a slice that belongs to no Service."""
    ports: tuple[tuple[str, int], ...]
    """(port name, number), as the slice has them; "" for an unnamed port."""
    ready: tuple[str, ...]
    """IPv4 and IPv6 addresses whose condition `ready` is not false, in the slice's order."""


class Listener(Struct, frozen=True):
    """One listener of a Gateway."""

    name: str
    port: int
    protocol: str
    hostname: str = ""
    """Lower case; "" for any."""
    routes_from: RoutesFrom = "Same"


class Gateway(Struct, frozen=True):
    """A Gateway: a proxy's role."""

    key: ObjectKey
    class_name: str
    listeners: tuple[Listener, ...]
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
    headers: tuple[tuple[str, str], ...] = ()
    """(lower-case name, exact value), the first of each name."""
    method: str = ""


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


class HTTPRoute(Struct, frozen=True):
    """An HTTPRoute."""

    key: ObjectKey
    created: str
    """creationTimestamp in RFC 3339 (UTC), which sorts as it is; "" if the object has none."""
    parents: tuple[ParentRef, ...]
    hostnames: tuple[str, ...]
    """Lower case; empty for any."""
    rules: tuple[Rule, ...]
    generation: int = 0
    """Counts the changes of its specification; 0 for an object from a file."""
