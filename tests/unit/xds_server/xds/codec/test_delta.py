"""The codec of incremental discovery against Google's protobuf runtime."""

import pytest
from google.protobuf.message import DecodeError as RuntimeDecodeError
from hypothesis import given
from hypothesis import strategies as st

from tests.support import oracle
from tests.support.steps import stepwise
from tests.unit.xds_server.xds.codec.test_sotw import SHORT_TEXT, TEXT
from xds_server.envoy.wire.writer import field_bytes, field_string
from xds_server.model.printable import printable
from xds_server.model.resource import CLUSTER, ENDPOINT, TypeUrl, resource
from xds_server.xds.codec import delta
from xds_server.xds.codec.delta import DeltaRequestDecoder, DeltaResponseEncoder
from xds_server.xds.codec.sotw import DecodeError, LimitError
from xds_server.xds.protocol.messages import DeltaRequest, DeltaResponse, Node

NAMES = st.lists(TEXT, max_size=5)


@st.composite
def requests(draw: st.DrawFn) -> "oracle.Any":
    """Any DeltaDiscoveryRequest."""
    message = oracle.DeltaDiscoveryRequest(
        type_url=draw(st.one_of(st.sampled_from([CLUSTER, ENDPOINT]), SHORT_TEXT)),
        response_nonce=draw(TEXT),
        resource_names_subscribe=draw(NAMES),
        resource_names_unsubscribe=draw(NAMES),
    )
    for name, version in draw(st.dictionaries(TEXT, SHORT_TEXT, max_size=4)).items():
        message.initial_resource_versions.add(key=name, value=version)
    for name in draw(st.lists(SHORT_TEXT, max_size=2)):
        message.resource_locators_subscribe.add(name=name)
        message.resource_locators_unsubscribe.add(name=name[:1])
    if draw(st.booleans()):
        message.node.id, message.node.cluster = draw(TEXT), draw(TEXT)
    if draw(st.booleans()):
        message.error_detail.message = draw(TEXT)
    return message


def expected(message: "oracle.Any") -> DeltaRequest:
    """What our decoder should make of a message, read by the oracle."""
    it = message.node
    role = it.metadata.fields["role"].string_value if "role" in it.metadata.fields else ""
    return DeltaRequest(
        TypeUrl(printable(message.type_url)),
        (*message.resource_names_subscribe, *(one.name for one in message.resource_locators_subscribe)),
        (*message.resource_names_unsubscribe, *(one.name for one in message.resource_locators_unsubscribe)),
        {one.key: one.value for one in message.initial_resource_versions},
        printable(message.response_nonce),
        printable(message.error_detail.message) if message.HasField("error_detail") else None,
        Node(*map(printable, (it.id, it.cluster, role or it.cluster))) if message.HasField("node") else None,
    )


@given(requests())
def test_request_reads_as_the_runtime_reads_it(message: "oracle.Any") -> None:
    """Every request has the values that the runtime put into it."""
    assert DeltaRequestDecoder().decode(message.SerializeToString()) == expected(message)


@given(requests(), st.data())
def test_damaged_request_is_refused_or_read(message: "oracle.Any", data: st.DataObject) -> None:
    """Of bytes cut, changed or inserted at random nothing but DecodeError comes, and what is read the runtime reads."""
    raw = bytearray(message.SerializeToString())
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(raw)))
        raw[at : at + data.draw(st.integers(0, 3))] = data.draw(st.binary(max_size=4))
    try:
        read = DeltaRequestDecoder().decode(bytes(raw))
    except DecodeError:
        return
    try:
        known = oracle.DeltaDiscoveryRequest.FromString(bytes(raw))
    except RuntimeDecodeError:
        return  # In a field that we do not look at.
    assert (read.type_url, read.nonce, read.initial_versions) == (
        printable(known.type_url), printable(known.response_nonce), {one.key: one.value for one in known.initial_resource_versions},
    )  # fmt: skip
    assert sorted(read.subscribe) == sorted(
        [*known.resource_names_subscribe, *(one.name for one in known.resource_locators_subscribe)]
    )


