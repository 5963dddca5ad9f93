"""HTTPRoute, gateway.networking.k8s.io/v1."""

import re
from collections.abc import Iterable, Iterator, Sequence

import msgspec

from xds_server.model import objects
from xds_server.providers.schema import regexes, validators
from xds_server.providers.schema.base import Finding, Given, Metadata, Raw, usable

_PATH_TYPES = ("Exact", "PathPrefix", "RegularExpression")
_VALUE_TYPES = ("Exact", "RegularExpression")
_METHODS = ("GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH")
_HEAVIEST = 1_000_000
_GATEWAY = f"{objects.GATEWAY_API}/Gateway"
# Letters, digits, "-", ".", "_" and "~".
_ESCAPED = re.compile("%(2[DdEe]|3[0-9]|[46][1-9A-Fa-f]|[57][0-9Aa]|5[Ff]|7[Ee])")
_NEVER = "it matches no request"


class ParentRef(Raw):
    """A reference to a Gateway or listener to attach to."""

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
    """A match: all its conditions must hold."""

    path: Path | None = None
    headers: list[Value] | None = None
    query_params: list[Value] | None = None
    method: str | None = None


class BackendRef(Raw):
    """A backend, which receives a share of the requests."""

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
    """The flat value. A rule that cannot be served as written answers an error, and has a finding.

    Source: Gateway API v1, HTTPRouteFilter.type: a filter that cannot be resolved is not to be skipped; requests that
    it would have processed get an error. The same goes for what a rule asks of a request: without it, the requests
    that the rule was to have would go to a wider one.
    """
    namespace = raw.metadata.namespace or "default"
    refs = raw.spec.parent_refs or []
    hostnames, dropped_hostnames = _hostnames(raw.spec.hostnames or (), findings)
    # HTTPRouteSpec, "rules": when absent, one rule that matches everything; when empty, none.
    rules = raw.spec.rules if raw.spec.rules is not None else [Rule()]
    return objects.HTTPRoute(
        key=raw.metadata.key,
        created=raw.metadata.creation_timestamp or "",
        parents=tuple(
            objects.ParentRef(
                gateway=f"{ref.namespace or namespace}/{ref.name}",
                section_name=ref.section_name or "",
                port=ref.port or 0,
            )
            for ref in refs
            if _kind(ref) == _GATEWAY
        ),
        hostnames=hostnames,
        rules=tuple(_rule(rule, namespace, f"spec.rules[{i}]", findings) for i, rule in enumerate(rules)),
        dropped_hostnames=dropped_hostnames,
        other_parents=tuple(kind for kind in map(_kind, refs) if kind != _GATEWAY),
        generation=raw.metadata.generation or 0,
    )


def _kind(ref: ParentRef) -> str:
    group = objects.GATEWAY_API if ref.group is None else ref.group
    return f"{group}/{ref.kind or 'Gateway'}"


