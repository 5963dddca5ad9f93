"""Writing back to a real API server, with the permissions of the manifest and no others."""

import asyncio
import json
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
import yaml

from krt import Commit, Graph, Reflector
from tests.support import processes
from tests.support.api_server.follower import do
from tests.support.control_plane import ControlPlane
from tests.support.kube_cluster import Kube
from tests.support.manifests import WEB_AND_SHOP
from xds_server.model.source_state import Phase, SourceState
from xds_server.providers.kinds import KINDS, REFERENCED, kinds
from xds_server.providers.kubernetes import rbac
from xds_server.providers.kubernetes.kopf_client import KopfClient, login
from xds_server.providers.kubernetes.provider import KubernetesProvider
from xds_server.providers.kubernetes.status.controller import StatusController
from xds_server.providers.sync_tracker import SyncTracker
from xds_server.translate.pipeline import build_pipeline

pytestmark = pytest.mark.kube

ROOT = Path(__file__).parents[3]
OBJECTS = (
    """
apiVersion: v1
kind: Service
metadata: {name: one, namespace: default}
spec: {clusterIP: None, ports: [{name: web, port: 80}]}
---
"""
    + WEB_AND_SHOP
)


CERTIFICATES = """
---
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {name: tls, namespace: default}
spec:
  gatewayClassName: xds-server
  listeners:
  - {name: https, port: 443, protocol: HTTPS, tls: {certificateRefs: [{name: cert}]}}
  tls: {frontend: {default: {validation: {caCertificateRefs: [{group: "", kind: ConfigMap, name: ca}]}}}}
---
apiVersion: v1
kind: Secret
metadata: {name: cert, namespace: default}
type: kubernetes.io/tls
stringData: {tls.crt: c, tls.key: k}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: ca, namespace: default}
data: {ca.crt: c}
"""


class Replica:
    """All of a server that writes back needs: sources, graph, keeper."""

    def __init__(self, kubeconfig: Path, name: str, *, certificates: bool = False) -> None:
        self.graph = Graph()
        made = build_pipeline(
            self.graph,
            "xds-server",
            referenced_kinds=[kind.plural for kind in REFERENCED] if certificates else (),
            with_statuses=True,
        )
        read = kinds()
        self.tracker = SyncTracker(read, on_change=self._on_change)
        self.references = made.references
        self.source = KubernetesProvider(
            client=KopfClient(login(str(kubeconfig))),
            references=self.references,
            kinds=read,
            reflectors={plural: Reflector(source) for plural, source in made.sources.items()},
            graph=self.graph,
            tracker=self.tracker,
        )
        self.changed = asyncio.Event()
        self.graph.subscribe(self._on_commit)
        environ = {"POD_NAMESPACE": rbac.NAMESPACE, "POD_NAME": name, "POD_UID": f"uid-of-{name}"}
        client = KopfClient(login(str(kubeconfig)))
        assert made.statuses is not None
        self.keeper = StatusController(
            client, self.graph, gateways=made.statuses.gateways, routes=made.statuses.routes,
            gateway_class="xds-server", lease=rbac.NAME, environ=environ,
        )  # fmt: skip

    def _on_commit(self, _: Commit) -> None:
        self.changed.set()

    def _on_change(self, _old: SourceState, _new: SourceState) -> None:
        if all(state.phase is Phase.SYNCED for state in self.tracker.states.values()):
            self.keeper.known()


@asynccontextmanager
async def running(kubeconfig: Path, name: str, *, certificates: bool = False) -> AsyncIterator[Replica]:
    replica = Replica(kubeconfig, name, certificates=certificates)
    tasks = [asyncio.create_task(replica.source.run()), asyncio.create_task(replica.keeper.run())]
    try:
        yield replica
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)
        assert all(task.cancelled() for task in tasks)


@pytest.fixture
async def account(kube: Kube, tmp_path: Path) -> AsyncIterator[Path]:
    """A kubeconfig with the manifest's ServiceAccount."""
    await do(kube.apply, (ROOT / "deploy/kubernetes/namespace.yaml").read_text())
    await do(kube.apply, (ROOT / "deploy/kubernetes/rbac.yaml").read_text())
    await do(kube.apply, (ROOT / "deploy/kubernetes/gatewayclass.yaml").read_text())
    kubeconfig = tmp_path / "kubeconfig"
    kubeconfig.write_text(await do(kube.cluster, "token", "--sa", f"{rbac.NAMESPACE}/{rbac.NAME}", "--kubeconfig"))
    yield kubeconfig
    await do(kube.run, "delete", "httproute,gateway,service", "--ignore-not-found", "shop", "web", "one", "tls")
    await do(kube.run, "delete", "secret/cert", "configmap/ca", "--ignore-not-found")
    await do(kube.run, "delete", "lease", rbac.NAME, "-n", rbac.NAMESPACE, "--ignore-not-found")


