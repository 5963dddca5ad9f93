"""The state-of-the-world variant of the protocol: every request lists all subscribed names."""

from typing import Final

from xds_server.model.resource import CLUSTER, ENDPOINT, TypeUrl
from xds_server.xds.cache.table import Table
from xds_server.xds.protocol.full_state_outbox import FullStateOutbox
from xds_server.xds.protocol.messages import FULL_STATE, Request, Response
from xds_server.xds.protocol.named_outbox import NamedOutbox
from xds_server.xds.protocol.outbox import Update
from xds_server.xds.protocol.stream import AdsStream
from xds_server.xds.protocol.subscription import Subscription
from xds_server.xds.protocol.type_state import TypeState

PARTIAL: Final = "partial-"
"""Prefix of the version of a response with placeholders (`Table.placeholders`), so that a reconnecting client tells of it."""


class SotwStream(AdsStream[Request, Response, FullStateOutbox | NamedOutbox]):
    """One state-of-the-world stream; see `stream` for the machine."""

    __slots__ = ()

    def _new_type_state(self, type_url: TypeUrl) -> TypeState[FullStateOutbox | NamedOutbox]:
        full = type_url in FULL_STATE
        subscription = Subscription(legacy=full)
        outbox_class = FullStateOutbox if full else NamedOutbox
        outbox = outbox_class(subscription, defers_removals=type_url == CLUSTER)
        return TypeState(type_url, subscription, outbox, self._node, heartbeat=self._heartbeat(type_url))

    def _update_subscription(
        self, state: TypeState[FullStateOutbox | NamedOutbox], request: Request, table: Table
    ) -> bool:
        subscription = state.subscription
        first = not subscription.has_request
        if first and request.version:
            self._resume(state, request.version, table)
        change = subscription.replace(request.names)
        if change:
            state.outbox.subscription_changed(change, table)
        if first and state.type_url == CLUSTER and request.version not in {"", table.version_of(0)}:
            lists_clusters = not subscription.wildcard or ENDPOINT not in self._tables
            self._make_before_break.reconnected("" if lists_clusters else request.version)
        return bool(change)

    def _resume(self, state: TypeState[FullStateOutbox | NamedOutbox], version: str, table: Table) -> None:
        """Takes the version that the client accepted on an earlier stream."""
        outbox = state.outbox
        if isinstance(outbox, FullStateOutbox):
            outbox.client_set_unknown = version != table.version_of(0)
        outbox.sends_last = not version.startswith(PARTIAL)

    def _build_response(
        self, state: TypeState[FullStateOutbox | NamedOutbox], update: Update, table: Table
    ) -> Response:
        # A heartbeat has the version that the client has, and the bodies: Envoy 1.40 accepts one without them, and lets the
        # resource expire all the same (tests/integration/envoy/test_ads_types.py).
        version = table.version_of(update.digest)
        if table.placeholders and not state.outbox.sends_last:
            version = PARTIAL + version
        state.sent_version = state.acked_version if update.heartbeat else version
        return Response(
            state.type_url,
            state.sent_version,
            state.nonce,
            update.resources,
            update.digest,
            wrapped=self._supports_ttl and bool(table.expiring),
        )
