"""What a new stream passes before it is known to anybody: the limits on streams, and its first request."""

import asyncio
from functools import partial
from typing import Any, Final

import grpc
import msgspec

from probes import Clock
from xds_server.model.admission import LimitKind
from xds_server.xds.codec.sotw import DecodeError
from xds_server.xds.protocol.messages import ProtocolError
from xds_server.xds.transport.admission_queue import AdmissionQueue
from xds_server.xds.transport.limits import Limits
from xds_server.xds.transport.node_check import check_first_node
from xds_server.xds.transport.observer import StreamObserver
from xds_server.xds.transport.request_reader import RequestReader
from xds_server.xds.transport.stream_end import CLIENT_LEFT, StreamEnd, refused_request
from xds_server.xds.transport.stream_limiter import StreamLimiter, StreamSlot

NEW_STREAM_SECONDS: Final = 1.0
"""How long a stream may wait for its turn, when more open than `new_streams_per_second`."""


class NewStream(msgspec.Struct):
    """A stream that has a slot."""

    slot: StreamSlot
    evicted: "asyncio.Future[None]"
    """Done when another stream needs the slot of this one, which has made no request yet."""


class StreamOpener:
    """Gives slots to new streams, and waits for their first requests."""

    def __init__(self, limits: Limits, observer: StreamObserver, clock: Clock) -> None:
        self._limits = limits
        self._observer = observer
        self._clock = clock
        self._queue = AdmissionQueue(limits.new_streams_per_second, limits.new_streams_burst, clock=clock)
        self.limiter = StreamLimiter(limits)
        self.shutdown: StreamEnd | None = None
        """How every new stream ends, once the server stops."""

    def open(self, peer: str) -> NewStream | StreamEnd:
        """A slot for a stream on the connection *peer*, or why there is none. Call `close` when the stream has ended."""
        evicted: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        slot = self.limiter.open(peer, self._clock(), partial(evicted.set_result, None))
        return NewStream(slot, evicted) if isinstance(slot, StreamSlot) else self._exceeded(slot)

    def close(self, stream: NewStream) -> None:
        """Gives the slot back."""
        self.limiter.close(stream.slot)

    async def first_request(self, stream: NewStream, reader: RequestReader[Any]) -> Any:
        """The first request; or a StreamEnd, if there is none in time, or because of a limit or a shutdown."""
        reader.task = read = asyncio.create_task(self._read(reader))
        try:
            await asyncio.wait(
                (read, stream.evicted), timeout=self._limits.first_request_seconds, return_when=asyncio.FIRST_COMPLETED
            )
        except asyncio.CancelledError:
            if not reader.reading:
                read.cancel()
            raise
        if reader.reading:
            return self._exceeded("silent")
        first = await read
        if isinstance(first, StreamEnd):
            return first
        kind = self.limiter.first_request(stream.slot) or await self._wait_turn(stream.slot)
        return first if kind is None else self._exceeded(kind)

    async def _read(self, reader: RequestReader[Any]) -> Any:
        try:
            first = await reader.next_request()
            if first is None:
                return CLIENT_LEFT
            if self.shutdown is not None:
                return self.shutdown
            check_first_node(first)
        except (DecodeError, ProtocolError) as error:
            self._observer.stream_refused("invalid")
            return refused_request(error)
        except grpc.aio.BaseError:  # The call is over.
            return CLIENT_LEFT
        return first

    async def _wait_turn(self, slot: StreamSlot) -> LimitKind | None:
        """Waits until another stream may open; returns the limit if that takes too long."""
        if self._queue.try_admit():
            return None
        try:
            async with asyncio.timeout(NEW_STREAM_SECONDS):
                await self._queue.wait_turn(preferred=True, address=slot.host, name=slot.peer)
        except TimeoutError:
            return "rate"
        return None

    def _exceeded(self, kind: LimitKind) -> StreamEnd:
        self._observer.stream_refused(kind)
        code = grpc.StatusCode.DEADLINE_EXCEEDED if kind == "silent" else grpc.StatusCode.RESOURCE_EXHAUSTED
        return StreamEnd("limit", code, self.limiter.reason(kind))
