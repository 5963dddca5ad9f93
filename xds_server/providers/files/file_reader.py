"""Reads one file: a regular one, of a size that can be, and as it was from beginning to end."""

import os
import stat
from typing import Final

from xds_server.providers.files.scan import Signature, signature

LARGEST: Final = 8 * 2**20
"""Bytes that a file may have."""
# A pipe that took the file's place must not be waited for, nor a terminal become ours.
_FLAGS: Final = os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC
_PIECE: Final = 2**20


class Unreadable(Exception):  # noqa: N818 - a verdict on a file, not a failure of ours
    """The file cannot be read; the message says why, and what to do."""


class Moving(Exception):  # noqa: N818
    """The file is another one than was seen before, or became one while it was read."""


def read(path: str, seen: Signature) -> bytes:
    """The content of the file that had this signature. Raises: Unreadable, Moving, FileNotFoundError."""
    try:
        descriptor = os.open(path, _FLAGS)
        try:
            return _read(descriptor, seen)
        finally:
            os.close(descriptor)
    except FileNotFoundError:
        raise
    except OSError as error:
        raise Unreadable(f"cannot be read: {error.strerror}: make it readable") from None


def _read(descriptor: int, seen: Signature) -> bytes:
    status = os.fstat(descriptor)
    if not stat.S_ISREG(status.st_mode) or signature(status) != seen:
        raise Moving
    if status.st_size > LARGEST:
        raise Unreadable(f"has more than {LARGEST // 2**20} MiB: split it into several files")
    pieces: list[bytes] = []
    length = 0
    while piece := os.read(descriptor, _PIECE):
        pieces.append(piece)
        length += len(piece)
        if length > LARGEST:
            raise Unreadable(f"has more than {LARGEST // 2**20} MiB: split it into several files")
    if signature(os.fstat(descriptor)) != seen:
        raise Moving
    return b"".join(pieces)
