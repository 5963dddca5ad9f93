"""Leader election: only the replica that holds a Lease writes, and only while it is certain to hold it.

A replica takes a Lease that has not changed for as long as it lasts, measured on its own clock from when it saw
the last change: the clocks of other machines do not matter. A replica stops writing before another one may take over.
"""

import asyncio
import logging
import random
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, Final, Literal, Protocol

import msgspec

from xds_server.providers.kubernetes.errors import CONFLICT, NOT_FOUND, ApiError

_log = logging.getLogger(__name__)

DURATION_SECONDS: Final = 15.0
# From the last renewal on we act for so long. A write takes at most SEND_SECONDS, so that the last
# one has ended when another replica may begin.
RENEW_SECONDS: Final = 10.0
SEND_SECONDS: Final = 4.0
_RETRY_SECONDS: Final = 2.0


class Client(Protocol):
    """What the lease needs from an API client. `get` and `send` raise ApiError."""

    async def get(self, path: str, params: Mapping[str, str]) -> bytes:
        """The body of the answer."""

    async def send(
        self, method: str, path: str, body: object, *, content_type: str = "application/json", seconds: float
    ) -> bytes:
        """Sends one write, which takes at most *seconds*. Returns the body of the answer."""

    async def close(self) -> None:
        """Ends all requests."""


class _Spec(msgspec.Struct, rename="camel"):
    holder_identity: str | None = None
    lease_duration_seconds: int | None = None
    acquire_time: str | None = None
    renew_time: str | None = None
    lease_transitions: int | None = None


class _Metadata(msgspec.Struct, rename="camel"):
    name: str
    namespace: str
    resource_version: str | None = None


class Lease(msgspec.Struct, rename="camel"):
    """A coordination.k8s.io/v1 Lease."""

    metadata: _Metadata
    spec: _Spec = msgspec.field(default_factory=_Spec)


class Candidate:
    """Decides what to do with a lease, without I/O. *clock* is monotonic, in seconds."""

    def __init__(self, identity: str, clock: Callable[[], float]) -> None:
        self.identity = identity
        self._clock = clock
        self._seen: tuple[str | None, str | None, int | None] | None = None
        self._seen_at = 0.0
        self._held_until = 0.0

    @property
    def leading(self) -> bool:
        """Whether this replica may write now."""
        return self._clock() < self._held_until

    def decide(self, lease: Lease) -> Literal["renew", "take", "wait"]:
        """Decides what to do after the lease was read."""
        spec = lease.spec
        seen = (spec.holder_identity, spec.renew_time, spec.lease_transitions)
        if seen != self._seen:
            self._seen, self._seen_at = seen, self._clock()
        if spec.holder_identity == self.identity:
            return "renew"
        lasts = spec.lease_duration_seconds or DURATION_SECONDS
        free = not spec.holder_identity or self._clock() - self._seen_at >= lasts
        return "take" if free else "wait"

    def renewed(self, asked_at: float) -> None:
        """The lease is ours, by a request that was sent at *asked_at*."""
        self._held_until = asked_at + RENEW_SECONDS

    def lost(self) -> None:
        """Another replica holds the lease."""
        self._held_until = 0.0


class Election:
    """Holds a lease, or waits for it, while it runs. Calls *on_change* when `leading` changes."""

    def __init__(
        self,
        client: Client,
        *,
        namespace: str,
        name: str,
        identity: str,
        on_change: Callable[[bool], None],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._client = client
        self._collection = f"/apis/coordination.k8s.io/v1/namespaces/{namespace}/leases"
        self._metadata = _Metadata(name=name, namespace=namespace)
        self._candidate = Candidate(identity, clock)
        self._on_change = on_change
        self._clock = clock
        self._was_leading = False
        self.message = ""
        """Why the lease cannot be acquired; empty if there is no failure."""

    @property
    def leading(self) -> bool:
        """Whether we may write now."""
        return self._candidate.leading

    async def run(self) -> None:
        """Takes part in the election until cancelled, then releases the lease so that another replica need not wait."""
        try:
            while True:
                await self._turn()
                await asyncio.sleep(_RETRY_SECONDS * random.uniform(0.8, 1.2))  # noqa: S311 - not a secret
        finally:
            if self.leading:
                self._candidate.lost()
                try:
                    await asyncio.wait_for(self._release(), SEND_SECONDS)
                except (ApiError, TimeoutError) as error:
                    self._said(f"lease not released, so other replicas wait until it expires: {error}")

    async def _turn(self) -> None:
        self._notice()  # reports that it was not renewed in time
        try:
            asked_at = self._clock()
            if await self._held():
                self._candidate.renewed(asked_at)
            else:
                self._candidate.lost()
            self.message = ""
        except ApiError as error:
            # A failed request does not end our lease. It ends when it has not been renewed in time.
            self._said(f"cannot hold lease {self._metadata.namespace}/{self._metadata.name}: {error}")
        self._notice()

    def _notice(self) -> None:
        if self.leading is not self._was_leading:
            self._was_leading = self.leading
            self._on_change(self.leading)

    def _said(self, message: str) -> None:
        if message != self.message:
            _log.warning("status.lease: %s", message)
        self.message = message

    async def _held(self) -> bool:
        """Whether we hold it now."""
        lease = await self._read()
        if lease is None:
            return await self._write("POST", self._collection, self._ours(Lease(self._metadata)))
        if self._candidate.decide(lease) == "wait":
            return False
        return await self._write("PUT", self._path, self._ours(lease))

    async def _read(self) -> Lease | None:
        try:
            body = await self._client.get(self._path, {})
        except ApiError as error:
            if error.code == NOT_FOUND:
                return None
            raise
        return msgspec.json.decode(body, type=Lease)

    async def _write(self, method: str, path: str, lease: Lease) -> bool:
        """Whether it was written. False if another replica wrote it first."""
        try:
            await self._client.send(method, path, _json(lease), seconds=SEND_SECONDS)
        except ApiError as error:
            if error.code == CONFLICT:
                return False
            raise
        return True

    def _ours(self, lease: Lease) -> Lease:
        """The lease to write when renewing or acquiring it. Its resourceVersion makes a concurrent change fail the write."""
        spec, now = lease.spec, datetime.now(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
        if spec.holder_identity != self._candidate.identity:
            spec.lease_transitions = (spec.lease_transitions or 0) + (spec.holder_identity is not None)
            spec.acquire_time = now
        spec.holder_identity = self._candidate.identity
        spec.renew_time = now
        spec.lease_duration_seconds = int(DURATION_SECONDS)
        return lease

    async def _release(self) -> None:
        lease = await self._read()
        if lease is not None and lease.spec.holder_identity == self._candidate.identity:
            lease.spec.holder_identity = ""
            await self._write("PUT", self._path, lease)

    @property
    def _path(self) -> str:
        return f"{self._collection}/{self._metadata.name}"


def _json(lease: Lease) -> dict[str, Any]:
    spec, meta = msgspec.to_builtins(lease.spec), msgspec.to_builtins(lease.metadata)
    return {
        "apiVersion": "coordination.k8s.io/v1",
        "kind": "Lease",
        "metadata": {key: value for key, value in meta.items() if value is not None},
        "spec": {key: value for key, value in spec.items() if value is not None},
    }
