"""Parity: before a new replica turns ready, it compares what it publishes with what a peer publishes.

Equal content has equal versions on every replica. So two replicas that read the same objects and run the same code agree to
the last bit. If they do not, an operator should know before proxies move to the new one.
"""

import asyncio
import time
from collections.abc import Callable, Mapping
from typing import Literal, NamedTuple, get_args

import msgspec
from prometheus_client import CollectorRegistry, Counter, Gauge

from probes import Passed, Verdict, Waiting
from xds_server.envoy.ready_listener import MARKER
from xds_server.model.resource import PUSH_ORDER, ROUTE, SERVICE_NAMES, TypeUrl
from xds_server.observability.client import ControlPlaneError, request_json
from xds_server.observability.metric_definitions import PREFIX
from xds_server.xds.cache.resource_cache import ResourceCache
from xds_server.xds.cache.table import Table, version_of

Outcome = Literal["equal", "different", "no_peer"]

_AGAIN_SECONDS = 0.5
_SHOWN = 5
_MARKER = (ROUTE, MARKER)


class TypeDigests(NamedTuple):
    """The versions that one replica publishes of one type for one role."""

    version: str
    resources: Mapping[str, str]
    """Version by name; empty if only the version of the whole type was asked for."""


Roles = Mapping[str, Mapping[str, TypeDigests]]
"""By role and by the type's short name."""


class Difference(msgspec.Struct, frozen=True):
    """How a type of a role differs."""

    role: str
    type: str
    ours_alone: tuple[str, ...]
    peers_alone: tuple[str, ...]
    changed: tuple[str, ...]

    @property
    def count(self) -> int:
        """How many resources differ."""
        return len(self.ours_alone) + len(self.peers_alone) + len(self.changed)


def digests_of(cache: ResourceCache, *, resources: bool) -> Roles:
    """The versions of what is published; without *resources* only those of whole types.

    The ready marker is left out: its content follows from the rest, and from which resources the replica's proxies rejected.
    """
    views = {role: view for role in sorted(cache.roles) if (view := cache.role_tables(role)) is not None}
    return {
        role: {
            SERVICE_NAMES[type_url]: TypeDigests(
                version_of(table.digest - _marker_digest(type_url, table)),
                {item.name: item.version for item in table if (type_url, item.name) != _MARKER} if resources else {},
            )
            for type_url, table in view.items()
            if type_url in PUSH_ORDER
        }
        for role, view in views.items()
    }


def _marker_digest(type_url: TypeUrl, table: Table) -> int:
    marker = table.get(MARKER) if type_url == ROUTE else None
    return marker.digest if marker is not None else 0


def differences(ours: Roles, peers: Roles) -> list[Difference]:
    """Where two replicas differ; empty if they agree. Both need the versions of resources."""
    found = []
    for role in sorted(ours.keys() | peers.keys()):
        mine, other = ours.get(role, {}), peers.get(role, {})
        for kind in sorted(mine.keys() | other.keys()):
            a, b = (side[kind].resources if kind in side else {} for side in (mine, other))
            difference = Difference(
                role,
                kind,
                tuple(sorted(a.keys() - b.keys())),
                tuple(sorted(b.keys() - a.keys())),
                tuple(sorted(name for name in a.keys() & b.keys() if a[name] != b[name])),
            )
            if difference.count or role not in ours or role not in peers:
                found.append(difference)
    return found


