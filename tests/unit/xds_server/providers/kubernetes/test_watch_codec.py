"""Bytes of lists and watches."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xds_server.providers.decode import Decoder
from xds_server.providers.kinds import KINDS
from xds_server.providers.kubernetes import watch_codec
from xds_server.providers.kubernetes.errors import ApiError

SERVICES = Decoder(next(kind for kind in KINDS if kind.plural == "services"))
OBJECT = b'{"metadata":{"name":"a","namespace":"n","resourceVersion":"12"},"spec":{"ports":[{"port":80}]}}'


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (b'{"metadata":{"resourceVersion":"7","continue":"t"},"items":[]}', ("t", "7")),
        (b'{"items":[{"metadata":{"continue":"no"}}],"metadata":{"continue":"","resourceVersion":"7"}}', ("", "7")),
        (b'{"metadata":{"resourceVersion":"7"},"items":null}', ("", "7")),
    ],
)
def test_a_page_says_where_the_list_goes_on(body: bytes, expected: tuple[str, str]) -> None:
    """Built-in kinds have the metadata first, others last."""
    assert watch_codec.page_end(body) == expected


@pytest.mark.parametrize("body", [b"<html>", b"{}", b'{"metadata":{}}', b'{"metadata":{"resourceVersion":"7"},"it'])
def test_what_is_no_list_is_a_failure(body: bytes) -> None:
    """A page from something in between is never an empty list."""
    with pytest.raises(ApiError, match="the answer is not a list"):
        watch_codec.page_end(body)
    with pytest.raises(ApiError, match="the answer is not a list"):
        watch_codec.page(body, SERVICES)


def test_a_page_that_breaks_off_among_its_objects_is_a_failure() -> None:
    """Where the list goes on may be known by then; the objects are not."""
    body = b'{"metadata":{"resourceVersion":"7"},"items":['

    assert watch_codec.page_end(body) == ("", "7")
    with pytest.raises(ApiError, match="the answer is not a list"):
        watch_codec.page(body, SERVICES)


def test_events_are_told_apart() -> None:
    """What is applied has a value, what is deleted a key, a bookmark neither; each has a version."""
    for kind in (b"ADDED", b"MODIFIED"):
        event = watch_codec.event(b'{"type":"%s","object":%s}' % (kind, OBJECT), SERVICES)
        assert event.applied is not None
        assert (event.version, event.applied.key, event.deleted) == ("12", "n/a", None)

    assert watch_codec.event(b'{"type":"DELETED","object":%s}' % OBJECT, SERVICES) == ("12", None, "n/a", False)
    bookmark = b'{"type":"BOOKMARK","object":{"kind":"Service","metadata":{"resourceVersion":"13"}}}'
    assert watch_codec.event(bookmark, SERVICES) == ("13", None, None, False)
    end = bookmark.replace(b'"13"', b'"13","annotations":{"k8s.io/initial-events-end":"true"}')
    assert watch_codec.event(end, SERVICES) == ("13", None, None, True)


def test_an_invalid_object_still_has_key_and_version() -> None:
    """The watch goes on after it."""
    event = watch_codec.event(b'{"type":"ADDED","object":%s}' % OBJECT.replace(b"80", b'"x"'), SERVICES)

    assert event.version == "12"
    assert event.applied is not None
    assert (event.applied.key, event.applied.value) == ("n/a", None)


def test_a_deleted_object_needs_no_valid_spec() -> None:
    """What could not be used can still go."""
    event = watch_codec.event(b'{"type":"DELETED","object":%s}' % OBJECT.replace(b"80", b'"x"'), SERVICES)

    assert event.deleted == "n/a"


def test_an_error_event_is_a_failure_that_lists_again() -> None:
    """Its status carries over."""
    line = b'{"type":"ERROR","object":{"kind":"Status","code":410,"message":"too old resource version: 1 (5)"}}'

    with pytest.raises(ApiError, match="too old") as failure:
        watch_codec.event(line, SERVICES)

    assert (failure.value.code, failure.value.relist) == (410, True)


@pytest.mark.parametrize(
    "line",
    [
        b"<html>",
        b"{}",
        b'{"type":"ADDED","object":{}}',
        b'{"type":"ADDED","object":{',
        b'{"type":"\xff"}',
        b'{"type":"ADDED","object":' + b"[" * 100_000,
        b'{"type":"BOOKMARK","object":[]}',
        b'{"type":"ERROR","object":7}',
    ],
)
def test_a_line_that_is_no_event_lists_again(line: bytes) -> None:
    """Nobody knows what was missed."""
    with pytest.raises(ApiError, match="a line of the watch does not parse") as failure:
        watch_codec.event(line, SERVICES)

    assert failure.value.relist


@given(st.lists(st.binary(max_size=5).filter(lambda b: b and b"\n" not in b)), st.lists(st.integers(0, 40)))
def test_lines_do_not_depend_on_chunks(lines: list[bytes], cuts: list[int]) -> None:
    """However the bytes are cut, the lines are the same; what has no newline yet is not one."""
    text = b"".join(line + b"\n" for line in lines) + b"rest"
    bounds = [0, *sorted(min(cut, len(text)) for cut in cuts), len(text)]
    feeder = watch_codec.Lines()

    fed = [line for start, end in itertools.pairwise(bounds) for line in feeder.feed(text[start:end])]

    assert fed == lines


def test_a_line_that_never_ends_is_given_up() -> None:
    """Longer than any object can be; until then each piece costs its own length."""
    feeder = watch_codec.Lines()
    piece = b"x" * 2**20
    for _ in range(16):
        assert feeder.feed(piece) == []

    with pytest.raises(ApiError, match="a line of the watch is longer than 16 MiB"):
        feeder.feed(piece)


@pytest.mark.parametrize(
    "body", [b"", b"<html>", b"[" * 100_000, b'{"metadata":' + b"[" * 100_000, b'"\xff"', b"7", b"\xff"]
)
def test_any_bytes_are_a_list_or_a_failure(body: bytes) -> None:
    """Whatever msgspec raises."""
    for read in (watch_codec.page_end, lambda body: watch_codec.page(body, SERVICES)):
        with pytest.raises(ApiError, match="the answer is not a list: "):
            read(body)


def test_a_refusal_in_the_place_of_a_list_says_why() -> None:
    """With status 200, so that its code is no answer to what was asked."""
    with pytest.raises(ApiError, match="the answer is not a list, but says: etcd is away") as failure:
        watch_codec.page_end(b'{"kind":"Status","metadata":{},"code":404,"message":"etcd is away"}')

    assert failure.value.code is None
