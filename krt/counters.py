"""What a collection has done so far, in numbers."""

from dataclasses import dataclass


@dataclass(slots=True)
class Counters:
    """Counted since the collection was created."""

    runs: int = 0
    """Runs of the transform, or decisions on one key; of those that ended without an output:"""
    parked: int = 0
    failed: int = 0
    kept: int = 0
    cut_off: int = 0
    """Outputs that were equal to what was there."""
    changes: int = 0
    """Net changes of one key."""
    seconds: float = 0.0
    """Time spent on all of that; only with `Graph(clock=...)`."""
