"""What the encoders write is what envoy-data-plane's models write, byte for byte."""

from datetime import timedelta

import pytest
from envoy_data_plane import google
from envoy_data_plane.envoy.config.cluster.v3 import (
    CircuitBreakers,
    CircuitBreakersThresholds,
    Cluster,
    ClusterDiscoveryType,
    ClusterEdsClusterConfig,
)
from envoy_data_plane.envoy.config.core.v3 import (
    Address,
    AggregatedConfigSource,
    ApiVersion,
    ConfigSource,
    HeaderValue,
    HeaderValueOption,
    Http2ProtocolOptions,
    HttpProtocolOptionsHeadersWithUnderscoresAction,
    Locality,
    SocketAddress,
)
from envoy_data_plane.envoy.config.core.v3 import HttpProtocolOptions as CommonOptions
from envoy_data_plane.envoy.config.endpoint.v3 import (
    ClusterLoadAssignment,
    Endpoint,
    LbEndpoint,
    LocalityLbEndpoints,
)
from envoy_data_plane.envoy.config.listener.v3 import Filter, FilterChain, Listener
from envoy_data_plane.envoy.config.route.v3 import (
    DirectResponseAction,
    HeaderMatcher,
    Route,
    RouteAction,
    RouteActionClusterNotFoundResponseCode,
    RouteConfiguration,
    RouteMatch,
    VirtualHost,
    WeightedCluster,
    WeightedClusterClusterWeight,
)
from envoy_data_plane.envoy.extensions.filters.http.router.v3 import Router
from envoy_data_plane.envoy.extensions.filters.network.http_connection_manager.v3 import (
    HttpConnectionManager,
    HttpConnectionManagerPathWithEscapedSlashesAction,
    HttpConnectionManagerServerHeaderTransformation,
    HttpConnectionManagerUpgradeConfig,
    HttpFilter,
    Rds,
)
from envoy_data_plane.envoy.extensions.upstreams.http.v3 import (
    HttpProtocolOptions,
    HttpProtocolOptionsExplicitHttpConfig,
)
from envoy_data_plane.envoy.type.matcher.v3 import StringMatcher

from tests.support import builders
from xds_server.envoy.clusters import clusters
from xds_server.envoy.endpoints import assignments
from xds_server.envoy.listeners import listener
from xds_server.envoy.ready_listener import MARKER, marker_listener, marker_routes
from xds_server.envoy.routes import encoded, route_configuration, virtual_host
from xds_server.model.objects import Match, Service, ServicePort
from xds_server.model.routing import Block, Entry, Port, Target

PREFIX = "type.googleapis.com/"


def any_of(name: str, message: object) -> google.protobuf.Any:
    return google.protobuf.Any(type_url=PREFIX + name, value=bytes(message))  # type: ignore[call-overload]


def ads(timeout: timedelta | None = None) -> ConfigSource:
    return ConfigSource(ads=AggregatedConfigSource(), resource_api_version=ApiVersion.V3, initial_fetch_timeout=timeout)


@pytest.mark.parametrize("app_protocol", ["", "kubernetes.io/h2c"])
def test_a_cluster_is_what_the_model_writes(app_protocol: str) -> None:
    """A Service's port becomes an EDS cluster over ADS; h2c makes it speak HTTP/2."""
    name = "shop/cart:80"
    options = HttpProtocolOptions(
        explicit_http_config=HttpProtocolOptionsExplicitHttpConfig(http2_protocol_options=Http2ProtocolOptions())
    )
    type_name = "envoy.extensions.upstreams.http.v3.HttpProtocolOptions"
    unlimited = 0xFFFFFFFF
    expected = Cluster(
        name=name,
        type=ClusterDiscoveryType.EDS,
        eds_cluster_config=ClusterEdsClusterConfig(eds_config=ads(), service_name=name),
        connect_timeout=timedelta(seconds=5),
        per_connection_buffer_limit_bytes=32 << 10,
        circuit_breakers=CircuitBreakers(
            thresholds=[
                CircuitBreakersThresholds(
                    max_connections=unlimited,
                    max_pending_requests=unlimited,
                    max_requests=unlimited,
                    max_retries=unlimited,
                )
            ]
        ),
        typed_extension_protocol_options={type_name: any_of(type_name, options)} if app_protocol else {},
    )

    made = clusters(builders.service(app_protocol=app_protocol))

    assert bytes(expected) == made[name].body
    assert [name] == list(made)


def test_a_cluster_for_each_port() -> None:
    """Every port of a Service has its cluster; a Service without TCP ports has none."""
    ports = (ServicePort(name="http", port=80), ServicePort(name="admin", port=9000))

    assert list(clusters(Service(key="shop/cart", ports=ports))) == ["shop/cart:80", "shop/cart:9000"]
    assert clusters(Service(key="shop/cart", ports=())) == {}


