"""Child processes that never outlive their parent, and free ports for them."""

import ctypes
import itertools
import os
import random
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

_PR_SET_PDEATHSIG = 1
_PORTS = itertools.cycle(random.sample(range(15000, 32000), 17000))


def free_port(preferred: int = 0) -> int:
    """*preferred*, if nobody listens there, or else a port that is free now, and that nobody here was given before.

    That one lies below the range from which Linux takes the ports of outgoing connections (32768 and
    up), so that none of those takes it before the process that it is meant for.
    """
    for port in filter(None, (preferred, *itertools.islice(_PORTS, 100))):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise OSError("no free port on 127.0.0.1")


class Child:
    """A running program with its output in a file. Ends with this process, however that ends (Linux)."""

    def __init__(self, name: str, command: Sequence[str], log: Path, env: Mapping[str, str] | None = None) -> None:
        self.name = name
        self.log = log
        parent = os.getpid()

        def die_with_parent() -> None:
            if sys.platform == "linux":
                ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
            if os.getppid() != parent:
                os._exit(1)

        with log.open("ab") as out:
            self.process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
                env={**os.environ, **(env or {})},
                start_new_session=True,
                preexec_fn=die_with_parent,  # noqa: PLW1509 - no thread of ours holds a lock that it needs
            )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.stop()

    @property
    def running(self) -> bool:
        """Whether it has not ended."""
        return self.process.poll() is None

    def stop(self, seconds: float = 5) -> int:
        """Asks it to end, insists after *seconds*, and returns its exit status."""
        if self.running:
            self.process.terminate()
            try:
                self.process.wait(seconds)
            except subprocess.TimeoutExpired:
                self.kill()
        return self.process.wait()

    def kill(self) -> None:
        """Ends it without a chance to say goodbye."""
        self.process.kill()
        self.process.wait()

    def tail(self, lines: int = 15) -> str:
        """The end of its output."""
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-lines:])


class NotInTimeError(Exception):
    """Something that was waited for did not happen."""


def wait_for(what: str, happened: Callable[[], bool], seconds: float = 20, *children: Child) -> float:
    """Asks every 10 ms until *happened*; returns how many seconds it took.

    Raises NotInTimeError after *seconds*, or at once if one of *children* has ended.
    """
    begin = time.monotonic()
    while not happened():
        for child in children:
            if not child.running:
                raise NotInTimeError(f"{child.name} ended while waiting for {what}:\n{child.tail()}")
        if time.monotonic() - begin > seconds:
            ends = "\n".join(f"--- {child.name}\n{child.tail()}" for child in children)
            raise NotInTimeError(f"{what}: not within {seconds:g} s\n{ends}")
        time.sleep(0.01)
    return time.monotonic() - begin
