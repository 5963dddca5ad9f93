"""What is wrong with objects as far as only their relations show it: what a reference leads to, and what becomes of it.

What one object shows alone is found at the door. An API server may be shared with other controllers: there a Gateway
of another class, and who refers to one, is no concern of ours, and nothing is said. In a directory it is a mistake.
"""

from collections.abc import Callable, Iterator

from xds_server.model.objects import GATEWAY_API, Gateway, ObjectKey
from xds_server.model.routing import Attached
from xds_server.model.source_state import Problem
from xds_server.translate.gatewayapi.listeners import refusals

SOURCE = "references"
"""Where these problems are met, for want of a file or a kind."""

_FOUND_AT_THE_DOOR = ("UnsupportedProtocol", "UnsupportedValue")


def of_route(
    attached: Attached, class_of: Callable[[ObjectKey], str | None], ours: str, *, shared: bool
) -> Iterator[Problem]:
    """Of a route: parents that are not there or do not take it, and backends that are none.

    *class_of* gives the class of a Gateway, None if there is no such Gateway; *ours* is the class that is served.
    """
    route = attached.route
    served_by = {verdict.parent.gateway for verdict in attached.parents}

    def problem(field: str, message: str) -> Problem:
        return Problem(source=SOURCE, object=f"HTTPRoute {route.key}", field=field, message=message)

    if not route.parents and not route.other_parents:
        yield problem("spec.parentRefs", "is missing or empty, so the route is attached to nothing: name a Gateway")
    for parent in route.parents:
        name = parent.gateway
        found = ours if name in served_by else class_of(name)
        if found is None:
            yield problem("spec.parentRefs", f"there is no Gateway {name!r}: create it, or mend the name or namespace")
        elif found != ours and not shared:
            yield problem(
                "spec.parentRefs", f"Gateway {name!r} is of class {found!r}, which is not served: {_use(ours)}"
            )
    if not shared:
        for kind in route.other_parents:
            if kind != "/Service":  # of a mesh
                yield problem(
                    "spec.parentRefs", f"{kind!r} is no parent that is served: use kind Gateway of {GATEWAY_API}"
                )
    for field, message in _of_attachment(attached):
        yield problem(field, message)


def _of_attachment(attached: Attached) -> Iterator[tuple[str, str]]:
    """(field, message)."""
    for refused in attached.refused:
        yield "spec.parentRefs", f"{refused}: mend the reference, or the listener"
    for message in attached.over_budget:
        yield "spec", f"is left out and answers 500 at {message}"
    if attached.parents:
        for unresolved in attached.route.unresolved:
            yield "spec.rules", unresolved


def of_gateway(gateway: Gateway, ours: str, *, shared: bool) -> Iterator[Problem]:
    """Of a Gateway: that nobody serves it, and listeners that collide."""

    def problem(field: str, message: str) -> Problem:
        return Problem(source=SOURCE, object=f"Gateway {gateway.key}", field=field, message=message)

    if gateway.class_name != ours:
        if not shared:
            yield problem("spec.gatewayClassName", f"{gateway.class_name!r} is not served: {_use(ours)}")
        return
    for refusal in refusals(gateway):
        if refusal.reason not in _FOUND_AT_THE_DOOR:
            yield problem(f"spec.listeners[name={refusal.listener}]", refusal.message)


def of_nobody(gateways: int, ours: str) -> Iterator[Problem]:
    """Of all Gateways together, where none is of the class that is served."""
    if gateways:
        message = f"of {gateways} Gateways none is of class {ours!r}, so no proxy is served: {_use(ours)}"
        yield Problem(source=SOURCE, object="", field="spec.gatewayClassName", message=message)


def _use(ours: str) -> str:
    return f"use {ours!r}, or start the server with --gateway-class"
