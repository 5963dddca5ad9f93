"""Make before break: which type of a stream waits for which other one (R120, R121, R124, R125).

- A listener or a route configuration waits until the client has answered the clusters that were published before or with it,
  and until the load assignments that the client had subscribed to by then were sent. They make clusters warm, so that no
  request is routed to a cluster that is not. (Envoy holds back its ACK of clusters until they are warm; other clients do not.)
- A removed cluster, and its load assignment, is kept until the client has accepted the listeners and route configurations that
  were published before or with the removal: until then the client may still refer to it. The same holds for a client that
  reconnects. In the delta protocol it lists the clusters that it has. In the state of the world it shows them by the load
  assignments that it subscribes to, so its first clusters wait for that request.

A wait is for the number of a response, so that later changes do not prolong it. Nothing waits for a type that the client has
not subscribed to. The caller ends a wait that takes too long, by `stop_waiting`. Load assignments never wait, since clusters
need them to get warm.
"""

from collections.abc import Iterable
from typing import Any

from xds_server.model.resource import CLUSTER, ENDPOINT, LISTENER, ROUTE, Resource, TypeUrl
from xds_server.xds.cache.table import RoleTables, Table
from xds_server.xds.protocol.messages import REFERRERS
from xds_server.xds.protocol.type_state import TypeState, TypeStates


