"""Gateway: listeners, and whose routes they take."""

from typing import Any

import msgspec
import pytest

from xds_server.model.objects import Gateway, Listener, Reference
from xds_server.providers.decode import Decoded, Decoder
from xds_server.providers.kinds import KINDS

DECODER = Decoder(next(kind for kind in KINDS if kind.plural == "gateways"))


HTTP = {"name": "http", "port": 80, "protocol": "HTTP"}


def decode(**listener: Any) -> Decoded:
    listeners = [{**HTTP, **listener}]
    spec = {"gatewayClassName": "xds-server", "listeners": listeners}
    return DECODER.loaded({"metadata": {"name": "web"}, "spec": spec})


def test_a_gateway_is_flattened() -> None:
    """A namespace that is left out is `default`, and routes come from the Gateway's own."""
    assert decode(hostname="*.example").value == Gateway(
        key="default/web",
        class_name="xds-server",
        listeners=(Listener(name="http", port=80, protocol="HTTP", hostname="*.example", routes_from="Same"),),
    )


@pytest.mark.parametrize(
    ("allowed", "expected"),
    [
        (None, "Same"),
        ({}, "Same"),
        ({"namespaces": {}}, "Same"),
        ({"namespaces": {"from": "All"}}, "All"),
        ({"namespaces": {"from": "All"}, "kinds": [{"kind": "HTTPRoute"}]}, "All"),
    ],
)
def test_whose_routes_a_listener_takes(allowed: dict[str, Any] | None, expected: str) -> None:
    """Both the namespaces and the kinds of allowedRoutes count."""
    value = decode(allowedRoutes=allowed).value

    assert isinstance(value, Gateway)
    assert value.listeners[0].routes_from == expected


@pytest.mark.parametrize(
    ("kinds", "takes", "unsupported"),
    [
        ([], True, ()),
        (["HTTPRoute"], True, ()),
        (["GRPCRoute"], False, ("GRPCRoute",)),
        (["HTTPRoute", "GRPCRoute"], True, ("GRPCRoute",)),
    ],
)
def test_which_kinds_of_routes_a_listener_takes(kinds: list[str], takes: bool, unsupported: tuple[str, ...]) -> None:
    """Kinds that are not served are named, and a listener without HTTPRoute takes none."""
    decoded = decode(allowedRoutes={"kinds": [{"kind": kind} for kind in kinds]})

    assert isinstance(decoded.value, Gateway)
    assert decoded.value.listeners[0].takes_routes == takes
    assert decoded.value.listeners[0].unsupported_kinds == unsupported
    assert len(decoded.findings) == len(unsupported)


ADMITTED = [
    ({"hostname": "10.0.0.1"}, "spec.listeners[0].hostname"),
    ({"hostname": f"{'a' * 64}.example"}, "spec.listeners[0].hostname"),
]
"""What the CRD admits, and no listener can be served with."""


@pytest.mark.parametrize(("listener", "field"), ADMITTED)
def test_a_listener_that_cannot_be_served_costs_itself(listener: dict[str, Any], field: str) -> None:
    """The Gateway stands with its other listeners, and this one says why not."""
    decoded = decode(**listener)

    assert isinstance(decoded.value, Gateway)
    assert field in decoded.value.listeners[0].invalid
    assert [finding.field for finding in decoded.findings] == [field]


@pytest.mark.parametrize(
    "listener", [{"port": 0}, {"hostname": "a_b"}, {"allowedRoutes": {"namespaces": {"from": "Some"}}}]
)
def test_an_older_api_server_may_have_stored_what_a_file_may_not_say(listener: dict[str, Any]) -> None:
    """It costs the listener, or its routes, and not the Gateway."""
    document = {"metadata": {"name": "web"}, "spec": {"gatewayClassName": "x", "listeners": [{**HTTP, **listener}]}}

    decoded = DECODER.json(msgspec.json.encode(document))

    assert isinstance(decoded.value, Gateway)
    assert decoded.value.listeners[0].invalid or decoded.value.listeners[0].routes_from == "None"
    assert len(decoded.findings) == 1


