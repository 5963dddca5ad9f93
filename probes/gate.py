"""The gate: evaluates ordered layers of checks into one report. Does no I/O; the clock is handed in."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from probes.layer import Failed, Layer, Verdict
from probes.report import CheckReport, LayerReport, Report, Status, read_verdict, summarize_checks, worst_status

Clock = Callable[[], float]
"""Returns seconds that never run backwards, such as `time.monotonic`."""

_LAYER_NAME = re.compile(r"[a-z][a-z0-9_-]*")


class GateError(ValueError):
    """The layers do not make a gate."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Transition:
    """The gate became ready, or stopped being ready."""

    at: float
    """Seconds on the gate's clock."""
    ready: bool
    """Whether the gate is ready now."""
    reason: str
    """One line for a person."""
    layer: str
    """The layer that decided: the last one to pass, or the first one that does not pass any more."""


class Gate:
    """Evaluates layers in order. A layer is evaluated when all layers before it have passed.

    A latching layer that has passed stays passed. It is still evaluated, and checks that fail in it are shown as
    degraded. Deterministic: the same verdicts at the same times give the same reports.

    Only one thread may call `evaluate`. Any thread may read `report`, which is immutable and replaced as a whole.
    Raises: GateError, if there are no layers, two have the same name, or a name does not match `[a-z][a-z0-9_-]*`.
    """

    def __init__(self, *layers: Layer, clock: Clock, started_at: float | None = None) -> None:
        """*started_at* is when the time of the first layer begins, on *clock*. The default is now."""
        _validate_layers(layers)
        self.clock = clock
        self._layers = layers
        self._started_at = clock() if started_at is None else started_at
        self._change_callbacks: list[Callable[[Report, Report], None]] = []
        self._transition_callbacks: list[Callable[[Transition], None]] = []
        self._report = _initial_report(layers, self._started_at)

    @property
    def report(self) -> Report:
        """The report of the last evaluation. Before the first evaluation, no layer has passed."""
        return self._report

    @property
    def layers(self) -> tuple[Layer, ...]:
        """The layers, in order."""
        return self._layers

    def evaluate(self) -> Report:
        """Evaluates the layers, replaces `report`, and then calls the callbacks. A check that raises has failed.

        Call it after anything that a check reads has changed, and now and then to renew reasons that depend on time.
        """
        now = self.clock()
        previous = self._report
        layers: list[LayerReport] = []
        blocker = ""
        for layer, before in zip(self._layers, previous.layers, strict=True):
            latched = layer.latch and before.passed_at is not None
            current = (
                _block_layer(layer, before, blocker, now)
                if blocker and not latched
                else _evaluate_layer(layer, before, now, latched=latched)
            )
            if current.status.ok:
                current = self._record_pass(current, layers, now)
            else:
                blocker = blocker or layer.name
            layers.append(current)
        ready = not blocker
        since = previous.since if ready is previous.ready else now
        report = Report(ready=ready, at=now, since=since, layers=tuple(layers))
        self._report = report
        self._notify(previous, report)
        return report

    def on_transition(self, callback: Callable[[Transition], None]) -> None:
        """Has `evaluate` call *callback* whenever the gate becomes ready or stops being ready."""
        self._transition_callbacks.append(callback)

    def on_change(self, callback: Callable[[Report, Report], None]) -> None:
        """Has `evaluate` call *callback* with the previous and the new report if any status differs between them."""
        self._change_callbacks.append(callback)

    def passed_at(self, layer: str) -> float | None:
        """When *layer* passed for the first time, in seconds on the gate's clock; None if it never has.

        Raises: KeyError, if the gate has no such layer.
        """
        return {each.name: each.passed_at for each in self._report.layers}[layer]

    def startup_seconds(self) -> Mapping[str, float]:
        """The seconds that each layer took to pass for the first time, in order. Layers that never passed are absent."""
        return {layer.name: layer.took_seconds for layer in self._report.layers if layer.took_seconds is not None}

    def _record_pass(self, current: LayerReport, earlier: list[LayerReport], now: float) -> LayerReport:
        if current.passed_at is not None:
            return current
        began = earlier[-1].passed_at if earlier else self._started_at
        assert began is not None
        return replace(current, passed_at=now, took_seconds=now - began)

    def _notify(self, previous: Report, report: Report) -> None:
        if self._change_callbacks and _statuses(previous) != _statuses(report):
            for notify_change in self._change_callbacks:
                notify_change(previous, report)
        if previous.ready is not report.ready:
            transition = _transition(previous, report)
            for notify_transition in self._transition_callbacks:
                notify_transition(transition)


