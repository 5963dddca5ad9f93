"""What becomes of a rejection: of what was at fault, and of what was only beside it (R27-R29, R84, R170)."""

from collections.abc import Callable

import pytest

from tests.support.protocol_script import DeltaRig, Rig
from xds_server.model.resource import ENDPOINT, SERVICE_NAMES
from xds_server.xds.protocol.messages import ConfigStatus

each_variant = pytest.mark.parametrize("rig", [Rig, DeltaRig])
each_type = pytest.mark.parametrize("short", ["CDS", "EDS", "LDS", "RDS"])
TYPES = {short: type_url for type_url, short in SERVICE_NAMES.items()}


class Client:
    """A client of one type that takes a response with nothing bad in it, and rejects any other as a whole."""

    def __init__(self, rig: Rig, short: str, bad: set[str], words: Callable[[list[str]], str] = lambda _: "no") -> None:
        self.rig, self.short, self.bad, self.words = rig, short, bad, words
        self.has: dict[str, str] = {}
        self.rounds: list[str] = []

    def talk(self) -> "Client":
        """Goes on until there is nothing more to say."""
        type_url = TYPES[self.short]
        while (text := self.rig.sent()) or self._lapsed():
            if not text:
                continue
            self.rounds.append(text)
            response = self.rig.last[type_url]
            culprits = [item.name for item in response.resources if item.body.decode() in self.bad]
            if culprits:
                self.rig.run(f"nack {self.short} {self.words(culprits)}")
                continue
            if self.short in ("CDS", "LDS") and type(self.rig) is Rig:
                self.has = {}
            self.has |= {item.name: item.body.decode() for item in response.resources}
            for name in getattr(response, "removed", ()):
                self.has.pop(name, None)
            self.rig.run(f"ack {self.short}")
        return self

    def _lapsed(self) -> bool:
        blocked = bool(self.rig.stream.blocked)
        if blocked:
            self.rig.stream.stop_waiting()
        return blocked

    def status(self) -> dict[str, str]:
        return {one.name: ConfigStatus(one.status).name for one in self.rig.stream.resource_statuses()}


def client(rig: type[Rig], short: str, script: str, *bad: str, **more: Callable[[list[str]], str]) -> Client:
    made = rig()
    made.run(script.replace("TYPE", short))
    return Client(made, short, set(bad), **more)


@each_variant
@each_type
@pytest.mark.parametrize("words", [lambda _: "no", " ".join, lambda _: "b c d"], ids=["unnamed", "named", "misnamed"])
def test_what_was_beside_a_culprit_arrives(rig: type[Rig], short: str, words: Callable[[list[str]], str]) -> None:
    """On a warm client: the bad one stays what it was, all others are new, whatever the client says of it."""
    it = client(rig, short, "set TYPE a=1 b=1 c=1 d=1 e=1\nask TYPE a b c d e", "bad", words=words).talk()
    it.rig.run(f"set {short} a=2 b=bad c=2 d=2 e=2")
    assert it.talk().has == {"a": "2", "b": "1", "c": "2", "d": "2", "e": "2"}
    assert it.status() == {"a": "SYNCED", "b": "ERROR", "c": "SYNCED", "d": "SYNCED", "e": "SYNCED"}
    assert set(it.rig.tables[TYPES[short]].acceptance.rejections) == {"b"}

    it.rig.run(f"set {short} b=3")
    assert it.talk().has["b"] == "3"
    assert set(it.status().values()) == {"SYNCED"}


@each_variant
@each_type
def test_a_cold_client_gets_all_but_the_culprits(rig: type[Rig], short: str) -> None:
    """On a client that comes with nothing, when nobody has accepted anything yet; two are at fault."""
    names = [f"n{number}" for number in range(20)]
    published = " ".join(f"{name}={'bad' if name in ('n3', 'n17') else name}" for name in names)
    it = client(rig, short, f"set TYPE {published}\nask TYPE {' '.join(names)}", "bad").talk()
    assert it.has == {name: name for name in names if name not in ("n3", "n17")}
    assert {name for name, status in it.status().items() if status == "ERROR"} == {"n3", "n17"}
    assert len(it.rounds) <= 20

    second = Client(rig(it.rig.tables), short, {"bad"})
    second.rig.run(f"ask {short} {' '.join(names)}")
    assert second.talk().has == it.has
    assert len(second.rounds) == 3, "all others at once, and then each of the two alone"


@each_variant
@each_type
def test_what_others_accepted_waits_for_one_round(rig: type[Rig], short: str) -> None:
    """A client that comes with nothing and rejects the one new content has all that others have in the next response."""
    first = client(rig, short, "set TYPE a=1 b=1 c=1 d=1\nask TYPE a b c d").talk()
    first.rig.run(f"set {short} b=bad")
    it = Client(rig(first.rig.tables), short, {"bad"})
    it.rig.run(f"ask {short} a b c d")
    it.talk()
    assert it.rounds[1].split() == [short, "a", "c", "d"]
    assert it.has == {"a": "1", "b": "1", "c": "1", "d": "1"}


