"""Kubernetes Events about this Pod, as those who have something to tell see them."""

from typing import Literal, Protocol


class Say(Protocol):
    """Writes an Event about this Pod, if somebody writes at all; *ends* is a reason that is over with it."""

    def __call__(self, kind: Literal["Normal", "Warning"], reason: str, message: str, *, ends: str = "") -> None:
        """Rate-limited, and what says the same as the last of its reason is not said again."""
