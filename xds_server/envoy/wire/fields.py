"""Fields of messages, checked: what the generated encoders are made of.

Each function returns a whole field, also for a default value: whether a field is written is the encoder's decision.
*head* is the field's encoded tag. A value out of its type's range is a ValueError that names *field*.
"""

import struct
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Final

from xds_server.envoy.wire.writer import MORE, ONE_BYTE, SIXTY_FOUR_BITS, seconds_and_nanos, varint

_THIRTY_TWO_BITS: Final = (1 << 32) - 1
_MICROSECOND: Final = timedelta(microseconds=1)
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MAX_DURATION: Final = timedelta(seconds=315_576_000_000)  # Ten thousand years: google/protobuf/duration.proto.
_FIXED: Final = {code: struct.Struct(f"<{code}") for code in "fdIQiq"}


def text(head: bytes, value: str) -> bytes:
    """A string."""
    data = value.encode()
    size = len(data)
    return head + (ONE_BYTE[size] if size < MORE else varint(size)) + data


def texts(head: bytes, values: Iterable[str], field: str) -> bytes:
    """A repeated string; a single one in its place is a mistake, though it could be taken apart."""
    if isinstance(values, str):
        raise TypeError(f"{field} is {values!r}: it is repeated, so put the string into a list")
    return b"".join([text(head, value) for value in values])


def blob(head: bytes, value: bytes) -> bytes:
    """Bytes, or an encoded message."""
    size = len(value)
    return head + (ONE_BYTE[size] if size < MORE else varint(size)) + value


def blobs(head: bytes, values: Iterable[bytes] | bytes, field: str) -> bytes:
    """Repeated bytes, or messages."""
    if isinstance(values, bytes):
        raise TypeError(f"{field} is one message or value: it is repeated, so put it into a list")
    return b"".join([blob(head, value) for value in values])


def packed(head: bytes, values: Sequence[bytes]) -> bytes:
    """Repeated numbers, each encoded without a head."""
    return blob(head, b"".join(values))


def member(head: bytes, numbers: Mapping[str, bytes], name: str, field: str) -> bytes:
    """A value of an enum, by its name."""
    try:
        return head + numbers[name]
    except KeyError:
        raise ValueError(f"{field} is {name!r}: it must be one of {', '.join(numbers)}") from None


def member_but_zero(head: bytes, numbers: Mapping[str, bytes], name: str, field: str) -> bytes:
    """The same for a field that does not tell its first value from none: of that nothing is written."""
    encoded = member(head, numbers, name, field)
    return b"" if encoded[len(head) :] == b"\x00" else encoded


def uint32(head: bytes, n: int, field: str) -> bytes:
    """An unsigned number of 32 bits."""
    if not 0 <= n <= _THIRTY_TWO_BITS:
        raise _range(field, n, 0, _THIRTY_TWO_BITS)
    return head + (ONE_BYTE[n] if n < MORE else varint(n))


def uint64(head: bytes, n: int, field: str) -> bytes:
    """An unsigned number of 64 bits."""
    if not 0 <= n <= SIXTY_FOUR_BITS:
        raise _range(field, n, 0, SIXTY_FOUR_BITS)
    return head + varint(n)


def int32(head: bytes, n: int, field: str) -> bytes:
    """A number of 32 bits; a negative one takes ten bytes."""
    _signed(field, n, 32)
    return head + varint(n & SIXTY_FOUR_BITS)


def int64(head: bytes, n: int, field: str) -> bytes:
    """A number of 64 bits; a negative one takes ten bytes."""
    _signed(field, n, 64)
    return head + varint(n & SIXTY_FOUR_BITS)


def sint32(head: bytes, n: int, field: str) -> bytes:
    """A number of 32 bits, zigzag: small ones are short, whatever their sign."""
    _signed(field, n, 32)
    return head + varint(n << 1 if n >= 0 else ~(n << 1))


def sint64(head: bytes, n: int, field: str) -> bytes:
    """A number of 64 bits, zigzag."""
    _signed(field, n, 64)
    return head + varint(n << 1 if n >= 0 else ~(n << 1))


def fixed(head: bytes, code: str, value: float, field: str) -> bytes:
    """A number of fixed size; *code* is that of the struct module."""
    try:
        return head + _FIXED[code].pack(value)
    except (struct.error, OverflowError) as error:
        raise ValueError(f"{field} is {value}: {error}") from None


def duration(head: bytes, value: timedelta, field: str) -> bytes:
    """A google.protobuf.Duration. Seconds and nanoseconds bear the same sign, as the type demands."""
    if not -_MAX_DURATION <= value <= _MAX_DURATION:
        raise _range(field, value, -_MAX_DURATION, _MAX_DURATION)
    seconds, micros = divmod(abs(value) // _MICROSECOND, 1_000_000)
    sign = -1 if value < timedelta() else 1
    return blob(head, seconds_and_nanos(sign * seconds, sign * micros * 1_000))


def timestamp(head: bytes, value: datetime, field: str) -> bytes:
    """A google.protobuf.Timestamp. The nanoseconds count forward, also before 1970."""
    if value.tzinfo is None:
        raise ValueError(f"{field} is {value}: it has no time zone, so it names no moment")
    seconds, micros = divmod((value - _EPOCH) // _MICROSECOND, 1_000_000)
    return blob(head, seconds_and_nanos(seconds, micros * 1_000))


def conflict(oneof: str, **members: object) -> ValueError:
    """The error for more than one member of *oneof*."""
    given = ", ".join(name for name, value in members.items() if value is not None)
    return ValueError(f"{oneof} is given as {given}: it holds one at most")


def _signed(field: str, n: int, bits: int) -> None:
    limit = 1 << bits - 1
    if not -limit <= n < limit:
        raise _range(field, n, -limit, limit - 1)


def _range(field: str, value: object, low: object, high: object) -> ValueError:
    return ValueError(f"{field} is {value}: it must be between {low} and {high}")