class Parity:
    """Asks *peer* until it agrees, for at most *seconds*. Then the replica turns ready all the same.

    A peer that does not answer, is not ready itself, or is this very process, does not count as one (`no_peer`).
    """

    def __init__(
        self,
        peer: str,
        seconds: float,
        cache: ResourceCache,
        *,
        instance: str,
        clock: Callable[[], float] = time.monotonic,
        request: Callable[[str, str], object] = request_json,
    ) -> None:
        """*request* is called in a thread, with the peer's URL and a path. It returns JSON or raises ControlPlaneError."""
        self._peer = peer
        self._seconds = seconds
        self._cache = cache
        self._instance = instance
        self._clock = clock
        self._request = request
        self._begun = asyncio.Event()
        self.differences: list[Difference] = []
        self.outcome: Outcome | None = None
        """None until it is over."""
        self.took_seconds = 0.0
        self._why = "not asked yet"

    def begin(self) -> None:
        """Everything is published from now on, so that it can be compared."""
        self._begun.set()

    async def run(self) -> Outcome:
        """Compares, after `begin`, and returns the outcome."""
        await self._begun.wait()
        began = self._clock()
        while (last := await self._compare()) != "equal" and self._clock() - began < self._seconds:  # noqa: ASYNC110 - a peer does not tell us
            await asyncio.sleep(_AGAIN_SECONDS)
        self.took_seconds = self._clock() - began
        self.outcome = last
        return last

    def verdict(self) -> Verdict:
        """Whether readiness may go on. It waits for a bounded time, whatever the peer says."""
        if self.outcome is None:
            return Waiting(f"{self._peer}: {self._why}; at most {self._seconds:.0f} s")
        return Passed("equal" if self.outcome == "equal" else f"{self.outcome}, went on after {self._seconds:.0f} s")

    @property
    def why(self) -> str:
        """The result of the last comparison, in one line."""
        return self._why

    def page(self) -> Mapping[str, object]:
        """The last comparison, for `/debug/parity`."""
        return {"peer": self._peer, "outcome": self.outcome, "reason": self._why, "differences": self.differences}

    async def _compare(self) -> Outcome:
        try:
            if self._roles(await self._get("/debug/digests")) == digests_of(self._cache, resources=False):
                self.differences, self._why = [], "equal"
                return "equal"
            peers = self._roles(await self._get("/debug/digests?resources"))
        except ControlPlaneError as error:
            self._why = str(error)
            return "no_peer"
        self.differences = differences(digests_of(self._cache, resources=True), peers)
        if not self.differences:
            self._why = "equal"
            return "equal"
        self._why = describe(self.differences)
        return "different"

    async def _get(self, path: str) -> object:
        return await asyncio.to_thread(self._request, self._peer, path)

    def _roles(self, answer: object) -> Roles:
        try:
            digests = msgspec.convert(answer, Digests)
        except msgspec.ValidationError as error:
            raise ControlPlaneError(
                f"{self._peer}/debug/digests does not answer as an xds-server does ({error}): give the URL of an xds-server"
            ) from None
        if digests.instance == self._instance:
            raise ControlPlaneError(
                f"{self._peer} is this process itself: name the Service of the others, or their addresses"
            )
        if digests.epoch is None:
            raise ControlPlaneError(f"{self._peer} has published nothing yet: it is starting, too")
        return digests.roles


class ParityMetrics:
    """How comparisons ended, and how many resources differed."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._comparisons = Counter(
            f"{PREFIX}parity_comparisons_total",
            "Comparisons with the peer, by outcome.",
            ["outcome"],
            registry=registry,
        )
        self._differences = Gauge(
            f"{PREFIX}parity_diff_resources",
            "Resources that differed from those of the peer in the last comparison.",
            ["type"],
            registry=registry,
        )
        for outcome in get_args(Outcome):
            self._comparisons.labels(outcome)

    def compared(self, parity: Parity) -> None:
        """Counts a comparison that has ended."""
        self._comparisons.labels(parity.outcome or "").inc()
        for name in (SERVICE_NAMES[type_url] for type_url in PUSH_ORDER):
            self._differences.labels(name).set(sum(one.count for one in parity.differences if one.type == name))


class Digests(msgspec.Struct):
    """What `/debug/digests` answers."""

    instance: str
    epoch: int | None
    roles: dict[str, dict[str, TypeDigests]]


def describe(found: list[Difference]) -> str:
    """The differences in one line."""
    parts = [
        f"{one.role} {one.type}: {len(one.changed)} changed, {len(one.ours_alone)} ours alone, {len(one.peers_alone)} the peer's alone"
        for one in found[:_SHOWN]
    ]
    more = f", and {len(found) - _SHOWN} more" if len(found) > _SHOWN else ""
    return f"differs from the peer in {'; '.join(parts)}{more} (/debug/parity)"
