"""Service: its TCP ports."""

from typing import Any

import pytest

from xds_server.model.objects import Service, ServicePort
from xds_server.providers.decode import Decoded, Decoder
from xds_server.providers.kinds import KINDS

DECODER = Decoder(next(kind for kind in KINDS if kind.plural == "services"))


def decode(*ports: dict[str, Any]) -> Decoded:
    return DECODER.loaded({"metadata": {"name": "cart", "namespace": "shop"}, "spec": {"ports": list(ports)}})


def test_only_tcp_ports_are_taken() -> None:
    """UDP and SCTP carry no HTTP: such ports are passed over, without a word."""
    decoded = decode(
        {"name": "web", "port": 80, "appProtocol": "kubernetes.io/h2c"},
        {"name": "dns", "port": 53, "protocol": "UDP"},
    )

    assert decoded.findings == ()
    assert decoded.value == Service(
        key="shop/cart", ports=(ServicePort(name="web", port=80, app_protocol="kubernetes.io/h2c"),)
    )


def test_a_service_without_ports_has_none() -> None:
    """A headless or external Service may have no port at all."""
    decoded = DECODER.loaded({"metadata": {"name": "a"}, "spec": {"ports": None}})

    assert decoded.value == Service(key="default/a", ports=())


@pytest.mark.parametrize(
    ("ports", "field"),
    [
        ([{"port": 0}], "spec.ports[0].port"),
        ([{"port": 80, "protocol": "tcp"}], "spec.ports[0].protocol"),
        ([{"port": 80, "name": "a"}, {"port": 81}], "spec.ports[1].name"),
        ([{"port": 80, "name": "a"}, {"port": 81, "name": "a"}], "spec.ports[1].name"),
        ([{"port": 80, "name": "a"}, {"port": 80, "name": "b"}], "spec.ports[1]"),
        ([{"name": "a"}], "spec.ports[0].port"),
    ],
)
def test_an_invalid_service_is_refused_at_its_field(ports: list[dict[str, Any]], field: str) -> None:
    """What an API server would refuse has no value, and the finding names the field."""
    decoded = decode(*ports)

    assert decoded.value is None
    assert [finding.field for finding in decoded.findings] == [field]
