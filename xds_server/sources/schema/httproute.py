"""HTTPRoute, gateway.networking.k8s.io/v1."""

from collections.abc import Iterator
from typing import cast

import msgspec

from xds_server.model import objects
from xds_server.sources.schema import checks
from xds_server.sources.schema.base import Finding, Given, Invalid, Metadata, Raw

_PATH_TYPES = ("Exact", "PathPrefix", "RegularExpression")
_VALUE_TYPES = ("Exact", "RegularExpression")
_METHODS = ("GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH")
# HTTPPathMatch, validation rules of the CRD, for Exact and PathPrefix.
_NOT_IN_A_PATH = ("//", "/./", "/../", "%2f", "%2F", "#")
_NOT_AT_ITS_END = ("/..", "/.")
_HEAVIEST = 1_000_000


class ParentRef(Raw):
    """What the route wishes to be attached to."""

    name: str
    group: str | None = None
    kind: str | None = None
    namespace: str | None = None
    section_name: str | None = None
    port: int | None = None


class Path(Raw):
    """A match on the path."""

    type: str | None = None
    value: str | None = None


class Value(Raw):
    """A match on a header or a query parameter."""

    name: str
    value: str
    type: str | None = None


class Match(Raw):
    """Conditions that must all hold."""

    path: Path | None = None
    headers: list[Value] | None = None
    query_params: list[Value] | None = None
    method: str | None = None


class BackendRef(Raw):
    """Where a share of the requests goes."""

    name: str
    group: str | None = None
    kind: str | None = None
    namespace: str | None = None
    port: int | None = None
    weight: int | None = None
    filters: list[Given] | None = None


class Rule(Raw):
    """Matches and backends."""

    matches: list[Match] | None = None
    filters: list[Given] | None = None
    backend_refs: list[BackendRef] | None = None
    timeouts: Given | None = None
    retry: Given | None = None
    session_persistence: Given | None = None


class Spec(Raw):
    """Of an HTTPRoute."""

    parent_refs: list[ParentRef] | None = None
    hostnames: list[str] | None = None
    rules: list[Rule] | None = None


class HTTPRoute(Raw):
    """An HTTPRoute."""

    metadata: Metadata
    spec: Spec = msgspec.field(default_factory=Spec)


def flat(raw: HTTPRoute, findings: list[Finding]) -> objects.HTTPRoute:
    """The flat value; a rule that needs what is not supported yet is left out, and found."""
    namespace = raw.metadata.namespace or "default"
    rules: list[objects.Rule] = []
    # HTTPRouteSpec, "rules": when absent, one rule that matches everything; when empty, none.
    for i, rule in enumerate(raw.spec.rules if raw.spec.rules is not None else [Rule()]):
        at = f"spec.rules[{i}]"
        value = _rule(rule, namespace, at)
        reasons = list(_unsupported(rule, at))
        findings += reasons
        findings += _ignored(rule, at)
        if not reasons:
            rules.append(value)
    return objects.HTTPRoute(
        key=raw.metadata.key,
        created=raw.metadata.creation_timestamp or "",
        parents=tuple(
            _parent(ref, namespace, f"spec.parentRefs[{i}]")
            for i, ref in enumerate(raw.spec.parent_refs or ())
            if ref.group in (None, objects.GATEWAY_API) and (ref.kind or "Gateway") == "Gateway"
        ),
        hostnames=tuple(
            checks.hostname(name, f"spec.hostnames[{i}]") for i, name in enumerate(raw.spec.hostnames or ())
        ),
        rules=tuple(rules),
        generation=raw.metadata.generation or 0,
    )


