"""A hostile API server: slow, paged, refusing, mute, forgetful, breaking off in the middle of a line."""

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from random import Random

from tests.simulation.world import KINDS, Objects, State, World, facts, folded, json_of
from xds_server.providers.kubernetes.errors import ApiError

PAGE_OBJECTS = 3
_BOOKMARK_SECONDS = 60.0


@dataclass
class Weather:
    """What is wrong, until when. All times are the loop's."""

    unreachable: float = 0.0
    """No connection."""
    mute: float = 0.0
    """Watches are open and say nothing, not even that they are alive."""
    refused: dict[str, tuple[int, float]] = field(default_factory=dict)
    """By kind: an HTTP status, and until when."""
    slow: dict[str, tuple[float, float]] = field(default_factory=dict)
    """By kind: seconds that each page takes longer, and until when."""
    expiring: float = 0.0
    """Tokens of pages have expired."""


class ApiServer:
    """One API server for all replicas."""

    def __init__(self, world: World, random: Random) -> None:
        self.world = world
        self.weather = Weather()
        self.oldest = 0
        """A watch from an earlier version gets 410."""
        self._random = random
        self._news = asyncio.Event()
        self.breaks = 0
        """How often all watches were broken off."""

    def changed(self) -> None:
        """Wakes the watches."""
        self._news.set()
        self._news = asyncio.Event()

    def break_watches(self) -> None:
        """Every open watch ends in an error."""
        self.breaks += 1
        self.changed()

    def now(self) -> float:
        return asyncio.get_running_loop().time()

    async def delay(self, low: float = 0.001, high: float = 0.02) -> None:
        await asyncio.sleep(self._random.uniform(low, high))

    def check(self, kind: str) -> None:
        """Raises what the weather says."""
        if self.now() < self.weather.unreachable:
            raise ApiError("cannot reach it")
        code, until = self.weather.refused.get(kind, (0, 0.0))
        if self.now() < until:
            raise ApiError("refused", code=code)

    async def wait_news(self, seconds: float) -> bool:
        """Whether something happened in time."""
        try:
            async with asyncio.timeout(seconds):
                await self._news.wait()
        except TimeoutError:
            return False
        return True


class _Said:
    """What one watch has to say of a kind, and how much of it is out."""

    def __init__(self, world: World, kind: str, version: int) -> None:
        self.version = version
        self._world = world
        self._kind = kind
        self._bytes = b""
        self._ends: list[tuple[int, int]] = []  # of each event: how many bytes up to its end, and its version
        self._out = 0

    def catch_up(self) -> bool:
        """Whether there is something to say."""
        while self.version < self._world.version:
            self.version += 1
            kind, event, name = self._world.log[self.version]
            if kind == self._kind:
                obj = json_of(kind, name, self._world.object_at(self.version, kind, name), self.version)
                self._bytes += json.dumps({"type": event, "object": obj}).encode() + b"\n"
                self._ends.append((len(self._bytes), self.version))
        return self._out < len(self._bytes)

    def cut(self, random: Random) -> tuple[bytes, list[int]]:
        """The next bytes, perhaps in the middle of a line, and the versions of the events that end in them."""
        size = len(self._bytes) - self._out
        start, self._out = self._out, self._out + (size if random.random() < 0.7 else random.randint(1, size))
        return self._bytes[start : self._out], [version for end, version in self._ends if start < end <= self._out]

    def bookmark(self) -> bytes:
        """That nothing has happened up to here."""
        mark = {"type": "BOOKMARK", "object": {"metadata": {"resourceVersion": str(self.version)}}}
        return json.dumps(mark).encode() + b"\n"


