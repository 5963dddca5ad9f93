"""Reading the protobuf wire format from hostile bytes: every length is checked, every step moves on.

Only `DecodeError` leaves here. Groups, deprecated since 2008 and in none of our messages, are refused.
Source: protobuf encoding guide.
"""

from collections.abc import Iterator
from typing import Final

from xds_server.envoy.wire.writer import FIXED32, FIXED64, LENGTH_DELIMITED, MORE, VARINT
from xds_server.model.printable import NAME_LENGTH, printable

_MAX_VARINT_SHIFT: Final = 63
_MAX_TAG: Final = (1 << 32) - 1
_FIXED_SIZE: Final = {FIXED64: 8, FIXED32: 4}


class DecodeError(ValueError):
    """Bytes that are not the message that they should be."""

    def __init__(self, offset: int, reason: str) -> None:
        super().__init__(f"byte {offset}: {reason}")
        self.offset = offset
        self.reason = reason


class LimitError(DecodeError):
    """A message that is well-formed, and larger than anybody needs."""


class Room:
    """How many fields the messages within a message may have, all together."""

    __slots__ = ("_left", "_most")

    def __init__(self, most: int) -> None:
        self._left = self._most = most

    def fields(self, data: bytes, at: int, end: int) -> Iterator[tuple[int, int, int]]:
        """The fields between two offsets, each as of `field_at`. Raises DecodeError."""
        while at < end:
            self._left -= 1
            if self._left < 0:
                raise LimitError(at, f"more than {self._most} fields in messages within it")
            key, begin, at = field_at(data, at, end)
            yield key, begin, at


def varint_at(data: bytes, at: int, end: int) -> tuple[int, int]:
    """The unsigned integer at *at*, and the offset behind it."""
    if at < end and (byte := data[at]) < MORE:
        return byte, at + 1
    value = shift = 0
    here = at
    while here < end:
        byte = data[here]
        value |= (byte & ~MORE) << shift
        here += 1
        if byte < MORE:
            return value, here
        shift += 7
        if shift > _MAX_VARINT_SHIFT:
            raise DecodeError(at, "varint is longer than ten bytes")
    raise DecodeError(at, "varint is cut off")


def field_at(data: bytes, at: int, end: int) -> tuple[int, int, int]:
    """The field at *at*: its tag (number << 3 | wire type), where its value begins, and where it ends.

    Of a length-delimited field the value is what follows the length.
    """
    key, begin = varint_at(data, at, end)
    if not 1 << 3 <= key <= _MAX_TAG:
        raise DecodeError(at, f"field number {key >> 3} does not exist")
    wire_type = key & 7
    if wire_type == LENGTH_DELIMITED:
        length, begin = varint_at(data, begin, end)
        after = begin + length
    elif wire_type == VARINT:
        after = varint_at(data, begin, end)[1]
    elif wire_type in _FIXED_SIZE:
        after = begin + _FIXED_SIZE[wire_type]
    else:
        raise DecodeError(at, f"field {key >> 3} has wire type {wire_type}, which no known message uses")
    if after > end:
        raise DecodeError(at, f"field {key >> 3} ends {after - end} bytes behind the message")
    return key, begin, after


def words(data: bytes, begin: int, end: int, most: int = NAME_LENGTH) -> str:
    """The string between two offsets as it may be kept and shown: see `printable`."""
    value = text(data, begin, end)
    return value if len(value) <= most and value.isprintable() else printable(value, most)


def text(data: bytes, begin: int, end: int) -> str:
    """The string between two offsets."""
    try:
        return data[begin:end].decode()
    except UnicodeDecodeError as error:
        raise DecodeError(begin + error.start, "string is not UTF-8") from None
