"""Encoders of envoy.type.v3, made from envoy-data-plane by `make encoders`: do not edit.

Each takes the fields of a message and returns its bytes, which are those that the library writes.
"""

from __future__ import annotations

from typing import Final, Literal, NewType

from xds_server.envoy.wire.fields import blob as _blob
from xds_server.envoy.wire.fields import conflict as _conflict
from xds_server.envoy.wire.fields import fixed as _fixed
from xds_server.envoy.wire.fields import int32 as _int32
from xds_server.envoy.wire.fields import int64 as _int64
from xds_server.envoy.wire.fields import member_but_zero as _member_but_zero
from xds_server.envoy.wire.fields import text as _text
from xds_server.envoy.wire.fields import uint32 as _uint32

CodecClientType = Literal["HTTP1", "HTTP2", "HTTP3"]
FractionalPercentDenominatorType = Literal["HUNDRED", "TEN_THOUSAND", "MILLION"]
RateLimitUnit = Literal["UNKNOWN", "SECOND", "MINUTE", "HOUR", "DAY", "MONTH", "YEAR"]
_FractionalPercentDenominatorType: Final = {"HUNDRED": b"\x00", "TEN_THOUSAND": b"\x01", "MILLION": b"\x02"}
DoubleRange = NewType("DoubleRange", bytes)


def double_range(
    *,
    start: float = 0.0,
    end: float = 0.0,
) -> DoubleRange:
    """envoy.type.v3.DoubleRange."""
    out = b""
    if start:
        out += _fixed(b"\x09", "d", start, "DoubleRange.start")
    if end:
        out += _fixed(b"\x11", "d", end, "DoubleRange.end")
    return DoubleRange(out)


FractionalPercent = NewType("FractionalPercent", bytes)


def fractional_percent(
    *,
    numerator: int = 0,
    denominator: FractionalPercentDenominatorType | None = None,
) -> FractionalPercent:
    """envoy.type.v3.FractionalPercent."""
    out = b""
    if numerator:
        out += _uint32(b"\x08", numerator, "FractionalPercent.numerator")
    if denominator is not None:
        out += _member_but_zero(
            b"\x10", _FractionalPercentDenominatorType, denominator, "FractionalPercent.denominator"
        )
    return FractionalPercent(out)


HashPolicy = NewType("HashPolicy", bytes)


def hash_policy(
    *,
    source_ip: HashPolicySourceIp | None = None,
    filter_state: HashPolicyFilterState | None = None,
) -> HashPolicy:
    """envoy.type.v3.HashPolicy."""
    if (source_ip is not None) + (filter_state is not None) > 1:
        raise _conflict("HashPolicy.policy_specifier", source_ip=source_ip, filter_state=filter_state)
    out = b""
    if source_ip is not None:
        out += _blob(b"\x0a", source_ip)
    if filter_state is not None:
        out += _blob(b"\x12", filter_state)
    return HashPolicy(out)


HashPolicyFilterState = NewType("HashPolicyFilterState", bytes)


def hash_policy_filter_state(
    *,
    key: str = "",
) -> HashPolicyFilterState:
    """envoy.type.v3.HashPolicy.FilterState."""
    out = b""
    if key:
        out += _text(b"\x0a", key)
    return HashPolicyFilterState(out)


HashPolicySourceIp = NewType("HashPolicySourceIp", bytes)


def hash_policy_source_ip() -> HashPolicySourceIp:
    """envoy.type.v3.HashPolicy.SourceIp."""
    return HashPolicySourceIp(b"")


Int32Range = NewType("Int32Range", bytes)


def int32_range(
    *,
    start: int = 0,
    end: int = 0,
) -> Int32Range:
    """envoy.type.v3.Int32Range."""
    out = b""
    if start:
        out += _int32(b"\x08", start, "Int32Range.start")
    if end:
        out += _int32(b"\x10", end, "Int32Range.end")
    return Int32Range(out)


Int64Range = NewType("Int64Range", bytes)


def int64_range(
    *,
    start: int = 0,
    end: int = 0,
) -> Int64Range:
    """envoy.type.v3.Int64Range."""
    out = b""
    if start:
        out += _int64(b"\x08", start, "Int64Range.start")
    if end:
        out += _int64(b"\x10", end, "Int64Range.end")
    return Int64Range(out)


Percent = NewType("Percent", bytes)


def percent(
    *,
    value: float = 0.0,
) -> Percent:
    """envoy.type.v3.Percent."""
    out = b""
    if value:
        out += _fixed(b"\x09", "d", value, "Percent.value")
    return Percent(out)
