"""The rules of incremental ADS, each as a script; numbers are those of the rules in docs and comments."""

import pytest

from tests.support.protocol_script import DeltaRig, Rig
from tests.support.views import EMPTY_VIEW
from xds_server.model.resource import CLUSTER, ENDPOINT, LISTENER, TypeUrl, resource
from xds_server.xds.cache.table import Table
from xds_server.xds.protocol.delta import DeltaStream
from xds_server.xds.protocol.messages import Acked, DeltaRequest, Nacked, ProtocolError, StaleRequest

SCRIPTS = {
    "R70 names are added and taken back": """
        put EDS a b c
        ask EDS a
        -> EDS a
        ack EDS
        ask EDS b -a
        -> EDS b
        ack EDS
        put EDS a b
        -> EDS b
    """,
    "R70 a name in both lists ends up subscribed": """
        put EDS a
        ask EDS a
        -> EDS a
        ask EDS a -a
        -> EDS a
    """,
    "R71 names count whatever the nonce": """
        put EDS a b c
        ask EDS a
        -> EDS a
        old EDS b
        bare EDS c
        ->
        ack EDS
        -> EDS b c
    """,
    "R72 an empty first request of clusters asks for all": """
        put CDS a b
        ask CDS
        -> CDS a b
        ack CDS
        put CDS c
        -> CDS c
    """,
    "R72 only the first": """
        put CDS a b
        ask CDS a
        -> CDS a
        ack CDS
        bare CDS
        put CDS b
        ->
    """,
    "R72 an empty first request of a named type asks for nothing": """
        put EDS a
        ask EDS
        put EDS a
        ->
    """,
    "R73 the explicit wildcard, beside a name": """
        put EDS a b
        ask EDS * a
        -> EDS a b
        ack EDS
        put EDS b
        -> EDS b
    """,
    "R74 what was named stays when the wildcard ends": """
        put CDS a b
        ask CDS
        -> CDS a b
        ack CDS
        ask CDS a
        -> CDS a
        ack CDS
        ask CDS -*
        put CDS a b
        -> CDS a
    """,
    "R75 who asks for what it has is answered": """
        put EDS a
        ask EDS a
        -> EDS a
        ack EDS
        ask EDS a
        -> EDS a
    """,
    "R76 giving back needs no answer, nor does what was never asked for": """
        put EDS a
        ask EDS a
        -> EDS a
        ask EDS -a -b
        put EDS a
        ->
        ask EDS a
        -> EDS a
    """,
    "R77 a name given back under the wildcard is answered": """
        put CDS a
        ask CDS
        -> CDS a
        ack CDS
        ask CDS -a -z
        -> CDS a -z
    """,
    "R78 what is not there is told, and sent when it comes": """
        put EDS a
        ask EDS a z
        -> EDS a -z
        ack EDS
        put EDS z
        -> EDS z
    """,
    "R79 nothing at all is said in so many words": """
        ask CDS
        -> CDS
        ack CDS
        ->
    """,
    "R80 only what changed": """
        put CDS a b c
        ask CDS
        -> CDS a b c
        ack CDS
        put CDS b
        -> CDS b
    """,
    "R80 a change undone before it was sent is none": """
        set EDS a=1
        ask EDS a
        -> EDS a
        set EDS a=2
        set EDS a=1
        ack EDS
        ->
    """,
    "R81 removals are told": """
        put CDS a b
        ask CDS
        -> CDS a b
        ack CDS
        drop CDS a
        put CDS b
        -> CDS b -a
    """,
    "R81 what came and went unseen is not": """
        put CDS a
        ask CDS
        -> CDS a
        put CDS b
        drop CDS b
        ack CDS
        ->
    """,
    "R82 who comes back is told the difference": """
        set LDS a=1 b=2 d=4
        ask LDS a@1 b@1 c@1
        -> LDS b d -c
    """,
    "R82 all as it was: the answer is empty": """
        set CDS a=1
        ask CDS a@1
        -> CDS
    """,
    "R82 versions of what is not asked for are ignored": """
        set RDS r=1 s=2
        ask RDS r r@1 s@1 t@1
        ->
        put RDS r
        -> RDS r
    """,
    "R82 gone while away": """
        ask RDS r r@1
        -> RDS -r
    """,
    "R82 versions in a later request are not read": """
        set RDS r=1 s=1
        ask RDS r
        -> RDS r
        ask RDS s s@1
        -> RDS s
    """,
    "R82a load assignments come again, as a cluster may wait for them": """
        set EDS a=1
        ask EDS a a@1
        -> EDS a
    """,
    "R84 what was rejected is not sent again until it changes": """
        put LDS l
        ask LDS
        -> LDS l
        nack LDS
        ->
        put LDS m
        -> LDS m
        ack LDS
        put LDS l
        -> LDS l
    """,
    "R122 load assignments follow their changed clusters, even if they did not change": """
        put CDS a b
        put EDS a b
        ask CDS
        ask EDS a b
        -> CDS a b; EDS a b
        ack CDS
        ack EDS
        put CDS b
        -> CDS b; EDS b
    """,
    "R122 also to who comes back": """
        set CDS a=2 b=2
        set EDS a=1 b=1
        ask CDS a@1 b@2
        ask EDS a b a@1 b@1
        -> CDS a; EDS a b
    """,
    "R147 one in flight per type, and the newest wins": """
        put EDS a
        ask EDS a
        -> EDS a
        put EDS a
        put EDS a
        ->
        ack EDS
        -> EDS a
    """,
}


