"""The codec of state-of-the-world discovery: requests from bytes, responses to bytes.

Source: envoy/service/discovery/v3/discovery.proto, google/rpc/status.proto.
"""

from collections import OrderedDict
from collections.abc import Callable, Generator, Hashable
from functools import cache
from sys import intern
from typing import Final, TypeVar

from xds_server.envoy.wire.reader import DecodeError, LimitError, Room, field_at, words
from xds_server.envoy.wire.writer import LENGTH_DELIMITED, duration, field_bytes, field_string, tag, varint
from xds_server.model.printable import TEXT_LENGTH
from xds_server.model.resource import TYPES, Resource, TypeUrl
from xds_server.xds.codec.node import NodeReader
from xds_server.xds.protocol.messages import Node, Request, Response

__all__ = ["DecodeError", "LimitError", "RequestDecoder", "ResponseEncoder", "decode_request", "encode_response"]

MAX_NAMES: Final = 1 << 18
"""Names in one request: several times what a proxy can use, and decoded in a tenth of a second."""
MAX_FIELDS: Final = 1 << 12
"""Fields in one request, a run of names counted as one; a DiscoveryRequest has seven."""
MAX_NESTED_BYTES: Final = 1 << 20
"""Size of node and error_detail together; Envoy's node, with all its extensions, takes a tenth of it."""
MAX_NESTED_FIELDS: Final = 20_000
"""Fields in them; Envoy's node has some 1,500."""

STEP_NAMES: Final = 2000
"""Names that are decoded in one step, in half a millisecond."""

_VERSION, _NODE, _NAMES, _TYPE_URL, _NONCE, _ERROR = (number << 3 | LENGTH_DELIMITED for number in range(1, 7))
_PARTS: Final = {_VERSION: "version", _NODE: "node", _TYPE_URL: "type_url", _NONCE: "nonce", _ERROR: "error"}
_STATUS_MESSAGE: Final = 2 << 3 | LENGTH_DELIMITED
_RESPONSE_VERSION, _RESPONSE_RESOURCES, _RESPONSE_TYPE_URL, _RESPONSE_NONCE, _RESPONSE_CONTROL_PLANE = 1, 2, 4, 5, 6
WRAPPER: Final = TypeUrl("type.googleapis.com/envoy.service.discovery.v3.Resource")
_TTL: Final = 6
_LONG: Final = 0x80


T = TypeVar("T")
Steps = Generator[None, None, T]
"""Work in short steps: something else may be done after each, and it returns what it made."""


def run_steps(steps: Steps[T]) -> T:
    """What *steps* returns, without a pause."""
    while True:
        try:
            next(steps)
        except StopIteration as end:
            result: T = end.value
            return result


type_field: Final = cache(field_string)
"""A field with a type URL, of which there are a few."""


class RequestDecoder:
    """Decodes the DiscoveryRequests of one stream.

    A client repeats all its names in every ACK. The bytes that held them are remembered by type, so that a repetition is
    seen by one comparison, and the request bears the very tuple of before.
    """

    __slots__ = ("_sections",)

    def __init__(self) -> None:
        self._sections: dict[TypeUrl, tuple[bytes, tuple[str, ...]]] = {}

    def decode(self, data: bytes) -> Request:
        """The request in *data*. Raises DecodeError; unknown fields are skipped."""
        return run_steps(self.steps(data))

    def steps(self, data: bytes) -> Steps[Request]:
        """The same in short steps, between which something else may be done."""
        parts = RequestFields()
        names: tuple[str, ...] = ()
        section = b""
        at, end = 0, len(data)
        for _ in range(MAX_FIELDS):
            if at >= end:
                break
            start = at
            key, begin, at = field_at(data, at, end)
            if key != _NAMES:
                if key in _PARTS:
                    parts.take(_PARTS[key], data, begin, at)
            elif not names:
                section, names = yield from self._names(data, start, end)
                at = start + len(section)
            else:  # Names in two places: nobody writes that, and it is right all the same.
                more, at = yield from scan_names(data, start, end, _NAMES, before=len(names))
                names, section = (*names, *more), b""
        else:
            raise LimitError(at, f"more than {MAX_FIELDS} fields")
        type_url = TypeUrl(parts.type_url)
        if section and type_url in TYPES:
            self._sections[type_url] = section, names
        return Request(type_url, parts.version, names, parts.nonce, parts.rejection, parts.node)

    def _names(self, data: bytes, at: int, end: int) -> Steps[tuple[bytes, tuple[str, ...]]]:
        """The names from *at* on that follow each other without another field between: their bytes, and they."""
        for section, names in self._sections.values():
            after = at + len(section)
            if data.startswith(section, at) and (after == end or data[after] != _NAMES):
                return section, names
        yield  # A step of its own: an ACK, which repeats its names, is decoded in one.
        names, after = yield from scan_names(data, at, end, _NAMES, ascii_text(data))
        return data[at:after], names


