"""Make before break (R120-R125), in both variants, each as a script."""

import pytest

from tests.support.protocol_script import DeltaRig, Rig
from xds_server.model.resource import CLUSTER, ENDPOINT, ROUTE, resource
from xds_server.xds.cache.table import Table
from xds_server.xds.protocol.messages import Request

BEGIN = """
    put CDS a
    put EDS a
    put LDS l
    put RDS r
    ask CDS
    ask EDS a
    -> CDS a; EDS a
    ack CDS
    ack EDS
    ask LDS
    ask RDS r
    -> LDS l; RDS r
    ack LDS
    ack RDS
    ->
"""

SOTW = {
    "R121 a removed cluster is kept until the routes are accepted": """
        quiet
        drop CDS a
        drop EDS a
        put CDS b
        put EDS b
        put RDS r
        tell
        -> CDS b a; EDS a
        ask EDS a b
        -> EDS b
        ack CDS
        -> RDS r
        ack EDS
        ->
        ack RDS
        -> CDS b
    """,
    "R121 its load assignment is kept with it, for who has yet to ask": """
        put CDS b
        put EDS b
        -> CDS a b
        quiet
        drop CDS b
        drop EDS b
        tell
        ->
        ask EDS a b
        -> EDS b
        ack CDS
        -> CDS a
        ack EDS
        ->
    """,
    "R121 a cluster that came and went unseen is not sent": """
        put CDS a
        -> CDS a; EDS a
        put CDS b
        quiet
        drop CDS b
        put RDS r
        tell
        ->
        ack CDS
        -> RDS r
        ack EDS
        ->
    """,
    "R121 a removal alone is sent at once": """
        drop CDS a
        -> CDS
    """,
    "R121 routes in flight are waited for": """
        put RDS r
        -> RDS r
        drop CDS a
        ->
        ack RDS
        -> CDS
    """,
    "R121 a rejection is no acceptance, so that time alone ends the wait": """
        quiet
        drop CDS a
        put RDS r
        tell
        -> RDS r
        nack RDS
        ->
        lapse
        -> CDS
    """,
    "R121 a change undone is as good as accepted": """
        set RDS r=1
        -> RDS r
        ack RDS
        quiet
        set RDS r=2
        drop CDS a
        set RDS r=1
        tell
        -> CDS
    """,
    "R121 what comes back while it is kept is no removal": """
        quiet
        drop CDS a
        put RDS r
        tell
        -> RDS r
        put CDS a
        -> CDS a; EDS a
        ack RDS
        ack CDS
        ack EDS
        ->
    """,
    "R121 listeners are waited for, too": """
        quiet
        drop CDS a
        put LDS l
        tell
        -> LDS l
        ack LDS
        -> CDS
    """,
    "R121 later routes do not prolong the wait": """
        quiet
        drop CDS a
        put RDS r
        tell
        -> RDS r
        put RDS r
        ack RDS
        -> CDS
        ack CDS
        -> RDS r
    """,
    "R121 routes of a listener that goes are not waited for once the client has given them back": """
        put RDS r
        -> RDS r
        quiet
        drop CDS a
        drop EDS a
        drop LDS l
        drop RDS r
        tell
        -> LDS
        ack LDS
        ask RDS
        -> CDS
    """,
    "R121 nor are routes that are due and given back before they are sent": """
        put CDS b
        -> CDS a b
        quiet
        put RDS r
        drop CDS a
        drop LDS l
        tell
        ->
        ask RDS
        ack CDS
        -> LDS
        ack LDS
        -> CDS b
    """,
    "R120 load assignments that are given back are not waited for": """
        put EDS a
        -> EDS a
        quiet
        put EDS a
        put RDS r
        tell
        ->
        bare EDS
        -> RDS r
    """,
    "R124 routes wait until the clusters are accepted": """
        quiet
        put CDS b
        put RDS r
        tell
        -> CDS a b
        ack CDS
        -> RDS r
    """,
    "R124 a rejection ends the wait, since the good ones of them are taken (R29)": """
        quiet
        put CDS b
        put RDS r
        tell
        -> CDS a b
        nack CDS
        -> RDS r
    """,
    "R125 time ends the wait": """
        quiet
        put CDS b
        put RDS r
        tell
        -> CDS a b
        lapse
        -> RDS r
    """,
    "R124 load assignments never wait": """
        put CDS b
        -> CDS a b
        put CDS c
        put EDS a
        -> EDS a
    """,
    "R120 routes do not overtake clusters that are still to be sent": """
        put CDS b
        -> CDS a b
        quiet
        put CDS c
        put RDS r
        tell
        ->
        ack CDS
        -> CDS a b c
        ack CDS
        -> RDS r
    """,
    "R120 routes do not overtake load assignments that are still to be sent": """
        put EDS a
        -> EDS a
        quiet
        put EDS a
        put RDS r
        tell
        ->
        put EDS a
        ack EDS
        -> EDS a; RDS r
    """,
    "R125 time lets routes overtake": """
        put EDS a
        -> EDS a
        quiet
        put EDS a
        put RDS r
        tell
        ->
        lapse
        -> RDS r
    """,
    "R124 other changes of clusters do not prolong the wait": """
        quiet
        put CDS b
        put RDS r
        tell
        -> CDS a b
        put CDS c
        ack CDS
        -> CDS a b c; RDS r
    """,
}

