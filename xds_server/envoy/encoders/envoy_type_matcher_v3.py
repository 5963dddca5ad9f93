"""Encoders of envoy.type.matcher.v3, made from envoy-data-plane by `make encoders`: do not edit.

Each takes the fields of a message and returns its bytes, which are those that the library writes.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NewType

from xds_server.envoy.wire.fields import blob as _blob
from xds_server.envoy.wire.fields import blobs as _blobs
from xds_server.envoy.wire.fields import conflict as _conflict
from xds_server.envoy.wire.fields import fixed as _fixed
from xds_server.envoy.wire.fields import text as _text
from xds_server.envoy.wire.fields import uint32 as _uint32

if TYPE_CHECKING:
    from xds_server.envoy.encoders import envoy_type_v3, xds_core_v3

AddressMatcher = NewType("AddressMatcher", bytes)


def address_matcher(
    *,
    ranges: Sequence[xds_core_v3.CidrRange] = (),
    invert_match: bool = False,
) -> AddressMatcher:
    """envoy.type.matcher.v3.AddressMatcher."""
    out = b""
    if ranges:
        out += _blobs(b"\x0a", ranges, "AddressMatcher.ranges")
    if invert_match:
        out += b"\x10\x01"
    return AddressMatcher(out)


DoubleMatcher = NewType("DoubleMatcher", bytes)


def double_matcher(
    *,
    range: envoy_type_v3.DoubleRange | None = None,
    exact: float | None = None,
) -> DoubleMatcher:
    """envoy.type.matcher.v3.DoubleMatcher."""
    if (range is not None) + (exact is not None) > 1:
        raise _conflict("DoubleMatcher.match_pattern", range=range, exact=exact)
    out = b""
    if range is not None:
        out += _blob(b"\x0a", range)
    if exact is not None:
        out += _fixed(b"\x11", "d", exact, "DoubleMatcher.exact")
    return DoubleMatcher(out)


FilterStateMatcher = NewType("FilterStateMatcher", bytes)


def filter_state_matcher(
    *,
    key: str = "",
    string_match: StringMatcher | None = None,
    address_match: AddressMatcher | None = None,
) -> FilterStateMatcher:
    """envoy.type.matcher.v3.FilterStateMatcher."""
    if (string_match is not None) + (address_match is not None) > 1:
        raise _conflict("FilterStateMatcher.matcher", string_match=string_match, address_match=address_match)
    out = b""
    if key:
        out += _text(b"\x0a", key)
    if string_match is not None:
        out += _blob(b"\x12", string_match)
    if address_match is not None:
        out += _blob(b"\x1a", address_match)
    return FilterStateMatcher(out)


ListMatcher = NewType("ListMatcher", bytes)


def list_matcher(
    *,
    one_of: ValueMatcher | None = None,
) -> ListMatcher:
    """envoy.type.matcher.v3.ListMatcher."""
    out = b""
    if one_of is not None:
        out += _blob(b"\x0a", one_of)
    return ListMatcher(out)


MetadataMatcher = NewType("MetadataMatcher", bytes)


def metadata_matcher(
    *,
    filter: str = "",
    path: Sequence[MetadataMatcherPathSegment] = (),
    value: ValueMatcher | None = None,
    invert: bool = False,
) -> MetadataMatcher:
    """envoy.type.matcher.v3.MetadataMatcher."""
    out = b""
    if filter:
        out += _text(b"\x0a", filter)
    if path:
        out += _blobs(b"\x12", path, "MetadataMatcher.path")
    if value is not None:
        out += _blob(b"\x1a", value)
    if invert:
        out += b"\x20\x01"
    return MetadataMatcher(out)


MetadataMatcherPathSegment = NewType("MetadataMatcherPathSegment", bytes)


def metadata_matcher_path_segment(
    *,
    key: str | None = None,
) -> MetadataMatcherPathSegment:
    """envoy.type.matcher.v3.MetadataMatcher.PathSegment."""
    out = b""
    if key is not None:
        out += _text(b"\x0a", key)
    return MetadataMatcherPathSegment(out)


OrMatcher = NewType("OrMatcher", bytes)


def or_matcher(
    *,
    value_matchers: Sequence[ValueMatcher] = (),
) -> OrMatcher:
    """envoy.type.matcher.v3.OrMatcher."""
    out = b""
    if value_matchers:
        out += _blobs(b"\x0a", value_matchers, "OrMatcher.value_matchers")
    return OrMatcher(out)


RegexMatchAndSubstitute = NewType("RegexMatchAndSubstitute", bytes)


def regex_match_and_substitute(
    *,
    pattern: RegexMatcher | None = None,
    substitution: str = "",
) -> RegexMatchAndSubstitute:
    """envoy.type.matcher.v3.RegexMatchAndSubstitute."""
    out = b""
    if pattern is not None:
        out += _blob(b"\x0a", pattern)
    if substitution:
        out += _text(b"\x12", substitution)
    return RegexMatchAndSubstitute(out)


RegexMatcher = NewType("RegexMatcher", bytes)


def regex_matcher(
    *,
    google_re2: RegexMatcherGoogleRe2 | None = None,
    regex: str = "",
) -> RegexMatcher:
    """envoy.type.matcher.v3.RegexMatcher."""
    out = b""
    if google_re2 is not None:
        out += _blob(b"\x0a", google_re2)
    if regex:
        out += _text(b"\x12", regex)
    return RegexMatcher(out)


RegexMatcherGoogleRe2 = NewType("RegexMatcherGoogleRe2", bytes)


def regex_matcher_google_re2(
    *,
    max_program_size: int | None = None,
) -> RegexMatcherGoogleRe2:
    """envoy.type.matcher.v3.RegexMatcher.GoogleRE2."""
    out = b""
    if max_program_size is not None:
        out += _blob(
            b"\x0a",
            _uint32(b"\x08", max_program_size, "RegexMatcherGoogleRe2.max_program_size") if max_program_size else b"",
        )
    return RegexMatcherGoogleRe2(out)


StringMatcher = NewType("StringMatcher", bytes)


def string_matcher(
    *,
    exact: str | None = None,
    prefix: str | None = None,
    suffix: str | None = None,
    safe_regex: RegexMatcher | None = None,
    contains: str | None = None,
    custom: xds_core_v3.TypedExtensionConfig | None = None,
    ignore_case: bool = False,
) -> StringMatcher:
    """envoy.type.matcher.v3.StringMatcher."""
    if (exact is not None) + (prefix is not None) + (suffix is not None) + (safe_regex is not None) + (
        contains is not None
    ) + (custom is not None) > 1:
        raise _conflict(
            "StringMatcher.match_pattern",
            exact=exact,
            prefix=prefix,
            suffix=suffix,
            safe_regex=safe_regex,
            contains=contains,
            custom=custom,
        )
    out = b""
    if exact is not None:
        out += _text(b"\x0a", exact)
    if prefix is not None:
        out += _text(b"\x12", prefix)
    if suffix is not None:
        out += _text(b"\x1a", suffix)
    if safe_regex is not None:
        out += _blob(b"\x2a", safe_regex)
    if contains is not None:
        out += _text(b"\x3a", contains)
    if custom is not None:
        out += _blob(b"\x42", custom)
    if ignore_case:
        out += b"\x30\x01"
    return StringMatcher(out)


ValueMatcher = NewType("ValueMatcher", bytes)


def value_matcher(
    *,
    null_match: ValueMatcherNullMatch | None = None,
    double_match: DoubleMatcher | None = None,
    string_match: StringMatcher | None = None,
    bool_match: bool | None = None,
    present_match: bool | None = None,
    list_match: ListMatcher | None = None,
    or_match: OrMatcher | None = None,
) -> ValueMatcher:
    """envoy.type.matcher.v3.ValueMatcher."""
    if (null_match is not None) + (double_match is not None) + (string_match is not None) + (bool_match is not None) + (
        present_match is not None
    ) + (list_match is not None) + (or_match is not None) > 1:
        raise _conflict(
            "ValueMatcher.match_pattern",
            null_match=null_match,
            double_match=double_match,
            string_match=string_match,
            bool_match=bool_match,
            present_match=present_match,
            list_match=list_match,
            or_match=or_match,
        )
    out = b""
    if null_match is not None:
        out += _blob(b"\x0a", null_match)
    if double_match is not None:
        out += _blob(b"\x12", double_match)
    if string_match is not None:
        out += _blob(b"\x1a", string_match)
    if bool_match is not None:
        out += b"\x20\x01" if bool_match else b"\x20\x00"
    if present_match is not None:
        out += b"\x28\x01" if present_match else b"\x28\x00"
    if list_match is not None:
        out += _blob(b"\x32", list_match)
    if or_match is not None:
        out += _blob(b"\x3a", or_match)
    return ValueMatcher(out)


ValueMatcherNullMatch = NewType("ValueMatcherNullMatch", bytes)


def value_matcher_null_match() -> ValueMatcherNullMatch:
    """envoy.type.matcher.v3.ValueMatcher.NullMatch."""
    return ValueMatcherNullMatch(b"")
