"""Probes that fit how long a start took, and what is wrong with those of a Deployment."""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from xds_server.cli.documents import get_path

_PORT = 18080
_STARTUP_SECONDS = 60
_LIVENESS = (10, 6)
_READINESS_PERIOD = 2
_PROGRESS_SECONDS = 600
"""Kubernetes' own default."""
_DEFAULTS: Mapping[str, int] = {"periodSeconds": 10, "failureThreshold": 3}
_MARGIN = 2
"""A limit should be this many times what was measured: the API server will be slower on a bad day."""


@dataclass(frozen=True, slots=True)
class Measured:
    """How long a start took. Units: seconds."""

    base: float
    """Until both ports were bound: what `/startupz` waits for."""
    total: float
    """Until it was ready."""


def measure(layers: Sequence[Mapping[str, Any]]) -> Measured | None:
    """The durations in the layers of `/readyz?format=json`; None until every layer has passed once."""
    took = {str(layer["name"]): layer["took_seconds"] for layer in layers}
    if not took or any(seconds is None for seconds in took.values()):
        return None
    return Measured(float(took.get("base", 0.0)), float(sum(took.values())))


def render_probes(start: Measured) -> str:
    """YAML for a Deployment's pod template, and its `progressDeadlineSeconds`."""
    threshold = max(_STARTUP_SECONDS, math.ceil(_MARGIN * start.base))
    period, failures = _LIVENESS
    progress = max(_PROGRESS_SECONDS, math.ceil(_MARGIN * start.total))
    return (
        f"# The last start took {start.total:.1f} s, of which {start.base:.1f} s until the ports were bound.\n"
        f"startupProbe:   {{httpGet: {{path: /startupz, port: {_PORT}}}, periodSeconds: 1, failureThreshold: {threshold}}}\n"
        f"livenessProbe:  {{httpGet: {{path: /livez, port: {_PORT}}}, periodSeconds: {period}, failureThreshold: {failures}}}\n"
        f"readinessProbe: {{httpGet: {{path: /readyz, port: {_PORT}}}, periodSeconds: {_READINESS_PERIOD}, failureThreshold: 1}}\n"
        f"# and in the Deployment: progressDeadlineSeconds: {progress}\n"
    )


def find_workloads(document: object) -> Iterator[tuple[str, object]]:
    """The kind and name of each object that has containers, and the object; also of those in a List."""
    items = get_path(document, "items")
    if isinstance(items, list):
        for item in items:
            yield from find_workloads(item)
    elif _containers(document):
        yield f"{get_path(document, 'kind')} {get_path(document, 'metadata.name')}", document


def lint_probes(document: object, start: Measured) -> Iterator[str]:
    """A line for each limit of a Deployment, or of another object with a pod template, that is too low for such a start."""
    limit = _number(document, "spec.progressDeadlineSeconds")
    if limit is not None and limit < _MARGIN * start.total:
        yield _low("progressDeadlineSeconds", limit, start.total, "a rollout is given up while it goes well")
    for container in _containers(document):
        yield from _container(container, start)


def _containers(document: object) -> list[object]:
    found = get_path(document, "spec.template.spec.containers") or get_path(document, "spec.containers")
    return found if isinstance(found, list) else []


def _container(container: object, start: Measured) -> Iterator[str]:
    name = get_path(container, "name")
    for kind in ("startupProbe", "livenessProbe"):
        probe = get_path(container, kind)
        path = get_path(probe, "httpGet.path")
        if path == "/readyz":
            budget = _budget(probe)
            yield (
                f"container {name}: {kind} asks /readyz: a slow API server gets the process killed, and it lists from "
                f"the beginning; ask {'/startupz' if kind == 'startupProbe' else '/livez'}"
            )
            if budget < _MARGIN * start.total:
                yield _low(f"container {name}: {kind}, periodSeconds x failureThreshold", budget, start.total, "killed")
        elif path == "/startupz" and _budget(probe) < _MARGIN * start.base:
            yield _low(
                f"container {name}: {kind}, periodSeconds x failureThreshold", _budget(probe), start.base, "killed"
            )
    readiness = get_path(container, "readinessProbe")
    if readiness is not None and get_path(readiness, "httpGet.path") != "/readyz":
        yield f"container {name}: readinessProbe does not ask /readyz: proxies are sent to a replica that refuses them"


def _budget(probe: object) -> float:
    """How long a probe may fail, in seconds."""
    return math.prod(_number(probe, field) or default for field, default in _DEFAULTS.items())


def _number(document: object, path: str) -> float | None:
    """The number at a path; None for anything else, which an API server would refuse."""
    found = get_path(document, path)
    return found if isinstance(found, int | float) and not isinstance(found, bool) and math.isfinite(found) else None


def _low(what: str, value: float, took: float, effect: str) -> str:
    need = math.ceil(_MARGIN * took)
    return f"{what} is {value:g} s, the last start took {took:.1f} s of it ({effect} if it is late): set {need} or more"
