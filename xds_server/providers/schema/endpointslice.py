"""EndpointSlice, discovery.k8s.io/v1. There may be tens of thousands of them, so this module is optimised for speed."""

from collections.abc import Iterable
from socket import inet_pton
from typing import Final

from xds_server.model import objects
from xds_server.providers.schema import validators
from xds_server.providers.schema.base import Finding, Invalid, Metadata, Raw, usable

_REFUSALS: Final = (OSError, ValueError)  # of inet_pton; ValueError: a NUL in the text
_TCP: Final = ("TCP", None, "")
_NO_PORT: Final = "this port is left out"
_ADDRESS_TYPES: Final = (*validators.FAMILIES, "FQDN")


class Conditions(Raw):
    """Of an endpoint."""

    ready: bool | None = None


class Endpoint(Raw):
    """One endpoint."""

    addresses: tuple[str, ...]
    conditions: Conditions | None = None


class Port(Raw):
    """One port. Without a number it stands for all ports, and cannot be used."""

    name: str | None = None
    port: int | None = None
    protocol: str | None = None


class EndpointSlice(Raw):
    """An EndpointSlice."""

    metadata: Metadata
    address_type: str
    endpoints: list[Endpoint] | None = None
    ports: list[Port] | None = None


def flat(raw: EndpointSlice, findings: list[Finding]) -> objects.EndpointSlice:
    """The flat value, without endpoints and ports that a proxy cannot use. Each of them has a finding.

    Of an endpoint's addresses the first is taken: EndpointSlice, "addresses": no meaning is defined
    for the others. An endpoint whose readiness is unknown counts as ready, as the API says. Ports of other
    protocols than TCP carry no HTTP and are passed over.
    """
    meta = raw.metadata
    namespace = meta.namespace or "default"
    labels = meta.labels
    return objects.EndpointSlice(
        key=f"{namespace}/{meta.name}",
        service=f"{namespace}/{labels.service_name}" if labels is not None and labels.service_name else "",
        ports=_ports(raw.ports or (), findings),
        ready=_ready(raw, findings),
    )


def _ports(raw: Iterable[Port], findings: list[Finding]) -> tuple[tuple[str, int], ...]:
    """(name, number). An API server does not check the numbers."""
    found = []
    for i, port in enumerate(raw):
        if port.port is None or port.protocol not in _TCP:
            continue
        number = port.port
        if 1 <= number <= validators.HIGHEST_PORT or usable(
            findings, _NO_PORT, validators.port, number, f"ports[{i}].port"
        ):
            found.append((port.name or "", number))
    return tuple(found)


def _ready(raw: EndpointSlice, findings: list[Finding]) -> tuple[str, ...]:
    """The valid addresses of the ready endpoints."""
    family = validators.FAMILIES.get(raw.address_type)
    if family is None:
        usable(findings, "no endpoint is used", validators.one_of, raw.address_type, _ADDRESS_TYPES, "addressType")
        return ()
    ready = [
        endpoint.addresses[0]
        for endpoint in raw.endpoints or ()
        if endpoint.addresses and (endpoint.conditions is None or endpoint.conditions.ready is not False)
    ]
    try:
        for address in ready:
            inet_pton(family, address)
    except _REFUSALS:
        return tuple(_readable(raw, findings))
    return tuple(ready)


def _readable(raw: EndpointSlice, findings: list[Finding]) -> Iterable[str]:
    """The valid addresses of a slice with invalid ones."""
    for i, endpoint in enumerate(raw.endpoints or ()):
        if endpoint.addresses and (endpoint.conditions is None or endpoint.conditions.ready is not False):
            address, at = endpoint.addresses[0], f"endpoints[{i}].addresses[0]"
            if usable(findings, "this endpoint is left out", validators.address, address, raw.address_type, at):
                yield address


def admit(raw: EndpointSlice) -> None:
    """The checks that an API server makes before it stores an EndpointSlice."""
    family = validators.one_of(raw.address_type, _ADDRESS_TYPES, "addressType")
    for i, endpoint in enumerate(raw.endpoints or ()):
        if not endpoint.addresses:
            raise Invalid(f"endpoints[{i}].addresses", "is empty: give an address, or leave the endpoint out")
        for j, address in enumerate(endpoint.addresses if family != "FQDN" else ()):
            validators.address(address, family, f"endpoints[{i}].addresses[{j}]")
    for i, port in enumerate(raw.ports or ()):
        if port.port is not None:
            validators.port(port.port, f"ports[{i}].port")
