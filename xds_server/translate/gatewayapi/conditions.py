"""What is said back to whoever wrote the objects: conditions, in the Gateway API's words.

Source: Gateway API v1, types GatewayStatus, ListenerStatus and RouteParentStatus. Times are not of interest here:
whoever writes a status keeps the time of a condition that has not turned.
"""

from collections.abc import Callable, Sequence
from typing import Final

from xds_server.model.conditions import (
    PARTIALLY_INVALID,
    Condition,
    GatewayStatus,
    ListenerStatus,
    ParentStatus,
    RouteStatus,
)
from xds_server.model.objects import Gateway, HTTPRoute, Listener, ObjectKey
from xds_server.model.routing import Attached, ParentVerdict, ResolvedRoute
from xds_server.translate.gatewayapi.listeners import Refusal, refusals

UNSUPPORTED_VALUE: Final = "UnsupportedValue"
# Without a hostname that can be served, a route has none in common with any listener.
_UP_TO_THE_ROUTE: Final = ("Accepted", "NoMatchingListenerHostname")


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
                takes_routes=listener.takes_routes and listener.protocol == "HTTP",
                conditions=_listener_conditions(refused.get(listener.name), listener.unsupported_kinds),
            )
            for listener in gateway.listeners
        ),
    )


def _listener_conditions(refusal: Refusal | None, unsupported_kinds: Sequence[str]) -> tuple[Condition, ...]:
    good = refusal is None
    conflict = refusal is not None and refusal.reason.endswith("Conflict")
    why = ("", "") if refusal is None else (refusal.reason, refusal.message)
    return (
        Condition("Accepted", good, *(("Accepted",) if good else why)),
        Condition("Conflicted", conflict, *(why if conflict else ("NoConflicts",))),
        Condition("Programmed", good, *(("Programmed",) if good else ("Invalid", why[1]))),
        Condition("ResolvedRefs", not unsupported_kinds, *_resolved_refs(unsupported_kinds)),
    )


def _resolved_refs(unsupported_kinds: Sequence[str]) -> tuple[str, str]:
    if not unsupported_kinds:
        return "ResolvedRefs", ""  # the others are of TLS, which is not served
    return "InvalidRouteKinds", f"not supported yet: {', '.join(unsupported_kinds)}"


def route_status(route: HTTPRoute, attached: Attached) -> RouteStatus:
    """The status of a route. Without parents, if none of its parentRefs names a Gateway of ours."""
    unresolved = attached.route.unresolved
    resolved = (
        Condition("ResolvedRefs", False, attached.route.unresolved_reasons[0], "; ".join(unresolved))  # noqa: FBT003
        if unresolved
        else Condition("ResolvedRefs", True, "ResolvedRefs")  # noqa: FBT003
    )
    nothing, dropped = serves_nothing(attached.route), _dropped(attached.route)
    partly = (Condition(PARTIALLY_INVALID, True, UNSUPPORTED_VALUE, dropped),) if dropped else ()  # noqa: FBT003

    def conditions(verdict: ParentVerdict) -> tuple[Condition, ...]:
        if nothing and verdict.reason in _UP_TO_THE_ROUTE:
            return (Condition("Accepted", False, UNSUPPORTED_VALUE, dropped), resolved)  # noqa: FBT003
        if verdict.reason != "Accepted":
            return (Condition("Accepted", False, verdict.reason, verdict.message), resolved)  # noqa: FBT003
        return (Condition("Accepted", True, "Accepted", verdict.message), resolved, *partly)  # noqa: FBT003

    return RouteStatus(
        generation=route.generation,
        parents=tuple(
            ParentStatus(parent=verdict.parent, conditions=conditions(verdict)) for verdict in attached.parents
        ),
    )


def serves_nothing(route: ResolvedRoute) -> bool:
    """Whether all of a route's rules were dropped, or all of its hostnames."""
    no_rule = bool(route.rules) and all(rule.dropped for rule in route.rules)
    return no_rule or (bool(route.dropped_hostnames) and not route.hostnames)


def _dropped(route: ResolvedRoute) -> str:
    """What of a route is not served; "" if all is. Begins as the Gateway API has it for PartiallyInvalid."""
    rules = [f"Dropped Rule {i}: {rule.dropped}" for i, rule in enumerate(route.rules) if rule.dropped]
    hostnames = [f"Dropped Rules for a hostname: {reason}" for reason in route.dropped_hostnames]
    return "; ".join([*rules, *hostnames])


def listener_of(attached: Attached) -> frozenset[tuple[ObjectKey, int, str]]:
    """(gateway, port, hostname) of the listeners that serve a route: none, if it is not accepted."""
    return frozenset() if serves_nothing(attached.route) else frozenset(domain[:3] for domain in attached.domains)
