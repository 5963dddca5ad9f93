"""What comes last: a resource that is sent when the client has accepted all the rest, and another in its place until then."""

from typing import Any

import msgspec
import pytest

from tests.support.protocol_script import DeltaRig, Rig
from xds_server.model.resource import CLUSTER, ENDPOINT, LISTENER, ROUTE, Resource, TypeUrl, resource
from xds_server.xds.protocol.completeness import SiblingStreams
from xds_server.xds.protocol.messages import DeltaRequest, Request

each_variant = pytest.mark.parametrize("rig", [Rig, DeltaRig])
BEGIN = "set CDS c=1\nset EDS c=1\nset LDS l=1 m=1\nset RDS l=1"


def marker(version: str) -> Resource:
    return msgspec.structs.replace(resource("m", version.encode()), placeholder=resource("m", b"not yet"))


class Proxy:
    """A client that has one marker among its routes, `m`."""

    def __init__(self, rig: type[Rig], of: Rig | None = None, script: str = BEGIN) -> None:
        self.rig = rig(of.tables) if of is not None else rig()
        if of is None:
            self.rig.run(script)
            self.rig.tables[ROUTE].put(marker("ready 1"))
        self.marker: str | None = None
        self.heard: list[str] = []

    def turn(self, short: str = "") -> str:
        """Takes what is sent, and notes what the marker says."""
        text = self.rig.sent()
        self.look()
        return text

    def look(self) -> None:
        response = self.rig.last.get(ROUTE)
        for item in response.resources if response is not None else ():
            if item.name == "m":
                self.marker = item.body.decode()
                self.heard.append(self.marker)

    def ask(self, cds: str = "", eds: str = "c", lds: str = "", rds: str = "l m") -> "Proxy":
        for short, names in (("CDS", cds), ("EDS", eds), ("LDS", lds), ("RDS", rds)):
            self.rig.run(f"ask {short} {names}")
            self.turn()
        return self

    def says(self, *words: str) -> "Proxy":
        for word in words:
            self.rig.run(word)
            self.turn()
        return self


@each_variant
def test_it_is_sent_when_all_the_rest_is_accepted(rig: type[Rig]) -> None:
    """In whatever order answers come, the last of them opens it."""
    for last in ("CDS", "EDS", "LDS", "RDS"):
        it = Proxy(rig)
        it.rig.run("ask CDS\nask EDS c\nask LDS\nask RDS l m")
        it.turn()  # Listeners and routes wait for clusters.
        if it.marker is None:
            it.rig.stream.stop_waiting()
            it.turn()
        assert it.marker == "not yet"
        for short in ("CDS", "EDS", "LDS", "RDS"):
            if short != last:
                it.says(f"ack {short}")
        assert it.marker == "not yet"
        assert it.says(f"ack {last}").marker == "ready 1"
        assert it.says("ack RDS").turn() == ""


@each_variant
@pytest.mark.parametrize("short", ["CDS", "EDS", "LDS", "RDS"])
@pytest.mark.parametrize("words", ["", "c l"])
def test_it_is_not_sent_to_who_rejected_something(rig: type[Rig], short: str, words: str) -> None:
    """Whatever was rejected, and of what comes beside it all is accepted; once that is mended it is sent."""
    it = Proxy(rig).ask()
    for one in ("CDS", "EDS", "LDS", "RDS"):
        it.says(f"nack {one} {words}" if one == short else f"ack {one}")
    for _ in range(9):
        for type_url, name in ((CLUSTER, "c"), (ENDPOINT, "c"), (LISTENER, "l"), (ROUTE, "l")):
            flying = it.rig.stream.status()[type_url].in_flight
            if flying:
                bad = any(item.name == name and item.body == b"1" for item in it.rig.last[type_url].resources)
                which = {CLUSTER: "CDS", ENDPOINT: "EDS", LISTENER: "LDS", ROUTE: "RDS"}[type_url]
                it.says(f"nack {which} {words}" if bad and which == short else f"ack {which}")
    assert it.marker == "not yet"
    name = "c" if short in ("CDS", "EDS") else "l"
    it.says(f"set {short} {name}=2")
    for _ in range(4):
        for which in ("CDS", "EDS", "LDS", "RDS"):
            it.says(f"ack {which}")
    assert it.marker == "ready 1"


