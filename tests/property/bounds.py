"""How long the state machines look: as long as CI can wait, and longer with a longer profile (`make fuzz`)."""

from typing import Final

from hypothesis import settings

_CI: Final = 200
"""Examples in the profile that CI has."""


def examples(count: int) -> int:
    """*count* in CI, and as many times more, or fewer, as the profile has examples."""
    return max(1, count * settings().max_examples // _CI)
