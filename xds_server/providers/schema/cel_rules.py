"""The CEL rules of the CRDs of Gateways and HTTPRoutes, by their message in the schema.

Each takes a value of valid types with the schema's defaults. A test checks that no rule of the schemas is missing.
"""

import ipaddress
import re
from collections.abc import Callable, Iterable, Mapping
from itertools import combinations
from typing import Any, Final, NamedTuple

Value = Any
"""A part of a loaded document."""


class Rule(NamedTuple):
    """One rule."""

    holds: Callable[[Value], bool]
    field: str = ""
    """The field of the value that it checks; empty for the whole value."""
    message: str = ""
    """Replaces the schema's message, if not empty."""


_NAME: Final = r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*"
_HOSTNAME: Final = re.compile(rf"(\*\.)?{_NAME}")
_LABEL_KEY: Final = re.compile(rf"({_NAME}/)?([A-Za-z0-9][-A-Za-z0-9_.]{{0,61}})?[A-Za-z0-9]")
_PATH: Final = re.compile(r"(?:[-A-Za-z0-9/._~!$&'()*+,;=:@]|[%][0-9a-fA-F]{2})+")
_DURATION: Final = re.compile(r"([0-9]{1,5})(ms|h|m|s)")
_MILLISECONDS: Final = {"ms": 1, "s": 1_000, "m": 60_000, "h": 3_600_000}
_MOST_MATCHES: Final = 128
_LONGEST_PREFIX: Final = 253
_REPLACE_PREFIX: Final = "ReplacePrefixMatch"

FILTERS: Final = {
    "cors": "CORS",
    "requestHeaderModifier": "RequestHeaderModifier",
    "responseHeaderModifier": "ResponseHeaderModifier",
    "requestMirror": "RequestMirror",
    "requestRedirect": "RequestRedirect",
    "urlRewrite": "URLRewrite",
    "extensionRef": "ExtensionRef",
}
"""The type of a filter by the field that goes with it."""


def _distinct(values: Iterable[object]) -> bool:
    seen = list(values)
    return all(one != other for one, other in combinations(seen, 2))


def _unique_addresses(kind: str) -> Rule:
    def holds(addresses: Value) -> bool:
        return _distinct(one["value"] for one in addresses if one["type"] == kind and "value" in one)

    return Rule(holds)


