"""The primitives against Google's own protobuf runtime."""

import pytest
from google.protobuf.wrappers_pb2 import BoolValue, BytesValue, Int64Value, StringValue, UInt64Value
from hypothesis import given
from hypothesis import strategies as st

from xds_server.envoy.wire import writer


@given(st.integers(min_value=1, max_value=(1 << 64) - 1))
def test_varint_is_what_protobuf_writes(n: int) -> None:
    """A varint of up to 64 bits has the bytes that the runtime writes."""
    assert writer.tag(1, writer.VARINT) + writer.varint(n) == UInt64Value(value=n).SerializeToString()


@given(st.integers(min_value=-(1 << 63), max_value=(1 << 63) - 1).filter(bool))
def test_field_varint_is_twos_complement(n: int) -> None:
    """A negative int64 takes ten bytes, a positive one as few as it can."""
    assert writer.field_varint(1, n) == Int64Value(value=n).SerializeToString()


def test_a_bool_is_a_varint() -> None:
    """True is encoded as one."""
    assert writer.field_varint(1, True) == BoolValue(value=True).SerializeToString()


def test_negative_varint_is_refused() -> None:
    """A bare varint cannot be negative, and never loops for ever."""
    with pytest.raises(ValueError, match="varint -1 is negative"):
        writer.varint(-1)


@given(st.binary(min_size=1, max_size=300))
def test_field_bytes_has_its_length(payload: bytes) -> None:
    """Bytes are preceded by tag and length, also beyond 127."""
    assert writer.field_bytes(1, payload) == BytesValue(value=payload).SerializeToString()


@given(st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=200))
def test_field_string_is_utf_8(text: str) -> None:
    """The length of a string counts bytes, not characters."""
    assert writer.field_string(1, text) == StringValue(value=text).SerializeToString()


@pytest.mark.parametrize("number", [1, 15, 16, 2047, 2048, (1 << 29) - 1])
def test_tag_holds_number_and_type(number: int) -> None:
    """A tag is the number shifted by three, and the wire type."""
    data = writer.tag(number, writer.LENGTH_DELIMITED)
    assert sum((byte & 127) << 7 * i for i, byte in enumerate(data)) == number << 3 | 2
