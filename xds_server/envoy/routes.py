"""envoy.config.route.v3: a virtual host per domain, a route configuration per port.

A virtual host has the routes of its own domain, and then those of all wider domains, since Envoy looks into one virtual
host only. What is shared is encoded once, and joined.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import timedelta
from functools import lru_cache
from typing import Final

from xds_server.envoy.encoders import envoy_config_route_v3 as route
from xds_server.envoy.encoders import envoy_type_matcher_v3 as matcher
from xds_server.envoy.wire.reader import field_at
from xds_server.envoy.wire.template import Frame
from xds_server.envoy.wire.writer import LENGTH_DELIMITED, tag, varint
from xds_server.model.objects import Match
from xds_server.model.resource import Resource, resource
from xds_server.model.routing import Block, DomainKey, Entry, Port, Rank, RouteLines, Target, VirtualHost

_VIRTUAL_HOSTS: Final = tag(2, LENGTH_DELIMITED)  # RouteConfiguration.virtual_hosts
_NO_TIMEOUT: Final = timedelta()  # Envoy's default would be 15 s
_ANSWER_500 = route.route(direct_response=route.direct_response_action(status=500))
_CLOSED: Final = Block(
    body=route.virtual_host(routes=[route.Route(route.route(match=route.route_match(prefix="/")) + _ANSWER_500)])
)
_HOST = Frame(lambda name: route.virtual_host(name=name, domains=[name]))
_TO_CLUSTER = Frame(lambda name: route.route(route=route.route_action(cluster=name, timeout=_NO_TIMEOUT)))


def route_lines(route_key: str, created: str, ranked: Iterable[tuple[Rank, Entry]]) -> RouteLines:
    """The entries of a route, each encoded as the field of a virtual host."""
    lines = encoded(ranked)
    return RouteLines(key=route_key, created=created, lines=lines, size=sum(len(line) for _, line in lines))


def encoded(ranked: Iterable[tuple[Rank, Entry]]) -> tuple[tuple[Rank, bytes], ...]:
    """The same entries, each encoded as the field of a virtual host."""
    return tuple([(rank, route.virtual_host(routes=[encoded_route(entry)])) for rank, entry in ranked])


def virtual_host(domain: DomainKey, blocks: Iterable[Block]) -> VirtualHost:
    """The virtual host of a domain, encoded as the field of a route configuration: its own block, and those of wider ones."""
    gateway, port, _, host = domain
    bodies = [block.body for block in blocks]
    head = _HOST.around(host or "*")
    size = len(head) + sum(map(len, bodies))
    # Fields that are encoded one by one are the message when joined, in the order of its encoder.
    return VirtualHost(
        port=(gateway, port), domain=host, pieces=(b"".join((_VIRTUAL_HOSTS, varint(size), head)), *bodies)
    )


def closed_host(domain: DomainKey) -> VirtualHost:
    """A virtual host that answers 500 to all: that of a domain whose routes are all left out."""
    return virtual_host(domain, (_CLOSED,))


def route_configuration(port: Port, virtual_hosts: Iterable[VirtualHost]) -> Resource:
    """The route configuration of a port: its virtual hosts, joined."""
    ordered = sorted(virtual_hosts, key=lambda one: one.domain)  # equal contents, equal bytes
    head = route.route_configuration(name=port.name)
    tail = route.route_configuration(ignore_port_in_host_matching=True)
    return resource(port.name, b"".join([head, *[piece for one in ordered for piece in one.pieces], tail]))


def encoded_routes(body: bytes) -> frozenset[bytes]:
    """The routes of all virtual hosts of an encoded route configuration, each as `encoded_route` writes it."""
    hosts = _messages(body, 0, len(body), 2)  # RouteConfiguration.virtual_hosts
    return frozenset(body[at:end] for host in hosts for at, end in _messages(body, *host, 3))  # VirtualHost.routes


def _messages(body: bytes, at: int, end: int, number: int) -> Iterator[tuple[int, int]]:
    """Where the messages of a field of that number begin and end."""
    while at < end:
        key, begin, at = field_at(body, at, end)
        if key >> 3 == number:
            yield begin, at


def encoded_route(entry: Entry) -> route.Route:
    """The route of one entry, as it stands in a virtual host."""
    # Fields that are encoded one by one are the message when joined, in the order of its encoder.
    found = any(target.found for target in entry.targets)
    return route.Route(_match(entry.match) + (_action(entry.targets) if found else _ANSWER_500))


@lru_cache(maxsize=4096)
def _match(match: Match) -> route.Route:
    """A route that has its match only. Most hosts have the same few."""
    named = match.headers if not match.method else ((":method", match.method), *match.headers)
    headers = [_header(name, value) for name, value in named]
    query = [_parameter(name, value) for name, value in match.query]
    if match.path_type == "Exact":
        matched = route.route_match(path=match.path, headers=headers, query_parameters=query)
    elif match.path_type == "RegularExpression":
        regex = matcher.regex_matcher(regex=match.path)
        matched = route.route_match(safe_regex=regex, headers=headers, query_parameters=query)
    elif match.path_type == "StringPrefix":
        matched = route.route_match(prefix=match.path, headers=headers, query_parameters=query)
    elif prefix := match.path.rstrip("/"):
        # /a matches /a and /a/b, not /ab
        matched = route.route_match(path_separated_prefix=prefix, headers=headers, query_parameters=query)
    else:
        matched = route.route_match(prefix="/", headers=headers, query_parameters=query)
    return route.route(match=matched)


def _header(name: str, value: str | None) -> route.HeaderMatcher:
    if value is None:
        return route.header_matcher(name=name, present_match=True)
    return route.header_matcher(name=name, string_match=matcher.string_matcher(exact=value))


def _parameter(name: str, value: str | None) -> route.QueryParameterMatcher:
    if value is None:
        return route.query_parameter_matcher(name=name, present_match=True)
    return route.query_parameter_matcher(name=name, string_match=matcher.string_matcher(exact=value))


def _action(targets: Sequence[Target]) -> bytes:
    """A route that has its action only: a cluster, or clusters by weight, of which those that are not there answer 500."""
    if len(targets) == 1:
        return _TO_CLUSTER.around(targets[0].cluster)
    shares = [
        route.weighted_cluster_cluster_weight(
            name=target.cluster if target.found else f"not-found|{target.cluster}", weight=target.weight
        )
        for target in targets
    ]
    action = route.route_action(
        weighted_clusters=route.weighted_cluster(clusters=shares),
        cluster_not_found_response_code="INTERNAL_SERVER_ERROR",
        timeout=_NO_TIMEOUT,
    )
    return route.route(route=action)