def _validate_layers(layers: tuple[Layer, ...]) -> None:
    if not layers:
        raise GateError("a gate with no layers would be ready before anything is known: give it at least one layer")
    names: set[str] = set()
    for layer in layers:
        if not _LAYER_NAME.fullmatch(layer.name):
            raise GateError(
                f"layer {layer.name!r}: use lower-case letters, digits, '-' and '_' in a name, and begin with a letter"
            )
        if layer.name in names:
            raise GateError(f"layer {layer.name!r} is given twice: give each layer a name of its own")
        names.add(layer.name)


def _initial_report(layers: tuple[Layer, ...], at: float) -> Report:
    def blank(layer: Layer, status: Status, reason: str) -> LayerReport:
        checks = tuple(CheckReport(name=name, status=status, since=at) for name in layer.check_names)
        return LayerReport(name=layer.name, status=status, reason=reason, since=at, checks=checks)

    first = blank(layers[0], Status.WAITING, "not evaluated yet")
    rest = (blank(layer, Status.BLOCKED, f"waits for {layers[0].name}") for layer in layers[1:])
    return Report(ready=False, at=at, since=at, layers=(first, *rest))


def _evaluate_layer(layer: Layer, before: LayerReport, now: float, *, latched: bool) -> LayerReport:
    known = {check.name: check for check in before.checks}
    checks = tuple(
        _check_report(name, verdict, known.get(name), now, latched=latched)
        for name, verdict in _read_verdicts(layer, before).items()
    )
    status = worst_status(checks) if checks or not latched else Status.DEGRADED
    reason = "" if status.ok and checks else summarize_checks(checks)
    if (status, reason, checks) == (before.status, before.reason, before.checks):
        return before
    since = before.since if status is before.status else now
    return replace(before, status=status, reason=reason, since=since, checks=checks)


def _block_layer(layer: Layer, before: LayerReport, blocker: str, now: float) -> LayerReport:
    known = {check.name: check for check in before.checks}
    checks = []
    for name in known or layer.check_names:
        old = known.get(name)
        since = old.since if old is not None and old.status is Status.BLOCKED else now
        checks.append(CheckReport(name=name, status=Status.BLOCKED, since=since))
    since = before.since if before.status is Status.BLOCKED else now
    return replace(before, status=Status.BLOCKED, reason=f"waits for {blocker}", since=since, checks=tuple(checks))


def _read_verdicts(layer: Layer, before: LayerReport) -> Mapping[str, Verdict]:
    try:
        return layer.checks()
    except Exception as error:  # noqa: BLE001  whatever was raised, the gate must close rather than keep old verdicts
        failed = Failed(f"the check itself raised {type(error).__name__}: {error}")
        return dict.fromkeys([check.name for check in before.checks] or layer.check_names or ("checks",), failed)


def _check_report(name: str, verdict: Verdict, before: CheckReport | None, now: float, *, latched: bool) -> CheckReport:
    status, reason = read_verdict(verdict)
    if latched and not status.ok:
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
    not_ready = previous if report.ready else report
    blocking = [layer.name for layer in not_ready.layers if not layer.status.ok]
    layer = blocking[-1] if report.ready else blocking[0]
    reason = f"all layers have passed; the last was {layer}" if report.ready else report.reason
    return Transition(at=report.at, ready=report.ready, reason=reason, layer=layer)
