"""The codec of client status discovery against envoy-data-plane's classes."""

import pytest
from envoy_data_plane.envoy.service.status import v3 as status_v3
from envoy_data_plane.envoy.type.matcher import v3 as matcher_v3
from hypothesis import given
from hypothesis import strategies as st

from xds_server.envoy.wire.reader import DecodeError
from xds_server.model.resource import CLUSTER, SECRET, resource
from xds_server.xds.codec.client_status import (
    ResourceEncoder,
    UnsupportedRequestError,
    client_config,
    decode_status_request,
)
from xds_server.xds.protocol.messages import ConfigStatus, Node, ResourceStatus


def _request(*matchers: matcher_v3.StringMatcher, **more: bool) -> bytes:
    nodes = [matcher_v3.NodeMatcher(node_id=matcher) for matcher in matchers]
    return bytes(status_v3.ClientStatusRequest(node_matchers=nodes, **more))


@pytest.mark.parametrize(
    ("matcher", "yes", "no"),
    [
        ({"exact": "edge-1"}, "edge-1", "edge-10"),
        ({"prefix": "edge-"}, "edge-1", "an edge-1"),
        ({"suffix": "-1"}, "edge-1", "edge-10"),
        ({"contains": "dge"}, "edge-1", "EDGE-1"),
        ({"exact": "EDGE-1", "ignore_case": True}, "edge-1", "edge-2"),
    ],
)
def test_nodes_are_matched_by_id(matcher: dict[str, object], yes: str, no: str) -> None:
    """Each kind of string matcher picks the nodes that it should."""
    asked = decode_status_request(_request(matcher_v3.StringMatcher(**matcher)))  # type: ignore[arg-type]
    assert [asked.concerns(Node(name)) for name in (yes, no)] == [True, False]


def test_matchers_are_alternatives_and_none_is_all() -> None:
    """One that matches is enough; without any, everybody is meant."""
    asked = decode_status_request(_request(matcher_v3.StringMatcher(exact="a"), matcher_v3.StringMatcher(exact="b")))
    assert [asked.concerns(Node(name)) for name in ("a", "b", "c")] == [True, True, False]
    assert decode_status_request(b"").concerns(Node("anybody"))


def test_what_we_cannot_match_is_refused() -> None:
    """Who asks for some is not given all."""
    regex = matcher_v3.StringMatcher(safe_regex=matcher_v3.RegexMatcher(regex="a.*"))
    with pytest.raises(UnsupportedRequestError, match="prefix"):
        decode_status_request(_request(regex))
    structs = matcher_v3.NodeMatcher(node_metadatas=[matcher_v3.StructMatcher()])
    with pytest.raises(UnsupportedRequestError, match="node_id"):
        decode_status_request(bytes(status_v3.ClientStatusRequest(node_matchers=[structs])))


def test_contents_can_be_left_out() -> None:
    """The asker says so."""
    assert decode_status_request(b"").contents
    assert not decode_status_request(_request(exclude_resource_contents=True)).contents


@given(st.binary(max_size=60))
def test_garbage_is_refused_or_read(raw: bytes) -> None:
    """Of bytes that nobody wrote nothing but our own errors come."""
    try:
        decode_status_request(raw)
    except (DecodeError, UnsupportedRequestError):
        return


def test_a_client_is_told_of_as_the_model_reads_it() -> None:
    """Node, scope, and each resource with version, status, content and the client's words; secrets without content."""
    item, secret = resource("a", b"\x0a\x01a"), resource("s", b"\x0a\x01s")
    statuses = [
        ResourceStatus(CLUSTER, "a", ConfigStatus.ERROR, item, "no good"),
        ResourceStatus(CLUSTER, "z", ConfigStatus.NOT_SENT, None),
        ResourceStatus(SECRET, "s", ConfigStatus.SYNCED, secret),
    ]
    encoder = ResourceEncoder(contents=True)
    config = client_config(Node("edge-1", "shop/edge"), "stream 7", [encoder.encode(one) for one in statuses])
    (read,) = status_v3.ClientStatusResponse.parse(b"".join(config)).config

    assert read.node is not None
    assert (read.node.id, read.node.cluster, read.client_scope) == ("edge-1", "shop/edge", "stream 7")
    bad, missing, hidden = read.generic_xds_configs
    assert (bad.type_url, bad.name, bad.version_info) == (CLUSTER, "a", item.version)
    assert bad.config_status is status_v3.ConfigStatus.ERROR
    assert bad.error_state is not None
    assert bad.error_state.details == "no good"
    assert bad.xds_config is not None
    assert bad.xds_config.value == item.body
    assert (missing.name, missing.version_info, missing.config_status) == ("z", "", status_v3.ConfigStatus.NOT_SENT)
    assert hidden.xds_config is None
    assert hidden.config_status is status_v3.ConfigStatus.SYNCED
