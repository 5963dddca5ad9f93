"""Reads the files of a directory that changed since the last poll, once they are completely written. Blocking: for a thread."""

import os
import time
from collections.abc import Callable, Collection
from dataclasses import dataclass, field, replace
from typing import Final

from xds_server.model.admission import ChangeOutcome
from xds_server.providers.files import file_reader
from xds_server.providers.files.parse import ObjectId, Parsed, Parser, broken
from xds_server.providers.files.scan import DirectoryListing, Signature, shown, walk
from xds_server.providers.files.write_stability import MOMENT, Change, missing, unfinished

_ROUNDS: Final = 5
# Two writes within one tick of the file system's clock give the same times. So a file that was written this
# recently is read once more at the next poll. (Ticks are 4 to 10 ms; network file systems differ.)
_YOUNG_SECONDS: Final = 0.1
# A complete change waits this long at most for files that began to change in the same poll: they may belong together.
_LONGEST_DEFERRAL: Final = 1.0
_NANOSECONDS: Final = 1e9


@dataclass(frozen=True, slots=True)
class Ended:
    """The end of a hold."""

    path: str
    seconds: float
    by: ChangeOutcome


@dataclass(slots=True)
class DirectoryChanges:
    """What changed since the previous poll."""

    parsed: dict[str, Parsed] = field(default_factory=dict)
    """By path: new files, and those whose content changed."""
    gone: set[str] = field(default_factory=set)
    """Files that were deleted."""
    ended: list[Ended] = field(default_factory=list)
    """Holds that ended."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Known:
    """A file as it was last applied."""

    signature: Signature
    again: bool
    """Whether to read it again with the same signature: it may have been written again, or could not be read."""
    linked: bool
    """Whether it is a symbolic link."""
    digest: int | None
    """The hash of its content; None if it could not be read."""
    objects: Collection[ObjectId]
    """Its objects when it could last be parsed, in the order of the file."""


class Directory:
    """Remembers the files below *root*, so that only those that changed are opened.

    *hold_seconds*: how long a change is held at most; 0 applies every change at once.
    """

    def __init__(
        self,
        root: str,
        parser: Parser,
        *,
        hold_seconds: float,
        clock: Callable[[], float] = time.monotonic,
        now: Callable[[], int] = time.time_ns,
    ) -> None:
        self._root = root
        self._parser = parser
        self._hold_seconds = hold_seconds
        self._clock = clock
        self._now = now
        self._known: dict[str, _Known] = {}
        self._places: dict[str, str] = {}
        self._unreadable: dict[str, str] = {}
        self._absent: dict[str, float] = {}
        self._deferred_since: float | None = None
        self.complete = False
        """Whether every file has been applied at least once. Until then the set of objects is not known."""
        self.changing: dict[str, Change] = {}
        """Changes that are not applied yet, by path."""

    @property
    def unsettled(self) -> bool:
        """Whether a change is in progress, so that the next poll should come soon."""
        return bool(self._absent) or any(not change.reason for change in self.changing.values())

    @property
    def held(self) -> dict[str, str]:
        """Why files are held, by path, until their changes are applied."""
        return {
            path: change.reason or "is being written again"
            for path, change in list(self.changing.items())
            if change.held_since is not None
        }

    def override(self) -> int:
        """Applies all held changes at the next poll, and returns their number."""
        held = [change for change in list(self.changing.values()) if change.held_since is not None]
        for change in held:
            change.overridden = True
        return len(held)

    def distrust(self) -> None:
        """Reads every file again at the next poll."""
        for path, known in self._known.items():
            self._known[path] = replace(known, again=True, digest=None)
        self._unreadable = {}

    def look(self) -> DirectoryChanges:
        """Polls until nothing more changes, so that a change of several files is applied as one.

        Raises: OSError, if the directory itself cannot be read.
        """
        look = DirectoryChanges()
        read: dict[str, Signature] = {}
        for _ in range(_ROUNDS):
            if not self._round(look, read):
                break
        self.complete = self.complete or not self.changing
        return look

    def _round(self, look: DirectoryChanges, read: dict[str, Signature]) -> bool:
        """Walks the directory once. Returns whether anything changed, so that another walk may find more."""
        seen, now = walk(self._root), self._clock()
        for path in (self._unreadable.keys() - seen.unreadable.keys()) & self._known.keys():
            self._known[path] = replace(self._known[path], again=True, digest=None)
        ready, began = self._ready(seen, look, read, now)
        gone, left = self._gone(seen, now)
        if (began or left) and self._may_defer(now):
            return False
        self._deferred_since = None
        for path in gone:
            self._forget(path, look, now)
        taken = [path for path, signature in ready.items() if self._take(path, signature, seen, look, now)]
        read.update((path, ready[path]) for path in taken)
        self._tell_unreadable(seen, look)
        self._places = seen.places
        return bool(gone or taken)

    # -- which files are complete, judged by stat ----------------------------------------------------

    def _ready(
        self, seen: DirectoryListing, look: DirectoryChanges, read: dict[str, Signature], now: float
    ) -> tuple[dict[str, Signature], bool]:
        """The files to read now, and whether others have just begun to change."""
        ready: dict[str, Signature] = {}
        began = False
        for path, signature in seen.files.items():
            known = self._known.get(path)
            if read.get(path) == signature or (known and known.signature == signature and not known.again):
                self._end(path, look, now, "recovered")
            elif self._is_whole(path, signature, seen):
                ready[path] = signature
            else:
                began |= path not in self.changing
                change = self.changing.setdefault(path, Change(now, signature, now))
                change.saw(signature, now)
                if change.is_still(now) or self._is_up(change, now):
                    ready[path] = signature
        return ready, began

    def _is_whole(self, path: str, signature: Signature, seen: DirectoryListing) -> bool:
        """Whether a changed file appeared in one step: by a rename, or by a symbolic link that was switched."""
        if not self._hold_seconds or self._turned(path, seen):
            return True
        known = self._known.get(path)
        if known is not None:
            return signature.replaces(known.signature) or signature == known.signature
        renamed = signature.changed > signature.written
        return path not in self.changing and (renamed or self._age(signature) >= MOMENT)

    def _turned(self, path: str, seen: DirectoryListing) -> bool:
        """Whether a symbolic link on the path to a file has a new target."""
        known, signature = self._known.get(path), seen.files.get(path)
        if path in seen.linked and signature is not None:
            return known is None or signature.replaces(known.signature)
        directory = path.rpartition(os.sep)[0]
        before, after = self._places.get(directory), seen.places.get(directory)
        return before is not None and after is not None and before != after

    def _age(self, signature: Signature) -> float:
        """Seconds since the file was written. The file system's clock may differ from ours."""
        return abs(self._now() - signature.written) / _NANOSECONDS

    def _is_up(self, change: Change, now: float) -> bool:
        return change.overridden or now - change.since >= self._hold_seconds

    def _gone(self, seen: DirectoryListing, now: float) -> tuple[list[str], bool]:
        """Files that were deleted, and whether others have just disappeared that may return at once, as editors do it."""
        gone: list[str] = []
        absent: dict[str, float] = {}
        for path in [
            path for path in self._known.keys() | self.changing.keys() if path not in seen.files and seen.covers(path)
        ]:
            known, since = self._known.get(path), self._absent.get(path, now)
            at_once = known is None or known.linked or self._turned(path, seen) or not self._hold_seconds
            if at_once or now - since >= MOMENT:
                gone.append(path)
            else:
                absent[path] = since
        left = bool(absent.keys() - self._absent.keys())
        self._absent = absent
        return gone, left

    def _may_defer(self, now: float) -> bool:
        if self._deferred_since is None:
            self._deferred_since = now
        return now - self._deferred_since < _LONGEST_DEFERRAL

    # -- which changes are applied -------------------------------------------------------------------

    def _take(
        self, path: str, signature: Signature, seen: DirectoryListing, look: DirectoryChanges, now: float
    ) -> bool:
        """Applies a file, unless it looks incomplete. Returns whether it did."""
        change = self.changing.get(path)
        if change is not None:
            change.saw(signature, now)
        try:
            reading = (
                change.reading if change is not None and change.reading is not None else self._read(path, signature)
            )
        except (FileNotFoundError, file_reader.Moving):
            return False  # the next poll reads it
        digest, parsed = reading
        doubt = self._doubt(path, signature, seen, parsed, now)
        if doubt:
            change = self.changing.setdefault(path, Change(now, signature, now))
            change.reading = reading
            if not self._is_up(change, now):
                change.hold(doubt, now)
                return False
        known = self._known.get(path)
        kept = known.objects if known is not None else ()
        self._known[path] = _Known(
            signature=signature,
            again=digest is None or self._age(signature) < _YOUNG_SECONDS,
            linked=path in seen.linked,
            digest=digest,
            objects=kept if parsed is None or not parsed.intact else parsed.objects.keys(),
        )
        if parsed is not None:
            look.parsed[path] = parsed
            look.gone.discard(path)
        self._end(path, look, now, "timeout" if doubt else "recovered")
        return True

    def _read(self, path: str, signature: Signature) -> tuple[int | None, Parsed | None]:
        """The digest of a file, and its parsed content or None if unchanged. Raises: Moving, FileNotFoundError."""
        try:
            data = file_reader.read(path, signature)
        except file_reader.Unreadable as error:
            return None, broken(shown(path), str(error))
        digest, known = hash(data), self._known.get(path)
        if known is not None and known.digest == digest:
            return digest, None
        return digest, self._parser.parse(shown(path), data)

    def _doubt(self, path: str, signature: Signature, seen: DirectoryListing, parsed: Parsed | None, now: float) -> str:
        """Why a file may be incomplete, judged by its content; empty if it seems complete."""
        if parsed is None or not self._hold_seconds or self._turned(path, seen):
            return ""
        known, change = self._known.get(path), self.changing.get(path)
        if known is None:
            is_new = not self.complete and self._age(signature) < self._hold_seconds
            return unfinished(parsed) if is_new else ""
        reason = missing(known.objects, parsed)
        if parsed.objects and signature.replaces(known.signature) and change is not None and change.is_still(now):
            return ""  # an editor that writes a new file has finished by now, and most rename it then
        return reason

    def _end(self, path: str, look: DirectoryChanges, now: float, by: ChangeOutcome) -> None:
        change = self.changing.pop(path, None)
        if change is not None and change.held_since is not None:
            look.ended.append(Ended(path, now - change.held_since, "operator" if change.overridden else by))

    def _forget(self, path: str, look: DirectoryChanges, now: float) -> None:
        self._known.pop(path, None)
        look.parsed.pop(path, None)
        look.gone.add(path)
        self._end(path, look, now, "recovered")

    def _tell_unreadable(self, seen: DirectoryListing, look: DirectoryChanges) -> None:
        """Reports paths that cannot be read, and those that can be read again."""
        for path in self._unreadable.keys() - seen.unreadable.keys():
            if path not in self._known and path not in look.parsed:
                look.gone.add(path)
        for path, reason in seen.unreadable.items():
            if self._unreadable.get(path) != reason:
                look.parsed[path] = broken(shown(path), reason)
                look.gone.discard(path)
        self._unreadable = seen.unreadable
