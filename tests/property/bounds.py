"""How long the property tests look: as long as CI can wait, or as often as FUZZ says (`make fuzz`)."""

import os


def examples(count: int) -> int:
    """*count*, times FUZZ if that is set."""
    return count * int(os.environ.get("FUZZ", "1"))
