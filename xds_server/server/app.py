"""The server as a process: a control plane with an event loop, sockets, and the signals that end it."""

import asyncio
import contextlib
import functools
import importlib
import logging
import socket
import time
from dataclasses import replace
from typing import TYPE_CHECKING

from probes import ListenError, Transition, serve
from xds_server import __version__
from xds_server.model.admission import GateMode
from xds_server.observability.logs import configure_logging, event
from xds_server.readiness.parity import Parity
from xds_server.readiness.protections.last_good import LastGood
from xds_server.server import process, provider_factory
from xds_server.server.gc_tuning import freeze_heap, gc_paused
from xds_server.server.loop_calls import LoopCalls
from xds_server.server.open_files import LEAST, OpenFiles, raised, shares
from xds_server.server.process import StartError
from xds_server.server.settings import Settings
from xds_server.server.wiring import ControlPlane
from xds_server.xds.transport.bind_check import has_ipv6
from xds_server.xds.transport.config import AdmissionConfig

if TYPE_CHECKING:
    from xds_server.xds.transport.server import AdsServer

_log = logging.getLogger("xds_server")

_BEAT_SECONDS = 0.25
_PAGE_SECONDS = 5.0
_SAVE_SECONDS = 2.0


def main(settings: Settings) -> None:
    """Runs the server until SIGTERM or SIGINT. Raises: StartError."""
    configure_logging(settings.log_format)
    settings = adapt_to_kernel(settings)
    files = OpenFiles(raised(), clock=time.monotonic)
    if files.limit < LEAST:
        raise StartError(f"only {files.limit} files may be open: let it be {LEAST} or more (ulimit -n), better 10,000")
    with contextlib.suppress(KeyboardInterrupt), gc_paused():
        try:
            asyncio.run(Server(settings, files).run())
        except* StartError as errors:
            raise errors.exceptions[0] from None


def adapt_to_kernel(settings: Settings) -> Settings:
    """The settings, but for IPv4 alone if this kernel has no IPv6: proxies usually run on the same kind of machine.

    An Envoy on such a kernel rejects every listener on an IPv6 address, and every load assignment that has one.
    """
    if settings.translate.ip_families != "dual" or has_ipv6():
        return settings
    event(
        _log,
        logging.WARNING,
        "ipv6.unavailable",
        ip_families="ipv4",
        reason="this kernel has no IPv6: set translate.ip_families to ipv4",
    )
    return replace(settings, translate=replace(settings.translate, ip_families="ipv4"))


def admission_config(settings: Settings) -> AdmissionConfig:
    """The transport's admission, with the mode that the setting `gate` asks for."""
    return replace(settings.xds.admission, mode=GateMode(settings.gate))


