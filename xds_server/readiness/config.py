"""The configuration of readiness and of the protections."""

from dataclasses import dataclass
from typing import Annotated

from xds_server.model.setting import seconds


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadinessConfig:
    """The settings of readiness and of the protections."""

    initial_push_seconds: Annotated[
        float,
        seconds(
            "How long readiness waits at most until the proxies that connected earlier have their configuration; 0: not at all."
        ),
    ] = 1.0
    shrink_hold_seconds: Annotated[
        float,
        seconds(
            "How long a change is held at most that would remove a large part of what is served; 0: such changes are not held."
        ),
    ] = 30.0
    shrink_share: float = 0.5
    """A large part is more than this share of the clusters, load assignments, listeners or routes ..."""
    shrink_at_least: int = 10
    """... and at least this many of them."""
    retention_seconds: Annotated[
        float,
        seconds(
            "How long a removed resource is served on at most while a source that it depends on is stale; 0: not at all."
        ),
    ] = 15.0
    last_good_grace_seconds: Annotated[
        float, seconds("How long after the start the last good configuration is not offered to proxies yet.")
    ] = 30.0
    parity_seconds: Annotated[float, seconds("How long readiness waits at most until the peer publishes the same.")] = (
        10.0
    )
    soft_deadline_seconds: Annotated[
        float, seconds("How often the log says why the server is not ready yet; 0: never.")
    ] = 60.0
