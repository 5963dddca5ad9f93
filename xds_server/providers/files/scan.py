"""Lists the files of a directory with their signatures. Uses stat only, and opens no file."""

import os
import stat
from collections import deque
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from xds_server.model.printable import printable

_SUFFIXES: Final = (".yaml", ".yml", ".json")
_MOST_ENTRIES: Final = 100_000
_TYPES: Final = (
    (stat.S_ISFIFO, "a pipe"),
    (stat.S_ISSOCK, "a socket"),
    (stat.S_ISCHR, "a device"),
    (stat.S_ISBLK, "a device"),
)


class Signature(NamedTuple):
    """A file's identity from stat. It changes when the content changes, or when another file takes its place."""

    written: int
    """mtime: when its content last changed. Unit: nanoseconds."""
    changed: int
    """ctime: when its content, name or permissions last changed. Unit: nanoseconds."""
    size: int
    inode: int
    device: int

    def replaces(self, other: "Signature") -> bool:
        """Whether another file has taken the place of *other*."""
        return (self.inode, self.device) != (other.inode, other.device)


def signature(status: os.stat_result) -> Signature:
    """The signature of a file that has this status."""
    return Signature(status.st_mtime_ns, status.st_ctime_ns, status.st_size, status.st_ino, status.st_dev)


def shown(path: str) -> str:
    """A path for messages: bytes that are not UTF-8, and unprintable characters, are escaped."""
    return path if path.isprintable() else printable(os.fsencode(path).decode(errors="backslashreplace"), 2 * len(path))


@dataclass(slots=True)
class DirectoryListing:
    """The files and directories that one walk found."""

    files: dict[str, Signature] = field(default_factory=dict)
    """By path."""
    linked: set[str] = field(default_factory=set)
    """Files that are symbolic links."""
    places: dict[str, str] = field(default_factory=dict)
    """The real path of each directory, by path."""
    unreadable: dict[str, str] = field(default_factory=dict)
    """The reason, by path, for directories and files that could not be read. What was known of them, and below them, stays."""

    def covers(self, path: str) -> bool:
        """Whether the walk would have found this path if it existed."""
        while self.unreadable and path:
            if path in self.unreadable:
                return False
            path = path.rpartition(os.sep)[0]
        return True


def walk(root: str, most: int = _MOST_ENTRIES) -> DirectoryListing:
    """All YAML and JSON files below *root*, breadth first. Follows symbolic links, but visits each directory once.

    Skips names that begin with a dot or end with `~`: editors' files, and the directories behind a mounted
    ConfigMap, whose entries link there through `..data`. After *most* entries it visits no further directory.

    Raises: OSError, if *root* itself cannot be read.
    """
    seen = DirectoryListing(places={root: os.path.realpath(root)})
    been = {seen.places[root]}
    ahead = deque([root])
    entries = _names(root)
    while ahead:
        directory = ahead.popleft()
        if directory != root:
            try:
                if most <= 0:
                    raise _Refused(
                        "is not looked into, because there is too much before it: keep other files elsewhere"
                    )
                entries = _names(directory)
            except OSError as error:
                _unreadable(seen, directory, error)
                continue
        most -= len(entries)
        for name, is_link in entries:
            path = f"{directory}{os.sep}{name}"
            try:
                status = os.stat(path)  # noqa: PTH116 - a Path per file would be slow
                if stat.S_ISDIR(status.st_mode):
                    real = os.path.realpath(path) if is_link else f"{seen.places[directory]}{os.sep}{name}"
                    # Following a link to a visited directory might never end, and a tree of such links doubles at each level.
                    if real not in been:
                        been.add(real)
                        seen.places[path] = real
                        ahead.append(path)
                elif name.endswith(_SUFFIXES):
                    _admit(path, status, seen, is_link=is_link)
            except FileNotFoundError:
                if is_link and name.endswith(_SUFFIXES) and os.path.islink(path):  # noqa: PTH114
                    _unreadable(seen, path, _Refused("is a broken symbolic link: fix or remove it"))
                # else it was deleted after the directory was read
            except OSError as error:
                _unreadable(seen, path, error)
    return seen


class _Refused(OSError):  # noqa: N818 - a problem of the input, not an error of this program
    """A path that is skipped although it could be read."""


def _names(directory: str) -> list[tuple[str, bool]]:
    with os.scandir(directory) as entries:
        return sorted(
            (entry.name, entry.is_symlink())
            for entry in entries
            if not entry.name.startswith(".") and entry.name[-1] != "~"
        )


def _admit(path: str, status: os.stat_result, seen: DirectoryListing, *, is_link: bool) -> None:
    if not stat.S_ISREG(status.st_mode):
        what = next((name for is_one, name in _TYPES if is_one(status.st_mode)), "no file")
        raise _Refused(f"is {what}: put a file there")
    seen.files[path] = signature(status)
    if is_link:
        seen.linked.add(path)


def _unreadable(seen: DirectoryListing, path: str, error: OSError) -> None:
    reason = str(error) if isinstance(error, _Refused) else f"cannot be read: {error.strerror}: make it readable"
    seen.unreadable[path] = reason
