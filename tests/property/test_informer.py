"""An informer against random API servers: whatever they answer, it asks at a bounded rate, and heals with them."""

import asyncio
import json
import logging
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from itertools import cycle
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from krt import Graph, Reflector
from tests.support import clock
from xds_server.model.source_state import Phase, SourceState
from xds_server.providers.kinds import KINDS
from xds_server.providers.kubernetes.errors import ApiError
from xds_server.providers.kubernetes.informer import Informer
from xds_server.providers.kubernetes.listwatch import ListWatch, Scope
from xds_server.providers.kubernetes.outage_recovery import OutageRecovery
from xds_server.providers.sync_tracker import SyncTracker

SERVICES = next(kind for kind in KINDS if kind.plural == "services")
SICK_SECONDS = 600.0
HEALED_SECONDS = 30.0 + 10.0 + 5.0
"""The longest wait, the time that a watch has to stand, and some to ask."""
STALL_SECONDS = 30.0
_VERSION = 100

Failure = Callable[[], BaseException]


def _line(kind: str, obj: object) -> bytes:
    return json.dumps({"type": kind, "object": obj}).encode() + b"\n"


def _object(version: object) -> dict[str, Any]:
    return {"metadata": {"name": "a", "namespace": "n", "resourceVersion": version}, "spec": {}}


def _list(version: object = str(_VERSION), token: str = "", items: object = ()) -> bytes:
    return json.dumps({"metadata": {"resourceVersion": version, "continue": token}, "items": items}).encode()


def _refused(code: int | None, retry_after: float | None = None) -> Failure:
    return lambda: ApiError("m", code=code, retry_after=retry_after)


REFUSALS: dict[str, Failure] = {
    **{str(code): _refused(code) for code in (None, 400, 401, 403, 404, 410, 422, 429, 500, 502, 503, 504)},
    "429 after 1 s": _refused(429, 1.0),
    "runtime error": lambda: RuntimeError("Session is closed"),
    "value error": lambda: ValueError("header"),
    "unicode": lambda: UnicodeDecodeError("utf-8", b"\xff", 0, 1, "m"),
    "recursion": lambda: RecursionError("deep"),
    "memory": MemoryError,
    "cancelled by somebody else": asyncio.CancelledError,
    "group": lambda: ExceptionGroup("m", [OSError("m")]),
}


def refuse(name: str) -> None:
    """Raises what is meant by it."""
    failure = REFUSALS[name]()
    raise failure


BODIES: dict[str, bytes] = {
    "good": _list(items=[_object("5")]),
    "empty": b"",
    "html": b"<html>log in</html>",
    "no version": _list(None),
    "version ''": _list(""),
    "status": json.dumps({"kind": "Status", "metadata": {}, "code": 500, "message": "m"}).encode(),
    "status with all a list has": json.dumps(
        {"kind": "Status", "metadata": {"resourceVersion": ""}, "items": None}
    ).encode(),
    "goes on for ever": _list(token="t"),
    "items are a number": _list(items=7),
    "deep": b'{"metadata":' + b"[" * 100_000,
    "not utf-8": b'{"metadata":{"resourceVersion":"\xff"},"items":[]}',
}
LINES: dict[str, bytes] = {
    "good event": _line("MODIFIED", _object(str(_VERSION + 1))),
    "good bookmark": _line("BOOKMARK", _object(str(_VERSION))),
    "end of the list": _line(
        "BOOKMARK", {"metadata": {"resourceVersion": "100", "annotations": {"k8s.io/initial-events-end": "true"}}}
    ),
    "old event": _line("ADDED", _object("3")),
    "bookmark without version": _line("BOOKMARK", {"metadata": {}}),
    "bookmark with an empty version": _line("BOOKMARK", _object("")),
    "410": _line("ERROR", {"kind": "Status", "code": 410, "message": "too old"}),
    "500": _line("ERROR", {"kind": "Status", "code": 500, "message": "m"}),
    "error without status": _line("ERROR", {}),
    "error that is a list": _line("ERROR", []),
    "html": b"<html>\n",
    "newline": b"\n",
    "half": b'{"type":',
    "deep": b'{"type":"ADDED","object":' + b"[" * 100_000 + b"\n",
    "not utf-8": b'{"type":"\xff"}\n',
    "unknown": _line("SURPRISE", _object("200")),
}
HANG = "hang"


