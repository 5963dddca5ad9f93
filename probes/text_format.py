"""Layers as text in kube-apiserver's grammar, and as JSON values."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import replace

from probes.report import CheckReport, LayerReport, Status, summary, worst

_MARK = {
    Status.PASSED: "[+]",
    Status.DEGRADED: "[!]",
    Status.WAITING: "[-]",
    Status.FAILED: "[-]",
    Status.BLOCKED: "[-]",
}


def without(layers: Iterable[LayerReport], excluded: Collection[str]) -> list[LayerReport]:
    """*layers* as if those of their checks that are named in *excluded* (a layer, or layer/check) were not there.

    A layer keeps no trace of them, and what remains decides its status, except that a blocked layer stays blocked:
    what was not asked is not known.
    """
    kept = []
    for layer in layers:
        if layer.name in excluded:
            continue
        checks = tuple(check for check in layer.checks if f"{layer.name}/{check.name}" not in excluded)
        if len(checks) == len(layer.checks):
            kept.append(layer)
        elif layer.status is Status.BLOCKED:
            kept.append(replace(layer, checks=checks))
        elif checks:
            status = worst(checks)
            kept.append(replace(layer, checks=checks, status=status, reason="" if status.good else summary(checks)))
    return kept


def lines(layers: Sequence[LayerReport], excluded: Collection[str], now: float) -> Iterator[str]:
    """A line for each layer, and below it one for each of its checks, with reasons and times.

    `[+]` has passed, `[!]` has passed and is degraded, `[-]` has not passed; what is excluded is listed as such.
    Units: *now* is in seconds on the gate's clock.
    """
    remaining = {layer.name: layer for layer in without(layers, excluded)}
    for layer in layers:
        counted = remaining.get(layer.name)
        yield _layer_line(counted, now) if counted is not None else _excluded(layer.name)
        for check in layer.checks:
            name = f"{layer.name}/{check.name}"
            yield (
                _excluded(name)
                if name in excluded or counted is None
                else _line(name, check.status, check.reason, now - check.since)
            )


def values(layers: Iterable[LayerReport], now: float) -> list[dict[str, object]]:
    """Layers, each with its checks, as JSON objects. Units: seconds."""
    return [
        {
            **_values(layer, now),
            "took_seconds": None if layer.took_seconds is None else round(layer.took_seconds, 3),
            "checks": [_values(check, now) for check in layer.checks],
        }
        for layer in layers
    ]


def alone(layer: LayerReport, check: CheckReport) -> LayerReport:
    """One check as if it were a layer, named `layer/check`."""
    reason = layer.reason if check.status is Status.BLOCKED else check.reason
    return LayerReport(name=f"{layer.name}/{check.name}", status=check.status, reason=reason, since=check.since)


def _values(item: LayerReport | CheckReport, now: float) -> dict[str, object]:
    return {"name": item.name, "status": item.status, "reason": item.reason, "for_seconds": round(now - item.since, 3)}


def _layer_line(layer: LayerReport, now: float) -> str:
    # The reasons stand beside the checks; only a layer without them must say its own, and a blocked one what blocks it.
    reason = layer.reason if not layer.checks or layer.status is Status.BLOCKED else ""
    line = _line(layer.name, layer.status, reason, now - layer.since)
    return line if layer.took_seconds is None else f"{line}, took {layer.took_seconds:.2f} s"


def _line(name: str, status: Status, reason: str, seconds: float) -> str:
    if status is Status.PASSED:
        return f"[+]{name} ok ({reason})" if reason else f"[+]{name} ok"
    text = f"{_MARK[status]}{name} {status}{': ' if reason else ''}{reason}"
    return text if status is Status.BLOCKED or round(seconds, 1) <= 0 else f"{text}, for {seconds:.1f} s"


def _excluded(name: str) -> str:
    return f"[+]{name} excluded: ok"
