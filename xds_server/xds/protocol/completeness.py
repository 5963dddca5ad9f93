"""Whether a client has accepted a whole configuration, on one stream or on a stream for each type."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

import msgspec

from xds_server.model.resource import CLUSTER, ENDPOINT, LISTENER, PUSH_ORDER, ROUTE, TypeUrl
from xds_server.xds.cache.table import RoleTables, Table
from xds_server.xds.protocol.messages import FULL_STATE
from xds_server.xds.protocol.type_state import TypeState

TypeStates = Mapping[TypeUrl, TypeState[Any]]
"""Those of one stream."""

_NEEDED: Final = FULL_STATE.intersection(PUSH_ORDER)
"""Types that every proxy asks for."""

_LEADERS: Final = ((CLUSTER, ENDPOINT), (LISTENER, ROUTE))
"""What is asked for by the names of what: a resource and what belongs to it have one name."""


class SiblingStreams(msgspec.Struct, frozen=True):
    """What a proxy has streams for, if it has one for each type."""

    view: RoleTables
    """All that it is served, on whatever stream."""
    others: Callable[[], Iterable[TypeStates]]
    """Its other streams, as they are now."""


def is_complete(view: RoleTables, streams: Iterable[TypeStates]) -> bool:
    """Whether a client with these streams has accepted a whole configuration: see `AdsStream.complete`."""
    streams = list(streams)
    if any(type_url in view and not _of(type_url, streams) for type_url in _NEEDED):
        return False
    return all(_settled(type_url, table, _of(type_url, streams)) for type_url, table in view.items())


def has_asked_for_all(view: RoleTables, streams: Iterable[TypeStates]) -> bool:
    """Whether it has asked for all that belongs to a cluster or a listener that there is: it does so in steps."""
    streams = list(streams)
    for leader, follower in _LEADERS:
        leaders, table, wanted = view.get(leader), view.get(follower), _of(follower, streams)
        if table is None or any(one.subscription.wildcard for one in wanted):
            continue
        for item in table:
            if (leaders is None or item.name in leaders) and not any(item.name in one.subscription for one in wanted):
                return False
    return True


def _of(type_url: TypeUrl, streams: Iterable[TypeStates]) -> list[TypeState[Any]]:
    return [exchanges[type_url] for exchanges in streams if type_url in exchanges]


def _settled(type_url: TypeUrl, table: Table, exchanges: list[TypeState[Any]]) -> bool:
    needed = type_url in FULL_STATE or bool(len(table))
    if type_url not in PUSH_ORDER or not needed:  # Not every proxy asks for these.
        return all(one.idle for one in exchanges)
    return bool(exchanges) and all(one.idle and one.has_something for one in exchanges)
