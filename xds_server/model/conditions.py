"""Statuses of objects in the Gateway API's words, as values: what is derived, and what a status controller writes.

Source: Gateway API v1, types GatewayStatus, ListenerStatus and RouteParentStatus.
"""

from typing import Final, NamedTuple

from xds_server.model.objects import ParentRef, Struct

PARTIALLY_INVALID: Final = "PartiallyInvalid"


class Condition(NamedTuple):
    """One condition; good news is True, except of `Conflicted`."""

    type: str
    status: bool
    reason: str
    message: str = ""


class ListenerStatus(Struct, frozen=True):
    """Of one listener of a Gateway."""

    name: str
    attached_routes: int
    conditions: tuple[Condition, ...]
    takes_routes: bool = True
    """Whether HTTPRoute, the one kind that is served, is among those that it allows."""


class GatewayStatus(Struct, frozen=True):
    """Of a Gateway."""

    generation: int
    conditions: tuple[Condition, ...]
    listeners: tuple[ListenerStatus, ...]


class ParentStatus(Struct, frozen=True):
    """Of a route, at one parentRef."""

    parent: ParentRef
    conditions: tuple[Condition, ...]


class RouteStatus(Struct, frozen=True):
    """Of an HTTPRoute, at all of its parentRefs that name a Gateway of ours."""

    generation: int
    parents: tuple[ParentStatus, ...]
