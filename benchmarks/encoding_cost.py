"""Encode: what a resource costs, as we write it, as protobuf's own runtime does, and as envoy-data-plane does.

    python -m benchmarks encode [--seconds 0.3]

Microseconds, the best of as many runs as fit the time. From values to bytes: `ours`, digest included; `upb`,
which sets attribute by attribute and serialises, on classes made of the library's metadata; `library`, which builds
pydantic dataclasses and calls `bytes(model)`. From a model to bytes: `bytes(model)`, and `compiled`, by encoders that
are made on demand (`xds_server.envoy.generate.models`). All are checked to say the same first.
"""

import argparse
import time
from collections.abc import Callable
from functools import cache, partial
from typing import Any, NamedTuple

from xds_server.envoy.clusters import clusters
from xds_server.envoy.endpoints import assignments
from xds_server.envoy.generate.descriptors import runtime_classes
from xds_server.envoy.generate.models import encode
from xds_server.envoy.generate.table import RESOURCES, model
from xds_server.envoy.listeners import listener
from xds_server.envoy.routes import encoded, route_configuration, virtual_host
from xds_server.model.objects import EndpointSlice, Match, Service, ServicePort
from xds_server.model.routing import Block, Entry, Port, Target
from xds_server.translate.gatewayapi.precedence import in_order

NAME = "shop/cart:80"
SERVICE = Service(key="shop/cart", ports=(ServicePort(name="http", port=80),))
PORT = Port(gateway="shop/edge", number=8080, listeners=())
FILTERS = "envoy.extensions.filters"
HCM = f"{FILTERS}.network.http_connection_manager.v3.HttpConnectionManager"
ROUTER = f"{FILTERS}.http.router.v3.Router"
NAMES = {name.rpartition(".")[2]: name for name in (*RESOURCES, HCM, ROUTER)}


class Case(NamedTuple):
    """A resource, in two ways."""

    title: str
    type: str
    ours: Callable[[], bytes]
    upb: Callable[[], Any]


@cache
def library(short: str) -> Any:
    """The library's class. Found when it is asked for: others measure without it."""
    return model(NAMES[short])


@cache
def upb(short: str) -> Any:
    """The runtime's class."""
    return runtime_classes([library(short)])[library(short)]


def upb_cluster() -> Any:
    cluster = upb("Cluster")()
    cluster.name = NAME
    cluster.type = 3
    eds = cluster.eds_cluster_config
    eds.eds_config.ads.SetInParent()
    eds.eds_config.resource_api_version = 2
    eds.service_name = NAME
    cluster.connect_timeout.seconds = 5
    cluster.per_connection_buffer_limit_bytes.value = 32 << 10
    limits = cluster.circuit_breakers.thresholds.add()
    for limit in (limits.max_connections, limits.max_pending_requests, limits.max_requests, limits.max_retries):
        limit.value = 0xFFFFFFFF
    return cluster


def upb_assignment(addresses: list[str]) -> Any:
    assignment = upb("ClusterLoadAssignment")()
    assignment.cluster_name = NAME
    locality = assignment.endpoints.add()
    locality.locality.SetInParent()
    locality.load_balancing_weight.value = 1
    add = locality.lb_endpoints.add
    for address in addresses:
        socket_address = add().endpoint.address.socket_address
        socket_address.address = address
        socket_address.port_value = 8080
    return assignment


def upb_routes(hosts: list[tuple[str, str]]) -> Any:
    configuration = upb("RouteConfiguration")()
    configuration.name = PORT.name
    configuration.ignore_port_in_host_matching = True
    for name, cluster in hosts:
        host = configuration.virtual_hosts.add()
        host.name = name
        host.domains.append(name)
        route = host.routes.add()
        route.match.prefix = "/"
        route.route.cluster = cluster
        route.route.timeout.SetInParent()
    return configuration


def upb_listener() -> Any:
    manager = upb("HttpConnectionManager")()
    manager.stat_prefix = manager.rds.route_config_name = PORT.name
    source = manager.rds.config_source
    source.ads.SetInParent()
    source.initial_fetch_timeout.SetInParent()
    source.resource_api_version = 2
    http_filter = manager.http_filters.add()
    http_filter.name = "envoy.filters.http.router"
    http_filter.typed_config.type_url = f"type.googleapis.com/{ROUTER}"
    http_filter.typed_config.value = upb("Router")().SerializeToString()
    manager.server_header_transformation = 2
    manager.use_remote_address.value = manager.normalize_path.value = True
    manager.merge_slashes = manager.strip_trailing_host_dot = True
    manager.path_with_escaped_slashes_action = 3
    manager.common_http_protocol_options.idle_timeout.seconds = 3600
    manager.common_http_protocol_options.headers_with_underscores_action = 1
    manager.http2_protocol_options.max_concurrent_streams.value = 100
    manager.http2_protocol_options.initial_stream_window_size.value = 64 << 10
    manager.http2_protocol_options.initial_connection_window_size.value = 1 << 20
    manager.stream_idle_timeout.seconds = 300
    manager.request_headers_timeout.seconds = 10
    manager.upgrade_configs.add().upgrade_type = "websocket"
    made = upb("Listener")()
    made.name = PORT.name
    made.address.socket_address.address = "::"
    made.address.socket_address.ipv4_compat = True
    made.per_connection_buffer_limit_bytes.value = 32 << 10
    made.address.socket_address.port_value = PORT.number
    network_filter = made.filter_chains.add().filters.add()
    network_filter.name = "envoy.filters.network.http_connection_manager"
    network_filter.typed_config.type_url = f"type.googleapis.com/{HCM}"
    network_filter.typed_config.value = manager.SerializeToString()
    return made


