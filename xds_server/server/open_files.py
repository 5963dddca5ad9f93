"""File descriptors: how many this process may have, who may take how many of them, and what is said when few are left.

A connection takes one, and anybody may connect. So connections are given a part of what there is: the rest is for the API
server, for files, and for the probes.
"""

import contextlib
import os
import resource
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from probes import Degraded, Passed, Verdict

_RESERVED: Final = 128
"""For the API server, files, pipes and what libraries open: some 40 are open in a server without a client."""
LEAST: Final = 64
"""With fewer, gRPC ends the process when it starts."""
_COUNT_SECONDS: Final = 5.0
_SAID_SECONDS: Final = 60.0
"""How long it is shown that connections could not be taken."""
_UNLIMITED: Final = 1 << 20


@dataclass(frozen=True, slots=True)
class Shares:
    """How many connections there may be."""

    grpc: int
    http: int


def raised() -> int:
    """The limit of open files of this process, after it was raised as far as we may."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != hard:
        with contextlib.suppress(ValueError, OSError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
            soft = hard
    return _UNLIMITED if soft == resource.RLIM_INFINITY else soft


def shares(limit: int, http: int) -> Shares:
    """How many connections each port may have, if the process may have *limit* files, and HTTP wants *http*.

    Of a low limit, an eighth is for HTTP, and half for gRPC.
    """
    http = min(http, max(limit // 8, 1))
    return Shares(grpc=max(limit - http - _RESERVED, limit // 2, 1), http=http)


def opened() -> int | None:
    """How many files are open in this process; None, if even that cannot be looked up. Source: proc(5)."""
    try:
        return len(os.listdir("/proc/self/fd"))  # noqa: PTH208 - names alone
    except OSError:
        return None


class OpenFiles:
    """Looks from time to time how many files are open, and says when few more may be."""

    def __init__(self, limit: int, *, clock: Callable[[], float], count: Callable[[], int | None] = opened) -> None:
        self.limit = limit
        self._clock = clock
        self._count = count
        self._looked = float("-inf")
        self._open: int | None = 0
        self._errors = 0
        self._failed_at = float("-inf")

    def look(self, accept_errors: int) -> None:
        """Counts, if it is time. *accept_errors*: how often a connection could not be taken, so far."""
        now = self._clock()
        if accept_errors != self._errors:
            self._errors, self._failed_at = accept_errors, now
        if now - self._looked >= _COUNT_SECONDS:
            self._looked, self._open = now, self._count()

    def verdict(self) -> Verdict:
        """Degraded, while few are left, or shortly after a connection could not be taken."""
        advice = "raise the limit of open files (ulimit -n), or look at /debug/connections who has them"
        if self._open is None:
            return Degraded(f"no file can be opened any more, of {self.limit}: {advice}")
        if self.limit - self._open < min(_RESERVED // 2, self.limit // 4):
            return Degraded(f"{self._open} of {self.limit} files are open: {advice}")
        since = self._clock() - self._failed_at
        if since < _SAID_SECONDS:
            return Degraded(f"a connection could not be taken {since:.0f} s ago: {advice}")
        return Passed(f"{self._open} of {self.limit}")
