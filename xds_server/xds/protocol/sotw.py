"""The state-of-the-world protocol of one stream: every request names all that is wanted."""

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
"""How the version begins of a response to who has not what comes last (`Table.sealed`): it says so when it comes back."""


class SotwStream(AdsStream[Request, Response, FullStateOutbox | NamedOutbox]):
    """One state-of-the-world stream; see `stream` for the machine."""

    __slots__ = ()

    def _exchange(self, type_url: TypeUrl) -> TypeState[FullStateOutbox | NamedOutbox]:
        full = type_url in FULL_STATE
        subscription = Subscription(legacy=full)
        made = FullStateOutbox if full else NamedOutbox
        selection = made(subscription, keeps_removed=type_url == CLUSTER)
        return TypeState(type_url, subscription, selection, self._node)

    def _subscribe(self, exchange: TypeState[FullStateOutbox | NamedOutbox], request: Request, table: Table) -> bool:
        subscription = exchange.subscription
        first = not subscription.begun
        if first and request.version:
            self._came_back(exchange, request.version, table)
        change = subscription.replace(request.names)
        if change:
            exchange.selection.subscribed(change, table)
        if first and exchange.type_url == CLUSTER and request.version not in {"", table.version_of(0)}:
            listed = not subscription.wildcard or ENDPOINT not in self._view
            self._rollout.came_back("" if listed else request.version)
        return bool(change)

    def _came_back(self, exchange: TypeState[FullStateOutbox | NamedOutbox], version: str, table: Table) -> None:
        """Takes in what the client accepted on another stream."""
        selection = exchange.selection
        if isinstance(selection, FullStateOutbox):
            selection.blind = version != table.version_of(0)
        # It has what comes last, unless it was not to have it yet.
        selection.opened = not version.startswith(PARTIAL)

    def _response(self, exchange: TypeState[FullStateOutbox | NamedOutbox], answer: Update, table: Table) -> Response:
        # A heartbeat bears the version that the client has, and the bodies: Envoy 1.40 accepts one without them, and lets
        # the resource expire all the same (tests/integration/envoy/test_ads_types.py).
        version = table.version_of(answer.digest)
        if table.sealed and not exchange.selection.opened:
            version = PARTIAL + version
        exchange.sent_version = exchange.acked_version if answer.beat else version
        return Response(
            exchange.type_url,
            exchange.sent_version,
            exchange.nonce,
            answer.resources,
            answer.digest,
            wrapped=self._takes_ttl and bool(table.mortal),
        )
