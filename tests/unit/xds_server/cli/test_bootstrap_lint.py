"""The bootstrap linter: each rule, broken on purpose."""

import copy
from typing import Any

import pytest
import yaml

from xds_server.cli.bootstrap import render_bootstrap
from xds_server.cli.bootstrap_lint import check

GOOD = yaml.safe_load(render_bootstrap("shop/web", xds_address="10.0.0.1:18000,10.0.0.2:18000"))
ADS = "dynamic_resources.ads_config"


def broken(path: str, value: Any) -> Any:
    """The good bootstrap with one field set, or left out (...)."""
    document = copy.deepcopy(GOOD)
    *way, last = path.split(".")
    at = document
    for name in way:
        at = at[int(name)] if name.isdigit() else at[name]
    if value is ...:
        del at[last]
    else:
        at[last] = value
    return document


def test_what_we_print_is_as_it_should_be() -> None:
    """For two replicas, or a name that stands for several."""
    assert check(GOOD) == []
    for delta in (False, True):
        assert check(yaml.safe_load(render_bootstrap("shop/web", xds_address="cp.svc:18000", delta=delta))) == []


def test_one_address_is_nowhere_else_to_go() -> None:
    """That of the demo, for one; it is no error."""
    (finding,) = check(yaml.safe_load(render_bootstrap("shop/web")))

    assert (finding.level, finding.path) == ("warning", "static_resources.clusters[xds_cluster].load_assignment")
    assert "write:   type: STRICT_DNS" in str(finding)


OPTIONS = "typed_extension_protocol_options"
HTTP = f"static_resources.clusters.0.{OPTIONS}.envoy.extensions.upstreams.http.v3.HttpProtocolOptions"


@pytest.mark.parametrize(
    ("path", "value", "level", "found"),
    [
        ("node.id", "", "error", "node.id"),
        ("node.metadata.role", "web", "error", "node.metadata.role"),
        ("dynamic_resources.ads_config", ..., "error", ADS),
        (f"{ADS}.api_type", "REST", "error", f"{ADS}.api_type"),
        (f"{ADS}.api_type", "AGGREGATED_DELTA_GRPC", "error", f"{ADS}.api_type"),
        (f"{ADS}.transport_api_version", ..., "error", f"{ADS}.transport_api_version"),
        (f"{ADS}.set_node_on_first_message_only", False, "warning", f"{ADS}.set_node_on_first_message_only"),
        (f"{ADS}.grpc_services.0.envoy_grpc.retry_policy", ..., "warning", "retry_back_off.max_interval"),
        (
            f"{ADS}.grpc_services.0.envoy_grpc.retry_policy.retry_back_off.max_interval",
            "30s",
            "warning",
            "retry_back_off.max_interval",
        ),
        (f"{ADS}.grpc_services.0.envoy_grpc.cluster_name", "other", "error", "static_resources.clusters[other]"),
        ("dynamic_resources.cds_config", ..., "error", "dynamic_resources.cds_config"),
        ("dynamic_resources.lds_config", {"path": "x"}, "error", "dynamic_resources.lds_config"),
        ("dynamic_resources.cds_config.resource_api_version", ..., "error", "cds_config.resource_api_version"),
        ("dynamic_resources.cds_config.initial_fetch_timeout", ..., "error", "cds_config.initial_fetch_timeout"),
        ("dynamic_resources.lds_config.initial_fetch_timeout", "15s", "error", "lds_config.initial_fetch_timeout"),
        ("static_resources.clusters.0.typed_extension_protocol_options", ..., "error", OPTIONS),
        ("static_resources.clusters.0.type", "LOGICAL_DNS", "warning", "type"),
        ("static_resources.clusters.0.type", "STRICT_DNS", "warning", "dns_lookup_family"),
        ("overload_manager", ..., "warning", "overload_manager.resource_monitors"),
        ("admin", ..., "warning", "admin"),
    ],
)
def test_each_rule_finds_what_breaks_it(path: str, value: Any, level: str, found: str) -> None:
    """One finding, at the setting, with what happens and what to write."""
    (finding,) = check(broken(path, value))

    assert (finding.level, finding.path.endswith(found)) == (level, True), finding
    assert finding.happens
    assert finding.write


def test_a_missing_keepalive_is_found() -> None:
    """HTTP/2 without it is served, until a machine is switched off."""
    document = copy.deepcopy(GOOD)
    (options,) = document["static_resources"]["clusters"][0][OPTIONS].values()
    options["explicit_http_config"]["http2_protocol_options"] = {}

    assert [finding.path for finding in check(document)] == [
        "static_resources.clusters[xds_cluster] connection_keepalive"
    ]


def camel(value: Any) -> Any:
    if isinstance(value, dict):
        return {
            key if "." in key else "".join([head, *map(str.title, rest)]): camel(one)
            for key, one in value.items()
            for head, *rest in (key.split("_"),)
        }
    return [camel(one) for one in value] if isinstance(value, list) else value


def test_the_other_spelling_of_fields_is_read_as_well() -> None:
    """Envoy takes lowerCamelCase, too."""
    assert "dynamicResources" in camel(GOOD)
    assert check(camel(GOOD)) == []


@pytest.mark.parametrize(
    "document", [None, [], "x", {}, {"node": 1, "dynamic_resources": [], "static_resources": {"clusters": 1}}]
)
def test_whatever_it_is_it_is_told_and_not_raised(document: object) -> None:
    """A file that is no bootstrap has findings, as any other."""
    assert any(finding.level == "error" for finding in check(document))