class MakeBeforeBreak:
    """The waits of one stream."""

    __slots__ = (
        "_early_assignments", "_new_removals", "_reconnected", "_states", "_tables", "_target_numbers", "_unlisted_version",
        "blocked", "defers_removals",
    )  # fmt: skip

    def __init__(self, states: TypeStates, tables: RoleTables) -> None:
        self._tables = tables
        self._states = states
        self.defers_removals = False
        """Whether there may be resources whose removal is deferred."""
        self._new_removals = False  # Whether removals were deferred since their target numbers were computed.
        self._target_numbers: dict[TypeUrl, int] = {}  # The responses of referrers that removals wait for.
        self._reconnected = (
            False  # Whether the client has routes from an earlier stream, to which it will subscribe again.
        )
        self._unlisted_version = ""  # Of the clusters that the client has, until it shows which these are.
        self._early_assignments: dict[str, Resource] = {}  # Deferred, before the client has subscribed to any.
        self.blocked = False
        """Whether something had to wait since `start_response`."""

    def subscription_changed(self, type_url: TypeUrl) -> None:
        """Records that the client subscribed to a type, or changed its names."""
        state = self._states[type_url]
        state.dependencies_stale = type_url in REFERRERS
        if type_url == ENDPOINT and self._early_assignments:
            for item in self._early_assignments.values():
                state.outbox.defer_removal(item.name, item)
            state.outbox.resend(self._early_assignments)
            self._early_assignments = {}
        if type_url == CLUSTER and state.outbox.deferred_removals:
            self._new_removals = self.defers_removals = True
        if type_url in (CLUSTER, ENDPOINT) and self._reconnected:
            self._defer_known_assignments()

    def _defer_known_assignments(self) -> None:
        """Keeps the load assignments of the removed clusters that a reconnected client has, with the content of before.

        If that content is unknown, a client that has the load assignment is sent nothing, and keeps it. A client that does
        not have it waits for it, so it is told of the removal.
        """
        clusters, assignments = self._states.get(CLUSTER), self._states.get(ENDPOINT)
        if clusters is None or assignments is None:
            return
        table = self._tables[ENDPOINT]
        for name in assignments.outbox.matching(clusters.outbox.deferred_removals):
            item = table.tombstone(name)
            if name not in table and (item is not None or assignments.outbox.client_may_have(name)):
                assignments.outbox.defer_removal(name, item)

    def reconnected(self, version: str) -> None:
        """Records that the client has clusters from an earlier stream, and routes that lead to them.

        *version*: of those clusters; "" if the client lists them itself. Unless they are the clusters of the table, the first
        response waits until the client shows which it has: a response without one of them would remove it.
        """
        self._reconnected, self._unlisted_version = True, version

    def _clusters_known(self) -> bool:
        """Whether the first clusters can be sent; then also defers the removal of those that the client has."""
        table = self._tables[CLUSTER]
        if self._unlisted_version == table.version or not table.may_have_tombstones:
            return True
        assignments = self._states.get(ENDPOINT)
        if assignments is None:
            return False
        for name in assignments.subscription.names:
            if (item := table.tombstone(name)) is None:
                continue
            self._states[CLUSTER].outbox.defer_removal(name, item)
            self._new_removals = self.defers_removals = True
            if (item := self._tables[ENDPOINT].tombstone(name)) is not None:  # The cluster may be warming, and need it.
                assignments.outbox.defer_removal(name, item)
                assignments.outbox.resend((name,))
        return True

    def table_changed(self, type_url: TypeUrl, names: Iterable[str], table: Table) -> None:
        """Records that resources of a type changed. Clusters must come before their load assignments."""
        state = self._states.get(type_url)
        if state is not None and type_url in REFERRERS:
            state.dependencies_stale = True
        elif state is not None and type_url == CLUSTER and state.outbox.deferred_removals:
            self._new_removals = self.defers_removals = True
        elif type_url == ENDPOINT and self.defers_removals:
            self._defer_assignments(names, table)

    def _defer_assignments(self, names: Iterable[str], table: Table) -> None:
        """Keeps removed load assignments of clusters that are kept: such a cluster would wait long for its own (R132)."""
        clusters, assignments = self._states[CLUSTER], self._states.get(ENDPOINT)
        for name in names:
            item = table.removed.get(name)
            if item is None or name in table or name not in clusters.outbox.deferred_removals:
                self._early_assignments.pop(name, None)
                if name in table and assignments is not None:  # Also if the client has not subscribed to it yet.
                    assignments.outbox.drop_override(name)
            elif assignments is None:
                self._early_assignments[name] = item
            else:
                assignments.outbox.defer_removal(name, item)

    def start_response(self) -> None:
        """Resets `blocked`."""
        self.blocked = False

    def release_removals(self) -> bool:
        """Removes the deferred resources, if the client refers to none of them any more; returns whether it did."""
        if not self.defers_removals:
            return False
        if self._reconnected and ROUTE in self._tables and ROUTE not in self._states and not self._has_no_listener():
            self.blocked = True
            return False
        if self._new_removals:
            self._new_removals = False
            self._target_numbers = {state.type_url: state.target_number for state in self._referrers()}
        # A cluster in flight may be warming, and would be for long without its load assignment.
        needed = self._states[CLUSTER].in_flight or any(self._may_refer(state) for state in self._referrers())
        self.blocked = self.blocked or needed
        if not needed:
            self._remove_deferred()
        return not needed

    def stop_waiting(self) -> None:
        """Ends all waits."""
        self._unlisted_version = ""
        for state in self._states.values():
            state.dependencies_stale, state.waits_for_clusters, state.follows_assignments = False, 0, 0
        self._remove_deferred()

    def _remove_deferred(self) -> None:
        for type_url in (CLUSTER, ENDPOINT):
            if (state := self._states.get(type_url)) is not None:
                state.outbox.remove_deferred()
        self._early_assignments = {}
        self.defers_removals = self._new_removals = self._reconnected = False

    def must_wait(self, state: TypeState[Any]) -> bool:
        """Whether a type that is ready must wait for another."""
        if state.type_url == CLUSTER and self._unlisted_version:
            if not self._clusters_known():
                self.blocked = True
                return True
            self._unlisted_version = ""
        clusters = self._states.get(CLUSTER)
        if state.type_url not in REFERRERS or clusters is None:
            return False
        if state.dependencies_stale:
            state.dependencies_stale = False
            state.waits_for_clusters, state.follows_assignments = clusters.target_number, None
        waits = self._unanswered(clusters, state.waits_for_clusters) or self._assignments_unsent(state)
        self.blocked = self.blocked or waits
        return waits

    def _has_no_listener(self) -> bool:
        """Whether the client has accepted that there is no listener: then it never subscribes to routes."""
        listeners, table = self._states.get(LISTENER), self._tables.get(LISTENER)
        return table is not None and not len(table) and listeners is not None and listeners.settled

    def _may_refer(self, state: TypeState[Any]) -> bool:
        """Whether the client may still have listeners or routes that refer to removed resources.

        It does not if nothing more is to come of what it was to have: it has unsubscribed from the rest.
        """
        quarantine = state.outbox.quarantine
        if quarantine is not None and any(rejected.own for rejected in quarantine.rejected.values()):
            return True
        more_to_come = state.awaits_answer or state.outbox.due
        return more_to_come and state.last_accepted < self._target_numbers.get(state.type_url, 0)

    def _unanswered(self, clusters: TypeState[Any], number: int) -> bool:
        """Whether the clusters up to response *number* are not answered yet, or are tried again after a rejection."""
        quarantine = clusters.outbox.quarantine
        if quarantine is not None and quarantine.searching:
            return True
        return clusters.last_answered < number and (clusters.awaits_answer or clusters.outbox.due)

    def _assignments_unsent(self, state: TypeState[Any]) -> bool:
        """Whether load assignments are due that have to be sent before *state*, and wait for the answer to the last ones."""
        assignments = self._states.get(ENDPOINT)
        if assignments is None:
            return False
        if state.follows_assignments is None:
            state.follows_assignments = assignments.target_number
        return assignments.last_sent < state.follows_assignments and assignments.outbox.due

    def _referrers(self) -> list[TypeState[Any]]:
        return [state for type_url in REFERRERS if (state := self._states.get(type_url)) is not None]
