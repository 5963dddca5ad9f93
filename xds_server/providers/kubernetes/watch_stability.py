"""Whether the watches of one kind stay open once they have been opened. Pure."""

from typing import Final

# After this many successes that were followed by a failure, a success no longer shows that changes are followed.
_IN_VAIN: Final = 3


class WatchStability:
    """Counts the successes of a kind's lists and watches that did not last. An outage has no successes, so it does not count."""

    def __init__(self) -> None:
        self._well = False
        self._in_vain = 0

    @property
    def unstable(self) -> bool:
        """Whether lists and watches have succeeded repeatedly, but no watch stayed open."""
        return self._in_vain >= _IN_VAIN

    def record_success(self) -> None:
        """A list completed, or the server accepted a watch."""
        self._well = True

    def record_failure(self) -> None:
        """A request failed: a success since the last failure did not last."""
        self._in_vain += self._well
        self._well = False

    def record_lasting(self) -> None:
        """A watch stayed open: resets the count."""
        self._well, self._in_vain = False, 0
