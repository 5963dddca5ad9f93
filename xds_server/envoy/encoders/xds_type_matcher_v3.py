"""Encoders of xds.type.matcher.v3, made from envoy-data-plane by `make encoders`: do not edit.

Each takes the fields of a message and returns its bytes, which are those that the library writes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, NewType

from xds_server.envoy.wire.fields import blob as _blob
from xds_server.envoy.wire.fields import blobs as _blobs
from xds_server.envoy.wire.fields import conflict as _conflict
from xds_server.envoy.wire.fields import text as _text

if TYPE_CHECKING:
    from xds_server.envoy.encoders import xds_core_v3

Matcher = NewType("Matcher", bytes)


def matcher(
    *,
    matcher_list: MatcherMatcherList | None = None,
    matcher_tree: MatcherMatcherTree | None = None,
    on_no_match: MatcherOnMatch | None = None,
) -> Matcher:
    """xds.type.matcher.v3.Matcher."""
    if (matcher_list is not None) + (matcher_tree is not None) > 1:
        raise _conflict("Matcher.matcher_type", matcher_list=matcher_list, matcher_tree=matcher_tree)
    out = b""
    if matcher_list is not None:
        out += _blob(b"\x0a", matcher_list)
    if matcher_tree is not None:
        out += _blob(b"\x12", matcher_tree)
    if on_no_match is not None:
        out += _blob(b"\x1a", on_no_match)
    return Matcher(out)


MatcherMatcherList = NewType("MatcherMatcherList", bytes)


def matcher_matcher_list(
    *,
    matchers: Sequence[MatcherMatcherListFieldMatcher] = (),
) -> MatcherMatcherList:
    """xds.type.matcher.v3.Matcher.MatcherList."""
    out = b""
    if matchers:
        out += _blobs(b"\x0a", matchers, "MatcherMatcherList.matchers")
    return MatcherMatcherList(out)


MatcherMatcherListFieldMatcher = NewType("MatcherMatcherListFieldMatcher", bytes)


def matcher_matcher_list_field_matcher(
    *,
    predicate: MatcherMatcherListPredicate | None = None,
    on_match: MatcherOnMatch | None = None,
) -> MatcherMatcherListFieldMatcher:
    """xds.type.matcher.v3.Matcher.MatcherList.FieldMatcher."""
    out = b""
    if predicate is not None:
        out += _blob(b"\x0a", predicate)
    if on_match is not None:
        out += _blob(b"\x12", on_match)
    return MatcherMatcherListFieldMatcher(out)


MatcherMatcherListPredicate = NewType("MatcherMatcherListPredicate", bytes)


def matcher_matcher_list_predicate(
    *,
    single_predicate: MatcherMatcherListPredicateSinglePredicate | None = None,
    or_matcher: MatcherMatcherListPredicatePredicateList | None = None,
    and_matcher: MatcherMatcherListPredicatePredicateList | None = None,
    not_matcher: MatcherMatcherListPredicate | None = None,
) -> MatcherMatcherListPredicate:
    """xds.type.matcher.v3.Matcher.MatcherList.Predicate."""
    if (single_predicate is not None) + (or_matcher is not None) + (and_matcher is not None) + (
        not_matcher is not None
    ) > 1:
        raise _conflict(
            "MatcherMatcherListPredicate.match_type",
            single_predicate=single_predicate,
            or_matcher=or_matcher,
            and_matcher=and_matcher,
            not_matcher=not_matcher,
        )
    out = b""
    if single_predicate is not None:
        out += _blob(b"\x0a", single_predicate)
    if or_matcher is not None:
        out += _blob(b"\x12", or_matcher)
    if and_matcher is not None:
        out += _blob(b"\x1a", and_matcher)
    if not_matcher is not None:
        out += _blob(b"\x22", not_matcher)
    return MatcherMatcherListPredicate(out)


MatcherMatcherListPredicatePredicateList = NewType("MatcherMatcherListPredicatePredicateList", bytes)


def matcher_matcher_list_predicate_predicate_list(
    *,
    predicate: Sequence[MatcherMatcherListPredicate] = (),
) -> MatcherMatcherListPredicatePredicateList:
    """xds.type.matcher.v3.Matcher.MatcherList.Predicate.PredicateList."""
    out = b""
    if predicate:
        out += _blobs(b"\x0a", predicate, "MatcherMatcherListPredicatePredicateList.predicate")
    return MatcherMatcherListPredicatePredicateList(out)


MatcherMatcherListPredicateSinglePredicate = NewType("MatcherMatcherListPredicateSinglePredicate", bytes)


def matcher_matcher_list_predicate_single_predicate(
    *,
    input: xds_core_v3.TypedExtensionConfig | None = None,
    value_match: StringMatcher | None = None,
    custom_match: xds_core_v3.TypedExtensionConfig | None = None,
) -> MatcherMatcherListPredicateSinglePredicate:
    """xds.type.matcher.v3.Matcher.MatcherList.Predicate.SinglePredicate."""
    if (value_match is not None) + (custom_match is not None) > 1:
        raise _conflict(
            "MatcherMatcherListPredicateSinglePredicate.matcher", value_match=value_match, custom_match=custom_match
        )
    out = b""
    if input is not None:
        out += _blob(b"\x0a", input)
    if value_match is not None:
        out += _blob(b"\x12", value_match)
    if custom_match is not None:
        out += _blob(b"\x1a", custom_match)
    return MatcherMatcherListPredicateSinglePredicate(out)


MatcherMatcherTree = NewType("MatcherMatcherTree", bytes)


def matcher_matcher_tree(
    *,
    input: xds_core_v3.TypedExtensionConfig | None = None,
    exact_match_map: MatcherMatcherTreeMatchMap | None = None,
    prefix_match_map: MatcherMatcherTreeMatchMap | None = None,
    custom_match: xds_core_v3.TypedExtensionConfig | None = None,
) -> MatcherMatcherTree:
    """xds.type.matcher.v3.Matcher.MatcherTree."""
    if (exact_match_map is not None) + (prefix_match_map is not None) + (custom_match is not None) > 1:
        raise _conflict(
            "MatcherMatcherTree.tree_type",
            exact_match_map=exact_match_map,
            prefix_match_map=prefix_match_map,
            custom_match=custom_match,
        )
    out = b""
    if input is not None:
        out += _blob(b"\x0a", input)
    if exact_match_map is not None:
        out += _blob(b"\x12", exact_match_map)
    if prefix_match_map is not None:
        out += _blob(b"\x1a", prefix_match_map)
    if custom_match is not None:
        out += _blob(b"\x22", custom_match)
    return MatcherMatcherTree(out)


MatcherMatcherTreeMatchMap = NewType("MatcherMatcherTreeMatchMap", bytes)


def matcher_matcher_tree_match_map(
    *,
    map: Mapping[str, MatcherOnMatch] | None = None,
) -> MatcherMatcherTreeMatchMap:
    """xds.type.matcher.v3.Matcher.MatcherTree.MatchMap."""
    out = b""
    if map:
        out += _blobs(
            b"\x0a",
            [_text(b"\x0a", key) + _blob(b"\x12", one) for key, one in map.items()],
            "MatcherMatcherTreeMatchMap.map",
        )
    return MatcherMatcherTreeMatchMap(out)


MatcherOnMatch = NewType("MatcherOnMatch", bytes)


def matcher_on_match(
    *,
    matcher: Matcher | None = None,
    action: xds_core_v3.TypedExtensionConfig | None = None,
    keep_matching: bool = False,
) -> MatcherOnMatch:
    """xds.type.matcher.v3.Matcher.OnMatch."""
    if (matcher is not None) + (action is not None) > 1:
        raise _conflict("MatcherOnMatch.on_match", matcher=matcher, action=action)
    out = b""
    if matcher is not None:
        out += _blob(b"\x0a", matcher)
    if action is not None:
        out += _blob(b"\x12", action)
    if keep_matching:
        out += b"\x18\x01"
    return MatcherOnMatch(out)


RegexMatcher = NewType("RegexMatcher", bytes)


def regex_matcher(
    *,
    google_re2: RegexMatcherGoogleRe2 | None = None,
    regex: str = "",
) -> RegexMatcher:
    """xds.type.matcher.v3.RegexMatcher."""
    out = b""
    if google_re2 is not None:
        out += _blob(b"\x0a", google_re2)
    if regex:
        out += _text(b"\x12", regex)
    return RegexMatcher(out)


RegexMatcherGoogleRe2 = NewType("RegexMatcherGoogleRe2", bytes)


def regex_matcher_google_re2() -> RegexMatcherGoogleRe2:
    """xds.type.matcher.v3.RegexMatcher.GoogleRE2."""
    return RegexMatcherGoogleRe2(b"")


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
    """xds.type.matcher.v3.StringMatcher."""
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
