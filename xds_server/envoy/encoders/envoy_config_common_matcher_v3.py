"""Encoders of envoy.config.common.matcher.v3, made from envoy-data-plane by `make encoders`: do not edit.

Each takes the fields of a message and returns its bytes, which are those that the library writes.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NewType

from xds_server.envoy.wire.fields import blob as _blob
from xds_server.envoy.wire.fields import blobs as _blobs
from xds_server.envoy.wire.fields import conflict as _conflict
from xds_server.envoy.wire.fields import text as _text
from xds_server.envoy.wire.fields import uint32 as _uint32

if TYPE_CHECKING:
    from xds_server.envoy.encoders import envoy_config_route_v3

HttpGenericBodyMatch = NewType("HttpGenericBodyMatch", bytes)


def http_generic_body_match(
    *,
    bytes_limit: int = 0,
    patterns: Sequence[HttpGenericBodyMatchGenericTextMatch] = (),
) -> HttpGenericBodyMatch:
    """envoy.config.common.matcher.v3.HttpGenericBodyMatch."""
    out = b""
    if bytes_limit:
        out += _uint32(b"\x08", bytes_limit, "HttpGenericBodyMatch.bytes_limit")
    if patterns:
        out += _blobs(b"\x12", patterns, "HttpGenericBodyMatch.patterns")
    return HttpGenericBodyMatch(out)


HttpGenericBodyMatchGenericTextMatch = NewType("HttpGenericBodyMatchGenericTextMatch", bytes)


def http_generic_body_match_generic_text_match(
    *,
    string_match: str | None = None,
    binary_match: bytes | None = None,
) -> HttpGenericBodyMatchGenericTextMatch:
    """envoy.config.common.matcher.v3.HttpGenericBodyMatch.GenericTextMatch."""
    if (string_match is not None) + (binary_match is not None) > 1:
        raise _conflict(
            "HttpGenericBodyMatchGenericTextMatch.rule", string_match=string_match, binary_match=binary_match
        )
    out = b""
    if string_match is not None:
        out += _text(b"\x0a", string_match)
    if binary_match is not None:
        out += _blob(b"\x12", binary_match)
    return HttpGenericBodyMatchGenericTextMatch(out)


HttpHeadersMatch = NewType("HttpHeadersMatch", bytes)


def http_headers_match(
    *,
    headers: Sequence[envoy_config_route_v3.HeaderMatcher] = (),
) -> HttpHeadersMatch:
    """envoy.config.common.matcher.v3.HttpHeadersMatch."""
    out = b""
    if headers:
        out += _blobs(b"\x0a", headers, "HttpHeadersMatch.headers")
    return HttpHeadersMatch(out)


MatchPredicate = NewType("MatchPredicate", bytes)


def match_predicate(
    *,
    or_match: MatchPredicateMatchSet | None = None,
    and_match: MatchPredicateMatchSet | None = None,
    not_match: MatchPredicate | None = None,
    any_match: bool | None = None,
    http_request_headers_match: HttpHeadersMatch | None = None,
    http_request_trailers_match: HttpHeadersMatch | None = None,
    http_response_headers_match: HttpHeadersMatch | None = None,
    http_response_trailers_match: HttpHeadersMatch | None = None,
    http_request_generic_body_match: HttpGenericBodyMatch | None = None,
    http_response_generic_body_match: HttpGenericBodyMatch | None = None,
) -> MatchPredicate:
    """envoy.config.common.matcher.v3.MatchPredicate."""
    if (or_match is not None) + (and_match is not None) + (not_match is not None) + (any_match is not None) + (
        http_request_headers_match is not None
    ) + (http_request_trailers_match is not None) + (http_response_headers_match is not None) + (
        http_response_trailers_match is not None
    ) + (http_request_generic_body_match is not None) + (http_response_generic_body_match is not None) > 1:
        raise _conflict(
            "MatchPredicate.rule",
            or_match=or_match,
            and_match=and_match,
            not_match=not_match,
            any_match=any_match,
            http_request_headers_match=http_request_headers_match,
            http_request_trailers_match=http_request_trailers_match,
            http_response_headers_match=http_response_headers_match,
            http_response_trailers_match=http_response_trailers_match,
            http_request_generic_body_match=http_request_generic_body_match,
            http_response_generic_body_match=http_response_generic_body_match,
        )
    out = b""
    if or_match is not None:
        out += _blob(b"\x0a", or_match)
    if and_match is not None:
        out += _blob(b"\x12", and_match)
    if not_match is not None:
        out += _blob(b"\x1a", not_match)
    if any_match is not None:
        out += b"\x20\x01" if any_match else b"\x20\x00"
    if http_request_headers_match is not None:
        out += _blob(b"\x2a", http_request_headers_match)
    if http_request_trailers_match is not None:
        out += _blob(b"\x32", http_request_trailers_match)
    if http_response_headers_match is not None:
        out += _blob(b"\x3a", http_response_headers_match)
    if http_response_trailers_match is not None:
        out += _blob(b"\x42", http_response_trailers_match)
    if http_request_generic_body_match is not None:
        out += _blob(b"\x4a", http_request_generic_body_match)
    if http_response_generic_body_match is not None:
        out += _blob(b"\x52", http_response_generic_body_match)
    return MatchPredicate(out)


MatchPredicateMatchSet = NewType("MatchPredicateMatchSet", bytes)


def match_predicate_match_set(
    *,
    rules: Sequence[MatchPredicate] = (),
) -> MatchPredicateMatchSet:
    """envoy.config.common.matcher.v3.MatchPredicate.MatchSet."""
    out = b""
    if rules:
        out += _blobs(b"\x0a", rules, "MatchPredicateMatchSet.rules")
    return MatchPredicateMatchSet(out)
