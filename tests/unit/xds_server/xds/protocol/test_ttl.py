"""Resources that a client forgets if it does not hear of them again (R67, R101 to R105), in both variants, as scripts."""

import pytest

from tests.support.protocol_script import DeltaRig, Rig
from xds_server.model.resource import RUNTIME

BEGIN = """
    put RTDS a~9 b
    beat 0
    ask RTDS a b
    -> RTDS a b
    beat 100
    ack RTDS
    ->
"""

SAME = {
    "R104 it is heard of again after a third of its time, and what lives for ever is not": """
        beat 102
        ->
        beat 103
        -> RTDS ~a
        ack RTDS
        beat 105
        ->
        beat 106
        -> RTDS ~a
    """,
    "R104 late is late, and once": """
        beat 150
        -> RTDS ~a
        ack RTDS
        beat 152
        ->
        beat 153
        -> RTDS ~a
    """,
    "R104 the shortest time counts for all": """
        put RTDS b~3
        -> RTDS b
        ack RTDS
        beat 101
        -> RTDS ~a ~b
    """,
    "R103 one response is in flight, a heartbeat also": """
        beat 103
        -> RTDS ~a
        beat 106
        ->
        ack RTDS
        -> RTDS ~a
    """,
    "R103 news go first, and make no heartbeat of what is new needless": """
        put RTDS a~9
        beat 103
        -> RTDS a
        ack RTDS
        -> RTDS ~a
    """,
    "R102 a time that is taken back is heard of, and then no more": """
        put RTDS a
        -> RTDS a
        ack RTDS
        beat 103
        ->
    """,
    "R102 another time is news": """
        set RTDS a=1~9
        -> RTDS a
        ack RTDS
        set RTDS a=1~3
        -> RTDS a
        ack RTDS
        beat 101
        -> RTDS ~a
    """,
    "R103 what was rejected is not heard of again": """
        put RTDS a~9
        -> RTDS a
        nack RTDS
        beat 103
        ->
    """,
}

SOTW = {
    "R103 what is wanted no more is not heard of again": """
        ask RTDS b
        beat 103
        ->
    """,
    "R103 what is gone is not heard of again": """
        drop RTDS a
        beat 103
        ->
    """,
    "R60 R103 a full set is sent with all that is in it": """
        put CDS a~9 b
        ask CDS
        -> CDS a b
        ack CDS
        beat 101
        beat 104
        -> CDS a b; RTDS ~a
    """,
}

DELTA = {
    "R103 what is wanted no more is not heard of again": """
        ask RTDS -a
        beat 103
        ->
    """,
    "R103 what is gone is told once, and not heard of again": """
        drop RTDS a
        beat 103
        -> RTDS -a
        ack RTDS
        beat 106
        ->
    """,
    "R103 of a set, what would expire is heard of again, and nothing else": """
        put CDS a~9 b
        ask CDS
        -> CDS a b
        ack CDS
        beat 101
        beat 104
        -> CDS ~a; RTDS ~a
    """,
    "R100b R103 a virtual host without a body would be none": """
        put VHDS r/a~9
        ask VHDS r/a
        -> VHDS r/a
        ack VHDS
        beat 101
        beat 104
        -> RTDS ~a
    """,
}


@pytest.mark.parametrize("rig", [Rig, DeltaRig])
@pytest.mark.parametrize("script", SAME.values(), ids=SAME)
def test_both(rig: type[Rig], script: str) -> None:
    """The stream sends just what the script says."""
    rig(supports_ttl=True).run(BEGIN + script)


@pytest.mark.parametrize("script", SOTW.values(), ids=SOTW)
def test_sotw(script: str) -> None:
    """The stream sends just what the script says."""
    Rig(supports_ttl=True).run(BEGIN + script)


@pytest.mark.parametrize("script", DELTA.values(), ids=DELTA)
def test_delta(script: str) -> None:
    """The stream sends just what the script says."""
    DeltaRig().run(BEGIN + script)


def test_who_comes_back_hears_of_what_it_has() -> None:
    """A client that has all, and is sent nothing for that, would forget it all the same."""
    DeltaRig().run("set CDS a=1~9\nask CDS a@1\n-> CDS a\nack CDS\nbeat 0\nbeat 3\n-> CDS ~a")


def test_who_does_not_say_that_it_knows_hears_nothing() -> None:
    """In the state of the world a time to live is for those alone that announce it (R101)."""
    rig = Rig()
    rig.run("put RTDS a~9\nask RTDS a\n-> RTDS a\nack RTDS")

    assert rig.stream.advance_time(0) is None
    rig.run("beat 100\n->")
    assert not rig.last[RUNTIME].wrapped


@pytest.mark.parametrize("rig", [Rig, DeltaRig])
def test_the_shell_is_told_when_to_ask_next(rig: type[Rig]) -> None:
    """Never, before there is something that would expire; then a third of its time later."""
    made = rig(supports_ttl=True)
    made.run("put RTDS b\nask RTDS a b\n")
    made.responses()
    assert made.stream.advance_time(1) is None
    made.run("ack RTDS\nput RTDS a~9\n-> RTDS a")

    assert [made.stream.advance_time(now) for now in (10, 11, 13, 14)] == [13, 13, 16, 16]


@pytest.mark.parametrize("rig", [Rig, DeltaRig])
def test_a_heartbeat_bears_the_version_that_the_client_has(rig: type[Rig]) -> None:
    """By that it is known for one; and its acceptance leaves a rejection of something else standing."""
    made = rig(supports_ttl=True)
    made.run("put RTDS a~9 b\nask RTDS a b\n-> RTDS a b\nack RTDS\nbeat 0")
    accepted = made.stream.status()[RUNTIME].acked_version
    made.run("put RTDS b\n-> RTDS b\nnack RTDS no\nbeat 3\n-> RTDS ~a\n")
    if rig is Rig:
        assert made.last[RUNTIME].version == accepted
    made.run("ack RTDS")

    assert made.stream.status()[RUNTIME].rejection == "no"
