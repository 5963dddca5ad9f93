"""Who is served, and when."""

import pytest

from tests.support.manifests import documents, gateway, shop
from tests.support.offline import OfflineControlPlane
from xds_server.model.resource import CLUSTER, ENDPOINT, LISTENER, ROUTE
from xds_server.xds.transport.admission import Hold


@pytest.mark.parametrize("kind", ["gateways", "httproutes", "services", "endpointslices"])
def test_nobody_is_served_while_one_kind_is_not_listed(control_plane: OfflineControlPlane, kind: str) -> None:
    """Unknown is not empty: the stream is held, with the kind that is awaited, and `/readyz` says 503."""
    control_plane.given(shop("cart"), unlisted=(kind,))

    held = control_plane.connect("shop/edge")

    assert isinstance(held, Hold)
    assert held.kind == "not_ready"
    assert f"waiting for {kind} (pending" in held.reason
    assert not control_plane.ready


def test_the_last_kind_makes_everything_known_at_once(control_plane: OfflineControlPlane, delta: bool) -> None:
    """The first request has everything."""
    control_plane.given(shop("cart"), unlisted=("endpointslices",))
    control_plane.given(shop("cart"))

    proxy = control_plane.client(delta=delta)

    assert control_plane.ready
    assert proxy.request(CLUSTER) == ["shop/cart:80"]
    assert proxy.request(ENDPOINT) == ["shop/cart:80"]
    assert proxy.request(LISTENER) == ["shop/edge/8080"]
    assert proxy.request(ROUTE) == ["shop/edge/8080"]


def test_nothing_at_all_is_a_known_state(control_plane: OfflineControlPlane) -> None:
    """A cluster without objects is ready, and has no role."""
    control_plane.given("")

    held = control_plane.connect("shop/edge")

    assert control_plane.ready
    assert isinstance(held, Hold)
    assert held.kind == "unknown_role"


def test_a_role_that_no_gateway_has_is_held_until_there_is_one(control_plane: OfflineControlPlane) -> None:
    """The reason names the roles that there are."""
    control_plane.given(shop("cart"))
    held = control_plane.connect("shop/inner")

    assert isinstance(held, Hold)
    assert held.kind == "unknown_role"
    assert "shop/edge" in held.reason

    control_plane.given(documents(shop("cart"), gateway(9090, name="inner")))

    assert control_plane.client("shop/inner").request(LISTENER) == ["shop/inner/9090"]


def test_a_role_has_its_own_listeners_and_the_clusters_of_all(control_plane: OfflineControlPlane, delta: bool) -> None:
    """A change of the other's listeners is not sent."""
    control_plane.given(documents(shop("cart"), gateway(9090, name="inner")))
    edge, inner = control_plane.client(delta=delta), control_plane.client("shop/inner", delta=delta)
    for proxy in (edge, inner):
        proxy.request_all()
        proxy.received()

    assert edge.request(CLUSTER) == inner.request(CLUSTER) == ["shop/cart:80"]
    assert inner.request(LISTENER) == ["shop/inner/9090"]

    control_plane.given(documents(shop("cart"), gateway(9091, name="inner")))

    assert edge.received() == []
    assert inner.request(LISTENER) == ["shop/inner/9091"]
