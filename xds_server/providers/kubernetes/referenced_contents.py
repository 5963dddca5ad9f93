"""Secrets and ConfigMaps: watches their metadata once a Gateway refers to one, and fetches the content of that one."""

import asyncio
import logging
import traceback
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import replace
from typing import Final

import msgspec

from krt import Commit, Graph
from xds_server.model.objects import Reference, Stored
from xds_server.model.references import References
from xds_server.model.source_state import Problem
from xds_server.providers.decode import Decoder, title
from xds_server.providers.kinds import REFERENCED, Kind
from xds_server.providers.kubernetes.errors import ApiError, Backoff, FailureClass, classify, explain, is_outage
from xds_server.providers.kubernetes.kopf_client import KopfClient
from xds_server.providers.kubernetes.outage_recovery import OutageRecovery
from xds_server.providers.schema.base import Object
from xds_server.providers.schema.secret_configmap import identity
from xds_server.providers.sync_tracker import SyncTracker

_log = logging.getLogger(__name__)

_AT_ONCE: Final = 8
_SOURCE: Final = "contents"  # of the problems here; the informers report those of the metadata
_METADATA: Final = "application/json;as=PartialObjectMetadata{};g=meta.k8s.io;v=v1"

METADATA_KINDS: Final = tuple(replace(kind, raw=Object, flat=identity) for kind in REFERENCED)
"""The kinds that can be referred to, listed and watched as metadata only."""


class MetadataClient:
    """A client for informers that requests only the metadata of objects."""

    def __init__(self, client: KopfClient) -> None:
        self._client = client

    async def get(self, path: str, params: Mapping[str, str]) -> bytes:
        """The body of the answer, a list."""
        return await self._client.get(path, params, accept=_METADATA.format("List"))

    def stream(
        self, path: str, params: Mapping[str, str], *, silence_seconds: float
    ) -> AbstractAsyncContextManager[AsyncIterator[bytes]]:
        """The body in chunks as they arrive."""
        return self._client.stream(path, params, silence_seconds=silence_seconds, accept=_METADATA.format(""))


class ReferencedContents:
    """Keeps `references.fetched` equal to `references.wanted`. *follow* starts the informers of a kind (plural name).

    *recovery* ends the waits of an outage early. *jitter* returns a random number from 0 up to its argument.
    """

    def __init__(
        self,
        client: KopfClient,
        references: References,
        graph: Graph,
        tracker: SyncTracker,
        *,
        follow: Callable[[str], None],
        recovery: OutageRecovery,
        jitter: Callable[[float], float],
    ) -> None:
        self._client = client
        self._references = references
        self._graph = graph
        self._tracker = tracker
        self._follow = follow
        self._recovery = recovery
        self._jitter = jitter
        self._kinds = {kind.plural: (kind, Decoder(kind)) for kind in REFERENCED}
        self._followed: set[str] = set()
        self._versions: dict[Reference, str] = {}
        self._busy: set[Reference] = set()
        self._turns = asyncio.Semaphore(_AT_ONCE)

    async def run(self) -> None:
        """Follows references until cancelled. A kind is not listed before something refers to it."""
        async with asyncio.TaskGroup() as group:

            def committed(commit: Commit) -> None:
                for reference, change in commit.deltas.get(self._references.used.name, ()):
                    if change.new is not None and reference.plural not in self._followed:
                        self._followed.add(reference.plural)
                        self._tracker.add_kind(self._kinds[reference.plural][0])
                        self._follow(reference.plural)
                for reference, _ in commit.deltas.get(self._references.wanted.name, ()):
                    if reference not in self._busy:
                        self._busy.add(reference)
                        group.create_task(self._keep(reference))

            subscription = self._graph.subscribe(committed, self._references.used, self._references.wanted)
            try:
                await asyncio.get_running_loop().create_future()
            finally:
                subscription.close()

    async def _keep(self, reference: Reference) -> None:
        """Fetches a content until it has the wanted version. Deletes it when nothing refers to it any more."""
        backoff = Backoff(self._jitter)
        while (stored := self._references.wanted.get(reference)) is not None:
            if self._versions.get(reference) == stored.version:
                break
            try:
                async with self._turns:
                    await self._fetch(reference, stored)
            except ApiError as error:
                await self._recovery.wait(self._failed(reference, error, backoff), outage=is_outage(error))
            except Exception as error:  # noqa: BLE001 - a bug must cost one content, not the provider
                await asyncio.sleep(self._faulted(reference, error, backoff))
        else:
            self._forget(reference)
        # No await between the check above and this line, so a later change starts a new task.
        self._busy.discard(reference)

    async def _fetch(self, reference: Reference, stored: Stored) -> None:
        kind, decoder = self._kinds[reference.plural]
        namespace, _, name = reference.key.partition("/")
        body = await self._client.get(f"{kind.path_in(namespace)}/{name}", {})
        try:
            decoded = decoder.json(body)
        except msgspec.DecodeError:
            raise ApiError("the answer is not JSON") from None  # its message might quote the content
        if self._references.wanted.get(reference) is None:
            return  # nothing refers to it any more, or it was deleted
        self._versions[reference] = stored.version
        self._tracker.set_problems(_SOURCE, title(kind, reference.key), decoded.problems(kind, _SOURCE))
        if decoded.value is not None:
            assert isinstance(decoded.value, Stored)
            assert decoded.value.content is not None
            with self._graph.transaction():
                self._references.fetched.set(reference, decoded.value.content)

    def _failed(self, reference: Reference, error: ApiError, backoff: Backoff) -> float:
        """Reports the failure, and returns the seconds until the next try. A 404 is not reported: the informer sees the deletion."""
        kind = self._kinds[reference.plural][0]
        reason = classify(error)
        delay = backoff.failed(reason, error.retry_after)
        if reason is not FailureClass.ABSENT:
            self._tell(kind, reference, f"its content is not known: {explain(kind, 'get', error)}")
        return delay

    def _faulted(self, reference: Reference, error: Exception, backoff: Backoff) -> float:
        """The same for a bug in this program. Shows only the type of the error, because its text may quote the content."""
        kind, what = self._kinds[reference.plural][0], type(error).__name__
        frame = traceback.extract_tb(error.__traceback__)[-1]
        _log.error(
            "a bug in this program with %s: %s at %s:%s", title(kind, reference.key), what, frame.filename, frame.lineno
        )
        self._tell(kind, reference, f"its content cannot be read ({what}), which is a bug in this program: report it")
        return backoff.failed(FailureClass.FAILED, None)

    def _tell(self, kind: Kind, reference: Reference, message: str) -> None:
        name = title(kind, reference.key)
        self._tracker.set_problems(_SOURCE, name, (Problem(source=_SOURCE, object=name, field="", message=message),))

    def _forget(self, reference: Reference) -> None:
        if self._versions.pop(reference, None) is not None:
            with self._graph.transaction():
                self._references.fetched.delete(reference)
        kind = self._kinds[reference.plural][0]
        self._tracker.set_problems(_SOURCE, title(kind, reference.key), ())
