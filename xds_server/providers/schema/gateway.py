"""Gateway, gateway.networking.k8s.io/v1."""

from collections.abc import Iterator
from typing import Final

import msgspec

from xds_server.model import objects
from xds_server.providers.schema import validators
from xds_server.providers.schema.base import Finding, Metadata, Raw, usable

_NOT_SERVED: Final = "this listener is not served"
_FROM: Final = ("Same", "All", "Selector", "None")
_REFERENCED: Final = {("", "Secret"): "secrets", ("", "ConfigMap"): "configmaps"}


class Namespaces(Raw):
    """The namespaces whose routes may attach."""

    from_: str | None = msgspec.field(default=None, name="from")


class RouteKind(Raw):
    """A kind of route that may attach."""

    kind: str
    group: str | None = None


class AllowedRoutes(Raw):
    """Which routes may attach."""

    namespaces: Namespaces | None = None
    kinds: list[RouteKind] | None = None


class ObjectRef(Raw):
    """A reference to a Secret or ConfigMap, by default in the Gateway's namespace."""

    name: str
    group: str | None = None
    kind: str | None = None
    namespace: str | None = None


class ListenerTls(Raw):
    """How a listener terminates TLS."""

    mode: str | None = None
    certificate_refs: list[ObjectRef] | None = None


class Validation(Raw):
    """The authorities that must have signed client certificates."""

    ca_certificate_refs: list[ObjectRef] | None = None


class Client(Raw):
    """How client certificates are verified."""

    validation: Validation | None = None


class PortClient(Raw):
    """The same for one port."""

    tls: Client | None = None


class Frontend(Raw):
    """The side of the clients."""

    default: Client | None = None
    per_port: list[PortClient] | None = None


class GatewayTls(Raw):
    """Of all listeners."""

    frontend: Frontend | None = None


class Listener(Raw):
    """One listener."""

    name: str
    port: int
    protocol: str
    hostname: str | None = None
    allowed_routes: AllowedRoutes | None = None
    tls: ListenerTls | None = None


class Spec(Raw):
    """Of a Gateway."""

    gateway_class_name: str
    listeners: list[Listener] | None = None
    tls: GatewayTls | None = None


class Gateway(Raw):
    """A Gateway."""

    metadata: Metadata
    spec: Spec


def flat(raw: Gateway, findings: list[Finding]) -> objects.Gateway:
    """The flat value. Findings name the listeners that cannot be served."""
    listeners = raw.spec.listeners or []
    return objects.Gateway(
        key=raw.metadata.key,
        class_name=raw.spec.gateway_class_name,
        listeners=tuple(_listener(listener, f"spec.listeners[{i}]", findings) for i, listener in enumerate(listeners)),
        references=_references(raw, listeners, findings) if raw.spec.tls or any(one.tls for one in listeners) else (),
        generation=raw.metadata.generation or 0,
    )


def _listener(raw: Listener, at: str, findings: list[Finding]) -> objects.Listener:
    if raw.protocol != "HTTP":
        message = f"{raw.protocol} is not supported yet, so this listener is not served: use HTTP"
        findings.append(Finding(f"{at}.protocol", message))
    reasons = list[Finding]()
    usable(reasons, _NOT_SERVED, validators.port, raw.port, f"{at}.port")
    if raw.hostname and raw.protocol == "HTTP":
        usable(reasons, _NOT_SERVED, validators.hostname, raw.hostname, f"{at}.hostname")
    findings += reasons
    kinds = (raw.allowed_routes.kinds if raw.allowed_routes is not None else None) or []
    return objects.Listener(
        name=raw.name,
        port=raw.port,
        protocol=raw.protocol,
        hostname=(raw.hostname or "").lower(),
        routes_from=_routes_from(raw.allowed_routes, f"{at}.allowedRoutes", findings),
        invalid="; ".join(f"{field}: {message}" for field, message in reasons),
        unsupported_kinds=tuple(_unsupported_kinds(kinds, f"{at}.allowedRoutes.kinds", findings)),
        takes_routes=not kinds or any(_is_httproute(kind) for kind in kinds),
    )


def _is_httproute(kind: RouteKind) -> bool:
    return kind.group in (None, objects.GATEWAY_API) and kind.kind == "HTTPRoute"


def _unsupported_kinds(kinds: list[RouteKind], at: str, findings: list[Finding]) -> Iterator[str]:
    for i, kind in enumerate(kinds):
        if not _is_httproute(kind):
            findings.append(Finding(f"{at}[{i}]", f"{kind.kind} is not supported yet: use HTTPRoute"))
            yield kind.kind


def _references(raw: Gateway, listeners: list[Listener], findings: list[Finding]) -> tuple[objects.Reference, ...]:
    """The references that are permitted: those to its own namespace, because ReferenceGrants are not supported yet."""
    said = [
        (f"spec.listeners[{i}].tls.certificateRefs[{n}]", ref, "Secret")
        for i, listener in enumerate(listeners)
        if listener.tls is not None and listener.tls.mode != "Passthrough"
        for n, ref in enumerate(listener.tls.certificate_refs or ())
    ] + [
        (f"{at}.validation.caCertificateRefs[{n}]", ref, "ConfigMap")
        for at, client in _clients(raw.spec.tls.frontend if raw.spec.tls is not None else None)
        if client is not None and client.validation is not None
        for n, ref in enumerate(client.validation.ca_certificate_refs or ())
    ]
    namespace = raw.metadata.namespace or "default"
    found = set()
    for at, ref, kind in said:
        plural = _REFERENCED.get((ref.group or "", ref.kind or kind))
        if plural is None:
            findings.append(Finding(f"{at}.kind", f"{ref.kind!r} is not supported: use {kind}"))
        elif not usable(findings, "it leads to nothing", validators.name, ref.name, f"{at}.name"):
            continue
        elif (ref.namespace or namespace) != namespace:
            message = (
                f"{ref.namespace!r} is another namespace, and ReferenceGrants are not supported yet: use {namespace!r}"
            )
            findings.append(Finding(f"{at}.namespace", message))
        else:
            found.add(objects.Reference(plural, f"{namespace}/{ref.name}"))
    return tuple(sorted(found))


def _clients(frontend: Frontend | None) -> list[tuple[str, Client | None]]:
    if frontend is None:
        return []
    ports = [(f"spec.tls.frontend.perPort[{i}].tls", port.tls) for i, port in enumerate(frontend.per_port or ())]
    return [("spec.tls.frontend.default", frontend.default), *ports]


def _routes_from(raw: AllowedRoutes | None, at: str, findings: list[Finding]) -> objects.RoutesFrom:
    match (raw.namespaces.from_ if raw is not None and raw.namespaces is not None else None) or "Same":
        case "Selector":
            message = "Selector is not supported yet, so no route attaches to this listener: use Same or All"
            findings.append(Finding(f"{at}.namespaces.from", message))
            return "Selector"
        case "All" | "None" | "Same" as word:
            return word
        case other:
            usable(findings, "no route attaches", validators.one_of, other, _FROM, f"{at}.namespaces.from")
            return "None"
