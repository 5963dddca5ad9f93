"""Whether a change of a file is to be believed yet, or the file is still being written. Pure.

A file that is renamed into place, or reached through a link that was turned, is complete. One that is written where it
is passes through states that look complete and are not: empty, or cut where a document ends.
"""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

from xds_server.providers.files.parse import ObjectId, Parsed
from xds_server.providers.files.scan import Signature

MOMENT: Final = 0.15
"""So long a file must have been the same before it counts as written. Unit: seconds."""


@dataclass(slots=True)
class Change:
    """A change of a file that is not believed yet. Times are seconds on the monotonic clock."""

    since: float
    signature: Signature
    still_since: float
    reading: tuple[int | None, Parsed | None] | None = None
    """The digest of what the file has with this signature, and what it says; None as long as it was not read."""
    reason: str = ""
    """Why it is held, though it is still; "" while it is being written."""
    held_since: float | None = None
    """When it was held first."""
    overridden: bool = False
    """Whether an operator wants it believed."""

    def saw(self, signature: Signature, now: float) -> None:
        """Notes what the file looks like now."""
        if signature != self.signature:
            self.signature, self.still_since, self.reading, self.reason = signature, now, None, ""

    def hold(self, reason: str, now: float) -> None:
        """It is still, and held all the same."""
        self.reason = reason
        if self.held_since is None:
            self.held_since = now

    def is_still(self, now: float) -> bool:
        """Whether it has been the same for a moment."""
        return now - self.still_since >= MOMENT


def missing(before: Collection[ObjectId], after: Parsed) -> str:
    """Why a file looks as if it were not complete, by what it had *before*; "" if it does not.

    What is missing from the middle was taken out; what is missing at the end may be still to come.
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
    """Why a file that was written just now, and of which nothing else is known, may not be complete; "" if it may."""
    if not parsed.intact:
        return "does not parse"
    return "is empty" if not (parsed.objects or parsed.ignored or parsed.problems) else ""
