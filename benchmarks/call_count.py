"""How many Python calls one change of an endpoint takes, from the bytes of the watch to the bytes on the stream.

    python -m benchmarks calls [--services 100] [--functions]

The objects are the real ones: a control plane with its default settings, a ListWatch for each kind and one stream of the
state-of-the-world protocol. Only what is at both ends of the network is replaced: the API server's client and the gRPC call.
Counted are the calls of functions of this project, by stage: the count is the same in every run. A second number says how
many of them the protections took: a control plane that believes every change and retains nothing makes that much fewer.
"""

import argparse
import asyncio
import json
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import CodeType, FrameType
from typing import Any, Final

import grpc

import xds_server
from krt import Reflector
from tests.support import oracle
from xds_server.model.resource import CLUSTER, ENDPOINT, LISTENER, PUSH_ORDER, ROUTE, TypeUrl
from xds_server.providers.kubernetes.listwatch import ListWatch
from xds_server.server import app
from xds_server.server.settings_parser import read_settings
from xds_server.server.wiring import ControlPlane
from xds_server.xds.transport.debounce import Debounce
from xds_server.xds.transport.registry import StreamRegistry
from xds_server.xds.transport.server import REST_SECONDS
from xds_server.xds.transport.variant import SOTW

ROLE: Final = "shop/edge"
_ROOT: Final = str(Path(xds_server.__file__).parent.parent)
_STAGES: Final = (
    ("xds_server/readiness/protections/", "protections"),
    ("xds_server/readiness/", "publish"),
    ("xds_server/xds/cache/", "publish"),
    ("xds_server/providers/", "object"),
    ("krt/", "graph"),
    ("xds_server/translate/", "derive"),
    ("xds_server/envoy/endpoints", "derive"),
    ("xds_server/model/", "derive"),
    ("xds_server/xds/protocol/", "protocol"),
    ("xds_server/xds/codec/", "encode"),
    ("xds_server/envoy/wire/", "encode"),
    ("xds_server/xds/transport/", "stream"),
    ("xds_server/observability/", "observe"),
    ("xds_server/server/", "root"),
    ("", "other"),
)
STAGES: Final = tuple(dict.fromkeys(stage for _, stage in _STAGES))


class FakeCall:
    """A gRPC call whose client is this program: *on_write* is given each response."""

    def __init__(self, on_write: Callable[[bytes], None]) -> None:
        self._inbox: asyncio.Queue[Any] = asyncio.Queue()
        self._on_write = on_write

    def ask(self, type_url: TypeUrl, names: tuple[str, ...] = (), *, version: str = "", nonce: str = "") -> None:
        """Sends a request, or an acknowledgement."""
        request = oracle.DiscoveryRequest(
            type_url=type_url, resource_names=names, version_info=version, response_nonce=nonce
        )
        request.node.id, request.node.cluster = "proxy-1", ROLE
        self._inbox.put_nowait(request.SerializeToString())

    async def read(self) -> object:
        """The next request."""
        return await self._inbox.get()

    async def write(self, message: bytes) -> None:
        """Takes a response."""
        self._on_write(message)

    async def abort(self, code: grpc.StatusCode, details: str) -> None:
        """The server ends the call, which it has no reason to."""
        raise SystemExit(f"the server ended the call: {code} {details}")

    def peer(self) -> str:
        """Address of the client."""
        return "ipv4:127.0.0.1:1"


class Port:
    """A gRPC port without gRPC: the streams of the control plane."""

    def __init__(self, control_plane: ControlPlane) -> None:
        self._streams = StreamRegistry(
            admission_policy=control_plane.admission_policy,
            observer=control_plane.observer,
            admission=app.admission_config(control_plane.settings),
            identifier="calls",
            clock=time.monotonic,
            limits=control_plane.settings.xds.limits,
            debounce=Debounce(rest_seconds=REST_SECONDS),
            acceptance_changed=control_plane.cache.acceptance_changed,
        )
        self.serve = self._streams.serve
        self.publish = self._streams.publish
        self.streams = lambda: list(self._streams.statuses())
        self.statuses = self._streams.statuses
        self.client_use = self._streams.client_use
        self.release = self._streams.release


