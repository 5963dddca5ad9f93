"""The whole way of the data, on one page: objects -> routing values -> resources.

Pure wiring: what each step does is in `translate` and `envoy`, how it is kept up to date is in `krt`.

    gateways ─> our_gateways ─> ports ─────────────────────────────> listeners
                                  │ └───────────────────────────┐
    httproutes ─> resolved ─> placed ─> lines ─> blocks ─> virtual_hosts ─> route_configurations
                     │          └─> weights ─> over_budget ┘
    services ────────┴──────────────────────────────────────────────> clusters
        └────┐
    endpointslices ─────────────────────────────────────────────────> load_assignments
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from krt import Collection, Context, Graph, Source
from xds_server.envoy.clusters import clusters
from xds_server.envoy.endpoints import Assignments
from xds_server.envoy.listeners import listener
from xds_server.envoy.routes import closed_host, encoded, route_configuration, route_lines, virtual_host
from xds_server.model.edge import Edge, Families
from xds_server.model.objects import EndpointSlice, Gateway, HTTPRoute, ObjectKey, Service
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
from xds_server.translate.gatewayapi.attachment import attached, without
from xds_server.translate.gatewayapi.backends import resolved
from xds_server.translate.gatewayapi.hostnames import wider
from xds_server.translate.gatewayapi.listeners import ports
from xds_server.translate.gatewayapi.precedence import errors, in_order, ranked

_Domains = Collection[DomainKey, DomainKey]
_OverBudget = Collection[tuple[ObjectKey, int, ObjectKey], OverBudget]
"""By gateway, port and route."""


@dataclass(frozen=True, slots=True)
class Pipeline:
    """The ends of the graph: where objects enter, and what is served."""

    sources: Mapping[str, Source[ObjectKey, Any]]
    """By plural kind."""
    roles: Collection[ObjectKey, Gateway]
    clusters: Collection[str, Resource]
    load_assignments: Collection[str, Resource]
    listeners: Collection[PortKey, Resource]
    route_configurations: Collection[PortKey, Resource]
    attached_routes: Collection[ObjectKey, Attached]
    """Not served: for those who ask why a route has no effect."""
    over_budget: _OverBudget
    """Routes that are left out for their size."""
    derived: tuple[Collection[Any, Any], ...]
    """All collections that are derived on the way to what is served: readiness waits for each."""


def build(
    graph: Graph,
    gateway_class: str,
    *,
    edge: Edge = Edge(),  # noqa: B008 - immutable
    families: Families = "dual",
    route_budget: Budget = Budget(),  # noqa: B008 - immutable
) -> Pipeline:
    """Derives, in *graph*, everything that is served from four sources. *gateway_class*: whose Gateways are ours."""
    before = frozenset(graph.collections)
    gateways: Source[ObjectKey, Gateway] = graph.source("gateways")
    httproutes: Source[ObjectKey, HTTPRoute] = graph.source("httproutes")
    services: Source[ObjectKey, Service] = graph.source("services")
    endpointslices: Source[ObjectKey, EndpointSlice] = graph.source("endpointslices")
    slices_of = endpointslices.index(lambda one: (one.service,), name="service")

    # Services and their endpoints
    all_clusters = services.flat_map(lambda _, service: clusters(service), name="clusters")

    assignments = Assignments(families)

    def load_assignments_of(ctx: Context, service: Service) -> Mapping[str, Resource]:
        return assignments(service, ctx.lookup(slices_of, service.key))

    load_assignments = services.flat_map(load_assignments_of, name="load_assignments")

    # Gateways and their ports
    def ours(_: Context, gateway: Gateway) -> Gateway | None:
        return gateway if gateway.class_name == gateway_class else None

    our_gateways = gateways.map(ours, name="our_gateways")
    our_ports = our_gateways.flat_map(lambda _, gateway: ports(gateway), name="ports")
    ports_of = our_ports.index(lambda port: (port.gateway,), name="gateway")
    listeners = our_ports.map(lambda _, port: listener(port, edge, families), name="listeners")

    # Routes: references resolved, then attached to domains of ports
    def resolved_route(ctx: Context, route: HTTPRoute) -> ResolvedRoute:
        return resolved(route, lambda key: ctx.get(services, key))

    def placed_route(ctx: Context, route: ResolvedRoute) -> Attached:
        return attached(
            route, lambda key: ctx.lookup(ports_of, key) if ctx.get(our_gateways, key, select=bool) else None
        )

    def within_budget(ctx: Context, one: Attached) -> Attached:
        ports = dict.fromkeys(domain[:2] for domain in one.domains)
        left_out = [found for port in ports if (found := ctx.get(over_budget, (*port, one.route.key))) is not None]
        return without(one, left_out) if left_out else one

    resolved_routes = httproutes.map(resolved_route, name="resolved_routes")
    placed_routes = resolved_routes.map(placed_route, name="placed_routes")
    owned = our_ports.flat_map(lambda _, port: {domain: domain for domain in port.own_domains}, name="owned_domains")
    places = _places(graph, placed_routes, owned)
    over_budget = _over_budget(our_gateways, owned, places, route_budget)
    attached_routes = placed_routes.map(within_budget, name="attached_routes")

    route_configurations = _route_configurations(our_ports, owned, resolved_routes, places, over_budget)
    sources = {source.name: source for source in (gateways, httproutes, services, endpointslices)}
    added = (collection for name, collection in graph.collections.items() if name not in before)
    return Pipeline(
        sources=sources,
        roles=our_gateways,
        clusters=all_clusters,
        load_assignments=load_assignments,
        listeners=listeners,
        route_configurations=route_configurations,
        attached_routes=attached_routes,
        over_budget=over_budget,
        derived=tuple(collection for collection in added if collection.name not in sources),
    )


@dataclass(frozen=True, slots=True)
class _Places:
    """Which routes are at which domains."""

    lines: Collection[ObjectKey, RouteLines]
    attachments: Collection[tuple[DomainKey, ObjectKey], Attachment]
    by_domain: Collection[DomainKey, tuple[Attachment, ...]]
    domains: Collection[DomainKey, DomainKey]
    """Those of routes, and those that a listener owns though no route is there: they answer 404."""


def _places(graph: Graph, placed_routes: Collection[ObjectKey, Attached], owned: _Domains) -> _Places:
    def attachments_of(_: Context, one: Attached) -> Mapping[tuple[DomainKey, ObjectKey], Attachment]:
        return {(domain, one.route.key): Attachment(domain=domain, route=one.route.key) for domain in one.domains}

    def lines_of(_: Context, one: Attached) -> RouteLines | None:
        return route_lines(one.route.key, one.route.created, ranked(one.route)) if one.domains else None

    attachments = placed_routes.flat_map(attachments_of, name="attachments")
    by_domain = attachments.index(lambda one: (one.domain,), name="domain").group(name="routes_by_domain")
    routed = by_domain.map(lambda _, those: those[0].domain, name="routed_domains")
    return _Places(
        lines=placed_routes.map(lines_of, name="route_lines"),
        attachments=attachments,
        by_domain=by_domain,
        domains=graph.merge(routed, owned, name="domains"),
    )


def _over_budget(
    our_gateways: Collection[ObjectKey, Gateway], owned: _Domains, places: _Places, route_budget: Budget
) -> _OverBudget:
    """What is left out, so that no author of a route grows the others' configuration without bound."""

    def sum_of(ctx: Context, those: tuple[Attachment, ...]) -> budget.Sum:
        return budget.summed((one.domain, ctx.get(places.lines, one.route)) for one in those)

    def of(ctx: Context, gateway: Gateway) -> Mapping[tuple[ObjectKey, int, ObjectKey], OverBudget]:
        if budget.fits(ctx.lookup(sums_of, gateway.key), len(gateway.listeners), route_budget):
            return {}
        domains = [domain for domain in ctx.fetch(places.domains) if domain[0] == gateway.key]
        own = [domain for domain in domains if ctx.get(owned, domain) is not None]
        those = [one for domain in domains for one in ctx.get(places.by_domain, domain) or ()]
        left_out = budget.over_budget(gateway.key, own, those, lambda key: ctx.get(places.lines, key), route_budget)
        return {(one.gateway, one.port, one.route): one for one in left_out}

    by_bucket = places.attachments.index(lambda one: (budget.bucket(one.domain),), name="bucket").group(name="buckets")
    sums_of = by_bucket.map(sum_of, name="bucket_sums").index(lambda one: (one.gateway,), name="gateway")
    return our_gateways.flat_map(of, name="over_budget")


def _route_configurations(
    our_ports: Collection[PortKey, Port],
    owned: _Domains,
    resolved_routes: Collection[ObjectKey, ResolvedRoute],
    places: _Places,
    over_budget: _OverBudget,
) -> Collection[PortKey, Resource]:
    """Virtual hosts have the entries of a domain, and then those of all wider ones, which are encoded once and shared."""

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