async def wait_for(kube: Kube, what: str, condition: str) -> None:
    await do(kube.run, "wait", f"--for={condition}", what, "--timeout=40s")


async def status(kube: Kube, what: str) -> Any:
    return json.loads(await do(kube.run, "get", what, "-o", "jsonpath={.status}"))


async def test_conditions_are_written_and_follow_and_stay(kube: Kube, account: Path) -> None:
    """What is accepted, what is wrong, and for which generation; the server may go, and they stay."""
    await do(kube.apply, OBJECTS)
    async with running(account, "xds-0") as it:
        await wait_for(kube, "gatewayclass/xds-server", "condition=Accepted")
        await wait_for(kube, "gateway/web", "condition=Programmed")
        await wait_for(kube, "gateway/web", "jsonpath={.status.listeners[0].attachedRoutes}=1")
        reason = "jsonpath={.status.parents[0].conditions[?(@.type=='ResolvedRefs')].reason}"
        await wait_for(kube, "httproute/shop", f"{reason}=ResolvedRefs")

        await do(kube.run, "delete", "service", "one")
        await wait_for(kube, "httproute/shop", f"{reason}=BackendNotFound")
        patch = '{"spec": {"parentRefs": [{"name": "web", "sectionName": "nope"}]}}'
        await do(kube.run, "patch", "httproute", "shop", "--type=merge", "-p", patch)
        accepted = "jsonpath={.status.parents[0].conditions[?(@.type=='Accepted')].reason}"
        await wait_for(kube, "httproute/shop", f"{accepted}=NoMatchingParent")
        await wait_for(kube, "gateway/web", "jsonpath={.status.listeners[0].attachedRoutes}=0")
        written = await status(kube, "httproute/shop")
        assert {one["observedGeneration"] for one in written["parents"][0]["conditions"]} == {2}
        assert it.keeper.leading

    assert await status(kube, "httproute/shop") == written
    holder = await do(
        kube.run, "get", "lease", rbac.NAME, "-n", rbac.NAMESPACE, "-o", "jsonpath={.spec.holderIdentity}"
    )
    assert holder == ""


async def test_one_of_two_writes_and_the_other_goes_on_when_it_goes(kube: Kube, account: Path) -> None:
    """At an election everything is looked at, and only what is not so is written."""
    await do(kube.apply, OBJECTS)
    async with running(account, "xds-1") as second:
        async with running(account, "xds-0") as first:
            await wait_for(kube, "gateway/web", "condition=Programmed")
            await wait_for(kube, "httproute/shop", "jsonpath={.status.parents[0].parentRef.name}=web")
            assert first.keeper.leading is not second.keeper.leading
            leader, other = (first, second) if first.keeper.leading else (second, first)
            assert (leader.keeper.written > 0, other.keeper.written) == (True, 0)
        await do(kube.run, "patch", "gateway", "web", "--type=merge", "-p", '{"spec": {"listeners": [{"name": "http", "port": 81, "protocol": "HTTP"}]}}')  # fmt: skip
        await wait_for(kube, "gateway/web", "jsonpath={.status.conditions[0].observedGeneration}=2")
        assert second.keeper.leading


