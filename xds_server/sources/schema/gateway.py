"""Gateway, gateway.networking.k8s.io/v1."""

import msgspec

from xds_server.model import objects
from xds_server.sources.schema import checks
from xds_server.sources.schema.base import Finding, Metadata, Raw


class Namespaces(Raw):
    """Whose routes may attach."""

    from_: str | None = msgspec.field(default=None, name="from")


class RouteKind(Raw):
    """A kind of route that may attach."""

    kind: str
    group: str | None = None


class AllowedRoutes(Raw):
    """Which routes may attach."""

    namespaces: Namespaces | None = None
    kinds: list[RouteKind] | None = None


class Listener(Raw):
    """One listener."""

    name: str
    port: int
    protocol: str
    hostname: str | None = None
    allowed_routes: AllowedRoutes | None = None


class Spec(Raw):
    """Of a Gateway."""

    gateway_class_name: str
    listeners: list[Listener] | None = None


class Gateway(Raw):
    """A Gateway."""

    metadata: Metadata
    spec: Spec


def flat(raw: Gateway, findings: list[Finding]) -> objects.Gateway:
    """The flat value; findings name the listeners that ask for what is not supported yet."""
    listeners = raw.spec.listeners or []
    checks.unique([listener.name for listener in listeners], "spec.listeners[{}].name")
    return objects.Gateway(
        key=raw.metadata.key,
        class_name=checks.filled(raw.spec.gateway_class_name, "spec.gatewayClassName"),
        listeners=tuple(_listener(listener, f"spec.listeners[{i}]", findings) for i, listener in enumerate(listeners)),
        generation=raw.metadata.generation or 0,
    )


def _listener(raw: Listener, at: str, findings: list[Finding]) -> objects.Listener:
    protocol = checks.filled(raw.protocol, f"{at}.protocol")
    if protocol != "HTTP":
        findings.append(
            Finding(f"{at}.protocol", f"{protocol} is not supported yet, so this listener is not served: use HTTP")
        )
    return objects.Listener(
        name=checks.filled(raw.name, f"{at}.name"),
        port=checks.port(raw.port, f"{at}.port"),
        protocol=protocol,
        hostname=checks.hostname(raw.hostname, f"{at}.hostname") if raw.hostname else "",
        routes_from=_routes_from(raw.allowed_routes, f"{at}.allowedRoutes", findings),
    )


def _routes_from(raw: AllowedRoutes | None, at: str, findings: list[Finding]) -> objects.RoutesFrom:
    """A listener that lists kinds of routes, and HTTPRoute is not among them, takes none."""
    if raw is None:
        return "Same"
    kinds = raw.kinds or []
    if kinds and not any((k.group in (None, "gateway.networking.k8s.io")) and k.kind == "HTTPRoute" for k in kinds):
        return "None"
    match (raw.namespaces.from_ if raw.namespaces is not None else None) or "Same":
        case "Selector":
            message = "Selector is not supported yet, so no route attaches to this listener: use Same or All"
            findings.append(Finding(f"{at}.namespaces.from", message))
            return "Selector"
        case "All":
            return "All"
        case "None":
            return "None"
        case other:
            checks.one_of(other, ("Same", "All", "Selector", "None"), f"{at}.namespaces.from")
            return "Same"
