"""The Kubernetes source against a real API server."""

import re
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import pytest

from tests.support.api_server.follower import do, following
from tests.support.kube_cluster import Kube
from tests.support.manifests import WEB_AND_SHOP
from tests.support.tcp_proxy import Relay
from xds_server.model.objects import EndpointSlice
from xds_server.model.source_state import Phase

pytestmark = pytest.mark.kube


@asynccontextmanager
async def no_api_server(kube: Kube) -> AsyncIterator[None]:
    """The API server is down meanwhile, and up again afterwards in any case."""
    await do(kube.cluster, "stop-apiserver")
    try:
        yield
    finally:
        await do(kube.cluster, "start-apiserver")


def service(name: str, port: int = 80) -> str:
    return f"""
apiVersion: v1
kind: Service
metadata: {{name: {name}, namespace: default}}
spec: {{clusterIP: None, ports: [{{name: web, port: {port}}}]}}
---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: {{name: {name}-1, namespace: default, labels: {{kubernetes.io/service-name: {name}}}}}
addressType: IPv4
ports: [{{name: web, port: 8080}}]
endpoints: [{{addresses: [10.1.0.1]}}, {{addresses: [10.1.0.2], conditions: {{ready: false}}}}]
---
"""


def owned(name: str) -> list[str]:
    """What service(name) made, as kubectl names it."""
    return [f"service/{name}", f"endpointslice/{name}-1"]


async def test_list_watch_and_delete(kube: Kube) -> None:
    """What was there is listed, what is added, changed and deleted follows, and each list is one commit."""
    await do(kube.apply, service("one") + WEB_AND_SHOP)
    async with following(kube.kubeconfig) as it:
        await it.until(lambda: it.phases() == {Phase.SYNCED})
        assert it.sources["endpointslices"]["default/one-1"] == EndpointSlice(
            key="default/one-1", service="default/one", ports=(("web", 8080),), ready=("10.1.0.1",)
        )
        assert it.sources["httproutes"]["default/shop"].created.endswith("Z")
        assert [listener.name for listener in it.sources["gateways"]["default/web"].listeners] == ["http"]
        assert all(state.known and state.sync_seconds is not None for state in it.tracker.states.values())

        await do(kube.apply, service("one", 81) + service("two"))
        await it.until(lambda: it.sources["services"].get("default/two") is not None)
        await it.until(lambda: it.sources["services"]["default/one"].ports[0].port == 81)

        await do(kube.run, "delete", *owned("one"), *owned("two"), "httproute/shop", "gateway/web")
        await it.until(lambda: not {"default/one", "default/two"} & set(it.sources["services"]))
        await it.until(lambda: not len(it.sources["httproutes"]) and not len(it.sources["gateways"]))
        await it.until(lambda: "default/one-1" not in it.sources["endpointslices"])
        assert not it.tracker.problems


async def test_a_restarted_api_server_is_joined_again(kube: Kube) -> None:
    """Down: stale, with everything kept and the reason. Up: synced, and following."""
    await do(kube.apply, service("keep"))
    async with following(kube.kubeconfig) as it:
        await it.until(lambda: it.phases() == {Phase.SYNCED})

        async with no_api_server(kube):
            await it.until(lambda: it.phases() == {Phase.STALE})
            await it.until(lambda: "cannot reach https://127.0.0.1:" in it.state("services").message)
            assert "default/keep" in it.sources["services"]

        await it.until(lambda: it.phases() == {Phase.SYNCED}, seconds=40)
        await do(kube.run, "delete", *owned("keep"))
        await it.until(lambda: "default/keep" not in it.sources["services"])


async def test_a_deletion_in_a_gap_too_long_for_the_watch_is_pruned(kube: Kube, tmp_path: Path) -> None:
    """When the server has forgotten where we were, a new list replaces what there was."""
    await do(kube.apply, service("stay") + service("drop"))
    upstream = int(re.search(r"server: https://127.0.0.1:(\d+)", kube.kubeconfig.read_text())[1])  # type: ignore[index]
    relay = Relay(upstream)
    await relay.start()
    kubeconfig = tmp_path / "kubeconfig"
    kubeconfig.write_text(kube.kubeconfig.read_text().replace(f":{upstream}", f":{relay.port}"))
    async with following(kubeconfig) as it:
        await it.until(lambda: it.phases() == {Phase.SYNCED})

        await relay.cut()
        await it.until(lambda: it.phases() == {Phase.STALE})
        await do(kube.run, "delete", *owned("drop"))
        await do(kube.cluster, "compact")
        async with no_api_server(kube):
            pass
        assert "default/drop" in it.sources["services"]
        listed_before = it.state("services").started

        await relay.start()
        # A watch from the forgotten version opens all right, and says only then that it is: wait for the list's effect.
        await it.until(lambda: "default/drop" not in it.sources["services"], seconds=40)
        await it.until(lambda: it.phases() == {Phase.SYNCED}, seconds=40)
        assert "default/stay" in it.sources["services"]
        assert it.state("services").started > listed_before
    await relay.cut()
    await do(kube.run, "delete", *owned("stay"))