@dataclass
class Watch:
    """What becomes of a watch: lines, so many seconds before each, and then its end."""

    lines: list[str]
    seconds: float
    end: str
    """`eof`, `hang`, or a key of REFUSALS."""


@dataclass
class Api:
    """Answers lists and watches in turn from what it was given, until it is healed."""

    lists: Iterator[str]
    watches: Iterator[str | Watch]
    healed: bool = False
    asked: dict[str, int] = field(default_factory=lambda: {"list": 0, "watch": 0})
    _heal: asyncio.Event = field(default_factory=asyncio.Event)

    def heal(self) -> None:
        """Cuts what hangs, and is well from now on."""
        self.healed = True
        self._heal.set()

    async def get(self, path: str, params: Mapping[str, str]) -> bytes:
        self.asked["list"] += "continue" not in params
        await asyncio.sleep(0.005)
        answer = "good" if self.healed else next(self.lists)
        if answer == HANG:
            await self._hang(STALL_SECONDS)
        if answer in REFUSALS:
            refuse(answer)
        return BODIES[answer]

    @asynccontextmanager
    async def stream(
        self, path: str, params: Mapping[str, str], *, silence_seconds: float
    ) -> AsyncIterator[AsyncIterator[bytes]]:
        self.asked["watch"] += 1
        await asyncio.sleep(0.005)
        answer = Watch(["end of the list"], 0.0, HANG) if self.healed else next(self.watches)
        if isinstance(answer, str):
            refuse(answer)
        yield self._chunks(answer, silence_seconds)

    async def _chunks(self, watch: Watch, silence_seconds: float) -> AsyncIterator[bytes]:
        for name in watch.lines:
            await asyncio.sleep(watch.seconds)
            yield LINES[name]
        if watch.end == HANG:
            await self._hang(silence_seconds)
        if watch.end in REFUSALS:
            refuse(watch.end)

    async def _hang(self, seconds: float) -> None:
        if self.healed:
            await asyncio.Event().wait()
        try:
            async with asyncio.timeout(seconds):
                await self._heal.wait()
        except TimeoutError:
            raise ApiError("nothing came", silent=True, relist=True) from None
        raise ApiError("reset")


class World:
    """An informer, its server, and what is seen of it."""

    def __init__(self, api: Api, *, streamed: bool, luck: Callable[[float], float]) -> None:
        self.api = api
        self.graph = Graph()
        self.reflector: Reflector[str, Any] = Reflector(self.graph.source("services"))
        self.tracker = SyncTracker([SERVICES], clock=self.now)
        listwatch = ListWatch(
            SERVICES,
            reflector=self.reflector,
            graph=self.graph,
            tracker=self.tracker,
            jitter=luck,
            clock=self.now,
            scope=Scope(streamed=streamed),
        )
        self.informer = Informer(listwatch, api, recovery=OutageRecovery(luck))

    @staticmethod
    def now() -> float:
        return asyncio.get_running_loop().time()

    @property
    def state(self) -> SourceState:
        return self.tracker.states["services"]


def virtually(main: Callable[[], Coroutine[Any, Any, None]]) -> None:
    """Runs in no time; nothing goes wrong unobserved."""
    logging.getLogger(
        "xds_server.providers.kubernetes.informer"
    ).disabled = True  # tracebacks of what is thrown at it here
    try:
        assert clock.run(main()) == []
    finally:
        logging.getLogger("xds_server.providers.kubernetes.informer").disabled = False


