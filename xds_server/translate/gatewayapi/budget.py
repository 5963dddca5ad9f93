"""Which routes are beyond what a port, or a Gateway, may have, so that no route grows the others' configuration without bound.

The oldest routes are served first, so that a new one never takes the place of an old one. What is left out is decided anew
with every change: when others go, it comes back.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from typing import Final, NamedTuple
from zlib import crc32

from xds_server.model.objects import ObjectKey
from xds_server.model.route_budget import Budget
from xds_server.model.routing import Attachment, DomainKey, OverBudget, RouteLines
from xds_server.translate.gatewayapi.hostnames import wider

_AROUND_A_HOST: Final = 24
"""Bytes of a virtual host beside its routes and its name, which it has twice."""
_OWNED: Final = 2 * 253 + _AROUND_A_HOST
"""Bytes of the virtual host of a listener, at the most."""
_BUCKETS: Final = 64

Place = tuple[int, str, str]
"""(port, hostname of the listener, domain) within a Gateway."""


class Load(NamedTuple):
    """How much it is."""

    entries: int = 0
    size: int = 0

    def plus(self, other: "Load", times: int = 1) -> "Load":
        """The sum."""
        return Load(self.entries + times * other.entries, self.size + times * other.size)

    def within(self, entries: int, size: int) -> bool:
        """Whether it is no more than that."""
        return self.entries <= entries and self.size <= size


class Sum(NamedTuple):
    """Of some of the domains of a port."""

    gateway: ObjectKey
    port: int
    hosts: int
    own: Load
    """Of what is in one virtual host each."""
    shared: Load
    """Of what is in many, as the entries for any host are."""


def bucket(domain: DomainKey) -> tuple[ObjectKey, int, int]:
    """One of a few dozen parts into which the domains of a port are dealt, so that a change sums up one of them anew."""
    return (*domain[:2], crc32(domain[3].encode()) % _BUCKETS)


def summed(those: Iterable[tuple[DomainKey, RouteLines | None]]) -> Sum:
    """The sum of routes at domains in one bucket: it has at least one."""
    hosts: set[DomainKey] = set()
    entries = size = shared_entries = shared_size = 0
    for domain, lines in those:
        hosts.add(domain)
        if lines is None:
            continue
        if domain[3] == "" or domain[3].startswith("*"):
            shared_entries += len(lines.lines)
            shared_size += lines.size
        else:
            entries += len(lines.lines)
            size += lines.size
    size += sum(2 * len(domain[3]) + _AROUND_A_HOST for domain in hosts)
    gateway, port = domain[:2]
    return Sum(gateway, port, len(hosts), Load(entries, size), Load(shared_entries, shared_size))


def fits(sums: Iterable[Sum], owned: int, budget: Budget) -> bool:
    """Whether the routes of one Gateway, which has *owned* listeners, are sure to fit. If not, `over_budget` looks closer."""
    by_port: dict[int, Sum] = {}
    for one in sums:
        so_far = by_port.get(one.port, Sum(one.gateway, one.port, owned, Load(0, owned * _OWNED), Load()))
        by_port[one.port] = Sum(
            one.gateway, one.port, so_far.hosts + one.hosts, so_far.own.plus(one.own), so_far.shared.plus(one.shared)
        )
    loads = [one.own.plus(one.shared, one.hosts) for one in by_port.values()]
    total = Load(sum(load.entries for load in loads), sum(load.size for load in loads))
    each = all(load.within(budget.port_entries, budget.port_bytes) for load in loads)
    return each and total.within(budget.gateway_entries, budget.gateway_bytes)


def over_budget(
    gateway: ObjectKey,
    owned: Iterable[DomainKey],
    attachments: Iterable[Attachment],
    lines_of: Callable[[ObjectKey], RouteLines | None],
    budget: Budget,
) -> list[OverBudget]:
    """The routes of a Gateway that are left out, by port; *owned*: domains that are there without a route."""
    routes: dict[ObjectKey, dict[int, list[Place]]] = defaultdict(lambda: defaultdict(list))
    for one in attachments:
        routes[one.route][one.domain[1]].append(one.domain[1:])
    found = {key: lines for key in routes if (lines := lines_of(key)) is not None}
    served = _Served(budget)
    for domain in owned:
        served.own(domain[1:])
    left_out = []
    for lines in sorted(found.values(), key=lambda one: (one.created, one.key)):
        for port, places in sorted(routes[lines.key].items()):
            message = served.take(port, places, Load(len(lines.lines), lines.size))
            if message:
                left_out.append(OverBudget(gateway, port, lines.key, f"port {port} of Gateway {gateway}: {message}"))
    return left_out


class _Served:
    """What is served of a Gateway, route by route."""

    def __init__(self, budget: Budget) -> None:
        self._budget = budget
        self._hosts: set[Place] = set()
        self._covered: Counter[Place] = Counter()
        """Of how many hosts the virtual hosts have the entries of a domain."""
        self._weights: dict[Place, Load] = {}
        self._loads: dict[int, Load] = {}
        self._total = Load()

    def own(self, place: Place) -> None:
        """Adds a domain that is there in any case."""
        if place not in self._hosts:
            self._charge(place[0], self._open(place))

    def take(self, port: int, places: Sequence[Place], load: Load) -> str:
        """Adds a route of that load at these domains, and returns ""; or why it is left out."""
        new = [place for place in places if place not in self._hosts]
        more = Load()
        for place in new:
            more = more.plus(self._open(place))
        for place in places:
            more = more.plus(load, self._covered[place])
        if problem := self._problem(port, more):
            for place in new:
                self._close(place)
            return problem
        for place in places:
            self._weights[place] = self._weights.get(place, Load()).plus(load)
        self._charge(port, more)
        return ""

    def _problem(self, port: int, more: Load) -> str:
        budget = self._budget
        for whose, load, entries, size in (
            ("a port", self._loads.get(port, Load()), budget.port_entries, budget.port_bytes),
            ("a Gateway", self._total, budget.gateway_entries, budget.gateway_bytes),
        ):
            if not load.plus(more).within(entries, size):
                return (
                    f"it would take {more.entries} entries ({more.size} bytes) beside the {load.entries} ({load.size} bytes) "
                    f"of older routes, and {whose} may have {entries} ({size} bytes): use fewer matches, hostnames, or "
                    "matches for any host, or raise translate.route_budget"
                )
        return ""

    def _charge(self, port: int, more: Load) -> None:
        self._loads[port] = self._loads.get(port, Load()).plus(more)
        self._total = self._total.plus(more)

    def _open(self, place: Place) -> Load:
        """Adds a virtual host; returns what it takes before there is a route of its own."""
        load = Load(0, 2 * len(place[2]) + _AROUND_A_HOST)
        self._hosts.add(place)
        for one in _chain(place):
            self._covered[one] += 1
            load = load.plus(self._weights.get(one, Load()))
        return load

    def _close(self, place: Place) -> None:
        self._hosts.discard(place)
        for one in _chain(place):
            self._covered[one] -= 1


def _chain(place: Place) -> list[Place]:
    """The domains whose entries the virtual host of a domain has."""
    port, owner, host = place
    return [(port, owner, name) for name in (host, *wider(host))]
