"""envoy.config.route.v3: a virtual host per domain, a route configuration per port."""

from collections.abc import Iterable, Sequence
from datetime import timedelta
from functools import lru_cache
from typing import Final

from xds_server.envoy.encoders import envoy_config_route_v3 as route
from xds_server.envoy.encoders import envoy_type_matcher_v3 as matcher
from xds_server.envoy.frame import Frame
from xds_server.model.objects import Match
from xds_server.model.routing import DomainKey, Entry, Port, Target, VirtualHost
from xds_server.snapshot.resource import Resource, resource

_NO_TIMEOUT: Final = timedelta()  # Envoy's default would be 15 s
_ANSWER_500 = route.route(direct_response=route.direct_response_action(status=500))
_HOST = Frame(lambda name: route.virtual_host(name=name, domains=[name]))
_TO_CLUSTER = Frame(lambda name: route.route(route=route.route_action(cluster=name, timeout=_NO_TIMEOUT)))


def virtual_host(domain: DomainKey, entries: Iterable[Entry]) -> VirtualHost:
    """The virtual host of a domain, encoded as the field of a route configuration."""
    gateway, port, _, host = domain
    routes = route.virtual_host(routes=[encoded_route(entry) for entry in entries])
    encoded = route.VirtualHost(_HOST.around(host or "*") + routes)
    return VirtualHost(port=(gateway, port), domain=host, body=route.route_configuration(virtual_hosts=[encoded]))


def route_configuration(port: Port, virtual_hosts: Iterable[VirtualHost]) -> Resource:
    """The route configuration of a port: its virtual hosts, joined."""
    ordered = sorted(virtual_hosts, key=lambda one: one.domain)  # equal contents, equal bytes
    head = route.route_configuration(name=port.name)
    tail = route.route_configuration(ignore_port_in_host_matching=True)
    return resource(port.name, b"".join([head, *[one.body for one in ordered], tail]))


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
