"""References from routes to Services, resolved: to which cluster, and what if there is none."""

from collections.abc import Callable, Iterator
from typing import Final

from xds_server.model.objects import BackendRef, HTTPRoute, ObjectKey, Service
from xds_server.model.routing import ResolvedRoute, ResolvedRule, Target, cluster_name

# To send plain HTTP to who expects TLS would look like a fault of the backend.
_NOT_SPOKEN: Final = frozenset({"kubernetes.io/wss", "wss", "https", "tls"})


def resolved(route: HTTPRoute, service_of: Callable[[ObjectKey], Service | None]) -> ResolvedRoute:
    """The route with its references resolved; what is wrong with them is said, and costs only their own share.

    Source: Gateway API v1, HTTPBackendRef: an invalid reference answers 500 for its share of the requests.
    """
    rules, unresolved = [], []
    for rule in route.rules:
        targets = []
        for ref in rule.backends:
            problem = _problem(route, ref, service_of)
            if problem is not None:
                unresolved.append(problem)
            if ref.weight > 0 and not rule.dropped:
                cluster = cluster_name(ref.service, ref.port)
                targets.append(Target(cluster=cluster, weight=ref.weight, found=problem is None))
        rules.append(ResolvedRule(matches=rule.matches, targets=tuple(targets), dropped=rule.dropped))
    return ResolvedRoute(
        key=route.key,
        created=route.created,
        parents=route.parents,
        hostnames=route.hostnames,
        rules=tuple(rules),
        dropped_hostnames=route.dropped_hostnames,
        other_parents=route.other_parents,
        unresolved=tuple(message for _, message in unresolved),
        unresolved_reasons=tuple(reason for reason, _ in unresolved),
    )


def _problem(
    route: HTTPRoute, ref: BackendRef, service_of: Callable[[ObjectKey], Service | None]
) -> tuple[str, str] | None:
    return next(_problems(route, ref, service_of), None)


def _problems(
    route: HTTPRoute, ref: BackendRef, service_of: Callable[[ObjectKey], Service | None]
) -> Iterator[tuple[str, str]]:
    """(the Gateway API's reason, message)."""
    if ref.kind != "Service":
        yield "InvalidKind", f"backendRef {ref.service!r} is of kind {ref.kind!r}: only Services are supported"
    if ref.service.partition("/")[0] != route.key.partition("/")[0]:
        yield (
            "RefNotPermitted",
            f"backendRef {ref.service!r} is in another namespace: ReferenceGrant is not supported yet",
        )
    service = service_of(ref.service)
    if service is None:
        yield "BackendNotFound", f"backendRef {ref.service!r}: there is no such Service: create it, or mend the name"
    elif service.external:
        yield (
            "BackendNotFound",
            f"backendRef {ref.service!r}: Services of type ExternalName are not supported: name a Service with endpoints",
        )
    elif (port := next((port for port in service.ports if port.port == ref.port), None)) is None:
        has = ", ".join(str(port.port) for port in service.ports) or "none"
        yield "BackendNotFound", f"backendRef {ref.service!r}: the Service has no TCP port {ref.port} (it has {has})"
    elif port.app_protocol.lower() in _NOT_SPOKEN:
        yield (
            "UnsupportedProtocol",
            f"backendRef {ref.service!r}: port {ref.port} has appProtocol {port.app_protocol!r}: TLS to a backend is not supported, use plain HTTP",
        )
