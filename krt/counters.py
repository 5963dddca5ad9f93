"""Counters of one collection."""

from dataclasses import dataclass


@dataclass(slots=True)
class Counters:
    """What a collection has done since it was created."""

    runs: int = 0
    """Runs of the transform; for kinds without a transform, keys that were computed."""
    parked: int = 0
    """Runs that read something unknown."""
    failed: int = 0
    """Runs that failed."""
    kept: int = 0
    """Runs that raised KeepPrevious."""
    cut_off: int = 0
    """Outputs that were equal to the current value."""
    changes: int = 0
    """Keys that a transaction changed, added up over all transactions."""
    seconds: float = 0.0
    """Time spent in this collection, in seconds; only with `Graph(clock=...)`."""
