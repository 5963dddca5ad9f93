"""The rules of state-of-the-world ADS, each as a script; numbers are those of the rules in docs and comments."""

from typing import Any

import pytest

from tests.support.protocol_script import Rig
from tests.support.views import EMPTY_VIEW
from xds_server.model.resource import CLUSTER, ENDPOINT, LISTENER, ROUTE, TypeUrl, resource
from xds_server.xds.cache.table import Table, version_of
from xds_server.xds.protocol.delta import DeltaStream
from xds_server.xds.protocol.messages import (
    AcceptanceChanged,
    Acked,
    DeltaRequest,
    Nacked,
    ProtocolError,
    Request,
    StaleRequest,
    Subscribed,
    TypeStatus,
    UnservedType,
)
from xds_server.xds.protocol.sotw import SotwStream

SCRIPTS = {
    "R21 the first request of each type is answered, in push order": """
        put CDS a
        put EDS a
        put LDS l
        put RDS r
        ask RDS r
        ask LDS
        ask EDS a
        ask CDS
        -> CDS a; EDS a
        ack CDS
        -> LDS l; RDS r
    """,
    "R21 a nonce from another stream is none of ours": """
        put CDS a
        old CDS
        -> CDS a
    """,
    "R161 no clusters at all is said in so many words": """
        ask CDS
        ask LDS
        -> CDS
        ack CDS
        -> LDS
    """,
    "R62 named types say nothing about what is not there": """
        ask EDS a
        ask RDS r
        ->
    """,
    "R62 the existing ones of those named": """
        put EDS b
        ask EDS a b
        -> EDS b
    """,
    "R63 what was missing is sent when it appears": """
        ask EDS a
        put EDS a b
        -> EDS a
    """,
    "R63 full state: what was missing joins the set": """
        put CDS a
        ask CDS a z
        -> CDS a
        ack CDS
        ->
        put CDS z
        -> CDS a z
    """,
    "R44 an empty list of a named type asks for nothing": """
        put EDS a
        ask EDS
        ->
    """,
    "R64 full state: one change, the whole set": """
        put CDS a b
        ask CDS
        -> CDS a b
        ack CDS
        put CDS b
        -> CDS a b
    """,
    "R64 named: one change, one resource": """
        put EDS a b
        ask EDS a b
        -> EDS a b
        ack EDS
        put EDS b
        -> EDS b
    """,
    "R65 what was not asked for is not sent": """
        put EDS a b
        put LDS l m
        ask EDS a
        ask LDS l
        -> EDS a; LDS l
        ack EDS
        ack LDS
        put EDS b
        put LDS m
        ->
    """,
    "R60 full state: a removal is the set without it": """
        put CDS a b
        ask CDS
        -> CDS a b
        ack CDS
        drop CDS a
        -> CDS b
        ack CDS
        drop CDS b
        -> CDS
    """,
    "R61 named: a removal is silence, and a return is news": """
        set EDS a=1
        ask EDS a
        -> EDS a
        ack EDS
        drop EDS a
        ->
        set EDS a=1
        -> EDS a
    """,
    "R140 one in flight per type, and the newest wins": """
        put CDS a
        put EDS a
        ask CDS
        ask EDS a
        -> CDS a; EDS a
        put EDS a
        put EDS a
        ->
        ack EDS
        -> EDS a
        ack EDS
        ->
    """,
    "R140 what names nothing new does not wait": """
        put CDS a
        put LDS l
        ask CDS
        -> CDS a
        ack CDS
        ask LDS
        -> LDS l
        ack LDS
        put LDS l
        -> LDS l
    """,
    "a change undone before it was sent is none": """
        set CDS a=1
        set EDS a=1
        ask CDS
        ask EDS a
        -> CDS a; EDS a
        ack CDS
        set CDS a=2
        set CDS a=1
        set EDS a=2
        set EDS a=1
        ->
        ack EDS
        ->
    """,
    "R27 what was rejected is not sent again": """
        put LDS l
        put RDS r
        ask LDS
        ask RDS r
        -> LDS l; RDS r
        nack LDS
        nack RDS
        ->
        nack LDS
        ack RDS
        ->
    """,
    "R27 not even if it changed to and fro": """
        set LDS l=1
        set RDS r=1
        ask LDS
        ask RDS r
        -> LDS l; RDS r
        set LDS l=2
        set LDS l=1
        set RDS r=2
        set RDS r=1
        nack LDS
        nack RDS
        ->
    """,
    "R27 a change is sent after a rejection": """
        put RDS r
        ask RDS r
        -> RDS r
        nack RDS
        put RDS r
        -> RDS r
    """,
    "R28 names that come with a rejection count": """
        put RDS r s
        ask RDS r
        -> RDS r
        nack RDS
        ask RDS r s
        -> RDS s
    """,
    "R40 a list replaces the former": """
        put EDS a b
        ask EDS a b
        -> EDS a b
        ask EDS b
        put EDS a b
        -> EDS b
    """,
    "R41 R47 the legacy wildcard stays, and covers what comes later": """
        put LDS l
        ask LDS
        -> LDS l
        ack LDS
        put LDS m
        -> LDS l m
    """,
    "R42 names end the legacy wildcard, and an empty list then asks for nothing": """
        put CDS a b
        ask CDS
        -> CDS a b
        ask CDS a
        -> CDS a
        ask CDS
        put CDS a
        ->
    """,
    "R42 nor does an empty list after the explicit wildcard": """
        put CDS a
        ask CDS *
        -> CDS a
        ask CDS
        put CDS a
        ->
    """,
    "R43 an explicit wildcard beside names, and without it the names": """
        put CDS a b
        ask CDS * a
        -> CDS a b
        ack CDS
        put CDS b
        -> CDS a b
        ask CDS a
        put CDS b
        ->
        put CDS a
        -> CDS a
    """,
    "R43 names, then the wildcard": """
        put LDS l m
        ask LDS l
        -> LDS l
        ask LDS l *
        -> LDS l m
    """,
    "R43 the wildcard of a named type covers all there is": """
        put EDS a b
        ask EDS *
        -> EDS a b
        ack EDS
        put EDS c
        -> EDS c
        ask EDS b
        -> EDS b
        ack EDS
        put EDS c
        ->
    """,
    "R43 the explicit wildcard instead of the legacy one is nothing new": """
        put CDS a
        ask CDS
        -> CDS a
        ask CDS *
        ->
        put CDS a
        -> CDS a
    """,
    "R46 the empty string is a name that does not exist, and no wildcard": """
        put CDS a
        ask CDS ""
        -> CDS
        ack CDS
        put CDS a
        ->
    """,
    "R46 and it unsubscribes from everything": """
        put EDS a
        put LDS l
        ask EDS a
        ask LDS l
        -> EDS a; LDS l
        ask LDS ""
        ask EDS ""
        put EDS a
        put LDS l
        ->
    """,
    "R48 growth is answered with the new names only": """
        put EDS a b c
        ask EDS a
        -> EDS a
        ask EDS a b
        -> EDS b
        ask EDS a b c
        -> EDS c
    """,
    "R48 full state: growth is answered with the set": """
        put LDS l m
        ask LDS l
        -> LDS l
        ask LDS l m
        -> LDS l m
    """,
    "R48 a name that comes back is sent again": """
        put EDS a
        put LDS l m
        ask EDS a
        ask LDS l m
        -> EDS a; LDS l m
        ask EDS
        ask LDS l
        ->
        ask EDS a
        ask LDS l m
        -> EDS a; LDS l m
    """,
    "R49 narrowing is not answered": """
        put EDS a b
        put CDS a b
        ask EDS a b
        ask CDS a b
        -> CDS a b; EDS a b
        ack EDS
        ask CDS a
        ask EDS a
        ->
    """,
    "R50 a name twice is a name": """
        put EDS a
        put CDS a
        ask EDS a a
        ask CDS a a
        -> CDS a; EDS a
    """,
    "R23 R24 a stale request is no verdict, and its names count": """
        put EDS a b
        ask EDS a
        -> EDS a
        put EDS a
        old EDS a b
        ->
        ack EDS
        -> EDS a b
    """,
    "R24 so do those of a request without a nonce": """
        put RDS r s
        ask RDS r
        -> RDS r
        bare RDS r s
        ->
        ack RDS
        -> RDS s
    """,
    "R31 an answer to what is not watched any more is no wish": """
        put RDS r
        ask RDS r
        -> RDS r
        ask RDS
        put RDS r
        ->
    """,
    "R150 an answer is made of what is wanted now": """
        put EDS a b
        ask EDS a b
        -> EDS a b
        put EDS a b
        ask EDS b
        -> EDS b
    """,
    "R150 also when the wildcard ends": """
        put EDS a b
        ask EDS *
        -> EDS a b
        put EDS a b
        ask EDS b
        -> EDS b
    """,
    "R122 load assignments follow their changed clusters, and no others": """
        put CDS a b
        put EDS a b
        ask CDS
        ask EDS a b
        -> CDS a b; EDS a b
        ack CDS
        ack EDS
        put CDS b
        -> CDS a b; EDS b
    """,
    "R122 only those that were asked for and exist": """
        put CDS a b c
        put EDS a b
        ask CDS
        ask EDS a c
        -> CDS a b c; EDS a
        ack CDS
        ack EDS
        put CDS a b c
        -> CDS a b c; EDS a
    """,
    "R122 one in flight is followed by another": """
        put CDS a
        put EDS a
        ask CDS
        ask EDS a
        -> CDS a; EDS a
        ack CDS
        put CDS a
        -> CDS a
        ack EDS
        -> EDS a
    """,
    "R122 load assignments that came before the first clusters come again": """
        put CDS a
        put EDS a
        ask EDS a
        -> EDS a
        ack EDS
        ask CDS
        -> CDS a; EDS a
    """,
    "R122 a removed cluster is followed by nothing": """
        put CDS a b
        put EDS a b
        ask CDS
        ask EDS a b
        -> CDS a b; EDS a b
        ack CDS
        ack EDS
        drop CDS b
        -> CDS a
    """,
}


