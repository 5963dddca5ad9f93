"""ListWatch against a server that changes, breaks off and forgets, in any order."""

import json
from typing import Any

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from krt import Graph, Reflector, Source
from xds_server.model.source_state import Phase
from xds_server.providers.kinds import kinds
from xds_server.providers.kubernetes.errors import ApiError
from xds_server.providers.kubernetes.listwatch import ListWatch, Scope
from xds_server.providers.sync_tracker import SyncTracker

KIND = next(kind for kind in kinds() if kind.plural == "services")
NAMES = st.sampled_from("abcd")
Contents = dict[str, int]


class Server(RuleBasedStateMachine):
    """A server with a history. What the source shows is always what the server had at one version: never a mix."""

    streamed = False

    def __init__(self) -> None:
        super().__init__()
        self.deliveries = 0
        self.history: list[Contents] = [{}]  # by version
        self.log: list[tuple[str, str]] = [("", "")]  # what led to each version
        self.oldest = 0  # a watch from before this version gets 410
        self.graph = Graph()
        self.source: Source[str, Any] = self.graph.source("services")
        self.tracker = SyncTracker([KIND])
        self.it = ListWatch(
            KIND,
            reflector=Reflector(self.source),
            graph=self.graph,
            tracker=self.tracker,
            jitter=lambda ceiling: ceiling,
            clock=lambda: 0.0,
            scope=Scope(streamed=self.streamed),
        )
        self.position: int | None = None  # the version that the source should show; None before the first list
        self.watching = False
        self.said = 0  # the version up to which the open watch has events
        self.outbox = b""  # said, and still on its way
        self.ends: list[tuple[int, int]] = []  # of each event: bytes up to its end, and its version
        self.arrived = 0  # bytes

    def object(self, name: str, port: int, version: int) -> dict[str, Any]:
        meta = {"name": name, "namespace": "n", "resourceVersion": str(version)}
        return {"metadata": meta, "spec": {"ports": [{"port": port}]}}

    # -- what happens on the server ----------------------------------------------------------------

    @rule(name=NAMES, port=st.integers(1, 3))
    def put(self, name: str, port: int) -> None:
        kind = "MODIFIED" if name in self.history[-1] else "ADDED"
        self.history.append(self.history[-1] | {name: port})
        self.log.append((kind, name))

    @rule(name=NAMES)
    def delete(self, name: str) -> None:
        if name in self.history[-1]:
            self.history.append({key: port for key, port in self.history[-1].items() if key != name})
            self.log.append(("DELETED", name))

    @rule()
    def forget(self) -> None:
        self.oldest = len(self.history) - 1

    # -- what passes between the two ---------------------------------------------------------------

    @precondition(lambda self: not self.watching and self.it.verb == "list")
    @rule(pages=st.integers(1, 3), breaks_after=st.integers(0, 3), code=st.sampled_from([None, 410, 403, 404, 503]))
    def list(self, pages: int, breaks_after: int, code: int | None) -> None:
        version = len(self.history) - 1
        objects = [self.object(name, port, version) for name, port in self.history[version].items()]
        self.it.begin_list()
        for i in range(pages):
            if i == breaks_after:
                self.it.failed(ApiError("broke off", code=code))
                return
            token = "more" if i < pages - 1 else ""
            meta = {"resourceVersion": str(version), "continue": token}
            body = json.dumps({"metadata": meta, "items": objects[i::pages]}).encode()
            assert (self.it.following(body) is not None) == bool(token)
            self.it.page(body)
        self.deliveries += 1
        self.it.listed(body)
        self.position = version

    @precondition(lambda self: not self.watching and self.it.verb == "watch" and self.it.listing)
    @rule(breaks_after=st.integers(0, 6), code=st.sampled_from([0, 0, None, 410, 403, 404, 503, 422]))
    def stream_list(self, breaks_after: int, code: int | None) -> None:
        """A list as a stream, in chunks of one event; refused or broken off as *code* says."""
        version = len(self.history) - 1
        assert "resourceVersion" not in self.it.begin_watch().params
        if code in (403, 404, 503, 422):
            self.it.failed(ApiError("refused", code=code))
            return
        self.it.watch_opened()
        for i, (name, port) in enumerate(self.history[version].items()):
            if i == breaks_after and code != 0:
                self.it.failed(ApiError("broke off", code=code))
                return
            self.it.chunk(json.dumps({"type": "ADDED", "object": self.object(name, port, version)}).encode() + b"\n")
        end = {"resourceVersion": str(version), "annotations": {"k8s.io/initial-events-end": "true"}}
        self.deliveries += 1
        self.it.chunk(json.dumps({"type": "BOOKMARK", "object": {"metadata": end}}).encode() + b"\n")
        self.position = version
        self.watching, self.said, self.outbox, self.ends, self.arrived = True, version, b"", [], 0

    @precondition(lambda self: not self.watching and not self.it.listing)
    @rule(code=st.sampled_from([0, 0, 0, None, 401, 403, 503]))
    def watch(self, code: int | None) -> None:
        start = int(self.it.begin_watch().params["resourceVersion"])
        assert start == self.position
        if code != 0:
            self.it.failed(ApiError("refused", code=code))
        elif start < self.oldest:
            self.it.failed(ApiError("too old", code=410))
            assert self.it.listing
        else:
            self.it.watch_opened()
            self.watching, self.said, self.outbox, self.ends, self.arrived = True, start, b"", [], 0

    @precondition(lambda self: self.watching)
    @rule(events=st.integers(0, 5), twice=st.booleans(), bookmark=st.booleans(), on_its_way=st.integers(0, 250))
    def tell(self, events: int, twice: bool, bookmark: bool, on_its_way: int) -> None:
        """Some events in one chunk, each perhaps twice, of which the last bytes come with the next one."""
        for version in range(self.said + 1, min(self.said + events, len(self.history) - 1) + 1):
            kind, name = self.log[version]
            port = self.history[version].get(name, 1)
            for _ in range(1 + twice):
                self._say({"type": kind, "object": self.object(name, port, version)}, version)
        if bookmark:
            self._say({"type": "BOOKMARK", "object": {"metadata": {"resourceVersion": str(self.said)}}}, self.said)
        self._arrive(len(self.outbox) - on_its_way)

    @precondition(lambda self: self.watching)
    @rule()
    def stand(self) -> None:
        """The watch has stood for a while."""
        self.it.watch_lasted()
        assert self.tracker.states["services"].phase is Phase.SYNCED

    @precondition(lambda self: not self.watching and self.position is not None)
    @rule()
    def come_late(self) -> None:
        """The time that a watch was to stand has passed, and it stands no longer: nothing is healed."""
        before = self.tracker.states["services"].phase
        self.it.watch_settled()
        self.it.watch_lasted()
        assert self.tracker.states["services"].phase is before

    @precondition(lambda self: self.watching)
    @rule(code=st.sampled_from([410, 500]))
    def fail(self, code: int) -> None:
        """The watch ends with an ERROR event: what came before it counts."""
        self._say({"type": "ERROR", "object": {"code": code, "message": "m"}}, self.said)
        with pytest.raises(ApiError) as raised:
            self._arrive(len(self.outbox))
        self.it.failed(raised.value)
        assert self.it.listing
        self.watching = False

    @precondition(lambda self: self.watching and self.said > 1)
    @rule(name=NAMES, back=st.integers(1, 3), event=st.sampled_from(["ADDED", "DELETED"]))
    def disorder(self, name: str, back: int, event: str) -> None:
        """An event of the past: it is not applied, and what follows is a list."""
        version = max(0, self.said - back)
        self._say({"type": event, "object": self.object(name, 3, version)}, self.said)
        with pytest.raises(ApiError):
            self._arrive(len(self.outbox))
        self.it.failed(ApiError("out of order", relist=True))
        assert self.it.listing
        self.watching = False

    @precondition(lambda self: self.watching)
    @rule(in_peace=st.booleans())
    def end(self, in_peace: bool) -> None:
        """The watch ends; what was on its way is lost."""
        if in_peace:
            self.it.watch_ended()
        else:
            self.it.failed(ApiError("reset"))
        self.watching = False

    def _say(self, event: dict[str, Any], version: int) -> None:
        self.outbox += json.dumps(event).encode() + b"\n"
        self.said = version
        self.ends.append((self.arrived + len(self.outbox), version))

    def _arrive(self, count: int) -> None:
        chunk, self.outbox = self.outbox[: max(0, count)], self.outbox[max(0, count) :]
        self.arrived += len(chunk)
        for end, version in self.ends:
            if end <= self.arrived:
                self.position = version
        self.deliveries += 1
        self.it.chunk(chunk)

    # -- what must hold ----------------------------------------------------------------------------

    @invariant()
    def the_source_shows_what_the_server_had(self) -> None:
        shown = {key.removeprefix("n/"): value.ports[0].port for key, value in self.source.items()}
        assert shown == ({} if self.position is None else self.history[self.position])
        assert self.source.synced == (self.position is not None)

    @invariant()
    def transactions_are_bounded(self) -> None:
        """By the lists and chunks that arrived."""
        assert self.graph.epoch <= self.deliveries

    @invariant()
    def nothing_is_unknown_again(self) -> None:
        state = self.tracker.states["services"]
        assert state.known == (self.position is not None)
        assert (state.phase in (Phase.SYNCED, Phase.STALE)) == state.known
        assert not state.known or state.objects == len(self.source)


class StreamingServer(Server):
    """The same, asked for lists as streams, until it refuses."""

    streamed = True


TestServer = Server.TestCase
TestStreamingServer = StreamingServer.TestCase
