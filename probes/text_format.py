"""Reports as text, in the format of kube-apiserver's `/readyz?verbose`, and as JSON values."""

from collections.abc import Collection, Iterable, Iterator, Sequence

from probes.report import CheckReport, LayerReport, Status, exclude_checks

_MARK = {
    Status.PASSED: "[+]",
    Status.DEGRADED: "[!]",
    Status.WAITING: "[-]",
    Status.FAILED: "[-]",
    Status.BLOCKED: "[-]",
}


def text_lines(layers: Sequence[LayerReport], excluded: Collection[str], now: float) -> Iterator[str]:
    """One line for each layer, each followed by one line for each of its checks.

    `[+]` passed, `[!]` passed but degraded, `[-]` did not pass. A layer or check in *excluded* is marked as excluded.
    Units: *now* is in seconds on the gate's clock.
    """
    remaining = {layer.name: layer for layer in exclude_checks(layers, excluded)}
    for layer in layers:
        counted = remaining.get(layer.name)
        yield _layer_line(counted, now) if counted is not None else _excluded_line(layer.name)
        for check in layer.checks:
            name = f"{layer.name}/{check.name}"
            yield (
                _excluded_line(name)
                if name in excluded or counted is None
                else _line(name, check.status, check.reason, now - check.since)
            )


def json_values(layers: Iterable[LayerReport], now: float) -> list[dict[str, object]]:
    """The layers, each with its checks, as JSON objects. Units: seconds."""
    return [
        {
            **_json_value(layer, now),
            "took_seconds": None if layer.took_seconds is None else round(layer.took_seconds, 3),
            "checks": [_json_value(check, now) for check in layer.checks],
        }
        for layer in layers
    ]


def _json_value(item: LayerReport | CheckReport, now: float) -> dict[str, object]:
    return {"name": item.name, "status": item.status, "reason": item.reason, "for_seconds": round(now - item.since, 3)}


def _layer_line(layer: LayerReport, now: float) -> str:
    # The lines of the checks give the reasons, so the layer's own line needs one only if it has no checks or is blocked.
    reason = layer.reason if not layer.checks or layer.status is Status.BLOCKED else ""
    line = _line(layer.name, layer.status, reason, now - layer.since)
    return line if layer.took_seconds is None else f"{line}, took {layer.took_seconds:.2f} s"


def _line(name: str, status: Status, reason: str, seconds: float) -> str:
    if status is Status.PASSED:
        return f"[+]{name} ok ({reason})" if reason else f"[+]{name} ok"
    text = f"{_MARK[status]}{name} {status}{': ' if reason else ''}{reason}"
    return text if status is Status.BLOCKED or round(seconds, 1) <= 0 else f"{text}, for {seconds:.1f} s"


def _excluded_line(name: str) -> str:
    return f"[+]{name} excluded: ok"