class RequestFields:
    """What a request holds beside the names; a repeated field replaces the former one, or is merged with it."""

    __slots__ = ("_budget", "_node", "_room", "nonce", "rejection", "type_url", "version")

    def __init__(self) -> None:
        self.version = self.type_url = self.nonce = ""
        self.rejection: str | None = None
        self._node: NodeReader | None = None
        self._budget = MAX_NESTED_BYTES
        self._room = Room(MAX_NESTED_FIELDS)

    @property
    def node(self) -> Node | None:
        """The node, if there was one."""
        return self._node.node() if self._node is not None else None

    def take(self, field: str, data: bytes, begin: int, end: int) -> None:
        """Takes the field of that name, whose value is between two offsets. Raises DecodeError."""
        if field in ("node", "error"):
            self._budget -= end - begin
            if self._budget < 0:
                raise LimitError(begin, f"node and error_detail take more than {MAX_NESTED_BYTES} bytes")
            self._take_nested(field, data, begin, end)
        else:
            setattr(self, field, words(data, begin, end))

    def _take_nested(self, field: str, data: bytes, begin: int, end: int) -> None:
        if field == "error":
            self.rejection = _status_message(data, begin, end, self.rejection or "", self._room)
        else:
            self._node = self._node or NodeReader(self._room)
            self._node.read(data, begin, end)


def decode_request(data: bytes) -> Request:
    """One DiscoveryRequest by itself. Raises DecodeError."""
    return RequestDecoder().decode(data)


def ascii_text(data: bytes) -> str:
    """*data* as text with the same offsets, of which names are cut faster; "" if there is none. Once for each request."""
    return data.decode("ascii") if data.isascii() else ""


def scan_names(
    data: bytes, at: int, end: int, tag_of_names: int, ascii_: str = "", *, before: int = 0
) -> Steps[tuple[tuple[str, ...], int]]:
    """The strings from *at* on in fields of that tag that follow each other, and the offset behind them.

    *ascii_*: the `ascii_text` of *data*; *before*: how many names there are already. The strings are those of all others that are equal,
    as each stream names what others name.
    """
    names: list[str] = []
    more = True
    while more:
        found, at, more = _some_names(data, at, end, tag_of_names, ascii_)
        names += map(intern, found)
        if before + len(names) > MAX_NAMES:
            raise LimitError(at, f"more than {MAX_NAMES} resource names")
        if more:
            yield
    return tuple(names), at


def _some_names(data: bytes, at: int, end: int, tag_of_names: int, ascii_: str) -> tuple[list[str], int, bool]:
    """The first of such strings, at least one; the offset behind them, and whether there are more."""
    names: list[str] = []
    begin = at
    try:
        while at < end and (data[at] == tag_of_names or not names) and len(names) < STEP_NAMES:
            if (
                at + 1 < end
                and data[at] == tag_of_names
                and (length := data[at + 1]) < _LONG
                and at + 2 + length <= end
            ):
                begin, at = at + 2, at + 2 + length
            else:
                _, begin, at = field_at(data, at, end)
            names.append(ascii_[begin:at] if ascii_ else data[begin:at].decode())
    except UnicodeDecodeError as error:
        raise DecodeError(begin + error.start, "string is not UTF-8") from None
    return names, at, at < end and data[at] == tag_of_names


def _status_message(data: bytes, at: int, end: int, before: str, room: Room) -> str:
    message = before
    for key, begin, after in room.fields(data, at, end):
        if key == _STATUS_MESSAGE:
            message = words(data, begin, after, TEXT_LENGTH)
    return message


class Memo:
    """The latest encoded answers, within a number of entries and of bytes."""

    __slots__ = ("_bytes", "_entries", "_max_bytes", "_max_entries")

    def __init__(self, *, max_entries: int = 256, max_bytes: int = 16 << 20) -> None:
        self._entries: OrderedDict[Hashable, tuple[bytes, int]] = OrderedDict()
        self._max_entries = max_entries
        self._max_bytes = max_bytes
        self._bytes = 0

    def get(self, key: Hashable) -> bytes | None:
        """What was kept under *key*, if it is still there."""
        entry = self._entries.get(key)
        if entry is None:
            return None
        self._entries.move_to_end(key)
        return entry[0]

    def keep(self, key: Hashable, data: bytes, weight: int = 0) -> None:
        """Keeps *data*, at the cost of what was not asked for longest. *weight*: bytes that the key takes."""
        size = len(data) + weight
        if size > self._max_bytes:
            return
        self._entries[key] = data, size
        self._bytes += size
        while self._bytes > self._max_bytes or len(self._entries) > self._max_entries:
            self._bytes -= self._entries.popitem(last=False)[1][1]