@pytest.mark.parametrize("script", SCRIPTS.values(), ids=SCRIPTS)
def test_script(script: str) -> None:
    """The stream sends just what the script says."""
    DeltaRig().run(script)


def test_system_version_is_that_of_all_that_is_published() -> None:
    """Each resource has a version of its own; that of the response is the table's (R80)."""
    rig = DeltaRig()
    rig.run("put EDS a b\nask EDS b")
    (response,) = rig.responses()
    assert response.version == rig.tables[ENDPOINT].version


def test_events_tell_what_happened() -> None:
    """Verdicts and stale requests are reported once, with what is suspected (R84, R85)."""
    rig = DeltaRig()
    rig.run("put LDS l m\nask LDS\n-> LDS l m\nold LDS\nack LDS\nput LDS l m\n-> LDS l m\nnack LDS bad listener m: no")
    verdicts = [event for event in rig.stream.events_received() if isinstance(event, Acked | Nacked | StaleRequest)]
    assert [type(event) for event in verdicts] == [StaleRequest, Acked, Nacked]
    assert verdicts[2].suspects == ("m",)
    assert verdicts[2].message == "bad listener m: no"


def test_complete_when_all_is_accepted_or_known() -> None:
    """Who comes back with the same versions is complete once it has ACKed the clusters and listeners."""
    rig = DeltaRig()
    rig.run(
        "set CDS a=1\nset EDS a=1\nset LDS l=1\nset RDS r=1\nask CDS a@1\nask LDS l@1\nask RDS r r@1\nask EDS a a@1"
    )
    rig.run("-> CDS; EDS a\nack CDS\n-> LDS\nack EDS")
    assert not rig.stream.complete
    rig.run("ack LDS\n->")
    assert rig.stream.complete


def test_request_without_a_type_ends_the_stream() -> None:
    """An aggregated stream needs to know what is asked for (R6)."""
    with pytest.raises(ProtocolError, match="type_url"):
        DeltaStream(EMPTY_VIEW).receive_request(DeltaRequest(TypeUrl("")))


def test_large_sets_come_in_parts() -> None:
    """Load assignments come a thousand at a time (R86); clusters at once, as Envoy takes the first answer for the whole."""
    tables = {type_url: Table(resource(f"r{i:04}", b"x") for i in range(2500)) for type_url in EMPTY_VIEW}
    rig = DeltaRig(tables)
    rig.run("ask EDS *\nask CDS")
    sizes = []
    for _ in range(3):
        for response in rig.responses():
            sizes.append((response.type_url, len(response.resources)))
        rig.run("ack EDS")
    assert sizes == [(CLUSTER, 2500), (ENDPOINT, 1000), (ENDPOINT, 1000), (ENDPOINT, 500)]


class CountingTable(Table):
    """A table that counts how often it is looked into."""

    looks = 0

    def get(self, name: str):  # type: ignore[no-untyped-def]
        self.looks += 1
        return super().get(name)


@pytest.mark.parametrize("size", [10, 1000])
def test_one_change_costs_one(size: int) -> None:
    """A changed cluster is found without a look at the others, however many there are."""
    table = CountingTable(resource(f"c{i}", b"x") for i in range(size))
    stream = DeltaStream({**EMPTY_VIEW, CLUSTER: table})
    stream.receive_request(DeltaRequest(CLUSTER))
    first = stream.next_response()
    assert first is not None
    stream.receive_request(DeltaRequest(CLUSTER, nonce=first.nonce))
    table.looks = 0

    table.put(resource("c5", b"y"))
    stream.tables_changed({CLUSTER: ("c5",)})
    response = stream.next_response()

    assert response is not None
    assert [item.name for item in response.resources] == ["c5"]
    assert table.looks == 1


def test_dropped_names_cost_nothing() -> None:
    """What a client no longer asks for, or what no longer exists, takes no memory on its stream."""
    rig = DeltaRig()
    rig.run("put EDS a b c\nask EDS * c\n-> EDS a b c\nput EDS a b\nask EDS -*\n->\ndrop EDS c\n-> EDS -c")
    outbox = rig.stream._states[ENDPOINT].outbox
    assert (bool(outbox._sent), outbox._dirty, outbox._requested, outbox.overrides) == (False, {}, {}, {})
    assert LISTENER not in rig.stream.status()


@pytest.mark.parametrize("rig", [Rig, DeltaRig])
def test_streams_that_have_come_equally_far_share_nonces(rig: type[Rig]) -> None:
    """So they can be sent the very same bytes; types never share one, and no stream sees one twice (R9, R22)."""
    first = rig()
    first.run("put CDS a\nput LDS l\nask CDS\n-> CDS a\nack CDS\nask LDS\n-> LDS l\nput LDS l m\nack LDS\n-> LDS l m")
    second = rig(first.tables)
    second.run("ask CDS\n-> CDS a\nack CDS\nask LDS\n-> LDS l m")

    assert first.nonces == second.nonces
    assert len(set(first.nonces.values())) == 2
    before = first.nonces[LISTENER]
    first.run("ack LDS\nask LDS * l\n-> LDS l m" if rig is Rig else "ack LDS\nask LDS l\n-> LDS l")
    assert first.nonces[LISTENER] != before
