"""What is told of held changes and retained resources when that begins and ends: log lines, metrics and Events."""

import logging
from collections.abc import Callable, Mapping

from xds_server.model.admission import ChangeOutcome
from xds_server.observability.event_recorder import EventRecorder
from xds_server.observability.logs import event
from xds_server.observability.metrics import Metrics
from xds_server.readiness.protections.change_set import Place
from xds_server.readiness.protections.retention import Retained
from xds_server.readiness.protections.shrink_hold import HeldChange

_log = logging.getLogger("xds_server")


class HoldReport:
    """Reports to the log, to *metrics*, and by *record_event* to Kubernetes."""

    def __init__(self, metrics: Metrics, record_event: EventRecorder, *, clock: Callable[[], float]) -> None:
        self._metrics = metrics
        self._record_event = record_event
        self._clock = clock

    def change_held(self, change: HeldChange, seconds: float) -> None:
        """A change is held from now on, for at most *seconds*."""
        event(
            _log, logging.WARNING, "change.held", would_lose=change.reason, seconds=seconds,
            release="a fresh list that says the same, or xds-server release --kind shrink",
        )  # fmt: skip
        message = f"would lose {change.reason}: held for at most {seconds:g} s"
        self._record_event("Warning", "ChangeHeld", message, clears="ChangeReleased")

    def change_released(self, change: HeldChange, by: ChangeOutcome, seconds: float) -> None:
        """A change was held for *seconds*, and is not any more."""
        self._metrics.hold_ended("shrink", seconds, by)
        event(_log, _level(by), "change.released", would_lose=change.reason, outcome=by, seconds=seconds)
        message = f"held for {seconds:.0f} s, ended by {by}: {change.reason}"
        self._record_event("Warning" if by == "timeout" else "Normal", "ChangeReleased", message, clears="ChangeHeld")

    def resources_retained(self, which: Mapping[Place, Retained]) -> None:
        """These resources are retained from now on."""
        (collection, key), first = next(iter(which.items()))
        event(
            _log, logging.WARNING, "resources.retained", resources=len(which), first=f"{collection} {key}",
            reason=first.reason, release="all kinds in touch, or xds-server release --kind retained",
        )  # fmt: skip
        message = f"{len(which)} resources that were taken away are served on: {first.reason}"
        self._record_event("Warning", "ResourcesRetained", message, clears="ResourcesReleased")

    def resources_released(self, which: Mapping[Place, Retained], by: ChangeOutcome) -> None:
        """These resources were retained, and are not any more."""
        now = self._clock()
        for one in which.values():
            self._metrics.hold_ended("retained", now - one.since, by)
        (collection, key), first = next(iter(which.items()))
        event(
            _log, _level(by), "resources.released", resources=len(which), first=f"{collection} {key}", outcome=by,
            seconds=now - first.since,
        )  # fmt: skip
        message = f"{len(which)} resources are not served on, ended by {by}: {first.reason}"
        self._record_event(
            "Warning" if by == "timeout" else "Normal", "ResourcesReleased", message, clears="ResourcesRetained"
        )


def _level(by: ChangeOutcome) -> int:
    return logging.WARNING if by == "timeout" else logging.INFO