class Proxy:
    """The client of one stream: it accepts whatever it is sent, and asks for what that names."""

    def __init__(self, names: tuple[str, ...]) -> None:
        self._names = names
        self.call = FakeCall(self._answer)
        self.last = b""
        """The last response, until it is accepted."""
        self._complete = asyncio.Event()
        self._missing = set(PUSH_ORDER)
        self._asked = {CLUSTER: (), LISTENER: (), ENDPOINT: names, ROUTE: (f"{ROLE}/80",)}
        self.changed: Callable[[], None] = lambda: None
        """Called when a response arrives, once the proxy has everything."""

    async def start(self) -> None:
        """Asks for everything, and waits for it."""
        for type_url, names in self._asked.items():
            self.call.ask(type_url, names)
        await asyncio.wait_for(self._complete.wait(), 30)

    def accept(self) -> None:
        """Acknowledges the last response."""
        answer = oracle.DiscoveryResponse.FromString(self.last)
        self.call.ask(answer.type_url, self._asked[answer.type_url], version=answer.version_info, nonce=answer.nonce)

    def _answer(self, message: bytes) -> None:
        self.last = message
        if self._complete.is_set():
            self.changed()
            return
        self._missing.discard(oracle.DiscoveryResponse.FromString(message).type_url)
        self.accept()
        if not self._missing:
            self._complete.set()


class World:
    """A control plane that follows an API server, which is this program, and serves one proxy."""

    def __init__(self, services: int, settings: Mapping[str, Any]) -> None:
        loop = asyncio.get_running_loop()
        self._names = [f"shop/cart{number}" for number in range(services)]
        self._version = 1
        self._control_plane = ControlPlane(read_settings({"source": "kube", **settings}))
        self._port = Port(self._control_plane)
        self._control_plane.server_started(self._port, loop.call_later)
        self._watches = {
            kind.plural: ListWatch(
                kind,
                reflector=Reflector(self._control_plane.pipeline.sources[kind.plural]),
                graph=self._control_plane.graph,
                tracker=self._control_plane.tracker,
                jitter=lambda _: 0.0,
                clock=time.monotonic,
            )
            for kind in self._control_plane.kinds
        }
        self._proxy = Proxy(tuple(f"{name}:80" for name in self._names))

    async def count(self) -> Counter[CodeType]:
        """Calls of one change, by function."""
        self._list()
        task = asyncio.ensure_future(self._port.serve(self._proxy.call, SOTW))
        while not self._control_plane.gate.report.ready:
            await asyncio.sleep(0.02)
            self._control_plane.tick()
        await self._proxy.start()
        counts: Counter[CodeType] = Counter()
        for warm in (True, True, False):
            await asyncio.sleep(0.1)
            counts = await self._change()
            if warm:
                self._proxy.accept()
        task.cancel()
        return counts

    async def _change(self) -> Counter[CodeType]:
        """Moves an endpoint, and counts the calls until the proxy is sent that."""
        self._version += 1
        item = self._slice(self._names[0], f"10.1.0.{self._version}")
        line = json.dumps({"type": "MODIFIED", "object": item}).encode() + b"\n"
        arrived = asyncio.Event()
        counts: Counter[CodeType] = Counter()

        def end() -> None:
            sys.setprofile(None)
            arrived.set()

        self._proxy.changed = end
        with _counting(counts):
            self._watches["endpointslices"].chunk(line)
            await asyncio.wait_for(arrived.wait(), 30)
        return counts

    def _list(self) -> None:
        objects: dict[str, list[dict[str, Any]]] = {
            "gateways": [self._gateway()],
            "httproutes": [self._route(name) for name in self._names],
            "services": [self._service(name) for name in self._names],
            "endpointslices": [self._slice(name, "10.0.0.1") for name in self._names],
        }
        for plural, watch in self._watches.items():
            watch.begin_list()
            body = json.dumps({"metadata": {"resourceVersion": "1"}, "items": objects.get(plural, [])}).encode()
            watch.page(body)
            watch.listed(body)
            watch.begin_watch()
            watch.watch_opened()
            watch.watch_settled()

    def _meta(self, name: str) -> dict[str, Any]:
        namespace, _, own = name.partition("/")
        return {
            "name": own, "namespace": namespace, "resourceVersion": str(self._version), "generation": 1,
            "creationTimestamp": "2026-01-01T00:00:00Z", "uid": f"uid-{own}",
        }  # fmt: skip

    def _gateway(self) -> dict[str, Any]:
        listener = {"name": "http", "port": 80, "protocol": "HTTP", "allowedRoutes": {"namespaces": {"from": "Same"}}}
        spec = {"gatewayClassName": "xds-server", "listeners": [listener]}
        return {"metadata": self._meta(ROLE), "spec": spec}

    def _route(self, name: str) -> dict[str, Any]:
        service = name.partition("/")[2]
        rule = {
            "matches": [{"path": {"type": "PathPrefix", "value": f"/{service}"}}],
            "backendRefs": [{"name": service, "port": 80, "kind": "Service", "group": "", "weight": 1}],
        }
        spec = {"parentRefs": [{"name": "edge"}], "hostnames": [f"{service}.example"], "rules": [rule]}
        return {"metadata": self._meta(name), "spec": spec}

    def _service(self, name: str) -> dict[str, Any]:
        return {"metadata": self._meta(name), "spec": {"ports": [{"name": "http", "port": 80, "protocol": "TCP"}]}}

    def _slice(self, name: str, address: str) -> dict[str, Any]:
        meta = self._meta(f"{name}-1") | {"labels": {"kubernetes.io/service-name": name.partition("/")[2]}}
        endpoints = [{"addresses": [address], "conditions": {"ready": True}}]
        ports = [{"name": "http", "port": 8080, "protocol": "TCP"}]
        return {"metadata": meta, "addressType": "IPv4", "endpoints": endpoints, "ports": ports}


