"""EndpointSlice: the addresses that are ready."""

from typing import Any

import msgspec
import pytest

from xds_server.model.objects import EndpointSlice
from xds_server.providers.decode import Decoded, Decoder
from xds_server.providers.kinds import KINDS

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


UNREADABLE = [
    ("IPv4", "010.000.000.005"),
    ("IPv4", "10.0.0"),
    ("IPv4", "10.0.0.256"),
    ("IPv4", "10.0.0.1 "),
    ("IPv4", "10.0.0.1\x00"),
    ("IPv4", "::1"),
    ("IPv4", "web.example"),
    ("IPv4", "\u0661\u0660.0.0.1"),
    ("IPv4", ""),
    ("IPv6", "fe80::1%eth0"),
    ("IPv6", "10.0.0.1"),
    ("IPv6", "::ffff:010.0.0.1"),
    ("IPv6", "1:2:3:4:5:6:7:8:9"),
]


@pytest.mark.parametrize(("family", "address"), UNREADABLE)
def test_an_unreadable_address_costs_its_endpoint(family: str, address: str) -> None:
    """From an API server, which may have stored it long ago: the others are used, and it is named."""
    good = {"IPv4": "10.0.0.1", "IPv6": "fd00::1"}[family]
    fields = {"addressType": family, "endpoints": [{"addresses": [good]}, {"addresses": [address]}]}

    decoded = DECODER.json(msgspec.json.encode({"metadata": META, **fields}))

    assert isinstance(decoded.value, EndpointSlice)
    assert decoded.value.ready == (good,)
    assert [finding.field for finding in decoded.findings] == ["endpoints[1].addresses[0]"]
    assert "this endpoint is left out" in decoded.findings[0].message


@pytest.mark.parametrize("number", [-1, 0, 65536, 1 << 40])
def test_a_port_number_that_does_not_exist_costs_its_port(number: int) -> None:
    """An API server stores any number here; no proxy can use it."""
    ports = [{"name": "bad", "port": number}, {"name": "web", "port": 8080}]

    decoded = DECODER.json(msgspec.json.encode({"metadata": META, "addressType": "IPv4", "ports": ports}))

    assert isinstance(decoded.value, EndpointSlice)
    assert decoded.value.ports == (("web", 8080),)
    assert [finding.field for finding in decoded.findings] == ["ports[0].port"]


@pytest.mark.parametrize("protocol", ["UDP", "SCTP", "QUIC"])
def test_a_port_of_another_protocol_carries_no_http(protocol: str) -> None:
    """It is passed over, whatever its name."""
    ports = [{"name": "web", "port": 5060, "protocol": protocol}, {"name": "web", "port": 8080, "protocol": "TCP"}]

    decoded = DECODER.json(msgspec.json.encode({"metadata": META, "addressType": "IPv4", "ports": ports}))

    assert isinstance(decoded.value, EndpointSlice)
    assert decoded.value.ports == (("web", 8080),)
    assert decoded.findings == ()


def test_an_address_type_that_is_not_known_yields_no_endpoint() -> None:
    """Nobody knows how to read its addresses."""
    decoded = DECODER.json(
        msgspec.json.encode({"metadata": META, "addressType": "IPX", "endpoints": [{"addresses": ["1"]}]})
    )

    assert isinstance(decoded.value, EndpointSlice)
    assert decoded.value.ready == ()
    assert [finding.field for finding in decoded.findings] == ["addressType"]
