"""An API server over HTTP that lists and watches as the real one does, and fails as it is told to. Deterministic."""

import asyncio
import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from aiohttp import web

from tests.support.api_server.store import Store, key_of

_PATH = re.compile(
    r"/(api|apis/[^/]+)/(?P<version>[^/]+)(/namespaces/(?P<namespace>[^/]+))?/(?P<plural>[^/]+)(/(?P<name>[^/]+))?"
)
_DEFAULT_LIMIT = 10**9


@dataclass
class Asked:
    """A request, as far as faults and tests care."""

    plural: str
    verb: str
    """`list`, `watch`, or `get` for one object."""
    api_version: str
    page: int
    """0 for the first page of a list, 1 for any other."""
    params: dict[str, str]
    metadata: bool = False
    """Whether only the metadata were asked for."""
    name: str = ""


@dataclass
class Fault:
    """What becomes of requests that match, *times* times."""

    answer: Callable[[], web.StreamResponse | None]
    """None as an answer: the connection is cut."""
    plural: str = ""
    verb: str = ""
    page: int | None = None
    times: int = 1

    def matches(self, asked: Asked) -> bool:
        """Whether it strikes now."""
        return (
            self.times > 0
            and self.plural in ("", asked.plural)
            and self.verb in ("", asked.verb)
            and self.page in (None, asked.page)
        )


def status(code: int, message: str = "m", headers: dict[str, str] | None = None) -> web.Response:
    """A refusal in the form that API servers give it."""
    body = {"kind": "Status", "code": code, "message": message}
    return web.json_response(body, status=code, headers={"Audit-Id": "x"} | (headers or {}))


@dataclass(eq=False)
class Watch:
    """An open watch; *raw* is said as it is, before anything else."""

    plural: str
    position: int = 0
    """The version up to which it was told everything."""
    raw: list[bytes] = field(default_factory=list)
    ends: bool = False
    cut: bool = False


