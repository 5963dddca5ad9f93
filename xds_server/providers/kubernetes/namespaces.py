"""Lists and watches kinds by namespace: a list replaces the objects of its namespace, and a kind has its worst namespace's state."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from krt import Graph, Reflector, Source
from xds_server.model.source_state import Phase, Problem, SourceState
from xds_server.providers.kinds import Kind
from xds_server.providers.sync_tracker import SyncTracker

# The phase of a kind is the first of these that one of its namespaces is in.
_WORST_FIRST: Final = (
    Phase.FORBIDDEN,
    Phase.ABSENT,
    Phase.ERROR,
    Phase.PENDING,
    Phase.LISTING,
    Phase.STALE,
    Phase.SYNCED,
)


class NamespaceReflector(Reflector[str, Any]):
    """A reflector of the objects of one namespace, into a source of several namespaces.

    It marks the source synced once *all_listed* returns True: every namespace has been listed.
    """

    def __init__(self, source: Source[str, Any], graph: Graph, namespace: str, all_listed: Callable[[], bool]) -> None:
        super().__init__(source)
        self._graph = graph
        self._prefix = f"{namespace}/"
        self._all_listed = all_listed
        self.was_listed = False

    def listed(self) -> None:
        """The list is complete: deletes the objects of this namespace that it did not contain."""
        seen, self._seen = self._seen or {}, None
        with self._graph.transaction():
            for key in [key for key in self.source if key.startswith(self._prefix) and key not in seen]:
                self.source.delete(key)
            for key, value in seen.items():
                if value is not None:
                    self.source.set(key, value)
            self.was_listed = True
            if self._all_listed():
                self.source.mark_synced()


class NamespaceSyncTracker(SyncTracker):
    """The tracker of one namespace, which reports each change to the tracker of all of them."""

    def __init__(self, kinds: Iterable[Kind], namespace: str, whole: SyncTracker, on_change: Callable[[str], None]):
        super().__init__(kinds, clock=whole.clock, on_change=lambda _, new: on_change(new.kind))
        self.namespace = namespace
        self._whole = whole

    def record_contact(self, plural: str) -> None:
        """The server has sent something."""
        super().record_contact(plural)
        self._whole.record_contact(plural)

    def set_problems(self, source: str, title: str, problems: tuple[Problem, ...]) -> None:
        """Replaces the problems of one object."""
        self._whole.set_problems(self._named(source), title, problems)

    def replace_problems(self, source: str, problems: Iterable[Problem]) -> None:
        """Replaces all problems of this namespace."""
        self._whole.replace_problems(self._named(source), problems)

    def _named(self, source: str) -> str:
        return f"{source} {self.namespace}"


def merged(parts: Sequence[tuple[str, SourceState]], held: int) -> SourceState:
    """The state of a kind, from its (namespace, state) pairs and *held*, the number of its objects."""
    namespace, worst = min(parts, key=lambda part: _WORST_FIRST.index(part[1].phase))
    states = [state for _, state in parts]
    epochs = [state.epoch for state in states]
    known = [epoch for epoch in epochs if epoch is not None]
    begun = [state.listed_from for state in states if state.listed_from is not None]
    seconds = [state.sync_seconds for state in states if state.sync_seconds is not None]
    return replace(
        worst,
        started=min(state.started for state in states),
        lists=min(state.lists for state in states),
        listed_from=min(begun) if len(begun) == len(states) else None,
        sync_seconds=max(seconds) if len(seconds) == len(states) else None,
        objects=max(held, sum(state.objects for state in states if state.phase is Phase.LISTING)),
        epoch=max(known) if len(known) == len(epochs) else None,
        failures=sum(state.failures for state in states),
        restarts=sum(state.restarts for state in states),
        message=f"namespace {namespace}: {worst.message}" if worst.message else "",
    )


class NamespaceReflectors:
    """The reflectors and trackers of each namespace, which feed those of the kinds."""

    def __init__(
        self,
        kinds: tuple[Kind, ...],
        namespaces: Iterable[str],
        reflectors: Mapping[str, Reflector[str, Any]],
        graph: Graph,
        tracker: SyncTracker,
    ) -> None:
        self._tracker = tracker
        self._sources = {kind.plural: reflectors[kind.plural].source for kind in kinds}
        names = tuple(dict.fromkeys(namespaces))
        self._parts: dict[str, list[NamespaceReflector]] = {kind.plural: [] for kind in kinds}
        for plural, parts in self._parts.items():
            parts += [NamespaceReflector(self._sources[plural], graph, name, self._asker(parts)) for name in names]
        self.trackers = {name: NamespaceSyncTracker(kinds, name, tracker, self._changed) for name in names}
        """By namespace."""

    def reflector(self, plural: str, namespace: str) -> NamespaceReflector:
        """The reflector of one kind in one namespace."""
        return self._parts[plural][list(self.trackers).index(namespace)]

    def _asker(self, parts: list[NamespaceReflector]) -> Callable[[], bool]:
        return lambda: all(part.was_listed for part in parts)

    def _changed(self, plural: str) -> None:
        states = [(name, tracker.states[plural]) for name, tracker in self.trackers.items()]
        self._tracker.replace_state(merged(states, len(self._sources[plural])))
