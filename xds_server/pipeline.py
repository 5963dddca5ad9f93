"""The whole way of the data, on one page: objects -> routing values -> resources.

Pure wiring: what each step does is in `translate` and `envoy`, how it is kept up to date is in `krt`.

    gateways ─> our_gateways ─> ports ─────────────────────────────> listeners
                                  │ └───────────────────────────┐
    httproutes ─> resolved ─> attached ─> domains ─> virtual_hosts ─> route_configurations
                     │
    services ────────┴──────────────────────────────────────────────> clusters
        └────┐
    endpointslices ─────────────────────────────────────────────────> load_assignments
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from krt import Collection, Context, Graph, Source
from xds_server.edge import Edge, Families
from xds_server.envoy.clusters import clusters
from xds_server.envoy.endpoints import Assignments
from xds_server.envoy.listeners import listener
from xds_server.envoy.routes import route_configuration, virtual_host
from xds_server.model.objects import EndpointSlice, Gateway, HTTPRoute, ObjectKey, Service
from xds_server.model.routing import Attached, Attachment, DomainKey, Port, PortKey, ResolvedRoute, VirtualHost
from xds_server.snapshot.resource import Resource
from xds_server.translate.attach import attached
from xds_server.translate.backends import resolved
from xds_server.translate.hostnames import wider
from xds_server.translate.ports import ports
from xds_server.translate.precedence import entries


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


def build(
    graph: Graph,
    gateway_class: str,
    *,
    edge: Edge = Edge(),  # noqa: B008 - immutable
    families: Families = "dual",
) -> Pipeline:
    """Derives, in *graph*, everything that is served from four sources. *gateway_class*: whose Gateways are ours."""
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

    def attached_route(ctx: Context, route: ResolvedRoute) -> Attached:
        return attached(
            route, lambda key: ctx.lookup(ports_of, key) if ctx.get(our_gateways, key, select=bool) else None
        )

    def attachments_of(_: Context, one: Attached) -> Mapping[tuple[DomainKey, ObjectKey], Attachment]:
        return {(domain, one.route.key): Attachment(domain=domain, route=one.route) for domain in one.domains}

    resolved_routes = httproutes.map(resolved_route, name="resolved_routes")
    attached_routes = resolved_routes.map(attached_route, name="attached_routes")
    attachments = attached_routes.flat_map(attachments_of, name="attachments")
    at_domain = attachments.index(lambda one: (one.domain,), name="domain")

    # Domains: those of routes, and those that a listener owns though no route is there: they answer 404
    routed = at_domain.group(name="routes_by_domain").map(lambda _, those: those[0].domain, name="routed_domains")
    owned = our_ports.flat_map(lambda _, port: {domain: domain for domain in port.own_domains}, name="owned_domains")
    domains = graph.merge(routed, owned, name="domains")

    def virtual_host_at(ctx: Context, domain: DomainKey) -> VirtualHost:
        gateway, port, owner, host = domain
        served = [one for name in (host, *wider(host)) for one in ctx.lookup(at_domain, (gateway, port, owner, name))]
        return virtual_host(domain, entries(served))

    virtual_hosts = domains.map(virtual_host_at, name="virtual_hosts")
    hosts_of = virtual_hosts.index(lambda one: (one.port,), name="port")

    def route_configuration_of(ctx: Context, port: Port) -> Resource:
        return route_configuration(port, ctx.lookup(hosts_of, port.key))

    return Pipeline(
        sources={source.name: source for source in (gateways, httproutes, services, endpointslices)},
        roles=our_gateways,
        clusters=all_clusters,
        load_assignments=load_assignments,
        listeners=listeners,
        route_configurations=our_ports.map(route_configuration_of, name="route_configurations"),
        attached_routes=attached_routes,
    )
