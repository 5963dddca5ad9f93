"""Writes changed statuses, a few at a time, while this replica leads."""

import asyncio
import logging
import random
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import Any, Final, NamedTuple

import msgspec

from xds_server.model.objects import ObjectKey
from xds_server.providers.kubernetes.errors import CONFLICT, NOT_FOUND, ApiError, Backoff, classify
from xds_server.providers.kubernetes.status.lease import SEND_SECONDS, Client
from xds_server.providers.kubernetes.status.merge import Json, place

_log = logging.getLogger(__name__)

_AT_ONCE: Final = 4
_MERGE_PATCH: Final = "application/merge-patch+json"


class Ref(NamedTuple):
    """An object of the Gateway API."""

    plural: str
    key: ObjectKey


Merge = Callable[[Ref, Json, str], "dict[str, Any] | None"]
"""(ref, current object, now) -> the status it should have; None if nothing is to be written."""


class StatusWriter:
    """Keeps statuses equal to what *merge* returns, while *may_write* returns True.

    It never clears a status: what a replica wrote stays after it has stopped.
    """

    def __init__(self, client: Client, *, merge: Merge, may_write: Callable[[], bool]) -> None:
        self._client = client
        self._merge = merge
        self._may_write = may_write
        self._due: dict[Ref, None] = {}
        self._failed: dict[Ref, Backoff] = {}
        self._wake = asyncio.Event()
        self._random = random.Random()  # noqa: S311 - not a secret
        self._said: set[str] = set()
        self.written = 0
        """The number of statuses written since the start."""

    @property
    def due(self) -> int:
        """The number of objects that wait for a write."""
        return len(self._due)

    def changed(self, objects: Iterable[Ref]) -> None:
        """Queues these objects: their status has changed, or may not have been written."""
        self._due.update(dict.fromkeys(objects))
        self._wake.set()

    async def run(self) -> None:
        """Writes until cancelled."""
        async with asyncio.TaskGroup() as group:
            for _ in range(_AT_ONCE):
                group.create_task(self._work())

    async def _work(self) -> None:
        while True:
            while not self._due or not self._may_write():
                self._wake.clear()
                await self._wake.wait()
            ref = next(iter(self._due))
            del self._due[ref]
            delay = await self._tried(ref)
            if delay is not None:
                asyncio.get_running_loop().call_later(delay, self.changed, [ref])

    async def _tried(self, ref: Ref) -> float | None:
        """Tries one write. Returns the seconds until the next try; None if it succeeded, or the object is gone."""
        try:
            await self._write(ref)
        except ApiError as error:
            if error.code == NOT_FOUND:
                self._failed.pop(ref, None)
                return None
            if error.code == CONFLICT:
                return 0.0  # the object was written since it was read: read it again
            backoff = self._failed.setdefault(ref, Backoff(lambda ceiling: self._random.random() * ceiling))
            self._say(f"cannot write the status of {ref.plural} {ref.key!r}: {error}", f"{ref.plural} {error.code}")
            return backoff.failed(classify(error), error.retry_after)
        self._failed.pop(ref, None)
        self._said.clear()
        return None

    def _say(self, message: str, once: str) -> None:
        """Logs a message once for each kind and code, until a write succeeds."""
        if once not in self._said:
            self._said.add(once)
            _log.warning("status.write: %s", message)

    async def _write(self, ref: Ref) -> None:
        path = place(ref.plural, ref.key)
        current: dict[str, Any] = msgspec.json.decode(await self._client.get(path, {}))
        status = self._merge(ref, current, datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"))
        if status is None or status == current.get("status", {}):
            return
        if not self._may_write():
            self._due[ref] = (
                None  # lost the lease while reading: the next leader writes it, or this replica if it leads again
            )
            return
        version = current["metadata"]["resourceVersion"]
        patch = {"metadata": {"resourceVersion": version}, "status": status}
        await self._client.send("PATCH", f"{path}/status", patch, content_type=_MERGE_PATCH, seconds=SEND_SECONDS)
        self.written += 1