@pytest.mark.parametrize("certificates", [False, True], ids=["alone", "with certificates"])
async def test_the_manifest_allows_exactly_what_is_done(
    kube: Kube, account: Path, monkeypatch: pytest.MonkeyPatch, certificates: bool
) -> None:
    """Every request is covered by a rule, and every verb of every rule is used."""
    manifests = rbac.manifests((*KINDS, *REFERENCED) if certificates else KINDS)
    done: set[tuple[str, str, str]] = set()
    real = KopfClient._ask

    async def ask(self: KopfClient, context: Any, path: str, params: Any, silence: float, **write: Any) -> Any:
        done.add(_as_rbac(write.get("method", "GET"), path, params))
        return await real(self, context, path, params, silence, **write)

    monkeypatch.setattr(KopfClient, "_ask", ask)
    await do(kube.run, "delete", "lease", rbac.NAME, "-n", rbac.NAMESPACE, "--ignore-not-found")
    await do(kube.apply, OBJECTS + CERTIFICATES if certificates else OBJECTS)
    await do(kube.apply, yaml.safe_dump_all(manifests))
    await do(kube.run, "patch", "gatewayclass", "xds-server", "--subresource=status", "--type=merge", "-p", '{"status": {"conditions": []}}')  # fmt: skip
    async with running(account, "xds-0", certificates=certificates) as it:
        it.keeper.record_event("Warning", "NotReady", "to see it written")
        await wait_for(kube, "gatewayclass/xds-server", "condition=Accepted")
        await wait_for(kube, "httproute/shop", "jsonpath={.status.parents[0].parentRef.name}=web")
        await wait_for(kube, "gateway/web", "condition=Programmed")
        said = await do(kube.run, "get", "events", "-n", rbac.NAMESPACE, "-o", "jsonpath={.items[*].reason}")
        assert "NotReady" in said
        if it.references is not None:
            expected = {"resolved": 2, "missing": 0, "pending": 0}
            async with asyncio.timeout(20):
                while dict(it.references.counts()) != expected:
                    await it.changed.wait()
                    it.changed.clear()
        assert all(state.failures == 0 for state in it.tracker.states.values())

    allowed = {
        (group, resource, verb)
        for manifest in manifests
        for rule in manifest.get("rules", ())
        for group in rule["apiGroups"]
        for resource in rule["resources"]
        for verb in rule["verbs"]
    }
    assert done == allowed


def _as_rbac(method: str, path: str, params: dict[str, str]) -> tuple[str, str, str]:
    """A request as RBAC sees it."""
    pattern = r"/(?:api|apis/([^/]+))/[^/]+(?:/namespaces/[^/]+)?/([^/]+)(/[^/]+)?(/status)?"
    found = re.fullmatch(pattern, path)
    assert found is not None, path
    group, plural, name, sub = found.groups(default="")
    if method == "GET":
        verb = "get" if name else "watch" if params.get("watch") else "list"
    else:
        verb = {"POST": "create", "PUT": "update", "PATCH": "patch"}[method]
    return group, plural + sub, verb


async def test_the_server_runs_with_that_account_alone(
    kube: Kube, account: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ready, and its statuses are written, by the command and the environment that the Deployment has.

    While it drains it does not hold the lease, and what changes is left to others.
    """
    for name, value in {"POD_NAMESPACE": rbac.NAMESPACE, "POD_NAME": "xds-9", "POD_UID": "u"}.items():
        monkeypatch.setenv(name, value)
    await do(kube.apply, OBJECTS)
    options = (f"--kubeconfig={account}", "--write-status", "server.drain_seconds=30")
    server = ControlPlane("kube", tmp_path, *options)
    await asyncio.to_thread(server.__enter__)
    try:
        await asyncio.to_thread(server.wait_ready, 40)
        await wait_for(kube, "gateway/web", "condition=Programmed")
        await wait_for(kube, "httproute/shop", "jsonpath={.status.parents[0].parentRef.name}=web")
        assert "forbidden" not in server.tail()
        said = await do(kube.run, "get", "events", "-n", rbac.NAMESPACE, "-o", "jsonpath={.items[*].message}")
        assert "ready" in said
        assert server.metric("status_leader") == 1
        written = server.metric("status_writes_total")
        assert written >= 2

        server.process.terminate()
        lease = ("get", "lease", rbac.NAME, "-n", rbac.NAMESPACE, "-o", "jsonpath={.spec.holderIdentity}")
        await do(processes.wait_for, "the lease to be given back", lambda: kube.run(*lease) == "", 10, server)
        epoch = server.metric("graph_epoch")
        await do(kube.run, "patch", "gateway", "web", "--type=merge", "-p", '{"spec": {"listeners": [{"name": "http", "port": 81, "protocol": "HTTP"}]}}')  # fmt: skip
        await do(processes.wait_for, "the change", lambda: server.metric("graph_epoch") > epoch, 10, server)
        assert (server.metric("status_leader"), server.metric("status_writes_total")) == (0, written)
        assert server.process.poll() is None
    finally:
        await asyncio.to_thread(server.__exit__, None, None, None)
