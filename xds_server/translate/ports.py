"""Gateways to ports: which listeners can be served, and what is wrong with the others."""

from collections import Counter

from xds_server.model.objects import Gateway, Listener
from xds_server.model.routing import Port, PortKey


def ports(gateway: Gateway) -> dict[PortKey, Port]:
    """The ports of a Gateway that have a listener which can be served, with those listeners.

    Shape: 0..n per Gateway. Listeners that collide in port and hostname are all left out, since the
    Gateway API knows no winner within one Gateway.
    """
    refused = dict(refusals(gateway))
    by_port: dict[int, list[Listener]] = {}
    for listener in gateway.listeners:
        if listener.name not in refused:
            by_port.setdefault(listener.port, []).append(listener)
    made = [Port(gateway=gateway.key, number=number, listeners=tuple(those)) for number, those in by_port.items()]
    return {port.key: port for port in made}


def refusals(gateway: Gateway) -> list[tuple[str, str]]:
    """(listener's name, reason) of the listeners that cannot be served."""
    places = Counter(
        (listener.port, listener.hostname) for listener in gateway.listeners if listener.protocol == "HTTP"
    )
    found = []
    for listener in gateway.listeners:
        if listener.protocol != "HTTP":
            found.append((listener.name, f"protocol {listener.protocol!r} is not supported yet: use HTTP"))
        elif listener.routes_from == "Selector":
            found.append(
                (listener.name, "allowedRoutes.namespaces.from Selector is not supported yet: use Same or All")
            )
        elif places[listener.port, listener.hostname] > 1:
            hostname = listener.hostname or "any host"
            found.append((listener.name, f"port {listener.port} with {hostname} is there twice: change one of the two"))
    return found