@each_variant
@each_type
def test_what_comes_meanwhile_does_not_wait_for_the_search(rig: type[Rig], short: str) -> None:
    """Another change is sent with the next response but one, while suspects are still tried."""
    names = [f"n{number}" for number in range(16)]
    every = " ".join(f"{name}=bad" for name in names)
    it = client(rig, short, "set TYPE z=1 y=1\nask TYPE z y " + " ".join(names)).talk()
    it.rig.run(f"set {short} {every}")
    assert it.rig.sent()
    it.rig.run(f"nack {short}\nset {short} z=2")
    seen = []
    for _ in range(2):
        it.rig.sent()
        seen += [(item.name, item.body) for item in it.rig.last[TYPES[short]].resources]
        it.rig.run(f"ack {short}" if ("z", b"2") in seen else f"nack {short}")
    assert ("z", b"2") in seen


@each_variant
@each_type
def test_a_rejected_resource_that_goes_is_gone(rig: type[Rig], short: str) -> None:
    """No ghost stays: neither of what it was before, nor of what was rejected, at whom rejected it or at who came then."""
    it = client(rig, short, "set TYPE x=1 y=1\nask TYPE *", "bad").talk()
    it.rig.run(f"set {short} x=bad")
    it.talk()
    came = Client(rig(it.rig.tables), short, {"bad"})
    came.rig.run(f"ask {short} *")
    late = Client(rig(it.rig.tables), short, {"bad"})
    late.rig.run(f"ask {short} *")
    came.talk()
    it.rig.run(f"drop {short} x")
    for other in (came, late):
        other.rig.stream.tables_changed({TYPES[short]: ["x"]})
    told = short in ("CDS", "LDS") or rig is DeltaRig
    for one in (it, came, late):
        one.talk()
        assert set(one.status()) == {"y"}
        assert one.has.keys() - ({"x"} if not told else set()) == {"y"}
        one.rig.run(f"put {short} y")
        one.talk()
        assert "x" not in one.rounds[-1]


@each_type
def test_a_removal_that_was_rejected_with_others_is_told_again(short: str) -> None:
    """Incrementally a client that took nothing of a response has what was removed in it."""
    it = client(DeltaRig, short, "set TYPE a=1 b=1\nask TYPE *", "bad").talk()
    it.rig.run(f"quiet\nset {short} a=bad\ndrop {short} b\ntell")
    assert it.talk().has == {"a": "1"}


@each_variant
def test_a_culprit_is_tried_again_when_its_time_has_come(rig: type[Rig]) -> None:
    """After 30 s, then after twice as long each time: what stood in its way may have gone."""
    it = rig()
    it.run("set LDS l=1\nask LDS\n-> LDS l\nack LDS\nset LDS l=2\n-> LDS l\nnack LDS the port is taken\n->")
    assert it.stream.ready
    assert it.stream.advance_time(100) == 130
    it.run("->\nbeat 129\n->\nbeat 130\n-> LDS l\nnack LDS still taken\n->")
    assert it.stream.advance_time(131) == 131 + 60
    it.run("beat 191\n-> LDS l\nack LDS\n->")
    assert it.stream.advance_time(192) is None
    assert it.tables[TYPES["LDS"]].acceptance.rejections == {}


@each_variant
def test_a_client_that_rejects_all_comes_to_an_end(rig: type[Rig]) -> None:
    """At most twice as many responses as resources; then it is left alone until their time has come."""
    names = " ".join(f"n{number}=bad" for number in range(32))
    it = client(rig, "EDS", f"set TYPE {names}\nask TYPE *", "bad").talk()
    assert (it.has, len(it.rounds) <= 63) == ({}, True)


@each_variant
def test_what_is_named_was_sent(rig: type[Rig]) -> None:
    """A content that the client gave back before it was sent is not blamed (R24)."""
    it = rig()
    given_back = "ask EDS a" if rig is Rig else "bare EDS -b"
    it.run(f"set EDS a=1 b=1\nask EDS a b\n-> EDS a b\nack EDS\nset EDS a=2 b=2\n{given_back}\n-> EDS a\nnack EDS b")
    assert set(it.tables[ENDPOINT].acceptance.rejections) == {"a"}


def test_a_set_that_comes_back_is_never_cut() -> None:
    """State of the world: of who has a set that we do not know, nothing is taken to find out what it rejects (R60)."""
    for words in ("no", "no good: b"):
        it = Rig()
        it.run(
            f"set CDS a=1 b=bad c=1\nback CDS\nask EDS\n-> CDS a b c\nnack CDS {words}\n->\nset CDS c=2\n-> CDS a b c"
        )


@each_variant
def test_a_culprit_among_the_clusters_holds_no_route_up(rig: type[Rig]) -> None:
    """Routes wait while clusters are tried again, and not for the one that was at fault (R124)."""
    it = rig()
    it.run("set CDS a=1\nput RDS r\nask CDS *\n-> CDS a\nack CDS\nask RDS r\n-> RDS r\nack RDS")
    it.run("quiet\nset CDS b=1 c=bad\nput RDS r\ntell")
    it.sent()
    it.run(f"nack CDS\n-> CDS {'a b' if rig is Rig else 'b'}\nack CDS\n-> RDS r")
    assert set(it.tables[TYPES["CDS"]].acceptance.rejections) == {"c"}
