"""Whether to apply a change of a file yet, or to wait because it may still be being written. Pure.

A file that was renamed into place, or is reached through a switched symbolic link, is complete. A file that is written
in place passes through states that only look complete: empty, or cut at the end of a document.
"""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

from xds_server.providers.files.parse import ObjectId, Parsed
from xds_server.providers.files.scan import Signature

MOMENT: Final = 0.15
"""A file counts as written once it has not changed for this long. Unit: seconds."""


@dataclass(slots=True)
class Change:
    """A change of a file that is not applied yet. Times are seconds on the monotonic clock."""

    since: float
    signature: Signature
    still_since: float
    reading: tuple[int | None, Parsed | None] | None = None
    """The digest and the parsed content of the file with this signature; None before it was read."""
    reason: str = ""
    """Why it is held although it has stopped changing; empty while it is being written."""
    held_since: float | None = None
    """When the hold began."""
    overridden: bool = False
    """Whether an operator has released it."""

    def saw(self, signature: Signature, now: float) -> None:
        """Records the file's current signature."""
        if signature != self.signature:
            self.signature, self.still_since, self.reading, self.reason = signature, now, None, ""

    def hold(self, reason: str, now: float) -> None:
        """Holds the change, although the file has stopped changing."""
        self.reason = reason
        if self.held_since is None:
            self.held_since = now

    def is_still(self, now: float) -> bool:
        """Whether the file has not changed for MOMENT."""
        return now - self.still_since >= MOMENT


def missing(before: Collection[ObjectId], after: Parsed) -> str:
    """Why a file looks incomplete, compared with its objects *before*; empty if it looks complete.

    Objects missing from the middle were removed. Objects missing at the end may not be written yet.
    """
    if not after.intact or not before:
        return ""
    there = [identity in after.objects for identity in before]
    lost = there.count(False)
    if not lost or False in there[: len(there) - lost]:
        return ""
    return (
        "is empty"
        if lost == len(there) and not after.objects
        else f"ends before the last {lost} of {len(there)} objects that it had"
    )


def unfinished(parsed: Parsed) -> str:
    """Why a new file that was written just now may be incomplete; empty if it looks complete."""
    if not parsed.intact:
        return "does not parse"
    return "is empty" if not (parsed.objects or parsed.ignored or parsed.problems) else ""
