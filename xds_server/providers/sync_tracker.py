"""The sync state of every kind, and the problems of its input. The providers write it, everything else reads it."""

import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Any, Final

from xds_server.model.source_state import Phase, Problem, SourceState
from xds_server.providers.kinds import Kind

_WELL: Final[dict[str, Any]] = {"code": None, "message": "", "retry_seconds": None}


class SyncTracker:
    """One SourceState per kind, and all current problems.

    *on_change* is called with the state before and after, for every difference, counts included;
    *on_problem* with a problem that was not there before. Both may read the tracker.
    """

    def __init__(
        self,
        kinds: Iterable[Kind],
        *,
        clock: Callable[[], float] = time.monotonic,
        on_change: Callable[[SourceState, SourceState], None] = lambda _old, _new: None,
        on_problem: Callable[[Problem], None] = lambda _problem: None,
    ) -> None:
        self.clock = clock
        """Seconds, monotonic; all times are on it."""
        self._on_change = on_change
        self._on_problem = on_problem
        self._states = {
            kind.plural: SourceState(kind=kind.plural, required=kind.required, since=clock()) for kind in kinds
        }
        self._problems: dict[str, dict[str, tuple[Problem, ...]]] = {}
        self.problem_count = 0
        """The number of current problems."""

    def add_kind(self, kind: Kind) -> None:
        """Adds a kind, in phase pending."""
        self._states[kind.plural] = SourceState(kind=kind.plural, required=kind.required, since=self.clock())

    # -- reading -----------------------------------------------------------------------------------

    @property
    def states(self) -> Mapping[str, SourceState]:
        """By plural name; live."""
        return MappingProxyType(self._states)

    @property
    def problems(self) -> tuple[Problem, ...]:
        """All current problems, by source and object."""
        return tuple(
            problem
            for _, objects in sorted(self._problems.items())
            for _, problems in sorted(objects.items())
            for problem in problems
        )

    # -- where a source stands ---------------------------------------------------------------------

    def start_list(self, plural: str) -> None:
        """A list was requested. The phase stays until the answer."""
        self._update(plural, started=self.clock())

    def mark_listing(self, plural: str, objects: int, *, message: str = "") -> None:
        """A part of the list has arrived. *message*: what the rest waits for. The phase of a known source stays."""
        self.record_contact(plural)
        if not self._states[plural].known:
            self._update(plural, phase=Phase.LISTING, objects=objects, **_WELL | {"message": message})

    def record_list(self, plural: str, *, epoch: int, objects: int, following: bool = True) -> None:
        """The list is complete, and committed at *epoch*. A stale source stays stale unless *following*: its watches are stable."""
        state, now = self._states[plural], self.clock()
        stays = state.phase is Phase.STALE and not following
        self._update(
            plural, epoch=epoch, objects=objects, last_contact=now, lists=state.lists + 1,
            listed_from=state.started, sync_seconds=now - state.started,
            **({} if stays else _WELL | {"phase": Phase.SYNCED}),
        )  # fmt: skip

    def mark_absent(self, plural: str, *, epoch: int, message: str, retry_seconds: float | None = None) -> None:
        """The server does not know this optional kind, and we hold no objects of it. That counts as a complete list."""
        known = self._states[plural].epoch
        self._update(
            plural, phase=Phase.ABSENT, epoch=epoch if known is None else known, objects=0,
            code=404, message=message, retry_seconds=retry_seconds,
        )  # fmt: skip

    def record_failure(
        self, plural: str, phase: Phase, *, message: str, code: int | None = None, retry_seconds: float | None = None
    ) -> None:
        """A failure: sets *phase*, or STALE if the source was listed before."""
        state = self._states[plural]
        self._update(
            plural, phase=Phase.STALE if state.known else phase, failures=state.failures + 1,
            code=code, message=message, retry_seconds=retry_seconds,
        )  # fmt: skip

    def record_watch_end(self, plural: str, how: str) -> None:
        """A watch has ended, as all do: `eof`, `expired`, `silence`, `asked` or `error`."""
        self._update(plural, restarts=self._states[plural].restarts + 1, ended=how)

    def record_contact(self, plural: str) -> None:
        """The server has sent something. Notifies nobody."""
        self._states[plural] = replace(self._states[plural], last_contact=self.clock())

    def clear_stale(self, plural: str) -> None:
        """Changes are followed again. Does nothing unless the source was stale."""
        if self._states[plural].phase is Phase.STALE:
            self._update(plural, phase=Phase.SYNCED, **_WELL)

    def set_object_count(self, plural: str, objects: int) -> None:
        """Sets the number of objects held."""
        if self._states[plural].objects != objects:
            self._update(plural, objects=objects)

    def replace_state(self, state: SourceState) -> None:
        """A state that was put together elsewhere; of it, since when is seen here."""
        changes = {
            name: getattr(state, name)
            for name in state.__slots__
            if name not in ("kind", "required", "since", "last_contact")
        }
        self._update(state.kind, **changes)

    def _update(self, plural: str, **changes: Any) -> None:
        old = self._states[plural]
        if changes.get("phase", old.phase) is not old.phase:
            changes["since"] = self.clock()
        new = replace(old, **changes)
        if new != old:
            self._states[plural] = new
            self._on_change(old, new)

    # -- what is wrong with the input --------------------------------------------------------------

    def set_problems(self, source: str, title: str, problems: tuple[Problem, ...]) -> None:
        """Replaces the problems of one object of one source. An empty tuple removes them."""
        said = self._problems.get(source, {})
        before = said.get(title, ())
        self.problem_count += len(problems) - len(before)
        if problems:
            self._problems.setdefault(source, {})[title] = problems
        elif before:
            del said[title]
            if not said:
                del self._problems[source]
        for problem in problems:
            if problem not in before:
                self._on_problem(problem)

    def replace_problems(self, source: str, problems: Iterable[Problem]) -> None:
        """Replaces all problems of one source."""
        now: dict[str, tuple[Problem, ...]] = {}
        for problem in problems:
            now[problem.object] = (*now.get(problem.object, ()), problem)
        for title in [title for title in self._problems.get(source, {}) if title not in now]:
            self.set_problems(source, title, ())
        for title, said in now.items():
            self.set_problems(source, title, said)
