"""Descriptors of the discovery messages, for server reflection (`reflection`).

They have only the fields that this server reads or writes, without options and annotations. Field numbers are those of the
.proto files.
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from xds_server.xds.transport.services import SERVICES

_STRUCT, _ANY, _STATUS = ".google.protobuf.Struct", ".google.protobuf.Any", ".google.rpc.Status"
_CORE, _DISCOVERY = "envoy.config.core.v3", "envoy.service.discovery.v3"
_DISCOVERY_FILE: Final = "envoy/service/discovery/v3/discovery.proto"

Fields = Mapping[int, str]
"""Field number -> `name type`. Types: `s` string, `i` int32, `u` uint32, `b` bool, or the name of a message. `*`: repeated."""

_FILES: Final[Mapping[str, tuple[str, tuple[str, ...], Mapping[str, Fields]]]] = {
    "google/rpc/status.proto": (
        "google.rpc",
        ("google/protobuf/any.proto",),
        {"Status": {1: "code i", 2: "message s", 3: f"details {_ANY}*"}},
    ),
    "envoy/config/core/v3/base.proto": (
        _CORE,
        ("google/protobuf/struct.proto",),
        {
            "Locality": {1: "region s", 2: "zone s", 3: "sub_zone s"},
            "ControlPlane": {1: "identifier s"},
            "Node": {
                1: "id s",
                2: "cluster s",
                3: f"metadata {_STRUCT}",
                4: f"locality .{_CORE}.Locality",
                6: "user_agent_name s",
                7: "user_agent_version s",
                10: "client_features s*",
            },
        },
    ),
    _DISCOVERY_FILE: (
        _DISCOVERY,
        ("envoy/config/core/v3/base.proto", "google/protobuf/any.proto", "google/rpc/status.proto"),
        {
            "DiscoveryRequest": {
                1: "version_info s",
                2: f"node .{_CORE}.Node",
                3: "resource_names s*",
                4: "type_url s",
                5: "response_nonce s",
                6: f"error_detail {_STATUS}",
            },
            "DiscoveryResponse": {
                1: "version_info s",
                2: f"resources {_ANY}*",
                4: "type_url s",
                5: "nonce s",
                6: f"control_plane .{_CORE}.ControlPlane",
            },
            "Version": {
                1: "key s",
                2: "value s",
            },  # An entry of a map<string, string>, which is encoded as a repeated message.
            "DeltaDiscoveryRequest": {
                1: f"node .{_CORE}.Node",
                2: "type_url s",
                3: "resource_names_subscribe s*",
                4: "resource_names_unsubscribe s*",
                5: f"initial_resource_versions .{_DISCOVERY}.Version*",
                6: "response_nonce s",
                7: f"error_detail {_STATUS}",
            },
            "Resource": {1: "version s", 2: f"resource {_ANY}", 3: "name s"},
            "DeltaDiscoveryResponse": {
                1: "system_version_info s",
                2: f"resources .{_DISCOVERY}.Resource*",
                4: "type_url s",
                5: "nonce s",
                6: "removed_resources s*",
                7: f"control_plane .{_CORE}.ControlPlane",
            },
        },
    ),
    "envoy/service/status/v3/csds.proto": (
        "envoy.service.status.v3",
        ("envoy/config/core/v3/base.proto", "google/protobuf/any.proto"),
        {
            "StringMatcher": {1: "exact s", 2: "prefix s", 3: "suffix s", 7: "contains s"},
            "NodeMatcher": {1: "node_id .envoy.service.status.v3.StringMatcher"},
            "ClientStatusRequest": {
                1: "node_matchers .envoy.service.status.v3.NodeMatcher*",
                3: "exclude_resource_contents b",
            },
            "UpdateFailureState": {3: "details s"},
            "GenericXdsConfig": {
                1: "type_url s",
                2: "name s",
                3: "version_info s",
                4: f"xds_config {_ANY}",
                6: "config_status i",
                8: "error_state .envoy.service.status.v3.UpdateFailureState",
            },
            "ClientConfig": {
                1: f"node .{_CORE}.Node",
                3: "generic_xds_configs .envoy.service.status.v3.GenericXdsConfig*",
                4: "client_scope s",
            },
            "ClientStatusResponse": {1: "config .envoy.service.status.v3.ClientConfig*"},
        },
    ),
}

Method = tuple[str, str, str, bool]
"""(name, request, response, whether both are streams)."""


def _services() -> Iterator[tuple[str, str, str, list[Method]]]:
    """(file, package, service, methods) of each service."""
    sotw = (f".{_DISCOVERY}.DiscoveryRequest", f".{_DISCOVERY}.DiscoveryResponse")
    delta = (f".{_DISCOVERY}.DeltaDiscoveryRequest", f".{_DISCOVERY}.DeltaDiscoveryResponse")
    for service in SERVICES:
        package, _, name = service.name.rpartition(".")
        methods = [(m, *messages, True) for m, messages in ((service.sotw, sotw), (service.delta, delta)) if m]
        yield f"{service.name.replace('.', '/')}.proto", package, name, methods
    asked = (".envoy.service.status.v3.ClientStatusRequest", ".envoy.service.status.v3.ClientStatusResponse")
    methods = [("StreamClientStatus", *asked, True), ("FetchClientStatus", *asked, False)]
    yield "xds_server/client_status.proto", "envoy.service.status.v3", "ClientStatusDiscoveryService", methods


class ReflectionDescriptors:
    """Encoded FileDescriptorProtos by file, and the file of each symbol."""

    def __init__(self) -> None:
        self._files: dict[str, Any] = {}
        self._symbols: dict[str, str] = {}
        self._add_known()
        for file, (package, imports, messages) in _FILES.items():
            described = self._file(file, package, imports)
            for name, fields in messages.items():
                _add_message(described, name, fields)
                self._symbols[f"{package}.{name}"] = file
        for file, package, name, methods in _services():
            imports = (_DISCOVERY_FILE, "envoy/service/status/v3/csds.proto")
            service = self._file(file, package, imports).service.add(name=name)
            for method, request, response, streams in methods:
                service.method.add(
                    name=method,
                    input_type=request,
                    output_type=response,
                    client_streaming=streams,
                    server_streaming=streams,
                )
                self._symbols[f"{package}.{name}.{method}"] = file
            self._symbols[f"{package}.{name}"] = file

    @property
    def services(self) -> list[str]:
        """Full names of the services."""
        return [f"{package}.{name}" for _, package, name, _ in _services()]

    def by_file(self, name: str) -> list[bytes] | None:
        """The file of that name and all files that it imports; None if it does not exist."""
        if name not in self._files:
            return None
        found: dict[str, bytes] = {}
        to_add = [name]
        while to_add:
            file = to_add.pop()
            if file not in found:
                found[file] = self._files[file].SerializeToString()
                to_add.extend(self._files[file].dependency)
        return list(found.values())

    def by_symbol(self, symbol: str) -> list[bytes] | None:
        """The file with the message, service or method of that name, and all files that it imports; None if it does not exist."""
        return self.by_file(self._symbols.get(symbol.lstrip("."), ""))

    def _file(self, name: str, package: str, imports: tuple[str, ...]) -> Any:
        from google.protobuf import descriptor_pb2  # noqa: PLC0415  Only a request pays for the import.

        made = descriptor_pb2.FileDescriptorProto(name=name, package=package, syntax="proto3", dependency=imports)
        self._files[name] = made
        return made

    def _add_known(self) -> None:
        """The files that come with protobuf itself."""
        from google.protobuf import any_pb2, descriptor_pb2, struct_pb2  # noqa: PLC0415
        from grpc_health.v1 import health_pb2  # noqa: PLC0415

        for module in (any_pb2, struct_pb2, health_pb2):
            made = descriptor_pb2.FileDescriptorProto.FromString(module.DESCRIPTOR.serialized_pb)
            self._files[made.name] = made
            symbols = [*made.message_type, *made.service]
            self._symbols.update({f"{made.package}.{symbol.name}": made.name for symbol in symbols})


_SCALARS: Final = {"s": 9, "i": 5, "u": 13, "b": 8}  # FieldDescriptorProto.Type
_MESSAGE: Final = 11


def _add_message(file: Any, name: str, fields: Fields) -> None:
    message = file.message_type.add(name=name)
    for number, described in fields.items():
        field_name, _, kind = described.partition(" ")
        field = message.field.add(name=field_name, number=number, label=3 if kind.endswith("*") else 1)
        field.type = _SCALARS.get(kind.rstrip("*"), _MESSAGE)
        if field.type == _MESSAGE:
            field.type_name = kind.rstrip("*")
