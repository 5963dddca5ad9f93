"""Encoders of envoy.config.route.v3, made from envoy-data-plane by `make encoders`: do not edit.

Each takes the fields of a message and returns its bytes, which are those that the library writes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Final, Literal, NewType

from xds_server.envoy.wire.fields import blob as _blob
from xds_server.envoy.wire.fields import blobs as _blobs
from xds_server.envoy.wire.fields import conflict as _conflict
from xds_server.envoy.wire.fields import duration as _duration
from xds_server.envoy.wire.fields import int64 as _int64
from xds_server.envoy.wire.fields import member_but_zero as _member_but_zero
from xds_server.envoy.wire.fields import packed as _packed
from xds_server.envoy.wire.fields import text as _text
from xds_server.envoy.wire.fields import texts as _texts
from xds_server.envoy.wire.fields import uint32 as _uint32
from xds_server.envoy.wire.fields import uint64 as _uint64

if TYPE_CHECKING:
    from xds_server.envoy.encoders import (
        envoy_config_common_mutation_rules_v3,
        envoy_config_core_v3,
        envoy_type_matcher_v3,
        envoy_type_metadata_v3,
        envoy_type_tracing_v3,
        envoy_type_v3,
        google_protobuf,
        xds_type_matcher_v3,
    )

RateLimitActionMetaDataSource = Literal["DYNAMIC", "ROUTE_ENTRY", "CLUSTER_ENTRY", "CLUSTER_LOCALITY_ENTRY"]
RateLimitXRateLimitOption = Literal["UNSPECIFIED", "OFF", "DRAFT_VERSION_03"]
RedirectActionRedirectResponseCode = Literal[
    "MOVED_PERMANENTLY", "FOUND", "SEE_OTHER", "TEMPORARY_REDIRECT", "PERMANENT_REDIRECT"
]
RetryPolicyResetHeaderFormat = Literal["SECONDS", "UNIX_TIMESTAMP"]
RouteActionClusterNotFoundResponseCode = Literal["SERVICE_UNAVAILABLE", "NOT_FOUND", "INTERNAL_SERVER_ERROR"]
RouteActionInternalRedirectAction = Literal["PASS_THROUGH_INTERNAL_REDIRECT", "HANDLE_INTERNAL_REDIRECT"]
VirtualHostTlsRequirementType = Literal["NONE", "EXTERNAL_ONLY", "ALL"]
_RateLimitActionMetaDataSource: Final = {
    "DYNAMIC": b"\x00",
    "ROUTE_ENTRY": b"\x01",
    "CLUSTER_ENTRY": b"\x02",
    "CLUSTER_LOCALITY_ENTRY": b"\x03",
}
_RateLimitUnit: Final = {
    "UNKNOWN": b"\x00",
    "SECOND": b"\x01",
    "MINUTE": b"\x02",
    "HOUR": b"\x03",
    "DAY": b"\x04",
    "MONTH": b"\x05",
    "YEAR": b"\x06",
}
_RateLimitXRateLimitOption: Final = {"UNSPECIFIED": b"\x00", "OFF": b"\x01", "DRAFT_VERSION_03": b"\x02"}
_RedirectActionRedirectResponseCode: Final = {
    "MOVED_PERMANENTLY": b"\x00",
    "FOUND": b"\x01",
    "SEE_OTHER": b"\x02",
    "TEMPORARY_REDIRECT": b"\x03",
    "PERMANENT_REDIRECT": b"\x04",
}
_RetryPolicyResetHeaderFormat: Final = {"SECONDS": b"\x00", "UNIX_TIMESTAMP": b"\x01"}
_RouteActionClusterNotFoundResponseCode: Final = {
    "SERVICE_UNAVAILABLE": b"\x00",
    "NOT_FOUND": b"\x01",
    "INTERNAL_SERVER_ERROR": b"\x02",
}
_RouteActionInternalRedirectAction: Final = {
    "PASS_THROUGH_INTERNAL_REDIRECT": b"\x00",
    "HANDLE_INTERNAL_REDIRECT": b"\x01",
}
_RoutingPriority: Final = {"DEFAULT": b"\x00", "HIGH": b"\x01"}
_VirtualHostTlsRequirementType: Final = {"NONE": b"\x00", "EXTERNAL_ONLY": b"\x01", "ALL": b"\x02"}
ClusterSpecifierPlugin = NewType("ClusterSpecifierPlugin", bytes)


def cluster_specifier_plugin(
    *,
    extension: envoy_config_core_v3.TypedExtensionConfig | None = None,
    is_optional: bool = False,
) -> ClusterSpecifierPlugin:
    """envoy.config.route.v3.ClusterSpecifierPlugin."""
    out = b""
    if extension is not None:
        out += _blob(b"\x0a", extension)
    if is_optional:
        out += b"\x10\x01"
    return ClusterSpecifierPlugin(out)


CookieMatcher = NewType("CookieMatcher", bytes)


def cookie_matcher(
    *,
    name: str = "",
    string_match: envoy_type_matcher_v3.StringMatcher | None = None,
    invert_match: bool = False,
) -> CookieMatcher:
    """envoy.config.route.v3.CookieMatcher."""
    out = b""
    if name:
        out += _text(b"\x0a", name)
    if string_match is not None:
        out += _blob(b"\x12", string_match)
    if invert_match:
        out += b"\x18\x01"
    return CookieMatcher(out)


CorsPolicy = NewType("CorsPolicy", bytes)


def cors_policy(
    *,
    allow_origin_string_match: Sequence[envoy_type_matcher_v3.StringMatcher] = (),
    allow_methods: str = "",
    allow_headers: str = "",
    expose_headers: str = "",
    max_age: str = "",
    allow_credentials: bool | None = None,
    filter_enabled: envoy_config_core_v3.RuntimeFractionalPercent | None = None,
    shadow_enabled: envoy_config_core_v3.RuntimeFractionalPercent | None = None,
    allow_private_network_access: bool | None = None,
    forward_not_matching_preflights: bool | None = None,
) -> CorsPolicy:
    """envoy.config.route.v3.CorsPolicy."""
    out = b""
    if allow_origin_string_match:
        out += _blobs(b"\x5a", allow_origin_string_match, "CorsPolicy.allow_origin_string_match")
    if allow_methods:
        out += _text(b"\x12", allow_methods)
    if allow_headers:
        out += _text(b"\x1a", allow_headers)
    if expose_headers:
        out += _text(b"\x22", expose_headers)
    if max_age:
        out += _text(b"\x2a", max_age)
    if allow_credentials is not None:
        out += b"\x32\x02\x08\x01" if allow_credentials else b"\x32\x00"
    if filter_enabled is not None:
        out += _blob(b"\x4a", filter_enabled)
    if shadow_enabled is not None:
        out += _blob(b"\x52", shadow_enabled)
    if allow_private_network_access is not None:
        out += b"\x62\x02\x08\x01" if allow_private_network_access else b"\x62\x00"
    if forward_not_matching_preflights is not None:
        out += b"\x6a\x02\x08\x01" if forward_not_matching_preflights else b"\x6a\x00"
    return CorsPolicy(out)


Decorator = NewType("Decorator", bytes)


def decorator(
    *,
    operation: str = "",
    propagate: bool | None = None,
) -> Decorator:
    """envoy.config.route.v3.Decorator."""
    out = b""
    if operation:
        out += _text(b"\x0a", operation)
    if propagate is not None:
        out += b"\x12\x02\x08\x01" if propagate else b"\x12\x00"
    return Decorator(out)


DirectResponseAction = NewType("DirectResponseAction", bytes)


def direct_response_action(
    *,
    status: int = 0,
    body: envoy_config_core_v3.DataSource | None = None,
    body_format: envoy_config_core_v3.SubstitutionFormatString | None = None,
) -> DirectResponseAction:
    """envoy.config.route.v3.DirectResponseAction."""
    out = b""
    if status:
        out += _uint32(b"\x08", status, "DirectResponseAction.status")
    if body is not None:
        out += _blob(b"\x12", body)
    if body_format is not None:
        out += _blob(b"\x1a", body_format)
    return DirectResponseAction(out)


FilterAction = NewType("FilterAction", bytes)


def filter_action(
    *,
    action: google_protobuf.Any | None = None,
) -> FilterAction:
    """envoy.config.route.v3.FilterAction."""
    out = b""
    if action is not None:
        out += _blob(b"\x0a", action)
    return FilterAction(out)


HeaderMatcher = NewType("HeaderMatcher", bytes)


def header_matcher(
    *,
    name: str = "",
    exact_match: str | None = None,
    safe_regex_match: envoy_type_matcher_v3.RegexMatcher | None = None,
    range_match: envoy_type_v3.Int64Range | None = None,
    present_match: bool | None = None,
    prefix_match: str | None = None,
    suffix_match: str | None = None,
    contains_match: str | None = None,
    string_match: envoy_type_matcher_v3.StringMatcher | None = None,
    invert_match: bool = False,
    treat_missing_header_as_empty: bool = False,
) -> HeaderMatcher:
    """envoy.config.route.v3.HeaderMatcher."""
    if (exact_match is not None) + (safe_regex_match is not None) + (range_match is not None) + (
        present_match is not None
    ) + (prefix_match is not None) + (suffix_match is not None) + (contains_match is not None) + (
        string_match is not None
    ) > 1:
        raise _conflict(
            "HeaderMatcher.header_match_specifier",
            exact_match=exact_match,
            safe_regex_match=safe_regex_match,
            range_match=range_match,
            present_match=present_match,
            prefix_match=prefix_match,
            suffix_match=suffix_match,
            contains_match=contains_match,
            string_match=string_match,
        )
    out = b""
    if name:
        out += _text(b"\x0a", name)
    if exact_match is not None:
        out += _text(b"\x22", exact_match)
    if safe_regex_match is not None:
        out += _blob(b"\x5a", safe_regex_match)
    if range_match is not None:
        out += _blob(b"\x32", range_match)
    if present_match is not None:
        out += b"\x38\x01" if present_match else b"\x38\x00"
    if prefix_match is not None:
        out += _text(b"\x4a", prefix_match)
    if suffix_match is not None:
        out += _text(b"\x52", suffix_match)
    if contains_match is not None:
        out += _text(b"\x62", contains_match)
    if string_match is not None:
        out += _blob(b"\x6a", string_match)
    if invert_match:
        out += b"\x40\x01"
    if treat_missing_header_as_empty:
        out += b"\x70\x01"
    return HeaderMatcher(out)


HedgePolicy = NewType("HedgePolicy", bytes)


def hedge_policy(
    *,
    initial_requests: int | None = None,
    additional_request_chance: envoy_type_v3.FractionalPercent | None = None,
    hedge_on_per_try_timeout: bool = False,
) -> HedgePolicy:
    """envoy.config.route.v3.HedgePolicy."""
    out = b""
    if initial_requests is not None:
        out += _blob(
            b"\x0a", _uint32(b"\x08", initial_requests, "HedgePolicy.initial_requests") if initial_requests else b""
        )
    if additional_request_chance is not None:
        out += _blob(b"\x12", additional_request_chance)
    if hedge_on_per_try_timeout:
        out += b"\x18\x01"
    return HedgePolicy(out)


InternalRedirectPolicy = NewType("InternalRedirectPolicy", bytes)


def internal_redirect_policy(
    *,
    max_internal_redirects: int | None = None,
    redirect_response_codes: Sequence[int] = (),
    predicates: Sequence[envoy_config_core_v3.TypedExtensionConfig] = (),
    allow_cross_scheme_redirect: bool = False,
    response_headers_to_copy: Sequence[str] = (),
) -> InternalRedirectPolicy:
    """envoy.config.route.v3.InternalRedirectPolicy."""
    out = b""
    if max_internal_redirects is not None:
        out += _blob(
            b"\x0a",
            _uint32(b"\x08", max_internal_redirects, "InternalRedirectPolicy.max_internal_redirects")
            if max_internal_redirects
            else b"",
        )
    if redirect_response_codes:
        out += _packed(
            b"\x12",
            [_uint32(b"", one, "InternalRedirectPolicy.redirect_response_codes") for one in redirect_response_codes],
        )
    if predicates:
        out += _blobs(b"\x1a", predicates, "InternalRedirectPolicy.predicates")
    if allow_cross_scheme_redirect:
        out += b"\x20\x01"
    if response_headers_to_copy:
        out += _texts(b"\x2a", response_headers_to_copy, "InternalRedirectPolicy.response_headers_to_copy")
    return InternalRedirectPolicy(out)


NonForwardingAction = NewType("NonForwardingAction", bytes)


def non_forwarding_action() -> NonForwardingAction:
    """envoy.config.route.v3.NonForwardingAction."""
    return NonForwardingAction(b"")


QueryParameterMatcher = NewType("QueryParameterMatcher", bytes)


def query_parameter_matcher(
    *,
    name: str = "",
    string_match: envoy_type_matcher_v3.StringMatcher | None = None,
    present_match: bool | None = None,
) -> QueryParameterMatcher:
    """envoy.config.route.v3.QueryParameterMatcher."""
    if (string_match is not None) + (present_match is not None) > 1:
        raise _conflict(
            "QueryParameterMatcher.query_parameter_match_specifier",
            string_match=string_match,
            present_match=present_match,
        )
    out = b""
    if name:
        out += _text(b"\x0a", name)
    if string_match is not None:
        out += _blob(b"\x2a", string_match)
    if present_match is not None:
        out += b"\x30\x01" if present_match else b"\x30\x00"
    return QueryParameterMatcher(out)


RateLimit = NewType("RateLimit", bytes)


def rate_limit(
    *,
    stage: int | None = None,
    disable_key: str = "",
    actions: Sequence[RateLimitAction] = (),
    limit: RateLimitOverride | None = None,
    hits_addend: RateLimitHitsAddend | None = None,
    apply_on_stream_done: bool = False,
    x_ratelimit_option: RateLimitXRateLimitOption | None = None,
) -> RateLimit:
    """envoy.config.route.v3.RateLimit."""
    out = b""
    if stage is not None:
        out += _blob(b"\x0a", _uint32(b"\x08", stage, "RateLimit.stage") if stage else b"")
    if disable_key:
        out += _text(b"\x12", disable_key)
    if actions:
        out += _blobs(b"\x1a", actions, "RateLimit.actions")
    if limit is not None:
        out += _blob(b"\x22", limit)
    if hits_addend is not None:
        out += _blob(b"\x2a", hits_addend)
    if apply_on_stream_done:
        out += b"\x30\x01"
    if x_ratelimit_option is not None:
        out += _member_but_zero(b"\x38", _RateLimitXRateLimitOption, x_ratelimit_option, "RateLimit.x_ratelimit_option")
    return RateLimit(out)


RateLimitAction = NewType("RateLimitAction", bytes)


def rate_limit_action(
    *,
    source_cluster: RateLimitActionSourceCluster | None = None,
    destination_cluster: RateLimitActionDestinationCluster | None = None,
    request_headers: RateLimitActionRequestHeaders | None = None,
    query_parameters: RateLimitActionQueryParameters | None = None,
    remote_address: RateLimitActionRemoteAddress | None = None,
    generic_key: RateLimitActionGenericKey | None = None,
    header_value_match: RateLimitActionHeaderValueMatch | None = None,
    dynamic_metadata: RateLimitActionDynamicMetaData | None = None,
    metadata: RateLimitActionMetaData | None = None,
    extension: envoy_config_core_v3.TypedExtensionConfig | None = None,
    masked_remote_address: RateLimitActionMaskedRemoteAddress | None = None,
    query_parameter_value_match: RateLimitActionQueryParameterValueMatch | None = None,
    remote_address_match: RateLimitActionRemoteAddressMatch | None = None,
) -> RateLimitAction:
    """envoy.config.route.v3.RateLimit.Action."""
    if (source_cluster is not None) + (destination_cluster is not None) + (request_headers is not None) + (
        query_parameters is not None
    ) + (remote_address is not None) + (generic_key is not None) + (header_value_match is not None) + (
        dynamic_metadata is not None
    ) + (metadata is not None) + (extension is not None) + (masked_remote_address is not None) + (
        query_parameter_value_match is not None
    ) + (remote_address_match is not None) > 1:
        raise _conflict(
            "RateLimitAction.action_specifier",
            source_cluster=source_cluster,
            destination_cluster=destination_cluster,
            request_headers=request_headers,
            query_parameters=query_parameters,
            remote_address=remote_address,
            generic_key=generic_key,
            header_value_match=header_value_match,
            dynamic_metadata=dynamic_metadata,
            metadata=metadata,
            extension=extension,
            masked_remote_address=masked_remote_address,
            query_parameter_value_match=query_parameter_value_match,
            remote_address_match=remote_address_match,
        )
    out = b""
    if source_cluster is not None:
        out += _blob(b"\x0a", source_cluster)
    if destination_cluster is not None:
        out += _blob(b"\x12", destination_cluster)
    if request_headers is not None:
        out += _blob(b"\x1a", request_headers)
    if query_parameters is not None:
        out += _blob(b"\x62", query_parameters)
    if remote_address is not None:
        out += _blob(b"\x22", remote_address)
    if generic_key is not None:
        out += _blob(b"\x2a", generic_key)
    if header_value_match is not None:
        out += _blob(b"\x32", header_value_match)
    if dynamic_metadata is not None:
        out += _blob(b"\x3a", dynamic_metadata)
    if metadata is not None:
        out += _blob(b"\x42", metadata)
    if extension is not None:
        out += _blob(b"\x4a", extension)
    if masked_remote_address is not None:
        out += _blob(b"\x52", masked_remote_address)
    if query_parameter_value_match is not None:
        out += _blob(b"\x5a", query_parameter_value_match)
    if remote_address_match is not None:
        out += _blob(b"\x6a", remote_address_match)
    return RateLimitAction(out)


RateLimitActionDestinationCluster = NewType("RateLimitActionDestinationCluster", bytes)


def rate_limit_action_destination_cluster() -> RateLimitActionDestinationCluster:
    """envoy.config.route.v3.RateLimit.Action.DestinationCluster."""
    return RateLimitActionDestinationCluster(b"")


RateLimitActionDynamicMetaData = NewType("RateLimitActionDynamicMetaData", bytes)


def rate_limit_action_dynamic_meta_data(
    *,
    descriptor_key: str = "",
    metadata_key: envoy_type_metadata_v3.MetadataKey | None = None,
    default_value: str = "",
) -> RateLimitActionDynamicMetaData:
    """envoy.config.route.v3.RateLimit.Action.DynamicMetaData."""
    out = b""
    if descriptor_key:
        out += _text(b"\x0a", descriptor_key)
    if metadata_key is not None:
        out += _blob(b"\x12", metadata_key)
    if default_value:
        out += _text(b"\x1a", default_value)
    return RateLimitActionDynamicMetaData(out)


RateLimitActionGenericKey = NewType("RateLimitActionGenericKey", bytes)


def rate_limit_action_generic_key(
    *,
    descriptor_value: str = "",
    default_value: str = "",
    descriptor_key: str = "",
) -> RateLimitActionGenericKey:
    """envoy.config.route.v3.RateLimit.Action.GenericKey."""
    out = b""
    if descriptor_value:
        out += _text(b"\x0a", descriptor_value)
    if default_value:
        out += _text(b"\x1a", default_value)
    if descriptor_key:
        out += _text(b"\x12", descriptor_key)
    return RateLimitActionGenericKey(out)


RateLimitActionHeaderValueMatch = NewType("RateLimitActionHeaderValueMatch", bytes)


def rate_limit_action_header_value_match(
    *,
    descriptor_value: str = "",
    default_value: str = "",
    descriptor_key: str = "",
    expect_match: bool | None = None,
    headers: Sequence[HeaderMatcher] = (),
) -> RateLimitActionHeaderValueMatch:
    """envoy.config.route.v3.RateLimit.Action.HeaderValueMatch."""
    out = b""
    if descriptor_value:
        out += _text(b"\x0a", descriptor_value)
    if default_value:
        out += _text(b"\x2a", default_value)
    if descriptor_key:
        out += _text(b"\x22", descriptor_key)
    if expect_match is not None:
        out += b"\x12\x02\x08\x01" if expect_match else b"\x12\x00"
    if headers:
        out += _blobs(b"\x1a", headers, "RateLimitActionHeaderValueMatch.headers")
    return RateLimitActionHeaderValueMatch(out)


RateLimitActionMaskedRemoteAddress = NewType("RateLimitActionMaskedRemoteAddress", bytes)


def rate_limit_action_masked_remote_address(
    *,
    v4_prefix_mask_len: int | None = None,
    v6_prefix_mask_len: int | None = None,
) -> RateLimitActionMaskedRemoteAddress:
    """envoy.config.route.v3.RateLimit.Action.MaskedRemoteAddress."""
    out = b""
    if v4_prefix_mask_len is not None:
        out += _blob(
            b"\x0a",
            _uint32(b"\x08", v4_prefix_mask_len, "RateLimitActionMaskedRemoteAddress.v4_prefix_mask_len")
            if v4_prefix_mask_len
            else b"",
        )
    if v6_prefix_mask_len is not None:
        out += _blob(
            b"\x12",
            _uint32(b"\x08", v6_prefix_mask_len, "RateLimitActionMaskedRemoteAddress.v6_prefix_mask_len")
            if v6_prefix_mask_len
            else b"",
        )
    return RateLimitActionMaskedRemoteAddress(out)


RateLimitActionMetaData = NewType("RateLimitActionMetaData", bytes)


def rate_limit_action_meta_data(
    *,
    descriptor_key: str = "",
    metadata_key: envoy_type_metadata_v3.MetadataKey | None = None,
    default_value: str = "",
    source: RateLimitActionMetaDataSource | None = None,
    skip_if_absent: bool = False,
) -> RateLimitActionMetaData:
    """envoy.config.route.v3.RateLimit.Action.MetaData."""
    out = b""
    if descriptor_key:
        out += _text(b"\x0a", descriptor_key)
    if metadata_key is not None:
        out += _blob(b"\x12", metadata_key)
    if default_value:
        out += _text(b"\x1a", default_value)
    if source is not None:
        out += _member_but_zero(b"\x20", _RateLimitActionMetaDataSource, source, "RateLimitActionMetaData.source")
    if skip_if_absent:
        out += b"\x28\x01"
    return RateLimitActionMetaData(out)


RateLimitActionQueryParameterValueMatch = NewType("RateLimitActionQueryParameterValueMatch", bytes)


def rate_limit_action_query_parameter_value_match(
    *,
    descriptor_value: str = "",
    default_value: str = "",
    descriptor_key: str = "",
    expect_match: bool | None = None,
    query_parameters: Sequence[QueryParameterMatcher] = (),
) -> RateLimitActionQueryParameterValueMatch:
    """envoy.config.route.v3.RateLimit.Action.QueryParameterValueMatch."""
    out = b""
    if descriptor_value:
        out += _text(b"\x0a", descriptor_value)
    if default_value:
        out += _text(b"\x2a", default_value)
    if descriptor_key:
        out += _text(b"\x22", descriptor_key)
    if expect_match is not None:
        out += b"\x12\x02\x08\x01" if expect_match else b"\x12\x00"
    if query_parameters:
        out += _blobs(b"\x1a", query_parameters, "RateLimitActionQueryParameterValueMatch.query_parameters")
    return RateLimitActionQueryParameterValueMatch(out)


RateLimitActionQueryParameters = NewType("RateLimitActionQueryParameters", bytes)


def rate_limit_action_query_parameters(
    *,
    query_parameter_name: str = "",
    descriptor_key: str = "",
    skip_if_absent: bool = False,
) -> RateLimitActionQueryParameters:
    """envoy.config.route.v3.RateLimit.Action.QueryParameters."""
    out = b""
    if query_parameter_name:
        out += _text(b"\x0a", query_parameter_name)
    if descriptor_key:
        out += _text(b"\x12", descriptor_key)
    if skip_if_absent:
        out += b"\x18\x01"
    return RateLimitActionQueryParameters(out)


RateLimitActionRemoteAddress = NewType("RateLimitActionRemoteAddress", bytes)


def rate_limit_action_remote_address() -> RateLimitActionRemoteAddress:
    """envoy.config.route.v3.RateLimit.Action.RemoteAddress."""
    return RateLimitActionRemoteAddress(b"")


RateLimitActionRemoteAddressMatch = NewType("RateLimitActionRemoteAddressMatch", bytes)


def rate_limit_action_remote_address_match(
    *,
    descriptor_value: str = "",
    descriptor_key: str = "",
    default_value: str = "",
    address_matcher: envoy_type_matcher_v3.AddressMatcher | None = None,
) -> RateLimitActionRemoteAddressMatch:
    """envoy.config.route.v3.RateLimit.Action.RemoteAddressMatch."""
    out = b""
    if descriptor_value:
        out += _text(b"\x0a", descriptor_value)
    if descriptor_key:
        out += _text(b"\x12", descriptor_key)
    if default_value:
        out += _text(b"\x1a", default_value)
    if address_matcher is not None:
        out += _blob(b"\x22", address_matcher)
    return RateLimitActionRemoteAddressMatch(out)


RateLimitActionRequestHeaders = NewType("RateLimitActionRequestHeaders", bytes)


def rate_limit_action_request_headers(
    *,
    header_name: str = "",
    descriptor_key: str = "",
    skip_if_absent: bool = False,
) -> RateLimitActionRequestHeaders:
    """envoy.config.route.v3.RateLimit.Action.RequestHeaders."""
    out = b""
    if header_name:
        out += _text(b"\x0a", header_name)
    if descriptor_key:
        out += _text(b"\x12", descriptor_key)
    if skip_if_absent:
        out += b"\x18\x01"
    return RateLimitActionRequestHeaders(out)


RateLimitActionSourceCluster = NewType("RateLimitActionSourceCluster", bytes)


def rate_limit_action_source_cluster() -> RateLimitActionSourceCluster:
    """envoy.config.route.v3.RateLimit.Action.SourceCluster."""
    return RateLimitActionSourceCluster(b"")


RateLimitHitsAddend = NewType("RateLimitHitsAddend", bytes)


def rate_limit_hits_addend(
    *,
    number: int | None = None,
    format: str = "",
    is_negative_hits: bool = False,
) -> RateLimitHitsAddend:
    """envoy.config.route.v3.RateLimit.HitsAddend."""
    out = b""
    if number is not None:
        out += _blob(b"\x0a", _uint64(b"\x08", number, "RateLimitHitsAddend.number") if number else b"")
    if format:
        out += _text(b"\x12", format)
    if is_negative_hits:
        out += b"\x18\x01"
    return RateLimitHitsAddend(out)


RateLimitOverride = NewType("RateLimitOverride", bytes)


def rate_limit_override(
    *,
    dynamic_metadata: RateLimitOverrideDynamicMetadata | None = None,
    rate_limit: RateLimitOverrideRateLimitOverride | None = None,
) -> RateLimitOverride:
    """envoy.config.route.v3.RateLimit.Override."""
    if (dynamic_metadata is not None) + (rate_limit is not None) > 1:
        raise _conflict(
            "RateLimitOverride.override_specifier", dynamic_metadata=dynamic_metadata, rate_limit=rate_limit
        )
    out = b""
    if dynamic_metadata is not None:
        out += _blob(b"\x0a", dynamic_metadata)
    if rate_limit is not None:
        out += _blob(b"\x12", rate_limit)
    return RateLimitOverride(out)


RateLimitOverrideDynamicMetadata = NewType("RateLimitOverrideDynamicMetadata", bytes)


def rate_limit_override_dynamic_metadata(
    *,
    metadata_key: envoy_type_metadata_v3.MetadataKey | None = None,
) -> RateLimitOverrideDynamicMetadata:
    """envoy.config.route.v3.RateLimit.Override.DynamicMetadata."""
    out = b""
    if metadata_key is not None:
        out += _blob(b"\x0a", metadata_key)
    return RateLimitOverrideDynamicMetadata(out)


RateLimitOverrideRateLimitOverride = NewType("RateLimitOverrideRateLimitOverride", bytes)


def rate_limit_override_rate_limit_override(
    *,
    requests_per_unit: int = 0,
    unit: envoy_type_v3.RateLimitUnit | None = None,
) -> RateLimitOverrideRateLimitOverride:
    """envoy.config.route.v3.RateLimit.Override.RateLimitOverride."""
    out = b""
    if requests_per_unit:
        out += _uint32(b"\x08", requests_per_unit, "RateLimitOverrideRateLimitOverride.requests_per_unit")
    if unit is not None:
        out += _member_but_zero(b"\x10", _RateLimitUnit, unit, "RateLimitOverrideRateLimitOverride.unit")
    return RateLimitOverrideRateLimitOverride(out)


RedirectAction = NewType("RedirectAction", bytes)


def redirect_action(
    *,
    https_redirect: bool | None = None,
    scheme_redirect: str | None = None,
    host_redirect: str = "",
    port_redirect: int = 0,
    path_redirect: str | None = None,
    prefix_rewrite: str | None = None,
    regex_rewrite: envoy_type_matcher_v3.RegexMatchAndSubstitute | None = None,
    path_rewrite: str | None = None,
    response_code: RedirectActionRedirectResponseCode | None = None,
    strip_query: bool = False,
) -> RedirectAction:
    """envoy.config.route.v3.RedirectAction."""
    if (https_redirect is not None) + (scheme_redirect is not None) > 1:
        raise _conflict(
            "RedirectAction.scheme_rewrite_specifier", https_redirect=https_redirect, scheme_redirect=scheme_redirect
        )
    if (path_redirect is not None) + (prefix_rewrite is not None) + (regex_rewrite is not None) + (
        path_rewrite is not None
    ) > 1:
        raise _conflict(
            "RedirectAction.path_rewrite_specifier",
            path_redirect=path_redirect,
            prefix_rewrite=prefix_rewrite,
            regex_rewrite=regex_rewrite,
            path_rewrite=path_rewrite,
        )
    out = b""
    if https_redirect is not None:
        out += b"\x20\x01" if https_redirect else b"\x20\x00"
    if scheme_redirect is not None:
        out += _text(b"\x3a", scheme_redirect)
    if host_redirect:
        out += _text(b"\x0a", host_redirect)
    if port_redirect:
        out += _uint32(b"\x40", port_redirect, "RedirectAction.port_redirect")
    if path_redirect is not None:
        out += _text(b"\x12", path_redirect)
    if prefix_rewrite is not None:
        out += _text(b"\x2a", prefix_rewrite)
    if regex_rewrite is not None:
        out += _blob(b"\x4a", regex_rewrite)
    if path_rewrite is not None:
        out += _text(b"\x52", path_rewrite)
    if response_code is not None:
        out += _member_but_zero(
            b"\x18", _RedirectActionRedirectResponseCode, response_code, "RedirectAction.response_code"
        )
    if strip_query:
        out += b"\x30\x01"
    return RedirectAction(out)


RetryPolicy = NewType("RetryPolicy", bytes)


def retry_policy(
    *,
    retry_on: str = "",
    num_retries: int | None = None,
    per_try_timeout: timedelta | None = None,
    per_try_idle_timeout: timedelta | None = None,
    retry_priority: RetryPolicyRetryPriority | None = None,
    retry_host_predicate: Sequence[RetryPolicyRetryHostPredicate] = (),
    retry_options_predicates: Sequence[envoy_config_core_v3.TypedExtensionConfig] = (),
    host_selection_retry_max_attempts: int = 0,
    retriable_status_codes: Sequence[int] = (),
    retry_back_off: RetryPolicyRetryBackOff | None = None,
    rate_limited_retry_back_off: RetryPolicyRateLimitedRetryBackOff | None = None,
    retriable_headers: Sequence[HeaderMatcher] = (),
    retriable_request_headers: Sequence[HeaderMatcher] = (),
    refresh_cluster_on_retry: bool = False,
) -> RetryPolicy:
    """envoy.config.route.v3.RetryPolicy."""
    out = b""
    if retry_on:
        out += _text(b"\x0a", retry_on)
    if num_retries is not None:
        out += _blob(b"\x12", _uint32(b"\x08", num_retries, "RetryPolicy.num_retries") if num_retries else b"")
    if per_try_timeout is not None:
        out += _duration(b"\x1a", per_try_timeout, "RetryPolicy.per_try_timeout")
    if per_try_idle_timeout is not None:
        out += _duration(b"\x6a", per_try_idle_timeout, "RetryPolicy.per_try_idle_timeout")
    if retry_priority is not None:
        out += _blob(b"\x22", retry_priority)
    if retry_host_predicate:
        out += _blobs(b"\x2a", retry_host_predicate, "RetryPolicy.retry_host_predicate")
    if retry_options_predicates:
        out += _blobs(b"\x62", retry_options_predicates, "RetryPolicy.retry_options_predicates")
    if host_selection_retry_max_attempts:
        out += _int64(b"\x30", host_selection_retry_max_attempts, "RetryPolicy.host_selection_retry_max_attempts")
    if retriable_status_codes:
        out += _packed(
            b"\x3a", [_uint32(b"", one, "RetryPolicy.retriable_status_codes") for one in retriable_status_codes]
        )
    if retry_back_off is not None:
        out += _blob(b"\x42", retry_back_off)
    if rate_limited_retry_back_off is not None:
        out += _blob(b"\x5a", rate_limited_retry_back_off)
    if retriable_headers:
        out += _blobs(b"\x4a", retriable_headers, "RetryPolicy.retriable_headers")
    if retriable_request_headers:
        out += _blobs(b"\x52", retriable_request_headers, "RetryPolicy.retriable_request_headers")
    if refresh_cluster_on_retry:
        out += b"\x70\x01"
    return RetryPolicy(out)


RetryPolicyRateLimitedRetryBackOff = NewType("RetryPolicyRateLimitedRetryBackOff", bytes)


def retry_policy_rate_limited_retry_back_off(
    *,
    reset_headers: Sequence[RetryPolicyResetHeader] = (),
    max_interval: timedelta | None = None,
) -> RetryPolicyRateLimitedRetryBackOff:
    """envoy.config.route.v3.RetryPolicy.RateLimitedRetryBackOff."""
    out = b""
    if reset_headers:
        out += _blobs(b"\x0a", reset_headers, "RetryPolicyRateLimitedRetryBackOff.reset_headers")
    if max_interval is not None:
        out += _duration(b"\x12", max_interval, "RetryPolicyRateLimitedRetryBackOff.max_interval")
    return RetryPolicyRateLimitedRetryBackOff(out)


RetryPolicyResetHeader = NewType("RetryPolicyResetHeader", bytes)


def retry_policy_reset_header(
    *,
    name: str = "",
    format: RetryPolicyResetHeaderFormat | None = None,
) -> RetryPolicyResetHeader:
    """envoy.config.route.v3.RetryPolicy.ResetHeader."""
    out = b""
    if name:
        out += _text(b"\x0a", name)
    if format is not None:
        out += _member_but_zero(b"\x10", _RetryPolicyResetHeaderFormat, format, "RetryPolicyResetHeader.format")
    return RetryPolicyResetHeader(out)


RetryPolicyRetryBackOff = NewType("RetryPolicyRetryBackOff", bytes)


def retry_policy_retry_back_off(
    *,
    base_interval: timedelta | None = None,
    max_interval: timedelta | None = None,
) -> RetryPolicyRetryBackOff:
    """envoy.config.route.v3.RetryPolicy.RetryBackOff."""
    out = b""
    if base_interval is not None:
        out += _duration(b"\x0a", base_interval, "RetryPolicyRetryBackOff.base_interval")
    if max_interval is not None:
        out += _duration(b"\x12", max_interval, "RetryPolicyRetryBackOff.max_interval")
    return RetryPolicyRetryBackOff(out)


RetryPolicyRetryHostPredicate = NewType("RetryPolicyRetryHostPredicate", bytes)


def retry_policy_retry_host_predicate(
    *,
    name: str = "",
    typed_config: google_protobuf.Any | None = None,
) -> RetryPolicyRetryHostPredicate:
    """envoy.config.route.v3.RetryPolicy.RetryHostPredicate."""
    out = b""
    if name:
        out += _text(b"\x0a", name)
    if typed_config is not None:
        out += _blob(b"\x1a", typed_config)
    return RetryPolicyRetryHostPredicate(out)


RetryPolicyRetryPriority = NewType("RetryPolicyRetryPriority", bytes)


def retry_policy_retry_priority(
    *,
    name: str = "",
    typed_config: google_protobuf.Any | None = None,
) -> RetryPolicyRetryPriority:
    """envoy.config.route.v3.RetryPolicy.RetryPriority."""
    out = b""
    if name:
        out += _text(b"\x0a", name)
    if typed_config is not None:
        out += _blob(b"\x1a", typed_config)
    return RetryPolicyRetryPriority(out)


Route = NewType("Route", bytes)


def route(
    *,
    name: str = "",
    match: RouteMatch | None = None,
    route: RouteAction | None = None,
    redirect: RedirectAction | None = None,
    direct_response: DirectResponseAction | None = None,
    filter_action: FilterAction | None = None,
    non_forwarding_action: NonForwardingAction | None = None,
    metadata: envoy_config_core_v3.Metadata | None = None,
    decorator: Decorator | None = None,
    typed_per_filter_config: Mapping[str, google_protobuf.Any] | None = None,
    request_headers_to_add: Sequence[envoy_config_core_v3.HeaderValueOption] = (),
    request_headers_to_remove: Sequence[str] = (),
    response_headers_to_add: Sequence[envoy_config_core_v3.HeaderValueOption] = (),
    response_headers_to_remove: Sequence[str] = (),
    tracing: Tracing | None = None,
    per_request_buffer_limit_bytes: int | None = None,
    stat_prefix: str = "",
    request_body_buffer_limit: int | None = None,
) -> Route:
    """envoy.config.route.v3.Route."""
    if (route is not None) + (redirect is not None) + (direct_response is not None) + (filter_action is not None) + (
        non_forwarding_action is not None
    ) > 1:
        raise _conflict(
            "Route.action",
            route=route,
            redirect=redirect,
            direct_response=direct_response,
            filter_action=filter_action,
            non_forwarding_action=non_forwarding_action,
        )
    out = b""
    if name:
        out += _text(b"\x72", name)
    if match is not None:
        out += _blob(b"\x0a", match)
    if route is not None:
        out += _blob(b"\x12", route)
    if redirect is not None:
        out += _blob(b"\x1a", redirect)
    if direct_response is not None:
        out += _blob(b"\x3a", direct_response)
    if filter_action is not None:
        out += _blob(b"\x8a\x01", filter_action)
    if non_forwarding_action is not None:
        out += _blob(b"\x92\x01", non_forwarding_action)
    if metadata is not None:
        out += _blob(b"\x22", metadata)
    if decorator is not None:
        out += _blob(b"\x2a", decorator)
    if typed_per_filter_config:
        out += _blobs(
            b"\x6a",
            [_text(b"\x0a", key) + _blob(b"\x12", one) for key, one in typed_per_filter_config.items()],
            "Route.typed_per_filter_config",
        )
    if request_headers_to_add:
        out += _blobs(b"\x4a", request_headers_to_add, "Route.request_headers_to_add")
    if request_headers_to_remove:
        out += _texts(b"\x62", request_headers_to_remove, "Route.request_headers_to_remove")
    if response_headers_to_add:
        out += _blobs(b"\x52", response_headers_to_add, "Route.response_headers_to_add")
    if response_headers_to_remove:
        out += _texts(b"\x5a", response_headers_to_remove, "Route.response_headers_to_remove")
    if tracing is not None:
        out += _blob(b"\x7a", tracing)
    if per_request_buffer_limit_bytes is not None:
        out += _blob(
            b"\x82\x01",
            _uint32(b"\x08", per_request_buffer_limit_bytes, "Route.per_request_buffer_limit_bytes")
            if per_request_buffer_limit_bytes
            else b"",
        )
    if stat_prefix:
        out += _text(b"\x9a\x01", stat_prefix)
    if request_body_buffer_limit is not None:
        out += _blob(
            b"\xa2\x01",
            _uint64(b"\x08", request_body_buffer_limit, "Route.request_body_buffer_limit")
            if request_body_buffer_limit
            else b"",
        )
    return Route(out)


RouteAction = NewType("RouteAction", bytes)


def route_action(
    *,
    cluster: str | None = None,
    cluster_header: str | None = None,
    weighted_clusters: WeightedCluster | None = None,
    cluster_specifier_plugin: str | None = None,
    inline_cluster_specifier_plugin: ClusterSpecifierPlugin | None = None,
    cluster_not_found_response_code: RouteActionClusterNotFoundResponseCode | None = None,
    metadata_match: envoy_config_core_v3.Metadata | None = None,
    prefix_rewrite: str = "",
    regex_rewrite: envoy_type_matcher_v3.RegexMatchAndSubstitute | None = None,
    path_rewrite_policy: envoy_config_core_v3.TypedExtensionConfig | None = None,
    path_rewrite: str = "",
    host_rewrite_literal: str | None = None,
    auto_host_rewrite: bool | None = None,
    host_rewrite_header: str | None = None,
    host_rewrite_path_regex: envoy_type_matcher_v3.RegexMatchAndSubstitute | None = None,
    host_rewrite: str | None = None,
    append_x_forwarded_host: bool = False,
    timeout: timedelta | None = None,
    idle_timeout: timedelta | None = None,
    flush_timeout: timedelta | None = None,
    early_data_policy: envoy_config_core_v3.TypedExtensionConfig | None = None,
    retry_policy: RetryPolicy | None = None,
    retry_policy_typed_config: google_protobuf.Any | None = None,
    request_mirror_policies: Sequence[RouteActionRequestMirrorPolicy] = (),
    priority: envoy_config_core_v3.RoutingPriority | None = None,
    rate_limits: Sequence[RateLimit] = (),
    include_vh_rate_limits: bool | None = None,
    hash_policy: Sequence[RouteActionHashPolicy] = (),
    cors: CorsPolicy | None = None,
    max_grpc_timeout: timedelta | None = None,
    grpc_timeout_offset: timedelta | None = None,
    upgrade_configs: Sequence[RouteActionUpgradeConfig] = (),
    internal_redirect_policy: InternalRedirectPolicy | None = None,
    internal_redirect_action: RouteActionInternalRedirectAction | None = None,
    max_internal_redirects: int | None = None,
    hedge_policy: HedgePolicy | None = None,
    max_stream_duration: RouteActionMaxStreamDuration | None = None,
) -> RouteAction:
    """envoy.config.route.v3.RouteAction."""
    if (cluster is not None) + (cluster_header is not None) + (weighted_clusters is not None) + (
        cluster_specifier_plugin is not None
    ) + (inline_cluster_specifier_plugin is not None) > 1:
        raise _conflict(
            "RouteAction.cluster_specifier",
            cluster=cluster,
            cluster_header=cluster_header,
            weighted_clusters=weighted_clusters,
            cluster_specifier_plugin=cluster_specifier_plugin,
            inline_cluster_specifier_plugin=inline_cluster_specifier_plugin,
        )
    if (host_rewrite_literal is not None) + (auto_host_rewrite is not None) + (host_rewrite_header is not None) + (
        host_rewrite_path_regex is not None
    ) + (host_rewrite is not None) > 1:
        raise _conflict(
            "RouteAction.host_rewrite_specifier",
            host_rewrite_literal=host_rewrite_literal,
            auto_host_rewrite=auto_host_rewrite,
            host_rewrite_header=host_rewrite_header,
            host_rewrite_path_regex=host_rewrite_path_regex,
            host_rewrite=host_rewrite,
        )
    out = b""
    if cluster is not None:
        out += _text(b"\x0a", cluster)
    if cluster_header is not None:
        out += _text(b"\x12", cluster_header)
    if weighted_clusters is not None:
        out += _blob(b"\x1a", weighted_clusters)
    if cluster_specifier_plugin is not None:
        out += _text(b"\xaa\x02", cluster_specifier_plugin)
    if inline_cluster_specifier_plugin is not None:
        out += _blob(b"\xba\x02", inline_cluster_specifier_plugin)
    if cluster_not_found_response_code is not None:
        out += _member_but_zero(
            b"\xa0\x01",
            _RouteActionClusterNotFoundResponseCode,
            cluster_not_found_response_code,
            "RouteAction.cluster_not_found_response_code",
        )
    if metadata_match is not None:
        out += _blob(b"\x22", metadata_match)
    if prefix_rewrite:
        out += _text(b"\x2a", prefix_rewrite)
    if regex_rewrite is not None:
        out += _blob(b"\x82\x02", regex_rewrite)
    if path_rewrite_policy is not None:
        out += _blob(b"\xca\x02", path_rewrite_policy)
    if path_rewrite:
        out += _text(b"\xea\x02", path_rewrite)
    if host_rewrite_literal is not None:
        out += _text(b"\x32", host_rewrite_literal)
    if auto_host_rewrite is not None:
        out += b"\x3a\x02\x08\x01" if auto_host_rewrite else b"\x3a\x00"
    if host_rewrite_header is not None:
        out += _text(b"\xea\x01", host_rewrite_header)
    if host_rewrite_path_regex is not None:
        out += _blob(b"\x9a\x02", host_rewrite_path_regex)
    if host_rewrite is not None:
        out += _text(b"\xe2\x02", host_rewrite)
    if append_x_forwarded_host:
        out += b"\xb0\x02\x01"
    if timeout is not None:
        out += _duration(b"\x42", timeout, "RouteAction.timeout")
    if idle_timeout is not None:
        out += _duration(b"\xc2\x01", idle_timeout, "RouteAction.idle_timeout")
    if flush_timeout is not None:
        out += _duration(b"\xd2\x02", flush_timeout, "RouteAction.flush_timeout")
    if early_data_policy is not None:
        out += _blob(b"\xc2\x02", early_data_policy)
    if retry_policy is not None:
        out += _blob(b"\x4a", retry_policy)
    if retry_policy_typed_config is not None:
        out += _blob(b"\x8a\x02", retry_policy_typed_config)
    if request_mirror_policies:
        out += _blobs(b"\xf2\x01", request_mirror_policies, "RouteAction.request_mirror_policies")
    if priority is not None:
        out += _member_but_zero(b"\x58", _RoutingPriority, priority, "RouteAction.priority")
    if rate_limits:
        out += _blobs(b"\x6a", rate_limits, "RouteAction.rate_limits")
    if include_vh_rate_limits is not None:
        out += b"\x72\x02\x08\x01" if include_vh_rate_limits else b"\x72\x00"
    if hash_policy:
        out += _blobs(b"\x7a", hash_policy, "RouteAction.hash_policy")
    if cors is not None:
        out += _blob(b"\x8a\x01", cors)
    if max_grpc_timeout is not None:
        out += _duration(b"\xba\x01", max_grpc_timeout, "RouteAction.max_grpc_timeout")
    if grpc_timeout_offset is not None:
        out += _duration(b"\xe2\x01", grpc_timeout_offset, "RouteAction.grpc_timeout_offset")
    if upgrade_configs:
        out += _blobs(b"\xca\x01", upgrade_configs, "RouteAction.upgrade_configs")
    if internal_redirect_policy is not None:
        out += _blob(b"\x92\x02", internal_redirect_policy)
    if internal_redirect_action is not None:
        out += _member_but_zero(
            b"\xd0\x01",
            _RouteActionInternalRedirectAction,
            internal_redirect_action,
            "RouteAction.internal_redirect_action",
        )
    if max_internal_redirects is not None:
        out += _blob(
            b"\xfa\x01",
            _uint32(b"\x08", max_internal_redirects, "RouteAction.max_internal_redirects")
            if max_internal_redirects
            else b"",
        )
    if hedge_policy is not None:
        out += _blob(b"\xda\x01", hedge_policy)
    if max_stream_duration is not None:
        out += _blob(b"\xa2\x02", max_stream_duration)
    return RouteAction(out)


RouteActionHashPolicy = NewType("RouteActionHashPolicy", bytes)


def route_action_hash_policy(
    *,
    header: RouteActionHashPolicyHeader | None = None,
    cookie: RouteActionHashPolicyCookie | None = None,
    connection_properties: RouteActionHashPolicyConnectionProperties | None = None,
    query_parameter: RouteActionHashPolicyQueryParameter | None = None,
    filter_state: RouteActionHashPolicyFilterState | None = None,
    terminal: bool = False,
) -> RouteActionHashPolicy:
    """envoy.config.route.v3.RouteAction.HashPolicy."""
    if (header is not None) + (cookie is not None) + (connection_properties is not None) + (
        query_parameter is not None
    ) + (filter_state is not None) > 1:
        raise _conflict(
            "RouteActionHashPolicy.policy_specifier",
            header=header,
            cookie=cookie,
            connection_properties=connection_properties,
            query_parameter=query_parameter,
            filter_state=filter_state,
        )
    out = b""
    if header is not None:
        out += _blob(b"\x0a", header)
    if cookie is not None:
        out += _blob(b"\x12", cookie)
    if connection_properties is not None:
        out += _blob(b"\x1a", connection_properties)
    if query_parameter is not None:
        out += _blob(b"\x2a", query_parameter)
    if filter_state is not None:
        out += _blob(b"\x32", filter_state)
    if terminal:
        out += b"\x20\x01"
    return RouteActionHashPolicy(out)


RouteActionHashPolicyConnectionProperties = NewType("RouteActionHashPolicyConnectionProperties", bytes)


def route_action_hash_policy_connection_properties(
    *,
    source_ip: bool = False,
) -> RouteActionHashPolicyConnectionProperties:
    """envoy.config.route.v3.RouteAction.HashPolicy.ConnectionProperties."""
    out = b""
    if source_ip:
        out += b"\x08\x01"
    return RouteActionHashPolicyConnectionProperties(out)


RouteActionHashPolicyCookie = NewType("RouteActionHashPolicyCookie", bytes)


def route_action_hash_policy_cookie(
    *,
    name: str = "",
    ttl: timedelta | None = None,
    path: str = "",
    attributes: Sequence[RouteActionHashPolicyCookieAttribute] = (),
) -> RouteActionHashPolicyCookie:
    """envoy.config.route.v3.RouteAction.HashPolicy.Cookie."""
    out = b""
    if name:
        out += _text(b"\x0a", name)
    if ttl is not None:
        out += _duration(b"\x12", ttl, "RouteActionHashPolicyCookie.ttl")
    if path:
        out += _text(b"\x1a", path)
    if attributes:
        out += _blobs(b"\x22", attributes, "RouteActionHashPolicyCookie.attributes")
    return RouteActionHashPolicyCookie(out)


RouteActionHashPolicyCookieAttribute = NewType("RouteActionHashPolicyCookieAttribute", bytes)


def route_action_hash_policy_cookie_attribute(
    *,
    name: str = "",
    value: str = "",
) -> RouteActionHashPolicyCookieAttribute:
    """envoy.config.route.v3.RouteAction.HashPolicy.CookieAttribute."""
    out = b""
    if name:
        out += _text(b"\x0a", name)
    if value:
        out += _text(b"\x12", value)
    return RouteActionHashPolicyCookieAttribute(out)


RouteActionHashPolicyFilterState = NewType("RouteActionHashPolicyFilterState", bytes)


def route_action_hash_policy_filter_state(
    *,
    key: str = "",
) -> RouteActionHashPolicyFilterState:
    """envoy.config.route.v3.RouteAction.HashPolicy.FilterState."""
    out = b""
    if key:
        out += _text(b"\x0a", key)
    return RouteActionHashPolicyFilterState(out)


RouteActionHashPolicyHeader = NewType("RouteActionHashPolicyHeader", bytes)


def route_action_hash_policy_header(
    *,
    header_name: str = "",
    regex_rewrite: envoy_type_matcher_v3.RegexMatchAndSubstitute | None = None,
) -> RouteActionHashPolicyHeader:
    """envoy.config.route.v3.RouteAction.HashPolicy.Header."""
    out = b""
    if header_name:
        out += _text(b"\x0a", header_name)
    if regex_rewrite is not None:
        out += _blob(b"\x12", regex_rewrite)
    return RouteActionHashPolicyHeader(out)


RouteActionHashPolicyQueryParameter = NewType("RouteActionHashPolicyQueryParameter", bytes)


def route_action_hash_policy_query_parameter(
    *,
    name: str = "",
) -> RouteActionHashPolicyQueryParameter:
    """envoy.config.route.v3.RouteAction.HashPolicy.QueryParameter."""
    out = b""
    if name:
        out += _text(b"\x0a", name)
    return RouteActionHashPolicyQueryParameter(out)


RouteActionMaxStreamDuration = NewType("RouteActionMaxStreamDuration", bytes)


def route_action_max_stream_duration(
    *,
    max_stream_duration: timedelta | None = None,
    grpc_timeout_header_max: timedelta | None = None,
    grpc_timeout_header_offset: timedelta | None = None,
) -> RouteActionMaxStreamDuration:
    """envoy.config.route.v3.RouteAction.MaxStreamDuration."""
    out = b""
    if max_stream_duration is not None:
        out += _duration(b"\x0a", max_stream_duration, "RouteActionMaxStreamDuration.max_stream_duration")
    if grpc_timeout_header_max is not None:
        out += _duration(b"\x12", grpc_timeout_header_max, "RouteActionMaxStreamDuration.grpc_timeout_header_max")
    if grpc_timeout_header_offset is not None:
        out += _duration(b"\x1a", grpc_timeout_header_offset, "RouteActionMaxStreamDuration.grpc_timeout_header_offset")
    return RouteActionMaxStreamDuration(out)


RouteActionRequestMirrorPolicy = NewType("RouteActionRequestMirrorPolicy", bytes)


def route_action_request_mirror_policy(
    *,
    cluster: str = "",
    cluster_header: str = "",
    runtime_fraction: envoy_config_core_v3.RuntimeFractionalPercent | None = None,
    trace_sampled: bool | None = None,
    disable_shadow_host_suffix_append: bool = False,
    request_headers_mutations: Sequence[envoy_config_common_mutation_rules_v3.HeaderMutation] = (),
    host_rewrite_literal: str = "",
) -> RouteActionRequestMirrorPolicy:
    """envoy.config.route.v3.RouteAction.RequestMirrorPolicy."""
    out = b""
    if cluster:
        out += _text(b"\x0a", cluster)
    if cluster_header:
        out += _text(b"\x2a", cluster_header)
    if runtime_fraction is not None:
        out += _blob(b"\x1a", runtime_fraction)
    if trace_sampled is not None:
        out += b"\x22\x02\x08\x01" if trace_sampled else b"\x22\x00"
    if disable_shadow_host_suffix_append:
        out += b"\x30\x01"
    if request_headers_mutations:
        out += _blobs(b"\x3a", request_headers_mutations, "RouteActionRequestMirrorPolicy.request_headers_mutations")
    if host_rewrite_literal:
        out += _text(b"\x42", host_rewrite_literal)
    return RouteActionRequestMirrorPolicy(out)


RouteActionUpgradeConfig = NewType("RouteActionUpgradeConfig", bytes)


def route_action_upgrade_config(
    *,
    upgrade_type: str = "",
    enabled: bool | None = None,
    connect_config: RouteActionUpgradeConfigConnectConfig | None = None,
) -> RouteActionUpgradeConfig:
    """envoy.config.route.v3.RouteAction.UpgradeConfig."""
    out = b""
    if upgrade_type:
        out += _text(b"\x0a", upgrade_type)
    if enabled is not None:
        out += b"\x12\x02\x08\x01" if enabled else b"\x12\x00"
    if connect_config is not None:
        out += _blob(b"\x1a", connect_config)
    return RouteActionUpgradeConfig(out)


RouteActionUpgradeConfigConnectConfig = NewType("RouteActionUpgradeConfigConnectConfig", bytes)


def route_action_upgrade_config_connect_config(
    *,
    proxy_protocol_config: envoy_config_core_v3.ProxyProtocolConfig | None = None,
    allow_post: bool = False,
) -> RouteActionUpgradeConfigConnectConfig:
    """envoy.config.route.v3.RouteAction.UpgradeConfig.ConnectConfig."""
    out = b""
    if proxy_protocol_config is not None:
        out += _blob(b"\x0a", proxy_protocol_config)
    if allow_post:
        out += b"\x10\x01"
    return RouteActionUpgradeConfigConnectConfig(out)


RouteConfiguration = NewType("RouteConfiguration", bytes)


def route_configuration(
    *,
    name: str = "",
    virtual_hosts: Sequence[VirtualHost] = (),
    vhds: Vhds | None = None,
    internal_only_headers: Sequence[str] = (),
    response_headers_to_add: Sequence[envoy_config_core_v3.HeaderValueOption] = (),
    response_headers_to_remove: Sequence[str] = (),
    request_headers_to_add: Sequence[envoy_config_core_v3.HeaderValueOption] = (),
    request_headers_to_remove: Sequence[str] = (),
    most_specific_header_mutations_wins: bool = False,
    validate_clusters: bool | None = None,
    max_direct_response_body_size_bytes: int | None = None,
    cluster_specifier_plugins: Sequence[ClusterSpecifierPlugin] = (),
    request_mirror_policies: Sequence[RouteActionRequestMirrorPolicy] = (),
    ignore_port_in_host_matching: bool = False,
    vhost_header: str = "",
    ignore_path_parameters_in_path_matching: bool = False,
    typed_per_filter_config: Mapping[str, google_protobuf.Any] | None = None,
    metadata: envoy_config_core_v3.Metadata | None = None,
) -> RouteConfiguration:
    """envoy.config.route.v3.RouteConfiguration."""
    out = b""
    if name:
        out += _text(b"\x0a", name)
    if virtual_hosts:
        out += _blobs(b"\x12", virtual_hosts, "RouteConfiguration.virtual_hosts")
    if vhds is not None:
        out += _blob(b"\x4a", vhds)
    if internal_only_headers:
        out += _texts(b"\x1a", internal_only_headers, "RouteConfiguration.internal_only_headers")
    if response_headers_to_add:
        out += _blobs(b"\x22", response_headers_to_add, "RouteConfiguration.response_headers_to_add")
    if response_headers_to_remove:
        out += _texts(b"\x2a", response_headers_to_remove, "RouteConfiguration.response_headers_to_remove")
    if request_headers_to_add:
        out += _blobs(b"\x32", request_headers_to_add, "RouteConfiguration.request_headers_to_add")
    if request_headers_to_remove:
        out += _texts(b"\x42", request_headers_to_remove, "RouteConfiguration.request_headers_to_remove")
    if most_specific_header_mutations_wins:
        out += b"\x50\x01"
    if validate_clusters is not None:
        out += b"\x3a\x02\x08\x01" if validate_clusters else b"\x3a\x00"
    if max_direct_response_body_size_bytes is not None:
        out += _blob(
            b"\x5a",
            _uint32(
                b"\x08", max_direct_response_body_size_bytes, "RouteConfiguration.max_direct_response_body_size_bytes"
            )
            if max_direct_response_body_size_bytes
            else b"",
        )
    if cluster_specifier_plugins:
        out += _blobs(b"\x62", cluster_specifier_plugins, "RouteConfiguration.cluster_specifier_plugins")
    if request_mirror_policies:
        out += _blobs(b"\x6a", request_mirror_policies, "RouteConfiguration.request_mirror_policies")
    if ignore_port_in_host_matching:
        out += b"\x70\x01"
    if vhost_header:
        out += _text(b"\x92\x01", vhost_header)
    if ignore_path_parameters_in_path_matching:
        out += b"\x78\x01"
    if typed_per_filter_config:
        out += _blobs(
            b"\x82\x01",
            [_text(b"\x0a", key) + _blob(b"\x12", one) for key, one in typed_per_filter_config.items()],
            "RouteConfiguration.typed_per_filter_config",
        )
    if metadata is not None:
        out += _blob(b"\x8a\x01", metadata)
    return RouteConfiguration(out)


RouteMatch = NewType("RouteMatch", bytes)


def route_match(
    *,
    prefix: str | None = None,
    path: str | None = None,
    safe_regex: envoy_type_matcher_v3.RegexMatcher | None = None,
    connect_matcher: RouteMatchConnectMatcher | None = None,
    path_separated_prefix: str | None = None,
    path_match_policy: envoy_config_core_v3.TypedExtensionConfig | None = None,
    case_sensitive: bool | None = None,
    runtime_fraction: envoy_config_core_v3.RuntimeFractionalPercent | None = None,
    headers: Sequence[HeaderMatcher] = (),
    query_parameters: Sequence[QueryParameterMatcher] = (),
    cookies: Sequence[CookieMatcher] = (),
    grpc: RouteMatchGrpcRouteMatchOptions | None = None,
    tls_context: RouteMatchTlsContextMatchOptions | None = None,
    dynamic_metadata: Sequence[envoy_type_matcher_v3.MetadataMatcher] = (),
    filter_state: Sequence[envoy_type_matcher_v3.FilterStateMatcher] = (),
) -> RouteMatch:
    """envoy.config.route.v3.RouteMatch."""
    if (prefix is not None) + (path is not None) + (safe_regex is not None) + (connect_matcher is not None) + (
        path_separated_prefix is not None
    ) + (path_match_policy is not None) > 1:
        raise _conflict(
            "RouteMatch.path_specifier",
            prefix=prefix,
            path=path,
            safe_regex=safe_regex,
            connect_matcher=connect_matcher,
            path_separated_prefix=path_separated_prefix,
            path_match_policy=path_match_policy,
        )
    out = b""
    if prefix is not None:
        out += _text(b"\x0a", prefix)
    if path is not None:
        out += _text(b"\x12", path)
    if safe_regex is not None:
        out += _blob(b"\x52", safe_regex)
    if connect_matcher is not None:
        out += _blob(b"\x62", connect_matcher)
    if path_separated_prefix is not None:
        out += _text(b"\x72", path_separated_prefix)
    if path_match_policy is not None:
        out += _blob(b"\x7a", path_match_policy)
    if case_sensitive is not None:
        out += b"\x22\x02\x08\x01" if case_sensitive else b"\x22\x00"
    if runtime_fraction is not None:
        out += _blob(b"\x4a", runtime_fraction)
    if headers:
        out += _blobs(b"\x32", headers, "RouteMatch.headers")
    if query_parameters:
        out += _blobs(b"\x3a", query_parameters, "RouteMatch.query_parameters")
    if cookies:
        out += _blobs(b"\x8a\x01", cookies, "RouteMatch.cookies")
    if grpc is not None:
        out += _blob(b"\x42", grpc)
    if tls_context is not None:
        out += _blob(b"\x5a", tls_context)
    if dynamic_metadata:
        out += _blobs(b"\x6a", dynamic_metadata, "RouteMatch.dynamic_metadata")
    if filter_state:
        out += _blobs(b"\x82\x01", filter_state, "RouteMatch.filter_state")
    return RouteMatch(out)


RouteMatchConnectMatcher = NewType("RouteMatchConnectMatcher", bytes)


def route_match_connect_matcher() -> RouteMatchConnectMatcher:
    """envoy.config.route.v3.RouteMatch.ConnectMatcher."""
    return RouteMatchConnectMatcher(b"")


RouteMatchGrpcRouteMatchOptions = NewType("RouteMatchGrpcRouteMatchOptions", bytes)


def route_match_grpc_route_match_options() -> RouteMatchGrpcRouteMatchOptions:
    """envoy.config.route.v3.RouteMatch.GrpcRouteMatchOptions."""
    return RouteMatchGrpcRouteMatchOptions(b"")


RouteMatchTlsContextMatchOptions = NewType("RouteMatchTlsContextMatchOptions", bytes)


def route_match_tls_context_match_options(
    *,
    presented: bool | None = None,
    validated: bool | None = None,
) -> RouteMatchTlsContextMatchOptions:
    """envoy.config.route.v3.RouteMatch.TlsContextMatchOptions."""
    out = b""
    if presented is not None:
        out += b"\x0a\x02\x08\x01" if presented else b"\x0a\x00"
    if validated is not None:
        out += b"\x12\x02\x08\x01" if validated else b"\x12\x00"
    return RouteMatchTlsContextMatchOptions(out)


ScopedRouteConfiguration = NewType("ScopedRouteConfiguration", bytes)


def scoped_route_configuration(
    *,
    on_demand: bool = False,
    name: str = "",
    route_configuration_name: str = "",
    route_configuration: RouteConfiguration | None = None,
    key: ScopedRouteConfigurationKey | None = None,
) -> ScopedRouteConfiguration:
    """envoy.config.route.v3.ScopedRouteConfiguration."""
    out = b""
    if on_demand:
        out += b"\x20\x01"
    if name:
        out += _text(b"\x0a", name)
    if route_configuration_name:
        out += _text(b"\x12", route_configuration_name)
    if route_configuration is not None:
        out += _blob(b"\x2a", route_configuration)
    if key is not None:
        out += _blob(b"\x1a", key)
    return ScopedRouteConfiguration(out)


ScopedRouteConfigurationKey = NewType("ScopedRouteConfigurationKey", bytes)


def scoped_route_configuration_key(
    *,
    fragments: Sequence[ScopedRouteConfigurationKeyFragment] = (),
) -> ScopedRouteConfigurationKey:
    """envoy.config.route.v3.ScopedRouteConfiguration.Key."""
    out = b""
    if fragments:
        out += _blobs(b"\x0a", fragments, "ScopedRouteConfigurationKey.fragments")
    return ScopedRouteConfigurationKey(out)


ScopedRouteConfigurationKeyFragment = NewType("ScopedRouteConfigurationKeyFragment", bytes)


def scoped_route_configuration_key_fragment(
    *,
    string_key: str | None = None,
) -> ScopedRouteConfigurationKeyFragment:
    """envoy.config.route.v3.ScopedRouteConfiguration.Key.Fragment."""
    out = b""
    if string_key is not None:
        out += _text(b"\x0a", string_key)
    return ScopedRouteConfigurationKeyFragment(out)


Tracing = NewType("Tracing", bytes)


def tracing(
    *,
    client_sampling: envoy_type_v3.FractionalPercent | None = None,
    random_sampling: envoy_type_v3.FractionalPercent | None = None,
    overall_sampling: envoy_type_v3.FractionalPercent | None = None,
    custom_tags: Sequence[envoy_type_tracing_v3.CustomTag] = (),
    operation: str = "",
    upstream_operation: str = "",
) -> Tracing:
    """envoy.config.route.v3.Tracing."""
    out = b""
    if client_sampling is not None:
        out += _blob(b"\x0a", client_sampling)
    if random_sampling is not None:
        out += _blob(b"\x12", random_sampling)
    if overall_sampling is not None:
        out += _blob(b"\x1a", overall_sampling)
    if custom_tags:
        out += _blobs(b"\x22", custom_tags, "Tracing.custom_tags")
    if operation:
        out += _text(b"\x2a", operation)
    if upstream_operation:
        out += _text(b"\x32", upstream_operation)
    return Tracing(out)


Vhds = NewType("Vhds", bytes)


def vhds(
    *,
    config_source: envoy_config_core_v3.ConfigSource | None = None,
) -> Vhds:
    """envoy.config.route.v3.Vhds."""
    out = b""
    if config_source is not None:
        out += _blob(b"\x0a", config_source)
    return Vhds(out)


VirtualCluster = NewType("VirtualCluster", bytes)


def virtual_cluster(
    *,
    headers: Sequence[HeaderMatcher] = (),
    name: str = "",
) -> VirtualCluster:
    """envoy.config.route.v3.VirtualCluster."""
    out = b""
    if headers:
        out += _blobs(b"\x22", headers, "VirtualCluster.headers")
    if name:
        out += _text(b"\x12", name)
    return VirtualCluster(out)


VirtualHost = NewType("VirtualHost", bytes)


def virtual_host(
    *,
    name: str = "",
    domains: Sequence[str] = (),
    routes: Sequence[Route] = (),
    matcher: xds_type_matcher_v3.Matcher | None = None,
    require_tls: VirtualHostTlsRequirementType | None = None,
    virtual_clusters: Sequence[VirtualCluster] = (),
    rate_limits: Sequence[RateLimit] = (),
    request_headers_to_add: Sequence[envoy_config_core_v3.HeaderValueOption] = (),
    request_headers_to_remove: Sequence[str] = (),
    response_headers_to_add: Sequence[envoy_config_core_v3.HeaderValueOption] = (),
    response_headers_to_remove: Sequence[str] = (),
    cors: CorsPolicy | None = None,
    typed_per_filter_config: Mapping[str, google_protobuf.Any] | None = None,
    include_request_attempt_count: bool = False,
    include_attempt_count_in_response: bool = False,
    retry_policy: RetryPolicy | None = None,
    retry_policy_typed_config: google_protobuf.Any | None = None,
    hedge_policy: HedgePolicy | None = None,
    include_is_timeout_retry_header: bool = False,
    per_request_buffer_limit_bytes: int | None = None,
    request_body_buffer_limit: int | None = None,
    request_mirror_policies: Sequence[RouteActionRequestMirrorPolicy] = (),
    metadata: envoy_config_core_v3.Metadata | None = None,
) -> VirtualHost:
    """envoy.config.route.v3.VirtualHost."""
    out = b""
    if name:
        out += _text(b"\x0a", name)
    if domains:
        out += _texts(b"\x12", domains, "VirtualHost.domains")
    if routes:
        out += _blobs(b"\x1a", routes, "VirtualHost.routes")
    if matcher is not None:
        out += _blob(b"\xaa\x01", matcher)
    if require_tls is not None:
        out += _member_but_zero(b"\x20", _VirtualHostTlsRequirementType, require_tls, "VirtualHost.require_tls")
    if virtual_clusters:
        out += _blobs(b"\x2a", virtual_clusters, "VirtualHost.virtual_clusters")
    if rate_limits:
        out += _blobs(b"\x32", rate_limits, "VirtualHost.rate_limits")
    if request_headers_to_add:
        out += _blobs(b"\x3a", request_headers_to_add, "VirtualHost.request_headers_to_add")
    if request_headers_to_remove:
        out += _texts(b"\x6a", request_headers_to_remove, "VirtualHost.request_headers_to_remove")
    if response_headers_to_add:
        out += _blobs(b"\x52", response_headers_to_add, "VirtualHost.response_headers_to_add")
    if response_headers_to_remove:
        out += _texts(b"\x5a", response_headers_to_remove, "VirtualHost.response_headers_to_remove")
    if cors is not None:
        out += _blob(b"\x42", cors)
    if typed_per_filter_config:
        out += _blobs(
            b"\x7a",
            [_text(b"\x0a", key) + _blob(b"\x12", one) for key, one in typed_per_filter_config.items()],
            "VirtualHost.typed_per_filter_config",
        )
    if include_request_attempt_count:
        out += b"\x70\x01"
    if include_attempt_count_in_response:
        out += b"\x98\x01\x01"
    if retry_policy is not None:
        out += _blob(b"\x82\x01", retry_policy)
    if retry_policy_typed_config is not None:
        out += _blob(b"\xa2\x01", retry_policy_typed_config)
    if hedge_policy is not None:
        out += _blob(b"\x8a\x01", hedge_policy)
    if include_is_timeout_retry_header:
        out += b"\xb8\x01\x01"
    if per_request_buffer_limit_bytes is not None:
        out += _blob(
            b"\x92\x01",
            _uint32(b"\x08", per_request_buffer_limit_bytes, "VirtualHost.per_request_buffer_limit_bytes")
            if per_request_buffer_limit_bytes
            else b"",
        )
    if request_body_buffer_limit is not None:
        out += _blob(
            b"\xca\x01",
            _uint64(b"\x08", request_body_buffer_limit, "VirtualHost.request_body_buffer_limit")
            if request_body_buffer_limit
            else b"",
        )
    if request_mirror_policies:
        out += _blobs(b"\xb2\x01", request_mirror_policies, "VirtualHost.request_mirror_policies")
    if metadata is not None:
        out += _blob(b"\xc2\x01", metadata)
    return VirtualHost(out)


WeightedCluster = NewType("WeightedCluster", bytes)


def weighted_cluster(
    *,
    clusters: Sequence[WeightedClusterClusterWeight] = (),
    total_weight: int | None = None,
    runtime_key_prefix: str = "",
    header_name: str | None = None,
    use_hash_policy: bool | None = None,
) -> WeightedCluster:
    """envoy.config.route.v3.WeightedCluster."""
    if (header_name is not None) + (use_hash_policy is not None) > 1:
        raise _conflict(
            "WeightedCluster.random_value_specifier", header_name=header_name, use_hash_policy=use_hash_policy
        )
    out = b""
    if clusters:
        out += _blobs(b"\x0a", clusters, "WeightedCluster.clusters")
    if total_weight is not None:
        out += _blob(b"\x1a", _uint32(b"\x08", total_weight, "WeightedCluster.total_weight") if total_weight else b"")
    if runtime_key_prefix:
        out += _text(b"\x12", runtime_key_prefix)
    if header_name is not None:
        out += _text(b"\x22", header_name)
    if use_hash_policy is not None:
        out += b"\x2a\x02\x08\x01" if use_hash_policy else b"\x2a\x00"
    return WeightedCluster(out)


WeightedClusterClusterWeight = NewType("WeightedClusterClusterWeight", bytes)


def weighted_cluster_cluster_weight(
    *,
    name: str = "",
    cluster_header: str = "",
    weight: int | None = None,
    metadata_match: envoy_config_core_v3.Metadata | None = None,
    request_headers_to_add: Sequence[envoy_config_core_v3.HeaderValueOption] = (),
    request_headers_to_remove: Sequence[str] = (),
    response_headers_to_add: Sequence[envoy_config_core_v3.HeaderValueOption] = (),
    response_headers_to_remove: Sequence[str] = (),
    typed_per_filter_config: Mapping[str, google_protobuf.Any] | None = None,
    host_rewrite_literal: str | None = None,
) -> WeightedClusterClusterWeight:
    """envoy.config.route.v3.WeightedCluster.ClusterWeight."""
    out = b""
    if name:
        out += _text(b"\x0a", name)
    if cluster_header:
        out += _text(b"\x62", cluster_header)
    if weight is not None:
        out += _blob(b"\x12", _uint32(b"\x08", weight, "WeightedClusterClusterWeight.weight") if weight else b"")
    if metadata_match is not None:
        out += _blob(b"\x1a", metadata_match)
    if request_headers_to_add:
        out += _blobs(b"\x22", request_headers_to_add, "WeightedClusterClusterWeight.request_headers_to_add")
    if request_headers_to_remove:
        out += _texts(b"\x4a", request_headers_to_remove, "WeightedClusterClusterWeight.request_headers_to_remove")
    if response_headers_to_add:
        out += _blobs(b"\x2a", response_headers_to_add, "WeightedClusterClusterWeight.response_headers_to_add")
    if response_headers_to_remove:
        out += _texts(b"\x32", response_headers_to_remove, "WeightedClusterClusterWeight.response_headers_to_remove")
    if typed_per_filter_config:
        out += _blobs(
            b"\x52",
            [_text(b"\x0a", key) + _blob(b"\x12", one) for key, one in typed_per_filter_config.items()],
            "WeightedClusterClusterWeight.typed_per_filter_config",
        )
    if host_rewrite_literal is not None:
        out += _text(b"\x5a", host_rewrite_literal)
    return WeightedClusterClusterWeight(out)
