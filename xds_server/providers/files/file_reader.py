"""Reads a regular file of limited size, and checks that it did not change while it was read."""

import os
import stat
from typing import Final

from xds_server.providers.files.scan import Signature, signature

LARGEST: Final = 8 * 2**20
"""The largest size of a file. Unit: bytes."""
_TOO_LARGE: Final = f"has more than {LARGEST // 2**20} MiB: split it into several files"
# If a pipe took the file's place, do not wait for it; if a terminal did, do not make it our controlling terminal.
_FLAGS: Final = os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC
_PIECE: Final = 2**20


class Unreadable(Exception):  # noqa: N818 - a problem of the input, not an error of this program
    """The file cannot be read. The message says why, and what to do."""


class Moving(Exception):  # noqa: N818
    """The file has changed since its signature was taken."""


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
        raise Unreadable(_TOO_LARGE)
    pieces: list[bytes] = []
    length = 0
    while piece := os.read(descriptor, _PIECE):
        pieces.append(piece)
        length += len(piece)
        if length > LARGEST:
            raise Unreadable(_TOO_LARGE)
    if signature(os.fstat(descriptor)) != seen:
        raise Moving
    return b"".join(pieces)
