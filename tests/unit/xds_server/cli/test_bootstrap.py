"""The printed bootstrap."""

from typing import Any

import pytest
import yaml

from xds_server.cli.bootstrap import render_bootstrap
from xds_server.server.setting_fields import SettingsError


def parsed(**arguments: Any) -> Any:
    return yaml.safe_load(render_bootstrap("shop/web", **arguments))


def test_the_node_says_its_role() -> None:
    """The Gateway is the node's cluster and its role."""
    assert parsed()["node"] == {"id": "proxy-shop-web", "cluster": "shop/web", "metadata": {"role": "shop/web"}}


def test_a_node_id_may_be_any_text() -> None:
    """What would have a meaning in YAML is quoted."""
    assert parsed(node_id='a: "b" # c')["node"]["id"] == 'a: "b" # c'


def test_configuration_comes_by_ads_and_is_waited_for() -> None:
    """Clusters and listeners come over the one stream, without a time limit, as version 3."""
    dynamic = parsed()["dynamic_resources"]

    for name in ("cds_config", "lds_config"):
        assert dynamic[name] == {"resource_api_version": "V3", "ads": {}, "initial_fetch_timeout": "0s"}
    assert dynamic["ads_config"]["api_type"] == "GRPC"
    assert dynamic["ads_config"]["transport_api_version"] == "V3"
    assert dynamic["ads_config"]["set_node_on_first_message_only"] is True


def test_a_proxy_may_be_sent_changes_alone() -> None:
    """The incremental variant differs in the one word."""
    document = parsed(delta=True)

    assert document["dynamic_resources"]["ads_config"].pop("api_type") == "DELTA_GRPC"
    whole = parsed()
    del whole["dynamic_resources"]["ads_config"]["api_type"]
    assert whole == document


def test_a_refused_proxy_comes_back_soon() -> None:
    """The back-off is short and bounded."""
    (service,) = parsed()["dynamic_resources"]["ads_config"]["grpc_services"]

    assert service["envoy_grpc"]["retry_policy"] == {"retry_back_off": {"base_interval": "0.25s", "max_interval": "2s"}}


def test_the_stream_goes_to_the_given_address_over_http2_with_keepalive() -> None:
    """The cluster that ADS names is there, speaks HTTP/2, and pings."""
    document = parsed(xds_address="10.0.0.1:1234")
    (cluster,) = document["static_resources"]["clusters"]
    (service,) = document["dynamic_resources"]["ads_config"]["grpc_services"]
    (options,) = cluster["typed_extension_protocol_options"].values()
    (endpoint,) = cluster["load_assignment"]["endpoints"][0]["lb_endpoints"]

    assert cluster["name"] == service["envoy_grpc"]["cluster_name"] == cluster["load_assignment"]["cluster_name"]
    assert options["explicit_http_config"]["http2_protocol_options"]["connection_keepalive"] == {
        "interval": "30s",
        "timeout": "5s",
    }
    assert endpoint["endpoint"]["address"]["socket_address"] == {"address": "10.0.0.1", "port_value": 1234}


@pytest.mark.parametrize(
    ("address", "discovery"), [("127.0.0.1:1", "STATIC"), ("[::1]:1", "STATIC"), ("cp.example:1", "STRICT_DNS")]
)
def test_a_name_is_resolved_and_an_address_is_not(address: str, discovery: str) -> None:
    """A name may stand for several replicas."""
    (cluster,) = parsed(xds_address=address)["static_resources"]["clusters"]

    assert cluster["type"] == discovery


def test_admin_is_on_loopback_unless_told_otherwise() -> None:
    """The admin interface can stop a proxy."""
    assert parsed()["admin"]["address"]["socket_address"] == {"address": "127.0.0.1", "port_value": 19000}
    assert parsed(admin_address="[::1]:1")["admin"]["address"]["socket_address"] == {"address": "::1", "port_value": 1}


@pytest.mark.parametrize("gateway", ["", "web", "a/b/c", "Shop/web", "shop/web\nx: 1", "shop/-web"])
def test_what_is_no_gateway_is_refused(gateway: str) -> None:
    """The message shows the form."""
    with pytest.raises(SettingsError, match=r"gateway is .*: give the Gateway's namespace/name, as in default/web"):
        render_bootstrap(gateway)


@pytest.mark.parametrize("name", ["xds_address", "admin_address"])
def test_what_is_no_address_is_refused(name: str) -> None:
    """The message names the setting."""
    with pytest.raises(SettingsError, match=f"{name} is '127.0.0.1'"):
        render_bootstrap("shop/web", **{name: "127.0.0.1"})  # type: ignore[arg-type]


def test_a_name_is_looked_up_in_both_families() -> None:
    """A name may have IPv6 addresses that the proxy cannot reach; addresses are not looked up at all."""
    (named,) = parsed(xds_address="cp.svc:18000")["static_resources"]["clusters"]
    (addressed,) = parsed(xds_address="[fd00::1]:18000")["static_resources"]["clusters"]

    assert (named["type"], named["dns_lookup_family"]) == ("STRICT_DNS", "ALL")
    assert (addressed["type"], addressed.get("dns_lookup_family")) == ("STATIC", None)