DELTA = {
    "R121 a removed cluster is kept until the routes are accepted": """
        quiet
        drop CDS a
        drop EDS a
        put CDS b
        put EDS b
        put RDS r
        tell
        -> CDS b
        ask EDS b
        -> EDS b
        ack CDS
        -> RDS r
        ack EDS
        ->
        ack RDS
        -> CDS -a; EDS -a
    """,
    "R121 time ends the wait": """
        quiet
        drop CDS a
        put RDS r
        tell
        -> RDS r
        nack RDS
        ->
        lapse
        -> CDS -a
    """,
    "R124 routes wait until the clusters are accepted": """
        quiet
        put CDS b
        put RDS r
        tell
        -> CDS b
        ack CDS
        -> RDS r
    """,
    "R120 routes do not overtake load assignments of clusters that are accepted before they are warm": """
        put EDS a
        -> EDS a
        quiet
        put CDS b
        put EDS b
        put RDS r
        tell
        -> CDS b
        bare EDS b
        ack CDS
        ->
        ack EDS
        -> EDS b; RDS r
    """,
    "R121 what comes back while it is kept is no removal": """
        quiet
        drop CDS a
        put RDS r
        tell
        -> RDS r
        put CDS a
        -> CDS a; EDS a
        ack RDS
        ack CDS
        ack EDS
        ->
    """,
}


@pytest.mark.parametrize("script", SOTW.values(), ids=SOTW)
def test_sotw(script: str) -> None:
    """The stream sends just what the script says."""
    Rig().run(BEGIN + script)


@pytest.mark.parametrize("script", DELTA.values(), ids=DELTA)
def test_delta(script: str) -> None:
    """The stream sends just what the script says."""
    DeltaRig().run(BEGIN + script)


def test_who_comes_back_is_told_of_gone_clusters_last() -> None:
    """Clusters that went while a client was away are taken from it when it has the routes that name them no more."""
    DeltaRig().run("""
        set CDS b=1
        set RDS r=2
        ask CDS a@1 b@1
        -> CDS
        ack CDS
        ->
        ask RDS r r@1
        -> RDS r
        ack RDS
        -> CDS -a
        ack CDS
        ->
    """)


