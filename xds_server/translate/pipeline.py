"""The whole derivation on one page: objects -> routing values -> resources. Start reading here.

This module wires. The modules of `translate` and `envoy` say what each step computes; `krt` keeps every step up to date.
Each line names inputs, then after `+` what the step reads besides, and the collections that it makes. A test compares
these lines with the graph.

    Services and their endpoints
        services ─> clusters
        services + endpointslices ─> load_assignments

    Gateways and their ports
        gateways ─> our_gateways
        our_gateways ─> ports
        ports ─> listeners, owned_domains

    Routes: resolve references, attach to domains of ports
        httproutes + services ─> resolved_routes
        resolved_routes + our_gateways, ports ─> placed_routes
        placed_routes ─> attachments, route_lines
        attachments ─> routes_by_domain, buckets
        routes_by_domain ─> routed_domains
        routed_domains, owned_domains ─> domains

    Route budget
        buckets + route_lines ─> bucket_sums
        our_gateways + bucket_sums, domains, owned_domains, routes_by_domain, route_lines ─> over_budget
        placed_routes + over_budget ─> attached_routes

    Route configurations
        routes_by_domain + over_budget, route_lines, resolved_routes ─> blocks
        domains + blocks, owned_domains ─> virtual_hosts
        ports + virtual_hosts ─> route_configurations

    What Gateways refer to, if the server reads it; the provider writes `fetched`
        our_gateways ─> references
        references + secrets, configmaps ─> wanted_contents
        references + secrets, configmaps, fetched ─> contents

    Statuses, if the server writes them
        our_gateways + attached_routes ─> gateway_statuses
        httproutes + attached_routes ─> route_statuses

    Problems between objects
        gateways ─> gateway_problems
        attached_routes + gateways ─> route_problems

The collections up to `route_configurations` lead to what is served, so readiness waits for them. It does not wait for the
three groups after them.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from krt import Collection, Context, Graph, Source
from xds_server.envoy.clusters import clusters
from xds_server.envoy.endpoints import Assignments
from xds_server.envoy.listeners import listener
from xds_server.model.edge import Edge, Families
from xds_server.model.objects import EndpointSlice, Gateway, HTTPRoute, ObjectKey, Service
from xds_server.model.references import References
from xds_server.model.resource import Resource
from xds_server.model.route_budget import Budget
from xds_server.model.routing import Attached, PortKey, ResolvedRoute
from xds_server.translate.gatewayapi.attachment import attached, without
from xds_server.translate.gatewayapi.backends import resolved
from xds_server.translate.gatewayapi.listeners import ports
from xds_server.translate.problems import Problems, derive_problems
from xds_server.translate.references import derive_references
from xds_server.translate.route_tables import (
    OverBudgetRoutes,
    derive_route_configurations,
    find_over_budget,
    place_routes,
)
from xds_server.translate.statuses import Statuses, derive_statuses


@dataclass(frozen=True, slots=True)
class Pipeline:
    """The ends of the graph: the sources that objects enter, and the collections that other rooms read."""

    sources: Mapping[str, Source[ObjectKey, Any]]
    """By plural kind."""
    roles: Collection[ObjectKey, Gateway]
    """The Gateways of our class."""
    clusters: Collection[str, Resource]
    load_assignments: Collection[str, Resource]
    listeners: Collection[PortKey, Resource]
    route_configurations: Collection[PortKey, Resource]
    attached_routes: Collection[ObjectKey, Attached]
    """Not served: it shows why a route has no effect."""
    over_budget: OverBudgetRoutes
    """Routes that are left out because of their size."""
    derived: tuple[Collection[Any, Any], ...]
    """Every collection on the way to what is served. Readiness waits for each of them."""
    problems: Problems
    references: References | None
    """None if the server does not read what Gateways refer to."""
    statuses: Statuses | None
    """None if the server does not write statuses."""


def build_pipeline(
    graph: Graph,
    gateway_class: str,
    *,
    edge: Edge = Edge(),  # noqa: B008 - immutable
    families: Families = "dual",
    route_budget: Budget = Budget(),  # noqa: B008 - immutable
    shared: bool = False,
    referenced_kinds: Iterable[str] = (),
    with_statuses: bool = False,
) -> Pipeline:
    """Builds the derivation in *graph*, which must be empty. It serves the Gateways of class *gateway_class*.

    *shared*: whether other controllers may read the same objects, as on an API server. Then a Gateway of another class is
    not a problem. *referenced_kinds*: plural names of the kinds that Gateways refer to and the server reads.
    """
    gateways: Source[ObjectKey, Gateway] = graph.source("gateways")
    httproutes: Source[ObjectKey, HTTPRoute] = graph.source("httproutes")
    services: Source[ObjectKey, Service] = graph.source("services")
    endpointslices: Source[ObjectKey, EndpointSlice] = graph.source("endpointslices")
    slices_of = endpointslices.index(lambda endpoint_slice: (endpoint_slice.service,), name="service")

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

    # Routes
    def resolve(ctx: Context, route: HTTPRoute) -> ResolvedRoute:
        return resolved(route, lambda key: ctx.get(services, key))

    def place(ctx: Context, route: ResolvedRoute) -> Attached:
        return attached(
            route, lambda key: ctx.lookup(ports_of, key) if ctx.get(our_gateways, key, select=bool) else None
        )

    def leave_out_over_budget(ctx: Context, placed: Attached) -> Attached:
        port_keys = dict.fromkeys(domain[:2] for domain in placed.domains)
        found = [ctx.get(over_budget, (*port, placed.route.key)) for port in port_keys]
        left_out = [over for over in found if over is not None]
        return without(placed, left_out) if left_out else placed

    resolved_routes = httproutes.map(resolve, name="resolved_routes")
    placed_routes = resolved_routes.map(place, name="placed_routes")
    owned = our_ports.flat_map(lambda _, port: {domain: domain for domain in port.own_domains}, name="owned_domains")
    places = place_routes(graph, placed_routes, owned)
    over_budget = find_over_budget(our_gateways, owned, places, route_budget)
    attached_routes = placed_routes.map(leave_out_over_budget, name="attached_routes")
    route_configurations = derive_route_configurations(our_ports, owned, resolved_routes, places, over_budget)

    # Everything so far leads to what is served. Nothing that is served depends on what follows.
    sources = {source.name: source for source in (gateways, httproutes, services, endpointslices)}
    derived = tuple(collection for name, collection in graph.collections.items() if name not in sources)
    kinds = tuple(referenced_kinds)
    return Pipeline(
        sources=sources,
        roles=our_gateways,
        clusters=all_clusters,
        load_assignments=load_assignments,
        listeners=listeners,
        route_configurations=route_configurations,
        attached_routes=attached_routes,
        over_budget=over_budget,
        derived=derived,
        problems=derive_problems(gateways, attached_routes, gateway_class=gateway_class, shared=shared),
        references=derive_references(graph, our_gateways, kinds) if kinds else None,
        statuses=derive_statuses(our_gateways, httproutes, attached_routes) if with_statuses else None,
    )
