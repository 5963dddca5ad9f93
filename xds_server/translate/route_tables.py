"""The part of the pipeline that leads from attached routes to route configurations: domains, budget, blocks, virtual hosts."""

from collections.abc import Mapping
from dataclasses import dataclass

from krt import Collection, Context, Graph
from xds_server.envoy.routes import closed_host, encoded, route_configuration, route_lines, virtual_host
from xds_server.model.objects import Gateway, ObjectKey
from xds_server.model.resource import Resource
from xds_server.model.route_budget import Budget
from xds_server.model.routing import (
    Attached,
    Attachment,
    Block,
    DomainKey,
    OverBudget,
    Port,
    PortKey,
    ResolvedRoute,
    RouteLines,
    VirtualHost,
)
from xds_server.translate.gatewayapi import budget
from xds_server.translate.gatewayapi.hostnames import wider
from xds_server.translate.gatewayapi.precedence import errors, in_order, ranked

Domains = Collection[DomainKey, DomainKey]
OverBudgetRoutes = Collection[tuple[ObjectKey, int, ObjectKey], OverBudget]
"""By Gateway, port and route."""


@dataclass(frozen=True, slots=True)
class RoutePlaces:
    """The routes at each domain."""

    lines: Collection[ObjectKey, RouteLines]
    attachments: Collection[tuple[DomainKey, ObjectKey], Attachment]
    by_domain: Collection[DomainKey, tuple[Attachment, ...]]
    domains: Collection[DomainKey, DomainKey]
    """The domains of routes, and the domains that a listener owns without a route: these answer 404."""


def place_routes(graph: Graph, placed_routes: Collection[ObjectKey, Attached], owned: Domains) -> RoutePlaces:
    """Derives the entries of each route, and the routes at each domain."""

    def attachments_of(_: Context, one: Attached) -> Mapping[tuple[DomainKey, ObjectKey], Attachment]:
        return {(domain, one.route.key): Attachment(domain=domain, route=one.route.key) for domain in one.domains}

    def lines_of(_: Context, one: Attached) -> RouteLines | None:
        return route_lines(one.route.key, one.route.created, ranked(one.route)) if one.domains else None

    attachments = placed_routes.flat_map(attachments_of, name="attachments")
    by_domain = attachments.index(lambda one: (one.domain,), name="domain").group(name="routes_by_domain")
    routed = by_domain.map(lambda _, those: those[0].domain, name="routed_domains")
    return RoutePlaces(
        lines=placed_routes.map(lines_of, name="route_lines"),
        attachments=attachments,
        by_domain=by_domain,
        domains=graph.merge(routed, owned, name="domains"),
    )


def find_over_budget(
    our_gateways: Collection[ObjectKey, Gateway], owned: Domains, places: RoutePlaces, route_budget: Budget
) -> OverBudgetRoutes:
    """Derives the routes that are left out, so that the author of one route cannot make the configuration of others too large."""

    def sum_bucket(ctx: Context, those: tuple[Attachment, ...]) -> budget.Sum:
        return budget.summed((one.domain, ctx.get(places.lines, one.route)) for one in those)

    def over_budget_of(ctx: Context, gateway: Gateway) -> Mapping[tuple[ObjectKey, int, ObjectKey], OverBudget]:
        if budget.fits(ctx.lookup(sums_of, gateway.key), len(gateway.listeners), route_budget):
            return {}
        domains = [domain for domain in ctx.fetch(places.domains) if domain[0] == gateway.key]
        own = [domain for domain in domains if ctx.get(owned, domain) is not None]
        those = [one for domain in domains for one in ctx.get(places.by_domain, domain) or ()]
        left_out = budget.over_budget(gateway.key, own, those, lambda key: ctx.get(places.lines, key), route_budget)
        return {(one.gateway, one.port, one.route): one for one in left_out}

    by_bucket = places.attachments.index(lambda one: (budget.bucket(one.domain),), name="bucket").group(name="buckets")
    sums_of = by_bucket.map(sum_bucket, name="bucket_sums").index(lambda one: (one.gateway,), name="gateway")
    return our_gateways.flat_map(over_budget_of, name="over_budget")


def derive_route_configurations(
    our_ports: Collection[PortKey, Port],
    owned: Domains,
    resolved_routes: Collection[ObjectKey, ResolvedRoute],
    places: RoutePlaces,
    over_budget: OverBudgetRoutes,
) -> Collection[PortKey, Resource]:
    """Derives the route configuration of each port.

    A virtual host has the entries of its own domain, and then the entries of all wider domains. Each block of entries is
    encoded once and shared by all virtual hosts that contain it.
    """

    def block_at(ctx: Context, those: tuple[Attachment, ...]) -> Block:
        port = those[0].domain[:2]
        left_out = {one.route for one in those if ctx.get(over_budget, (*port, one.route)) is not None}
        served = [ctx.get(places.lines, one.route) for one in those if one.route not in left_out]
        found = [one.lines for one in served if one is not None]
        if left_out:
            refused = [ctx.get(resolved_routes, key) for key in sorted(left_out)]
            found.append(encoded(errors(one for one in refused if one is not None)))
        return Block(body=b"".join(in_order(found)), closed=len(left_out) == len(those))

    def virtual_host_at(ctx: Context, domain: DomainKey) -> VirtualHost:
        gateway, port, owner, host = domain
        own = ctx.get(blocks, domain)
        if own is not None and own.closed and ctx.get(owned, domain) is None:
            return closed_host(domain)
        shared = [ctx.get(blocks, (gateway, port, owner, name)) for name in wider(host)]
        return virtual_host(domain, [block for block in (own, *shared) if block is not None])

    def route_configuration_of(ctx: Context, port: Port) -> Resource:
        return route_configuration(port, ctx.lookup(hosts_of, port.key))

    blocks = places.by_domain.map(block_at, name="blocks")
    virtual_hosts = places.domains.map(virtual_host_at, name="virtual_hosts")
    hosts_of = virtual_hosts.index(lambda one: (one.port,), name="port")
    return our_ports.map(route_configuration_of, name="route_configurations")
