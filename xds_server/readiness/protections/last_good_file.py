"""The file of the last good configuration: reads it, and replaces it in one step."""

import contextlib
import os
from pathlib import Path
from typing import Final

from xds_server.readiness.protections.last_good_format import BrokenError, Saved, decode

FILE: Final = "last-good.bin"


class UnusableError(Exception):
    """There is a file, and it cannot be read."""


class LastGoodFile:
    """One file in *directory*, which is made when it is first written."""

    def __init__(self, directory: Path) -> None:
        self.path = directory / FILE

    def read(self) -> Saved | None:
        """What was saved last; None if there is no file. Raises: UnusableError."""
        try:
            return decode(self.path.read_bytes())
        except FileNotFoundError:
            return None
        except (OSError, BrokenError) as error:
            raise UnusableError(str(error)) from error

    def write(self, data: bytes) -> None:
        """Replaces the file, readable to its owner alone. May block, so call it in a thread. Raises: OSError."""
        path = self.path
        path.parent.mkdir(parents=True, exist_ok=True)
        beside = path.with_name(f".{path.name}.{os.getpid()}")
        try:
            with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            beside.replace(path)
        finally:
            with contextlib.suppress(FileNotFoundError):
                beside.unlink()
