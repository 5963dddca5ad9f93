"""Server reflection, read by Google's own runtime."""

import pytest
from envoy_data_plane.envoy.service.discovery import v3 as discovery_v3
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

from xds_server.envoy.wire.reader import DecodeError, field_at, text
from xds_server.envoy.wire.writer import field_string
from xds_server.xds.transport.reflection import SERVICES, answer
from xds_server.xds.transport.services import SERVICES as DISCOVERY


def _fields(data: bytes) -> dict[int, list[bytes]]:
    found: dict[int, list[bytes]] = {}
    at = 0
    while at < len(data):
        key, begin, at = field_at(data, at, len(data))
        found.setdefault(key >> 3, []).append(data[begin:at])
    return found


def _pool(request: bytes) -> descriptor_pool.DescriptorPool:
    """What a tool makes of the files in an answer."""
    files = [descriptor_pb2.FileDescriptorProto.FromString(one) for one in _fields(_fields(answer(request))[4][0])[1]]
    pool, left = descriptor_pool.DescriptorPool(), {file.name: file for file in files}
    while left:
        ready = [file for file in left.values() if not {*file.dependency} & left.keys()]
        for file in ready:
            pool.Add(left.pop(file.name))
    return pool


def test_all_services_are_listed() -> None:
    """Discovery, client status, health and reflection itself."""
    listed = _fields(_fields(answer(field_string(7, "*")))[6][0])[1]
    names = {text(one, 2, len(one)) for one in listed}
    assert names == {
        *(service.name for service in DISCOVERY),
        *SERVICES,
        "envoy.service.status.v3.ClientStatusDiscoveryService",
        "grpc.health.v1.Health",
    }


@pytest.mark.parametrize("service", DISCOVERY, ids=lambda one: one.name)
def test_each_service_is_described(service: object) -> None:
    """The files of a service are complete, and name its methods with their messages."""
    name: str = service.name  # type: ignore[attr-defined]
    described = _pool(field_string(4, name)).FindServiceByName(name)
    methods = {method.name: method.input_type.full_name for method in described.methods}
    assert methods == {
        method: f"envoy.service.discovery.v3.{kind}"
        for method, kind in ((service.sotw, "DiscoveryRequest"), (service.delta, "DeltaDiscoveryRequest"))  # type: ignore[attr-defined]
        if method
    }


def test_messages_are_those_of_envoy() -> None:
    """What a tool writes by our description, envoy-data-plane's classes read, and the other way round."""
    pool = _pool(field_string(4, "envoy.service.discovery.v3.AggregatedDiscoveryService.StreamAggregatedResources"))
    kind = message_factory.GetMessageClass(pool.FindMessageTypeByName("envoy.service.discovery.v3.DiscoveryRequest"))
    message = kind(type_url="t", resource_names=["a"], response_nonce="n", version_info="v")
    message.node.id, message.error_detail.message = "edge", "no"  # type: ignore[attr-defined]
    read = discovery_v3.DiscoveryRequest.parse(message.SerializeToString())
    assert (read.type_url, read.resource_names, read.response_nonce, read.version_info) == ("t", ["a"], "n", "v")
    assert read.node is not None
    assert read.node.id == "edge"
    assert kind.FromString(bytes(read)) == message


def test_what_is_not_there_is_not_found() -> None:
    """The answer says so, and repeats the question."""
    request = field_string(4, "some.Thing")
    fields = _fields(answer(request))
    assert fields[2] == [request]
    assert b"some.Thing" in fields[7][0]


def test_garbage_is_refused() -> None:
    """It raises DecodeError, and nothing else."""
    with pytest.raises(DecodeError):
        answer(b"\xff")
