"""The codec against two others: Google's protobuf runtime and envoy_data_plane's classes."""

import pytest
from envoy_data_plane.envoy.service.discovery import v3 as classes
from google.protobuf.message import DecodeError as RuntimeDecodeError
from hypothesis import given
from hypothesis import strategies as st

from tests.support import oracle
from tests.support.steps import stepwise
from xds_server.envoy.wire.writer import field_bytes, field_string, field_varint
from xds_server.model.printable import printable
from xds_server.model.resource import CLUSTER, ENDPOINT, LISTENER, ROUTE, TypeUrl, resource
from xds_server.xds.cache.table import Table, version_of
from xds_server.xds.codec import sotw
from xds_server.xds.codec.node import TTL_FEATURE
from xds_server.xds.codec.sotw import (
    DecodeError,
    LimitError,
    RequestDecoder,
    ResponseEncoder,
    decode_request,
    encode_response,
)
from xds_server.xds.protocol.messages import Node, Request, Response

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=150)
SHORT_TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
VALUES = st.one_of(st.none(), st.booleans(), st.floats(allow_nan=False), SHORT_TEXT, st.lists(SHORT_TEXT, max_size=2))
METADATA = st.dictionaries(st.one_of(st.just("role"), SHORT_TEXT), VALUES, max_size=4)


@st.composite
def requests(draw: st.DrawFn) -> "oracle.Any":
    """Any DiscoveryRequest."""
    message = oracle.DiscoveryRequest(
        version_info=draw(TEXT),
        type_url=draw(st.one_of(st.sampled_from([CLUSTER, ENDPOINT]), SHORT_TEXT)),
        response_nonce=draw(TEXT),
        resource_names=draw(st.lists(TEXT, max_size=6)),
    )
    if draw(st.booleans()):
        message.node.id, message.node.cluster, message.node.user_agent_name = draw(TEXT), draw(TEXT), draw(SHORT_TEXT)
        message.node.metadata.update(draw(METADATA))
        message.node.client_features.extend(draw(st.lists(st.sampled_from([TTL_FEATURE, "other", "é"]), max_size=3)))
        if draw(st.booleans()):
            message.node.user_agent_version = draw(SHORT_TEXT)
        elif draw(st.booleans()):
            version = message.node.user_agent_build_version.version
            version.major, version.minor, version.patch = draw(st.tuples(*[st.integers(0, 2**32 - 1)] * 3))
    if draw(st.booleans()):
        message.error_detail.code, message.error_detail.message = draw(st.integers(-(2**31), 2**31 - 1)), draw(TEXT)
    return message


def expected(message: "oracle.Any") -> Request:
    """What our decoder should make of a message, read by the oracle."""
    node = None
    if message.HasField("node"):
        it = message.node
        role = it.metadata.fields["role"].string_value if "role" in it.metadata.fields else ""
        v = it.user_agent_build_version.version
        numbers = f"{v.major}.{v.minor}.{v.patch}"
        version = it.user_agent_version or (numbers if numbers != "0.0.0" else "")
        agent = "/".join(filter(None, (it.user_agent_name, version)))
        who = map(printable, (it.id, it.cluster, role or it.cluster, agent))
        node = Node(*who, TTL_FEATURE in it.client_features)
    rejection = printable(message.error_detail.message) if message.HasField("error_detail") else None
    names = tuple(message.resource_names)
    type_url, version, nonce = map(printable, (message.type_url, message.version_info, message.response_nonce))
    return Request(TypeUrl(type_url), version, names, nonce, rejection, node)


@given(requests())
def test_request_reads_as_the_runtime_reads_it(message: "oracle.Any") -> None:
    """Every request has the values that the runtime put into it."""
    assert decode_request(message.SerializeToString()) == expected(message)


@given(requests(), st.data())
def test_damaged_request_is_refused_or_read_alike(message: "oracle.Any", data: st.DataObject) -> None:
    """Of bytes cut, changed or inserted at random nothing but DecodeError comes, and what the runtime accepts reads alike."""
    raw = bytearray(message.SerializeToString())
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(raw)))
        raw[at : at + data.draw(st.integers(0, 3))] = data.draw(st.binary(max_size=4))
    _agree(bytes(raw))


@given(st.binary(max_size=80))
def test_garbage_is_refused_or_read_alike(raw: bytes) -> None:
    """Of bytes that nobody wrote nothing but DecodeError comes."""
    _agree(raw)


