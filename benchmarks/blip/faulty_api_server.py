"""The fake API server in a thread of its own, with the objects of a bench's manifests and the faults that scenarios need."""

import time
from collections.abc import Callable, Iterable
from typing import Any, Self

import yaml
from aiohttp import web

from benchmarks.blip.bench import Bench
from tests.support.api_server.server import ApiServer, Fault, status
from tests.support.loop_thread import LoopThread
from xds_server.providers.kinds import kinds

_KINDS = {kind.kind: kind for kind in kinds()}


class FaultyApiServer(LoopThread):
    """Serves what the bench's manifests say, but for kinds *without* which it was installed."""

    def __init__(self, bench: Bench, *, without: tuple[str, ...] = ()) -> None:
        super().__init__()
        self.kubeconfig = bench.directory / "kubeconfig"
        self._manifests = [path.read_text() for path in sorted(bench.manifests.glob("*.yaml"))]
        self._without = without

    def __enter__(self) -> Self:
        super().__enter__()
        self.write_kubeconfig("good")
        return self

    async def _open(self) -> None:
        self._server = ApiServer()
        self._server.served = {
            kind.plural: {kind.version} for kind in _KINDS.values() if kind.plural not in self._without
        }
        for text in self._manifests:
            self._put(text)
        await self._server.start()

    async def _close(self) -> None:
        await self._server.stop()

    def _put(self, text: str) -> None:
        for document in yaml.safe_load_all(text):
            meta = {"namespace": "default", "creationTimestamp": "2026-11-24T00:00:00Z", **document["metadata"]}
            self._server.store.put(_KINDS[document["kind"]].plural, {**document, "metadata": meta})

    def put(self, text: str) -> None:
        """Applies a manifest."""
        self._do(lambda: self._put(text))

    def stall_second_page(self, plural: str, seconds: float) -> None:
        """When the second page of a list is asked for, the server says nothing for *seconds*, and then that it is too late."""

        def late() -> web.Response:
            time.sleep(seconds)  # the whole server, as when its disk does
            return status(410, "the continue token has expired")

        def spoil() -> None:
            self._server.streams = False
            self._server.faults.append(Fault(late, plural, "list", 1))

        self._do(spoil)

    def cut_short(self, plural: str, objects: int) -> None:
        """The next list has so many objects, and says that these are all."""

        def short() -> web.Response:
            store = self._server.store
            items = list(store.objects[plural].values())[:objects]
            return web.json_response({"metadata": {"resourceVersion": str(store.version)}, "items": items})

        self._do(lambda: self._server.faults.append(Fault(short, plural, "list")))

    def delete(self, plural: str, keys: Iterable[str]) -> None:
        """Objects go, one event each, all at once."""

        def gone() -> None:
            for key in keys:
                self._server.store.delete(plural, key)

        self._do(gone)

    def expire(self, plural: str) -> None:
        """Watches of a kind end, and cannot go on from where they were."""
        self._do(lambda: (self._server.store.forget(), self._server.end(plural)))

    def cut(self, plural: str) -> None:
        """The connections of watches of a kind break."""
        self._do(lambda: self._server.cut(plural))

    def write_kubeconfig(self, token: str) -> None:
        """Gives the control plane a token."""
        self.kubeconfig.write_text(
            "apiVersion: v1\nkind: Config\ncurrent-context: x\n"
            f"clusters: [{{name: x, cluster: {{server: {self._server.url}}}}}]\n"
            f"users: [{{name: x, user: {{token: {token}}}}}]\ncontexts: [{{name: x, context: {{cluster: x, user: x}}}}]\n"
        )

    def accept_token(self, token: str) -> None:
        """No other token is good from now on; watches that are open go on."""
        self._do(lambda: setattr(self._server, "tokens", {token}))

    def install(self, plural: str) -> None:
        """The kind is there from now on."""
        self._do(lambda: self._server.served.update({plural: {"v1"}}))

    def uninstall(self, plural: str) -> list[dict[str, Any]]:
        """The kind goes, and takes its objects with it, one event each by name; returns what they were."""
        objects = list(self._server.store.objects.get(plural, {}).values())

        def gone() -> None:
            for key in sorted(self._server.store.objects.get(plural, ())):
                self._server.store.delete(plural, key)
            del self._server.served[plural]
            self._server.end(plural)

        self._do(gone)
        return objects

    def restore(self, plural: str, objects: Iterable[dict[str, Any]]) -> None:
        """Objects are there again, as they were."""
        self._do(lambda: [self._server.store.put(plural, one) for one in objects])

    def forbid(self, plural: str) -> None:
        """403 from now on."""
        self._do(lambda: self._server.forbidden.update({(plural, "list"), (plural, "watch")}))

    def allow(self, plural: str) -> None:
        """403 no longer."""
        self._do(lambda: self._server.forbidden.difference_update({(plural, "list"), (plural, "watch")}))

    def freeze(self) -> None:
        """Connections stay, and nothing comes."""
        self._do(lambda: (setattr(self._server, "mute", True), self._server.store.wake()))

    def thaw(self) -> None:
        """Answers again."""
        self._do(lambda: (setattr(self._server, "mute", False), self._server.store.wake()))

    def stop(self) -> None:
        """Ends every connection, and refuses new ones."""
        self._call(self._server.stop())

    def start(self) -> None:
        """Listens again, on the same port."""
        self._call(self._server.start())

    def _do(self, what: Callable[[], Any]) -> None:
        async def on_loop() -> None:
            what()

        self._call(on_loop())
