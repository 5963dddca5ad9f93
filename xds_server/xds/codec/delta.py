"""The codec of incremental discovery: requests from bytes, responses to bytes.

Source: envoy/service/discovery/v3/discovery.proto (DeltaDiscoveryRequest, DeltaDiscoveryResponse, Resource).
"""

from collections.abc import Hashable
from typing import Final

from xds_server.envoy.wire.reader import field_at, text
from xds_server.envoy.wire.writer import LENGTH_DELIMITED, duration, field_bytes, field_string, tag, varint
from xds_server.model.resource import Resource, TypeUrl
from xds_server.xds.codec.sotw import (
    MAX_FIELDS,
    MAX_NAMES,
    LimitError,
    Memo,
    RequestFields,
    SharedBytes,
    Steps,
    ascii_text,
    control_plane,
    run_steps,
    scan_names,
    type_field,
)
from xds_server.xds.protocol.messages import DeltaRequest, DeltaResponse

_NODE, _TYPE_URL, _SUBSCRIBE, _UNSUBSCRIBE, _VERSIONS, _NONCE, _ERROR = (
    number << 3 | LENGTH_DELIMITED for number in range(1, 8)
)
_LOCATORS: Final = {8 << 3 | LENGTH_DELIMITED: _SUBSCRIBE, 9 << 3 | LENGTH_DELIMITED: _UNSUBSCRIBE}
_STEP_ENTRIES: Final = 500
_ENTRY_FIELDS: Final = 1000
"""A resource locator has one for each of its parameters."""
_NAME_BYTES: Final = 60
_KEY, _VALUE = (number << 3 | LENGTH_DELIMITED for number in (1, 2))
_PARTS: Final = {_NODE: "node", _TYPE_URL: "type_url", _NONCE: "nonce", _ERROR: "error"}
_SYSTEM_VERSION, _RESOURCES, _RESPONSE_TYPE_URL, _RESPONSE_NONCE, _REMOVED, _CONTROL_PLANE = 1, 2, 4, 5, 6, 7
_RESOURCE_VERSION, _RESOURCE_BODY, _RESOURCE_NAME, _RESOURCE_TTL = 1, 2, 3, 6


class DeltaRequestDecoder:
    """Decodes DeltaDiscoveryRequests. Those of a stream have nothing in common that could be remembered."""

    __slots__ = ()

    def decode(self, data: bytes) -> DeltaRequest:
        """The request in *data*. Raises DecodeError; unknown fields are skipped."""
        return run_steps(self.steps(data))

    def steps(self, data: bytes) -> Steps[DeltaRequest]:
        """The same in short steps, between which something else may be done.

        A resource locator counts as the name in it: dynamic parameters are not served (R112).
        """
        parts = RequestFields()
        lists: dict[int, list[str]] = {_SUBSCRIBE: [], _UNSUBSCRIBE: []}
        versions: dict[str, str] = {}
        room = MAX_NAMES
        at, end, fields = 0, len(data), 0
        yield  # Who waits for a turn has no copy yet.
        ascii_ = ascii_text(data)
        while at < end:
            key, begin, after = field_at(data, at, end)
            if key == _VERSIONS:
                name, version = _entry(data, begin, after)
                versions[name] = version
                room -= 1
                if not room % _STEP_ENTRIES:
                    yield
            elif key in lists:
                names, after = yield from scan_names(data, at, end, key, ascii_)
                lists[key].extend(names)
                room -= len(names)
            elif key in _LOCATORS:
                lists[_LOCATORS[key]].append(_entry(data, begin, after)[0])
            elif key in _PARTS:
                parts.take(_PARTS[key], data, begin, after)
            at = after
            fields += key != _VERSIONS
            if room < 0:
                raise LimitError(at, f"more than {MAX_NAMES} resource names")
            if fields > MAX_FIELDS:
                raise LimitError(at, f"more than {MAX_FIELDS} fields")
        return DeltaRequest(
            TypeUrl(parts.type_url),
            tuple(lists[_SUBSCRIBE]),
            tuple(lists[_UNSUBSCRIBE]),
            versions,
            parts.nonce,
            parts.rejection,
            parts.node,
        )


def _entry(data: bytes, at: int, end: int) -> tuple[str, str]:
    """Key and value of an entry of a map of strings; of a ResourceLocator, its name first."""
    name = version = ""
    for _ in range(_ENTRY_FIELDS):
        if at >= end:
            return name, version
        key, begin, at = field_at(data, at, end)
        if key == _KEY:
            name = text(data, begin, at)
        elif key == _VALUE:
            version = text(data, begin, at)
    raise LimitError(at, f"{_ENTRY_FIELDS} fields or more in an entry of a map")


class DeltaResponseEncoder:
    """Encodes DeltaDiscoveryResponses; what streams have in common is encoded once."""

    __slots__ = ("_shared",)

    def __init__(self, identifier: str) -> None:
        self._shared = SharedBytes(Memo(), _RESPONSE_NONCE, control_plane(_CONTROL_PLANE, identifier))

    def encode(self, response: DeltaResponse) -> bytes:
        """The bytes of *response*."""
        content: Hashable = response.version, response.digest, response.removed
        if response.heartbeat:
            content = content, "heartbeat"
        weight = sum(map(len, response.removed)) + _NAME_BYTES * len(response.removed)
        return self._shared.encoded(response.type_url, content, response.nonce, lambda: _head(response), weight)


def _head(response: DeltaResponse) -> bytes:
    """All fields that depend on the content alone."""
    any_head = type_field(1, response.type_url)
    parts = [field_string(_SYSTEM_VERSION, response.version)]
    for item in response.resources:
        parts.extend(_heartbeat(item) if response.heartbeat else _resource(item, any_head))
    parts.append(type_field(_RESPONSE_TYPE_URL, response.type_url))
    parts.extend(field_string(_REMOVED, name) for name in response.removed)
    return b"".join(parts)


def _resource(item: Resource, type_url: bytes) -> tuple[bytes, bytes, bytes]:
    """What precedes the body of a resource, the body, and what follows it."""
    size = len(item.body)
    any_head = type_url + (tag(2, LENGTH_DELIMITED) + varint(size) if size else b"")
    head = field_string(_RESOURCE_VERSION, item.version)
    head += tag(_RESOURCE_BODY, LENGTH_DELIMITED) + varint(len(any_head) + size) + any_head
    tail = field_string(_RESOURCE_NAME, item.name)
    if item.ttl:
        tail += field_bytes(_RESOURCE_TTL, duration(item.ttl))
    return _frame(len(head) + size + len(tail)) + head, item.body, tail


def _heartbeat(item: Resource) -> tuple[bytes, bytes]:
    """A resource without its body: the client has that, and is told that it is to keep it."""
    fields = field_string(_RESOURCE_VERSION, item.version) + field_string(_RESOURCE_NAME, item.name)
    fields += field_bytes(_RESOURCE_TTL, duration(item.ttl))
    return _frame(len(fields)), fields


def _frame(size: int) -> bytes:
    return tag(_RESOURCES, LENGTH_DELIMITED) + varint(size)