def luck_of(seed: int | None) -> Callable[[float], float]:
    """Random numbers up to their argument; with None always the least, which makes the most tries."""
    random = Random(seed)
    return lambda ceiling: 0.0 if seed is None else random.random() * ceiling


seeds = st.one_of(st.none(), st.integers(0, 9))
list_answers = st.lists(st.sampled_from(["good", "good", HANG, *BODIES, *REFUSALS]), min_size=1, max_size=6)
watch_answers = st.lists(
    st.one_of(
        st.sampled_from(list(REFUSALS)),
        st.builds(
            Watch,
            lines=st.lists(st.sampled_from(list(LINES)), max_size=4),
            seconds=st.sampled_from([0.0, 0.001, 0.4, 0.9, 3.0, 9.0]),
            end=st.sampled_from(["eof", "eof", HANG, *REFUSALS]),
        ),
    ),
    min_size=1,
    max_size=4,
)


@given(lists=list_answers, watches=watch_answers, streamed=st.booleans(), seed=seeds)
def test_whatever_a_server_answers_it_is_asked_at_a_bounded_rate_and_healed(
    lists: list[str], watches: list[str | Watch], streamed: bool, seed: int | None
) -> None:
    """At most each 2 s a list and each second a watch, after a few quick ones; in touch 45 s after the server is well."""

    async def main() -> None:
        world = World(Api(cycle(lists), cycle(watches)), streamed=streamed, luck=luck_of(seed))
        task = asyncio.create_task(world.informer.run())
        await asyncio.sleep(SICK_SECONDS)
        asked = world.api.asked
        assert asked["list"] <= SICK_SECONDS / 2 + 60
        assert asked["watch"] <= SICK_SECONDS + 60
        world.api.heal()
        await asyncio.sleep(HEALED_SECONDS)
        assert (world.state.phase, world.state.message) == (Phase.SYNCED, "")
        assert not task.done()
        before = dict(asked)
        await asyncio.sleep(60)
        assert asked == before

    virtually(main)


_NEVER_STANDS: dict[str, tuple[str, str | Watch]] = {
    "watch 500": ("good", "500"),
    "watch 504": ("good", "504"),
    "watch 400": ("good", "400"),
    "watch 410": ("good", "410"),
    "watch html": ("good", Watch(["html"], 0.0, "eof")),
    "410 event": ("good", Watch(["410"], 0.0, "eof")),
    "500 event": ("good", Watch(["500"], 0.4, "eof")),
    "good words, then 410": ("good", Watch(["good event", "good bookmark", "410"], 0.9, "eof")),
    "stands for 9 s, then 410": ("good", Watch(["410"], 9.0, "eof")),
    "bookmark without version": ("good", Watch(["bookmark without version"], 0.0, HANG)),
    "old event": ("good", Watch(["old event"], 0.0, HANG)),
    "not utf-8": ("good", Watch(["not utf-8"], 0.0, HANG)),
    "deep": ("good", Watch(["deep"], 0.0, HANG)),
    "a fault of ours": ("good", "runtime error"),
    "ends at once": ("good", Watch([], 0.0, "eof")),
    "a good word, and ends at once": ("good", Watch(["good bookmark"], 0.0, "eof")),
    "cut at once": ("good", Watch([], 0.0, "None")),
}


@pytest.mark.parametrize("name", _NEVER_STANDS)
@pytest.mark.parametrize("seed", [None, 1, 2])
def test_a_watch_that_never_stands_is_stale_with_its_reason_and_lists_seldom(name: str, seed: int | None) -> None:
    """After good lists, for ever: a list each 15 s at most, and the state keeps its name and its message."""

    async def main() -> None:
        one, watch = _NEVER_STANDS[name]
        world = World(Api(cycle([one]), cycle([watch])), streamed=False, luck=luck_of(seed))
        seen: list[SourceState] = []
        task = asyncio.create_task(world.informer.run())
        await asyncio.sleep(60)
        before = dict(world.api.asked)
        for _ in range(600):
            await asyncio.sleep(1)
            seen.append(world.state)
        assert world.api.asked["list"] - before["list"] <= 600 / 15 + 1
        assert world.api.asked["watch"] - before["watch"] <= 600 / 2 + 1
        assert {state.phase for state in seen} == {Phase.STALE}
        assert all(state.message and state.retry_seconds for state in seen)
        assert not task.done()

    virtually(main)


