"""The last good configuration as bytes."""

import pytest

from tests.unit.xds_server.readiness.test_publisher import Rig
from xds_server.model.resource import CLUSTER, ENDPOINT, LISTENER, ROUTE
from xds_server.readiness.protections.last_good_format import BrokenError, decode, encode, resources
from xds_server.xds.cache.resource_cache import ResourceCache


def published() -> ResourceCache:
    rig = Rig()
    rig.list()
    return rig.cache


def test_what_is_read_is_what_was_written() -> None:
    """Equal names, bytes and versions, in all four types."""
    cache = published()
    view = cache.role_tables("shop/edge")
    assert view is not None

    saved = decode(encode(cache, {"shop/edge", "gone/gone"}, 17.0))

    assert (saved.time, list(saved.roles)) == (17.0, ["shop/edge"])
    for items, types in ((saved.shared, (CLUSTER, ENDPOINT)), (saved.roles["shop/edge"], (LISTENER, ROUTE))):
        assert set(items) == set(types)
        for type_url in types:
            expected = [(item.name, item.body, item.version) for item in view[type_url]]
            assert [(item.name, item.body, item.version) for item in resources(items)[type_url]] == expected
            assert len(view[type_url]) == 1


def test_whatever_is_not_whole_is_refused() -> None:
    """Cut off anywhere, altered anywhere, or something else."""
    data = encode(published(), {"shop/edge"}, 17.0)

    for length in range(len(data)):
        with pytest.raises(BrokenError):
            decode(data[:length])
    for at in range(0, len(data), 7):
        with pytest.raises(BrokenError):
            decode(data[:at] + bytes((data[at] ^ 1,)) + data[at + 1 :])
    with pytest.raises(BrokenError, match="not a saved configuration"):
        decode(b"#!/bin/sh\n" * 10)
