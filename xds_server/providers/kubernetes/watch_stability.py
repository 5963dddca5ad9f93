"""Whether what goes well also lasts. Pure."""

from typing import Final

# So often something may go well and come to nothing before it is no longer taken for a sign that we are in touch.
_IN_VAIN: Final = 3


class WatchStability:
    """Of a kind's lists and watches. An outage, in which nothing goes well, is no reason to doubt what follows it."""

    def __init__(self) -> None:
        self._well = False
        self._in_vain = 0

    @property
    def unstable(self) -> bool:
        """Whether things have gone well before, again and again, and none of them record_lasting."""
        return self._in_vain >= _IN_VAIN

    def record_success(self) -> None:
        """A list was complete, or a watch was agreed to."""
        self._well = True

    def record_failure(self) -> None:
        """What went well since the last failure came to nothing."""
        self._in_vain += self._well
        self._well = False

    def record_lasting(self) -> None:
        """What went well was not in vain."""
        self._well, self._in_vain = False, 0
