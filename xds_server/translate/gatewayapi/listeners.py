"""Gateways to ports: which listeners can be served, and what is wrong with the others."""

from collections import Counter
from typing import NamedTuple

from xds_server.model.objects import Gateway, Listener
from xds_server.model.routing import Port, PortKey


def ports(gateway: Gateway) -> dict[PortKey, Port]:
    """The ports of a Gateway that have a listener which can be served, with those listeners.

    Shape: 0..n per Gateway. Listeners that collide in port and hostname are all left out, since the
    Gateway API knows no winner within one Gateway.
    """
    refused = {refusal.listener for refusal in refusals(gateway)}
    by_port: dict[int, list[Listener]] = {}
    for listener in gateway.listeners:
        if listener.name not in refused:
            by_port.setdefault(listener.port, []).append(listener)
    made = [Port(gateway=gateway.key, number=number, listeners=tuple(those)) for number, those in by_port.items()]
    return {port.key: port for port in made}


class Refusal(NamedTuple):
    """Why a listener cannot be served."""

    listener: str
    """Its name."""
    reason: str
    """The Gateway API's word, where it has one."""
    message: str


def refusals(gateway: Gateway) -> list[Refusal]:
    """The listeners that cannot be served."""
    places = Counter(
        (listener.port, listener.hostname)
        for listener in gateway.listeners
        if listener.protocol == "HTTP" and not listener.invalid
    )
    found = []
    for listener in gateway.listeners:
        if listener.protocol != "HTTP":
            message = f"protocol {listener.protocol!r} is not supported yet: use HTTP"
            found.append(Refusal(listener.name, "UnsupportedProtocol", message))
        elif listener.invalid:
            found.append(Refusal(listener.name, "UnsupportedValue", listener.invalid))
        elif listener.routes_from == "Selector":
            message = "allowedRoutes.namespaces.from Selector is not supported yet: use Same or All"
            found.append(Refusal(listener.name, "UnsupportedValue", message))
        elif places[listener.port, listener.hostname] > 1:
            hostname = listener.hostname or "any host"
            message = f"port {listener.port} with {hostname} is there twice: change one of the two"
            found.append(Refusal(listener.name, "HostnameConflict", message))
    return found
