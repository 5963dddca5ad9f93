"""The informer's loop, against an API server of a few lines in memory."""

import asyncio
import json
import logging
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Any

import pytest

from krt import Graph, Reflector, Source
from xds_server.model.source_state import Phase, SourceState
from xds_server.providers.kinds import kinds
from xds_server.providers.kubernetes.errors import ApiError
from xds_server.providers.kubernetes.informer import Informer
from xds_server.providers.kubernetes.listwatch import ListWatch
from xds_server.providers.sync_tracker import SyncTracker

SERVICES = next(kind for kind in kinds() if kind.plural == "services")


def service(name: str, version: str = "5") -> dict[str, Any]:
    return {"metadata": {"name": name, "namespace": "n", "resourceVersion": version}, "spec": {}}


def page(*names: str, token: str = "") -> bytes:
    meta = {"resourceVersion": "10", "continue": token}
    return json.dumps({"metadata": meta, "items": [service(name) for name in names]}).encode()


class Api:
    """Answers each list request from a script, and keeps watches open until they are fed or broken."""

    def __init__(self, *answers: bytes | Exception) -> None:
        self.answers = list(answers)
        self.asked: list[tuple[str, str]] = []
        self.watches: asyncio.Queue[asyncio.Queue[bytes | Exception | None]] = asyncio.Queue()

    async def get(self, path: str, params: Mapping[str, str]) -> bytes:
        self.asked.append((path, params.get("continue", "")))
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    @asynccontextmanager
    async def stream(
        self, path: str, params: Mapping[str, str], *, silence_seconds: float
    ) -> AsyncIterator[AsyncIterator[bytes]]:
        self.asked.append((path, f"watch {params['resourceVersion']}"))
        assert silence_seconds > 60
        chunks: asyncio.Queue[bytes | Exception | None] = asyncio.Queue()
        await self.watches.put(chunks)
        yield self._chunks(chunks)

    async def _chunks(self, chunks: asyncio.Queue[bytes | Exception | None]) -> AsyncIterator[bytes]:
        while (chunk := await chunks.get()) is not None:
            if isinstance(chunk, Exception):
                raise chunk
            yield chunk


class Rig:
    """An informer that runs against an Api."""

    def __init__(self, api: Api, *, list_delay: float = 0.0) -> None:
        self.api = api
        self.graph = Graph()
        self.source: Source[str, Any] = self.graph.source("services")
        self.changed = asyncio.Event()
        self.tracker = SyncTracker([SERVICES], on_change=self._on_change)
        listwatch = ListWatch(
            SERVICES,
            reflector=Reflector(self.source),
            graph=self.graph,
            tracker=self.tracker,
            jitter=lambda _: 0.0,
            clock=lambda: 0.0,
        )
        self.informer = Informer(listwatch, api, list_delay=list_delay)
        self.task = asyncio.create_task(self.informer.run())

    def _on_change(self, _old: SourceState, _new: SourceState) -> None:
        self.changed.set()

    async def until(self, condition: Callable[[], bool]) -> None:
        async with asyncio.timeout(5):
            while not condition():
                await self.changed.wait()
                self.changed.clear()

    async def until_phase(self, phase: Phase) -> SourceState:
        await self.until(lambda: self.tracker.states["services"].phase is phase)
        return self.tracker.states["services"]

    async def end(self) -> None:
        self.task.cancel()
        await asyncio.wait([self.task])
        assert self.task.cancelled()


async def test_pages_are_listed_and_changes_follow() -> None:
    """The next page is asked for before the first is decoded, and the watch begins where the list ended."""
    rig = Rig(Api(page("a", token="t"), page("b")))

    await rig.until_phase(Phase.SYNCED)
    watch = await rig.api.watches.get()
    watch.put_nowait(json.dumps({"type": "ADDED", "object": service("c", "11")}).encode() + b"\n")
    await rig.until(lambda: len(rig.source) == 3)
    await rig.end()

    path = "/api/v1/services"
    assert rig.api.asked == [(path, ""), (path, "t"), (path, "watch 10")]


async def test_the_next_page_is_on_its_way_while_this_one_is_decoded(monkeypatch: pytest.MonkeyPatch) -> None:
    """Decoding takes the loop; the server works meanwhile."""
    asked_when_decoded: list[int] = []
    real = ListWatch.page

    def decode(self: ListWatch, body: bytes) -> None:
        asked_when_decoded.append(len(api.asked))
        real(self, body)

    monkeypatch.setattr(ListWatch, "page", decode)
    api = Api(page("a", token="t"), page("b", token="u"), page("c"))
    rig = Rig(api)

    await rig.until_phase(Phase.SYNCED)
    await rig.end()

    assert asked_when_decoded == [2, 3, 3]


