"""The codec of client status discovery: who has which configuration.

Source: envoy/service/status/v3/csds.proto, envoy/type/matcher/v3/{node,string}.proto, envoy/admin/v3/config_dump_shared.proto.
"""

from collections.abc import Callable, Sequence
from typing import Final

import msgspec

from xds_server.envoy.wire.reader import field_at, text, varint_at
from xds_server.envoy.wire.writer import LENGTH_DELIMITED, VARINT, field_bytes, field_string, field_varint, tag, varint
from xds_server.model.resource import SECRET, Resource
from xds_server.xds.protocol.messages import ConfigStatus, Node, ResourceStatus

Matches = Callable[[str], bool]

_MATCHERS, _EXCLUDE = 1 << 3 | LENGTH_DELIMITED, 3 << 3 | VARINT
_NODE_ID, _NODE_METADATA = 1 << 3 | LENGTH_DELIMITED, 2 << 3 | LENGTH_DELIMITED
_IGNORE_CASE = 6 << 3 | VARINT
_STRING_TESTS: Final[dict[int, Callable[[str, str], bool]]] = {
    1 << 3 | LENGTH_DELIMITED: str.__eq__,
    2 << 3 | LENGTH_DELIMITED: str.startswith,
    3 << 3 | LENGTH_DELIMITED: str.endswith,
    7 << 3 | LENGTH_DELIMITED: str.__contains__,
}


class StatusRequest(msgspec.Struct, frozen=True):
    """A ClientStatusRequest."""

    nodes: tuple[Matches, ...]
    """Whose status is asked for: of any node whose id matches one of these; everybody's, if there are none."""
    contents: bool
    """Whether the resources are wanted, too."""

    def concerns(self, node: Node) -> bool:
        """Whether the status of *node* is asked for."""
        return not self.nodes or any(matches(node.id) for matches in self.nodes)


class UnsupportedRequestError(ValueError):
    """A request that is well-formed, and asks for more than we can tell."""


def decode_status_request(data: bytes) -> StatusRequest:
    """The request in *data*. Raises DecodeError, Unsupported."""
    nodes: list[Matches] = []
    contents = True
    at = 0
    while at < len(data):
        key, begin, at = field_at(data, at, len(data))
        if key == _MATCHERS:
            nodes.append(_node_matcher(data, begin, at))
        elif key == _EXCLUDE:
            contents = not varint_at(data, begin, at)[0]
    return StatusRequest(tuple(nodes), contents)


def _node_matcher(data: bytes, at: int, end: int) -> Matches:
    matches: Matches = lambda _: True  # noqa: E731
    while at < end:
        key, begin, at = field_at(data, at, end)
        if key == _NODE_ID:
            matches = _string_matcher(data, begin, at)
        elif key == _NODE_METADATA:
            raise UnsupportedRequestError("node_metadatas is not supported: match node_id")
    return matches


def _string_matcher(data: bytes, at: int, end: int) -> Matches:
    test: Callable[[str, str], bool] = str.__eq__
    pattern, fold = "", False
    while at < end:
        key, begin, at = field_at(data, at, end)
        if key in _STRING_TESTS:
            test, pattern = _STRING_TESTS[key], text(data, begin, at)
        elif key == _IGNORE_CASE:
            fold = bool(varint_at(data, begin, at)[0])
        else:
            raise UnsupportedRequestError(
                "node_id has a matcher that is not supported: use exact, prefix, suffix or contains"
            )
    if fold:
        return lambda value: bool(test(value.lower(), pattern.lower()))
    return lambda value: bool(test(value, pattern))


def client_config(node: Node, scope: str, resources: Sequence[bytes]) -> list[bytes]:
    """A ClientConfig, of encoded resources, as a field of a ClientStatusResponse: in pieces, which clients share."""
    encoded_node = field_string(1, node.id) + (field_string(2, node.cluster) if node.cluster else b"")
    pieces = (field_bytes(1, encoded_node), *resources, field_string(4, scope))
    return [tag(1, LENGTH_DELIMITED) + varint(sum(map(len, pieces))), *pieces]


class ResourceEncoder:
    """Encodes where clients stand with resources; what many clients have in common is encoded once."""

    __slots__ = ("_contents", "_known")

    def __init__(self, *, contents: bool) -> None:
        """*contents*: whether the resources are shown, too. Secrets are named, and never shown."""
        self._contents = contents
        self._known: dict[tuple[int, ConfigStatus], tuple[Resource, bytes]] = {}

    def encode(self, one: ResourceStatus) -> bytes:
        """The field of a ClientConfig."""
        if one.resource is None or one.message:
            return field_bytes(3, self._encoded(one))
        key = id(one.resource), one.status
        known = self._known.get(key)
        if known is None:  # The resource is kept, so that its id stays its own.
            known = self._known[key] = one.resource, field_bytes(3, self._encoded(one))
        return known[1]

    def _encoded(self, one: ResourceStatus) -> bytes:
        parts = [field_string(1, one.type_url), field_string(2, one.name)]
        if one.resource is not None:
            parts.append(field_string(3, one.resource.version))
            if self._contents and one.type_url != SECRET:
                parts.append(field_bytes(4, field_string(1, one.type_url) + field_bytes(2, one.resource.body)))
        parts.append(field_varint(6, one.status))
        if one.message:
            parts.append(field_bytes(8, field_string(3, one.message)))
        return b"".join(parts)
