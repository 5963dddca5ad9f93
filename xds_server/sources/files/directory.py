"""Reads what changed in a directory since the last look. Blocking: for a thread."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from xds_server.sources.files.parse import Parsed, Parser, broken
from xds_server.sources.files.scan import Signature, Walk, walk

_ROUNDS: Final = 5
# Two writes within one tick of the file system's clock look alike: a file that was written so
# recently is read once more at the next look. (Ticks are 4 to 10 ms; network file systems differ.)
_YOUNG_NANOSECONDS: Final = 100_000_000


@dataclass(slots=True)
class Look:
    """What changed since the look before."""

    parsed: dict[str, Parsed] = field(default_factory=dict)
    """By path: new files, and those whose content changed."""
    gone: set[str] = field(default_factory=set)
    """Files that are not there any more."""


class Directory:
    """Remembers the files below *root*, so that only those that changed are opened."""

    def __init__(self, root: str, parser: Parser, *, now: Callable[[], int] = time.time_ns) -> None:
        self._root = root
        self._parser = parser
        self._now = now
        self._known: dict[str, Signature | None] = {}
        self._contents: dict[str, int] = {}

    def look(self) -> Look:
        """What changed; looks again until it sees no more change, so that a change of several files is one.

        Raises: OSError, if the directory itself cannot be read.
        """
        look = Look()
        read: dict[str, Signature] = {}
        for _ in range(_ROUNDS):
            if not self._round(look, read):
                break
        return look

    def _round(self, look: Look, read: dict[str, Signature]) -> bool:
        """One walk; whether it found a change."""
        seen = walk(self._root)
        gone = [path for path in self._known if path not in seen.files and seen.covers(path)]
        for path in gone:
            del self._known[path]
            self._contents.pop(path, None)
            look.parsed.pop(path, None)
            look.gone.add(path)
        changed = {
            path: signature
            for path, signature in seen.files.items()
            if self._known.get(path) != signature and read.get(path) != signature
        }
        for path, signature in changed.items():
            self._read(path, seen, look)
            read[path] = signature
            self._known[path] = None if abs(self._now() - signature[0]) < _YOUNG_NANOSECONDS else signature
        return bool(gone or changed)

    def _read(self, path: str, seen: Walk, look: Look) -> None:
        try:
            if path in seen.unreadable:
                raise seen.unreadable[path]
            text = Path(path).read_bytes()
        except FileNotFoundError:
            return  # gone since the walk, or replaced at this very moment: the next look knows
        except OSError as error:
            self._contents.pop(path, None)
            look.parsed[path] = broken(path, f"cannot be read: {error.strerror}: allow it")
            return
        look.gone.discard(path)
        if self._contents.get(path) != hash(text):
            self._contents[path] = hash(text)
            look.parsed[path] = self._parser.parse(path, text)
