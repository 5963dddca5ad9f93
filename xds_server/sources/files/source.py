"""The source over a directory: looks several times a second, and applies what changed as one transaction."""

import asyncio
import logging
import time
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping
from pathlib import Path
from typing import Any, Final

from krt import Graph, Reflector
from xds_server.model.source_state import Phase
from xds_server.sources.files.claims import Claims
from xds_server.sources.files.directory import Directory, Look
from xds_server.sources.files.parse import ObjectId, Parser
from xds_server.sources.kinds import Kind
from xds_server.sources.state import SourceBoard

_log = logging.getLogger(__name__)

_INTERVAL_SECONDS: Final = 0.2
# A look may take a twentieth of a core, but a change is seen within a second all the same.
_LONGEST_PAUSE_SECONDS: Final = 0.8
_PAUSE_PER_LOOK: Final = 20


class FileSource:
    """Follows the YAML and JSON files below a directory.

    Polls, for inotify is blind on network file systems and to what a symbolic link leads to, and a
    look costs a stat per file. *barrier*: a file before whose existence the directory does not count as
    complete, for whoever fills it bit by bit; once it was seen, it has done its work. *list_delay*
    withholds the first contents of a kind for so many seconds.
    """

    def __init__(
        self,
        directory: str,
        *,
        kinds: tuple[Kind, ...],
        reflectors: Mapping[str, Reflector[str, Any]],
        graph: Graph,
        board: SourceBoard,
        barrier: str | None = None,
        list_delay: Mapping[str, float] | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._root = directory
        self._directory = Directory(directory, Parser(kinds))
        self._barrier = barrier
        self._claims = Claims(kinds)
        self._reflectors = reflectors
        self._graph = graph
        self._board = board
        self._clock = clock
        self._delays = dict(list_delay or {})
        self._withheld = [kind.plural for kind in kinds]
        self._listed: list[str] = []
        self._first_look: float | None = None
        self._named: set[str] = set()

    @property
    def ignored(self) -> Counter[str]:
        """How many objects there are of each kind that is not read, by `apiVersion kind`."""
        return Counter(self._claims.ignored())

    async def run(self) -> None:
        """Follows the directory until cancelled; one that cannot be read is tried again."""
        for plural, seconds in self._delays.items():
            _log.warning("fault injection: the list of %s is withheld for %g s", plural, seconds)
        for plural in self._withheld:
            self._board.asked(plural)
        while True:
            began = self._clock()
            await self.look()
            await asyncio.sleep(self._pause(self._clock() - began))

    def relist(self, _: Collection[str]) -> None:
        """Does nothing: each look sees all there is."""

    async def look(self) -> None:
        """Looks once, and applies what changed."""
        try:
            look = await asyncio.to_thread(self._look)
        except OSError as error:
            message = f"cannot read directory {self._root}: {error.strerror}: create it, or allow it to be read"
            for plural in (*self._listed, *self._withheld):
                self._board.failed(plural, Phase.ERROR, message=message)
            return
        self._apply(look)

    def _look(self) -> Look:
        """What changed; the barrier is looked at first, so that what was there before it is in this look."""
        if self._barrier is not None and Path(self._barrier).exists():
            self._barrier = None
        return self._directory.look()

    def _pause(self, took: float) -> float:
        pause = min(max(_INTERVAL_SECONDS, _PAUSE_PER_LOOK * took), _LONGEST_PAUSE_SECONDS)
        if self._first_look is None or not self._withheld:
            return pause
        next_list = self._first_look + min(self._delays.get(plural, 0) for plural in self._withheld)
        return min(pause, max(0.0, next_list - self._clock()))

    def _apply(self, look: Look) -> None:
        touched = self._claims.update(look.parsed, look.gone)
        due = self._due()
        if touched or due:
            with self._graph.transaction():
                for identity in touched:
                    if identity[0] in self._listed:
                        self._settle(identity)
                for plural in due:
                    self._list(plural)
        if touched or due or self._barrier is not None:
            self._tell_states(due)
        if look.parsed or look.gone:
            self._tell_problems({*look.parsed, *look.gone}, touched)
        for plural in self._listed:
            self._board.in_touch(plural)

    def _due(self) -> list[str]:
        """The kinds whose first list is to be delivered now."""
        if self._barrier is not None:
            return []
        if self._first_look is None:
            self._first_look = self._clock()
        waited = self._clock() - self._first_look
        due = [plural for plural in self._withheld if self._delays.get(plural, 0) <= waited]
        self._withheld = [plural for plural in self._withheld if plural not in due]
        return due

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
            if value is not None:  # and if it is None, there is no earlier version to keep: this is the first list
                reflector.apply(identity[1], value)
        reflector.listed()
        self._listed.append(plural)

    def _tell_states(self, due: Iterable[str]) -> None:
        for plural in due:
            self._board.listed(plural, epoch=self._graph.epoch, objects=self._reflectors[plural].count)
        for plural in self._listed:
            self._board.count(plural, self._reflectors[plural].count)
        for plural in self._withheld:
            objects = sum(1 for _ in self._claims.of_kind(plural))
            message = f"complete once there is a file {self._barrier}: let it be made last" if self._barrier else ""
            self._board.listing(plural, objects, message=message)

    def _tell_problems(self, paths: set[str], touched: Iterable[ObjectId]) -> None:
        for path in paths.union(*(self._claims.claimants(identity) for identity in touched)):
            self._board.replace(path, self._claims.problems(path))
        for name, count in self.ignored.items():
            if name not in self._named:
                self._named.add(name)
                _log.info("ignored: %d of kind %r in %s: this server does not read it", count, name, self._root)
