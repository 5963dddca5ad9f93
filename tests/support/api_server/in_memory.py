"""An API server of a few lines, in memory: objects by path, with versions that writes must name."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping
from contextlib import asynccontextmanager
from typing import Any, Protocol

from xds_server.providers.kubernetes.errors import ApiError


class Cluster:
    """What clients of it share. `gate`, if set, is waited for by every write."""

    def __init__(self) -> None:
        self.objects: dict[str, dict[str, Any]] = {}
        self.version = 0
        self.down = False
        self.writes: list[tuple[str, str]] = []
        self.before_write: Callable[[], None] = lambda: None
        self.changed = asyncio.Event()

    def put(self, path: str, obj: dict[str, Any]) -> None:
        """Creates or replaces an object."""
        self.version += 1
        meta = {**obj.get("metadata", {}), "resourceVersion": str(self.version)}
        self.objects[path] = {**obj, "metadata": meta}
        self.changed.set()

    async def until(self, condition: Callable[[], bool]) -> None:
        """Waits for a write after which *condition* holds."""
        async with asyncio.timeout(5):
            while not condition():
                self.changed.clear()
                await self.changed.wait()


class Client:
    """One client of it."""

    def __init__(self, cluster: Cluster) -> None:
        self.cluster = cluster
        self.cut_off = False
        self.closed = False

    async def get(self, path: str, params: Mapping[str, str]) -> bytes:
        self._check()
        if path not in self.cluster.objects:
            raise ApiError("not found", code=404)
        return json.dumps(self.cluster.objects[path]).encode()

    async def send(
        self, method: str, path: str, body: Any, *, content_type: str = "application/json", seconds: float
    ) -> bytes:
        self._check()
        before, self.cluster.before_write = self.cluster.before_write, lambda: None
        before()
        body = json.loads(json.dumps(body))
        target = f"{path}/{body['metadata']['name']}" if method == "POST" else path.removesuffix("/status")
        held = self.cluster.objects.get(target)
        version = body["metadata"].get("resourceVersion")
        if (method == "POST") is (held is not None) or (held and version != held["metadata"]["resourceVersion"]):
            raise ApiError("conflict", code=409)
        self.cluster.writes.append((method, path))
        merged = {**(held or {}), **body, "metadata": {**(held or {}).get("metadata", {}), **body["metadata"]}}
        self.cluster.put(target, merged)
        return b"{}"

    async def close(self) -> None:
        self.closed = True

    def _check(self) -> None:
        if self.cluster.down or self.cut_off:
            raise ApiError("cannot reach it")


class Runs(Protocol):
    """What works on the cluster until it is cancelled."""

    def run(self) -> Coroutine[Any, Any, None]: ...


@asynccontextmanager
async def running(it: Runs) -> AsyncIterator[None]:
    """It runs meanwhile."""
    task = asyncio.create_task(it.run())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.wait([task])
