"""In what state a source is: one value, read by readiness, metrics, pages and logs alike."""

from dataclasses import dataclass
from enum import StrEnum


class Phase(StrEnum):
    """Where a source stands with the objects of its kind."""

    PENDING = "pending"
    """Nothing asked yet, or not yet answered for the first time."""
    LISTING = "listing"
    """The first list is under way."""
    SYNCED = "synced"
    """Listed completely, and watching."""
    ABSENT = "absent"
    """The server does not know this kind: empty, if it is optional."""
    FORBIDDEN = "forbidden"
    """The server refuses us (401 or 403)."""
    ERROR = "error"
    """Not listed yet, and the last try failed."""
    STALE = "stale"
    """Listed once, and now out of touch: what we know is served on, and marked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceState:
    """The state of one source. Times are seconds on the monotonic clock."""

    kind: str
    """Plural name, as in `endpointslices`."""
    required: bool
    phase: Phase = Phase.PENDING
    since: float = 0.0
    """When this phase began."""
    started: float = 0.0
    """When the list that led to the present contents, or that is under way, was begun."""
    listed_from: float | None = None
    """When the last list that is complete was begun; of several namespaces, the one begun first. None before the first."""
    last_contact: float | None = None
    """When something was heard of the server last: a page, an event or a bookmark. None before the first."""
    lists: int = 0
    """Complete lists since the start of the process."""
    sync_seconds: float | None = None
    """How long the last complete list took; None before the first."""
    objects: int = 0
    """Objects held, or seen so far while listing."""
    epoch: int | None = None
    """Epoch of the graph at which the last complete list was committed; None before the first."""
    failures: int = 0
    """Tries to list or to watch that have failed since the start of the process."""
    restarts: int = 0
    """Watches that have ended since the start of the process; each was followed by another, or by a list."""
    ended: str = ""
    """How the last of them ended: `eof`, `expired`, `silence`, `asked` (for a new list) or `error`."""
    code: int | None = None
    """HTTP status of the last failure, if it had one."""
    message: str = ""
    """What failed last, and what to do, in one line; "" when all is well."""
    retry_seconds: float | None = None
    """How long after that failure the next try is made; None when all is well."""

    @property
    def known(self) -> bool:
        """Whether the contents were complete at least once, or are known to be none: absent and optional."""
        return self.epoch is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One thing wrong with one input, said so that somebody can fix it.

    The source keeps the last good state of the object, and everything else goes on.
    """

    source: str
    """Where it was met: a file's path, or the kind's plural name."""
    object: str = ""
    """`Kind namespace/name`, as far as known; "" for a file that does not parse."""
    field: str = ""
    """Path of the field, as in `spec.rules[0].matches`; "" for the object as a whole."""
    message: str
    """What is wrong, and the next step."""
    line: int | None = None
    """Line in the file, from 1."""

    def __str__(self) -> str:
        place = self.source if self.line is None else f"{self.source}:{self.line}"
        subject = " ".join(part for part in (self.object, self.field) if part)
        return f"{place}: {subject}: {self.message}" if subject else f"{place}: {self.message}"