@pytest.mark.parametrize("script", SCRIPTS.values(), ids=SCRIPTS)
def test_script(script: str) -> None:
    """The stream sends just what the script says."""
    Rig().run(script)


def test_versions_follow_from_content() -> None:
    """The version of a set is that of the table, the version of a part is the sum of its digests (R30)."""
    rig = Rig()
    rig.run("put CDS a b\nput EDS a b\nask CDS\nask EDS b")
    clusters, assignments = rig.responses()
    assert clusters.version == rig.tables[CLUSTER].version
    assert assignments.version == version_of(resource("b", b"content 4").digest)


def test_nonces_are_never_repeated() -> None:
    """Every response has a nonce of its own, which is not empty (R22)."""
    rig = Rig()
    rig.run("put CDS a\nput LDS l\nask CDS\nask LDS")
    nonces = [response.nonce for response in rig.responses()]
    rig.run("put CDS a\nack CDS")
    nonces += [response.nonce for response in rig.responses()]
    assert len(set(nonces)) == 3
    assert all(nonces)


def test_events_tell_what_happened() -> None:
    """Subscriptions, verdicts and stale requests are reported once, in order (R23, R25, R26)."""
    rig = Rig()
    rig.run("put LDS l\nask LDS\n-> LDS l\nold LDS\nack LDS\nput LDS l\n-> LDS l\nnack LDS\nask LDS l m")
    first = version_of(resource("l", b"content 1").digest)
    second = version_of(resource("l", b"content 2").digest)
    assert rig.stream.events_received() == [
        Subscribed(LISTENER, 0, wildcard=True),
        StaleRequest(LISTENER, "0"),
        Acked(LISTENER, "2.1", first),
        Nacked(LISTENER, "2.2", second, "no good", ("l",)),
        AcceptanceChanged(LISTENER, frozenset()),
        Subscribed(LISTENER, 2, wildcard=False),
    ]
    assert rig.stream.events_received() == []