def _agree(raw: bytes) -> None:
    try:
        ours: Request | DecodeError = decode_request(raw)
    except DecodeError as error:
        ours = error
    try:
        theirs = expected(oracle.DiscoveryRequest.FromString(raw))
    except RuntimeDecodeError:
        return  # They look into parts that we skip.
    if isinstance(ours, DecodeError):  # The one thing that we refuse and they do not.
        assert "wire type 3" in ours.reason or "wire type 4" in ours.reason, ours
        return
    assert ours == theirs


@given(requests(), requests())
def test_a_request_written_twice_is_merged(first: "oracle.Any", second: "oracle.Any") -> None:
    """Two messages end to end are one: scalars are replaced, lists joined, messages merged."""
    raw = first.SerializeToString() + second.SerializeToString()
    assert decode_request(raw) == expected(oracle.DiscoveryRequest.FromString(raw))


def test_request_of_envoy_data_plane_is_read() -> None:
    """A request made by envoy_data_plane's classes, with fields that we skip, is read."""
    node = {"id": "n", "cluster": "c", "extensions": [{"name": f"e{i}", "category": "c"} for i in range(300)]}
    node |= {"metadata": {"role": "shop/web"}, "locality": {"zone": "z"}, "user_agent_name": "envoy"}
    node |= {"user_agent_build_version": {"version": {"major_number": 1, "minor_number": 40}}}
    message = classes.DiscoveryRequest.from_dict(
        {"version_info": "v", "node": node, "resource_names": ["a", "b"], "type_url": CLUSTER, "response_nonce": "7"}
    )
    request = decode_request(bytes(message))
    assert request == Request(CLUSTER, "v", ("a", "b"), "7", None, Node("n", "c", "shop/web", "envoy/1.40.0"))


@pytest.mark.parametrize(
    ("raw", "offset", "reason"),
    [
        (b"\x0a", 1, "varint is cut off"),
        (b"\x0a\x05ab", 0, "field 1 ends 3 bytes behind the message"),
        (b"\x0a\x01\xff", 2, "string is not UTF-8"),
        (b"\x1a\x01a\x1a\x01\xff", 5, "string is not UTF-8"),
        (b"\x1a\x7fa", 0, "field 3 ends 126 bytes behind the message"),
        (b"\x02\x00", 0, "field number 0 does not exist"),
        (b"\xff" * 11, 0, "varint is longer than ten bytes"),
        (b"\x0b\x0c", 0, "field 1 has wire type 3, which no known message uses"),
        (b"\x0a" + b"\xff" * 9 + b"\x01", 0, "field 1 ends 18446744073709551615 bytes behind the message"),
    ],
)
def test_refusal_names_offset_and_reason(raw: bytes, offset: int, reason: str) -> None:
    """What is refused says at which byte, and why."""
    with pytest.raises(DecodeError) as caught:
        decode_request(raw)
    assert (caught.value.offset, caught.value.reason) == (offset, reason)