@pytest.mark.parametrize("remembered", [True, False])
def test_who_comes_back_keeps_the_load_assignments_of_the_clusters_that_it_keeps(remembered: bool) -> None:
    """They are told to be gone with the clusters, and not before; if we know what they were, they are sent once more."""
    it = DeltaRig()
    if remembered:
        it.run("set CDS a=1\nset EDS a=1\ndrop CDS a\ndrop EDS a")
    it.run(f"""
        set CDS b=1
        set EDS b=1
        set LDS l=1
        set RDS l=2
        ask CDS a@1 b@1
        ask EDS b a a@1 b@1
        -> CDS; EDS {"b a" if remembered else "b"}
        ack CDS
        ack EDS
        ->
        ask RDS l l@1
        -> RDS l
        ack RDS
        -> CDS -a; EDS -a
    """)


def test_who_comes_back_without_listeners_has_no_routes_to_wait_for() -> None:
    """A cluster that is gone is taken from a client that has accepted that there is no listener (R121)."""
    for rig, came in ((Rig, "back CDS\nback EDS a"), (DeltaRig, "ask CDS a@1\nask EDS a a@1")):
        it = rig()
        it.run("set CDS a=1\nset EDS a=1\nquiet\ndrop CDS a\ndrop EDS a\ntell")
        it.run(came)
        it.sent()
        it.run("ask LDS\nack CDS\nack EDS\n-> LDS\nack LDS")
        assert "CDS" in it.sent()


BACK = {
    "R121 gone clusters are kept, once it is told which, until the routes are accepted": """
        back CDS
        ->
        back EDS a b
        -> CDS b a; EDS b
        ask EDS a b
        back LDS
        back RDS r
        ->
        ack CDS
        -> LDS l; RDS r
        ack RDS
        ->
        ack LDS
        -> CDS b
        ack CDS
        ask EDS b
        ->
    """,
    "R121 a gone cluster waits for who has yet to ask for routes": """
        back CDS
        back EDS a b
        -> CDS b a; EDS b
        ack CDS
        ->
        ask RDS r
        -> RDS r
        ack RDS
        -> CDS b
    """,
    "R121 none is kept for who has none that is gone": """
        back CDS
        back EDS b
        -> CDS b; EDS b
    """,
    "R121 what nobody remembers cannot be kept": """
        back CDS
        back EDS b x
        -> CDS b; EDS b
    """,
    "R125 who never asks for load assignments is not left waiting": """
        back CDS
        ask LDS
        ask RDS r
        ->
        lapse
        -> CDS b; LDS l; RDS r
    """,
    "R125 nor who never asks for routes": """
        back CDS
        back EDS a b
        -> CDS b a; EDS b
        ack CDS
        lapse
        -> CDS b
    """,
    "R121 what comes again while it is kept is no removal": """
        back CDS
        back EDS a b
        -> CDS b a; EDS b
        ack CDS
        ack EDS
        put CDS a
        -> CDS b a
        ask RDS r
        ack CDS
        -> RDS r
        ack RDS
        ->
    """,
}


@pytest.mark.parametrize("script", BACK.values(), ids=BACK)
def test_sotw_clients_that_come_back(script: str) -> None:
    """State of the world: clusters that went while a client was away are taken from it when its routes are new."""
    Rig().run("put CDS a b\ndrop CDS a\nput EDS b\nput LDS l\nput RDS r" + script)


def test_a_client_with_what_we_have_does_not_wait() -> None:
    """A client that comes back with the present version, or with none at all, is answered at once (R21)."""
    for content in (0, 1):
        rig = Rig()
        rig.run("put CDS a b\ndrop CDS a")
        table = rig.tables[CLUSTER]
        rig.stream.receive_request(Request(CLUSTER, table.version_of(content * table.digest)))
        rig.run("-> CDS b")


def test_a_gone_cluster_is_kept_with_its_load_assignment() -> None:
    """Were the cluster not quite what the client has, it would wait for that."""
    Rig().run("""
        put CDS a b
        put EDS a b
        drop CDS a
        drop EDS a
        back CDS
        back EDS a b
        -> CDS b a; EDS b a
        lapse
        ack CDS
        -> CDS b
    """)


