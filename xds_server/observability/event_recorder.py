"""Kubernetes Events about this Pod, as the parts that report something see them."""

from typing import Literal, Protocol


class EventRecorder(Protocol):
    """Writes Kubernetes Events about this Pod, if it runs in one and statuses are written."""

    def __call__(self, kind: Literal["Normal", "Warning"], reason: str, message: str, *, clears: str = "") -> None:
        """Writes an Event, within a rate, unless the last one of *reason* had the same message.

        *clears*: the reason that is over with this one. Its next Event is written even if it repeats the last.
        """