def _hostnames(raw: Iterable[str], findings: list[Finding]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The valid ones, and the findings of the others."""
    good, reasons = [], list[Finding]()
    for i, name in enumerate(raw):
        if usable(reasons, "it is not served", validators.hostname, name, f"spec.hostnames[{i}]"):
            good.append(name.lower())
    findings += reasons
    return tuple(good), tuple(f"{reason.field}: {reason.message}" for reason in reasons)


def _rule(rule: Rule, namespace: str, at: str, findings: list[Finding]) -> objects.Rule:
    reasons = list(_unsupported(rule, at))
    matches = [_match(match, f"{at}.matches[{i}]", reasons) for i, match in enumerate(rule.matches or [Match()])]
    backends = [
        _backend(ref, namespace, f"{at}.backendRefs[{i}]", reasons) for i, ref in enumerate(rule.backend_refs or ())
    ]
    for field, message in reasons:
        findings.append(Finding(field, f"{message}; until then this rule answers 500"))
    findings += _ignored(rule, at)
    return objects.Rule(
        matches=tuple(match for match in matches if match is not None),
        backends=tuple(backend for backend in backends if backend is not None),
        dropped="; ".join(f"{field}: {message}" for field, message in reasons),
    )


def _unsupported(rule: Rule, at: str) -> Iterator[Finding]:
    """Features that would change the requests or answers, and are not supported."""
    if rule.filters:
        yield Finding(f"{at}.filters", "filters are not supported yet: remove them")
    for i, backend in enumerate(rule.backend_refs or ()):
        if backend.filters:
            yield Finding(f"{at}.backendRefs[{i}].filters", "filters are not supported yet: remove them")


def _ignored(rule: Rule, at: str) -> Iterator[Finding]:
    """Features that do not change where a request goes: the rule is served without them."""
    for field, value in (
        ("timeouts", rule.timeouts),
        ("retry", rule.retry),
        ("sessionPersistence", rule.session_persistence),
    ):
        if value is not None:
            yield Finding(f"{at}.{field}", "is not supported yet, and is ignored: remove it")


def _match(match: Match, at: str, reasons: list[Finding]) -> objects.Match | None:
    """The match, or None if it can match no request. If it adds *reasons*, it matches at least the requests that it should."""
    path = _path(match.path or Path(), f"{at}.path", reasons)
    headers = _values(match.headers or (), f"{at}.headers", reasons)
    query = _values(match.query_params or (), f"{at}.queryParams", reasons)
    if match.query_params:
        reasons.append(Finding(f"{at}.queryParams", "matches on query parameters are not supported yet: remove them"))
    method = match.method or ""
    known = not method or usable(reasons, _NEVER, validators.one_of, method, _METHODS, f"{at}.method")
    if path is None or headers is None or query is None or not known:
        return None
    # HTTPHeaderMatch, "name": of names that are equal without regard to case, only the first is used.
    return objects.Match(
        path_type=path[0],
        path=path[1],
        headers=_first_of_each((name.lower(), value) for name, value in headers),
        method=method,
        query=_first_of_each(query),
    )


def _first_of_each(values: Iterable[tuple[str, str | None]]) -> tuple[tuple[str, str | None], ...]:
    found: dict[str, str | None] = {}
    for name, value in values:
        found.setdefault(name, value)
    return tuple(found.items())


def _path(path: Path, at: str, reasons: list[Finding]) -> tuple[objects.PathType, str] | None:
    value = path.value if path.value is not None else "/"
    match path.type or "PathPrefix":
        case "Exact" | "PathPrefix" as kind:
            return (kind, _unescaped(value)) if usable(reasons, _NEVER, validators.path, value, f"{at}.value") else None
        case "RegularExpression":
            message = "RegularExpression is not supported yet: use Exact or PathPrefix"
            if regexes.certain(value):
                reasons.append(Finding(f"{at}.type", message))
                return "RegularExpression", value
            beginning = regexes.beginning(value)
            reasons.append(Finding(f"{at}.type", f"{message} (treated as a prefix match on {beginning!r})"))
            return "StringPrefix", beginning
        case unknown:
            usable(reasons, "treated as a match of any path", validators.one_of, unknown, _PATH_TYPES, f"{at}.type")
            return "StringPrefix", ""


def _unescaped(path: str) -> str:
    """The path as a proxy compares it: unreserved characters are not percent-encoded (RFC 3986, 2.3)."""
    return _ESCAPED.sub(lambda found: chr(int(found[1], 16)), path) if "%" in path else path


def _values(raw: Sequence[Value], at: str, reasons: list[Finding]) -> list[tuple[str, str | None]] | None:
    """The (name, value) pairs; a value of None matches any. Returns None if a name is invalid."""
    found: list[tuple[str, str | None]] = []
    for i, one in enumerate(raw):
        if not usable(reasons, _NEVER, validators.token, one.name, f"{at}[{i}].name"):
            return None
        exact = (one.type or "Exact") == "Exact"
        if one.type == "RegularExpression":
            message = "RegularExpression is not supported yet: use Exact (treated as a match of any value)"
            reasons.append(Finding(f"{at}[{i}].type", message))
        elif not exact:
            usable(
                reasons, "treated as a match of any value", validators.one_of, one.type, _VALUE_TYPES, f"{at}[{i}].type"
            )
        elif not usable(reasons, "treated as a match of any value", validators.text, one.value, f"{at}[{i}].value"):
            exact = False
        found.append((one.name, one.value if exact else None))
    return found


def _backend(ref: BackendRef, namespace: str, at: str, reasons: list[Finding]) -> objects.BackendRef | None:
    group, kind = ref.group or "", ref.kind or "Service"
    is_service = not group and kind == "Service"
    weight = ref.weight if ref.weight is not None else 1
    if not usable(reasons, "it gets nothing", validators.between, weight, 0, _HEAVIEST, f"{at}.weight"):
        return None
    if is_service and not usable(reasons, "it gets nothing", validators.port, ref.port or 0, f"{at}.port"):
        return None
    return objects.BackendRef(
        service=f"{ref.namespace or namespace}/{ref.name}",
        port=ref.port or 0,
        weight=weight,
        kind="Service" if is_service else f"{group}/{kind}",
    )