def test_error_without_a_message_is_a_rejection() -> None:
    """A NACK is told by the presence of error_detail, not by its text, and not by versions (R26)."""
    rig = Rig()
    rig.run("put LDS l\nask LDS\n-> LDS l")
    rig.stream.receive_request(Request(LISTENER, rig.last[LISTENER].version, (), "2.1", rejection=""))
    assert any(isinstance(event, Nacked) for event in rig.stream.events_received())


def test_an_ack_of_another_version_is_an_ack() -> None:
    """The version in a request decides nothing (R25)."""
    rig = Rig()
    rig.run("put LDS l\nask LDS\n-> LDS l")
    rig.stream.receive_request(Request(LISTENER, "something else", (), "2.1"))
    assert isinstance(rig.stream.events_received()[-1], Acked)


def test_unknown_type_leaves_the_stream_alone() -> None:
    """A type that is not served is reported, has no answer, and costs the others nothing (R7)."""
    rig = Rig()
    unknown = TypeUrl("type.googleapis.com/example.Foo")
    rig.stream.receive_request(Request(unknown, names=("s",)))
    rig.run("put CDS a\nask CDS\n-> CDS a")
    assert rig.stream.events_received()[0] == UnservedType(unknown)
    assert unknown not in rig.stream.status()


def test_request_without_a_type_ends_the_stream() -> None:
    """An aggregated stream needs to know what is asked for (R6)."""
    with pytest.raises(ProtocolError, match="type_url"):
        SotwStream(EMPTY_VIEW).receive_request(Request(TypeUrl("")))


def test_offer_says_whether_there_is_work() -> None:
    """Only a change that concerns the stream, and that it may send now, asks for a wake-up."""
    rig = Rig()
    rig.run("put EDS a b\nask EDS a\n-> EDS a")
    assert not rig.stream.tables_changed({ENDPOINT: ["b"], ROUTE: ["r"]})
    assert not rig.stream.tables_changed({ENDPOINT: ["a"]})  # In flight.
    rig.run("ack EDS\n->")
    assert rig.stream.tables_changed({ENDPOINT: ["a"]})


