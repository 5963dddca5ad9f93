"""The kinds of objects that are read, as one table."""

from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from typing import Any

from xds_server.model import objects
from xds_server.providers.schema import endpointslice, gateway, httproute, secret_configmap, service
from xds_server.providers.schema.base import Finding, admit_all

Value = objects.Gateway | objects.HTTPRoute | objects.Service | objects.EndpointSlice | objects.Stored


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """One kind: where it is found, what it looks like, and what becomes of it."""

    plural: str
    """As in paths and in RBAC; the kind's name on the tracker, in readiness and in metrics."""
    kind: str
    group: str
    """Empty for the core group."""
    version: str
    """Read from an API server."""
    aliases: tuple[str, ...] = ()
    """Other versions with the same fields: a file may name them, and an API server may serve them alone."""
    raw: type[Any]
    """The shape, as the API has it."""
    flat: Callable[[Any, list[Finding]], Value]
    """From the shape to the value; adds what it finds, raises Invalid."""
    admit: Callable[[Any], None] = admit_all
    """Checks that an API server has made already, so for files only; raises Invalid."""
    namespaced: bool = True
    required: bool = True
    """Whether we are ready only once the kind is listed; an optional kind that is absent counts as empty."""
    verbs: tuple[str, ...] = ("list", "watch")
    """What RBAC must allow, to read it."""
    has_status: bool = False
    """Whether we write its status, if we write at all."""

    @property
    def path(self) -> str:
        """Of the collection, on an API server."""
        return self.path_in("")

    def path_in(self, namespace: str, version: str = "") -> str:
        """Of the part of the collection in one namespace; "" for all. *version* instead of the usual one."""
        prefix = f"/apis/{self.group}" if self.group else "/api"
        place = f"/namespaces/{namespace}" if namespace and self.namespaced else ""
        return f"{prefix}/{version or self.version}{place}/{self.plural}"

    @property
    def rule(self) -> str:
        """What RBAC must allow, as an item of `rules` in a ClusterRole, in YAML."""
        group = self.group or '""'
        return f"{{apiGroups: [{group}], resources: [{self.plural}], verbs: [{', '.join(self.verbs)}]}}"

    @property
    def resource(self) -> str:
        """The full name, as in `httproutes.gateway.networking.k8s.io`."""
        return f"{self.plural}.{self.group}" if self.group else self.plural

    def describes(self, api_version: str, kind: str) -> bool:
        """Whether an object with these two fields is of this kind."""
        group, _, version = api_version.rpartition("/")
        return kind == self.kind and group == self.group and version in (self.version, *self.aliases)


KINDS = (
    Kind(
        plural="gateways",
        kind="Gateway",
        group=objects.GATEWAY_API,
        version="v1",
        aliases=("v1beta1",),
        raw=gateway.Gateway,
        flat=gateway.flat,
        has_status=True,
    ),
    Kind(
        plural="httproutes",
        kind="HTTPRoute",
        group=objects.GATEWAY_API,
        version="v1",
        aliases=("v1beta1",),
        raw=httproute.HTTPRoute,
        flat=httproute.flat,
        has_status=True,
    ),
    Kind(
        plural="services",
        kind="Service",
        group="",
        version="v1",
        raw=service.Service,
        flat=service.flat,
        admit=service.admit,
    ),
    Kind(
        plural="endpointslices",
        kind="EndpointSlice",
        group="discovery.k8s.io",
        version="v1",
        raw=endpointslice.EndpointSlice,
        flat=endpointslice.flat,
        admit=endpointslice.admit,
    ),
)
"""All kinds that are always read, each of them required."""

REFERENCED = tuple(
    Kind(
        plural=plural, kind=kind, group="", version="v1", raw=raw, flat=flat, required=False,
        verbs=("get", "list", "watch"),
    )
    for plural, kind, raw, flat in (
        ("secrets", "Secret", secret_configmap.Secret, secret_configmap.secret),
        ("configmaps", "ConfigMap", secret_configmap.ConfigMap, secret_configmap.configmap),
    )
)  # fmt: skip
"""Kinds of which an API server is asked for metadata, once somebody refers to one, and for the content of that one."""


def kinds(optional: Collection[str] = ()) -> tuple[Kind, ...]:
    """The table, with some kinds made optional by their plural name.

    Raises: ValueError, for a name that is not in the table.
    """
    known = [kind.plural for kind in KINDS]
    for plural in optional:
        if plural not in known:
            raise ValueError(f"optional kind {plural!r} is not known: use {', '.join(known)}")
    return tuple(replace(kind, required=kind.plural not in optional) for kind in KINDS)
