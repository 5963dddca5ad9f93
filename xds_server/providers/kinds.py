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
    """One kind: its API path, its schema, and how it is decoded."""

    plural: str
    """Used in paths and RBAC, and as the kind's name on the tracker, in readiness and in metrics."""
    kind: str
    group: str
    """Empty for the core group."""
    version: str
    """The version to request from an API server."""
    aliases: tuple[str, ...] = ()
    """Other versions with the same fields: accepted in files, and requested if an API server serves no other."""
    raw: type[Any]
    """The msgspec type of the fields that are read."""
    flat: Callable[[Any, list[Finding]], Value]
    """Converts a raw object to its value. Appends findings. Raises: Invalid."""
    admit: Callable[[Any], None] = admit_all
    """Checks that an API server has already made, so only for files. Raises: Invalid."""
    namespaced: bool = True
    required: bool = True
    """Whether readiness waits for the kind. An optional kind whose CRD is not installed counts as empty."""
    verbs: tuple[str, ...] = ("list", "watch")
    """The verbs that RBAC must allow."""
    has_status: bool = False
    """Whether this server writes its status, if it writes any."""

    @property
    def path(self) -> str:
        """The path of the collection on an API server."""
        return self.path_in("")

    def path_in(self, namespace: str, version: str = "") -> str:
        """The path of the collection in one namespace, or in all if empty. *version* replaces the default one."""
        prefix = f"/apis/{self.group}" if self.group else "/api"
        place = f"/namespaces/{namespace}" if namespace and self.namespaced else ""
        return f"{prefix}/{version or self.version}{place}/{self.plural}"

    @property
    def rule(self) -> str:
        """The RBAC rule that the kind needs: an item of `rules` in a ClusterRole, in YAML."""
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
"""The kinds that are always read. All are required by default."""

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
"""Kinds whose metadata are watched once a Gateway refers to one. Only the content of that one is fetched."""


def kinds(optional: Collection[str] = ()) -> tuple[Kind, ...]:
    """The table, with some kinds made optional by their plural name.

    Raises: ValueError, for a name that is not in the table.
    """
    known = [kind.plural for kind in KINDS]
    for plural in optional:
        if plural not in known:
            raise ValueError(f"optional kind {plural!r} is not known: use {', '.join(known)}")
    return tuple(replace(kind, required=kind.plural not in optional) for kind in KINDS)
