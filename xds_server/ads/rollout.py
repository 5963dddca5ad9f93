"""Make before break, across the types of one stream: who waits for whom (R120, R121, R124, R125).

- A listener or a route configuration waits until the clusters that were published before or with it are answered. Envoy
  holds back its ACK until new clusters are warm, so that no request is routed to one that is not.
- A removed cluster, and its load assignment, is kept until the listeners and route configurations that were published
  before or with its removal are accepted: until then the client may still name it.

What is waited for are numbers of responses, so that later changes do not prolong a wait. Nobody waits for a type that is
not subscribed to; and whoever drives the stream ends a wait that takes too long, by `lapse`. Load assignments never wait:
clusters get warm by them.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from xds_server.ads.exchange import Exchange
from xds_server.ads.messages import REFERRERS
from xds_server.snapshot.resource import CLUSTER, ENDPOINT, ROUTE, Resource, TypeUrl
from xds_server.snapshot.table import Table

Exchanges = Mapping[TypeUrl, Exchange[Any]]


class Rollout:
    """The waits of one stream."""

    __slots__ = ("_early", "_exchanges", "_marks", "_removals", "_returning", "blocked", "keeping")

    def __init__(self, exchanges: Exchanges) -> None:
        self._exchanges = exchanges
        self.keeping = False
        """Whether there may be removed resources that are kept."""
        self._removals = False  # Whether there are some for which it is not settled what they wait for.
        self._returning = False  # Whether the client came back with clusters that are no more, and will ask for routes.
        self._marks: dict[TypeUrl, int] = {}
        self._early: dict[str, Resource] = {}  # Kept load assignments, before the client has asked for any.
        self.blocked = False
        """Whether something waited when it was last asked for."""

    def subscribed(self, type_url: TypeUrl) -> None:
        """Other names of that type are asked for, or the first."""
        exchange = self._exchanges[type_url]
        exchange.fresh = type_url in REFERRERS
        if type_url == ENDPOINT and self._early:
            for item in self._early.values():
                exchange.selection.keep(item)
            self._early = {}
        if type_url == CLUSTER and exchange.selection.withheld:
            self._removals = self.keeping = self._returning = True

    def changed(self, type_url: TypeUrl, names: Iterable[str], table: Table) -> None:
        """Resources of that type changed, or went; of clusters it is said before it is of their load assignments."""
        exchange = self._exchanges.get(type_url)
        if exchange is not None and type_url in REFERRERS:
            exchange.fresh = True
        elif exchange is not None and type_url == CLUSTER and exchange.selection.withheld:
            self._removals = self.keeping = True
        elif type_url == ENDPOINT and self.keeping:
            self._keep_assignments(names, table)

    def _keep_assignments(self, names: Iterable[str], table: Table) -> None:
        """Keeps what kept clusters may yet ask for: they would wait for it for long (R132)."""
        clusters, assignments = self._exchanges[CLUSTER], self._exchanges.get(ENDPOINT)
        for name in names:
            item = table.removed.get(name)
            if item is None or name in table or name not in clusters.selection.withheld:
                self._early.pop(name, None)
                if name in table and assignments is not None:  # Also for who has not asked for it yet.
                    assignments.selection.restore(name)
            elif assignments is None:
                self._early[name] = item
            else:
                assignments.selection.keep(item)

    def begin(self) -> None:
        """Another response is asked for."""
        self.blocked = False

    def settle(self) -> bool:
        """Settles what removals wait for, and withdraws what nothing names any more; returns whether there was such."""
        if not self.keeping:
            return False
        if self._returning and ROUTE not in self._exchanges:
            self.blocked = True
            return False
        if self._removals:
            self._removals = False
            self._marks = {one.type_url: one.mark for one in self._referrers()}
        # One that is just being taken may be warming, and would for long without its load assignment.
        named = self._exchanges[CLUSTER].in_flight or any(
            one.accepted < self._marks.get(one.type_url, 0) for one in self._referrers()
        )
        self.blocked = self.blocked or named
        if not named:
            self._withdraw()
        return not named

    def lapse(self) -> None:
        """Ends all waits."""
        for exchange in self._exchanges.values():
            exchange.fresh, exchange.waits_for = False, 0
        self._withdraw()

    def _withdraw(self) -> None:
        for type_url in (CLUSTER, ENDPOINT):
            if (exchange := self._exchanges.get(type_url)) is not None:
                exchange.selection.withdraw()
        self._early = {}
        self.keeping = self._removals = self._returning = False

    def waits(self, exchange: Exchange[Any]) -> bool:
        """Whether this type, which is ready, has to wait."""
        clusters = self._exchanges.get(CLUSTER)
        if exchange.type_url not in REFERRERS or clusters is None:
            return False
        if exchange.fresh:
            exchange.fresh = False
            exchange.waits_for = clusters.mark
        waits = clusters.answered < exchange.waits_for
        self.blocked = self.blocked or waits
        return waits

    def _referrers(self) -> list[Exchange[Any]]:
        return [one for type_url in REFERRERS if (one := self._exchanges.get(type_url)) is not None]
