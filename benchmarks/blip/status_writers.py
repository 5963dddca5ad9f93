"""Ways to blip by what control planes write: on a real API server, with the lease that says who does."""

import json
import os
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from benchmarks.blip.bench import Bench, Outcome, route
from tests.support.control_plane import ControlPlane
from tests.support.kube_cluster import Kube, cluster
from tests.support.processes import wait_for
from tests.support.tcp_proxy import Balancer

DEPLOY = Path(__file__).parents[2] / "deploy/kubernetes"
ADDRESS = "10.244.0.1"
"""An API server refuses loopback addresses of endpoints; tests/e2e/netns makes this one."""
_NAMESPACE = "apiVersion: v1\nkind: Namespace\nmetadata: {name: demo}\n"
_LEASE = ("lease", "xds-server", "--namespace=default")


def kuma_1738_the_old_one_undoes_nothing(gate: str) -> Outcome:
    """The old replica leaves slowly while the new one writes: no status goes, no lease is taken back, no request fails."""
    with _bench(gate) as (bench, kube), Balancer() as balancer:
        bench.grpc_port = balancer.port

        def replica() -> ControlPlane:
            options = (f"--kubeconfig={kube.kubeconfig}", "--write-status", "server.drain_seconds=5")
            plane = ControlPlane("kube", bench.directory, f"--gate={gate}", *options)
            bench.keep(plane)
            balancer.replicas.append(plane)
            plane.wait_ready(40)
            return plane

        old = replica()
        bench.wait_live(bench.proxy(), old)
        wait_for("the status", lambda: _programmed(kube), 40, old)
        first = _holder(kube)
        bench.load()
        new = replica()
        old.process.terminate()
        wait_for("unready", lambda: not old.ready, 3, old)
        kube.apply(route("late", "/late", "green").replace("metadata: {", "metadata: {labels: {of: test}, "))
        seen: list[bool] = []
        holders: list[str] = []

        def rolled() -> bool:
            seen.append(_programmed(kube))
            holders.append(_holder(kube))
            return not old.running and _accepted(kube, "late")

        wait_for("the new one to write", rolled, 60, new)
        bench.expect("the Gateway is programmed all the time", holds=all(seen))
        bench.expect("the old one left with 0", holds=old.process.returncode == 0)
        later = holders[next((n for n, holder in enumerate(holders) if holder != first), len(holders)) :]
        bench.expect("who gave the lease away does not take it back", holds=bool(later) and first not in later)
        bench.wait_answers({"green"}, "/late", 10)
        return bench.outcome()


def gloo_7346_the_lease_is_lost_for_a_while(gate: str) -> Outcome:
    """Somebody else has the lease: served and ready as before, nothing is written; afterwards what was missed is."""
    with _bench(gate) as (bench, kube):
        plane = bench.up(f"--kubeconfig={kube.kubeconfig}", "--write-status", source="kube")
        wait_for("the status", lambda: _programmed(kube), 40, plane)
        bench.load()
        now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        spec = {"holderIdentity": "somebody", "renewTime": now, "leaseDurationSeconds": 15}
        kube.run("patch", *_LEASE, "--type=merge", "-p", json.dumps({"spec": spec}))
        wait_for("it to notice", lambda: "status.follower" in plane.log.read_text(), 20, plane)
        kube.apply(route("late", "/late", "green"))
        bench.wait_answers({"green"}, "/late", 10)
        begin = time.monotonic()
        written: list[bool] = []

        def back() -> bool:
            written.append(_accepted(kube, "late"))
            return _holder(kube) != "somebody"

        seconds = wait_for("the lease", back, 60, plane)
        bench.expect("nothing is written without it", holds=not any(written[:-1]))
        bench.expect("ready all the time", holds=plane.ready)
        wait_for("what was missed", lambda: _accepted(kube, "late"), 20, plane)
        bench.note = (
            bench.note or f"back after {seconds:.0f} s, all written {time.monotonic() - begin - seconds:.1f} s later"
        )
        return bench.outcome()


def why_not() -> str:
    """Why these cannot be run here; "" if they can."""
    if not os.environ.get("XDS_KUBE_RIG"):
        return "needs an API server: set XDS_KUBE_RIG"
    with socket.socket() as probe:
        try:
            probe.bind((ADDRESS, 0))
        except OSError:
            return f"needs the address {ADDRESS}: run it through tests/e2e/netns"
    return ""


@contextmanager
def _bench(gate: str) -> Iterator[tuple[Bench, Kube]]:
    """A bench whose objects are in a cluster of its own."""
    with (
        Bench(gate=gate, host=ADDRESS) as bench,
        cluster(bench.directory / "cluster", os.environ["XDS_KUBE_RIG"]) as kube,
    ):
        kube.crds()
        for name in ("namespace", "gatewayclass"):
            kube.apply((DEPLOY / f"{name}.yaml").read_text())
        kube.apply(_NAMESPACE)
        for manifest in sorted(bench.manifests.glob("*.yaml")):
            kube.apply(manifest.read_text())
        yield bench, kube


def _get(kube: Kube, *what: str) -> Any:
    return json.loads(kube.run("get", *what, "--output=json"))


def _holder(kube: Kube) -> str:
    return str(_get(kube, *_LEASE)["spec"].get("holderIdentity") or "")


def _programmed(kube: Kube) -> bool:
    status = _get(kube, "gateway", "edge", "--namespace=demo").get("status", {})
    return any(one["type"] == "Programmed" and one["status"] == "True" for one in status.get("conditions", ()))


def _accepted(kube: Kube, name: str) -> bool:
    parents = _get(kube, "httproute", name, "--namespace=demo").get("status", {}).get("parents", ())
    return any(one["type"] == "Accepted" and one["status"] == "True" for each in parents for one in each["conditions"])
