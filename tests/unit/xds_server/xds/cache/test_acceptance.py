"""What was accepted, what was rejected, and what is given instead."""

from tests.support.protocol_script import DeltaRig, Rig
from xds_server.model.resource import LISTENER, ROUTE, resource
from xds_server.xds.cache.acceptance import Rejection
from xds_server.xds.cache.table import Table
from xds_server.xds.protocol.messages import AcceptanceChanged

ONE, TWO, THREE = (resource("a", body) for body in (b"1", b"2", b"3"))


def test_what_was_accepted_is_what_one_falls_back_to() -> None:
    """The former content is the last that somebody accepted, however many came since."""
    table = Table([ONE])
    table.acceptance.accepted("a")
    table.put(TWO)
    table.put(THREE)
    assert table.acceptance.last_accepted("a") == ONE
    assert table.acceptance.pending(["a", "b"], table.acceptance.serial) == ["a"]
    assert (
        table.acceptance.pending(["a", "b"], table.acceptance.serial - 1) == []
    )  # It was sent before the last change.


def test_a_change_back_ends_the_trial() -> None:
    """What was good before is good now."""
    table = Table([ONE])
    table.acceptance.accepted("a")
    table.put(TWO)
    table.acceptance.rejected(TWO, "node", "no")
    table.put(ONE)
    assert table.acceptance.pending(["a"], table.acceptance.serial) == []
    assert table.acceptance.rejections == {}


def test_a_change_or_removal_clears_a_rejection() -> None:
    """A rejection is about a content."""
    table = Table([ONE])
    table.acceptance.rejected(ONE, "node", "no")
    assert table.acceptance.rejections == {"a": Rejection("a", ONE.version, "node", "no")}
    table.put(TWO)
    assert table.acceptance.rejections == {}
    table.acceptance.rejected(TWO, "node", "no")
    table.remove("a")
    assert table.acceptance.rejections == {}


def test_what_somebody_accepted_is_not_suspected() -> None:
    """A rejection of a content that others run is that client's own matter."""
    table = Table([ONE])
    table.acceptance.accepted("a")
    table.acceptance.rejected(ONE, "node", "no")
    assert table.acceptance.rejections == {}


def _two(rig: type[Rig]) -> tuple[Rig, Rig]:
    first = rig()
    first.run("set RDS r=1 s=1\nask RDS r s\n-> RDS r s\nack RDS\nset RDS r=2\n-> RDS r\nnack RDS bad route r: no")
    return first, rig(first.tables)


def test_a_new_proxy_gets_the_last_known_good() -> None:
    """What one rejected is not tried on the next, if there is something better (R170)."""
    for rig in (Rig, DeltaRig):
        first, second = _two(rig)
        second.run("ask RDS r s\n-> RDS r s")
        assert [item.body for item in second.last[ROUTE].resources] == [b"1", b"1"]
        second.run("ack RDS\n->")
        first.run("->")


def test_recovery_needs_no_restart() -> None:
    """The next change reaches all, those that fell back, too."""
    for rig in (Rig, DeltaRig):
        first, second = _two(rig)
        second.run("ask RDS r s\n-> RDS r s\nack RDS\n->")
        first.run("set RDS r=3\n-> RDS r")
        second.stream.tables_changed({ROUTE: ["r"]})
        second.run("-> RDS r\nack RDS")
        first.run("ack RDS")
        assert first.tables[ROUTE].acceptance.rejections == {}


def test_a_set_is_sent_with_the_good_one_after_a_rejection() -> None:
    """Full state: another change does not bring the rejected content again to who rejected it (R28)."""
    rig = Rig()
    rig.run(
        "set LDS l=l1 m=m1\nask LDS\n-> LDS l m\nack LDS\nset LDS l=l2\n-> LDS l m\nnack LDS bad l\n->\nset LDS m=m2"
    )
    rig.run("-> LDS l m")
    assert [item.body for item in rig.last[LISTENER].resources] == [b"l1", b"m2"]
    assert set(rig.tables[LISTENER].acceptance.rejections) == {"l"}


def test_the_one_that_the_message_names_is_at_fault() -> None:
    """Of several new contents it is the one that is named as a word of its own, and no other is blamed."""
    rig = Rig()
    rig.run("set LDS a=1 ab=1 ns/a=1\nask LDS\n-> LDS a ab ns/a\nnack LDS Error adding listener(s) ns/a: port")
    assert set(rig.tables[LISTENER].acceptance.rejections) == {"ns/a"}
    rig.run("-> LDS a ab\nack LDS\n->")
    assert set(rig.tables[LISTENER].acceptance.rejections) == {"ns/a"}


def test_what_another_accepts_is_good_for_all() -> None:
    """A rejection that another client refutes ends for those that were given something else in the meantime."""
    for rig in (Rig, DeltaRig):
        first, second = _two(rig)
        second.run("ask RDS r s\n-> RDS r s\nack RDS\n->")
        third = rig(first.tables)
        third.run("ask RDS r\n-> RDS r\nack RDS\nbeat 0\n->\nbeat 31\n-> RDS r\nack RDS\n->")

        assert third.stream.events_received()[-1] == AcceptanceChanged(ROUTE, frozenset({"r"}))
        for one in (first, second):
            one.stream.tables_changed({ROUTE: {"r"}})
        first.run("->")  # It has rejected it itself, and is asked again in its time.
        second.run("-> RDS r")
        assert [item.body for item in second.last[ROUTE].resources] == [b"2"]
