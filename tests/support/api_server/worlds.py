"""A cluster as a scenario sees it: the verbs that both the server to order and the real one can do."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Protocol

import yaml

from tests.support.api_server.server import ApiServer
from tests.support.kube_cluster import Kube
from tests.support.tcp_proxy import Relay
from xds_server.providers.kinds import KINDS, REFERENCED, kinds


class World(Protocol):
    """An API server, with what can befall it. Nothing returns before it is so."""

    kubeconfig: Path
    """Of somebody who may read all kinds, unless that is taken back."""
    relay: Relay
    """The network between us and the server."""

    async def put(self, plural: str, obj: dict[str, Any]) -> None:
        """Creates or replaces an object."""

    async def delete(self, plural: str, name: str) -> None:
        """Deletes an object of namespace default."""

    async def stop(self) -> None:
        """The server is gone: connections are refused."""

    async def start(self) -> None:
        """It is back, with all that it had."""

    async def freeze(self) -> None:
        """It says nothing more, and its connections stay open."""

    async def thaw(self) -> None:
        """It goes on."""

    async def forget(self) -> None:
        """Nobody can go on from where he is: watches get a 410. They may be cut by it."""

    async def forbid(self, plural: str) -> None:
        """Takes back the permission to read a kind."""

    async def allow(self, plural: str) -> None:
        """Gives it back."""

    async def uninstall(self, plural: str) -> None:
        """Deletes a CRD, with its objects."""

    async def install(self, plural: str) -> None:
        """Installs it again."""

    async def spoil_token(self) -> None:
        """The kubeconfig's token is wrong from now on, and no longer accepted."""

    async def restore_token(self) -> None:
        """It is a good one again."""


class FakeWorld:
    """The server to order."""

    def __init__(self, directory: Path) -> None:
        self.api = ApiServer()
        self.api.served = {kind.plural: {kind.version} for kind in (*KINDS, *REFERENCED)}
        self.kubeconfig = directory / "kubeconfig"
        self._token = directory / "token"

    async def open(self) -> None:
        await self.api.start()
        self.relay = Relay(self.api.port)
        await self.relay.start()
        self.kubeconfig.write_text(_kubeconfig({"server": f"http://127.0.0.1:{self.relay.port}"}))
        await self.restore_token()

    async def put(self, plural: str, obj: dict[str, Any]) -> None:
        metadata = {"namespace": "default", "creationTimestamp": "2026-11-24T00:00:00Z", **obj["metadata"]}
        self.api.store.put(plural, {**obj, "metadata": metadata})

    async def delete(self, plural: str, name: str) -> None:
        self.api.store.delete(plural, f"default/{name}")

    async def stop(self) -> None:
        await self.api.stop()

    async def start(self) -> None:
        await self.api.start()

    async def freeze(self) -> None:
        self.api.mute = True

    async def thaw(self) -> None:
        self.api.mute = False
        self.api.store.wake()

    async def forget(self) -> None:
        self.api.store.forget()

    async def forbid(self, plural: str) -> None:
        self.api.forbidden |= {(plural, verb) for verb in ("list", "watch", "get")}
        self.api.end(plural)

    async def allow(self, plural: str) -> None:
        self.api.forbidden -= {(plural, verb) for verb in ("list", "watch", "get")}

    async def uninstall(self, plural: str) -> None:
        for key in list(self.api.store.objects.get(plural, ())):
            self.api.store.delete(plural, key)
        del self.api.served[plural]
        self.api.end(plural)

    async def install(self, plural: str) -> None:
        self.api.served[plural] = {"v1"}

    async def spoil_token(self) -> None:
        self._token.write_text("wrong")
        self.api.tokens = {"another-good-one"}
        for kind in kinds():
            self.api.end(kind.plural)

    async def restore_token(self) -> None:
        self.api.tokens = self.api.tokens or {"good"}
        self._token.write_text(*self.api.tokens)


@asynccontextmanager
async def fake_world(directory: Path) -> AsyncIterator[FakeWorld]:
    """A server to order, for as long as the block lasts."""
    it = FakeWorld(directory)
    await it.open()
    try:
        yield it
    finally:
        await it.relay.cut()
        await it.stop()