class Client:
    """One replica's client of the server. `view` is what the replica was given, in full: what it must know."""

    def __init__(self, server: ApiServer, random: Random) -> None:
        self._server = server
        self._random = random
        self.view: dict[str, Objects | None] = dict.fromkeys(KINDS)
        """By kind; None before the first complete list."""
        self.working_since: dict[tuple[str, str], float] = {}
        """Requests that a backend answers according to `view`, and since when without a break."""
        self.broken: dict[tuple[str, str], tuple[float, State]] = {}
        """Requests that a backend answered according to `view`, and does no longer: since when, and what `view` was then."""
        self.last_listeners: dict[str, frozenset[str]] = {}
        """By role: its listeners, of a role that is gone those that it had last."""
        self._listed: dict[str, int] = {}  # version of the list whose last page is out

    @property
    def complete(self) -> bool:
        """Whether every kind was listed."""
        return all(objects is not None for objects in self.view.values())

    @property
    def state(self) -> State:
        """What the replica knows."""
        return {kind: objects or {} for kind, objects in self.view.items()}

    async def close(self) -> None:
        """Nothing is open for longer than somebody waits for it."""

    async def ping(self, seconds: float) -> None:
        """Something small, which a frozen server answers as little as anything else."""
        server = self._server
        await server.delay()
        if server.now() < server.weather.unreachable:
            raise ApiError("cannot reach it")
        await asyncio.sleep(max(0.0, server.weather.mute - server.now()))

    async def get(self, path: str, params: Mapping[str, str]) -> bytes:
        """A page of a list."""
        server, kind = self._server, path.rpartition("/")[2]
        await server.delay()
        extra, until = server.weather.slow.get(kind, (0.0, 0.0))
        if server.now() < until:
            await asyncio.sleep(extra)
        server.check(kind)
        token = params.get("continue", "")
        if token and server.now() < server.weather.expiring:
            raise ApiError("the continue token has expired", code=410)
        version, at = map(int, token.split(":")) if token else (server.world.version, 0)
        if version < server.oldest:
            raise ApiError("the continue token is too old", code=410)
        objects = sorted(server.world.states[version][kind].items())
        page, rest = objects[at : at + PAGE_OBJECTS], objects[at + PAGE_OBJECTS :]
        meta = {"resourceVersion": str(version), "continue": f"{version}:{at + PAGE_OBJECTS}" if rest else ""}
        if not rest:
            self._listed[kind] = version
        return json.dumps({"metadata": meta, "items": [json_of(kind, *one, version) for one in page]}).encode()

    @asynccontextmanager
    async def stream(
        self, path: str, params: Mapping[str, str], *, silence_seconds: float
    ) -> AsyncIterator[AsyncIterator[bytes]]:
        """A watch."""
        server, kind = self._server, path.rpartition("/")[2]
        streamed = "sendInitialEvents" in params
        version = server.world.version if streamed else int(params["resourceVersion"])
        self.listed(kind)  # The list before this was taken in as a whole.
        await server.delay()
        server.check(kind)
        if version < server.oldest and self._random.random() < 0.5:
            raise ApiError("too old resource version", code=410)
        yield self._chunks(kind, version, float(params["timeoutSeconds"]), silence_seconds, streamed=streamed)

    async def _chunks(
        self, kind: str, version: int, seconds: float, silence_seconds: float, *, streamed: bool
    ) -> AsyncIterator[bytes]:
        server = self._server
        if streamed:
            async for chunk in self._initial(kind, version):
                yield chunk
            self._take_list(kind, version)
        elif version < server.oldest:
            yield b'{"type":"ERROR","object":{"code":410,"message":"too old resource version"}}\n'
            return
        ends_at, heard_at, breaks = server.now() + seconds, server.now(), server.breaks
        said = _Said(server.world, kind, version)
        while server.now() < ends_at:
            if breaks != server.breaks or server.now() < server.weather.unreachable:
                raise ApiError("the connection broke")
            if server.now() - heard_at >= silence_seconds:
                raise ApiError("nothing was heard", silent=True)
            if server.now() < server.weather.mute:
                await asyncio.sleep(0.5)
                continue
            if not said.catch_up():
                if not await server.wait_news(_BOOKMARK_SECONDS):
                    heard_at = server.now()
                    yield said.bookmark()
                await server.delay(0.0, 0.05)
                continue
            heard_at = server.now()
            chunk, events = said.cut(self._random)
            yield chunk
            for applied in events:
                self._apply(kind, applied)
            await server.delay(0.0, 0.01)

    async def _initial(self, kind: str, version: int) -> AsyncIterator[bytes]:
        """A list as a stream: all objects in no order, and a bookmark that says that this is the end."""
        server = self._server
        objects = list(server.world.states[version][kind].items())
        self._random.shuffle(objects)
        for name, obj in objects:
            yield json.dumps({"type": "ADDED", "object": json_of(kind, name, obj, version)}).encode() + b"\n"
            extra, until = server.weather.slow.get(kind, (0.0, 0.0))
            await asyncio.sleep(extra / 4 if server.now() < until else 0)
            server.check(kind)
        meta = {"resourceVersion": str(version), "annotations": {"k8s.io/initial-events-end": "true"}}
        yield json.dumps({"type": "BOOKMARK", "object": {"metadata": meta}}).encode() + b"\n"

    def listed(self, kind: str) -> None:
        """The replica has taken in the last list, if its last page is out. It need not watch: it may list again at once."""
        if kind in self._listed:
            self._take_list(kind, self._listed.pop(kind))

    def _take_list(self, kind: str, version: int) -> None:
        self._know(kind, folded(self.view[kind], self._server.world.states[version][kind]))

    def _apply(self, kind: str, version: int) -> None:
        _, event, name = self._server.world.log[version]
        now = dict(self.view[kind] or {})
        if event == "DELETED":
            now.pop(name, None)
        else:
            obj = self._server.world.object_at(version, kind, name)
            if obj[0]:
                now[name] = obj
        self._know(kind, now)

    def _know(self, kind: str, objects: Objects) -> None:
        self.view[kind] = objects
        working: frozenset[tuple[str, str]] = frozenset()
        if self.complete:
            now = facts(self.state)
            working = now.working
            self.last_listeners |= now.listeners
        for key in self.working_since.keys() - working:
            self.broken[key] = self._server.now(), self.state
        for key in working:
            self.broken.pop(key, None)
        self.working_since = {key: self.working_since.get(key, self._server.now()) for key in working}
