"""The state-of-the-world protocol of one stream: every request names all that is wanted."""

from xds_server.ads.exchange import Exchange
from xds_server.ads.messages import FULL_STATE, Request, Response
from xds_server.ads.selection import Answer, FullState, Named
from xds_server.ads.stream import AdsStream
from xds_server.ads.subscription import Subscription
from xds_server.snapshot.resource import CLUSTER, ENDPOINT, TypeUrl
from xds_server.snapshot.table import Table


class SotwStream(AdsStream[Request, Response, FullState | Named]):
    """One state-of-the-world stream; see `stream` for the machine."""

    __slots__ = ()

    def _exchange(self, type_url: TypeUrl) -> Exchange[FullState | Named]:
        full = type_url in FULL_STATE
        subscription = Subscription(legacy=full)
        made = FullState if full else Named
        return Exchange(type_url, subscription, made(subscription, keeps_removed=type_url == CLUSTER))

    def _subscribe(self, exchange: Exchange[FullState | Named], request: Request, table: Table) -> bool:
        subscription = exchange.subscription
        first = not subscription.begun
        change = subscription.replace(request.names)
        if change:
            exchange.selection.subscribed(change, table)
        if first and exchange.type_url == CLUSTER and request.version not in {"", table.version_of(0)}:
            listed = not subscription.wildcard or ENDPOINT not in self._view
            self._rollout.came_back("" if listed else request.version)
        return bool(change)

    def _response(self, exchange: Exchange[FullState | Named], answer: Answer, table: Table) -> Response:
        # A heartbeat bears the version that the client has, and the bodies: Envoy 1.40 accepts one without them, and lets
        # the resource expire all the same (tests/integration/test_ads_envoy_types.py).
        exchange.sent_version = exchange.acked_version if answer.beat else table.version_of(answer.digest)
        return Response(
            exchange.type_url,
            exchange.sent_version,
            exchange.nonce,
            answer.resources,
            answer.digest,
            wrapped=self._takes_ttl and bool(table.mortal),
        )