@contextmanager
def _counting(counts: Counter[CodeType]) -> Iterator[None]:
    """Counts the calls of functions of this project; of a coroutine also each time that it goes on."""

    def note(frame: FrameType, event: str, _: object) -> None:
        if event == "call" and frame.f_code.co_filename.startswith(_ROOT):
            counts[frame.f_code] += 1

    sys.setprofile(note)
    try:
        yield
    finally:
        sys.setprofile(None)


def _path(code: CodeType) -> str:
    return code.co_filename.removeprefix(_ROOT).lstrip("/")


def by_stage(counts: Counter[CodeType]) -> Counter[str]:
    """Calls by stage; those of this program itself left out."""
    stages: Counter[str] = Counter()
    for code, number in counts.items():
        if not _path(code).startswith(("benchmarks/", "tests/")):
            stages[next(stage for prefix, stage in _STAGES if _path(code).startswith(prefix))] += number
    return stages


async def measured(services: int, settings: Mapping[str, Any]) -> Counter[CodeType]:
    """Calls of one change of an endpoint, by function."""
    return await World(services, settings).count()


def main(arguments: list[str]) -> None:
    """Prints the table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks calls", description=__doc__)
    parser.add_argument("--services", type=int, default=100)
    parser.add_argument("--functions", action="store_true", help="each function, too")
    options = parser.parse_args(arguments)
    counts = asyncio.run(measured(options.services, {}))
    bare = asyncio.run(
        measured(options.services, {"readiness.shrink_hold_seconds": 0, "readiness.retention_seconds": 0})
    )
    stages, without = by_stage(counts), by_stage(bare)
    print("Python calls of one endpoint change, by stage")
    for stage in STAGES:
        print(f"  {stage:12} {stages[stage]:4}")
    print(f"  {'all':12} {stages.total():4}, of which the protections take {stages.total() - without.total()}")
    if options.functions:
        for code, number in sorted(counts.items(), key=lambda item: (_path(item[0]), item[0].co_firstlineno)):
            if not _path(code).startswith(("benchmarks/", "tests/")):
                print(f"{number:4}  {_path(code)}:{code.co_firstlineno} {code.co_qualname}")
