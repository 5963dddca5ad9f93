"""References of routes, resolved."""

import pytest

from tests.unit.xds_server.builders import backend, route, rule, service
from xds_server.model.objects import BackendRef
from xds_server.model.routing import Target
from xds_server.translate.backends import resolved

SERVICES = {"shop/cart": service(), "other/cart": service("other/cart")}


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
    ],
)
def test_a_bad_reference_keeps_its_share_and_is_named(ref: BackendRef, problem: str) -> None:
    """An invalid reference stays, to answer 500 for its share, beside those that are good."""
    made = resolved(route(rule(to=(backend(), ref))), SERVICES.get)

    assert [target.found for target in made.rules[0].targets] == [True, False]
    assert problem in made.unresolved[0]
    assert len(made.unresolved) == 1
