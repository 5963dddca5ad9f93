"""The table of kinds."""

import pytest

from xds_server.providers.kinds import KINDS, kinds

BY_PLURAL = {kind.plural: kind for kind in KINDS}


@pytest.mark.parametrize(
    ("plural", "path"),
    [
        ("gateways", "/apis/gateway.networking.k8s.io/v1/gateways"),
        ("httproutes", "/apis/gateway.networking.k8s.io/v1/httproutes"),
        ("services", "/api/v1/services"),
        ("endpointslices", "/apis/discovery.k8s.io/v1/endpointslices"),
    ],
)
def test_paths_are_those_of_the_api(plural: str, path: str) -> None:
    """The core group has a path of its own."""
    assert BY_PLURAL[plural].path == path


def test_resources_are_named_as_in_rbac() -> None:
    """The group follows the plural, but the core group has no name."""
    assert BY_PLURAL["httproutes"].resource == "httproutes.gateway.networking.k8s.io"
    assert BY_PLURAL["services"].resource == "services"


@pytest.mark.parametrize(
    ("plural", "api_version", "kind", "expected"),
    [
        ("services", "v1", "Service", True),
        ("services", "serving.knative.dev/v1", "Service", False),
        ("httproutes", "gateway.networking.k8s.io/v1", "HTTPRoute", True),
        ("httproutes", "gateway.networking.k8s.io/v1beta1", "HTTPRoute", True),
        ("httproutes", "gateway.networking.k8s.io/v1alpha2", "HTTPRoute", False),
        ("httproutes", "gateway.networking.k8s.io/v1", "GRPCRoute", False),
    ],
)
def test_an_object_is_of_a_kind_by_group_version_and_kind(
    plural: str, api_version: str, kind: str, expected: bool
) -> None:
    """Knative's Service is not Kubernetes' Service."""
    assert BY_PLURAL[plural].describes(api_version, kind) == expected


def test_kinds_are_required_unless_said_otherwise() -> None:
    """A setting makes kinds optional, by their plural name."""
    assert all(kind.required for kind in kinds())
    assert [kind.plural for kind in kinds(["httproutes"]) if not kind.required] == ["httproutes"]


def test_an_unknown_optional_kind_is_refused() -> None:
    """A misspelt kind is an error, for it would stay required."""
    with pytest.raises(ValueError, match="optional kind 'routes' is not known: use gateways, httproutes"):
        kinds(["routes"])