@pytest.mark.parametrize("name", [*(name for name in BODIES if name != "good"), HANG, *REFUSALS])
def test_a_list_that_never_comes_is_unknown_with_its_reason(name: str) -> None:
    """Whatever comes instead; and it is asked for seldom, and for ever."""

    async def main() -> None:
        world = World(Api(cycle([name]), cycle(["None"])), streamed=False, luck=luck_of(None))
        task = asyncio.create_task(world.informer.run())
        await asyncio.sleep(60)
        before = world.api.asked["list"]
        await asyncio.sleep(600)
        assert 0 < world.api.asked["list"] - before <= 600 / 2
        assert not world.state.known
        assert world.state.phase in (Phase.ERROR, Phase.FORBIDDEN, Phase.ABSENT)
        assert world.state.message
        assert not task.done()

    virtually(main)


@pytest.mark.parametrize(
    "watch", [Watch(["good event"], 0.4, "eof"), Watch(["good event"], 0.4, HANG), Watch([], 0.0, "None")]
)
def test_a_streamed_list_that_never_ends_is_unknown_with_its_reason(watch: Watch) -> None:
    """It breaks off, ends or stalls; there is always a reason to read."""

    async def main() -> None:
        world = World(Api(cycle(["good"]), cycle([watch])), streamed=True, luck=luck_of(None))
        task = asyncio.create_task(world.informer.run())
        await asyncio.sleep(300)
        before = world.api.asked["watch"]
        await asyncio.sleep(600)
        assert 0 < world.api.asked["watch"] - before <= 600 / 15 + 1
        assert not world.state.known
        assert world.state.message
        assert not task.done()

    virtually(main)


def test_bytes_that_tell_nothing_are_silence() -> None:
    """Lines without events do not keep a watch alive: after 150 s the kind is listed. Bookmarks do."""

    async def main() -> None:
        told = Watch(["good bookmark"] * 5, 60.0, HANG)
        empty = Watch(["newline"] * 100, 30.0, HANG)
        world = World(Api(cycle(["good"]), iter([told, empty, told])), streamed=False, luck=luck_of(1))
        task = asyncio.create_task(world.informer.run())
        await asyncio.sleep(300 + 149)
        assert (world.api.asked, world.state.restarts) == ({"list": 1, "watch": 1}, 0)
        await asyncio.sleep(2 + 149)
        assert (world.api.asked, world.state.ended) == ({"list": 2, "watch": 2}, "idle_timeout")
        await asyncio.sleep(2)
        assert (world.api.asked, world.state.phase) == ({"list": 3, "watch": 3}, Phase.SYNCED)
        assert not task.done()

    virtually(main)


@pytest.mark.parametrize("fault", [ValueError("the tracker"), KeyError("x")])
def test_a_fault_while_a_failure_is_noted_costs_a_wait(fault: Exception, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who reads the tracker may have a fault; the informer goes on."""

    async def main() -> None:
        world = World(Api(cycle(["500"]), cycle(["None"])), streamed=False, luck=luck_of(1))
        with monkeypatch.context() as patched:

            def failed(*_: object, **__: object) -> None:
                raise fault

            patched.setattr(world.tracker, "record_failure", failed)
            task = asyncio.create_task(world.informer.run())
            await asyncio.sleep(100)
        world.api.heal()
        await asyncio.sleep(HEALED_SECONDS)
        assert world.state.phase is Phase.SYNCED
        assert not task.done()

    virtually(main)
