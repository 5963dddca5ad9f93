"""Fields against Google's own protobuf runtime, and what they refuse."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from google.protobuf.duration_pb2 import Duration
from google.protobuf.timestamp_pb2 import Timestamp
from hypothesis import given
from hypothesis import strategies as st

from xds_server.envoy.wire import fields

TEN_THOUSAND_YEARS = timedelta(seconds=315_576_000_000)


@given(st.timedeltas(-TEN_THOUSAND_YEARS, TEN_THOUSAND_YEARS))
def test_a_duration_is_what_the_runtime_writes(value: timedelta) -> None:
    """Seconds and nanoseconds have the same sign: here envoy-data-plane loses the sign of what is below a second."""
    expected = Duration()
    expected.FromTimedelta(value)

    assert fields.blob(b"\x0a", expected.SerializeToString()) == fields.duration(b"\x0a", value, "f")


@given(st.datetimes(timezones=st.just(UTC)))
def test_a_timestamp_is_what_the_runtime_writes(value: datetime) -> None:
    """Nanoseconds count forward, also before 1970."""
    expected = Timestamp()
    expected.FromDatetime(value)

    assert fields.blob(b"\x0a", expected.SerializeToString()) == fields.timestamp(b"\x0a", value, "f")


LIMITS = [
    (fields.uint32, 0, (1 << 32) - 1),
    (fields.uint64, 0, (1 << 64) - 1),
    (fields.int32, -(1 << 31), (1 << 31) - 1),
    (fields.int64, -(1 << 63), (1 << 63) - 1),
    (fields.sint32, -(1 << 31), (1 << 31) - 1),
    (fields.sint64, -(1 << 63), (1 << 63) - 1),
]


@pytest.mark.parametrize(("function", "low", "high"), LIMITS)
def test_a_number_beyond_its_type_is_refused(function: Callable[..., bytes], low: int, high: int) -> None:
    """The limits themselves are encoded; one more, or one less, is an error that names the field."""
    assert function(b"", low, "M.f")
    assert function(b"", high, "M.f")
    for n in (low - 1, high + 1):
        with pytest.raises(ValueError, match=rf"M.f is {n}: it must be between {low} and {high}"):
            function(b"", n, "M.f")


@pytest.mark.parametrize(
    ("code", "value"), [("f", 1e300), ("I", -1), ("i", 1 << 31), ("Q", 1 << 64), ("q", -(1 << 64))]
)
def test_a_fixed_number_beyond_its_type_is_refused(code: str, value: float) -> None:
    """What struct cannot pack is a ValueError that names the field."""
    with pytest.raises(ValueError, match=r"^M.f is "):
        fields.fixed(b"", code, value, "M.f")


def test_moments_need_a_time_zone_and_durations_have_a_limit() -> None:
    """A naive datetime names no moment; a Duration holds ten thousand years."""
    with pytest.raises(ValueError, match=r"M.f is 2026-01-01 00:00:00: it has no time zone"):
        fields.timestamp(b"", datetime(2026, 1, 1), "M.f")  # noqa: DTZ001
    with pytest.raises(ValueError, match=r"M.f is .*: it must be between"):
        fields.duration(b"", TEN_THOUSAND_YEARS + timedelta(seconds=1), "M.f")


@pytest.mark.parametrize(("function", "value"), [(fields.texts, "abc"), (fields.blobs, b"abc")])
def test_a_repeated_field_is_not_taken_for_one(function: Callable[..., bytes], value: Any) -> None:
    """A string is a sequence of strings to Python, and bytes one of numbers: neither is to protobuf."""
    with pytest.raises(TypeError, match=r"M.f is .*: it is repeated, so put "):
        function(b"", value, "M.f")


def test_a_lone_surrogate_is_refused() -> None:
    """A string that is not Unicode has no UTF-8."""
    with pytest.raises(UnicodeEncodeError):
        fields.text(b"\x0a", "\ud800")
