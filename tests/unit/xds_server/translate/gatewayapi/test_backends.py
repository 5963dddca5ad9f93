"""References of routes, resolved."""

import pytest

from tests.support.builders import backend, route, rule, service
from xds_server.model.objects import BackendRef, Match, Rule, Service
from xds_server.model.routing import Target
from xds_server.translate.gatewayapi.backends import resolved

SERVICES = {
    "shop/cart": service(),
    "other/cart": service("other/cart"),
    "shop/alias": Service(key="shop/alias", ports=(), external=True),
    "shop/wss": service("shop/wss", app_protocol="kubernetes.io/wss"),
    "shop/https": service("shop/https", app_protocol="HTTPS"),
    "shop/h2c": service("shop/h2c", app_protocol="kubernetes.io/h2c"),
    "shop/tcp": service("shop/tcp", app_protocol="tcp"),
}


def test_a_reference_becomes_a_target_with_its_weight() -> None:
    """A Service's port is a cluster; weight 0 gets no requests and no target."""
    made = resolved(route(rule(to=(backend(weight=3), backend(weight=0)))), SERVICES.get)

    assert (Target(cluster="shop/cart:80", weight=3, found=True),) == made.rules[0].targets
    assert made.unresolved == ()


@pytest.mark.parametrize(
    ("ref", "problem"),
    [
        (backend("shop/gone"), "there is no such Service"),
        (backend(port=81), "has no TCP port 81 (it has 80)"),
        (backend("other/cart"), "ReferenceGrant is not supported yet"),
        (BackendRef(service="shop/cart", port=80, kind="example.com/Bucket"), "only Services are supported"),
        (backend("shop/alias"), "Services of type ExternalName are not supported"),
        (backend("shop/wss"), "has appProtocol 'kubernetes.io/wss'"),
        (backend("shop/https"), "has appProtocol 'HTTPS'"),
    ],
)
def test_a_bad_reference_keeps_its_share_and_is_named(ref: BackendRef, problem: str) -> None:
    """An invalid reference stays, to answer 500 for its share, beside those that are good."""
    made = resolved(route(rule(to=(backend(), ref))), SERVICES.get)

    assert [target.found for target in made.rules[0].targets] == [True, False]
    assert problem in made.unresolved[0]
    assert len(made.unresolved) == 1


@pytest.mark.parametrize(
    ("ref", "reason"),
    [
        (backend("shop/alias"), "BackendNotFound"),
        (backend("shop/wss"), "UnsupportedProtocol"),
        (backend("shop/https"), "UnsupportedProtocol"),
    ],
)
def test_a_backend_that_cannot_be_spoken_to_has_the_gateway_apis_reason(ref: BackendRef, reason: str) -> None:
    """Its share answers 500."""
    assert resolved(route(rule(to=(ref,))), SERVICES.get).unresolved_reasons == (reason,)


@pytest.mark.parametrize("name", ["shop/h2c", "shop/tcp"])
def test_other_protocols_are_spoken(name: str) -> None:
    """HTTP/2 without TLS, and HTTP/1.1 for all that is not known."""
    assert resolved(route(rule(to=(backend(name),))), SERVICES.get).unresolved == ()


def test_a_dropped_rule_has_no_target() -> None:
    """It answers 500; what is wrong with its references is said all the same."""
    dropped = Rule(matches=(Match(),), backends=(backend(), backend("shop/gone")), dropped="why")

    made = resolved(route(dropped), SERVICES.get)

    assert made.rules[0].targets == ()
    assert made.unresolved_reasons == ("BackendNotFound",)
