"""envoy.config.cluster.v3.Cluster: one per TCP port of a Service."""

from xds_server.envoy.config_source import ADS
from xds_server.envoy.protobuf import any_message, duration, field_bytes, field_string, field_varint
from xds_server.model.objects import Service
from xds_server.model.routing import cluster_name
from xds_server.snapshot.resource import Resource, resource

_HTTP_PROTOCOL_OPTIONS = "envoy.extensions.upstreams.http.v3.HttpProtocolOptions"
_EDS_TYPE = field_varint(2, 3)
_EDS_CONFIG = field_bytes(1, ADS)
_CONNECT_TIMEOUT = field_bytes(4, duration(5))

# Envoy's default limits (1,024 connections, 3 retries) fail requests under plain load; a limit is a policy, not a default.
_CIRCUIT_BREAKERS = field_bytes(
    10, field_bytes(1, b"".join(field_bytes(number, field_varint(1, 0xFFFFFFFF)) for number in (2, 3, 4, 5)))
)

_HTTP2 = any_message(f"type.googleapis.com/{_HTTP_PROTOCOL_OPTIONS}", field_bytes(3, field_bytes(2, b"")))
_TYPED_OPTIONS_HTTP2 = field_bytes(36, field_string(1, _HTTP_PROTOCOL_OPTIONS) + field_bytes(2, _HTTP2))


def clusters(service: Service) -> dict[str, Resource]:
    """A cluster for each port, by name.

    Every Service gets its clusters, whether a route names it or not, so that a cluster is there before the
    route that will name it: docs/decisions/0006-clusters-for-all-services.md.
    """
    return {
        name: resource(name, _cluster(name, http2=port.app_protocol == "kubernetes.io/h2c"))
        for port in service.ports
        for name in (cluster_name(service.key, port.port),)
    }


def _cluster(name: str, *, http2: bool) -> bytes:
    eds = field_bytes(3, _EDS_CONFIG + field_string(2, name))
    head = field_string(1, name) + _EDS_TYPE + eds + _CONNECT_TIMEOUT + _CIRCUIT_BREAKERS
    return head + _TYPED_OPTIONS_HTTP2 if http2 else head
