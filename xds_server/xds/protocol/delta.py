"""The incremental protocol of one stream: requests add and take back names, responses say what changed and what went."""

from xds_server.model.resource import CLUSTER, TypeUrl
from xds_server.xds.cache.table import Table
from xds_server.xds.protocol.delta_outbox import DeltaOutbox
from xds_server.xds.protocol.messages import FULL_STATE, RESENT_ON_RECONNECT, DeltaRequest, DeltaResponse
from xds_server.xds.protocol.outbox import Update
from xds_server.xds.protocol.stream import AdsStream
from xds_server.xds.protocol.subscription import Subscription
from xds_server.xds.protocol.type_state import TypeState


class DeltaStream(AdsStream[DeltaRequest, DeltaResponse, DeltaOutbox]):
    """One incremental stream; see `stream` for the machine."""

    __slots__ = ()

    def _exchange(self, type_url: TypeUrl) -> TypeState[DeltaOutbox]:
        full = type_url in FULL_STATE
        subscription = Subscription(legacy=full)
        selection = DeltaOutbox(subscription, keeps_removed=type_url == CLUSTER, split=not full)
        return TypeState(type_url, subscription, selection, self._node)

    def _subscribe(self, exchange: TypeState[DeltaOutbox], request: DeltaRequest, table: Table) -> bool:
        first = not exchange.subscription.begun
        if first and table.sealed:  # It has what comes last, if it has that, and not what is sent in its place.
            has = request.initial_versions
            exchange.selection.opened = all(has.get(n, one.version) != one.version for n, one in table.sealed.items())
        change = exchange.subscription.alter(request.subscribe, request.unsubscribe)
        if change:
            exchange.selection.subscribed(change, table)
        if first and request.initial_versions:
            again = exchange.type_url in RESENT_ON_RECONNECT
            exchange.selection.resumed(request.initial_versions, table, again=again)
            if exchange.type_url == CLUSTER:
                self._rollout.came_back("")
        return bool(change)

    def _response(self, exchange: TypeState[DeltaOutbox], answer: Update, table: Table) -> DeltaResponse:
        exchange.sent_version = table.version
        return DeltaResponse(
            exchange.type_url,
            table.version,
            exchange.nonce,
            answer.resources,
            answer.removed,
            answer.digest,
            beat=answer.beat,
        )