@pytest.mark.parametrize(
    ("listener", "field"),
    [
        ({"protocol": "HTTPS"}, "spec.listeners[0].protocol"),
        ({"allowedRoutes": {"namespaces": {"from": "Selector"}}}, "spec.listeners[0].allowedRoutes.namespaces.from"),
    ],
)
def test_what_is_not_supported_yet_is_named(listener: dict[str, Any], field: str) -> None:
    """The Gateway stands, and a finding says what it will not do."""
    decoded = decode(**listener)

    assert decoded.value is not None
    assert [finding.field for finding in decoded.findings] == [field]


@pytest.mark.parametrize(
    ("listener", "field"),
    [
        ({"name": "a_b"}, "spec.listeners[0].name"),
        ({"port": 0}, "spec.listeners[0].port"),
        ({"port": "80"}, "spec.listeners[0].port"),
        ({"hostname": "a_b"}, "spec.listeners[0].hostname"),
        ({"allowedRoutes": {"namespaces": {"from": "Some"}}}, "spec.listeners[0].allowedRoutes.namespaces.from"),
    ],
)
def test_an_invalid_listener_is_refused_at_its_field(listener: dict[str, Any], field: str) -> None:
    """The Gateway has no value then, and the finding names the field."""
    decoded = decode(**listener)

    assert decoded.value is None
    assert [finding.field for finding in decoded.findings] == [field]


def test_two_listeners_of_one_name_are_refused() -> None:
    """Listener names are unique in a Gateway, for routes refer to them."""
    listener = {"name": "http", "port": 80, "protocol": "HTTP"}
    spec = {"gatewayClassName": "x", "listeners": [listener, {**listener, "port": 81}]}

    decoded = DECODER.loaded({"metadata": {"name": "web"}, "spec": spec})

    assert [finding.field for finding in decoded.findings] == ["spec.listeners[1].name"]


def test_what_a_gateway_refers_to_is_named_once() -> None:
    """Certificates of its listeners, and authorities of their clients; not those of a listener that passes TLS on."""
    certificate = {"name": "cert"}
    listeners = [
        {"name": "a", "port": 443, "protocol": "HTTPS", "tls": {"certificateRefs": [certificate, certificate]}},
        {
            "name": "b",
            "port": 444,
            "protocol": "TLS",
            "tls": {"mode": "Passthrough", "certificateRefs": [{"name": "x"}]},
        },
    ]
    authorities = {"validation": {"caCertificateRefs": [{"name": "ca", "group": "", "kind": "ConfigMap"}]}}
    frontend = {"default": authorities, "perPort": [{"port": 443, "tls": authorities}]}
    spec = {"gatewayClassName": "x", "listeners": listeners, "tls": {"frontend": frontend}}

    value = DECODER.loaded({"metadata": {"name": "web", "namespace": "shop"}, "spec": spec}).value

    assert isinstance(value, Gateway)
    assert value.references == (Reference("configmaps", "shop/ca"), Reference("secrets", "shop/cert"))


@pytest.mark.parametrize(
    ("ref", "field", "hint"),
    [
        ({"name": "c", "namespace": "other"}, "namespace", "ReferenceGrants are not supported yet"),
        ({"name": "c", "kind": "Vault", "group": "x"}, "kind", "use Secret"),
    ],
)
def test_a_reference_that_cannot_be_followed_is_named(ref: dict[str, Any], field: str, hint: str) -> None:
    """The Gateway stands, and nothing is fetched."""
    decoded = decode(protocol="HTTPS", tls={"certificateRefs": [ref]})

    assert isinstance(decoded.value, Gateway)
    assert decoded.value.references == ()
    assert decoded.findings[1].field == f"spec.listeners[0].tls.certificateRefs[0].{field}"
    assert hint in decoded.findings[1].message
