"""EndpointSlice: the addresses that are ready."""

from typing import Any

import pytest

from xds_server.model.objects import EndpointSlice
from xds_server.sources.decode import Decoded, Decoder
from xds_server.sources.kinds import KINDS

DECODER = Decoder(next(kind for kind in KINDS if kind.plural == "endpointslices"))
META = {"name": "cart-1", "namespace": "shop", "labels": {"kubernetes.io/service-name": "cart"}}


def decode(**fields: Any) -> Decoded:
    return DECODER.loaded({"metadata": META, "addressType": "IPv4", **fields})


def test_an_endpoint_is_ready_unless_it_says_no() -> None:
    """An unknown readiness counts as ready; of several addresses the first is taken."""
    endpoints = [
        {"addresses": ["10.0.0.1"]},
        {"addresses": ["10.0.0.2"], "conditions": {"ready": False}},
        {"addresses": ["10.0.0.3", "10.0.0.9"], "conditions": {"ready": None}},
        {"addresses": ["10.0.0.4"], "conditions": {"ready": True, "serving": True}},
    ]
    ports = [{"name": "web", "port": 8080}, {"port": 9090}, {"name": "any", "port": None}]

    assert decode(endpoints=endpoints, ports=ports).value == EndpointSlice(
        key="shop/cart-1",
        service="shop/cart",
        ports=(("web", 8080), ("", 9090)),
        ready=("10.0.0.1", "10.0.0.3", "10.0.0.4"),
    )


def test_null_lists_are_empty() -> None:
    """An API server writes null for an empty list."""
    value = decode(endpoints=None, ports=None).value

    assert value == EndpointSlice(key="shop/cart-1", service="shop/cart", ports=(), ready=())


def test_names_are_no_addresses() -> None:
    """A slice of DNS names has no address."""
    value = decode(addressType="FQDN", endpoints=[{"addresses": ["a.example"]}]).value

    assert isinstance(value, EndpointSlice)
    assert value.ready == ()


def test_a_slice_without_the_label_belongs_to_no_service() -> None:
    """The label, and not the name, says whose slice it is."""
    decoded = DECODER.loaded({"metadata": {"name": "x"}, "addressType": "IPv6", "endpoints": [{"addresses": ["::1"]}]})

    assert decoded.value == EndpointSlice(key="default/x", service="", ports=(), ready=("::1",))


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"addressType": "ipv4"}, "addressType"),
        ({"endpoints": [{"addresses": []}]}, "endpoints[0].addresses"),
        ({"endpoints": [{"addresses": ["10.0.0.1", "10.0.0"]}]}, "endpoints[0].addresses[1]"),
        ({"endpoints": [{"addresses": ["::1"]}]}, "endpoints[0].addresses[0]"),
        ({"endpoints": [{"addresses": "10.0.0.1"}]}, "endpoints[0].addresses"),
        ({"ports": [{"port": 65536}]}, "ports[0].port"),
    ],
)
def test_an_invalid_slice_is_refused_at_its_field(fields: dict[str, Any], field: str) -> None:
    """One wrong address costs the slice: the last good one stays, and the finding names the field."""
    decoded = decode(**fields)

    assert decoded.value is None
    assert [finding.field for finding in decoded.findings] == [field]