@pytest.mark.parametrize("addresses", [(), ("10.0.0.1",), ("10.244.13.200", "fd00::1", "10.0.0.1")])
def test_a_load_assignment_is_what_the_model_writes(addresses: tuple[str, ...]) -> None:
    """Endpoints of one locality that has a weight, in order; without any the assignment is there and empty."""
    endpoints = [
        LbEndpoint(endpoint=Endpoint(address=Address(socket_address=SocketAddress(address=ip, port_value=8080))))
        for ip in addresses
    ]
    locality = LocalityLbEndpoints(locality=Locality(), lb_endpoints=endpoints, load_balancing_weight=1)
    expected = ClusterLoadAssignment(cluster_name="shop/cart:80", endpoints=[locality] if endpoints else [])

    made = assignments(builders.service(), [builders.slice_(*addresses)])

    assert bytes(expected) == made["shop/cart:80"].body


def test_slices_are_joined_in_one_order_and_each_address_counts_once() -> None:
    """The order in which slices arrive leaves no trace in the bytes, and a duplicate address none in the set."""
    one = builders.slice_("10.0.0.1", "10.0.0.2", key="shop/a")
    two = builders.slice_("10.0.0.2", "10.0.0.3", key="shop/b")
    whole = builders.slice_("10.0.0.1", "10.0.0.2", "10.0.0.3")

    made = [assignments(builders.service(), those) for those in ([one, two], [two, one], [whole])]

    assert made[0] == made[1] == made[2]


def test_a_port_takes_the_slices_port_of_its_name() -> None:
    """The Service's port name chooses among a slice's ports; another name gives no endpoint."""
    other = builders.slice_("10.0.0.1", name="admin")

    made = assignments(builders.service(), [other])

    assert bytes(ClusterLoadAssignment(cluster_name="shop/cart:80")) == made["shop/cart:80"].body


def test_a_listener_is_what_the_model_writes() -> None:
    """A port becomes a listener whose routes come over ADS, and wait for them."""
    manager = HttpConnectionManager(
        stat_prefix="shop/edge/8080",
        rds=Rds(config_source=ads(timedelta(0)), route_config_name="shop/edge/8080"),
        http_filters=[
            HttpFilter(
                name="envoy.filters.http.router",
                typed_config=any_of("envoy.extensions.filters.http.router.v3.Router", Router()),
            )
        ],
        server_header_transformation=HttpConnectionManagerServerHeaderTransformation.PASS_THROUGH,
        use_remote_address=True,
        upgrade_configs=[HttpConnectionManagerUpgradeConfig(upgrade_type="websocket")],
        normalize_path=True,
        merge_slashes=True,
        path_with_escaped_slashes_action=HttpConnectionManagerPathWithEscapedSlashesAction.UNESCAPE_AND_REDIRECT,
        strip_trailing_host_dot=True,
        common_http_protocol_options=CommonOptions(
            idle_timeout=timedelta(hours=1),
            headers_with_underscores_action=HttpProtocolOptionsHeadersWithUnderscoresAction.REJECT_REQUEST,
        ),
        http2_protocol_options=Http2ProtocolOptions(
            max_concurrent_streams=100, initial_stream_window_size=65536, initial_connection_window_size=1048576
        ),
        stream_idle_timeout=timedelta(minutes=5),
        request_headers_timeout=timedelta(seconds=10),
    )
    name = "envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager"
    expected = Listener(
        name="shop/edge/8080",
        address=Address(socket_address=SocketAddress(address="::", port_value=8080, ipv4_compat=True)),
        per_connection_buffer_limit_bytes=32768,
        filter_chains=[
            FilterChain(
                filters=[
                    Filter(name="envoy.filters.network.http_connection_manager", typed_config=any_of(name, manager))
                ]
            )
        ],
    )

    made = listener(Port(gateway="shop/edge", number=8080, listeners=(builders.http(),)))

    assert bytes(expected) == made.body


