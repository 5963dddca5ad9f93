"""The protobuf wire format, as far as encoders need it: each function returns the bytes of one piece.

Every `field_*` encodes what it is given, also a default value: whether a field is written is the caller's decision.
Source: protobuf encoding guide, "Message Structure".
"""

from typing import Final

VARINT: Final = 0
FIXED64: Final = 1
LENGTH_DELIMITED: Final = 2
FIXED32: Final = 5

MORE: Final = 0x80
"""The bit that says that another byte of a varint follows."""
ONE_BYTE: Final = tuple(bytes((n,)) for n in range(MORE))
"""The varints of a single byte: nearly all tags and lengths, and most numbers."""
SIXTY_FOUR_BITS: Final = (1 << 64) - 1


def varint(n: int) -> bytes:
    """*n* (0 <= n < 2^64) in groups of seven bits, the lowest first."""
    if 0 <= n < MORE:  # Nearly every tag and most lengths.
        return ONE_BYTE[n]
    if n < 0:
        raise ValueError(f"varint {n} is negative: mask it to 64 bits first, as field_varint does")
    out = bytearray()
    while n >= MORE:
        out.append(n & 0x7F | MORE)
        n >>= 7
    out.append(n)
    return bytes(out)


def tag(number: int, wire_type: int) -> bytes:
    """The head of a field: its number and its wire type."""
    return varint(number << 3 | wire_type)


def field_bytes(number: int, payload: bytes) -> bytes:
    """A field of type bytes, or an encoded message."""
    return varint(number << 3 | LENGTH_DELIMITED) + varint(len(payload)) + payload


def field_string(number: int, text: str) -> bytes:
    """A field of type string."""
    return field_bytes(number, text.encode())


def duration(seconds: float) -> bytes:
    """A google.protobuf.Duration, of 0 or more seconds."""
    return seconds_and_nanos(*divmod(round(seconds * 1_000_000_000), 1_000_000_000))


def seconds_and_nanos(seconds: int, nanos: int) -> bytes:
    """The two fields of which a google.protobuf.Duration, or Timestamp, is made."""
    return (field_varint(1, seconds) if seconds else b"") + (field_varint(2, nanos) if nanos else b"")


def field_varint(number: int, n: int) -> bytes:
    """A field of type int32, int64, uint32, uint64, bool or enum; a negative number takes ten bytes."""
    return varint(number << 3) + varint(n & SIXTY_FOUR_BITS)
