"""What a client was sent last, against a plain dict; and what streams share that begin alike."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.views import EMPTY_VIEW
from xds_server.model.resource import ENDPOINT, resource
from xds_server.xds.cache.chunks import MAX_RESOURCES, TableChunks
from xds_server.xds.cache.table import Table
from xds_server.xds.protocol.delta import DeltaStream
from xds_server.xds.protocol.messages import DeltaRequest, Request
from xds_server.xds.protocol.sent_versions import SentVersions
from xds_server.xds.protocol.sotw import SotwStream

NAMES = [f"c{number}" for number in range(2 * MAX_RESOURCES + 1)]
NAME = st.sampled_from([*NAMES[:3], *NAMES[-3:], "other"])
TABLE = TableChunks([resource(name, name.encode()) for name in NAMES], 0, 7)


@given(st.integers(0, 3), st.lists(st.tuples(st.sampled_from(["set", "pop"]), NAME, st.integers(0, 9))))
def test_like_a_dict_that_begins_with_chunks_of_a_table(taken: int, steps: list[tuple[str, str, int]]) -> None:
    """After some or all chunks were taken, what is set and popped is as in a dict; the shared one is never altered."""
    sent = SentVersions()
    sent.start_chunks(TABLE)
    chunks = [sent.take_chunk() for _ in range(taken)]
    assert {name: sent.get(name) for name in sent} == {k: v for chunk in chunks for k, v in chunk.digests.items()}
    assert sent.stop_chunks() == [name for chunk in TABLE.chunks[taken:] for name in chunk.digests]
    model = {name: digest for chunk in chunks for name, digest in chunk.digests.items()}
    for verb, name, digest in steps:
        if verb == "set":
            sent[name] = model[name] = digest
        else:
            assert sent.pop(name) == model.pop(name, None)
        assert (name in sent) == (name in model)
    assert {name: sent.get(name) for name in sent} == model
    assert list(TABLE.digests) == NAMES


def test_what_has_little_in_common_shares_nothing() -> None:
    """When most is gone the shared one is let go, and with the last name nothing is left."""
    sent = SentVersions()
    sent.start_chunks(TABLE)
    sent.take_chunk(chunked=False)
    assert not sent.chunks_left
    for name in NAMES:
        sent.pop(name)
    assert bool(sent) is False


ASKED = {
    "SotW, by name": (SotwStream, lambda names, nonce: Request(ENDPOINT, names=names, nonce=nonce)),
    "SotW, all": (SotwStream, lambda _, nonce: Request(ENDPOINT, names=("*",), nonce=nonce)),
    "delta, by name": (DeltaStream, lambda names, nonce: DeltaRequest(ENDPOINT, () if nonce else names, nonce=nonce)),
    "delta, all": (DeltaStream, lambda _, nonce: DeltaRequest(ENDPOINT, () if nonce else ("*",), nonce=nonce)),
}


class Asking:
    """A client that asks for all load assignments in its own order, and accepts all."""

    def __init__(self, table: Table, way: str, *, backwards: bool = False) -> None:
        machine, self._made = ASKED[way]
        self.stream: Any = machine({**EMPTY_VIEW, ENDPOINT: table})
        self._names = tuple(sorted((item.name for item in table), reverse=backwards))
        self.stream.receive_request(self._made(self._names, ""))

    def next(self) -> Any:
        response = self.stream.next_response()
        if response is not None:
            self.stream.receive_request(self._made(self._names, response.nonce))
        return response


@pytest.mark.parametrize("way", ASKED)
def test_who_asks_for_all_shares_parts(way: str) -> None:
    """In whatever order streams name all that there is, they are sent the same parts, so that each is made once."""
    table = Table(resource(name, b"1") for name in NAMES)
    first, second = Asking(table, way), Asking(table, way, backwards=True)
    for _ in range(3):
        one, other = first.next(), second.next()
        assert one.resources is other.resources
        assert one.nonce == other.nonce
    assert (first.next(), second.next()) == (None, None)


@pytest.mark.parametrize("way", ASKED)
def test_what_changes_between_parts_is_sent_once(way: str) -> None:
    """A change while parts are left: what is yet to come comes as it is by then; what has been sent comes again."""
    table = Table(resource(name, b"1") for name in NAMES)
    client = Asking(table, way)
    got = [(item.name, item.body) for item in client.next().resources]
    for name in (NAMES[0], NAMES[-1]):
        table.put(resource(name, b"2"))
    table.remove(NAMES[-2])
    client.stream.tables_changed({ENDPOINT: (NAMES[0], NAMES[-1], NAMES[-2])})
    removed: list[str] = []
    while (response := client.next()) is not None:
        got += [(item.name, item.body) for item in response.resources]
        removed += getattr(response, "removed", ())
    expected = [(name, b"1") for name in NAMES[:-2]] + [(NAMES[0], b"2"), (NAMES[-1], b"2")]
    assert sorted(got) == sorted(expected)
    assert removed == ([NAMES[-2]] if way == "delta, by name" else [])