class SharedBytes:
    """Encoded responses, each made once for all streams that are sent it.

    Streams that have come equally far use the same nonce, too: they share the whole response. Else what depends on the
    content alone is shared.
    """

    __slots__ = ("_heads", "_nonce_field", "_tail", "_whole")

    def __init__(self, heads: Memo, nonce_field: int, tail: bytes) -> None:
        """*nonce_field*: its number; *tail*: the fields that all responses end with."""
        self._heads = heads
        self._whole = Memo(max_entries=32)
        self._nonce_field = nonce_field
        self._tail = tail

    def encoded(
        self, type_url: TypeUrl, content: Hashable, nonce: str, head: Callable[[], bytes], weight: int = 0
    ) -> bytes:
        """The response with that *content* and *nonce*; *head* encodes all but the nonce and the tail.

        *weight*: bytes that the content takes.
        """
        key = (type_url, content)
        data = self._whole.get((key, nonce))
        if data is None:
            known = self._heads.get(key)
            if known is None:
                known = head()
                self._heads.keep(key, known, weight)
            data = b"".join((known, field_string(self._nonce_field, nonce), self._tail))
            self._whole.keep((key, nonce), data, weight)
        return data


class ResponseEncoder:
    """Encodes DiscoveryResponses, each with the identifier of this control plane (R12)."""

    __slots__ = ("_memo", "_shared")

    def __init__(self, identifier: str, *, max_entries: int = 256, max_bytes: int = 16 << 20) -> None:
        self._memo = Memo(max_entries=max_entries, max_bytes=max_bytes)
        self._shared = SharedBytes(self._memo, _RESPONSE_NONCE, control_plane(_RESPONSE_CONTROL_PLANE, identifier))

    def encode(self, response: Response) -> bytes:
        """The bytes of *response*."""
        content: Hashable = response.version, response.digest
        if response.wrapped:
            content = content, "wrapped"
        return self._shared.encoded(response.type_url, content, response.nonce, lambda: _head(response))


def encode_response(response: Response, identifier: str = "") -> bytes:
    """The bytes of one DiscoveryResponse by itself."""
    return (
        _head(response)
        + field_string(_RESPONSE_NONCE, response.nonce)
        + control_plane(_RESPONSE_CONTROL_PLANE, identifier)
    )


def _head(response: Response) -> bytes:
    """Version, resources and type: the fields that depend on the content alone."""
    parts = [field_string(_RESPONSE_VERSION, response.version)]
    frames: dict[int, bytes] = {}  # What precedes a body depends on its length alone, and lengths are few.
    for item in response.resources:
        if response.wrapped and item.ttl:
            parts.append(_wrapped(item, response))
            continue
        size = len(item.body)
        frame = frames.get(size)
        if frame is None:
            frame = frames[size] = _frame(response.type_url, size)
        parts.append(frame)
        parts.append(item.body)
    parts.append(type_field(_RESPONSE_TYPE_URL, response.type_url))
    return b"".join(parts)


def _wrapped(item: Resource, response: Response) -> bytes:
    """A resource with its time to live, in the wrapper that has a place for that."""
    packed = type_field(1, response.type_url) + (field_bytes(2, item.body) if item.body else b"")
    fields = field_string(1, response.version) + field_bytes(2, packed)
    fields += field_string(3, item.name) + field_bytes(_TTL, duration(item.ttl))
    return field_bytes(_RESPONSE_RESOURCES, type_field(1, WRAPPER) + field_bytes(2, fields))


def _frame(type_url: TypeUrl, size: int) -> bytes:
    """What precedes the body of a resource: the field of the response, and the Any's own fields."""
    before = type_field(1, type_url)
    if size:
        before += tag(2, LENGTH_DELIMITED) + varint(size)
    return tag(_RESPONSE_RESOURCES, LENGTH_DELIMITED) + varint(len(before) + size) + before


def control_plane(number: int, identifier: str) -> bytes:
    """The field of that number that says who answers."""
    return field_bytes(number, field_string(1, identifier)) if identifier else b""
