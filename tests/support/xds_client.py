"""An ADS server on a port of its own, and clients that speak to it over real gRPC."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import grpc

from tests.support import oracle
from xds_server.model.address import Address
from xds_server.model.resource import PUSH_ORDER, SERVICE_NAMES, TypeUrl, resource
from xds_server.xds.cache.table import RoleTables, Table
from xds_server.xds.protocol.messages import Node
from xds_server.xds.transport.admission import Hold
from xds_server.xds.transport.config import AdmissionConfig
from xds_server.xds.transport.server import AdsServer
from xds_server.xds.transport.services import ADS

STREAM = f"/{ADS}/StreamAggregatedResources"
DELTA = f"/{ADS}/DeltaAggregatedResources"


class Desk:
    """An admission policy with a list of roles, ready or not."""

    def __init__(self, *, ready: bool = True) -> None:
        self.ready = ready
        self.views: dict[str, RoleTables] = {}
        self.strangers: set[str] = set()
        self._next = asyncio.Event()

    def admit(self, node: Node) -> RoleTables | Hold:
        if not self.ready and node.role not in self.strangers:
            return Hold("not ready: waiting for endpointslices (3 of 9 listed)", "not_ready")
        if node.role not in self.views:
            return Hold(f"no Gateway {node.role!r}: there are {sorted(self.views)}", "unknown_role")
        return self.views[node.role]

    async def wait_for_change(self) -> None:
        await self._next.wait()

    def announce(self) -> None:
        self._next.set()
        self._next = asyncio.Event()


class Log:
    """An observer that remembers, and can be waited for."""

    def __init__(self) -> None:
        self.calls: list[tuple[Any, ...]] = []
        self._next = asyncio.Event()

    def __getattr__(self, name: str) -> Callable[..., None]:
        def note(*args: object, **options: object) -> None:
            self.calls.append((name, *args, *options.values()))
            self._next.set()

        return note

    def named(self, name: str) -> list[tuple[Any, ...]]:
        return [call[1:] for call in self.calls if call[0] == name]

    async def until(self, name: str, number: int = 1) -> tuple[Any, ...]:
        """The *number*th call of that name, as soon as it was made."""
        async with asyncio.timeout(30):
            while len(self.named(name)) < number:
                self._next.clear()
                await self._next.wait()
        return self.named(name)[number - 1]


class Proxy:
    """A client on a stream of its own."""

    def __init__(self, channel: grpc.aio.Channel, role: str = "shop/web") -> None:
        self.call = channel.stream_stream(STREAM)()
        self.node: dict[str, str] | None = {"id": "proxy-1", "cluster": role}
        self.bytes_sent = 0

    async def ask(
        self, type_url: TypeUrl, *names: str, nonce: str = "", error: str | None = None, version: str = ""
    ) -> None:
        message = oracle.DiscoveryRequest(
            type_url=type_url, resource_names=names, response_nonce=nonce, version_info=version
        )
        if self.node is not None:
            message.node.id, message.node.cluster = self.node["id"], self.node["cluster"]
            self.node = None
        if error is not None:
            message.error_detail.message = error
        self.bytes_sent += message.ByteSize()
        await self.call.write(message.SerializeToString())

    async def read(self) -> Any:
        async with asyncio.timeout(30):
            data = await self.call.read()
        assert data is not grpc.aio.EOF, await self.call.details()
        return oracle.DiscoveryResponse.FromString(data)

    async def reads(self) -> str:
        """The next response in short, as in `CDS a b`, without an ACK."""
        return _short(await self.read())

    async def takes(self, *names: str) -> str:
        """The same, and ACKs it; *names* are those to ask for with it."""
        response = await self.read()
        await self.ask(response.type_url, *names, nonce=response.nonce, version=response.version_info)
        return _short(response)

    async def ending(self) -> tuple[grpc.StatusCode, str]:
        """Status and text of the call, when it has ended."""
        async with asyncio.timeout(30):
            return await self.call.code(), await self.call.details()


def _short(response: Any) -> str:
    bodies = (any_.value.split(b":")[0].decode() for any_ in response.resources)
    return " ".join([SERVICE_NAMES[response.type_url], *bodies])


def tables(**names: str) -> dict[TypeUrl, Table]:
    """Tables with resources of these names, by short type, as in CDS="a b"."""
    made = {type_url: Table() for type_url in PUSH_ORDER}
    for type_url in PUSH_ORDER:
        for name in names.get(SERVICE_NAMES[type_url], "").split():
            put(made[type_url], name)
    return made


def put(table: Table, name: str, content: str = "") -> None:
    """Puts a resource whose body begins with its name."""
    table.put(resource(name, f"{name}:{content}".encode()))


@asynccontextmanager
async def serving(desk: Desk, log: Log, **admission: Any) -> AsyncIterator[tuple[AdsServer, grpc.aio.Channel]]:
    """A server, started, and a channel to it."""
    server = AdsServer(
        Address("127.0.0.1", 0),
        admission_policy=desk,
        observer=log,
        admission=AdmissionConfig(**admission),
        identifier="cp-1",
    )
    port = await server.start()
    options = (("grpc.max_receive_message_length", -1), ("grpc.use_local_subchannel_pool", 1))
    async with grpc.aio.insecure_channel(f"127.0.0.1:{port}", options=options) as channel:
        try:
            yield server, channel
        finally:
            await server.stop(0)
