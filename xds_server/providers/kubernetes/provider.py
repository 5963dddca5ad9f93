"""The provider of a Kubernetes API server: one informer per kind, all concurrent, on one client."""

import asyncio
import logging
import random
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any, Final, TypeAlias

from krt import Graph, Reflector
from xds_server.model.references import References
from xds_server.providers.kinds import Kind
from xds_server.providers.kubernetes.informer import Client, Informer
from xds_server.providers.kubernetes.keepalive import Keepalive
from xds_server.providers.kubernetes.kopf_client import KopfClient
from xds_server.providers.kubernetes.listwatch import ListWatch, Scope
from xds_server.providers.kubernetes.namespaces import NamespaceReflectors
from xds_server.providers.kubernetes.outage_recovery import OutageRecovery
from xds_server.providers.kubernetes.priority_semaphore import PrioritySemaphore
from xds_server.providers.kubernetes.referenced_contents import METADATA_KINDS, MetadataClient, ReferencedContents
from xds_server.providers.sync_tracker import SyncTracker

_log = logging.getLogger(__name__)


LISTS_AT_ONCE: Final = 8

_Informers: TypeAlias = list[tuple[str, Informer]]


class KubernetesProvider:
    """Follows an API server by *client*, which it closes in the end.

    *namespaces*: those alone, or all if there is none; *selectors*: a label selector by kind; *streamed* asks for
    lists as streams instead of pages; *list_delay* withholds every list of a kind for so many seconds; *references*:
    what objects refer to is followed as well; *jitter* gives numbers from 0 to 1.
    """

    def __init__(
        self,
        *,
        client: KopfClient,
        kinds: tuple[Kind, ...],
        reflectors: Mapping[str, Reflector[str, Any]],
        graph: Graph,
        tracker: SyncTracker,
        namespaces: Sequence[str] = (),
        selectors: Mapping[str, str] | None = None,
        streamed: bool = False,
        list_delay: Mapping[str, float] | None = None,
        references: References | None = None,
        lists_at_once: int = LISTS_AT_ONCE,
        clock: Callable[[], float] = time.monotonic,
        jitter: Callable[[], float] = random.random,
    ) -> None:
        self._client = client
        self._delays = dict(list_delay or {})
        self._keepalive = Keepalive(self._client.ping)
        turns = PrioritySemaphore(lists_at_once)
        recovery = OutageRecovery(lambda ceiling: jitter() * ceiling)

        def informer(
            kind: Kind, namespace: str, reflector: Reflector[str, Any], tracker: SyncTracker, client: Client
        ) -> Informer:
            delay = self._delays.get(kind.plural, 0.0)
            scope = Scope(
                namespace=namespace, labels=(selectors or {}).get(kind.plural, ""), streamed=streamed and not delay
            )
            listwatch = ListWatch(
                kind, reflector=reflector, graph=graph, tracker=tracker,
                jitter=lambda ceiling: jitter() * ceiling, clock=clock, scope=scope,
            )  # fmt: skip
            return Informer(
                listwatch, client, turns=turns, recovery=recovery, heard=self._keepalive.heard, list_delay=delay
            )

        def informers(kinds: tuple[Kind, ...], into: Mapping[str, Reflector[str, Any]], client: Client) -> _Informers:
            if len(namespaces) <= 1:
                namespace = next(iter(namespaces), "")
                return [(kind.plural, informer(kind, namespace, into[kind.plural], tracker, client)) for kind in kinds]
            parts = NamespaceReflectors(kinds, namespaces, into, graph, tracker)
            return [
                (kind.plural, informer(kind, name, parts.reflector(kind.plural, name), namespace_tracker, client))
                for name, namespace_tracker in parts.trackers.items()
                for kind in kinds
            ]

        self._informers = informers(kinds, reflectors, self._client)
        self._referenced: _Informers = []
        self._contents: ReferencedContents | None = None
        self._tasks: asyncio.TaskGroup | None = None
        if references is not None:
            into = {plural: Reflector(source) for plural, source in references.stored.items()}
            self._referenced = informers(METADATA_KINDS, into, MetadataClient(self._client))
            self._contents = ReferencedContents(
                self._client, references, graph, tracker,
                follow=self._follow, recovery=recovery, jitter=lambda ceiling: jitter() * ceiling,
            )  # fmt: skip

        self._keepalive.listeners = [informer for _, informer in (*self._informers, *self._referenced)]

    def relist(self, kinds: Collection[str]) -> None:
        """Lists these kinds again now."""
        for plural, informer in self._informers:
            if plural in kinds:
                informer.relist()

    def _follow(self, plural: str) -> None:
        """Starts the informers of a referenced kind."""
        assert self._tasks is not None
        for name, informer in self._referenced:
            if name == plural:
                self._tasks.create_task(informer.run())

    @property
    def held(self) -> Mapping[str, str]:
        """Always empty: an API server sends only complete objects."""
        return {}

    def release(self) -> int:
        """Does nothing."""
        return 0

    async def run(self) -> None:
        """Lists and watches all kinds until cancelled."""
        for plural, seconds in self._delays.items():
            _log.warning("fault injection: every list of %s is withheld for %g s", plural, seconds)
        try:
            async with asyncio.TaskGroup() as self._tasks:
                for _, informer in self._informers:
                    self._tasks.create_task(informer.run())
                self._tasks.create_task(self._keepalive.run())
                if self._contents is not None:
                    self._tasks.create_task(self._contents.run())
        finally:
            await self._client.close()
