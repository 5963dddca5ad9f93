"""Encoders of envoy.config.endpoint.v3, made from envoy-data-plane by `make encoders`: do not edit.

Each takes the fields of a message and returns its bytes, which are those that the library writes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Final, NewType

from xds_server.envoy.wire.fields import blob as _blob
from xds_server.envoy.wire.fields import blobs as _blobs
from xds_server.envoy.wire.fields import conflict as _conflict
from xds_server.envoy.wire.fields import duration as _duration
from xds_server.envoy.wire.fields import member_but_zero as _member_but_zero
from xds_server.envoy.wire.fields import text as _text
from xds_server.envoy.wire.fields import uint32 as _uint32

if TYPE_CHECKING:
    from xds_server.envoy.encoders import envoy_config_core_v3, envoy_type_v3

_HealthStatus: Final = {
    "UNKNOWN": b"\x00",
    "HEALTHY": b"\x01",
    "UNHEALTHY": b"\x02",
    "DRAINING": b"\x03",
    "TIMEOUT": b"\x04",
    "DEGRADED": b"\x05",
}
ClusterLoadAssignment = NewType("ClusterLoadAssignment", bytes)


def cluster_load_assignment(
    *,
    cluster_name: str = "",
    endpoints: Sequence[LocalityLbEndpoints] = (),
    named_endpoints: Mapping[str, Endpoint] | None = None,
    policy: ClusterLoadAssignmentPolicy | None = None,
) -> ClusterLoadAssignment:
    """envoy.config.endpoint.v3.ClusterLoadAssignment."""
    out = b""
    if cluster_name:
        out += _text(b"\x0a", cluster_name)
    if endpoints:
        out += _blobs(b"\x12", endpoints, "ClusterLoadAssignment.endpoints")
    if named_endpoints:
        out += _blobs(
            b"\x2a",
            [_text(b"\x0a", key) + _blob(b"\x12", one) for key, one in named_endpoints.items()],
            "ClusterLoadAssignment.named_endpoints",
        )
    if policy is not None:
        out += _blob(b"\x22", policy)
    return ClusterLoadAssignment(out)


ClusterLoadAssignmentPolicy = NewType("ClusterLoadAssignmentPolicy", bytes)


def cluster_load_assignment_policy(
    *,
    drop_overloads: Sequence[ClusterLoadAssignmentPolicyDropOverload] = (),
    overprovisioning_factor: int | None = None,
    endpoint_stale_after: timedelta | None = None,
    weighted_priority_health: bool = False,
) -> ClusterLoadAssignmentPolicy:
    """envoy.config.endpoint.v3.ClusterLoadAssignment.Policy."""
    out = b""
    if drop_overloads:
        out += _blobs(b"\x12", drop_overloads, "ClusterLoadAssignmentPolicy.drop_overloads")
    if overprovisioning_factor is not None:
        out += _blob(
            b"\x1a",
            _uint32(b"\x08", overprovisioning_factor, "ClusterLoadAssignmentPolicy.overprovisioning_factor")
            if overprovisioning_factor
            else b"",
        )
    if endpoint_stale_after is not None:
        out += _duration(b"\x22", endpoint_stale_after, "ClusterLoadAssignmentPolicy.endpoint_stale_after")
    if weighted_priority_health:
        out += b"\x30\x01"
    return ClusterLoadAssignmentPolicy(out)


ClusterLoadAssignmentPolicyDropOverload = NewType("ClusterLoadAssignmentPolicyDropOverload", bytes)


def cluster_load_assignment_policy_drop_overload(
    *,
    category: str = "",
    drop_percentage: envoy_type_v3.FractionalPercent | None = None,
) -> ClusterLoadAssignmentPolicyDropOverload:
    """envoy.config.endpoint.v3.ClusterLoadAssignment.Policy.DropOverload."""
    out = b""
    if category:
        out += _text(b"\x0a", category)
    if drop_percentage is not None:
        out += _blob(b"\x12", drop_percentage)
    return ClusterLoadAssignmentPolicyDropOverload(out)


Endpoint = NewType("Endpoint", bytes)


def endpoint(
    *,
    address: envoy_config_core_v3.Address | None = None,
    health_check_config: EndpointHealthCheckConfig | None = None,
    hostname: str = "",
    additional_addresses: Sequence[EndpointAdditionalAddress] = (),
    observability_name: str = "",
) -> Endpoint:
    """envoy.config.endpoint.v3.Endpoint."""
    out = b""
    if address is not None:
        out += _blob(b"\x0a", address)
    if health_check_config is not None:
        out += _blob(b"\x12", health_check_config)
    if hostname:
        out += _text(b"\x1a", hostname)
    if additional_addresses:
        out += _blobs(b"\x22", additional_addresses, "Endpoint.additional_addresses")
    if observability_name:
        out += _text(b"\x2a", observability_name)
    return Endpoint(out)


EndpointAdditionalAddress = NewType("EndpointAdditionalAddress", bytes)


def endpoint_additional_address(
    *,
    address: envoy_config_core_v3.Address | None = None,
) -> EndpointAdditionalAddress:
    """envoy.config.endpoint.v3.Endpoint.AdditionalAddress."""
    out = b""
    if address is not None:
        out += _blob(b"\x0a", address)
    return EndpointAdditionalAddress(out)


EndpointHealthCheckConfig = NewType("EndpointHealthCheckConfig", bytes)


def endpoint_health_check_config(
    *,
    port_value: int = 0,
    hostname: str = "",
    address: envoy_config_core_v3.Address | None = None,
    disable_active_health_check: bool = False,
) -> EndpointHealthCheckConfig:
    """envoy.config.endpoint.v3.Endpoint.HealthCheckConfig."""
    out = b""
    if port_value:
        out += _uint32(b"\x08", port_value, "EndpointHealthCheckConfig.port_value")
    if hostname:
        out += _text(b"\x12", hostname)
    if address is not None:
        out += _blob(b"\x1a", address)
    if disable_active_health_check:
        out += b"\x20\x01"
    return EndpointHealthCheckConfig(out)


LbEndpoint = NewType("LbEndpoint", bytes)


def lb_endpoint(
    *,
    endpoint: Endpoint | None = None,
    endpoint_name: str | None = None,
    health_status: envoy_config_core_v3.HealthStatus | None = None,
    metadata: envoy_config_core_v3.Metadata | None = None,
    load_balancing_weight: int | None = None,
) -> LbEndpoint:
    """envoy.config.endpoint.v3.LbEndpoint."""
    if (endpoint is not None) + (endpoint_name is not None) > 1:
        raise _conflict("LbEndpoint.host_identifier", endpoint=endpoint, endpoint_name=endpoint_name)
    out = b""
    if endpoint is not None:
        out += _blob(b"\x0a", endpoint)
    if endpoint_name is not None:
        out += _text(b"\x2a", endpoint_name)
    if health_status is not None:
        out += _member_but_zero(b"\x10", _HealthStatus, health_status, "LbEndpoint.health_status")
    if metadata is not None:
        out += _blob(b"\x1a", metadata)
    if load_balancing_weight is not None:
        out += _blob(
            b"\x22",
            _uint32(b"\x08", load_balancing_weight, "LbEndpoint.load_balancing_weight")
            if load_balancing_weight
            else b"",
        )
    return LbEndpoint(out)


LedsClusterLocalityConfig = NewType("LedsClusterLocalityConfig", bytes)


def leds_cluster_locality_config(
    *,
    leds_config: envoy_config_core_v3.ConfigSource | None = None,
    leds_collection_name: str = "",
) -> LedsClusterLocalityConfig:
    """envoy.config.endpoint.v3.LedsClusterLocalityConfig."""
    out = b""
    if leds_config is not None:
        out += _blob(b"\x0a", leds_config)
    if leds_collection_name:
        out += _text(b"\x12", leds_collection_name)
    return LedsClusterLocalityConfig(out)


LocalityLbEndpoints = NewType("LocalityLbEndpoints", bytes)


def locality_lb_endpoints(
    *,
    locality: envoy_config_core_v3.Locality | None = None,
    metadata: envoy_config_core_v3.Metadata | None = None,
    lb_endpoints: Sequence[LbEndpoint] = (),
    load_balancer_endpoints: LocalityLbEndpointsLbEndpointList | None = None,
    leds_cluster_locality_config: LedsClusterLocalityConfig | None = None,
    load_balancing_weight: int | None = None,
    priority: int = 0,
    proximity: int | None = None,
) -> LocalityLbEndpoints:
    """envoy.config.endpoint.v3.LocalityLbEndpoints."""
    if (load_balancer_endpoints is not None) + (leds_cluster_locality_config is not None) > 1:
        raise _conflict(
            "LocalityLbEndpoints.lb_config",
            load_balancer_endpoints=load_balancer_endpoints,
            leds_cluster_locality_config=leds_cluster_locality_config,
        )
    out = b""
    if locality is not None:
        out += _blob(b"\x0a", locality)
    if metadata is not None:
        out += _blob(b"\x4a", metadata)
    if lb_endpoints:
        out += _blobs(b"\x12", lb_endpoints, "LocalityLbEndpoints.lb_endpoints")
    if load_balancer_endpoints is not None:
        out += _blob(b"\x3a", load_balancer_endpoints)
    if leds_cluster_locality_config is not None:
        out += _blob(b"\x42", leds_cluster_locality_config)
    if load_balancing_weight is not None:
        out += _blob(
            b"\x1a",
            _uint32(b"\x08", load_balancing_weight, "LocalityLbEndpoints.load_balancing_weight")
            if load_balancing_weight
            else b"",
        )
    if priority:
        out += _uint32(b"\x28", priority, "LocalityLbEndpoints.priority")
    if proximity is not None:
        out += _blob(b"\x32", _uint32(b"\x08", proximity, "LocalityLbEndpoints.proximity") if proximity else b"")
    return LocalityLbEndpoints(out)


LocalityLbEndpointsLbEndpointList = NewType("LocalityLbEndpointsLbEndpointList", bytes)


def locality_lb_endpoints_lb_endpoint_list(
    *,
    lb_endpoints: Sequence[LbEndpoint] = (),
) -> LocalityLbEndpointsLbEndpointList:
    """envoy.config.endpoint.v3.LocalityLbEndpoints.LbEndpointList."""
    out = b""
    if lb_endpoints:
        out += _blobs(b"\x0a", lb_endpoints, "LocalityLbEndpointsLbEndpointList.lb_endpoints")
    return LocalityLbEndpointsLbEndpointList(out)