async def test_failures_are_shown_and_tried_again_for_ever() -> None:
    """Refused, forbidden, gone in the middle of a list: the list begins anew, and heals all."""
    api = Api(
        ApiError("refused"),
        ApiError("no", code=403),
        page("ghost", token="t"),
        ApiError("too old", code=410),
        b"<html>",
        page("a"),
    )
    rig = Rig(api)

    state = await rig.until_phase(Phase.SYNCED)
    await rig.end()

    assert list(rig.source) == ["n/a"]
    assert state.failures == 3  # that a version expired is none


@pytest.mark.parametrize("end", [None, ApiError("reset")])
async def test_a_watch_that_ends_is_begun_again_where_it_was(end: Exception | None) -> None:
    """Whether it ends in peace or breaks off."""
    rig = Rig(Api(page("a")))
    watch = await rig.api.watches.get()
    watch.put_nowait(json.dumps({"type": "ADDED", "object": service("b", "12")}).encode() + b"\n")
    watch.put_nowait(end)

    await rig.api.watches.get()
    await rig.until_phase(Phase.SYNCED)
    await rig.end()

    assert [what for _, what in rig.api.asked] == ["", "watch 10", "watch 12"]


async def test_a_fault_of_ours_costs_a_list_and_not_the_source(caplog: pytest.LogCaptureFixture) -> None:
    """It is logged with its traceback, shown, and followed by a new list."""
    caplog.set_level(logging.ERROR)
    rig = Rig(Api(page("a"), page("a", "b")))
    watch = await rig.api.watches.get()

    watch.put_nowait(ZeroDivisionError("oops"))
    await rig.until(lambda: len(rig.source) == 2)
    await rig.end()

    assert [record.exc_info is not None for record in caplog.records] == [True]
    assert rig.tracker.states["services"].failures == 1


async def test_a_list_can_be_withheld() -> None:
    """Fault injection: all pages are there, and the kind is listing until the time is over."""
    rig = Rig(Api(page("a")), list_delay=3600)

    state = await rig.until_phase(Phase.LISTING)
    await rig.end()

    assert state.objects == 1
    assert not rig.source.synced


async def test_a_list_that_is_asked_for_ends_the_watch() -> None:
    """At once; and what the list says replaces what was known. The end of the watch is counted as what it is."""
    rig = Rig(Api(page("a", "b"), page("b")))
    await rig.until_phase(Phase.SYNCED)
    await rig.api.watches.get()

    rig.informer.relist()
    await rig.until(lambda: rig.tracker.states["services"].lists == 2)
    state = rig.tracker.states["services"]
    await rig.end()

    assert (list(rig.source), state.ended, state.phase) == (["n/b"], "relist", Phase.SYNCED)


async def test_a_list_that_is_asked_for_during_a_list_comes_after_it() -> None:
    """What is under way began before, and may be cut off in the same way."""
    rig = Rig(Api(page("a", token="t"), page("b"), page("a")), list_delay=0.01)
    await rig.until(lambda: rig.tracker.states["services"].phase is Phase.LISTING)

    rig.informer.relist()
    await rig.until(lambda: rig.tracker.states["services"].lists == 2)
    await rig.end()

    assert list(rig.source) == ["n/a"]


async def test_a_watch_that_may_be_dead_is_begun_again_once_the_server_answers() -> None:
    """From where it was, without a list. Until then we are stale."""
    rig = Rig(Api(page("a")))
    await rig.until_phase(Phase.SYNCED)
    await rig.api.watches.get()

    rig.informer.server_silent(ApiError("no answer within 5 s"))
    state = await rig.until_phase(Phase.STALE)
    rig.informer.server_back()
    await rig.api.watches.get()
    await rig.until_phase(Phase.SYNCED)
    await rig.end()

    assert "no answer within 5 s" in state.message
    assert [what for _, what in rig.api.asked] == ["", "watch 10", "watch 10"]
    assert rig.tracker.states["services"].ended == "idle_timeout"


async def test_a_watch_that_speaks_again_goes_on() -> None:
    """A server that was frozen has lost nothing."""
    rig = Rig(Api(page("a")))
    await rig.until_phase(Phase.SYNCED)
    watch = await rig.api.watches.get()

    rig.informer.server_silent(ApiError("no answer within 5 s"))
    watch.put_nowait(json.dumps({"type": "ADDED", "object": service("b", "11")}).encode() + b"\n")
    await rig.until_phase(Phase.SYNCED)
    rig.informer.server_back()
    watch.put_nowait(json.dumps({"type": "ADDED", "object": service("c", "12")}).encode() + b"\n")
    await rig.until(lambda: len(rig.source) == 3)
    await rig.end()

    assert [what for _, what in rig.api.asked] == ["", "watch 10"]
