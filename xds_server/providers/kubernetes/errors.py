"""The failures of requests to an API server: one exception, and tables of how to handle each class. Pure."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Literal

from xds_server.model.source_state import Phase
from xds_server.providers.kinds import Kind

NOT_FOUND: Final = 404
CONFLICT: Final = 409
"""Somebody else has written the object since it was read."""

_SERVER_ERRORS: Final = 500
_LONGEST_MESSAGE: Final = 500
# The user name of a request whose kind of credentials the server ignores, such as a password.
_NOBODY: Final = '"system:anonymous"'
# No answer, or a status that does not depend on the watch's resourceVersion: the watch can resume.
_SAME_WATCH_LATER: Final = (None, 401, 403, 429, 503)

Verb = Literal["list", "watch", "get"]


class ApiError(Exception):
    """A request to the API server that failed.

    `code` is the HTTP status, or None if there was none: no connection, a broken answer, no credentials.
    `retry_after`: seconds. `relist`: a watch cannot resume, so list again. `silent`: nothing arrived for too long.
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
    """Foreign text as one printable line of at most 500 characters."""
    line = "".join(char if char.isprintable() else " " for char in message[: 2 * _LONGEST_MESSAGE])
    line = " ".join(line.split())
    return line if len(line) <= _LONGEST_MESSAGE else f"{line[:_LONGEST_MESSAGE]}…"


class FailureClass(StrEnum):
    """The classes of failure. Each has its own phase and back-off."""

    DENIED = "denied"
    """Permission denied: a person must change the permissions or the credentials."""
    ABSENT = "absent"
    """The server does not know the kind."""
    EXPIRED = "expired"
    """The resourceVersion is too old to resume from: list again."""
    SILENT = "silence"
    """No event and no bookmark for too long: list again, because changes may have been missed."""
    BUSY = "busy"
    """The server is overloaded, and may say how long to wait."""
    CUT = "cut"
    """A watch that the server had accepted ended too soon. It resumes at the same version."""
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
"""The phase, after such a failure, of a kind that was never listed."""


def classify(error: ApiError) -> FailureClass:
    """The class of a failure."""
    return FailureClass.SILENT if error.silent else _BY_CODE.get(error.code or 0, FailureClass.FAILED)


def is_outage(error: ApiError) -> bool:
    """Whether the server is down: no answer, or a 5xx without Retry-After. An outage ends for all kinds at once."""
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


# DENIED and ABSENT wait for a person. Their longest waits are short, so that the fix takes effect within seconds.
_POLICIES: Final = {
    FailureClass.DENIED: _Policy(first_seconds=1.0, longest_seconds=8.0),
    FailureClass.ABSENT: _Policy(first_seconds=1.0, longest_seconds=4.0),
    FailureClass.EXPIRED: _Policy(first_seconds=0.2, longest_seconds=30.0),
    FailureClass.SILENT: _Policy(first_seconds=0.2, longest_seconds=30.0),
    FailureClass.BUSY: _Policy(first_seconds=0.5, longest_seconds=30.0),
    # Resuming a watch costs the server little, and changes are delayed until then.
    FailureClass.CUT: _Policy(first_seconds=0.2, longest_seconds=4.0),
    FailureClass.FAILED: _Policy(first_seconds=0.2, longest_seconds=30.0),
}
_LONGEST_SECONDS: Final = 30.0
_DOUBLINGS: Final = 16


class Backoff:
    """Exponential back-off with jitter, without a limit on the number of tries.

    Each class of failure has its own count, and only `succeeded` resets them, so that failures of alternating
    classes back off too. A wait is at least half of its bound, so that jitter cannot make the tries frequent. *jitter* returns a random number
    from 0 up to its argument.
    """

    def __init__(self, jitter: Callable[[float], float]) -> None:
        self._jitter = jitter
        self._failures: Counter[FailureClass] = Counter()

    def failures(self, reason: FailureClass) -> int:
        """Failures of a class since the last success."""
        return self._failures[reason]

    def failed(self, reason: FailureClass, retry_after: float | None = None) -> float:
        """Counts a failure. Returns the seconds to wait: at least *retry_after*, at most 30."""
        self._failures[reason] += 1
        policy = _POLICIES[reason]
        doublings = min(self._failures[reason] - 1, _DOUBLINGS)
        half = min(policy.longest_seconds, policy.first_seconds * 2.0**doublings) / 2
        return min(max(half + self._jitter(half), retry_after or 0.0), _LONGEST_SECONDS)

    def succeeded(self) -> None:
        """Resets the counts of all classes."""
        self._failures.clear()
