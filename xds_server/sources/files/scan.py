"""Which files there are, and which of them may have changed: stat only, nothing is opened."""

import os
import stat
from dataclasses import dataclass, field
from typing import Final

Signature = tuple[int, int, int, int]
"""Of a file's content, from its stat: changes when the file does."""

_SUFFIXES: Final = (".yaml", ".yml", ".json")


@dataclass(slots=True)
class Walk:
    """What one walk through a directory saw."""

    files: dict[str, Signature] = field(default_factory=dict)
    """By path; with them stands whatever is in `unreadable`."""
    unreadable: dict[str, OSError] = field(default_factory=dict)
    """Directories and files whose state could not be learnt: what was known of them, and below, still holds."""

    def covers(self, path: str) -> bool:
        """Whether the walk would have seen this path, were it there."""
        return not any(path == place or path.startswith(f"{place}{os.sep}") for place in self.unreadable)


def walk(root: str) -> Walk:
    """All YAML and JSON files below *root*, by path; symbolic links are followed.

    Names that begin with a dot or end with `~` are passed over: editors' files, and the directories
    behind a mounted ConfigMap, whose entries lead there through `..data`.

    Raises: OSError, if *root* itself cannot be read.
    """
    seen = Walk()
    _walk(root, seen, {_identity(os.stat(root))})  # noqa: PTH116 - strings throughout: a walk makes no Path per file
    return seen


def _walk(directory: str, seen: Walk, above: set[tuple[int, int]]) -> None:
    with os.scandir(directory) as entries:
        names = sorted(entry.name for entry in entries if not entry.name.startswith(".") and entry.name[-1] != "~")
    for name in names:
        path = f"{directory}{os.sep}{name}"
        try:
            status = os.stat(path)  # noqa: PTH116
            if stat.S_ISDIR(status.st_mode):
                # A link back up would have no end.
                if _identity(status) not in above:
                    _walk(path, seen, above | {_identity(status)})
            elif stat.S_ISREG(status.st_mode) and name.endswith(_SUFFIXES):
                seen.files[path] = (status.st_mtime_ns, status.st_ctime_ns, status.st_size, status.st_ino)
        except FileNotFoundError:
            # Gone since the directory was read, or a link to nowhere: it is not there.
            continue
        except OSError as error:
            seen.unreadable[path] = error
            seen.files[path] = (0, 0, 0, error.errno or 0)


def _identity(status: os.stat_result) -> tuple[int, int]:
    return status.st_dev, status.st_ino
