"""What the translation makes of the objects, before anything is encoded: ports, routes, domains.

Precedence and the words are the Gateway API's. Like the objects, these are flat and frozen.
"""

import re
from typing import Any, Final, NamedTuple

from xds_server.model.objects import Listener, Match, ObjectKey, ParentRef, Struct

_CLUSTER_NAME: Final = re.compile(r"[a-z0-9-]+/[a-z0-9.-]+:[0-9]{1,5}")

PortKey = tuple[ObjectKey, int]
"""A Gateway and one of its ports: one Envoy listener and one route configuration."""

DomainKey = tuple[ObjectKey, int, str, str]
"""(gateway, port, hostname of the listener that owns the domain, domain); "" is any host."""


class Port(Struct, frozen=True):
    """One port of a Gateway, with the HTTP listeners that share it, by hostname."""

    gateway: ObjectKey
    number: int
    listeners: tuple[Listener, ...]

    @property
    def key(self) -> PortKey:
        """Its key in the graph."""
        return (self.gateway, self.number)

    @property
    def own_domains(self) -> list[DomainKey]:
        """The domains that its listeners own, routes or no routes."""
        return [(self.gateway, self.number, one.hostname, one.hostname) for one in self.listeners]

    @property
    def name(self) -> str:
        """Name of the Envoy listener and of its route configuration."""
        return f"{self.gateway}/{self.number}"


class Target(Struct, frozen=True):
    """A cluster, and its share of a rule's requests."""

    cluster: str
    weight: int
    found: bool
    """Whether there is such a cluster; if not, its share of the requests gets a 500."""


def cluster_name(service: ObjectKey, port: int) -> str:
    """Name of the cluster of one port of a Service, and of its load assignment."""
    return f"{service}:{port}"


def is_cluster_name(text: str) -> bool:
    """Whether it can be the name of a cluster of ours: `namespace/name:port`."""
    return _CLUSTER_NAME.fullmatch(text) is not None


class ResolvedRule(Struct, frozen=True):
    """A rule whose references are resolved. Without a target that is found, it answers 500."""

    matches: tuple[Match, ...]
    targets: tuple[Target, ...]
    dropped: str = ""
    """As of the rule: then it has no target."""


class ResolvedRoute(Struct, frozen=True):
    """An HTTPRoute whose references are resolved."""

    key: ObjectKey
    created: str
    parents: tuple[ParentRef, ...]
    hostnames: tuple[str, ...]
    rules: tuple[ResolvedRule, ...]
    dropped_hostnames: tuple[str, ...]
    other_parents: tuple[str, ...]
    unresolved: tuple[str, ...]
    """What is wrong with its references, a sentence each."""
    unresolved_reasons: tuple[str, ...] = ()
    """The Gateway API's word for each of them."""


class ParentVerdict(Struct, frozen=True):
    """What became of one parentRef of a route."""

    parent: ParentRef
    reason: str
    """The Gateway API's word: `Accepted`, or why not."""
    message: str
    ports: tuple[int, ...] = ()
    """Where it attached the route."""


class Attached(Struct, frozen=True):
    """Where a route was attached, and which of its parentRefs were refused, and why."""

    route: ResolvedRoute
    domains: tuple[DomainKey, ...]
    refused: tuple[str, ...]
    parents: tuple[ParentVerdict, ...] = ()
    """One for each parentRef that names a Gateway of ours."""
    over_budget: tuple[str, ...] = ()
    """Where it is left out for its size, and why, a sentence for each port."""


class Attachment(Struct, frozen=True):
    """A route at one domain of one port."""

    domain: DomainKey
    route: ObjectKey


class Entry(NamedTuple):
    """One match of one rule, and where it leads."""

    match: Match
    targets: tuple[Target, ...]


Rank = tuple[Any, ...]
"""Sorts the entries of all routes with one hostname: `translate.precedence`."""


class RouteLines(Struct, frozen=True):
    """The entries of a route, encoded once for all its domains: fields of a virtual host."""

    key: ObjectKey
    created: str
    lines: tuple[tuple[Rank, bytes], ...]
    size: int
    """In bytes, of all lines."""


class OverBudget(NamedTuple):
    """A route that is not served at a port, since it would be beyond what the port, or its Gateway, may have."""

    gateway: ObjectKey
    port: int
    route: ObjectKey
    message: str


class Block(Struct, frozen=True):
    """The entries of exactly one domain, encoded, in order: what every virtual host that falls through to it shares."""

    body: bytes
    closed: bool = False
    """Whether none of the domain's routes is served."""


class VirtualHost(Struct, frozen=True):
    """The virtual host of a domain, encoded: a fragment of the route configuration of its port."""

    port: PortKey
    domain: str
    pieces: tuple[bytes, ...]
    """To be joined; all but the first are shared with other virtual hosts."""
