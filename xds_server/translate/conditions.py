"""What is said back to whoever wrote the objects: conditions, in the Gateway API's words.

Source: Gateway API v1, types GatewayStatus, ListenerStatus and RouteParentStatus. Times are not of interest here:
whoever writes a status keeps the time of a condition that has not turned.
"""

from collections.abc import Callable
from typing import NamedTuple

from xds_server.model.objects import Gateway, HTTPRoute, Listener, ObjectKey, ParentRef, Struct
from xds_server.model.routing import Attached
from xds_server.translate.ports import Refusal, refusals


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


def gateway_status(gateway: Gateway, attached_routes: Callable[[Listener], int]) -> GatewayStatus:
    """The status of a Gateway; *attached_routes* counts the routes that a listener serves."""
    refused = {refusal.listener: refusal for refusal in refusals(gateway)}
    served = [listener for listener in gateway.listeners if listener.name not in refused]
    invalid = ", ".join(refused)
    accepted = Condition(
        "Accepted",
        bool(served),
        "ListenersNotValid" if refused or not served else "Accepted",
        f"listeners that cannot be served: {invalid}" if refused else "" if served else "there is no listener",
    )
    programmed = (
        Condition("Programmed", True, "Programmed")  # noqa: FBT003 - a condition has a status
        if served
        else Condition("Programmed", False, "Invalid", "no listener can be served")  # noqa: FBT003
    )
    return GatewayStatus(
        generation=gateway.generation,
        conditions=(accepted, programmed),
        listeners=tuple(
            ListenerStatus(
                name=listener.name,
                attached_routes=0 if listener.name in refused else attached_routes(listener),
                conditions=_listener_conditions(refused.get(listener.name)),
            )
            for listener in gateway.listeners
        ),
    )


def _listener_conditions(refusal: Refusal | None) -> tuple[Condition, ...]:
    good = refusal is None
    conflict = refusal is not None and refusal.reason.endswith("Conflict")
    why = ("", "") if refusal is None else (refusal.reason, refusal.message)
    return (
        Condition("Accepted", good, *(("Accepted",) if good else why)),
        Condition("Conflicted", conflict, *(why if conflict else ("NoConflicts",))),
        Condition("Programmed", good, *(("Programmed",) if good else ("Invalid", why[1]))),
        Condition("ResolvedRefs", True, "ResolvedRefs"),  # noqa: FBT003 - of an HTTP listener, which has none
    )


def route_status(route: HTTPRoute, attached: Attached) -> RouteStatus:
    """The status of a route. Without parents, if none of its parentRefs names a Gateway of ours."""
    unresolved = attached.route.unresolved
    resolved = (
        Condition("ResolvedRefs", False, attached.route.unresolved_reasons[0], "; ".join(unresolved))  # noqa: FBT003
        if unresolved
        else Condition("ResolvedRefs", True, "ResolvedRefs")  # noqa: FBT003
    )
    return RouteStatus(
        generation=route.generation,
        parents=tuple(
            ParentStatus(
                parent=verdict.parent,
                conditions=(
                    Condition("Accepted", verdict.reason == "Accepted", verdict.reason, verdict.message),
                    resolved,
                ),
            )
            for verdict in attached.parents
        ),
    )


def listener_of(attached: Attached) -> frozenset[tuple[ObjectKey, int, str]]:
    """(gateway, port, hostname) of the listeners that serve a route."""
    return frozenset(domain[:3] for domain in attached.domains)
