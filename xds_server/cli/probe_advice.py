"""The probe advisor: what probes should say, given how long a start took, and what is wrong with those that there are."""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from xds_server.cli.document_path import at

_PORT = 18080
_STARTUP_SECONDS = 60
_LIVENESS = (10, 6)
_READINESS_PERIOD = 2
_PROGRESS_SECONDS = 600
"""Kubernetes' own default."""
_DEFAULTS: Mapping[str, int] = {"periodSeconds": 10, "failureThreshold": 3}
_MARGIN = 2
"""A limit should be so many times what was measured: the API server will be slower on a bad day."""


@dataclass(frozen=True, slots=True)
class Measured:
    """How long a start took. Units: seconds."""

    base: float
    """Until both ports were bound: what `/startupz` waits for."""
    total: float
    """Until it was ready."""


def measured(layers: Sequence[Mapping[str, Any]]) -> Measured | None:
    """From the layers of `/readyz?format=json`; None while one of them has not passed for the first time."""
    took = {str(layer["name"]): layer["took_seconds"] for layer in layers}
    if not took or any(seconds is None for seconds in took.values()):
        return None
    return Measured(float(took.get("base", 0.0)), float(sum(took.values())))


def probes(start: Measured) -> str:
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


def workloads(document: object) -> Iterator[tuple[str, object]]:
    """The objects in a document that have containers, in lists too: each with its kind and name."""
    items = at(document, "items")
    if isinstance(items, list):
        for item in items:
            yield from workloads(item)
    elif _containers(document):
        yield f"{at(document, 'kind')} {at(document, 'metadata.name')}", document


def warnings(document: object, start: Measured) -> Iterator[str]:
    """What in a Deployment, or any object with a pod template, would hurt a start of that length, in one line each."""
    limit = _number(document, "spec.progressDeadlineSeconds")
    if limit is not None and limit < _MARGIN * start.total:
        yield _low("progressDeadlineSeconds", limit, start.total, "a rollout is given up while it goes well")
    for container in _containers(document):
        yield from _container(container, start)


def _containers(document: object) -> list[object]:
    found = at(document, "spec.template.spec.containers") or at(document, "spec.containers")
    return found if isinstance(found, list) else []


def _container(container: object, start: Measured) -> Iterator[str]:
    name = at(container, "name")
    for kind in ("startupProbe", "livenessProbe"):
        probe = at(container, kind)
        path = at(probe, "httpGet.path")
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
    readiness = at(container, "readinessProbe")
    if readiness is not None and at(readiness, "httpGet.path") != "/readyz":
        yield f"container {name}: readinessProbe does not ask /readyz: proxies are sent to a replica that refuses them"


def _budget(probe: object) -> float:
    """How long a probe may fail. Units: seconds."""
    return math.prod(_number(probe, field) or default for field, default in _DEFAULTS.items())


def _number(document: object, path: str) -> float | None:
    """The number there; None if there is none, as an API server would say of anything else."""
    found = at(document, path)
    return found if isinstance(found, int | float) and not isinstance(found, bool) and math.isfinite(found) else None


def _low(what: str, value: float, took: float, effect: str) -> str:
    need = math.ceil(_MARGIN * took)
    return f"{what} is {value:g} s, the last start took {took:.1f} s of it ({effect} if it is late): say {need} or more"