def test_the_marker_is_what_the_models_write() -> None:
    """A listener on all addresses, and a route configuration that answers 200 with the version."""
    source = ConfigSource(
        ads=AggregatedConfigSource(), initial_fetch_timeout=timedelta(0), resource_api_version=ApiVersion.V3
    )
    manager = HttpConnectionManager(
        stat_prefix=MARKER,
        rds=Rds(config_source=source, route_config_name=MARKER),
        http_filters=[HttpFilter(name="envoy.filters.http.router", typed_config=google.protobuf.Any.pack(Router()))],
    )
    network_filter = Filter(
        name="envoy.filters.network.http_connection_manager", typed_config=google.protobuf.Any.pack(manager)
    )
    expected = Listener(
        name=MARKER,
        address=Address(socket_address=SocketAddress(address="::", port_value=19002, ipv4_compat=True)),
        ignore_global_conn_limit=True,
        filter_chains=[FilterChain(filters=[network_filter])],
    )
    answer = Route(match=RouteMatch(prefix="/"), direct_response=DirectResponseAction(status=200))
    routes = RouteConfiguration(
        name=MARKER,
        virtual_hosts=[VirtualHost(name="*", domains=["*"], routes=[answer])],
        response_headers_to_add=[HeaderValueOption(header=HeaderValue(key="x-xds-version", value="0f"))],
    )

    assert bytes(expected) == marker_listener(19002).body
    assert bytes(routes) == marker_routes("0f").body


def block(*entries: Entry) -> Block:
    """The entries of a domain, encoded."""
    return Block(body=b"".join(line for _, line in encoded(((), entry) for entry in entries)))


CASES = [
    pytest.param(Match(), RouteMatch(prefix="/"), id="any path"),
    pytest.param(Match(path="/a"), RouteMatch(path_separated_prefix="/a"), id="prefix"),
    pytest.param(Match(path="/a/"), RouteMatch(path_separated_prefix="/a"), id="prefix with slash"),
    pytest.param(Match(path="/a/", path_type="Exact"), RouteMatch(path="/a/"), id="exact"),
    pytest.param(
        Match(headers=(("x-a", "1"), ("x-b", "2")), method="GET"),
        RouteMatch(
            prefix="/",
            headers=[
                HeaderMatcher(name=":method", string_match=StringMatcher(exact="GET")),
                HeaderMatcher(name="x-a", string_match=StringMatcher(exact="1")),
                HeaderMatcher(name="x-b", string_match=StringMatcher(exact="2")),
            ],
        ),
        id="method and headers",
    ),
]


@pytest.mark.parametrize(("match", "expected"), CASES)
def test_a_match_is_what_the_model_writes(match: Match, expected: RouteMatch) -> None:
    """Paths, methods and headers become a RouteMatch; a route without a target answers 500."""
    answer = Route(match=expected, direct_response=DirectResponseAction(status=500))
    configuration = RouteConfiguration(
        name="shop/edge/8080",
        virtual_hosts=[VirtualHost(name="*", domains=["*"], routes=[answer])],
        ignore_port_in_host_matching=True,
    )
    host = virtual_host(("shop/edge", 8080, "", ""), [block(Entry(match, ()))])

    made = route_configuration(Port(gateway="shop/edge", number=8080, listeners=()), [host])

    assert bytes(configuration) == made.body


def test_targets_share_requests_by_weight_and_a_missing_one_answers_500() -> None:
    """One target is a cluster; several are weighted, and one that is not there names a cluster that cannot exist."""
    there = Target(cluster="shop/cart:80", weight=3, found=True)
    missing = Target(cluster="shop/gone:80", weight=1, found=False)
    weighted = WeightedCluster(
        clusters=[
            WeightedClusterClusterWeight(name="shop/cart:80", weight=3),
            WeightedClusterClusterWeight(name="not-found|shop/gone:80", weight=1),
        ]
    )
    none = timedelta(0)
    routes = [
        Route(match=RouteMatch(prefix="/"), route=RouteAction(cluster="shop/cart:80", timeout=none)),
        Route(
            match=RouteMatch(prefix="/"),
            route=RouteAction(
                weighted_clusters=weighted,
                cluster_not_found_response_code=RouteActionClusterNotFoundResponseCode.INTERNAL_SERVER_ERROR,
                timeout=none,
            ),
        ),
        Route(match=RouteMatch(prefix="/"), direct_response=DirectResponseAction(status=500)),
    ]
    expected = VirtualHost(name="cart.example", domains=["cart.example"], routes=routes)
    entries = [Entry(Match(), targets) for targets in ((there,), (there, missing), (missing,))]

    made = virtual_host(("shop/edge", 8080, "", "cart.example"), [block(*entries[:1]), block(*entries[1:])])

    assert bytes(RouteConfiguration(virtual_hosts=[expected])) == b"".join(made.pieces)


def test_the_order_in_which_hosts_come_leaves_no_trace() -> None:
    """Equal virtual hosts make an equal route configuration, in whatever order they were derived."""
    hosts = [virtual_host(("shop/edge", 8080, "", name), []) for name in ("b.example", "", "a.example")]
    port = Port(gateway="shop/edge", number=8080, listeners=())

    assert route_configuration(port, hosts) == route_configuration(port, reversed(hosts))
