"""envoy.config.cluster.v3.Cluster: one per TCP port of a Service."""

from datetime import timedelta
from typing import Final

from xds_server.envoy.config_source import ADS
from xds_server.envoy.encoders import envoy_config_cluster_v3 as cluster
from xds_server.envoy.encoders import envoy_config_core_v3 as core
from xds_server.envoy.encoders import envoy_extensions_upstreams_http_v3 as upstreams_http
from xds_server.envoy.encoders import google_protobuf
from xds_server.envoy.wire.template import Frame
from xds_server.model.objects import Service
from xds_server.model.resource import Resource, resource
from xds_server.model.routing import cluster_name, is_cluster_name

_BUFFER_BYTES: Final = 32 << 10  # Envoy, "Configuring Envoy as an edge proxy"
_UNLIMITED: Final = (1 << 32) - 1
_HTTP_PROTOCOL_OPTIONS: Final = "envoy.extensions.upstreams.http.v3.HttpProtocolOptions"

# Envoy's default limits (1,024 connections, 3 retries) fail requests under plain load; a limit is a policy, not a default.
_CIRCUIT_BREAKERS = cluster.circuit_breakers(
    thresholds=[
        cluster.circuit_breakers_thresholds(
            max_connections=_UNLIMITED,
            max_pending_requests=_UNLIMITED,
            max_requests=_UNLIMITED,
            max_retries=_UNLIMITED,
        )
    ]
)
_SPEAKS_HTTP2 = {
    _HTTP_PROTOCOL_OPTIONS: google_protobuf.any(
        type_url=upstreams_http.HTTP_PROTOCOL_OPTIONS,
        value=upstreams_http.http_protocol_options(
            explicit_http_config=upstreams_http.http_protocol_options_explicit_http_config(
                http2_protocol_options=core.http2_protocol_options()
            )
        ),
    )
}


def clusters(service: Service) -> dict[str, Resource]:
    """A cluster for each port, by name.

    Every Service gets its clusters, whether a route names it or not, so that a cluster is there before the
    route that will name it: docs/decisions/0006-clusters-for-all-services.md.
    """
    result = {}
    for port in service.ports:
        name = cluster_name(service.key, port.port)
        frame = _HTTP2 if port.app_protocol == "kubernetes.io/h2c" else _HTTP1
        result[name] = resource(name, frame.around(name))
    return result


def departed(name: str) -> Resource | None:
    """What a cluster of that name was like, if it was one of ours: but for the protocol, all is in its name."""
    return resource(name, _HTTP1.around(name)) if is_cluster_name(name) else None


def _cluster(name: str, *, http2: bool) -> cluster.Cluster:
    return cluster.cluster(
        name=name,
        type="EDS",
        eds_cluster_config=cluster.cluster_eds_cluster_config(eds_config=ADS, service_name=name),
        connect_timeout=timedelta(seconds=5),
        per_connection_buffer_limit_bytes=_BUFFER_BYTES,
        circuit_breakers=_CIRCUIT_BREAKERS,
        typed_extension_protocol_options=_SPEAKS_HTTP2 if http2 else None,
    )


_HTTP1 = Frame(lambda name: _cluster(name, http2=False))
_HTTP2 = Frame(lambda name: _cluster(name, http2=True))