@each_variant
def test_names_come_in_steps(rig: type[Rig]) -> None:
    """Who has asked for the marker first has yet to ask for the other routes."""
    it = Proxy(rig).ask(rds="m").says("ack CDS", "ack EDS", "ack LDS", "ack RDS")
    assert it.marker == "not yet"
    it.says("ask RDS l m" if rig is Rig else "ask RDS l", "ack RDS")
    assert it.marker == "ready 1"


@each_variant
def test_a_later_rejection_takes_nobody_out(rig: type[Rig]) -> None:
    """Who once had all keeps it, and a newer marker comes with the newer routes."""
    it = Proxy(rig).ask().says("ack CDS", "ack EDS", "ack LDS", "ack RDS", "ack RDS")
    it.rig.tables[ROUTE].put(marker("ready 2"))
    it.says("quiet")
    it.rig._untold = {ROUTE: ["m"]}
    it.says("set RDS l=2", "tell", "nack RDS l", "ack RDS")
    assert it.marker == "ready 2"


@each_variant
def test_who_comes_back_keeps_what_it_has(rig: type[Rig]) -> None:
    """A proxy that had all is never told that it has not; one that had not yet is told only when it has."""
    for complete in (True, False):
        first = Proxy(rig).ask().says("ack CDS", "ack EDS", "ack LDS", "ack RDS")
        if complete:
            first.says("ack RDS")
        back = Proxy(rig, first.rig)
        _return(back, first, complete=complete)
        for _ in range(3):
            back.says("ack CDS", "ack EDS", "ack LDS", "ack RDS")
        assert ("not yet" in back.heard) <= (not complete)
        assert back.marker == "ready 1" or (complete and rig is DeltaRig)


def _return(back: Proxy, first: Proxy, *, complete: bool) -> None:
    stream: Any = back.rig.stream
    status = first.rig.stream.status()
    has = {"l": "1", "m": "ready 1" if complete else "not yet"}
    names = {CLUSTER: (), ENDPOINT: ("c",), LISTENER: (), ROUTE: ("l", "m")}
    for type_url, wanted in names.items():
        back.rig.names[type_url] = wanted if type(back.rig) is Rig else ()
        if type(back.rig) is Rig:
            version = status[type_url].acked_version
            assert version.startswith("partial-") == (type_url == ROUTE and not complete)
            stream.receive_request(Request(type_url, version, wanted))
        else:
            known = has if type_url == ROUTE else {"c": "1"} if type_url != LISTENER else {"l": "1", "m": "1"}
            versions = {name: resource(name, body.encode()).version for name, body in known.items()}
            stream.receive_request(DeltaRequest(type_url, wanted, (), versions))
        back.turn()


@each_variant
def test_a_stream_per_type_waits_for_the_others(rig: type[Rig]) -> None:
    """A proxy that has a stream for each type has all when it has accepted all on all of them."""
    tables = Proxy(rig).rig.tables
    streams: dict[TypeUrl, Any] = {}
    alone: dict[str, Proxy] = {}
    for short, type_url in (("CDS", CLUSTER), ("EDS", ENDPOINT), ("LDS", LISTENER), ("RDS", ROUTE)):
        it = alone[short] = Proxy(rig, Proxy(rig).rig)
        others = [stream for other, stream in streams.items() if other is not type_url]
        siblings = SiblingStreams(tables, lambda others=others: [one.type_states for one in others])  # type: ignore[misc]
        it.rig.tables = {type_url: tables[type_url]}
        it.rig.stream = streams[type_url] = type(it.rig.stream)(it.rig.tables, "rig", siblings=siblings)
        it.says(f"ask {short} { ({'EDS': 'c', 'RDS': 'l m'}.get(short, '')) }")
    routes = alone["RDS"]
    routes.says("ack RDS")
    for short in ("LDS", "EDS"):
        alone[short].says(f"ack {short}")
    assert not streams[ROUTE].sibling_advanced()
    alone["CDS"].says("nack CDS")
    assert not streams[ROUTE].sibling_advanced()
    alone["CDS"].says("set CDS c=2")
    assert not streams[ROUTE].sibling_advanced()
    alone["CDS"].says("ack CDS")
    assert streams[ROUTE].sibling_advanced()
    routes.turn()
    assert routes.marker == "ready 1"
