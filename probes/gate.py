"""The gate: ordered layers of checks, evaluated into one report. Does no I/O and keeps no time of its own."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from probes.layer import Failed, Layer, Verdict
from probes.report import CheckReport, LayerReport, Report, Status, seen, summary, worst

Clock = Callable[[], float]
"""Seconds that never run backwards, such as `time.monotonic`."""

_LAYER_NAME = re.compile(r"[a-z][a-z0-9_-]*")


class GateError(ValueError):
    """The layers do not make a gate."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Transition:
    """The whole became ready, or ceased to be."""

    at: float
    """When, on the gate's clock."""
    ready_from: bool
    ready_to: bool
    reason: str
    """For a person, in one line."""
    layer: str
    """The layer that decided: the last one to pass, or the first that passes no longer."""


class Gate:
    """Layers, evaluated in order; each is asked only when all before it have passed.

    A latching layer that has passed stays passed, and what fails in it afterwards is shown as degraded;
    it goes on being asked. Deterministic: the same verdicts at the same times give the same reports.

    One thread evaluates. `report` may be read from any thread: it is one immutable value, replaced at once.
    Raises: GateError, if there are no layers, two have one name, or a name is not of the form `[a-z][a-z0-9_-]*`.
    """

    def __init__(self, *layers: Layer, clock: Clock, started: float | None = None) -> None:
        """*started* is when the first layer's time begins to count, if that was before now."""
        _check(layers)
        self.clock = clock
        self._layers = layers
        self._started = clock() if started is None else started
        self._passed_at: dict[str, float] = {}
        self._on_change: list[Callable[[Report, Report], None]] = []
        self._on_transition: list[Callable[[Transition], None]] = []
        self._report = _unevaluated(layers, self._started)

    @property
    def report(self) -> Report:
        """The report of the last evaluation; before the first, nothing has passed."""
        return self._report

    @property
    def layers(self) -> tuple[Layer, ...]:
        """The layers in their order."""
        return self._layers

    def evaluate(self) -> Report:
        """Asks the layers, makes that the report, and tells those who asked to be told. A check that raises has failed."""
        now = self.clock()
        previous = self._report
        layers: list[LayerReport] = []
        blocker = ""
        for layer, before in zip(self._layers, previous.layers, strict=True):
            latched = layer.latch and layer.name in self._passed_at
            current = (
                _blocked(layer, before, blocker, now)
                if blocker and not latched
                else _asked(layer, before, now, latched=latched)
            )
            if current.status.good:
                current = self._timed(current, layers, now)
            else:
                blocker = blocker or layer.name
            layers.append(current)
        ready = not blocker
        report = Report(
            ready=ready, at=now, since=previous.since if ready is previous.ready else now, layers=tuple(layers)
        )
        self._report = report
        self._tell(previous, report)
        return report

    def on_transition(self, callback: Callable[[Transition], None]) -> None:
        """Calls *callback* whenever the whole becomes ready or ceases to be, after `report` says so."""
        self._on_transition.append(callback)

    def on_change(self, callback: Callable[[Report, Report], None]) -> None:
        """Calls *callback* with the previous and the new report whenever the status of any layer or check has changed."""
        self._on_change.append(callback)

    def passed_at(self, layer: str) -> float | None:
        """When *layer* passed for the first time, on the gate's clock; None before that. Raises: KeyError."""
        if all(layer != each.name for each in self._layers):
            raise KeyError(layer)
        return self._passed_at.get(layer)

    def phases(self) -> Mapping[str, float]:
        """Seconds that each layer took to pass, in order, for those that have passed at least once."""
        return {layer.name: layer.took_seconds for layer in self._report.layers if layer.took_seconds is not None}

    def why_not(self) -> str:
        """What the gate waits for, as of the last evaluation, in one line; "" if it is ready."""
        return self._report.why_not()

    def _timed(self, current: LayerReport, earlier: list[LayerReport], now: float) -> LayerReport:
        if current.passed_at is not None:
            return current
        passed_at = self._passed_at[current.name] = now
        begun = self._started if not earlier else self._passed_at[earlier[-1].name]
        return replace(current, passed_at=passed_at, took_seconds=passed_at - begun)

    def _tell(self, previous: Report, report: Report) -> None:
        if self._on_change and _statuses(previous) != _statuses(report):
            for told in self._on_change:
                told(previous, report)
        if previous.ready is not report.ready:
            transition = _transition(previous, report)
            for notify in self._on_transition:
                notify(transition)


