"""Whether a client has accepted a whole configuration, on one stream or on a stream for each type."""

from collections.abc import Callable, Iterable
from typing import Any, Final

import msgspec

from xds_server.model.resource import CLUSTER, ENDPOINT, LISTENER, PUSH_ORDER, ROUTE, TypeUrl
from xds_server.xds.cache.table import RoleTables, Table
from xds_server.xds.protocol.messages import FULL_STATE
from xds_server.xds.protocol.type_state import TypeState, TypeStates

_REQUIRED: Final = FULL_STATE.intersection(PUSH_ORDER)
"""Types that every proxy subscribes to."""

_FOLLOWERS: Final = ((CLUSTER, ENDPOINT), (LISTENER, ROUTE))
"""(leader, follower): a proxy subscribes to a follower by the name of its leader."""


class SiblingStreams(msgspec.Struct, frozen=True):
    """The other streams of a proxy that has one stream for each type."""

    tables: RoleTables
    """The tables of the proxy's role, of all types."""
    others: Callable[[], Iterable[TypeStates]]
    """Returns the types of each other stream, as they are now."""


def is_complete(tables: RoleTables, streams: Iterable[TypeStates]) -> bool:
    """Whether a client with these streams has accepted a whole configuration: see `AdsStream.complete`."""
    streams = list(streams)
    if any(type_url in tables and not _states(type_url, streams) for type_url in _REQUIRED):
        return False
    return all(_is_settled(type_url, table, _states(type_url, streams)) for type_url, table in tables.items())


def has_asked_for_all(tables: RoleTables, streams: Iterable[TypeStates]) -> bool:
    """Whether the client has subscribed to the follower of each published cluster and listener: it does so step by step."""
    streams = list(streams)
    for leader, follower in _FOLLOWERS:
        leaders, table, states = tables.get(leader), tables.get(follower), _states(follower, streams)
        if table is None or any(state.subscription.wildcard for state in states):
            continue
        for item in table:
            has_leader = leaders is None or item.name in leaders
            if has_leader and not any(item.name in state.subscription for state in states):
                return False
    return True


def _states(type_url: TypeUrl, streams: Iterable[TypeStates]) -> list[TypeState[Any]]:
    return [states[type_url] for states in streams if type_url in states]


def _is_settled(type_url: TypeUrl, table: Table, states: list[TypeState[Any]]) -> bool:
    needed = type_url in FULL_STATE or bool(len(table))
    if type_url not in PUSH_ORDER or not needed:  # Not every proxy subscribes to these.
        return all(state.settled for state in states)
    return bool(states) and all(state.settled and state.has_configuration for state in states)
