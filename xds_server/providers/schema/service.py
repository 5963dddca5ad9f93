"""Service, v1."""

from xds_server.model import objects
from xds_server.providers.schema import validators
from xds_server.providers.schema.base import Finding, Invalid, Metadata, Raw, usable


class Port(Raw):
    """One port."""

    port: int
    name: str | None = None
    protocol: str | None = None
    app_protocol: str | None = None


class Spec(Raw):
    """Of a Service."""

    ports: list[Port] | None = None
    ip_families: list[str] | None = None
    type: str | None = None


class Service(Raw):
    """A Service."""

    metadata: Metadata
    spec: Spec


def flat(raw: Service, findings: list[Finding]) -> objects.Service:
    """The flat value with its TCP ports. Other ports cannot carry HTTP, and are skipped."""
    external = raw.spec.type == "ExternalName"
    return objects.Service(
        key=raw.metadata.key,
        ports=tuple(
            objects.ServicePort(name=port.name or "", port=port.port, app_protocol=port.app_protocol or "")
            for i, port in enumerate(raw.spec.ports or () if not external else ())
            if (port.protocol or "TCP") == "TCP" and _numbered(port.port, i, findings)
        ),
        families=tuple(family.lower() for family in raw.spec.ip_families or ()),
        external=external,
    )


def _numbered(port: int, i: int, findings: list[Finding]) -> bool:
    if 1 <= port <= validators.HIGHEST_PORT:
        return True
    return usable(findings, "this port is left out", validators.port, port, f"spec.ports[{i}].port")


def admit(raw: Service) -> None:
    """The checks that an API server makes before it stores a Service."""
    ports = raw.spec.ports or []
    for i, family in enumerate(raw.spec.ip_families or ()):
        validators.one_of(family, ("IPv4", "IPv6"), f"spec.ipFamilies[{i}]")
    for i, port in enumerate(ports):
        validators.port(port.port, f"spec.ports[{i}].port")
        validators.one_of(port.protocol or "TCP", ("TCP", "UDP", "SCTP"), f"spec.ports[{i}].protocol")
        if len(ports) > 1 and not port.name:
            raise Invalid(f"spec.ports[{i}].name", "is missing, and there are several ports: name each of them")
    if len(ports) > 1:
        validators.unique([port.name or "" for port in ports], "spec.ports[{}].name")
    validators.unique([f"{port.protocol or 'TCP'} {port.port}" for port in ports], "spec.ports[{}]")
