"""The node of a request: what we need of it, and nothing else is looked at. Its texts are cut, and made printable.

Source: envoy/config/core/v3/base.proto (Node, BuildVersion), google/protobuf/struct.proto.
"""

from typing import Final

from xds_server.envoy.wire.reader import Room, text, varint_at, words
from xds_server.envoy.wire.writer import LENGTH_DELIMITED, VARINT
from xds_server.xds.protocol.messages import Node

TTL_FEATURE: Final = "xds.config.supports-resource-ttl"
"""The client feature by which a client says that it knows resources with a time to live. Envoy says it if its
bootstrap has it in `node.client_features`. To know the wrapper is not enough: gRPC refuses one without a body."""

ROLE_KEY: Final = "role"
"""Key of the metadata that names the Gateway."""


def _text_tag(number: int) -> int:
    return number << 3 | LENGTH_DELIMITED


_ID, _CLUSTER, _METADATA = _text_tag(1), _text_tag(2), _text_tag(3)
_AGENT_NAME, _AGENT_VERSION, _AGENT_BUILD = _text_tag(6), _text_tag(7), _text_tag(8)
_FEATURE = _text_tag(10)
_STRUCT_FIELD = _text_tag(1)
_ENTRY_KEY, _ENTRY_VALUE = _text_tag(1), _text_tag(2)
_VALUE_STRING = _text_tag(3)
_VALUE_KINDS: Final = frozenset(
    (1 << 3 | VARINT, 2 << 3 | 1, _VALUE_STRING, 4 << 3 | VARINT, _text_tag(5), _text_tag(6))
)
_BUILD_VERSION = _text_tag(1)
_VERSION_PARTS: Final = {number << 3 | VARINT: number - 1 for number in (1, 2, 3)}
_UINT32: Final = (1 << 32) - 1


class NodeReader:
    """Reads a Node; what is repeated is merged, as protobuf does it: the last scalar wins."""

    __slots__ = ("_agent", "_build", "_cluster", "_id", "_role", "_room", "_supports_ttl", "_version")

    def __init__(self, room: Room) -> None:
        self._room = room
        self._id = self._cluster = self._role = self._agent = self._version = ""
        self._build = [0, 0, 0]
        self._supports_ttl = False

    def read(self, data: bytes, at: int, end: int) -> None:
        """Takes the bytes of a Node. Raises DecodeError."""
        for key, begin, after in self._room.fields(data, at, end):
            if key == _ID:
                self._id = words(data, begin, after)
            elif key == _CLUSTER:
                self._cluster = words(data, begin, after)
            elif key == _METADATA:
                self._read_metadata(data, begin, after)
            elif key == _FEATURE:
                self._supports_ttl |= text(data, begin, after) == TTL_FEATURE
            elif key == _AGENT_NAME:
                self._agent = words(data, begin, after)
            elif key == _AGENT_VERSION:
                self._version, self._build = words(data, begin, after), [0, 0, 0]
            elif key == _AGENT_BUILD:
                self._version = ""
                self._read_build(data, begin, after)

    def node(self) -> Node:
        """What was read."""
        version = self._version or (".".join(map(str, self._build)) if any(self._build) else "")
        agent = "/".join(part for part in (self._agent, version) if part)
        return Node(self._id, self._cluster, self._role or self._cluster, agent, self._supports_ttl)

    def _read_metadata(self, data: bytes, at: int, end: int) -> None:
        for key, begin, after in self._room.fields(data, at, end):
            if key == _STRUCT_FIELD:
                self._read_entry(data, begin, after)

    def _read_entry(self, data: bytes, at: int, end: int) -> None:
        name = value = ""
        for key, begin, after in self._room.fields(data, at, end):
            if key == _ENTRY_KEY:
                name = text(data, begin, after)
            elif key == _ENTRY_VALUE:
                value = self._string_value(data, begin, after, value)
        if name == ROLE_KEY:
            self._role = value

    def _read_build(self, data: bytes, at: int, end: int) -> None:
        for key, begin, after in self._room.fields(data, at, end):
            if key != _BUILD_VERSION:
                continue
            for part, value, inner in self._room.fields(data, begin, after):
                if part in _VERSION_PARTS:
                    self._build[_VERSION_PARTS[part]] = varint_at(data, value, inner)[0] & _UINT32

    def _string_value(self, data: bytes, at: int, end: int, before: str) -> str:
        """The string in a google.protobuf.Value; "" if the last of its kinds is another."""
        value = before
        for key, begin, after in self._room.fields(data, at, end):
            if key in _VALUE_KINDS:
                value = words(data, begin, after) if key == _VALUE_STRING else ""
        return value