def _is_ip(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


def _good_address(address: Value) -> bool:
    return address["type"] != "IPAddress" or "value" not in address or _is_ip(address["value"])


def _keys(pattern: re.Pattern[str]) -> Rule:
    return Rule(lambda labels: all(pattern.fullmatch(key) for key in labels))


def _short_prefixes(labels: Value) -> bool:
    return all(len(key.split("/")[0]) < _LONGEST_PREFIX for key in labels)


def _where(protocols: Iterable[str], good: Callable[[Value], bool]) -> Rule:
    """Of the listeners of these protocols each is good."""
    return Rule(lambda listeners: all(good(one) for one in listeners if one["protocol"] in tuple(protocols)))


def _place(listener: Value) -> tuple[object, ...]:
    return listener["port"], listener["protocol"], listener.get("hostname")


def _parent(ref: Value) -> tuple[object, ...]:
    return ref.get("group"), ref.get("kind"), ref["name"], ref.get("namespace") or ""


def _sections_where_needed(refs: Value) -> bool:
    """Of two references to one parent, both have a sectionName or neither: then they are the same, and not unique."""
    return all(
        bool(one.get("sectionName")) == bool(other.get("sectionName"))
        for one, other in combinations(refs, 2)
        if _parent(one) == _parent(other)
    )


def _place_of(ref: Value) -> tuple[object, ...]:
    # With the port, as in the experimental channel: it takes more.
    return *_parent(ref), ref.get("sectionName") or "", ref.get("port")


def _few_matches(rules: Value) -> bool:
    return sum(len(rule.get("matches", ())) for rule in rules) <= _MOST_MATCHES


def _replaces_prefix(filters: Iterable[Value], field: str) -> bool:
    return any((one.get(field) or {}).get("path", {}).get("type") == _REPLACE_PREFIX for one in filters)


def _one_prefix(rule: Value) -> bool:
    matches = rule.get("matches", ())
    return len(matches) == 1 and matches[0].get("path", {}).get("type") == "PathPrefix"


def _prefix_to_replace(field: str) -> Rule:
    return Rule(lambda rule: not _replaces_prefix(rule.get("filters", ()), field) or _one_prefix(rule))


def _prefix_to_replace_for_backends(field: str) -> Rule:
    def holds(rule: Value) -> bool:
        replaced = any(_replaces_prefix(one.get("filters", ()), field) for one in rule.get("backendRefs", ()))
        return not replaced or _one_prefix(rule)

    return Rule(holds)


def _redirects_or_serves(rule: Value) -> bool:
    return not rule.get("backendRefs") or not any("requestRedirect" in one for one in rule.get("filters", ()))


def _has_port(ref: Value) -> bool:
    return bool(ref.get("group")) or ref.get("kind") != "Service" or "port" in ref


def _once(kind: str) -> Rule:
    return Rule(lambda filters: sum(one["type"] == kind for one in filters) <= 1)


def _only_of(field: str, kind: str) -> Rule:
    return Rule(lambda one: field not in one or one["type"] == kind, field)


def _needed_for(field: str, kind: str) -> Rule:
    return Rule(lambda one: field in one or one["type"] != kind, field)


def _star_alone(values: Value) -> bool:
    return "*" not in values or len(values) == 1


def _of_path(good: Callable[[str], bool]) -> Rule:
    return Rule(lambda path: path["type"] == "RegularExpression" or good(path["value"]), "value")


def _not_in_path(part: str) -> Rule:
    return _of_path(lambda value: part not in value)


def _milliseconds(duration: str) -> int:
    return sum(int(number) * _MILLISECONDS[unit] for number, unit in _DURATION.findall(duration))


def _backend_in_time(timeouts: Value) -> bool:
    request, backend = (_milliseconds(timeouts.get(name, "0s")) for name in ("request", "backendRequest"))
    return not request or backend <= request


_EXACT_OR_PREFIX: Final = "when type one of ['Exact', 'PathPrefix']"
_KEY_FORM: Final = (
    "keys must be in the form of an optional DNS subdomain prefix followed by a required name segment of up to 63 "
    "characters."
)

RULES: Final[Mapping[str, Rule]] = {
    # Gateway
    "IPAddress values must be unique": _unique_addresses("IPAddress"),
    "Hostname values must be unique": _unique_addresses("Hostname"),
    "oneOf": Rule(_good_address, "value", "is not an IP address, as its type requires"),
    (
        "Hostname value must be empty or contain only valid characters (matching "
        r"^(\*\.)?[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$)"
    ): Rule(lambda one: one["type"] != "Hostname" or bool(_HOSTNAME.fullmatch(one.get("value", "a"))), "value"),
    f"Annotation {_KEY_FORM}": _keys(_LABEL_KEY),
    f"Label {_KEY_FORM}": _keys(_LABEL_KEY),
    "If specified, the annotation key's prefix must be a DNS subdomain not longer than 253 characters in total.": Rule(
        _short_prefixes
    ),
    "If specified, the label key's prefix must be a DNS subdomain not longer than 253 characters in total.": Rule(
        _short_prefixes
    ),
    "tls must not be specified for protocols ['HTTP', 'TCP', 'UDP']": _where(
        ("HTTP", "TCP", "UDP"), lambda one: "tls" not in one
    ),
    "tls mode must be Terminate for protocol HTTPS": _where(
        ("HTTPS",), lambda one: one.get("tls", {}).get("mode", "") in ("", "Terminate")
    ),
    "tls mode must be set for protocol TLS": _where(("TLS",), lambda one: bool(one.get("tls", {}).get("mode"))),
    "hostname must not be specified for protocols ['TCP', 'UDP']": _where(
        ("TCP", "UDP"), lambda one: not one.get("hostname")
    ),
    "Listener name must be unique within the Gateway": Rule(lambda those: _distinct(one["name"] for one in those)),
    "Combination of port, protocol and hostname must be unique for each listener": Rule(
        lambda those: _distinct(map(_place, those))
    ),
    "certificateRefs or options must be specified when mode is Terminate": Rule(
        lambda tls: tls.get("mode") != "Terminate" or bool(tls.get("certificateRefs") or tls.get("options"))
    ),
    "Port for TLS configuration must be unique within the Gateway": Rule(
        lambda those: _distinct(one["port"] for one in those)
    ),
    # HTTPRoute
    "sectionName must be specified when parentRefs includes 2 or more references to the same parent": Rule(
        _sections_where_needed
    ),
    "sectionName must be unique when parentRefs includes 2 or more references to the same parent": Rule(
        lambda refs: _distinct(map(_place_of, refs))
    ),
    "Rule name must be unique within the route": Rule(
        lambda rules: _distinct(rule["name"] for rule in rules if "name" in rule)
    ),
    (
        "While 16 rules and 64 matches per rule are allowed, the total number of matches across all rules in a route "
        "must be less than 128"
    ): Rule(_few_matches),
    "RequestRedirect filter must not be used together with backendRefs": Rule(_redirects_or_serves),
    (
        "When using RequestRedirect filter with path.replacePrefixMatch, exactly one PathPrefix match must be specified"
    ): _prefix_to_replace("requestRedirect"),
    (
        "When using URLRewrite filter with path.replacePrefixMatch, exactly one PathPrefix match must be specified"
    ): _prefix_to_replace("urlRewrite"),
    (
        "Within backendRefs, when using RequestRedirect filter with path.replacePrefixMatch, exactly one PathPrefix "
        "match must be specified"
    ): _prefix_to_replace_for_backends("requestRedirect"),
    (
        "Within backendRefs, When using URLRewrite filter with path.replacePrefixMatch, exactly one PathPrefix match "
        "must be specified"
    ): _prefix_to_replace_for_backends("urlRewrite"),
    "Must have port for Service reference": Rule(_has_port, "port"),
    "May specify either httpRouteFilterRequestRedirect or httpRouteFilterRequestRewrite, but not both": Rule(
        lambda filters: not {"RequestRedirect", "URLRewrite"} <= {one["type"] for one in filters}
    ),
    **{
        f"{kind} filter cannot be repeated": _once(kind)
        for kind in ("CORS", "RequestHeaderModifier", "ResponseHeaderModifier", "RequestRedirect", "URLRewrite")
    },
    **{
        f"filter.{field} must be nil if the filter.type is not {kind}": _only_of(field, kind)
        for field, kind in FILTERS.items()
    },
    **{
        f"filter.{field} must be specified for {kind} filter.type": _needed_for(field, kind)
        for field, kind in FILTERS.items()
    },
    "AllowHeaders cannot contain '*' alongside other methods": Rule(_star_alone),
    "AllowMethods cannot contain '*' alongside other methods": Rule(_star_alone),
    "AllowOrigins cannot contain '*' alongside other origins": Rule(_star_alone),
    "Only one of percent or fraction may be specified in HTTPRequestMirrorFilter": Rule(
        lambda mirror: not {"percent", "fraction"} <= mirror.keys()
    ),
    "numerator must be less than or equal to denominator": Rule(lambda one: one["numerator"] <= one["denominator"]),
    **{
        f"{field} must be specified when type is set to '{kind}'": _needed_for(field, kind)
        for field, kind in (("replaceFullPath", "ReplaceFullPath"), ("replacePrefixMatch", _REPLACE_PREFIX))
    },
    **{
        f"type must be '{kind}' when {field} is set": _only_of(field, kind)
        for field, kind in (("replaceFullPath", "ReplaceFullPath"), ("replacePrefixMatch", _REPLACE_PREFIX))
    },
    f"value must be an absolute path and start with '/' {_EXACT_OR_PREFIX}": _of_path(
        lambda value: value.startswith("/")
    ),
    **{
        f"must not contain '{part}' {_EXACT_OR_PREFIX}": _not_in_path(part)
        for part in ("//", "/./", "/../", "%2f", "%2F", "#")
    },
    f"must not end with '/..' {_EXACT_OR_PREFIX}": _of_path(lambda value: not value.endswith("/..")),
    f"must not end with '/.' {_EXACT_OR_PREFIX}": _of_path(lambda value: not value.endswith("/.")),
    "type must be one of ['Exact', 'PathPrefix', 'RegularExpression']": Rule(lambda _: True),  # as the enum has it
    (
        "must only contain valid characters (matching ^(?:[-A-Za-z0-9/._~!$&'()*+,;=:@]|[%][0-9a-fA-F]{2})+$) for "
        "types ['Exact', 'PathPrefix']"
    ): _of_path(lambda value: bool(_PATH.fullmatch(value))),
    "backendRequest timeout cannot be longer than request timeout": Rule(_backend_in_time, "backendRequest"),
}