@pytest.mark.parametrize("rig", [Rig, DeltaRig])
def test_a_stream_of_clusters_alone_waits_for_nothing(rig: type[Rig]) -> None:
    """On a stream that has but one type nobody asks for the others (R125)."""
    made = rig({CLUSTER: Table()})
    made.run("set CDS a=1 b=1\ndrop CDS b")
    made.run("back CDS" if rig is Rig else "ask CDS a@1 b@1")

    assert made.sent() == ("CDS a" if rig is Rig else "CDS -b")


def test_what_is_not_remembered_may_be_made_again() -> None:
    """After a restart of ours a gone cluster is kept as one of that name most likely was."""
    rig = Rig(
        {
            CLUSTER: Table(reconstruct=lambda name: resource(name, b"") if name == "a" else None),
            ENDPOINT: Table(),
            ROUTE: Table(),
        }
    )

    rig.run("back CDS\nback EDS a x\n-> CDS a\nack CDS\nlapse\n-> CDS")


def test_a_gone_cluster_that_is_back_again_is_not_told_of() -> None:
    """What came back before it was taken away is just news."""
    DeltaRig().run("ask CDS a@1\n-> CDS\nack CDS\nset CDS a=1\n-> CDS a\nack CDS\nlapse\n->")


@pytest.mark.parametrize("rig", [Rig, DeltaRig])
def test_nobody_waits_for_types_that_are_not_asked_for(rig: type[Rig]) -> None:
    """Without clusters on the stream routes do not wait, and without routes the removal of clusters does not (R125)."""
    rig().run("put CDS a\nput RDS r\nask RDS r\n-> RDS r")
    made = rig()
    made.run("put CDS a b\nask CDS\n-> CDS a b\nack CDS\nquiet\ndrop CDS a\nput RDS r\ntell")
    assert made.sent() in ("CDS b", "CDS -a")


@pytest.mark.parametrize("rig", [Rig, DeltaRig])
def test_blocked_says_that_something_waits(rig: type[Rig]) -> None:
    """The shell can tell when to start its clock."""
    made = rig()
    made.run(BEGIN)
    assert not made.stream.blocked
    made.run("quiet\ndrop CDS a\nput RDS r\ntell\n-> RDS r")
    assert made.stream.blocked
    made.run("lapse")
    made.sent()
    assert not made.stream.blocked


@pytest.mark.parametrize("rig", [Rig, DeltaRig])
def test_who_does_not_answer_is_not_waited_for_for_ever(rig: type[Rig]) -> None:
    """After a while a newer state is sent although the last response was not answered (R146), and a late ACK is stale."""
    made = rig()
    made.run("put RDS r\nask RDS r\n-> RDS r")
    (type_url,) = made.names
    assert made.stream.unanswered_types() == []
    made.run("put RDS r\n->")
    assert made.stream.unanswered_types() == [type_url]
    made.stream.forget_answer(type_url)
    made.run("-> RDS r")


@pytest.mark.parametrize("rig", [Rig, DeltaRig])
def test_a_kept_load_assignment_does_not_outlive_its_clusters_return(rig: type[Rig]) -> None:
    """A cluster that goes and comes back before the client asks for its load assignment: it is told the new one (R121)."""
    of_cds, of_eds = ("a b", "a b") if rig is Rig else ("b", "b")
    it = rig()
    it.run(BEGIN)
    it.run(f"""
        put CDS b
        put EDS b=old
        -> CDS {of_cds}
        quiet
        drop CDS b
        drop EDS b
        tell
        ->
        quiet
        put CDS b
        put EDS b=new
        tell
        ->
        ask EDS {of_eds}
    """)

    assert [[b"new"]] == [[item.body for item in one.resources if item.name == "b"] for one in it.responses()]
