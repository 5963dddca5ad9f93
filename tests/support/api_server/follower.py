"""A Kubernetes source with all that it feeds, for a test to wait on."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from krt import Commit, Graph, Reflector, Source
from xds_server.model.source_state import Phase, SourceState
from xds_server.providers.kinds import REFERENCED, kinds
from xds_server.providers.kubernetes.kopf_client import KopfClient, login
from xds_server.providers.kubernetes.provider import KubernetesProvider
from xds_server.providers.sync_tracker import SyncTracker
from xds_server.translate.references import derive_references


class Follower:
    """A KubernetesProvider with all that it feeds."""

    def __init__(
        self,
        kubeconfig: Path,
        optional: tuple[str, ...] = (),
        *,
        streamed: bool = False,
        namespaces: tuple[str, ...] = (),
        referring: bool = False,
    ) -> None:
        self.graph = Graph()
        self.kinds = kinds(optional)
        self.sources: dict[str, Source[str, Any]] = {kind.plural: self.graph.source(kind.plural) for kind in self.kinds}
        self.changed = asyncio.Event()
        self.commits = 0
        self.phases_seen: dict[str, list[Phase]] = {kind.plural: [Phase.PENDING] for kind in self.kinds}
        self.tracker = SyncTracker(self.kinds, on_change=self._on_change, on_problem=lambda _: self.changed.set())
        ours = self.sources["gateways"].map(lambda _, gateway: gateway, name="our_gateways")
        self.references = (
            derive_references(self.graph, ours, [kind.plural for kind in REFERENCED]) if referring else None
        )
        self.graph.subscribe(self._on_commit, *self.sources.values())
        self.source = KubernetesProvider(
            client=KopfClient(login(str(kubeconfig))),
            kinds=self.kinds,
            reflectors={plural: Reflector(source) for plural, source in self.sources.items()},
            graph=self.graph,
            tracker=self.tracker,
            streamed=streamed,
            namespaces=namespaces,
            references=self.references,
        )

    def _on_change(self, old: SourceState, new: SourceState) -> None:
        if old.phase is not new.phase:
            self.phases_seen.setdefault(new.kind, []).append(new.phase)
        self.changed.set()

    def _on_commit(self, _: Commit) -> None:
        self.commits += 1
        self.changed.set()

    def state(self, plural: str) -> SourceState:
        return self.tracker.states[plural]

    def phases(self) -> set[Phase]:
        return {state.phase for state in self.tracker.states.values()}

    async def until(self, condition: Callable[[], bool], seconds: float = 60) -> None:
        """Waits for a change after which *condition* holds."""
        async with asyncio.timeout(seconds):
            while not condition():
                await self.changed.wait()
                self.changed.clear()


@asynccontextmanager
async def following(
    kubeconfig: Path,
    *optional: str,
    streamed: bool = False,
    namespaces: tuple[str, ...] = (),
    referring: bool = False,
) -> AsyncIterator[Follower]:
    """A follower that runs as long as the context."""
    follower = Follower(kubeconfig, optional, streamed=streamed, namespaces=namespaces, referring=referring)
    task = asyncio.create_task(follower.source.run())
    try:
        yield follower
    finally:
        task.cancel()
        await asyncio.wait([task])
        assert task.cancelled()


async def do(call: Callable[..., Any], *args: Any) -> Any:
    """A blocking call, while the loop goes on."""
    return await asyncio.to_thread(call, *args)
