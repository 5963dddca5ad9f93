"""The provider of a directory: polls it several times a second, and applies all changes in one transaction."""

import asyncio
import logging
import time
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from krt import Graph, Reflector
from xds_server.model.admission import ChangeOutcome
from xds_server.model.source_state import Phase, Problem
from xds_server.providers.files.object_index import ObjectIndex
from xds_server.providers.files.parse import ObjectId, Parser
from xds_server.providers.files.poller import Directory, Ended
from xds_server.providers.files.scan import shown
from xds_server.providers.kinds import Kind
from xds_server.providers.sync_tracker import SyncTracker

_log = logging.getLogger(__name__)

_INTERVAL_SECONDS: Final = 0.2
# Polls use at most a twentieth of a core, but a change is always seen within a second.
_LONGEST_PAUSE_SECONDS: Final = 0.8
_PAUSE_PER_LOOK: Final = 20


@dataclass(slots=True)
class _News:
    """What a poll found."""

    problems: dict[str, list[Problem]] = field(default_factory=dict)
    """All current problems of the files whose problems may have changed, by path."""
    ignored: Counter[str] | None = None
    """The number of objects of kinds that are not read; None if it has not changed."""
    ended: list[Ended] = field(default_factory=list)


class FilesProvider:
    """Follows the YAML and JSON files below a directory.

    Polls, because inotify does not work on network file systems or for the targets of symbolic links, and a
    poll costs one stat per file. *barrier*: a file that must exist before the directory counts as complete, for
    tools that fill it file by file. Once seen, it is not checked again. *list_delay*: fault injection, seconds by
    which the first list of a kind is delayed. *hold_seconds*: how long a change is held at most while its file is
    being written, or looks incomplete. *on_hold_ended* receives the seconds of a hold, and why it ended.
    """

    def __init__(
        self,
        directory: str,
        *,
        kinds: tuple[Kind, ...],
        reflectors: Mapping[str, Reflector[str, Any]],
        graph: Graph,
        tracker: SyncTracker,
        barrier: str | None = None,
        list_delay: Mapping[str, float] | None = None,
        hold_seconds: float = 10.0,
        on_hold_ended: Callable[[float, ChangeOutcome], None] = lambda _seconds, _by: None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._root = directory
        self._directory = Directory(directory, Parser(kinds), hold_seconds=hold_seconds, clock=clock)
        self._barrier = barrier
        self._claims = ObjectIndex(kinds)
        self._reflectors = reflectors
        self._graph = graph
        self._tracker = tracker
        self._clock = clock
        self._hold_seconds = hold_seconds
        self._on_hold_ended = on_hold_ended
        self._delays = dict(list_delay or {})
        self._withheld = [kind.plural for kind in kinds]
        self._listed: list[str] = []
        self._first_look: float | None = None
        self._named: set[str] = set()
        self._touched: set[ObjectId] = set()
        self._held: dict[str, str] = {}
        self._fault = ""
        self.ignored: Counter[str] = Counter()
        """The number of objects of each kind that is not read, by `apiVersion kind`."""

    @property
    def held(self) -> Mapping[str, str]:
        """Files with a change that is held: the path and the reason."""
        return self._held

    def release(self) -> int:
        """Applies all held changes at the next poll, and returns their number."""
        return self._directory.override()

    async def run(self) -> None:
        """Follows the directory until cancelled. A directory that cannot be read is tried again."""
        for plural, seconds in self._delays.items():
            _log.warning("fault injection: the list of %s is withheld for %g s", plural, seconds)
        for plural in self._withheld:
            self._tracker.start_list(plural)
        while True:
            began = self._clock()
            await self.look()
            await asyncio.sleep(self._pause(self._clock() - began))

    def relist(self, _: Collection[str]) -> None:
        """Does nothing: every poll sees all files."""

    async def look(self) -> None:
        """Polls once, and applies what changed. A failure is recorded on the tracker, and tried again."""
        try:
            news = await asyncio.to_thread(self._look)
            self._apply(news)
        except OSError as error:
            self._failed(f"cannot read directory {self._root}: {error.strerror}: create it, or allow it to be read")
        except Exception as error:  # noqa: BLE001 - the next poll may succeed, whatever it was
            self._directory.distrust()
            message = f"cannot look at {self._root} ({type(error).__name__}), which is a bug in this program: report it"
            if message != self._fault:
                _log.exception(message)
            self._fault = message
            self._failed(message)

    def _failed(self, message: str) -> None:
        for plural in (*self._listed, *self._withheld):
            self._tracker.record_failure(plural, Phase.ERROR, message=message)

    def _look(self) -> _News:
        """What changed. Checks the barrier first, so that this poll sees all files that were written before it."""
        if self._barrier is not None and Path(self._barrier).exists():
            self._barrier = None
        look = self._directory.look()
        touched = self._claims.update(look.parsed, look.gone)
        self._touched |= touched
        held = self._directory.held
        news = _News(ended=look.ended)
        changed = {*look.parsed, *look.gone, *(path for path, _ in held.items() ^ self._held.items())}
        for path in sorted(changed.union(*(self._claims.claimants(identity) for identity in touched))):
            news.problems[path] = [*self._claims.problems(path), *self._hold_problems(path, held)]
        if look.parsed or look.gone:
            news.ignored = self._claims.ignored()
        self._held = held
        return news

    def _hold_problems(self, path: str, held: Mapping[str, str]) -> list[Problem]:
        if path not in held:
            return []
        what = "what it had stays" if self._directory.complete else "nothing is listed"
        message = (
            f"{held[path]}, so {what} for up to {self._hold_seconds:g} s: "
            "write another file and rename it into place, or delete this one"
        )
        return [Problem(source=shown(path), message=message)]

    def _pause(self, took: float) -> float:
        if self._directory.unsettled:
            return _INTERVAL_SECONDS
        pause = min(max(_INTERVAL_SECONDS, _PAUSE_PER_LOOK * took), _LONGEST_PAUSE_SECONDS)
        if self._first_look is None or not self._withheld:
            return pause
        next_list = self._first_look + min(self._delays.get(plural, 0) for plural in self._withheld)
        return min(pause, max(0.0, next_list - self._clock()))

    def _apply(self, news: _News) -> None:
        touched, due = self._touched, self._due()
        if touched or due:
            with self._graph.transaction():
                # Sorted, because collections keep the order, and a set's order differs between processes.
                for identity in sorted(identity for identity in touched if identity[0] in self._listed):
                    self._settle(identity)
                for plural in due:
                    self._list(plural)
            self._listed += due
            self._withheld = [plural for plural in self._withheld if plural not in due]
            self._touched = set()
        if touched or due or self._withheld:
            self._tell_states(due)
        for path, problems in news.problems.items():
            self._tracker.replace_problems(shown(path), problems)
        self._tell_ignored(news.ignored)
        for ended in news.ended:
            _log.info("hold ended: %s was not believed for %.1f s: %s", shown(ended.path), ended.seconds, ended.by)
            self._on_hold_ended(ended.seconds, ended.by)
        for plural in self._listed:
            self._tracker.clear_stale(plural)
        self._fault = ""

    def _due(self) -> list[str]:
        """The kinds whose first list to apply now."""
        if self._barrier is not None or not self._directory.complete:
            return []
        if self._first_look is None:
            self._first_look = self._clock()
        waited = self._clock() - self._first_look
        return [plural for plural in self._withheld if self._delays.get(plural, 0) <= waited]

    def _settle(self, identity: ObjectId) -> None:
        plural, key = identity
        if identity not in self._claims:
            self._reflectors[plural].delete(key)
            return
        value = self._claims.value(identity)
        if value is not None:
            self._reflectors[plural].apply(key, value)

    def _list(self, plural: str) -> None:
        reflector = self._reflectors[plural]
        reflector.begin()
        for identity in self._claims.of_kind(plural):
            value = self._claims.value(identity)
            # None is an invalid object. There is no earlier version to keep, because this is the first list.
            if value is not None:
                reflector.apply(identity[1], value)
        reflector.listed()

    def _tell_states(self, due: Iterable[str]) -> None:
        for plural in due:
            self._tracker.record_list(plural, epoch=self._graph.epoch, objects=self._reflectors[plural].count)
        for plural in self._listed:
            self._tracker.set_object_count(plural, self._reflectors[plural].count)
        for plural in self._withheld:
            objects = sum(1 for _ in self._claims.of_kind(plural))
            self._tracker.mark_listing(plural, objects, message=self._awaited())

    def _awaited(self) -> str:
        """What must happen before the first list."""
        if self._barrier:
            return f"complete once there is a file {self._barrier}: let it be made last"
        for path, change in list(self._directory.changing.items()):
            return f"complete once {shown(path)} is, which {change.reason or 'is being written'}"
        return ""

    def _tell_ignored(self, ignored: Counter[str] | None) -> None:
        if ignored is None:
            return
        self.ignored = ignored
        for name, count in ignored.items():
            if name not in self._named:
                self._named.add(name)
                _log.info("ignored: %d of kind %r in %s: this server does not read it", count, name, self._root)
