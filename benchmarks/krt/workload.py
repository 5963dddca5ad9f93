"""The workload of istio's benchmark of krt: pods, services that select them, and one workload per pod.

Exactly one service selects each pod. Source: istio, pkg/kube/krt/bench_test.go.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count

import krt

PODS, SERVICES, NAMESPACES, APPS = 1000, 50, 2, 25

Labels = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Pod:
    name: str
    namespace: str
    labels: Labels
    service_account: str
    phase: str
    ip: str


@dataclass(frozen=True, slots=True)
class Service:
    name: str
    namespace: str
    selector: Labels


@dataclass(frozen=True, slots=True)
class Workload:
    name: str
    namespace: str
    ip: str
    services: tuple[str, ...]


_addresses: Iterator[int] = count((10 << 24) + 10)


def new_pod(i: int) -> Pod:
    """A pod with a new address."""
    ip = next(_addresses)
    return Pod(
        name=f"pod-{i}",
        namespace=f"ns-{i % NAMESPACES}",
        labels=(("app", f"app-{i % APPS}"),),
        service_account="fake-sa",
        phase="Running",
        ip=f"{ip >> 24}.{ip >> 16 & 255}.{ip >> 8 & 255}.{ip & 255}",
    )


def new_pods() -> dict[str, Pod]:
    return {f"pod-{i}": new_pod(i) for i in range(PODS)}


def new_services() -> dict[str, Service]:
    return {
        f"svc-{i}": Service(f"svc-{i}", f"ns-{i % NAMESPACES}", (("app", f"app-{i % APPS}"),)) for i in range(SERVICES)
    }


class KrtWorkload:
    """The workload with krt: a lookup by selector, one output per pod, and a subscriber that gets each change."""

    def __init__(self) -> None:
        self.graph = krt.Graph()
        self.pods: krt.Source[str, Pod] = self.graph.source("pods", new_pods())
        self.services = self.graph.source("services", new_services())
        selecting = self.services.index(
            lambda service: [(service.namespace, label) for label in service.selector], name="selector"
        )

        def workload(ctx: krt.Context, pod: Pod) -> Workload | None:
            if not pod.ip:
                return None
            found = ctx.lookup_within(selecting, [(pod.namespace, label) for label in pod.labels])
            return Workload(pod.name, pod.namespace, pod.ip, tuple(service.name for service in found))

        self.workloads = self.pods.map(workload, name="workloads")
        self.changed: list[str] = []
        self.workloads.subscribe(self._receive)
        self.check()

    def _receive(self, delta: krt.Delta[str, Workload]) -> None:
        self.changed.extend(delta.changes)

    def check(self) -> None:
        """Asserts that each pod has its one service, and that the subscriber got every change."""
        assert len(self.workloads) == PODS
        assert all(len(workload.services) == 1 for workload in self.workloads.values())
        assert len(self.changed) == PODS, len(self.changed)
        self.changed.clear()


class HandWrittenWorkload:
    """The same workload without krt, written for this purpose only: dictionaries, a subset test, an equality."""

    def __init__(self) -> None:
        self.pods = new_pods()
        self.by_namespace: dict[str, dict[str, Service]] = {}
        for service in new_services().values():
            self.by_namespace.setdefault(service.namespace, {})[service.name] = service
        self.workloads: dict[str, Workload] = {}
        self.changed: list[str] = []
        for name, pod in self.pods.items():
            self.update(name, pod)

    def update(self, key: str, pod: Pod) -> None:
        """Updates one pod."""
        self.pods[key] = pod
        labels = set(pod.labels)
        selecting = self.by_namespace.get(pod.namespace, {}).values()
        names = tuple(service.name for service in selecting if service.selector and labels.issuperset(service.selector))
        workload = Workload(pod.name, pod.namespace, pod.ip, names) if pod.ip else None
        if self.workloads.get(key) == workload:
            return
        if workload is None:
            del self.workloads[key]
        else:
            self.workloads[key] = workload
        self.changed.append(key)