def test_complete_when_every_type_is_accepted() -> None:
    """A configuration is complete once the last of its types is ACKed, and not if one was rejected."""
    rig = Rig()
    rig.run(
        "put CDS a\nput EDS a\nput LDS l\nput RDS r\nask CDS\n-> CDS a\nack CDS\nask EDS a\n-> EDS a\nask LDS\nack EDS\n-> LDS l"
    )
    assert not rig.stream.complete
    rig.run("ack LDS")
    assert not rig.stream.complete
    rig.run("ask RDS r\n-> RDS r\nnack RDS")
    assert not rig.stream.complete
    rig.run("put RDS r\n-> RDS r\nack RDS")
    assert rig.stream.complete


def test_complete_without_routes_if_there_are_none() -> None:
    """A Gateway without routes and backends is complete with its listeners, empty or not."""
    rig = Rig()
    rig.run("ask CDS\nask LDS\n-> CDS\nack CDS\n-> LDS")
    assert not rig.stream.complete
    rig.run("ack LDS")
    assert rig.stream.complete


def test_status_shows_each_type() -> None:
    """The state of each type that was asked for can be read."""
    rig = Rig()
    rig.run("put LDS l\nask LDS\n-> LDS l\nack LDS\nput LDS l\n-> LDS l\nnack LDS\nput LDS l")
    first, second = (version_of(resource("l", b"content %d" % i).digest) for i in (1, 2))
    assert rig.stream.status() == {
        LISTENER: TypeStatus(0, True, second, first, "no good", in_flight=False, due=True, sent=2, rejected=1)
    }


class CountingTable(Table):
    """A table that counts how often it is looked into."""

    looks = 0

    def get(self, name: str):  # type: ignore[no-untyped-def]
        self.looks += 1
        return super().get(name)


@pytest.mark.parametrize("size", [10, 1000])
def test_one_change_costs_one(size: int) -> None:
    """A changed load assignment is found without a look at the others, however many there are."""
    table = CountingTable(resource(f"c{i}", b"x") for i in range(size))
    stream = SotwStream({**EMPTY_VIEW, ENDPOINT: table})
    names = tuple(item.name for item in table)
    stream.receive_request(Request(ENDPOINT, names=names))
    first = stream.next_response()
    assert first is not None
    stream.receive_request(Request(ENDPOINT, names=names, nonce=first.nonce))
    table.put(resource("c5", b"y"))
    table.looks = 0

    stream.tables_changed({ENDPOINT: ("c5",)})
    response = stream.next_response()

    assert response is not None
    assert [item.name for item in response.resources] == ["c5"]
    assert table.looks == 1


@pytest.mark.parametrize("wide", ["a b c", "* c"])
def test_dropped_names_cost_nothing(wide: str) -> None:
    """What a client no longer asks for, or what no longer exists, takes no memory on its stream."""
    rig = Rig()
    rig.run(f"put EDS a b c\nask EDS {wide}\n-> EDS a b c\nput EDS a b\nask EDS c\n->\ndrop EDS c\n->")
    outbox = rig.stream._states[ENDPOINT].outbox
    assert (bool(outbox._sent), outbox._dirty, outbox.overrides, outbox.deferred_removals) == (
        False,
        {},
        {},
        {},
    )


@pytest.mark.parametrize("machine", [SotwStream, DeltaStream])
def test_a_view_may_have_tables_of_any_type(machine: Any) -> None:
    """What has no service of its own is served on an aggregated stream, after all that has one."""
    foo = TypeUrl("type.googleapis.com/example.Foo")
    view = {foo: Table([resource("a", b"1")]), ENDPOINT: Table([resource("b", b"2")])}
    stream = machine(view)
    for type_url, name in ((foo, "a"), (ENDPOINT, "b")):
        delta = machine is DeltaStream
        stream.receive_request(DeltaRequest(type_url, (name,)) if delta else Request(type_url, names=(name,)))

    sent = [stream.next_response() for _ in range(2)]
    assert [(ENDPOINT, ["b"]), (foo, ["a"])] == [(one.type_url, [item.name for item in one.resources]) for one in sent]
    view[foo].put(resource("a", b"3"))
    stream.receive_request(
        DeltaRequest(foo, nonce=sent[1].nonce) if delta else Request(foo, names=("a",), nonce=sent[1].nonce)
    )
    assert stream.tables_changed({foo: ["a"], ENDPOINT: []})
    assert stream.next_response().type_url == foo
