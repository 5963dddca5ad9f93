"""A TCP balancer as a Service is one: new connections go to who was ready a moment ago, old ones stay where they are."""

import asyncio
import contextlib
import threading
from types import TracebackType
from typing import Self

from tests.support.control_plane import ControlPlane

_POLL_SECONDS = 0.2


class Balancer:
    """Listens on a free port of 127.0.0.1, and passes connections in turn to the replicas that say they are ready.

    Whether one is ready is asked every 0.2 s, so connections come to one that leaves for that long: as with endpoints.
    """

    def __init__(self) -> None:
        self.port = 0
        self.replicas: list[ControlPlane] = []
        """Those that are asked; change it at any time."""
        self.accepted = 0
        """Connections so far."""
        self._ready: list[ControlPlane] = []
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._tasks: set[asyncio.Task[None]] = set()

    def __enter__(self) -> Self:
        self._thread.start()
        asyncio.run_coroutine_threadsafe(self._start(), self._loop).result(5)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        asyncio.run_coroutine_threadsafe(self._stop(), self._loop).result(5)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    async def _start(self) -> None:
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]
        self._poll = asyncio.create_task(self._look())

    async def _stop(self) -> None:
        self._server.close()
        tasks = [self._poll, *self._tasks]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _look(self) -> None:
        while True:
            self._ready = [one for one in list(self.replicas) if await asyncio.to_thread(lambda it=one: it.ready)]
            await asyncio.sleep(_POLL_SECONDS)

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.create_task(self._carry(reader, writer))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        task.add_done_callback(lambda _: writer.transport.abort())

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if not self._ready:
            return
        self.accepted += 1
        replica = self._ready[self.accepted % len(self._ready)]
        with contextlib.suppress(OSError):
            upstream, back = await asyncio.open_connection("127.0.0.1", replica.grpc_port)
            pipes = [asyncio.create_task(_pipe(reader, back)), asyncio.create_task(_pipe(upstream, writer))]
            try:
                await asyncio.wait(pipes, return_when=asyncio.FIRST_COMPLETED)
            finally:
                for pipe in pipes:
                    pipe.cancel()
                await asyncio.gather(*pipes, return_exceptions=True)
                back.transport.abort()


async def _pipe(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while data := await reader.read(65536):
        writer.write(data)
        await writer.drain()