async def test_an_api_server_that_is_down_at_the_start_is_waited_for(bare_kube: Kube) -> None:
    """Not ready, with the reason, and never an exit."""
    async with AsyncExitStack() as down:
        await down.enter_async_context(no_api_server(bare_kube))
        it = await down.enter_async_context(following(bare_kube.kubeconfig, "gateways", "httproutes"))
        await it.until(lambda: it.phases() == {Phase.ERROR})
        assert not any(state.known for state in it.tracker.states.values())
        assert not any(source.synced for source in it.sources.values())

        await do(bare_kube.cluster, "start-apiserver")
        await it.until(lambda: it.phases() == {Phase.SYNCED, Phase.ABSENT}, seconds=40)


async def test_a_missing_permission_is_shown_within_five_seconds_and_healed(kube: Kube, tmp_path: Path) -> None:
    """The message names what to add; once it is added, the kind is listed, without a restart."""
    kubeconfig = tmp_path / "kubeconfig"
    kubeconfig.write_text(await do(kube.cluster, "token", "--sa", "default/reader", "--create", "--kubeconfig"))
    began = time.monotonic()
    async with following(kubeconfig) as it:
        await it.until(lambda: it.phases() == {Phase.FORBIDDEN})
        assert time.monotonic() - began < 5
        for kind in it.kinds:
            state = it.state(kind.plural)
            assert (state.code, state.known) == (403, False)
            assert f"add this to the rules of the ClusterRole: - {kind.rule}" in state.message

        for kind in it.kinds:
            await do(
                kube.run,
                "create",
                "clusterrole",
                f"read-{kind.plural}",
                "--verb=list,watch",
                f"--resource={kind.resource}",
            )
            await do(
                kube.run,
                "create",
                "clusterrolebinding",
                f"read-{kind.plural}",
                f"--clusterrole=read-{kind.plural}",
                "--serviceaccount=default:reader",
            )
        await it.until(lambda: it.phases() == {Phase.SYNCED})

        await do(kube.run, "delete", "clusterrolebinding", *(f"read-{kind.plural}" for kind in it.kinds))
        await do(kube.run, "delete", "clusterrole", *(f"read-{kind.plural}" for kind in it.kinds))


async def test_a_missing_crd_is_absent_and_picked_up_when_it_comes(bare_kube: Kube) -> None:
    """Optional: known to be empty, and later listed; required: unknown, with the advice to install it."""
    async with following(bare_kube.kubeconfig, "httproutes") as it:
        await it.until(lambda: it.phases() == {Phase.SYNCED, Phase.ABSENT})
        assert it.state("httproutes").known
        assert it.sources["httproutes"].synced
        assert not it.state("gateways").known
        assert "install its CRD" in it.state("gateways").message

        await do(bare_kube.crds)
        await it.until(lambda: it.phases() == {Phase.SYNCED})
        await do(bare_kube.apply, service("one") + WEB_AND_SHOP)
        await it.until(lambda: len(it.sources["httproutes"]) == 1 and len(it.sources["gateways"]) == 1)

        await do(bare_kube.run, "delete", "crd", "httproutes.gateway.networking.k8s.io")
        await it.until(lambda: it.state("httproutes").phase is Phase.ABSENT)
        assert len(it.sources["httproutes"]) == 0


async def test_a_wrong_token_is_forbidden_and_a_right_one_heals(kube: Kube, tmp_path: Path) -> None:
    """Credentials are looked up anew after a 401: a token that rotates in its file needs no restart."""
    await do(kube.cluster, "token", "--sa", "default/rotating", "--create")
    await do(
        kube.run,
        "create",
        "clusterrolebinding",
        "rotating",
        "--clusterrole=cluster-admin",
        "--serviceaccount=default:rotating",
    )
    good = await do(kube.cluster, "token", "--sa", "default/rotating")
    server = await do(kube.run, "config", "view", "--raw", "-o", "jsonpath={.clusters[0].cluster.server}")
    authority = await do(
        kube.run, "config", "view", "--raw", "-o", "jsonpath={.clusters[0].cluster.certificate-authority-data}"
    )
    (tmp_path / "token").write_text("wrong")
    kubeconfig = tmp_path / "kubeconfig"
    kubeconfig.write_text(f"""
current-context: a
contexts: [{{name: a, context: {{cluster: a, user: a}}}}]
clusters: [{{name: a, cluster: {{server: "{server}", certificate-authority-data: "{authority}"}}}}]
users: [{{name: a, user: {{tokenFile: token}}}}]
""")
    async with following(kubeconfig) as it:
        await it.until(lambda: it.phases() == {Phase.FORBIDDEN})
        assert it.state("services").code == 401
        assert "renew the credentials" in it.state("services").message

        (tmp_path / "token").write_text(good)
        await it.until(lambda: it.phases() == {Phase.SYNCED})
        await do(kube.run, "delete", "clusterrolebinding", "rotating")
