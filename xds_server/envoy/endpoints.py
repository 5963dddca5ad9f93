"""envoy.config.endpoint.v3.ClusterLoadAssignment: one per cluster."""

from collections.abc import Iterable, Sequence
from functools import lru_cache
from operator import attrgetter
from typing import Final

from xds_server.envoy.encoders import envoy_config_core_v3 as core
from xds_server.envoy.encoders import envoy_config_endpoint_v3 as endpoint
from xds_server.envoy.wire.template import Frame
from xds_server.envoy.wire.writer import LENGTH_DELIMITED, tag, varint
from xds_server.model.edge import Families
from xds_server.model.objects import EndpointSlice, Service
from xds_server.model.resource import Resource, resource
from xds_server.model.routing import cluster_name

_MANY_SLICES: Final = 8  # Of a hundred endpoints each, at most. For fewer, encoding anew costs less than remembering.
_REMEMBERED: Final = 256
_BOTH: Final = 2
_ENDPOINTS: Final = tag(2, LENGTH_DELIMITED)  # ClusterLoadAssignment.endpoints
_by_key = attrgetter("key")

# One locality for all, without a name. gRPC's client ignores a locality that has no weight; Envoy asks for none.
_LOCALITY = endpoint.locality_lb_endpoints(locality=core.locality())
_WEIGHT = endpoint.locality_lb_endpoints(load_balancing_weight=1)


class Assignments:
    """The load assignments of Services, as `assignments` makes them.

    Of clusters with many slices it remembers what each slice gave: then a change costs what is in the slice that
    changed, plus a join. It remembers the 256 of them that were asked for last.
    """

    def __init__(self, families: Families = "dual") -> None:
        self._families = families
        self._pieces = lru_cache(maxsize=_REMEMBERED)(_Pieces)

    def __call__(self, service: Service, slices: Sequence[EndpointSlice]) -> dict[str, Resource]:
        """The load assignment of each port of *service*, by cluster."""
        slices = reachable(service, slices, self._families)
        if len(slices) < _MANY_SLICES:
            return assignments(service, slices)
        ordered = sorted(slices, key=_by_key)
        result = {}
        for port in service.ports:
            name = cluster_name(service.key, port.port)
            result[name] = _assignment(name, *self._pieces(name, port.name).of(ordered))
        return result


def reachable(service: Service, slices: Sequence[EndpointSlice], families: Families) -> Sequence[EndpointSlice]:
    """The slices of *service* that proxies of these *families* are sent to.

    A dual-stack Service has a slice of each family for the same Pods. With both families at hand those of its first one
    count: a proxy that has no way to one family would otherwise fail half of its requests. The others count if there
    is no endpoint of that family. Source: Kubernetes, "IPv4/IPv6 dual-stack", Service.spec.ipFamilies.
    """
    if families != "dual":
        return [one for one in slices if one.family == families]
    if len(service.families) < _BOTH:
        return slices
    first = [one for one in slices if one.family == service.families[0]]
    return first if any(one.ready for one in first) else slices


def assignments(service: Service, slices: Iterable[EndpointSlice]) -> dict[str, Resource]:
    """The load assignment of each port, by cluster; with no endpoint ready it is there, and empty.

    A slice's port belongs to the Service's port of the same name. Equal addresses count once.
    """
    ordered = sorted(slices, key=_by_key)  # equal contents shall give equal bytes, in whatever order they came
    result = {}
    for port in service.ports:
        name = cluster_name(service.key, port.port)
        encoded = _encoded(ordered, port.name)
        result[name] = _assignment(name, encoded, len(encoded))
    return result


_Piece = tuple[EndpointSlice, bytes, int]
"""A slice, its endpoints encoded, and how many there are."""

_NOTHING: Final = (EndpointSlice(key="", service="", ports=(), ready=()), b"", 0)


class _Pieces:
    """The endpoints of one cluster, by slice."""

    def __init__(self, _: str, port: str) -> None:
        self._port = port
        self._pieces: dict[str, _Piece] = {}
        self._holders: dict[str, int] = {}
        self._shared = 0
        """Addresses that more than one slice holds, as happens while an endpoint moves."""

    def of(self, slices: Sequence[EndpointSlice]) -> tuple[list[bytes], int]:
        """What `_encoded` returns, in fewer pieces, and how many endpoints they hold."""
        known = self._pieces
        pieces: dict[str, _Piece] = {}
        for one in slices:
            piece = known.get(one.key)
            if piece is None or piece[0] is not one:
                encoded = _encoded((one,), self._port)
                piece = one, b"".join(encoded), len(encoded)
            pieces[one.key] = piece
        for key in known.keys() | pieces.keys():
            before, now = known.get(key, _NOTHING), pieces.get(key, _NOTHING)
            if before is not now:
                old, new = set(before[0].ready), set(now[0].ready)
                self._count(old - new, -1)
                self._count(new - old, 1)
        self._pieces = pieces
        if self._shared:
            encoded = _encoded(slices, self._port)
            return encoded, len(encoded)
        return [body for _, body, _ in pieces.values() if body], sum(count for _, _, count in pieces.values())

    def _count(self, addresses: Iterable[str], step: int) -> None:
        holders = self._holders
        for address in addresses:
            before = holders.get(address, 0)
            holders[address] = now = before + step
            self._shared += (now > 1) - (before > 1)
            if not now:
                del holders[address]


def _assignment(cluster: str, lb_endpoints: Sequence[bytes], count: int) -> Resource:
    """The load assignment around encoded endpoints: copied once, since there may be a hundred thousand bytes of them."""
    encoded = endpoint.cluster_load_assignment(cluster_name=cluster)
    if not lb_endpoints:
        return resource(cluster, encoded)
    # Fields that are encoded one by one are the message when joined, in the order of its encoder.
    size = len(_LOCALITY) + sum(map(len, lb_endpoints)) + len(_WEIGHT)
    body = b"".join([encoded, _ENDPOINTS, varint(size), _LOCALITY, *lb_endpoints, _WEIGHT])
    return resource(cluster, body, endpoints=count)


def _encoded(slices: Iterable[EndpointSlice], port: str) -> list[bytes]:
    """The endpoints of *slices* as fields of a locality, each once."""
    found: list[bytes] = []
    for one in slices:
        for name, number in one.ports:
            if name == port:
                around = _around(number)
                for address in one.ready:
                    text = address.encode()
                    head, tail = around[len(text)]
                    found.append(head + text + tail)
    return found if len(set(found)) == len(found) else list(dict.fromkeys(found))


@lru_cache(maxsize=1024)
def _around(port: int) -> Frame:
    """What stands around an address in a locality's endpoint."""
    return Frame(lambda address: endpoint.locality_lb_endpoints(lb_endpoints=[_lb_endpoint(address, port)]))


def _lb_endpoint(address: str, port: int) -> endpoint.LbEndpoint:
    socket_address = core.socket_address(address=address, port_value=port)
    return endpoint.lb_endpoint(endpoint=endpoint.endpoint(address=core.address(socket_address=socket_address)))