def _unsupported(rule: Rule, at: str) -> Iterator[Finding]:
    """What the rule asks for and would not get: to serve it all the same would be another rule."""

    def finding(field: str, what: str, instead: str) -> Finding:
        return Finding(f"{at}.{field}", f"{what} not supported yet, so this rule is left out: {instead}")

    if rule.filters:
        yield finding("filters", "filters are", "remove them")
    for i, match in enumerate(rule.matches or ()):
        if match.path is not None and match.path.type == "RegularExpression":
            yield finding(f"matches[{i}].path.type", "RegularExpression is", "use Exact or PathPrefix")
        for j, header in enumerate(match.headers or ()):
            if header.type == "RegularExpression":
                yield finding(f"matches[{i}].headers[{j}].type", "RegularExpression is", "use Exact")
        if match.query_params:
            yield finding(f"matches[{i}].queryParams", "matches on query parameters are", "remove them")
    for i, backend in enumerate(rule.backend_refs or ()):
        if backend.filters:
            yield finding(f"backendRefs[{i}].filters", "filters are", "remove them")


def _ignored(rule: Rule, at: str) -> Iterator[Finding]:
    """What does not change where a request goes: the rule is served without it."""
    for field, value in (
        ("timeouts", rule.timeouts),
        ("retry", rule.retry),
        ("sessionPersistence", rule.session_persistence),
    ):
        if value is not None:
            yield Finding(f"{at}.{field}", "is not supported yet, and is ignored: remove it, or live without it")


def _parent(ref: ParentRef, namespace: str, at: str) -> objects.ParentRef:
    return objects.ParentRef(
        gateway=f"{ref.namespace or namespace}/{checks.filled(ref.name, f'{at}.name')}",
        section_name=ref.section_name or "",
        port=checks.port(ref.port, f"{at}.port") if ref.port is not None else 0,
    )


def _rule(rule: Rule, namespace: str, at: str) -> objects.Rule:
    return objects.Rule(
        matches=tuple(_match(match, f"{at}.matches[{i}]") for i, match in enumerate(rule.matches or [Match()])),
        backends=tuple(
            _backend(ref, namespace, f"{at}.backendRefs[{i}]") for i, ref in enumerate(rule.backend_refs or ())
        ),
    )


def _match(match: Match, at: str) -> objects.Match:
    headers: dict[str, str] = {}
    for i, header in enumerate(match.headers or ()):
        checks.one_of(header.type or "Exact", _VALUE_TYPES, f"{at}.headers[{i}].type")
        checks.filled(header.value, f"{at}.headers[{i}].value")
        # HTTPHeaderMatch, "name": of equal names, in any case, only the first counts.
        headers.setdefault(checks.header_name(header.name, f"{at}.headers[{i}].name"), header.value)
    if match.method is not None:
        checks.one_of(match.method, _METHODS, f"{at}.method")
    path = match.path or Path()
    path_type = checks.one_of(path.type or "PathPrefix", _PATH_TYPES, f"{at}.path.type")
    value = path.value if path.value is not None else "/"
    if path_type != "RegularExpression":
        _check_path(value, f"{at}.path.value")
    return objects.Match(
        path_type=cast("objects.PathType", path_type),
        path=value,
        headers=tuple(headers.items()),
        method=match.method or "",
    )


def _check_path(value: str, field: str) -> None:
    if not value.startswith("/"):
        raise Invalid(field, f"{value!r} is no absolute path: start it with '/'")
    for part in _NOT_IN_A_PATH:
        if part in value:
            raise Invalid(field, f"{value!r} contains {part!r}: remove it")
    if value.endswith(_NOT_AT_ITS_END):
        raise Invalid(field, f"{value!r} ends with a dot segment: remove it")


def _backend(ref: BackendRef, namespace: str, at: str) -> objects.BackendRef:
    group, kind = ref.group or "", ref.kind or "Service"
    is_service = not group and kind == "Service"
    weight = ref.weight if ref.weight is not None else 1
    if not 0 <= weight <= _HEAVIEST:
        raise Invalid(f"{at}.weight", f"weight {weight} is out of range: use 0 to {_HEAVIEST}")
    if ref.port is None and is_service:
        raise Invalid(f"{at}.port", "is missing: name a port of the Service")
    return objects.BackendRef(
        service=f"{ref.namespace or namespace}/{checks.filled(ref.name, f'{at}.name')}",
        port=checks.port(ref.port, f"{at}.port") if ref.port is not None else 0,
        weight=weight,
        kind="Service" if is_service else f"{group}/{kind}",
    )