@pytest.mark.parametrize(
    "repeated",
    [
        field_string(3, "a"),
        field_string(4, "a"),
        field_bytes(5, field_string(1, "a")),
    ],
)
def test_names_are_limited(repeated: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    """More names than a proxy can have are refused, in whichever list, and as a limit."""
    monkeypatch.setattr(delta, "MAX_NAMES", 10)
    DeltaRequestDecoder().decode(repeated * 10)
    with pytest.raises(LimitError, match="more than 10 resource names"):
        DeltaRequestDecoder().decode(repeated * 11)


def test_fields_are_limited() -> None:
    """A message of very many fields is refused."""
    with pytest.raises(LimitError, match="fields"):
        DeltaRequestDecoder().decode(field_string(6, "n") * 5000)


def test_an_entry_of_a_map_has_so_many_fields_at_most() -> None:
    """Else a single one takes as long as all names that a request may have."""
    with pytest.raises(LimitError, match="entry of a map"):
        DeltaRequestDecoder().decode(field_bytes(5, field_string(1, "a") * 1001))


def test_a_large_request_is_read_in_short_steps() -> None:
    """Names and versions, a part of them in each step."""
    message = oracle.DeltaDiscoveryRequest(resource_names_subscribe=[str(n) for n in range(9_000)])
    for number in range(5_000):
        message.initial_resource_versions.add(key=str(number), value="1")
    read, count = stepwise(DeltaRequestDecoder().steps(message.SerializeToString()))
    assert read == expected(message)
    assert count >= 4 + 9


@given(st.dictionaries(TEXT, st.binary(max_size=200), max_size=5), st.lists(TEXT, max_size=3).map(tuple), TEXT)
def test_response_is_what_the_runtime_reads(bodies: dict[str, bytes], removed: tuple[str, ...], nonce: str) -> None:
    """The runtime finds in a response what was put into it."""
    items = [resource(name, body) for name, body in bodies.items()]
    data = DeltaResponseEncoder("cp").encode(
        DeltaResponse(CLUSTER, "v", nonce, items, removed, sum(item.digest for item in items))
    )
    read = oracle.DeltaDiscoveryResponse.FromString(data)
    assert (read.system_version_info, read.type_url, read.nonce, read.control_plane.identifier) == (
        "v", CLUSTER, nonce, "cp",
    )  # fmt: skip
    assert tuple(read.removed_resources) == removed
    assert [(one.name, one.version, one.resource.type_url, one.resource.value) for one in read.resources] == [
        (item.name, item.version, CLUSTER, item.body) for item in items
    ]


def test_equal_answers_are_encoded_once_and_others_are_not() -> None:
    """The second stream gets the bytes made for the first; other resources or removals are another answer."""
    encoder = DeltaResponseEncoder("")
    one, two = resource("a", b"1"), resource("b", b"2")
    first = encoder.encode(DeltaResponse(CLUSTER, "v", "1", [one], (), one.digest))
    assert encoder.encode(DeltaResponse(CLUSTER, "v", "1", [], (), one.digest)) == first  # Not looked at again.
    assert encoder.encode(DeltaResponse(CLUSTER, "v", "1", [two], (), two.digest)) != first
    assert encoder.encode(DeltaResponse(CLUSTER, "v", "1", [one], ("c",), one.digest)) != first


@given(st.floats(0.001, 1e6), st.binary(max_size=200))
def test_a_time_to_live_is_told_with_and_without_the_body(ttl: float, body: bytes) -> None:
    """A heartbeat bears name, version and time to live; other resources have none."""
    mortal, other = resource("a", body, ttl), resource("b", body)
    assert mortal.version != other.version

    for beat in (False, True):
        items = [mortal] if beat else [mortal, other]
        digest = sum(item.digest for item in items)
        data = DeltaResponseEncoder("").encode(DeltaResponse(CLUSTER, "v", "1", items, (), digest, heartbeat=beat))
        read = oracle.DeltaDiscoveryResponse.FromString(data).resources
        assert (read[0].name, read[0].version) == ("a", mortal.version)
        assert read[0].ttl.ToTimedelta().total_seconds() == pytest.approx(ttl, abs=1e-6)
        assert read[0].HasField("resource") is not beat
        assert [(one.name, one.HasField("ttl"), one.resource.value) for one in read[1:]] == [("b", False, body)][beat:]


def test_a_heartbeat_is_another_answer_than_what_it_is_about() -> None:
    """What was encoded for the one is not sent for the other."""
    encoder, item = DeltaResponseEncoder(""), resource("a", b"1", 3)
    made = [
        encoder.encode(DeltaResponse(CLUSTER, "v", "1", [item], (), item.digest, heartbeat=b)) for b in (False, True)
    ]

    assert made[0] != made[1]
