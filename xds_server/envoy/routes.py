"""envoy.config.route.v3: a virtual host per domain, a route configuration per port."""

from collections.abc import Iterable, Sequence

from xds_server.envoy.protobuf import field_bytes, field_string, field_varint
from xds_server.model.objects import Match
from xds_server.model.routing import DomainKey, Entry, Port, Target, VirtualHost
from xds_server.snapshot.resource import Resource, resource

_NO_TIMEOUT = field_bytes(8, b"")  # RouteAction.timeout 0s: Envoy's default would be 15 s
_ANSWER_500 = field_bytes(7, field_varint(1, 500))  # Route.direct_response
_NOT_FOUND_IS_500 = field_varint(20, 2)  # RouteAction.cluster_not_found_response_code: INTERNAL_SERVER_ERROR
_IGNORE_PORT = field_varint(14, 1)  # RouteConfiguration.ignore_port_in_host_matching


def virtual_host(domain: DomainKey, entries: Iterable[Entry]) -> VirtualHost:
    """The virtual host of a domain, encoded with its field's head."""
    gateway, port, _, host = domain
    name = host or "*"
    routes = b"".join(field_bytes(3, _route(entry)) for entry in entries)
    body = field_bytes(2, field_string(1, name) + field_string(2, name) + routes)
    return VirtualHost(port=(gateway, port), domain=host, body=body)


def route_configuration(port: Port, virtual_hosts: Iterable[VirtualHost]) -> Resource:
    """The route configuration of a port: its virtual hosts, joined."""
    ordered = sorted(virtual_hosts, key=lambda one: one.domain)  # equal contents, equal bytes
    joined = b"".join([one.body for one in ordered])
    return resource(port.name, field_string(1, port.name) + joined + _IGNORE_PORT)


def _route(entry: Entry) -> bytes:
    match = field_bytes(1, _match(entry.match))
    if not any(target.found for target in entry.targets):
        return match + _ANSWER_500
    return match + field_bytes(2, _action(entry.targets))


def _match(match: Match) -> bytes:
    if match.path_type == "Exact":
        path = field_string(2, match.path)
    elif prefix := match.path.rstrip("/"):
        path = field_string(14, prefix)  # path_separated_prefix: /a matches /a and /a/b, not /ab
    else:
        path = field_string(1, "/")
    headers = match.headers if not match.method else ((":method", match.method), *match.headers)
    return path + b"".join(field_bytes(6, _header(name, value)) for name, value in headers)


def _header(name: str, value: str) -> bytes:
    return field_string(1, name) + field_bytes(13, field_string(1, value))


def _action(targets: Sequence[Target]) -> bytes:
    """Where the requests go: a cluster, or clusters by weight, of which those that are not there answer 500."""
    if len(targets) == 1:
        return field_string(1, targets[0].cluster) + _NO_TIMEOUT
    shares = b"".join(
        field_bytes(
            1,
            field_string(1, target.cluster if target.found else f"not-found|{target.cluster}") + _weight(target.weight),
        )
        for target in targets
    )
    return field_bytes(3, shares) + _NOT_FOUND_IS_500 + _NO_TIMEOUT


def _weight(weight: int) -> bytes:
    return field_bytes(2, field_varint(1, weight))
