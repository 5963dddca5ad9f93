"""Joins the parts of status writing: the statuses, the lease, and the client."""

import asyncio
import logging
import os
import socket
from collections.abc import Mapping
from typing import Any, Final, Literal

from krt import Collection, Commit, Graph
from xds_server.model.conditions import GatewayStatus, RouteStatus
from xds_server.model.objects import ObjectKey
from xds_server.providers.kubernetes.status import merge
from xds_server.providers.kubernetes.status.events import Events, Pod
from xds_server.providers.kubernetes.status.lease import Client, Election
from xds_server.providers.kubernetes.status.merge import Json
from xds_server.providers.kubernetes.status.writer import Ref, StatusWriter

_log = logging.getLogger(__name__)

_CLASS_SECONDS: Final = 30.0
_PAUSE_SECONDS: Final = 5.0
_DEFAULT_NAMESPACE: Final = "default"


class StatusController:
    """Writes conditions of Gateways, their class and their routes, and Events about this Pod.

    *gateways* and *routes*: what is to be written of each. Before `known` is called, and after `leave`, no status is
    written, and the lease is left to others.
    """

    def __init__(
        self,
        client: Client,
        graph: Graph,
        *,
        gateways: Collection[ObjectKey, GatewayStatus],
        routes: Collection[ObjectKey, RouteStatus],
        gateway_class: str,
        lease: str,
        environ: Mapping[str, str] = os.environ,
    ) -> None:
        self._client = client
        self._graph = graph
        self._class = gateway_class
        self._known = asyncio.Event()
        self._leaving = asyncio.Event()
        self._gateways, self._routes = gateways, routes
        pod = Pod.of(environ)
        self._events = None if pod is None else Events(client, pod)
        self._election = Election(
            client,
            namespace=_DEFAULT_NAMESPACE if pod is None else pod.namespace,
            name=lease,
            identity=f"{socket.gethostname()}_{os.getpid()}" if pod is None else f"{pod.name}_{pod.uid}",
            on_change=self._elected,
        )
        self._writer = StatusWriter(client, merge=self._merge, may_write=lambda: self._election.leading)

    @property
    def leading(self) -> bool:
        """Whether this replica writes."""
        return self._election.leading

    @property
    def written(self) -> int:
        """The number of statuses written by this replica."""
        return self._writer.written

    def record_event(self, kind: Literal["Normal", "Warning"], reason: str, message: str, *, clears: str = "") -> None:
        """Queues an Event about this Pod. *clears*: a reason whose state it ends. Does nothing outside a Pod."""
        if self._events is not None:
            self._events.record_event(kind, reason, message, clears=clears)

    def known(self) -> None:
        """Starts writing: all sources have synced, so the statuses are complete."""
        self._known.set()

    def leave(self) -> None:
        """Releases the lease, and stops writing statuses. Events are still written."""
        self._leaving.set()

    async def run(self) -> None:
        """Writes until cancelled, then releases the lease. Written statuses stay."""
        try:
            while True:
                try:
                    await self._run()
                except Exception:  # noqa: BLE001 - a bug must cost statuses, not the server
                    _log.exception("status.controller: a bug in this program; starting again")
                await asyncio.sleep(_PAUSE_SECONDS)
        finally:
            await self._client.close()

    async def _run(self) -> None:
        subscription = self._graph.subscribe(self._committed, self._gateways, self._routes)
        self._all()
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._take_part())
                group.create_task(self._writer.run())
                group.create_task(self._look_at_class())
                if self._events is not None:
                    group.create_task(self._events.run())
        finally:
            subscription.close()

    async def _take_part(self) -> None:
        await self._known.wait()
        if self._leaving.is_set():
            return
        async with asyncio.TaskGroup() as group:
            election = group.create_task(self._election.run())
            await self._leaving.wait()
            election.cancel()

    def _elected(self, leading: bool) -> None:  # noqa: FBT001 - the one argument of a callback
        _log.info("status.leader" if leading else "status.follower")
        if leading:
            self._all()

    def _all(self) -> None:
        self._writer.changed([Ref("gateways", key) for key in self._gateways])
        self._writer.changed([Ref("httproutes", key) for key in self._routes])
        self._writer.changed([Ref("gatewayclasses", self._class)])

    def _committed(self, commit: Commit) -> None:
        for plural, collection in (("gateways", self._gateways), ("httproutes", self._routes)):
            self._writer.changed(Ref(plural, key) for key, _ in commit.deltas.get(collection.name, ()))

    async def _look_at_class(self) -> None:
        """Queues the GatewayClass now and then: it is one object, which may be created late, and is not watched."""
        while True:
            await asyncio.sleep(_CLASS_SECONDS)
            self._writer.changed([Ref("gatewayclasses", self._class)])

    def _merge(self, ref: Ref, current: Json, now: str) -> dict[str, Any] | None:
        status = current.get("status") or {}
        match ref.plural:
            case "gateways":
                gateway = self._gateways.get(ref.key)
                return None if gateway is None else merge.of_gateway(gateway, status, now)
            case "httproutes":
                return self._merge_route(ref, status, now)
            case _:
                if current["spec"].get("controllerName") != merge.CONTROLLER:
                    return None
                return merge.of_class(current["metadata"].get("generation", 0), status, now)

    def _merge_route(self, ref: Ref, status: Json, now: str) -> dict[str, Any] | None:
        route = self._routes.get(ref.key)
        mine = any(one.get("controllerName") == merge.CONTROLLER for one in status.get("parents") or ())
        if route is None or not (route.parents or mine):
            return None
        return merge.of_route(route, ref.key.partition("/")[0], status, now)
