"""What is a mistake in a file, and what another kind of object."""

import pytest

from xds_server.providers.files.near_miss import near_miss, unread
from xds_server.providers.kinds import KINDS, REFERENCED

API = "gateway.networking.k8s.io/v1"
READ = {(kind.group, kind.kind) for kind in KINDS}


@pytest.mark.parametrize(
    ("api_version", "kind", "meant", "field", "hint"),
    [
        (API, "HttpRoute", "httproutes", "kind", "did you mean 'HTTPRoute'?"),
        (API, "HTTPRoutes", "httproutes", "kind", "did you mean 'HTTPRoute'?"),
        (API, "HTTRoute", "httproutes", "kind", "did you mean 'HTTPRoute'?"),
        (API, "gateway", "gateways", "kind", "did you mean 'Gateway'?"),
        ("v1", "Sevice", "services", "kind", "did you mean 'Service'?"),
        ("v1", "service", "services", "kind", "did you mean 'Service'?"),
        ("discovery.k8s.io/v1", "EndpointSlices", "endpointslices", "kind", "did you mean 'EndpointSlice'?"),
        ("gateway.networking.k8s.io/v1alpha2", "HTTPRoute", "httproutes", "apiVersion", f"use {API!r}"),
        ("gateway.networking.k8s.io/v2", "Gateway", "gateways", "apiVersion", f"use {API!r}"),
        ("gateway.networking/v1", "Gateway", "gateways", "apiVersion", f"use {API!r}"),
        ("networking.k8s.io/v1", "HTTPRoute", "httproutes", "apiVersion", f"use {API!r}"),
        ("v1", "HTTPRoute", "httproutes", "apiVersion", f"use {API!r}"),
        ("v1", "EndpointSlice", "endpointslices", "apiVersion", "use 'discovery.k8s.io/v1'"),
        ("discovery.k8s.io/v1beta1", "EndpointSlice", "endpointslices", "apiVersion", "use 'discovery.k8s.io/v1'"),
        ("v2", "Service", "services", "apiVersion", "use 'v1'"),
        ("", "Service", "services", "apiVersion", "use 'v1'"),
        ("", "HTTPRoute", "httproutes", "apiVersion", f"use {API!r}"),
    ],
)
def test_a_mistake_is_told_with_what_was_meant(api_version: str, kind: str, meant: str, field: str, hint: str) -> None:
    """The kind that was meant, and what to write."""
    found = near_miss(KINDS, api_version, kind)

    assert found is not None
    assert (found[0].plural, found[1].field) == (meant, field)
    assert hint in found[1].message


OTHERS = [
    ("v1", "Pod"),
    ("v1", "ServiceAccount"),
    ("v1", "Endpoints"),
    ("v1", "Namespace"),
    ("apps/v1", "Deployment"),
    ("serving.knative.dev/v1", "Service"),
    ("networking.istio.io/v1", "Gateway"),
    ("policy.linkerd.io/v1beta1", "HTTPRoute"),
    ("kuma.io/v1alpha1", "MeshHTTPRoute"),
    (API, "GatewayClass"),
    (API, "GRPCRoute"),
    (API, "TCPRoute"),
    (API, "ReferenceGrant"),
    (API, "BackendTLSPolicy"),
    ("networking.k8s.io/v1", "Ingress"),
    ("", ""),
]


@pytest.mark.parametrize(
    ("api_version", "kind"), [other for other in OTHERS if (other[0].rpartition("/")[0], other[1]) not in READ]
)
def test_other_kinds_are_no_mistake(api_version: str, kind: str) -> None:
    """A directory may hold what others read."""
    assert near_miss((*KINDS, *REFERENCED), api_version, kind) is None


def test_what_was_meant_for_a_gateway_and_is_not_supported_is_said() -> None:
    """Other routes are not passed over in silence; what is not ours is."""
    assert "not supported yet" in unread(API, "TCPRoute")
    assert unread(API, "GatewayClass") == unread("v1", "Pod") == ""