@pytest.mark.parametrize(
    "raw",
    [
        b"\x1a\x00" * (sotw.MAX_NAMES + 1),
        (b"\x1a\x00" * (sotw.MAX_NAMES // 2 + 1) + b"\x22\x00") * 2,
        b"\x38\x00" * (sotw.MAX_FIELDS + 1),
        field_bytes(2, b"\x08\x00" * (sotw.MAX_NESTED_BYTES // 2 + 1)),
        field_bytes(6, b"\x08\x00" * (sotw.MAX_NESTED_BYTES // 4 + 1)) * 2,
    ],
    ids=["names", "names in two places", "fields", "node", "errors"],
)
def test_work_per_request_is_bounded(raw: bytes) -> None:
    """A request of more parts than any client has is refused, instead of holding up everybody else."""
    with pytest.raises(DecodeError, match="more than"):
        decode_request(raw)


def _request(type_url: str, names: list[str], nonce: str = "") -> bytes:
    return oracle.DiscoveryRequest(type_url=type_url, resource_names=names, response_nonce=nonce).SerializeToString()


def test_repeated_names_are_the_same_object() -> None:
    """An ACK that repeats the names of its type bears the very tuple of before; another type's does not disturb."""
    decoder = RequestDecoder()
    names = [f"shop/service-{i}" for i in range(100)]
    first = decoder.decode(_request(ENDPOINT, names)).names
    routes = decoder.decode(_request(ROUTE, ["web"])).names

    assert decoder.decode(_request(ENDPOINT, names, "1")).names is first
    assert decoder.decode(_request(ROUTE, ["web"], "2")).names is routes


@given(st.lists(st.lists(st.sampled_from(["a", "ab", "b", "", "x" * 200]), max_size=4), max_size=6))
def test_memory_of_names_alters_no_request(lists: list[list[str]]) -> None:
    """Whatever lists came before, prefixes of each other or not, a request has its own names."""
    decoder = RequestDecoder()
    for names in lists:
        assert decoder.decode(_request(ENDPOINT, names)).names == tuple(names)


@given(st.lists(st.binary(max_size=300), max_size=5), TEXT, st.sampled_from([CLUSTER, LISTENER]))
def test_response_is_what_the_runtime_writes(bodies: list[bytes], identifier: str, type_url: TypeUrl) -> None:
    """A response has the bytes that the runtime writes, and its resources the response's type."""
    items = [resource(f"n{i}", body) for i, body in enumerate(bodies)]
    response = Response(type_url, version_of(sum(item.digest for item in items)), "9", items)
    message = oracle.DiscoveryResponse(version_info=response.version, type_url=type_url, nonce="9")
    for body in bodies:
        message.resources.add(type_url=type_url, value=body)
    if identifier:
        message.control_plane.identifier = identifier

    assert encode_response(response, identifier) == message.SerializeToString()
    assert ResponseEncoder(identifier).encode(response) == message.SerializeToString()


def test_response_is_read_by_envoy_data_plane() -> None:
    """envoy_data_plane reads the version, the nonce, the resources and who sent them."""
    item = resource("a", bytes([0x0A, 1, 97]))
    read = classes.DiscoveryResponse.parse(encode_response(Response(CLUSTER, item.version, "3", [item]), "cp-1"))
    assert (read.version_info, read.nonce, read.type_url) == (item.version, "3", CLUSTER)
    assert read.control_plane is not None
    assert read.control_plane.identifier == "cp-1"
    assert [(any_.type_url, any_.value) for any_ in read.resources] == [(CLUSTER, item.body)]


def test_equal_answers_are_encoded_once() -> None:
    """The second stream gets the bytes made for the first, with its own nonce."""
    table = Table(resource(f"c{i}", b"x" * i) for i in range(5))
    encoder = ResponseEncoder("cp")
    first = encoder.encode(Response(CLUSTER, table.version, "1", list(table)))
    second = encoder.encode(Response(CLUSTER, table.version, "22", []))  # The resources are not looked at again.

    assert second == encode_response(Response(CLUSTER, table.version, "22", list(table)), "cp")
    assert second != first


@pytest.mark.parametrize("bounds", [{"max_entries": 2}, {"max_bytes": 700}])
def test_memo_is_bounded(bounds: dict[str, int]) -> None:
    """The oldest answers are forgotten, one too large is not kept at all, and all are right."""
    encoder = ResponseEncoder("cp", **bounds)
    for size in (10, 100, 2000, 10, 300, 5):
        item = resource("a", b"x" * size)
        response = Response(CLUSTER, item.version, "1", [item])
        assert encoder.encode(response) == encode_response(response, "cp")
        memo = encoder._memo
        assert len(memo._entries) <= bounds.get("max_entries", 9)
        assert sum(size for _, size in memo._entries.values()) == memo._bytes <= bounds.get("max_bytes", 1 << 20)


def test_role_is_the_last_string_of_the_metadata() -> None:
    """A role that is no string, or that another kind of value replaced, does not count."""

    def value(*fields: bytes) -> bytes:
        entry = field_string(1, "role") + field_bytes(2, b"".join(fields))
        return field_bytes(2, field_string(2, "shop/web") + field_bytes(3, field_bytes(1, entry)))

    text, flag = field_string(3, "a/b"), field_varint(4, 1)
    roles = [decode_request(value(*fields)).node for fields in ((text,), (flag,), (text, flag), (flag, text))]
    assert [node.role for node in roles if node] == ["a/b", "shop/web", "shop/web", "a/b"]


@given(st.floats(0.001, 1e6), st.binary(max_size=200))
def test_a_time_to_live_is_told_in_a_wrapper(ttl: float, body: bytes) -> None:
    """With the version of the response; what has no such time goes without a wrapper."""
    mortal, other = resource("a", body, ttl), resource("b", body)
    response = Response(CLUSTER, "v", "1", [mortal, other], mortal.digest + other.digest, wrapped=True)

    first, second = oracle.DiscoveryResponse.FromString(ResponseEncoder("").encode(response)).resources
    read = oracle.Resource.FromString(first.value)

    assert first.type_url == "type.googleapis.com/envoy.service.discovery.v3.Resource"
    assert (read.name, read.version, read.resource.type_url, read.resource.value) == ("a", "v", CLUSTER, body)
    assert read.ttl.ToTimedelta().total_seconds() == pytest.approx(ttl, abs=1e-6)
    assert (second.type_url, second.value) == (CLUSTER, body)


def test_who_does_not_know_a_time_to_live_is_sent_the_resource_alone() -> None:
    """Equal but for that, it is not mixed up with the wrapped one."""
    encoder, item = ResponseEncoder(""), resource("a", b"1", 3)
    wrapped, plain = (
        oracle.DiscoveryResponse.FromString(
            encoder.encode(Response(CLUSTER, "v", "1", [item], item.digest, wrapped=one))
        )
        for one in (True, False)
    )

    assert [(one.type_url, one.value) for one in plain.resources] == [(CLUSTER, b"1")]
    assert wrapped.resources[0].type_url != CLUSTER


LOUD = "a\r\n\x1b[31m\x00\u2028\x85\u202e\ue000b"
QUIET = r"a\r\n\x1b[31m\x00\u2028\x85\u202e\ue000b"


def test_what_a_client_says_is_kept_printable_and_cut() -> None:
    """Who it is, for what it asks and why it rejects; names of resources are left as they are, as they are keys."""
    node = {"id": LOUD, "cluster": LOUD, "user_agent_name": LOUD, "user_agent_version": "x" * 1000}
    message = oracle.DiscoveryRequest(
        type_url=LOUD, version_info=LOUD, response_nonce=LOUD, resource_names=[LOUD], node=node
    )
    message.node.metadata.update({"role": "r" * 600})
    message.error_detail.message = LOUD + "y" * (1 << 15)

    read = decode_request(message.SerializeToString())

    assert (read.type_url, read.version, read.nonce, read.names) == (QUIET, QUIET, QUIET, (LOUD,))
    assert read.node is not None
    assert read.node.role == "r" * 512 + "... (88 more)"
    assert read.node.user_agent == f"{QUIET}/{'x' * 512}... (488 more)"
    assert (read.node.id, read.node.cluster) == (QUIET, QUIET)
    assert read.rejection is not None
    assert read.rejection.startswith(QUIET + "yyy")
    assert len(read.rejection) < (1 << 14) + 100


@pytest.mark.parametrize("number", [2, 6])
@pytest.mark.parametrize("field", [b"\x10\x00", b"\x1a\x00", b"\x1a\x04\x0a\x02\x0a\x00", b"\x3a\x00"])
def test_messages_within_a_message_have_so_many_fields_at_most(number: int, field: bytes) -> None:
    """A node, its metadata, or the details of an error: all of them together."""
    decode_request(field_bytes(number, field * 4_000))
    with pytest.raises(LimitError, match="more than 20000 fields"):
        decode_request(field_bytes(number, field * 20_001))


def test_a_large_request_is_read_in_short_steps() -> None:
    """No step reads more than some names, and what is read is the same."""
    names = [f"name-{number}" for number in range(30_000)]
    data = _request(ENDPOINT, names)
    read, count = stepwise(RequestDecoder().steps(data))
    assert read == decode_request(data)
    assert count == len(names) // sotw.STEP_NAMES


def test_an_ack_that_repeats_many_names_is_read_in_one_step() -> None:
    """So it waits for no turn; and a request that is to wait has been neither copied nor read yet."""
    data = _request(ENDPOINT, [f"name-{number}" for number in range(30_000)])
    decoder = RequestDecoder()
    first = decoder.decode(data)
    again, count = stepwise(decoder.steps(data))
    assert count == 0
    assert again.names is first.names


@given(st.text(max_size=300), st.integers(0, 200))
def test_whatever_is_shown_is_printable_and_bounded(text: str, most: int) -> None:
    """And what was printable and short is as it was."""
    shown = printable(text, most)
    assert shown.isprintable()
    assert len(shown) <= most * 10 + 20
    if text.isprintable() and len(text) <= most:
        assert shown == text
