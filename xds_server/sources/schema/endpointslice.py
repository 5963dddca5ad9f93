"""EndpointSlice, discovery.k8s.io/v1. There may be tens of thousands: this is the hot one."""

from xds_server.model import objects
from xds_server.sources.schema import checks
from xds_server.sources.schema.base import Finding, Invalid, Metadata, Raw


class Conditions(Raw):
    """Of an endpoint."""

    ready: bool | None = None


class Endpoint(Raw):
    """One endpoint."""

    addresses: tuple[str, ...]
    conditions: Conditions | None = None


class Port(Raw):
    """One port; without a number it stands for any, of which nothing can be made."""

    name: str | None = None
    port: int | None = None


class EndpointSlice(Raw):
    """An EndpointSlice."""

    metadata: Metadata
    address_type: str
    endpoints: list[Endpoint] | None = None
    ports: list[Port] | None = None


def flat(raw: EndpointSlice, _: list[Finding]) -> objects.EndpointSlice:
    """The flat value.

    Of an endpoint's addresses the first is taken: EndpointSlice, "addresses": no meaning is defined
    for the others. An endpoint whose readiness is unknown counts as ready, as the API says.
    """
    meta = raw.metadata
    namespace = meta.namespace or "default"
    labels = meta.labels
    return objects.EndpointSlice(
        key=f"{namespace}/{meta.name}",
        service=f"{namespace}/{labels.service_name}" if labels is not None and labels.service_name else "",
        ports=tuple([(port.name or "", port.port) for port in raw.ports or () if port.port is not None]),
        ready=()
        if raw.address_type == "FQDN"
        else tuple(
            [
                endpoint.addresses[0]
                for endpoint in raw.endpoints or ()
                if endpoint.addresses and (endpoint.conditions is None or endpoint.conditions.ready is not False)
            ]
        ),
    )


def admit(raw: EndpointSlice) -> None:
    """The checks that an API server makes before it stores an EndpointSlice."""
    family = checks.one_of(raw.address_type, ("IPv4", "IPv6", "FQDN"), "addressType")
    for i, endpoint in enumerate(raw.endpoints or ()):
        if not endpoint.addresses:
            raise Invalid(f"endpoints[{i}].addresses", "is empty: give an address, or leave the endpoint out")
        for j, address in enumerate(endpoint.addresses if family != "FQDN" else ()):
            checks.address(address, family, f"endpoints[{i}].addresses[{j}]")
    for i, port in enumerate(raw.ports or ()):
        if port.port is not None:
            checks.port(port.port, f"ports[{i}].port")
