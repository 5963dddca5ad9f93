"""Permissions, made from the table of kinds."""

from pathlib import Path

import yaml

from xds_server.providers.kinds import KINDS, REFERENCED
from xds_server.providers.kubernetes import rbac

MANIFEST = Path(__file__).parents[5] / "deploy/kubernetes/rbac.yaml"


def test_the_manifest_is_the_one_that_is_made() -> None:
    """If it is not: `make rbac`."""
    assert MANIFEST.read_text() == rbac.text()


def test_nothing_is_allowed_that_no_kind_asks_for() -> None:
    """No wildcard, no Secret, and no verb that changes an object itself."""
    for manifest in rbac.manifests():
        for rule in manifest.get("rules", ()):
            words = {*rule["apiGroups"], *rule["resources"], *rule["verbs"]}
            assert not words & {"*", "secrets", "configmaps", "delete", "deletecollection", "escalate", "bind"}
            if {"patch", "update"} & words:
                assert rule["resources"][0].endswith("/status") or rule["resources"] == ["leases"]


def test_secrets_may_be_read_only_if_that_is_asked_for() -> None:
    """Metadata to list and to watch, and each to get; the rule is the one that the message has."""
    made = rbac.manifests((*KINDS, *REFERENCED), write=False)

    more = made[1]["rules"][len(KINDS) :]
    assert [yaml.safe_load(kind.rule) for kind in REFERENCED] == more
    assert [["secrets"], ["configmaps"]] == [rule["resources"] for rule in more]
    assert all(rule["verbs"] == ["get", "list", "watch"] for rule in more)


def test_a_replica_that_only_reads_lists_and_watches() -> None:
    """One role, with a rule for each kind."""
    made = rbac.manifests(write=False, namespace="gw")

    assert [one["kind"] for one in made] == ["ServiceAccount", "ClusterRole", "ClusterRoleBinding"]
    assert len(made[1]["rules"]) == len(KINDS)
    assert {verb for rule in made[1]["rules"] for verb in rule["verbs"]} == {"list", "watch"}
    assert made[2]["subjects"][0]["namespace"] == "gw"


def test_the_line_that_a_missing_permission_is_told_by_is_the_rule() -> None:
    """What the message says can be pasted, and is what the manifest has."""
    for kind, rule in zip(KINDS, rbac.read_rules(KINDS), strict=True):
        assert yaml.safe_load(kind.rule) == rule


def test_for_some_namespaces_alone_nothing_else_may_be_read() -> None:
    """A role in each of them, and of the cluster only the class."""
    made = rbac.manifests(namespaces=("shop", "blog"))

    cluster = [one for one in made if one["kind"] == "ClusterRole"]
    assert [rule["resources"] for rule in cluster[0]["rules"]] == [["gatewayclasses"], ["gatewayclasses/status"]]
    inside = [one for one in made if one["kind"] == "Role" and one["metadata"]["name"] == "xds-server-objects"]
    assert [one["metadata"]["namespace"] for one in inside] == ["shop", "blog"]
    assert {verb for rule in inside[0]["rules"] for verb in rule["verbs"]} == {"list", "watch", "get", "patch"}
    read_only = rbac.manifests(namespaces=("shop",), write=False)
    assert [one["kind"] for one in read_only] == ["ServiceAccount", "Role", "RoleBinding"]
