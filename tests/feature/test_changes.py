"""What a proxy is sent when objects change, and in which order."""

import pytest

from tests.support.manifests import documents, endpoints, gateway, route, service, shop
from tests.support.offline import Client, OfflineControlPlane
from xds_server.model.resource import CLUSTER, ENDPOINT, LISTENER, ROUTE


@pytest.fixture
def proxy(control_plane: OfflineControlPlane, delta: bool) -> Client:
    """A proxy that has everything of a shop with one service."""
    control_plane.given(shop("cart"))
    client = control_plane.client(delta=delta)
    client.request_all()
    client.received()
    return client


def test_the_first_answers_come_in_the_order_of_their_requests(control_plane: OfflineControlPlane, delta: bool) -> None:
    """Clusters, their endpoints, listeners, their routes: each as soon as it is asked for."""
    control_plane.given(shop("cart"))
    client = control_plane.client(delta=delta)
    client.request_all()

    assert client.received() == [
        "CDS shop/cart:80", "EDS shop/cart:80", "LDS shop/edge/8080", "RDS shop/edge/8080"
    ]  # fmt: skip


def test_nothing_is_sent_when_nothing_that_is_served_changes(control_plane: OfflineControlPlane, proxy: Client) -> None:
    """The same objects in another order, and a Gateway of another class."""
    control_plane.given(documents(*reversed(shop("cart").split("---\n"))))
    control_plane.given(documents(shop("cart"), gateway(name="foreign").replace("xds-server", "other")))

    assert proxy.received() == []


def test_an_endpoint_is_one_load_assignment(control_plane: OfflineControlPlane, proxy: Client) -> None:
    """An endpoint that comes, and the last one that goes: the load assignment is sent, and never withheld."""
    before = proxy.has[ENDPOINT]["shop/cart:80"]
    control_plane.given(documents(shop("cart").rsplit("---\n", 1)[0], endpoints("10.0.0.1", "10.0.0.2")))

    assert proxy.received() == ["EDS shop/cart:80"]
    assert proxy.has[ENDPOINT]["shop/cart:80"].version != before.version

    control_plane.given(shop("cart"))
    proxy.receive()

    assert proxy.has[ENDPOINT]["shop/cart:80"].version == before.version


def test_a_new_backend_is_there_before_the_route_that_names_it(
    control_plane: OfflineControlPlane, proxy: Client, delta: bool
) -> None:
    """Make before break: the cluster, its endpoints, and only then the route."""
    control_plane.given(shop("cart", "pay"))

    clusters = "CDS shop/pay:80" if delta else "CDS shop/cart:80 shop/pay:80"
    assert proxy.received() == [clusters, "EDS shop/pay:80", "RDS shop/edge/8080"]


def test_a_backend_goes_after_the_route_that_named_it(control_plane: OfflineControlPlane, delta: bool) -> None:
    """The route first; the cluster is removed once nothing names it."""
    control_plane.given(shop("cart", "pay"))
    proxy = control_plane.client(delta=delta)
    proxy.request_all()
    proxy.received()

    control_plane.given(shop("cart"))

    route_first, *removed = proxy.received()
    assert route_first == "RDS shop/edge/8080"
    assert removed == ["CDS -shop/pay:80" if delta else "CDS shop/cart:80"]
    assert proxy.request(CLUSTER) == proxy.request(ENDPOINT) == ["shop/cart:80"]


def test_a_route_moves_from_one_backend_to_another_without_a_gap(
    control_plane: OfflineControlPlane, proxy: Client
) -> None:
    """The new cluster, its endpoints, the route, and last the removal of the old cluster."""
    control_plane.given(shop("pay"))

    order = [line.split()[0] for line in proxy.received()]
    assert order == ["CDS", "EDS", "RDS", "CDS"]
    assert proxy.request(CLUSTER) == ["shop/pay:80"]


def test_a_listener_that_goes_takes_its_routes_with_it(control_plane: OfflineControlPlane, delta: bool) -> None:
    """A port is removed from the Gateway, and another is added."""
    control_plane.given(documents(gateway(8080, 8081), route(), service(), endpoints("10.0.0.1")))
    proxy = control_plane.client(delta=delta)
    proxy.request_all()

    control_plane.given(documents(gateway(8081, 8082), route(), service(), endpoints("10.0.0.1")))

    assert proxy.request(LISTENER) == proxy.request(ROUTE) == ["shop/edge/8081", "shop/edge/8082"]


def test_a_route_whose_service_goes_answers_500_and_stays(control_plane: OfflineControlPlane, proxy: Client) -> None:
    """The route is changed before the cluster is removed."""
    control_plane.given(documents(gateway(), route()))

    assert [line.split()[0] for line in proxy.received()][:2] == ["RDS", "CDS"]
    assert proxy.request(ROUTE) == ["shop/edge/8080"]
    assert proxy.request(CLUSTER) == []


def test_what_is_rejected_is_not_sent_again_until_it_changes(
    control_plane: OfflineControlPlane, proxy: Client, delta: bool
) -> None:
    """A NACK costs the type alone; the next change is sent."""
    proxy.rejecting.add(LISTENER)
    control_plane.given(documents(gateway(8080, 8081), route(), service(), endpoints("10.0.0.1")))

    assert proxy.received() == ["!LDS shop/edge/8081" if delta else "!LDS shop/edge/8080 shop/edge/8081"]
    assert proxy.request(LISTENER) == ["shop/edge/8080"]

    control_plane.given(documents(gateway(8080, 8081), route(), service(), endpoints("10.0.0.2")))
    assert proxy.received() == ["EDS shop/cart:80"]

    control_plane.given(documents(gateway(8080, 8082), route(), service(), endpoints("10.0.0.2")))

    assert proxy.request(LISTENER) == ["shop/edge/8080", "shop/edge/8082"]


def test_an_object_that_breaks_keeps_what_it_was(control_plane: OfflineControlPlane, proxy: Client) -> None:
    """A route that cannot be read is served as before."""
    control_plane.given(shop("cart").replace("{backendRefs: [{name: cart, port: 80}]}", "{backendRefs: 7}"))

    assert [problem.object for problem in control_plane.problems] == ["HTTPRoute shop/cart"]
    assert proxy.received() == []
