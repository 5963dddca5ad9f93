"""The source over a Kubernetes API server: an informer per kind, all at once, on one client."""

import asyncio
import logging
import random
import time
from collections.abc import Collection, Mapping, Sequence
from typing import Any, Final

from krt import Graph, Reflector
from xds_server.sources.kinds import Kind
from xds_server.sources.kube.informer import Informer
from xds_server.sources.kube.kopf_client import KopfClient, login
from xds_server.sources.kube.listwatch import ListWatch, Scope
from xds_server.sources.kube.parts import Parts
from xds_server.sources.kube.turnstile import Turnstile
from xds_server.sources.state import SourceBoard

_log = logging.getLogger(__name__)


_LISTS_AT_ONCE: Final = 8


class KubeSource:
    """Follows an API server.

    *namespaces*: those alone, or all if there is none; *selectors*: a label selector by kind; *streamed* asks for
    lists as streams instead of pages; *list_delay* withholds every list of a kind for so many seconds.
    """

    def __init__(
        self,
        *,
        kinds: tuple[Kind, ...],
        reflectors: Mapping[str, Reflector[str, Any]],
        graph: Graph,
        board: SourceBoard,
        kubeconfig: str | None = None,
        context: str | None = None,
        namespaces: Sequence[str] = (),
        selectors: Mapping[str, str] | None = None,
        streamed: bool = False,
        list_delay: Mapping[str, float] | None = None,
    ) -> None:
        self._client = KopfClient(login(kubeconfig, context))
        self._delays = dict(list_delay or {})
        jitter = random.Random().random  # noqa: S311 - not a secret
        turnstile = Turnstile(_LISTS_AT_ONCE)

        def informer(kind: Kind, namespace: str, reflector: Reflector[str, Any], board: SourceBoard) -> Informer:
            delay = self._delays.get(kind.plural, 0.0)
            scope = Scope(
                namespace=namespace, labels=(selectors or {}).get(kind.plural, ""), streamed=streamed and not delay
            )
            listwatch = ListWatch(
                kind, reflector=reflector, graph=graph, board=board,
                jitter=lambda ceiling: jitter() * ceiling, clock=time.monotonic, scope=scope,
            )  # fmt: skip
            return Informer(listwatch, self._client, turnstile=turnstile, list_delay=delay)

        if len(namespaces) <= 1:
            namespace = next(iter(namespaces), "")
            self._informers = [
                (kind.plural, informer(kind, namespace, reflectors[kind.plural], board)) for kind in kinds
            ]
        else:
            parts = Parts(kinds, namespaces, reflectors, graph, board)
            self._informers = [
                (kind.plural, informer(kind, name, parts.reflector(kind.plural, name), part_board))
                for name, part_board in parts.boards.items()
                for kind in kinds
            ]

    def relist(self, kinds: Collection[str]) -> None:
        """Has these kinds listed anew, now."""
        for plural, informer in self._informers:
            if plural in kinds:
                informer.relist()

    async def run(self) -> None:
        """Lists and watches all kinds until cancelled."""
        for plural, seconds in self._delays.items():
            _log.warning("fault injection: every list of %s is withheld for %g s", plural, seconds)
        try:
            async with asyncio.TaskGroup() as group:
                for _, informer in self._informers:
                    group.create_task(informer.run())
        finally:
            await self._client.close()
