"""TCP proxies: a relay that a test can cut, and a balancer as a Service is one."""

import asyncio
import contextlib
from collections.abc import Callable

from tests.support.control_plane import ControlPlane
from tests.support.loop_thread import LoopThread

_POLL_SECONDS = 0.2


class TcpProxy:
    """Listens on a port of 127.0.0.1, and passes each connection on to the port of 127.0.0.1 that *upstream* returns.

    A connection ends at once if *upstream* returns None, or if nobody listens there.
    """

    def __init__(self, upstream: Callable[[], int | None]) -> None:
        self.port = 0
        """A free port, from the first `start` on."""
        self.accepted = 0
        """Connections that were passed on so far."""
        self._upstream = upstream
        self._server: asyncio.Server | None = None
        self._connections: set[asyncio.Task[None]] = set()

    async def start(self) -> None:
        """Accepts connections from now on, on the same port as before."""
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def cut(self) -> None:
        """Ends all connections, and refuses new ones until `start`."""
        server, self._server = self._server, None
        if server is not None:
            server.close()
        connections = list(self._connections)
        for connection in connections:
            connection.cancel()
        await asyncio.gather(*connections, return_exceptions=True)

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connection = asyncio.create_task(self._connect(reader, writer))
        self._connections.add(connection)
        connection.add_done_callback(self._connections.discard)
        connection.add_done_callback(lambda _: writer.transport.abort())

    async def _connect(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        port = self._upstream()
        if port is None:
            return
        self.accepted += 1
        with contextlib.suppress(OSError):
            upstream, back = await asyncio.open_connection("127.0.0.1", port)
            try:
                async with asyncio.TaskGroup() as pipes:
                    pipes.create_task(_pipe(reader, back))
                    pipes.create_task(_pipe(upstream, writer))
            finally:
                back.transport.abort()


class Relay(TcpProxy):
    """A proxy of one port: the network between two parties that both stay up."""

    def __init__(self, upstream: int) -> None:
        super().__init__(lambda: upstream)


class BlockingRelay(LoopThread):
    """A relay for callers that block. It is started at the begin of the block."""

    def __init__(self, upstream: int) -> None:
        super().__init__()
        self._relay = Relay(upstream)

    @property
    def port(self) -> int:
        """The port that it listens on."""
        return self._relay.port

    def cut(self) -> None:
        """Ends all connections, and refuses new ones until `start`."""
        self._call(self._relay.cut())

    def start(self) -> None:
        """Accepts connections again, on the same port."""
        self._call(self._relay.start())

    async def _open(self) -> None:
        await self._relay.start()

    async def _close(self) -> None:
        await self._relay.cut()


class Balancer(LoopThread):
    """A balancer as a Service is one: new connections go in turn to the replicas that were ready a moment ago.

    It asks the replicas every 0.2 s, so connections come to one that leaves for that long: as with endpoints. Old
    connections stay where they are.
    """

    def __init__(self) -> None:
        super().__init__()
        self.replicas: list[ControlPlane] = []
        """Those that are asked; change it at any time."""
        self._ready: list[ControlPlane] = []
        self._proxy = TcpProxy(self._next)

    @property
    def port(self) -> int:
        """The port that it listens on."""
        return self._proxy.port

    @property
    def accepted(self) -> int:
        """Connections that were passed on so far."""
        return self._proxy.accepted

    async def _open(self) -> None:
        await self._proxy.start()
        self._poll = asyncio.create_task(self._ask_replicas())

    async def _close(self) -> None:
        self._poll.cancel()
        await asyncio.wait([self._poll])
        await self._proxy.cut()

    async def _ask_replicas(self) -> None:
        while True:
            self._ready = [each for each in list(self.replicas) if await asyncio.to_thread(_is_ready, each)]
            await asyncio.sleep(_POLL_SECONDS)

    def _next(self) -> int | None:
        ready = self._ready
        return ready[(self.accepted + 1) % len(ready)].grpc_port if ready else None


def _is_ready(replica: ControlPlane) -> bool:
    return replica.ready


async def _pipe(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
    """Passes bytes on until the source ends, and then ends the sink."""
    with contextlib.suppress(OSError):
        while data := await source.read(65536):
            sink.write(data)
            await sink.drain()
    sink.transport.abort()