def our_assignment(slices: list[EndpointSlice]) -> bytes:
    return assignments(SERVICE, slices)[NAME].body


def our_routes(hosts: list[tuple[str, str]]) -> bytes:
    made = []
    for name, cluster in hosts:
        entry = Entry(Match(), (Target(cluster=cluster, weight=1, found=True),))
        block = Block(body=b"".join(in_order([encoded([((), entry)])])))
        made.append(virtual_host((PORT.gateway, PORT.number, "", name), [block]))
    return route_configuration(PORT, made).body


def cases() -> list[Case]:
    made = [Case("cluster", "Cluster", lambda: clusters(SERVICE)[NAME].body, upb_cluster)]
    for count in (10, 100, 1000):
        addresses = [f"10.{number >> 8}.{number & 255}.1" for number in range(count)]
        slices = [
            EndpointSlice(
                key=f"shop/cart-{at:04}",
                service="shop/cart",
                ports=(("http", 8080),),
                ready=tuple(addresses[at : at + 100]),
            )
            for at in range(0, count, 100)
        ]
        title = f"load assignment, {count} endpoints"
        ours, runtime = partial(our_assignment, slices), partial(upb_assignment, addresses)
        made.append(Case(title, "ClusterLoadAssignment", ours, runtime))
    for count in (1, 50, 500):
        hosts = [(f"host-{number:04}.example.com", f"shop/service-{number:04}:80") for number in range(count)]
        title = f"route configuration, {count} hosts"
        made.append(Case(title, "RouteConfiguration", partial(our_routes, hosts), partial(upb_routes, hosts)))
    return [*made, Case("listener", "Listener", lambda: listener(PORT).body, upb_listener)]


def built(one: Any) -> Any:
    """The same model, by its constructor and those of what it holds."""
    if isinstance(one, list):
        return [built(item) for item in one]
    if not hasattr(one, "_betterproto"):
        return one
    return type(one)(
        **{name: built(value) for name, value in vars(one).items() if value is not None and name[0] != "_"}
    )


def expanded(message: Any) -> Any:
    """A listener with its packed message serialised anew, since fields may come in any order; another as it is."""
    for chain in getattr(message, "filter_chains", ()):
        for one in chain.filters:
            manager = upb("HttpConnectionManager").FromString(one.typed_config.value)
            one.typed_config.value = manager.SerializeToString(deterministic=True)
    return message


def best(function: Callable[[], object], seconds: float) -> float:
    """The least time of one run, in microseconds."""
    least, end = float("inf"), time.perf_counter() + seconds
    while True:
        begin = time.perf_counter()
        function()
        now = time.perf_counter()
        least = min(least, now - begin)
        if now > end:
            return least * 1e6


def measured(case: Case, seconds: float) -> tuple[float, ...]:
    """Ours, upb, library from values; library and compiled from a model."""
    body = case.ours()
    one = library(case.type).parse(body)
    if not body == bytes(one) == encode(one) == bytes(built(one)):
        raise SystemExit(f"{case.title}: our bytes are not the library's")
    if expanded(upb(case.type).FromString(body)) != expanded(case.upb()):
        raise SystemExit(f"{case.title}: our bytes do not say what the runtime's message says")
    functions = (
        case.ours,
        lambda: case.upb().SerializeToString(),
        lambda: bytes(built(one)),
        lambda: bytes(one),
        lambda: encode(one),
    )
    return tuple(best(function, seconds) for function in functions)


def main(arguments: list[str]) -> None:
    """The command."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks encode")
    parser.add_argument("--seconds", type=float, default=0.3)
    chosen = parser.parse_args(arguments)
    print(f"{'':31}{'from values':^44}{'from a model':^37}")
    print(f"{'microseconds':31}{'ours':>9}{'upb':>9}{'/upb':>8}{'library':>12}{'/ours':>6}", end="")
    print(f"{'bytes()':>12}{'compiled':>10}{'ratio':>8}")
    for case in cases():
        ours, runtime, built_anew, plain, compiled = measured(case, chosen.seconds)
        print(
            f"{case.title:31}{ours:9.1f}{runtime:9.1f}{ours / runtime:8.2f}{built_anew:12.0f}{built_anew / ours:6.0f}",
            end="",
        )
        print(f"{plain:12.0f}{compiled:10.1f}{plain / compiled:8.0f}")