class ApiServer:
    """Serves a Store. Set its fields at any time; `store.wake()` makes open watches notice."""

    def __init__(self, store: Store | None = None) -> None:
        self.store = store or Store()
        self.served: dict[str, set[str]] = {}
        """API versions by plural name; a kind that is not in it gets 404."""
        self.forbidden: set[tuple[str, str]] = set()
        """(plural, verb)."""
        self.tokens: set[str] | None = None
        """Who may ask; None for anybody."""
        self.streams = True
        """Whether lists can be had as streams."""
        self.page_limit = _DEFAULT_LIMIT
        self.mute = False
        """Nobody is told anything, and no request is answered: frozen."""
        self.bookmark_seconds = 60.0
        self.faults: list[Fault] = []
        self.asked: list[Asked] = []
        self.pings = 0
        """How often something small was asked, to see whether anybody answers."""
        self.watches: set[Watch] = set()
        self._told = asyncio.Event()
        self.port = 0
        self._runner: web.ServerRunner | None = None

    # -- life --------------------------------------------------------------------------------------

    async def start(self) -> None:
        """Listens, on the same port as before."""
        self._runner = web.ServerRunner(web.Server(self._handle, handler_cancellation=True), shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", self.port)
        await site.start()
        assert self._runner.addresses
        self.port = self._runner.addresses[0][1]

    async def stop(self) -> None:
        """Ends every connection, and refuses new ones."""
        runner, self._runner = self._runner, None
        for watch in self.watches:
            watch.cut = True
        self.store.wake()
        if runner is not None:
            await runner.cleanup()

    @property
    def url(self) -> str:
        """Of the server."""
        return f"http://127.0.0.1:{self.port}"

    # -- open watches ------------------------------------------------------------------------------

    def say(self, plural: str, *lines: bytes) -> None:
        """Says bytes on each open watch of a kind, whatever they are."""
        for watch in self._watches_of(plural):
            watch.raw += lines
        self.store.wake()

    def end(self, plural: str) -> None:
        """Ends each open watch of a kind, politely."""
        for watch in self._watches_of(plural):
            watch.ends = True
        self.store.wake()

    def cut(self, plural: str) -> None:
        """Cuts the connection of each open watch of a kind."""
        for watch in self._watches_of(plural):
            watch.cut = True
        self.store.wake()

    async def told(self, plural: str) -> None:
        """Returns once each open watch of a kind was told of the newest version."""
        version = self.store.version
        while any(watch.position < version for watch in self._watches_of(plural)):
            await self._told.wait()
            self._told.clear()

    def _watches_of(self, plural: str) -> list[Watch]:
        return [watch for watch in self.watches if watch.plural == plural]

    def count(self, plural: str, verb: str) -> int:
        """How often a kind was asked for in this way."""
        return sum(1 for asked in self.asked if (asked.plural, asked.verb) == (plural, verb))

    # -- requests ----------------------------------------------------------------------------------

    async def _handle(self, request: web.BaseRequest) -> web.StreamResponse:
        found = _PATH.fullmatch(request.path)
        if found is None:
            self.pings += request.path == "/version"
            await self._thawed()
            return web.Response(status=404, text="404 page not found\n", headers={"Audit-Id": "x"})
        params = dict(request.query)
        verb = "get" if found["name"] else "watch" if params.get("watch") == "true" else "list"
        metadata = "as=PartialObjectMetadata" in request.headers.get("Accept", "")
        asked = Asked(
            found["plural"], verb, found["version"], int("continue" in params), params, metadata, found["name"] or ""
        )
        self.asked.append(asked)
        await self._thawed()
        return await self._faulted(request, asked) or await self._answer(request, asked, found["namespace"])

    async def _faulted(self, request: web.BaseRequest, asked: Asked) -> web.StreamResponse | None:
        fault = next((fault for fault in self.faults if fault.matches(asked)), None)
        if fault is None:
            return self._refusal(request, asked)
        fault.times -= 1
        answer = fault.answer()
        if answer is not None:
            return answer
        assert request.transport is not None
        request.transport.abort()
        return web.Response()

    def _refusal(self, request: web.BaseRequest, asked: Asked) -> web.Response | None:
        if self.tokens is not None and request.headers.get("Authorization", "")[7:] not in self.tokens:
            return status(401, "Unauthorized")
        if (asked.plural, asked.verb) in self.forbidden:
            return status(403, f"User cannot {asked.verb} {asked.plural}")
        if asked.api_version not in self.served.get(asked.plural, ()):
            return web.Response(status=404, text="404 page not found\n", headers={"Audit-Id": "x"})
        return None

    async def _answer(self, request: web.BaseRequest, asked: Asked, namespace: str | None) -> web.StreamResponse:
        if asked.verb == "list":
            return self._list(asked, namespace)
        if asked.verb == "get":
            obj = self.store.objects.get(asked.plural, {}).get(f"{namespace}/{asked.name}")
            return status(404, f"{asked.plural} {asked.name!r} not found") if obj is None else web.json_response(obj)
        if "sendInitialEvents" in asked.params and not self.streams:
            return status(422, "sendInitialEvents: Forbidden: not enabled")
        return await self._watch(request, asked, namespace)

    def _list(self, asked: Asked, namespace: str | None) -> web.Response:
        token = asked.params.get("continue", "")
        version, at = map(int, token.split(":")) if token else (self.store.version, 0)
        if version < self.store.oldest:
            return status(410, "The provided continue parameter is too old")
        limit = min(int(asked.params.get("limit", _DEFAULT_LIMIT)), self.page_limit)
        objects = sorted(_inside(namespace, self.store.at(version, asked.plural)).items())
        page = [_shown(obj, asked) for _, obj in islice(objects, at, at + limit)]
        rest = f"{version}:{at + limit}" if at + limit < len(objects) else ""
        metadata = {"resourceVersion": str(version), "continue": rest}
        return web.json_response({"metadata": metadata, "items": page})

    async def _watch(self, request: web.BaseRequest, asked: Asked, namespace: str | None) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": "application/json", "Audit-Id": "x"})
        await response.prepare(request)
        watch = Watch(asked.plural)
        self.watches.add(watch)
        try:
            await self._follow(response, watch, asked, namespace)
        except ConnectionError:
            return response
        finally:
            self.watches.discard(watch)
        if watch.cut and request.transport is not None:
            request.transport.abort()
        return response

    async def _follow(self, response: web.StreamResponse, watch: Watch, asked: Asked, namespace: str | None) -> None:
        params = asked.params
        if params.get("sendInitialEvents") == "true":
            watch.position = position = self.store.version
            for obj in _inside(namespace, self.store.at(position, watch.plural)).values():
                await response.write(line("ADDED", _shown(obj, asked)))
            await response.write(line("BOOKMARK", bookmark(position, **{"k8s.io/initial-events-end": "true"})))
        else:
            watch.position = int(params["resourceVersion"])
        until = asyncio.get_running_loop().time() + float(params["timeoutSeconds"])
        while True:
            news = self.store.news
            await self._thawed()
            if watch.position < self.store.oldest:
                await response.write(line("ERROR", {"kind": "Status", "code": 410, "message": "too old"}))
                return
            while watch.raw:
                await response.write(watch.raw.pop(0))
            for change in list(self.store.since(watch.position, watch.plural)):
                watch.position = change.version
                if key_of(change.object) in _inside(namespace, {key_of(change.object): change.object}):
                    await response.write(line(change.type, _shown(change.object, asked)))
            if watch.cut or watch.ends or asyncio.get_running_loop().time() >= until:
                return
            try:
                await asyncio.wait_for(news.wait(), self.bookmark_seconds)
            except TimeoutError:
                watch.position = self.store.version
                await response.write(line("BOOKMARK", bookmark(watch.position)))
                self._told.set()

    async def _thawed(self) -> None:
        while self.mute:
            await self.store.news.wait()


def line(event: str, obj: object) -> bytes:
    """A line of a watch."""
    return json.dumps({"type": event, "object": obj}).encode() + b"\n"


def bookmark(version: int, **annotations: str) -> dict[str, Any]:
    """The object of a bookmark."""
    return {"metadata": {"resourceVersion": str(version), "annotations": annotations}}


def _shown(obj: dict[str, Any], asked: Asked) -> dict[str, Any]:
    return {"metadata": obj["metadata"]} if asked.metadata else obj


def _inside(namespace: str | None, objects: dict[str, Any]) -> dict[str, Any]:
    return {key: obj for key, obj in objects.items() if namespace in (None, key.partition("/")[0])}
