"""Clusters, and what those were that are no more."""

import pytest

from tests.support import builders
from xds_server.envoy.clusters import clusters, departed


def test_a_cluster_that_went_is_made_again_as_it_was() -> None:
    """From its name alone come the very bytes, unless it spoke HTTP/2."""
    for name, item in clusters(builders.service("shop/cart", 8080)).items():
        assert item == departed(name)


@pytest.mark.parametrize(
    "name", ["", "cart", "shop/cart", "shop/cart:", "shop/cart:http", "a/b/c:80", "xds_cluster", "shop/cart:80\n"]
)
def test_a_name_that_is_none_of_ours_is_left_alone(name: str) -> None:
    """What came from elsewhere is not taken for a cluster of ours."""
    assert departed(name) is None
