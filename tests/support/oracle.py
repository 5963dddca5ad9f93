"""Google's own protobuf runtime, taught the messages of discovery: the strictest reader that can be had here."""

from typing import Any

from google.protobuf import any_pb2, descriptor_pb2, descriptor_pool, duration_pb2, message_factory, struct_pb2

_FIELD = descriptor_pb2.FieldDescriptorProto
_STRING, _MESSAGE, _UINT32, _INT32, _BOOL = (
    _FIELD.TYPE_STRING,
    _FIELD.TYPE_MESSAGE,
    _FIELD.TYPE_UINT32,
    _FIELD.TYPE_INT32,
    _FIELD.TYPE_BOOL,
)
# name -> (field, number, type or message, repeated, oneof)
_MESSAGES: dict[str, list[tuple[str, int, int | str, bool, str]]] = {
    "SemanticVersion": [
        ("major", 1, _UINT32, False, ""),
        ("minor", 2, _UINT32, False, ""),
        ("patch", 3, _UINT32, False, ""),
    ],
    "BuildVersion": [("version", 1, ".t.SemanticVersion", False, "")],
    "Node": [
        ("id", 1, _STRING, False, ""),
        ("cluster", 2, _STRING, False, ""),
        ("metadata", 3, ".google.protobuf.Struct", False, ""),
        ("user_agent_name", 6, _STRING, False, ""),
        ("user_agent_version", 7, _STRING, False, "agent"),
        ("user_agent_build_version", 8, ".t.BuildVersion", False, "agent"),
        ("client_features", 10, _STRING, True, ""),
    ],
    "Status": [("code", 1, _INT32, False, ""), ("message", 2, _STRING, False, "")],
    "DiscoveryRequest": [
        ("version_info", 1, _STRING, False, ""),
        ("node", 2, ".t.Node", False, ""),
        ("resource_names", 3, _STRING, True, ""),
        ("type_url", 4, _STRING, False, ""),
        ("response_nonce", 5, _STRING, False, ""),
        ("error_detail", 6, ".t.Status", False, ""),
    ],
    # On the wire a map is a repeated message of key and value.
    "VersionEntry": [("key", 1, _STRING, False, ""), ("value", 2, _STRING, False, "")],
    "ResourceLocator": [("name", 1, _STRING, False, "")],
    "DeltaDiscoveryRequest": [
        ("node", 1, ".t.Node", False, ""),
        ("type_url", 2, _STRING, False, ""),
        ("resource_names_subscribe", 3, _STRING, True, ""),
        ("resource_names_unsubscribe", 4, _STRING, True, ""),
        ("initial_resource_versions", 5, ".t.VersionEntry", True, ""),
        ("response_nonce", 6, _STRING, False, ""),
        ("error_detail", 7, ".t.Status", False, ""),
        ("resource_locators_subscribe", 8, ".t.ResourceLocator", True, ""),
        ("resource_locators_unsubscribe", 9, ".t.ResourceLocator", True, ""),
    ],
    "Resource": [
        ("version", 1, _STRING, False, ""),
        ("resource", 2, ".google.protobuf.Any", False, ""),
        ("name", 3, _STRING, False, ""),
        ("ttl", 6, ".google.protobuf.Duration", False, ""),
    ],
    "DeltaDiscoveryResponse": [
        ("system_version_info", 1, _STRING, False, ""),
        ("resources", 2, ".t.Resource", True, ""),
        ("type_url", 4, _STRING, False, ""),
        ("nonce", 5, _STRING, False, ""),
        ("removed_resources", 6, _STRING, True, ""),
        ("control_plane", 7, ".t.ControlPlane", False, ""),
    ],
    "ControlPlane": [("identifier", 1, _STRING, False, "")],
    "DiscoveryResponse": [
        ("version_info", 1, _STRING, False, ""),
        ("resources", 2, ".google.protobuf.Any", True, ""),
        ("canary", 3, _BOOL, False, ""),
        ("type_url", 4, _STRING, False, ""),
        ("nonce", 5, _STRING, False, ""),
        ("control_plane", 6, ".t.ControlPlane", False, ""),
    ],
}


def _file() -> descriptor_pb2.FileDescriptorProto:
    file = descriptor_pb2.FileDescriptorProto(name="t.proto", package="t", syntax="proto3")
    file.dependency.extend(
        ["google/protobuf/struct.proto", "google/protobuf/any.proto", "google/protobuf/duration.proto"]
    )
    for name, fields in _MESSAGES.items():
        message = file.message_type.add(name=name)
        for field, number, kind, repeated, oneof in fields:
            made = message.field.add(name=field, number=number)
            made.label = _FIELD.LABEL_REPEATED if repeated else _FIELD.LABEL_OPTIONAL
            if isinstance(kind, str):
                made.type, made.type_name = _MESSAGE, kind
            else:
                made.type = kind
            if oneof:
                if not message.oneof_decl:
                    message.oneof_decl.add(name=oneof)
                made.oneof_index = 0
    return file


_POOL = descriptor_pool.DescriptorPool()
for _proto in (struct_pb2, any_pb2, duration_pb2):
    _POOL.AddSerializedFile(_proto.DESCRIPTOR.serialized_pb)
_POOL.Add(_file())

DiscoveryRequest: Any = message_factory.GetMessageClass(_POOL.FindMessageTypeByName("t.DiscoveryRequest"))
DiscoveryResponse: Any = message_factory.GetMessageClass(_POOL.FindMessageTypeByName("t.DiscoveryResponse"))
DeltaDiscoveryRequest: Any = message_factory.GetMessageClass(_POOL.FindMessageTypeByName("t.DeltaDiscoveryRequest"))
DeltaDiscoveryResponse: Any = message_factory.GetMessageClass(_POOL.FindMessageTypeByName("t.DeltaDiscoveryResponse"))
Resource: Any = message_factory.GetMessageClass(_POOL.FindMessageTypeByName("t.Resource"))
