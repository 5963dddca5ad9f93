"""envoy.config.endpoint.v3.ClusterLoadAssignment: one per cluster."""

from collections.abc import Sequence
from functools import lru_cache

from xds_server.envoy.protobuf import field_bytes, field_string, field_varint
from xds_server.model.objects import EndpointSlice, Service
from xds_server.model.routing import cluster_name
from xds_server.snapshot.resource import Resource, resource


def assignments(service: Service, slices: Sequence[EndpointSlice]) -> dict[str, Resource]:
    """The load assignment of each port, by cluster; with no endpoint ready it is there, and empty.

    A slice's port belongs to the Service's port of the same name. Equal addresses count once.
    """
    ordered = sorted(slices, key=_key)  # equal contents shall give equal bytes, in whatever order they came
    result = {}
    for port in service.ports:
        name = cluster_name(service.key, port.port)
        lb_endpoints: dict[bytes, None] = {}
        for one in ordered:
            for port_name, number in one.ports:
                if port_name == port.name:
                    lb_endpoints.update(_lb_endpoints(one.ready, number))
        body = field_string(1, name)
        if lb_endpoints:
            body += field_bytes(2, b"".join(lb_endpoints))
        result[name] = resource(name, body)
    return result


def has_endpoints(assignment: Resource) -> bool:
    """Whether a load assignment holds more than its name."""
    return len(assignment.body) > len(field_string(1, assignment.name))


def _key(one: EndpointSlice) -> str:
    return one.key


def _lb_endpoints(addresses: Sequence[str], port: int) -> dict[bytes, None]:
    """An encoded LbEndpoint for each address, with its field's head, in order."""
    return {
        head + address.encode() + tail: None for address in addresses for head, tail in (_around(len(address), port),)
    }


@lru_cache(maxsize=4096)
def _around(length: int, port: int) -> tuple[bytes, bytes]:
    """What stands before and after an address of that length: all lengths depend on it and the port alone."""
    marker = "\x00" * length
    socket_address = field_string(2, marker) + field_varint(3, port)
    address = field_bytes(1, field_bytes(1, socket_address))
    encoded = field_bytes(2, field_bytes(1, address))
    head, _, tail = encoded.partition(marker.encode())
    return head, tail