class RealWorld:
    """kube-apiserver and etcd, read as a ServiceAccount with exactly the permissions that it needs."""

    ACCOUNT = "default/scenario"

    def __init__(self, kube: Kube, directory: Path) -> None:
        self.kube = kube
        self.kubeconfig = directory / "kubeconfig"
        self._token = directory / "token"
        self._crds: dict[str, str] = {}

    async def open(self) -> None:
        config = yaml.safe_load(self.kube.kubeconfig.read_text())
        cluster = config["clusters"][0]["cluster"]
        self.relay = Relay(int(cluster["server"].rpartition(":")[2]))
        await self.relay.start()
        self.kubeconfig.write_text(_kubeconfig({**cluster, "server": f"https://127.0.0.1:{self.relay.port}"}))
        await self.restore_token()
        for kind in kinds():
            await self.allow(kind.plural)

    async def close(self) -> None:
        for kind in (*KINDS, *REFERENCED):
            await self.forbid(kind.plural)

    async def put(self, plural: str, obj: dict[str, Any]) -> None:
        kind = next(kind for kind in (*KINDS, *REFERENCED) if kind.plural == plural)
        version = f"{kind.group}/{kind.version}".lstrip("/")
        manifest = {"apiVersion": version, "kind": kind.kind, **obj}
        await self._do(self.kube.apply, yaml.safe_dump(manifest))

    async def delete(self, plural: str, name: str) -> None:
        kind = next(kind for kind in (*KINDS, *REFERENCED) if kind.plural == plural)
        await self._run("delete", kind.resource, name)

    async def stop(self) -> None:
        await self._do(self.kube.cluster, "stop-apiserver")

    async def start(self) -> None:
        await self._do(self.kube.cluster, "start-apiserver")

    async def freeze(self) -> None:
        await self._do(self.kube.cluster, "pause-apiserver")

    async def thaw(self) -> None:
        await self._do(self.kube.cluster, "resume-apiserver")

    async def forget(self) -> None:
        await self._do(self.kube.cluster, "compact")
        await self.stop()
        await self.start()

    async def forbid(self, plural: str) -> None:
        await self._run("delete", "clusterrolebinding", f"scenario-{plural}", "--ignore-not-found")
        await self._run("delete", "clusterrole", f"scenario-{plural}", "--ignore-not-found")
        await self._reviewed(plural, "no")

    async def allow(self, plural: str) -> None:
        kind = next(kind for kind in (*KINDS, *REFERENCED) if kind.plural == plural)
        role = f"--resource={kind.resource}"
        account = f"--serviceaccount={self.ACCOUNT.replace('/', ':')}"
        await self._run("create", "clusterrole", f"scenario-{plural}", f"--verb={','.join(kind.verbs)}", role)
        await self._run(
            "create", "clusterrolebinding", f"scenario-{plural}", f"--clusterrole=scenario-{plural}", account
        )
        await self._reviewed(plural, "yes")

    async def _reviewed(self, plural: str, answer: str) -> None:
        """Returns once the authorizer knows, too: it follows RBAC by a watch of its own."""
        kind = next(kind for kind in (*KINDS, *REFERENCED) if kind.plural == plural)
        user = f"--as=system:serviceaccount:{self.ACCOUNT.replace('/', ':')}"
        while (await self._do(_can_i, self.kube, kind.resource, user)) != answer:
            await asyncio.sleep(0.05)

    async def uninstall(self, plural: str) -> None:
        name = f"{plural}.gateway.networking.k8s.io"
        self._crds[plural] = await self._run("get", "crd", name, "-o", "json")
        await self._run("delete", "crd", name)

    async def install(self, plural: str) -> None:
        crd = yaml.safe_load(self._crds[plural])
        crd["metadata"] = {"name": crd["metadata"]["name"], "annotations": crd["metadata"]["annotations"]}
        crd.pop("status")
        crd["metadata"]["annotations"].pop("kubectl.kubernetes.io/last-applied-configuration", None)
        await self._do(
            lambda: self.kube.run("apply", "--server-side", "--force-conflicts", "-f", "-", stdin=yaml.safe_dump(crd))
        )
        await self._do(lambda: self.kube.wait_established(crd["metadata"]["name"]))

    async def spoil_token(self) -> None:
        """With its account, all its tokens go. A running watch outlives them, so the server is restarted to end it."""
        self._token.write_text("wrong")
        await self._run("delete", "serviceaccount", "-n", *self.ACCOUNT.split("/"))
        await self.stop()
        await self.start()

    async def restore_token(self) -> None:
        self._token.write_text(await self._do(self.kube.cluster, "token", "--sa", self.ACCOUNT, "--create"))

    async def _run(self, *args: str) -> str:
        return str(await self._do(self.kube.run, *args))

    async def _do(self, call: Callable[..., Any], *args: Any) -> Any:
        return await asyncio.to_thread(call, *args)


def _can_i(kube: Kube, resource: str, user: str) -> str:
    try:
        return kube.run("auth", "can-i", "watch", resource, user).strip()
    except AssertionError:  # "no" is an exit status
        return "no"


def _kubeconfig(cluster: dict[str, str]) -> str:
    """With a token that is read from the file beside it, as it is in a Pod."""
    config = {
        "current-context": "it",
        "contexts": [{"name": "it", "context": {"cluster": "it", "user": "it"}}],
        "clusters": [{"name": "it", "cluster": cluster}],
        "users": [{"name": "it", "user": {"tokenFile": "token"}}],
    }
    return yaml.safe_dump(config)
