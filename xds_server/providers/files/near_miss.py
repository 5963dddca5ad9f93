"""Objects in files whose kind or apiVersion is nearly that of a kind that is read: a mistake, and no other kind."""

import difflib
from collections.abc import Iterable
from typing import Final

from xds_server.model.objects import GATEWAY_API
from xds_server.providers.kinds import Kind
from xds_server.providers.schema.base import Finding

_NEAR: Final = 0.8
"""Of 1: `HTTPRoutes` is nearer to `HTTPRoute`, `ServiceAccount` is farther from `Service`."""
_LONGEST: Final = 64
_OTHER_KINDS: Final = frozenset({"TCPRoute", "UDPRoute", "TLSRoute", "GRPCRoute", "GatewayClass", "ListenerSet"})
"""Of the Gateway API, with names near to those that are read, and no misspellings of them."""


def near_miss(kinds: Iterable[Kind], api_version: str, name: str) -> tuple[Kind, Finding] | None:
    """The kind that was probably meant, and what to fix; None if the object is probably of another kind."""
    group, _, version = api_version.rpartition("/")
    for kind in kinds:
        if name == kind.kind:
            # Other projects have kinds named Service or Gateway too, in entirely different groups.
            if group == kind.group:
                return kind, Finding("apiVersion", f"{version!r} is not read: use {_full(kind)!r}")
            if not api_version or _near(group, kind.group) or (not group and kind.group):
                return kind, Finding("apiVersion", f"{api_version!r} is not known for {name}: use {_full(kind)!r}")
        elif group == kind.group and name not in _OTHER_KINDS and _near(name.lower(), kind.kind.lower()):
            return kind, Finding("kind", f"{name!r} is not known: did you mean {kind.kind!r}?")
    return None


def unread(api_version: str, name: str) -> str:
    """The hint for an ignored object that was meant for a Gateway API implementation; empty for others."""
    if api_version.startswith(f"{GATEWAY_API}/") and name in _OTHER_KINDS - {"GatewayClass"}:
        return f"{name} is not supported yet, and is ignored: use HTTPRoute and Gateway"
    return ""


def _near(one: str, other: str) -> bool:
    return len(one) <= _LONGEST and difflib.SequenceMatcher(None, one, other).ratio() >= _NEAR


def _full(kind: Kind) -> str:
    return f"{kind.group}/{kind.version}" if kind.group else kind.version