class Server:
    """One run of the server: a control plane on an event loop, with its sockets."""

    def __init__(self, settings: Settings, open_files: OpenFiles | None = None) -> None:
        self.settings = settings
        self._open_files = open_files
        self._control_plane = ControlPlane(settings, open_files=open_files)
        self._turned = asyncio.Event()
        self._control_plane.gate.on_transition(self._gate_turned)
        self.registry = self._control_plane.registry

    async def run(self) -> None:
        """Runs until SIGTERM or SIGINT. The probes answer first; nothing is served before everything is known. Raises: StartError."""
        signals = process.shutdown_signals()
        _log.addHandler(self._control_plane.timeline)
        self._control_plane.start()
        on_loop = LoopCalls(asyncio.get_running_loop(), _PAGE_SECONDS)
        try:
            http = serve(
                self._control_plane.endpoints(on_loop), self.settings.http_address.host, self.settings.http_address.port,
                connections=self._control_plane.connections,
            )  # fmt: skip
        except ListenError as error:
            raise StartError(error.strerror or str(error)) from None
        with http:
            event(_log, logging.INFO, "http.listening", address=http.address)
            try:
                await provider_factory.check_login(self.settings)
                await self._run_tasks(signals)
            finally:
                _log.removeHandler(self._control_plane.timeline)

    async def _run_tasks(self, signals: "asyncio.Queue[str]") -> None:
        """Runs all tasks until a signal. A task that fails ends the server, since a part of it would serve what is not so."""
        control_plane = self._control_plane
        source = provider_factory.source(
            self.settings, control_plane.kinds, control_plane.pipeline,
            graph=control_plane.graph, tracker=control_plane.tracker,
            file_hold_ended=functools.partial(control_plane.metrics.hold_ended, "file"),
        )  # fmt: skip
        control_plane.connect_provider(source)
        async with asyncio.TaskGroup() as tasks:
            background = [tasks.create_task(one) for one in (source.run(), self._tick(), control_plane.status.run())]
            if control_plane.parity is not None:
                background.append(tasks.create_task(self._compare_with_peer(control_plane.parity, signals)))
            try:
                if self.settings.shadow:
                    await signals.get()
                else:
                    await self._serve(tasks, background, signals)
            finally:
                for task in background:
                    task.cancel()

    async def _serve(
        self, tasks: asyncio.TaskGroup, background: list[asyncio.Task[None]], signals: "asyncio.Queue[str]"
    ) -> None:
        server = await self._start_grpc()
        background.append(tasks.create_task(self._update_health(server)))
        if self._control_plane.last_good is not None:
            background.append(tasks.create_task(self._save_last_good(self._control_plane.last_good, server)))
        spread = 0.0
        try:
            spread = self.settings.server.drain_spread_seconds if await self._wait_for_drain(signals) else 0.0
        finally:
            await self._stop_streams(server, spread, signals)

    async def _stop_streams(self, server: "AdsServer", spread: float, signals: "asyncio.Queue[str]") -> None:
        """Ends the streams over *spread* seconds, so that the proxies do not all connect to other replicas at once."""
        ending = asyncio.create_task(server.stop(grace=1, spread=spread))
        hurry = asyncio.create_task(signals.get())
        try:
            await asyncio.wait((ending, hurry), return_when=asyncio.FIRST_COMPLETED)
            if not ending.done():
                await server.stop(grace=0)
            await ending
        finally:
            hurry.cancel()

    async def _save_last_good(self, last_good: LastGood, server: "AdsServer") -> None:
        while True:
            await asyncio.sleep(_SAVE_SECONDS)
            if not self._control_plane.draining:
                await last_good.save(server.streams())

    async def _compare_with_peer(self, parity: Parity, signals: "asyncio.Queue[str]") -> None:
        """Compares with the peer. A shadow ends after that. Raises: StartError, if a shadow differs."""
        outcome = await parity.run()
        self._control_plane.parity_ended(outcome)
        if self.settings.shadow:
            if outcome != "equal":
                raise StartError(f"shadow: {parity.why}")
            signals.put_nowait("compared")

    async def _start_grpc(self) -> "AdsServer":
        """Starts the gRPC server, and returns it."""
        # grpc takes some 60 ms to import: in a thread, while the first lists are on their way.
        transport = await asyncio.to_thread(importlib.import_module, "xds_server.xds.transport.server")
        settings = self.settings
        server: AdsServer = transport.AdsServer(
            settings.grpc_address,
            admission_policy=self._control_plane.admission_policy,
            observer=self._control_plane.observer,
            admission=admission_config(settings),
            identifier=f"{socket.gethostname()} xds-server/{__version__}",
            limits=settings.xds.limits,
            connections=self._grpc_connections(),
            acceptance_changed=self._control_plane.cache.acceptance_changed,
        )
        try:
            await server.start()
        except transport.BindError as error:
            raise StartError(f"{error}: free it, or choose another grpc_address") from None
        event(_log, logging.INFO, "grpc.listening", address=str(settings.grpc_address))
        self._control_plane.server_started(server, asyncio.get_running_loop().call_later)
        return server

    def _grpc_connections(self) -> int | None:
        files = self._open_files
        return None if files is None else shares(files.limit, self.settings.xds.limits.http_connections).grpc

    async def _wait_for_drain(self, signals: "asyncio.Queue[str]") -> bool:
        """Serves until a signal, and then on while Services may still send proxies here; false if a second signal came."""
        settings = self.settings
        name = await signals.get()
        event(_log, logging.INFO, "draining", signal=name, seconds=settings.server.drain_seconds)
        self._control_plane.drain()
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(signals.get(), settings.server.drain_seconds)
            return False
        return True

    async def _tick(self) -> None:
        """Calls `tick`, and measures how late the event loop is."""
        while True:
            due = time.monotonic() + _BEAT_SECONDS
            await asyncio.sleep(_BEAT_SECONDS)
            self._control_plane.metrics.loop_lagged(time.monotonic() - due)
            self._control_plane.tick()

    def _gate_turned(self, transition: Transition) -> None:
        self._turned.set()
        if transition.ready:
            freeze_heap()

    async def _update_health(self, server: "AdsServer") -> None:
        """Keeps the gRPC health status equal to the gate."""
        while True:
            self._turned.clear()
            await server.set_health(serving=self._control_plane.gate.report.ready)
            await self._turned.wait()
