"""Which routes serve which domains of which ports.

Source: Gateway API v1, "Attaching Routes", and its rules for hostnames.
"""

from collections.abc import Callable, Sequence
from typing import Final

from xds_server.model.objects import Listener, ObjectKey, ParentRef
from xds_server.model.routing import Attached, DomainKey, OverBudget, ParentVerdict, Port, ResolvedRoute
from xds_server.translate.gatewayapi.hostnames import intersection, owner

OVER_BUDGET: Final = "RouteBudgetExceeded"
"""The reason of a route that is left out for its size: the Gateway API has no word for it."""


def attached(route: ResolvedRoute, ports_of: Callable[[ObjectKey], Sequence[Port] | None]) -> Attached:
    """Where the route is attached, parentRef by parentRef.

    *ports_of* gives the ports of a Gateway; None, if it is not one of ours: then its parentRef is
    somebody else's, and passed over in silence.
    """
    places: dict[DomainKey, None] = {}
    refused = []
    verdicts = []
    for parent in route.parents:
        ports = ports_of(parent.gateway)
        if ports is None:
            continue
        found, reason, message = _places(route, parent, ports)
        places.update(dict.fromkeys(found))
        numbers = tuple(dict.fromkeys(domain[1] for domain in found))
        verdicts.append(ParentVerdict(parent=parent, reason=reason, message=message, ports=numbers))
        if not found:
            refused.append(f"parentRef {parent.gateway!r}: {message} (reason {reason})")
    return Attached(route=route, domains=tuple(places), refused=tuple(refused), parents=tuple(verdicts))


def without(one: Attached, left_out: Sequence[OverBudget]) -> Attached:
    """The same, less the ports at which the route is left out for its size."""
    places = {(each.gateway, each.port): each.message for each in left_out}

    def judged(verdict: ParentVerdict) -> ParentVerdict:
        found = [places.get((verdict.parent.gateway, port)) for port in verdict.ports]
        messages = [message for message in found if message is not None]
        if not messages:
            return verdict
        # Where other ports of the Gateway serve it, it is accepted, and says what is missing.
        reason = verdict.reason if None in found else OVER_BUDGET
        return ParentVerdict(parent=verdict.parent, reason=reason, message="; ".join(messages), ports=verdict.ports)

    return Attached(
        route=one.route,
        domains=tuple(domain for domain in one.domains if domain[:2] not in places),
        refused=one.refused,
        parents=tuple(map(judged, one.parents)),
        over_budget=tuple(places.values()),
    )


def _places(route: ResolvedRoute, parent: ParentRef, ports: Sequence[Port]) -> tuple[list[DomainKey], str, str]:
    """The domains that a route gets through one parentRef, the Gateway API's reason, and a message if it gets none."""
    named = [(port, listener) for port in ports for listener in port.listeners]
    named = [(port, listener) for port, listener in named if _names(parent, listener)]
    if not named:
        return [], "NoMatchingParent", "no listener that can be served has that sectionName and port"
    allowed = [(port, listener) for port, listener in named if _allows(port, listener, route)]
    if not allowed:
        return [], "NotAllowedByListeners", "the listener does not allow HTTPRoutes, or none of this namespace"
    places = [place for port, listener in allowed for place in _domains(route, port, listener)]
    if not places:
        return [], "NoMatchingListenerHostname", "no hostname in common with the listener"
    return places, "Accepted", ""


def _names(parent: ParentRef, listener: Listener) -> bool:
    return parent.section_name in ("", listener.name) and parent.port in (0, listener.port)


def _allows(port: Port, listener: Listener, route: ResolvedRoute) -> bool:
    same = port.gateway.partition("/")[0] == route.key.partition("/")[0]
    return listener.takes_routes and (listener.routes_from == "All" or (listener.routes_from == "Same" and same))


def _domains(route: ResolvedRoute, port: Port, listener: Listener) -> list[DomainKey]:
    """The domains that the route and the listener have in common and that no more specific listener owns."""
    hostnames = [one.hostname for one in port.listeners]
    # Without any hostname a route is for all hosts, but not if those that it had were dropped.
    wanted = route.hostnames or (() if route.dropped_hostnames else ("",))
    common = [intersection(listener.hostname, hostname) for hostname in wanted]
    return [
        (port.gateway, port.number, listener.hostname, host)
        for host in common
        if host is not None and owner(host, hostnames) == listener.hostname
    ]
