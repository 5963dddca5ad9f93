"""Encoders of envoy.config.common.mutation_rules.v3, made from envoy-data-plane by `make encoders`: do not edit.

Each takes the fields of a message and returns its bytes, which are those that the library writes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NewType

from xds_server.envoy.wire.fields import blob as _blob
from xds_server.envoy.wire.fields import conflict as _conflict
from xds_server.envoy.wire.fields import text as _text

if TYPE_CHECKING:
    from xds_server.envoy.encoders import envoy_config_core_v3, envoy_type_matcher_v3

HeaderMutation = NewType("HeaderMutation", bytes)


def header_mutation(
    *,
    remove: str | None = None,
    append: envoy_config_core_v3.HeaderValueOption | None = None,
    remove_on_match: HeaderMutationRemoveOnMatch | None = None,
) -> HeaderMutation:
    """envoy.config.common.mutation_rules.v3.HeaderMutation."""
    if (remove is not None) + (append is not None) + (remove_on_match is not None) > 1:
        raise _conflict("HeaderMutation.action", remove=remove, append=append, remove_on_match=remove_on_match)
    out = b""
    if remove is not None:
        out += _text(b"\x0a", remove)
    if append is not None:
        out += _blob(b"\x12", append)
    if remove_on_match is not None:
        out += _blob(b"\x1a", remove_on_match)
    return HeaderMutation(out)


HeaderMutationRemoveOnMatch = NewType("HeaderMutationRemoveOnMatch", bytes)


def header_mutation_remove_on_match(
    *,
    key_matcher: envoy_type_matcher_v3.StringMatcher | None = None,
) -> HeaderMutationRemoveOnMatch:
    """envoy.config.common.mutation_rules.v3.HeaderMutation.RemoveOnMatch."""
    out = b""
    if key_matcher is not None:
        out += _blob(b"\x0a", key_matcher)
    return HeaderMutationRemoveOnMatch(out)