def _check(layers: tuple[Layer, ...]) -> None:
    if not layers:
        raise GateError("a gate has no layers, so it would be ready before anything is known: give it at least one")
    seen: set[str] = set()
    for layer in layers:
        if not _LAYER_NAME.fullmatch(layer.name):
            raise GateError(
                f"layer {layer.name!r}: a name is lower-case letters, digits, '-' and '_', beginning with a letter"
            )
        if layer.name in seen:
            raise GateError(f"layer {layer.name!r} is there twice: give each layer a name of its own")
        seen.add(layer.name)


def _unevaluated(layers: tuple[Layer, ...], at: float) -> Report:
    def blank(layer: Layer, status: Status, reason: str) -> LayerReport:
        checks = tuple(CheckReport(name=name, status=status, since=at) for name in layer.names)
        return LayerReport(name=layer.name, status=status, reason=reason, since=at, checks=checks)

    first = blank(layers[0], Status.WAITING, "not evaluated yet")
    rest = (blank(layer, Status.BLOCKED, f"waits for {layers[0].name}") for layer in layers[1:])
    return Report(ready=False, at=at, since=at, layers=(first, *rest))


def _asked(layer: Layer, before: LayerReport, now: float, *, latched: bool) -> LayerReport:
    known = {check.name: check for check in before.checks}
    checks = tuple(
        _judged(name, verdict, known.get(name), now, latched=latched)
        for name, verdict in _verdicts(layer, before).items()
    )
    status = worst(checks) if checks or not latched else Status.DEGRADED
    reason = "" if status.good and checks else summary(checks)
    if (status, reason, checks) == (before.status, before.reason, before.checks):
        return before
    since = before.since if status is before.status else now
    return replace(before, status=status, reason=reason, since=since, checks=checks)


def _blocked(layer: Layer, before: LayerReport, blocker: str, now: float) -> LayerReport:
    known = {check.name: check for check in before.checks}
    checks = []
    for name in known or layer.names:
        old = known.get(name)
        since = old.since if old is not None and old.status is Status.BLOCKED else now
        checks.append(CheckReport(name=name, status=Status.BLOCKED, since=since))
    since = before.since if before.status is Status.BLOCKED else now
    return replace(before, status=Status.BLOCKED, reason=f"waits for {blocker}", since=since, checks=tuple(checks))


def _verdicts(layer: Layer, before: LayerReport) -> Mapping[str, Verdict]:
    try:
        return layer.checks()
    except Exception as error:  # noqa: BLE001  whatever it was, the gate must close, not keep the last good word
        failed = Failed(f"the check itself raised {type(error).__name__}: {error}")
        return dict.fromkeys([check.name for check in before.checks] or layer.names or ("checks",), failed)


def _judged(name: str, verdict: Verdict, before: CheckReport | None, now: float, *, latched: bool) -> CheckReport:
    status, reason = seen(verdict)
    if latched and not status.good:
        status = Status.DEGRADED
    if before is not None and before.status is status:
        return before if before.reason == reason else replace(before, reason=reason)
    return CheckReport(name=name, status=status, reason=reason, since=now)


def _statuses(report: Report) -> list[tuple[str, Status, tuple[tuple[str, Status], ...]]]:
    return [
        (layer.name, layer.status, tuple((check.name, check.status) for check in layer.checks))
        for layer in report.layers
    ]


def _transition(previous: Report, report: Report) -> Transition:
    decisive = report if previous.ready else previous
    late = [layer for layer in decisive.layers if not layer.status.good]
    if report.ready:
        layer = late[-1].name
        reason = f"all layers have passed; the last was {layer}"
    else:
        layer = late[0].name
        reason = report.why_not()
    return Transition(at=report.at, ready_from=previous.ready, ready_to=report.ready, reason=reason, layer=layer)
