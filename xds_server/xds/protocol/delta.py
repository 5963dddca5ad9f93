"""The delta (incremental) variant of the protocol: requests add and remove names, responses have what changed and what is gone."""

from xds_server.model.resource import CLUSTER, TypeUrl
from xds_server.xds.cache.table import Table
from xds_server.xds.protocol.delta_outbox import DeltaOutbox
from xds_server.xds.protocol.messages import FULL_STATE, RESENT_ON_RECONNECT, DeltaRequest, DeltaResponse
from xds_server.xds.protocol.outbox import Update
from xds_server.xds.protocol.stream import AdsStream
from xds_server.xds.protocol.subscription import Subscription
from xds_server.xds.protocol.type_state import TypeState


class DeltaStream(AdsStream[DeltaRequest, DeltaResponse, DeltaOutbox]):
    """One delta stream; see `stream` for the machine."""

    __slots__ = ()

    def _new_type_state(self, type_url: TypeUrl) -> TypeState[DeltaOutbox]:
        full = type_url in FULL_STATE
        subscription = Subscription(legacy=full)
        outbox = DeltaOutbox(subscription, defers_removals=type_url == CLUSTER, chunked=not full)
        return TypeState(type_url, subscription, outbox, self._node, heartbeat=self._heartbeat(type_url))

    def _update_subscription(self, state: TypeState[DeltaOutbox], request: DeltaRequest, table: Table) -> bool:
        first = not state.subscription.has_request
        if first and table.placeholders:  # A client that has the resource itself, not its placeholder, keeps it.
            versions = request.initial_versions
            state.outbox.sends_last = all(
                versions.get(name, item.version) != item.version for name, item in table.placeholders.items()
            )
        change = state.subscription.alter(request.subscribe, request.unsubscribe)
        if change:
            state.outbox.subscription_changed(change, table)
        if first and request.initial_versions:
            resend = state.type_url in RESENT_ON_RECONNECT
            state.outbox.resume(request.initial_versions, table, resend=resend)
            if state.type_url == CLUSTER:
                self._make_before_break.reconnected("")
        return bool(change)

    def _build_response(self, state: TypeState[DeltaOutbox], update: Update, table: Table) -> DeltaResponse:
        state.sent_version = table.version
        return DeltaResponse(
            state.type_url,
            table.version,
            state.nonce,
            update.resources,
            update.removed,
            update.digest,
            heartbeat=update.heartbeat,
        )
