"""Models of the library, encoded on demand. That all of them are encoded alike: tests/property/test_codec.py."""

from datetime import timedelta
from random import Random

import pytest
from envoy_data_plane.envoy.config.cluster.v3 import Cluster, ClusterDiscoveryType
from envoy_data_plane.envoy.config.endpoint.v3 import ClusterLoadAssignment, ClusterLoadAssignmentPolicy
from google.protobuf.duration_pb2 import Duration

from tests.support.message_instances import instance, models
from xds_server.envoy.generate.models import encode


def test_a_model_made_by_its_constructor_is_encoded_as_it_encodes_itself() -> None:
    """With the library's own checks at work, the bytes are the library's."""
    assignment = ClusterLoadAssignment(
        cluster_name="a", policy=ClusterLoadAssignmentPolicy(overprovisioning_factor=0, weighted_priority_health=True)
    )

    assert encode(assignment) == bytes(assignment)


def test_a_negative_duration_keeps_its_sign() -> None:
    """Half a second less than nothing is that; the library makes it half a second."""
    expected = Duration()
    expected.FromMilliseconds(-500)
    cluster = Cluster(connect_timeout=timedelta(milliseconds=-500))

    encoded = encode(cluster)

    assert encoded == b"\x22\x0b" + expected.SerializeToString()
    assert bytes(cluster) != encoded


def test_a_value_that_its_enum_does_not_have_is_refused() -> None:
    """The encoders take values by name, so one without is not for them."""
    with pytest.raises(ValueError, match=r"Cluster.type is '77': it must be one of STATIC"):
        encode(Cluster(type=ClusterDiscoveryType(77)))


def test_instances_are_reproducible_and_not_trivial() -> None:
    """The same seed makes the same instance, and a listener of some size is among those that seeds make."""
    model = models()["envoy.config.listener.v3.Listener"]

    made = [[encode(instance(model, Random(seed))) for seed in range(20)] for _ in range(2)]

    assert made[0] == made[1]
    assert max(len(one) for one in made[0]) > 1_000
