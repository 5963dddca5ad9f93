"""What can go wrong with an API server, as one exception; and what to make of it, as one table. Pure."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Literal

from xds_server.model.source_state import Phase
from xds_server.providers.kinds import Kind

NOT_FOUND: Final = 404
CONFLICT: Final = 409
"""Somebody else wrote in between."""

_SERVER_ERRORS: Final = 500
_LONGEST_MESSAGE: Final = 500
# Whom a server takes those for whose credentials are of a kind that it does not look at, such as a password.
_NOBODY: Final = '"system:anonymous"'
# No answer, or one that has nothing to do with what was asked.
_SAME_WATCH_LATER: Final = (None, 401, 403, 429, 503)

Verb = Literal["list", "watch", "get"]


class ApiError(Exception):
    """A request that did not get what it asked for.

    `code` is the HTTP status, or None if there was none: no connection, a broken answer, no credentials.
    `relist` says that a watch cannot go on from where it was; `silent`, that nothing was heard for too long.
    """

    def __init__(
        self,
        message: str,
        *,
        code: int | None = None,
        retry_after: float | None = None,
        relist: bool | None = None,
        silent: bool = False,
    ) -> None:
        super().__init__(message)
        self.message = _readable(message)
        self.code = code
        self.retry_after = retry_after
        self.silent = silent
        self.relist = code not in _SAME_WATCH_LATER if relist is None else relist


def _readable(message: str) -> str:
    """What somebody else said, as one line of a length that somebody reads."""
    line = "".join(char if char.isprintable() else " " for char in message[: 2 * _LONGEST_MESSAGE])
    line = " ".join(line.split())
    return line if len(line) <= _LONGEST_MESSAGE else f"{line[:_LONGEST_MESSAGE]}…"


class FailureClass(StrEnum):
    """The kinds of failure that are treated differently."""

    DENIED = "denied"
    """We may not: somebody must change the permissions or the credentials."""
    ABSENT = "absent"
    """The server does not know the kind."""
    EXPIRED = "expired"
    """What we know is too old to go on from: list again."""
    SILENT = "silence"
    """Neither event nor bookmark for too long: whether we still follow, a new list tells."""
    BUSY = "busy"
    """The server asks for patience, and may say how long."""
    CUT = "cut"
    """A watch that the server had agreed to ended too soon. It goes on from where it was."""
    FAILED = "failed"
    """Anything else."""


_BY_CODE: Final = {
    401: FailureClass.DENIED,
    403: FailureClass.DENIED,
    404: FailureClass.ABSENT,
    410: FailureClass.EXPIRED,
    429: FailureClass.BUSY,
    503: FailureClass.BUSY,
}

PHASES: Final = {
    FailureClass.DENIED: Phase.FORBIDDEN,
    FailureClass.ABSENT: Phase.ABSENT,
    FailureClass.EXPIRED: Phase.ERROR,
    FailureClass.SILENT: Phase.ERROR,
    FailureClass.BUSY: Phase.ERROR,
    FailureClass.CUT: Phase.ERROR,
    FailureClass.FAILED: Phase.ERROR,
}
"""Where a source stands that was never listed, after such a failure."""


def classify(error: ApiError) -> FailureClass:
    """The class of a failure."""
    return FailureClass.SILENT if error.silent else _BY_CODE.get(error.code or 0, FailureClass.FAILED)


def is_outage(error: ApiError) -> bool:
    """Whether the server was away: no answer, or a 5xx that names no time. What ends it, ends it for all kinds."""
    return (error.code is None or error.code >= _SERVER_ERRORS) and error.retry_after is None


def explain(kind: Kind, verb: Verb, error: ApiError) -> str:
    """One line: what failed, and what to do."""
    what = f"cannot {verb} {kind.resource}: {error.message}"
    match error.code:
        case 401:
            return f"{what}: renew the credentials"
        case 403 if _NOBODY in error.message:
            return f"{what}: the server ignores these credentials: use a token, a certificate, or exec"
        case 403:
            return f"may not {verb} {kind.resource}: add this to the rules of the ClusterRole: - {kind.rule}"
        case 404 if kind.required:
            return f"{kind.resource}/{kind.version} is not installed, and is required: install its CRD, or make it optional"
        case 404:
            return f"{kind.resource}/{kind.version} is not installed: treated as no objects until its CRD is installed"
    return f"{what}: trying again"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Policy:
    first_seconds: float
    longest_seconds: float


# What waits for somebody to act is asked about now and then, so that the act shows within seconds.
_POLICIES: Final = {
    FailureClass.DENIED: _Policy(first_seconds=1.0, longest_seconds=8.0),
    FailureClass.ABSENT: _Policy(first_seconds=1.0, longest_seconds=4.0),
    FailureClass.EXPIRED: _Policy(first_seconds=0.2, longest_seconds=30.0),
    FailureClass.SILENT: _Policy(first_seconds=0.2, longest_seconds=30.0),
    FailureClass.BUSY: _Policy(first_seconds=0.5, longest_seconds=30.0),
    # A watch that goes on costs the server little, and changes wait for it.
    FailureClass.CUT: _Policy(first_seconds=0.2, longest_seconds=4.0),
    FailureClass.FAILED: _Policy(first_seconds=0.2, longest_seconds=30.0),
}
_LONGEST_SECONDS: Final = 30.0
_DOUBLINGS: Final = 16


class Backoff:
    """How long to wait before the next try: doubled with each failure of a class, with jitter, for ever.

    Each class counts for itself, and only `succeeded` ends the count: failures that take turns are failures, too.
    A wait is at least half of its bound, so that no luck makes many tries of few. *jitter* returns a random number
    from 0 up to its argument.
    """

    def __init__(self, jitter: Callable[[float], float]) -> None:
        self._jitter = jitter
        self._failures: Counter[FailureClass] = Counter()

    def failures(self, reason: FailureClass) -> int:
        """Failures of a class since the last success."""
        return self._failures[reason]

    def failed(self, reason: FailureClass, retry_after: float | None = None) -> float:
        """Seconds to wait now: at least what the server asked for, at most 30."""
        self._failures[reason] += 1
        policy = _POLICIES[reason]
        doublings = min(self._failures[reason] - 1, _DOUBLINGS)
        half = min(policy.longest_seconds, policy.first_seconds * 2.0**doublings) / 2
        return min(max(half + self._jitter(half), retry_after or 0.0), _LONGEST_SECONDS)

    def succeeded(self) -> None:
        """The next failure is a first one."""
        self._failures.clear()
