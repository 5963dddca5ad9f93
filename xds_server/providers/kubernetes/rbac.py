"""The permissions that the server needs, and no more, from the table of kinds: `python -m xds_server.providers.kubernetes.rbac`."""

import argparse
import sys
from collections.abc import Iterable, Mapping
from typing import Any, Final

import yaml

from xds_server.model.objects import GATEWAY_API
from xds_server.providers.kinds import KINDS, REFERENCED, Kind

NAME: Final = "xds-server"
NAMESPACE: Final = "xds-system"
_LABELS: Final = {"app.kubernetes.io/name": NAME}
_NOTE: Final = """\
# Made by `make rbac`: change the table of kinds in xds_server/providers/kinds.py instead.
"""

Rule = dict[str, list[str]]


def read_rules(kinds: Iterable[Kind]) -> list[Rule]:
    """What every replica needs: to list and watch what it reads."""
    return [_rule(kind.group, kind.plural, *kind.verbs) for kind in kinds]


def write_rules(kinds: Iterable[Kind]) -> list[Rule]:
    """What writing conditions takes: to read the object as it is, and to change its status."""
    written = [(kind.group, kind.plural) for kind in kinds if kind.has_status]
    return [
        rule
        for group, plural in (*written, (GATEWAY_API, "gatewayclasses"))
        for rule in (_rule(group, plural, "get"), _rule(group, f"{plural}/status", "patch"))
    ]


def own_rules(lease: str) -> list[Rule]:
    """What is needed in the server's own namespace: the lease of who writes, and Events about its Pods."""
    leases = "coordination.k8s.io"
    return [
        _rule(leases, "leases", "create"),
        {**_rule(leases, "leases", "get", "update"), "resourceNames": [lease]},
        _rule("", "events", "create"),
    ]


def manifests(
    kinds: Iterable[Kind] = KINDS, *, namespace: str = NAMESPACE, write: bool = True, namespaces: Iterable[str] = ()
) -> list[dict[str, Any]]:
    """ServiceAccount, roles and bindings; without what writing takes, unless *write*.

    For *namespaces* alone, if there are any: then the objects in them are all that may be read.
    """
    kinds = tuple(kinds)
    rules = [*read_rules(kinds), *(write_rules(kinds) if write else [])]
    made = [
        _object("v1", "ServiceAccount", namespace, automountServiceAccountToken=False),
        _object(_RBAC, "ClusterRole", "", rules=rules),
        _object(_RBAC, "ClusterRoleBinding", "", **_binding("ClusterRole", namespace)),
    ]
    if namespaces:
        of_cluster = [rule for rule in rules if rule["resources"][0].startswith("gatewayclasses")]
        made[1]["rules"] = of_cluster
        del made[1 if not of_cluster else 3 :]
    for place in namespaces:
        inside = [rule for rule in rules if not rule["resources"][0].startswith("gatewayclasses")]
        made += [
            _object(_RBAC, "Role", place, suffix="-objects", rules=inside),
            _object(_RBAC, "RoleBinding", place, suffix="-objects", **_binding("Role", namespace, suffix="-objects")),
        ]
    if write:
        made += [
            _object(_RBAC, "Role", namespace, rules=own_rules(NAME)),
            _object(_RBAC, "RoleBinding", namespace, **_binding("Role", namespace)),
        ]
    return made


def text(**options: Any) -> str:
    """The manifests as YAML."""
    return _NOTE + yaml.safe_dump_all(manifests(**options), sort_keys=False, default_flow_style=None, width=120)


_RBAC: Final = "rbac.authorization.k8s.io/v1"


def _rule(group: str, resource: str, *verbs: str) -> Rule:
    return {"apiGroups": [group], "resources": [resource], "verbs": list(verbs)}


def _object(api_version: str, kind: str, namespace: str, *, suffix: str = "", **content: Any) -> dict[str, Any]:
    place = {"namespace": namespace} if namespace else {}
    return {
        "apiVersion": api_version,
        "kind": kind,
        "metadata": {"name": NAME + suffix, **place, "labels": dict(_LABELS)},
        **content,
    }


def _binding(kind: str, namespace: str, *, suffix: str = "") -> Mapping[str, Any]:
    return {
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": kind, "name": NAME + suffix},
        "subjects": [{"kind": "ServiceAccount", "name": NAME, "namespace": namespace}],
    }


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(prog="python -m xds_server.providers.kubernetes.rbac", description=__doc__)
    parser.add_argument("--namespace", default=NAMESPACE)
    parser.add_argument("--read-only", action="store_true", help="without what writing conditions takes")
    parser.add_argument("--references", action="store_true", help="with what providers.read_references takes")
    parser.add_argument("--namespaces", default="", help="those alone, with commas; as the server's setting")
    chosen = parser.parse_args()
    namespaces = [name for name in chosen.namespaces.split(",") if name]
    kinds = (*KINDS, *REFERENCED) if chosen.references else KINDS
    sys.stdout.write(text(kinds=kinds, namespace=chosen.namespace, write=not chosen.read_only, namespaces=namespaces))


if __name__ == "__main__":
    main()
