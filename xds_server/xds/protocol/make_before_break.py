"""Make before break, across the types of one stream: who waits for whom (R120, R121, R124, R125).

- A listener or a route configuration waits until the clusters that were published before or with it are answered, and
  until the load assignments that were asked for by then are sent: those make clusters warm, so that no request is routed
  to one that is not. (Envoy holds back its ACK of clusters until they are warm; other clients do not.)
- A removed cluster, and its load assignment, is kept until the listeners and route configurations that were published
  before or with its removal are accepted: until then the client may still name it. That holds for a client that comes
  back, too. Incrementally it says what it has; else the load assignments that it asks for tell, and clusters wait for that.

What is waited for are numbers of responses, so that later changes do not prolong a wait. Nobody waits for a type that is
not subscribed to; and whoever drives the stream ends a wait that takes too long, by `lapse`. Load assignments never wait:
clusters get warm by them.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from xds_server.model.resource import CLUSTER, ENDPOINT, LISTENER, ROUTE, Resource, TypeUrl
from xds_server.xds.cache.table import RoleTables, Table
from xds_server.xds.protocol.messages import REFERRERS
from xds_server.xds.protocol.type_state import TypeState

Exchanges = Mapping[TypeUrl, TypeState[Any]]


class MakeBeforeBreak:
    """The waits of one stream."""

    __slots__ = (
        "_early", "_exchanges", "_marks", "_removals", "_returning", "_unlisted", "_view", "blocked", "keeping",
    )  # fmt: skip

    def __init__(self, exchanges: Exchanges, view: RoleTables) -> None:
        self._view = view
        self._exchanges = exchanges
        self.keeping = False
        """Whether there may be removed resources that are kept."""
        self._removals = False  # Whether there are some for which it is not settled what they wait for.
        self._returning = False  # Whether the client came back, and so has routes that it will ask for.
        self._unlisted = ""  # The version of the clusters that the client has, if it has yet to say which these are.
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
                exchange.selection.keep(item.name, item)
            exchange.selection.again(self._early)
            self._early = {}
        if type_url == CLUSTER and exchange.selection.withheld:
            self._removals = self.keeping = True
        if type_url in (CLUSTER, ENDPOINT) and self._returning:
            self._keep_known()

    def _keep_known(self) -> None:
        """Keeps the load assignments of clusters that a client came back with, and that it keeps: as they were, if we know.

        If we do not, it is not told of one that it has. One that it has not is waited for, and so it is told that it is gone.
        """
        clusters, assignments = self._exchanges.get(CLUSTER), self._exchanges.get(ENDPOINT)
        if clusters is None or assignments is None:
            return
        table = self._view[ENDPOINT]
        for name in assignments.selection.covered(clusters.selection.withheld):
            item = table.departed(name)
            if name not in table and (item is not None or assignments.selection.holds(name)):
                assignments.selection.keep(name, item)

    def came_back(self, version: str) -> None:
        """The client has clusters from an earlier stream, and routes that lead there; an empty *version*: it says which.

        Else it says that by the load assignments that it asks for. Unless it has just what there is, that is waited for: a
        response without one of its clusters takes that away.
        """
        self._returning, self._unlisted = True, version

    def _listed(self) -> bool:
        """Whether the first clusters can be sent; then, of what the client has, it keeps what is no more."""
        table = self._view[CLUSTER]
        if self._unlisted == table.version or not table.remembers:
            return True
        assignments = self._exchanges.get(ENDPOINT)
        if assignments is None:
            return False
        for name in assignments.subscription.names:
            if (item := table.departed(name)) is None:
                continue
            self._exchanges[CLUSTER].selection.keep(name, item)
            self._removals = self.keeping = True
            if (item := self._view[ENDPOINT].departed(name)) is not None:  # Were it taken for another, it would wait.
                assignments.selection.keep(name, item)
                assignments.selection.again((name,))
        return True

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
                assignments.selection.keep(name, item)

    def begin(self) -> None:
        """Another response is asked for."""
        self.blocked = False

    def settle(self) -> bool:
        """Settles what removals wait for, and withdraws what nothing names any more; returns whether there was such."""
        if not self.keeping:
            return False
        if self._returning and ROUTE in self._view and ROUTE not in self._exchanges and not self._has_no_listener():
            self.blocked = True
            return False
        if self._removals:
            self._removals = False
            self._marks = {one.type_url: one.mark for one in self._referrers()}
        # One that is just being taken may be warming, and would for long without its load assignment.
        named = self._exchanges[CLUSTER].in_flight or any(self._names(one) for one in self._referrers())
        self.blocked = self.blocked or named
        if not named:
            self._withdraw()
        return not named

    def lapse(self) -> None:
        """Ends all waits."""
        self._unlisted = ""
        for exchange in self._exchanges.values():
            exchange.fresh, exchange.waits_for, exchange.comes_after = False, 0, 0
        self._withdraw()

    def _withdraw(self) -> None:
        for type_url in (CLUSTER, ENDPOINT):
            if (exchange := self._exchanges.get(type_url)) is not None:
                exchange.selection.withdraw()
        self._early = {}
        self.keeping = self._removals = self._returning = False

    def waits(self, exchange: TypeState[Any]) -> bool:
        """Whether this type, which is ready, has to wait."""
        if exchange.type_url == CLUSTER and self._unlisted:
            if not self._listed():
                self.blocked = True
                return True
            self._unlisted = ""
        clusters = self._exchanges.get(CLUSTER)
        if exchange.type_url not in REFERRERS or clusters is None:
            return False
        if exchange.fresh:
            exchange.fresh = False
            exchange.waits_for, exchange.comes_after = clusters.mark, None
        waits = self._warms(clusters, exchange.waits_for) or self._overtakes(exchange)
        self.blocked = self.blocked or waits
        return waits

    def _has_no_listener(self) -> bool:
        """Whether the client has accepted that there is none: then it never asks for routes."""
        listeners, table = self._exchanges.get(LISTENER), self._view.get(LISTENER)
        return table is not None and not len(table) and listeners is not None and listeners.idle

    def _names(self, exchange: TypeState[Any]) -> bool:
        """Whether the client may still have listeners or routes that name what is removed.

        Not if there is nothing more to come of what it was to have: it has given back the names of the rest.
        """
        quarantine = exchange.selection.quarantine
        if quarantine is not None and any(refusal.own for refusal in quarantine.refused.values()):
            return True
        awaited = exchange.unanswered or exchange.selection.due
        return awaited and exchange.accepted < self._marks.get(exchange.type_url, 0)

    def _warms(self, clusters: TypeState[Any], number: int) -> bool:
        """Whether clusters are to be answered up to that response, or are tried again as it was rejected."""
        quarantine = clusters.selection.quarantine
        if quarantine is not None and quarantine.searching:
            return True
        return clusters.answered < number and (clusters.unanswered or clusters.selection.due)

    def _overtakes(self, exchange: TypeState[Any]) -> bool:
        """Whether it would be sent before load assignments that are due, and wait for the answer to the last ones."""
        assignments = self._exchanges.get(ENDPOINT)
        if assignments is None:
            return False
        if exchange.comes_after is None:
            exchange.comes_after = assignments.mark
        return assignments.number < exchange.comes_after and assignments.selection.due

    def _referrers(self) -> list[TypeState[Any]]:
        return [one for type_url in REFERRERS if (one := self._exchanges.get(type_url)) is not None]
